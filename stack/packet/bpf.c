/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classic BPF: checker and interpreter. */
#include "bpf.h"

#include <errno.h>

/* ---- checking ---- */

/* Which words of memory are certainly written before each instruction: what every way there has
 * written. Jumps go forwards, so one pass suffices. */
static bool check_memory(const struct sock_filter *code, unsigned int len)
{
	uint16_t written[BPF_MAXINSNS];
	uint16_t valid = 0;

	memset(written, 0xff, sizeof(written));
	for (unsigned int pc = 0; pc < len; pc++) {
		valid &= written[pc];
		switch (code[pc].code) {
		case BPF_ST:
		case BPF_STX:
			valid |= (uint16_t)(1u << code[pc].k);
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if (!(valid & (1u << code[pc].k)))
				return false;
			break;
		case BPF_JMP | BPF_JA:
			written[pc + 1 + code[pc].k] &= valid;
			valid = 0xffff; /* nothing falls through */
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JEQ | BPF_X:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_X:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_X:
		case BPF_JMP | BPF_JSET | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_X:
			written[pc + 1 + code[pc].jt] &= valid;
			written[pc + 1 + code[pc].jf] &= valid;
			valid = 0xffff;
			break;
		default:
			break;
		}
	}
	return true;
}

bool bpf_check(const struct sock_filter *code, unsigned int len)
{
	if (len == 0 || len > BPF_MAXINSNS || BPF_CLASS(code[len - 1].code) != BPF_RET)
		return false;
	for (unsigned int pc = 0; pc < len; pc++) {
		const struct sock_filter *insn = &code[pc];
		unsigned int left = len - pc - 1;

		/* The names say what each is, though some of them are zeros.
		 * NOLINTBEGIN(misc-redundant-expression) */
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
		case BPF_LD | BPF_H | BPF_ABS:
		case BPF_LD | BPF_B | BPF_ABS:
		case BPF_LD | BPF_W | BPF_IND:
		case BPF_LD | BPF_H | BPF_IND:
		case BPF_LD | BPF_B | BPF_IND:
		case BPF_LD | BPF_W | BPF_LEN:
		case BPF_LDX | BPF_W | BPF_LEN:
		case BPF_LD | BPF_IMM:
		case BPF_LDX | BPF_IMM:
		case BPF_LDX | BPF_B | BPF_MSH:
		case BPF_MISC | BPF_TAX:
		case BPF_MISC | BPF_TXA:
		case BPF_RET | BPF_K:
		case BPF_RET | BPF_A:
		case BPF_ALU | BPF_ADD | BPF_K:
		case BPF_ALU | BPF_ADD | BPF_X:
		case BPF_ALU | BPF_SUB | BPF_K:
		case BPF_ALU | BPF_SUB | BPF_X:
		case BPF_ALU | BPF_MUL | BPF_K:
		case BPF_ALU | BPF_MUL | BPF_X:
		case BPF_ALU | BPF_DIV | BPF_X:
		case BPF_ALU | BPF_MOD | BPF_X:
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_ALU | BPF_AND | BPF_X:
		case BPF_ALU | BPF_OR | BPF_K:
		case BPF_ALU | BPF_OR | BPF_X:
		case BPF_ALU | BPF_XOR | BPF_K:
		case BPF_ALU | BPF_XOR | BPF_X:
		case BPF_ALU | BPF_LSH | BPF_X:
		case BPF_ALU | BPF_RSH | BPF_X:
		case BPF_ALU | BPF_NEG:
			break;
		case BPF_ALU | BPF_DIV | BPF_K:
		case BPF_ALU | BPF_MOD | BPF_K:
			if (insn->k == 0)
				return false;
			break;
		case BPF_ALU | BPF_LSH | BPF_K:
		case BPF_ALU | BPF_RSH | BPF_K:
			if (insn->k >= 32)
				return false;
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
		case BPF_ST:
		case BPF_STX:
			if (insn->k >= BPF_MEMWORDS)
				return false;
			break;
		case BPF_JMP | BPF_JA:
			if (insn->k >= left)
				return false;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JEQ | BPF_X:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_X:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_X:
		case BPF_JMP | BPF_JSET | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_X:
			if (insn->jt >= left || insn->jf >= left)
				return false;
			break;
		default:
			return false;
		}
		/* NOLINTEND(misc-redundant-expression) */
	}
	return check_memory(code, len);
}

int bpf_new(struct px_mem *mem, const struct sock_filter *code, unsigned int len,
    struct bpf_program **result)
{
	struct bpf_program *program;

	if (!bpf_check(code, len))
		return -EINVAL;
	program = px_alloc(mem, sizeof(*program) + len * sizeof(*code));
	if (!program)
		return -ENOMEM;
	program->len = len;
	memcpy(program->code, code, len * sizeof(*code));
	*result = program;
	return 0;
}

void bpf_free(struct px_mem *mem, struct bpf_program *program)
{
	if (program)
		px_free(mem, program, sizeof(*program) + program->len * sizeof(program->code[0]));
}

/* ---- running ---- */

/* Linux's ancillary loads (SKF_AD_OFF): what a packet knows beyond its bytes. */
static bool load_ancillary(const struct px_pkt *pkt, uint32_t what, uint32_t *value)
{
	switch (what) {
	case SKF_AD_PROTOCOL:
		*value = pkt->ethertype;
		return true;
	case SKF_AD_PKTTYPE:
		*value = pkt->flags & PX_PKT_OUTGOING    ? 4
		         : pkt->flags & PX_PKT_OTHERHOST ? 3
		         : pkt->flags & PX_PKT_MULTICAST ? 2
		         : pkt->flags & PX_PKT_BROADCAST ? 1
		                                         : 0;
		return true;
	case SKF_AD_IFINDEX:
		*value = pkt->ifindex;
		return true;
	case SKF_AD_VLAN_TAG:
		*value = pkt->vlan_tci;
		return true;
	case SKF_AD_VLAN_TAG_PRESENT:
		*value = (pkt->flags & PX_PKT_VLAN) != 0;
		return true;
	case SKF_AD_NLATTR:
	case SKF_AD_NLATTR_NEST:
	default:
		*value = 0;
		return what < SKF_AD_MAX;
	}
}

static uint32_t number(const uint8_t *bytes, unsigned int size)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* At an offset of the block that lies before the packet's data. */
static bool load_pulled(const struct px_pkt *pkt, uint32_t at, unsigned int size, uint32_t *value)
{
	if (at + size > px_pkt_here(pkt) + pkt->len)
		return false;
	*value = number(px_pkt_at(pkt, at), size);
	return true;
}

static bool load(const struct px_pkt *pkt, uint32_t offset, unsigned int size, uint32_t *value)
{
	uint8_t bytes[4];

	if (offset >= (uint32_t)SKF_AD_OFF && offset < (uint32_t)SKF_AD_OFF + SKF_AD_MAX)
		return load_ancillary(pkt, offset - (uint32_t)SKF_AD_OFF, value);
	/* Offsets from the network or link header (SKF_NET_OFF, SKF_LL_OFF), which has been pulled
	 * where the filter is that of a transport's socket: it is in the linear part still. */
	if (offset >= (uint32_t)SKF_LL_OFF) {
		bool net = offset >= (uint32_t)SKF_NET_OFF;
		uint32_t start = net ? pkt->l3 : pkt->l2, here = px_pkt_here(pkt);
		uint32_t at = start + (offset - (uint32_t)(net ? SKF_NET_OFF : SKF_LL_OFF));

		if (!start)
			return false;
		if (at < here)
			return load_pulled(pkt, at, size, value);
		offset = at - here;
	}
	if (offset > pkt->total || px_pkt_read(pkt, offset, bytes, size) < size)
		return false;
	*value = number(bytes, size);
	return true;
}

static unsigned int load_size(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/* Dividing by zero ends the program, as Linux does; a shift by 32 or more gives nothing. */
static bool alu(uint16_t op, uint32_t operand, uint32_t *a)
{
	switch (op) {
	case BPF_ADD:
		*a += operand;
		return true;
	case BPF_SUB:
		*a -= operand;
		return true;
	case BPF_MUL:
		*a *= operand;
		return true;
	case BPF_DIV:
		if (!operand)
			return false;
		*a /= operand;
		return true;
	case BPF_MOD:
		if (!operand)
			return false;
		*a %= operand;
		return true;
	case BPF_AND:
		*a &= operand;
		return true;
	case BPF_OR:
		*a |= operand;
		return true;
	case BPF_XOR:
		*a ^= operand;
		return true;
	case BPF_LSH:
		*a = operand < 32 ? *a << operand : 0;
		return true;
	case BPF_RSH:
		*a = operand < 32 ? *a >> operand : 0;
		return true;
	case BPF_NEG:
		*a = 0 - *a;
		return true;
	default:
		return false;
	}
}

static bool jump(uint16_t op, uint32_t a, uint32_t operand)
{
	switch (op) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default: /* BPF_JSET */
		return a & operand;
	}
}

uint32_t bpf_run(const void *argument, const struct px_pkt *pkt)
{
	const struct bpf_program *program = argument;
	uint32_t a = 0, x = 0, value, memory[BPF_MEMWORDS] = {0};

	for (unsigned int pc = 0; pc < program->len; pc++) {
		const struct sock_filter *insn = &program->code[pc];
		uint32_t operand = BPF_SRC(insn->code) == BPF_X ? x : insn->k;

		switch (BPF_CLASS(insn->code)) {
		case BPF_RET:
			return BPF_RVAL(insn->code) == BPF_A ? a : insn->k;
		case BPF_LD:
			switch (BPF_MODE(insn->code)) {
			case BPF_ABS:
				if (!load(pkt, insn->k, load_size(insn->code), &a))
					return 0;
				break;
			case BPF_IND:
				/* Wraps as the machine does: a sum in SKF_AD's range is out of any packet. */
				value = x + insn->k;
				if (value >= (uint32_t)SKF_LL_OFF || !load(pkt, value, load_size(insn->code), &a))
					return 0;
				break;
			case BPF_LEN:
				a = pkt->total;
				break;
			case BPF_IMM:
				a = insn->k;
				break;
			default: /* BPF_MEM */
				a = memory[insn->k];
				break;
			}
			break;
		case BPF_LDX:
			switch (BPF_MODE(insn->code)) {
			case BPF_LEN:
				x = pkt->total;
				break;
			case BPF_IMM:
				x = insn->k;
				break;
			case BPF_MSH:
				if (!load(pkt, insn->k, 1, &value))
					return 0;
				x = (value & 0x0f) << 2;
				break;
			default: /* BPF_MEM */
				x = memory[insn->k];
				break;
			}
			break;
		case BPF_ST:
			memory[insn->k] = a;
			break;
		case BPF_STX:
			memory[insn->k] = x;
			break;
		case BPF_ALU:
			if (!alu(BPF_OP(insn->code), operand, &a))
				return 0;
			break;
		case BPF_JMP:
			if (BPF_OP(insn->code) == BPF_JA)
				pc += insn->k;
			else
				pc += jump(BPF_OP(insn->code), a, operand) ? insn->jt : insn->jf;
			break;
		default: /* BPF_MISC */
			if (BPF_MISCOP(insn->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
	return 0;
}
