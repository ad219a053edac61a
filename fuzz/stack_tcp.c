/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP: state x segment. The first byte says into which state a connection is led, the second with
 * which options; then come segments, whose sequence and acknowledgement numbers are given relative
 * to what the connection expects, and calls of its owner. After each what must hold of every end is
 * checked (test/unit/stack/tcp/invariant.h).
 *
 * A record of a segment: flags, what the numbers are relative to, offset of SEQ (2 bytes), of ACK
 * (2), window (2), urgent pointer (1), length of the options (1), options, data. Where the options
 * of the connection say so, it stands for several that follow each other, and those of several
 * records arrive as one burst. */
#include "stack_common.h"

#include "invariant.h"

#define PEER      "10.0.0.9"
#define BURST_MAX 24

struct tcp_fuzz {
	struct tcp_end *listener, *end; /* NULL: closed */
	uint16_t lport, rport;
	uint32_t peer_isn;
	bool timestamps, sack;
	uint32_t tsval;
	bool bursts;
	unsigned int held_count;
	struct px_pkt *held[BURST_MAX];
};

static void flush(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp)
{
	if (tcp->held_count)
		fuzz_frames(fuzz, tcp->held, tcp->held_count);
	tcp->held_count = 0;
	tcp_check_stack(fuzz->stack);
}

static struct tcp_flow flow_of(const struct tcp_fuzz *tcp)
{
	return (struct tcp_flow){.local = px_ip_parse("10.0.0.1"),
	    .remote = px_ip_parse(PEER),
	    .lport = tcp->lport,
	    .rport = tcp->rport};
}

/* The numbers of whatever there is of the connection. */
struct numbers {
	uint32_t rcv_nxt, snd_una, snd_nxt, edge;
};

static struct numbers numbers_of(struct fuzz_stack *fuzz, const struct tcp_fuzz *tcp)
{
	struct tcp_flow flow = flow_of(tcp);
	struct tcp_entry *entry = tcp_entry_find(fuzz->stack, &flow, 0);
	struct numbers numbers = {tcp->peer_isn, 0, 0, tcp->peer_isn};

	if (!entry)
		return numbers;
	if (entry->kind == TCP_KIND_REQUEST) {
		struct tcp_request *request = (struct tcp_request *)(void *)entry;
		return (struct numbers){
		    request->irs + 1, request->iss, request->iss + 1, request->irs + 1 + request->window};
	}
	if (entry->kind == TCP_KIND_TIMEWAIT) {
		struct tcp_timewait *old = (struct tcp_timewait *)(void *)entry;
		return (struct numbers){
		    old->rcv_nxt, old->snd_nxt, old->snd_nxt, old->rcv_nxt + old->rcv_wnd};
	}
	struct tcp_end *end =
	    (struct tcp_end *)(void *)((char *)entry - offsetof(struct tcp_end, entry));
	if (end->state == TCP_STATE_SYN_SENT)
		return (struct numbers){tcp->peer_isn, end->snd_una, end->snd_nxt, tcp->peer_isn};
	return (struct numbers){end->rcv_nxt, end->snd_una, end->snd_nxt, tcp_rcv_edge(end)};
}

static void segment(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp, const struct tcp_header *header,
    const uint8_t *options, size_t options_len, const uint8_t *data, size_t len)
{
	uint8_t frame[FUZZ_FRAME_MAX], bytes[TCP_HEADER_MAX + 2048];
	struct px_ip src = px_ip_parse(PEER), dst = px_ip_parse("10.0.0.1");
	struct tcp_header out = *header;
	size_t header_len;

	out.sport = tcp->rport;
	out.dport = tcp->lport;
	header_len = tcp_write(bytes, &out);
	if (options_len) {
		memset(bytes + TCP_HEADER, 0, 40);
		memcpy(bytes + TCP_HEADER, options, options_len);
		header_len = TCP_HEADER + (options_len + 3) / 4 * 4;
		bytes[12] = (uint8_t)(header_len / 4 << 4);
	}
	if (len > 1400)
		len = 1400;
	if (len)
		memcpy(bytes + header_len, data, len);
	len += header_len;
	fuzz_checksum(
	    bytes, len, TCP_CHECKSUM_OFFSET, ip_pseudo_header(&src, &dst, IPPROTO_TCP, (uint32_t)len));
	len = fuzz_ip4(0, IPPROTO_TCP, 64, "10.0.0.1", bytes, len, frame);
	tcp->held[tcp->held_count] = fuzz_packet(fuzz, frame, len);
	tcp->held_count += tcp->held[tcp->held_count] != NULL;
	if (!tcp->bursts || tcp->held_count == BURST_MAX)
		flush(fuzz, tcp);
}

/* It, and up to seven that follow it. */
static void segments(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp, struct tcp_header *header,
    const uint8_t *options, size_t options_len, const uint8_t *data, size_t len)
{
	unsigned int count = tcp->bursts ? 1 + header->window % 8 : 1;

	for (unsigned int i = 0; i < count; i++) {
		segment(fuzz, tcp, header, options, options_len, data, len);
		header->seq += (uint32_t)(len < 1400 ? len : 1400);
	}
}

/* A well-behaved peer's segment. */
static void good(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp, uint8_t flags, size_t len)
{
	static const uint8_t data[1400];
	struct numbers n = numbers_of(fuzz, tcp);
	struct tcp_header header = {.seq = flags & TCP_SYN ? tcp->peer_isn : n.rcv_nxt,
	    .ack = flags & TCP_ACK ? n.snd_nxt : 0,
	    .flags = flags,
	    .window = 60000};

	if (tcp->timestamps) {
		header.options.has_timestamp = true;
		header.options.tsval = ++tcp->tsval;
	}
	if (flags & TCP_SYN) {
		header.options.mss = 1460;
		header.options.sack_permitted = tcp->sack;
		header.options.has_wscale = true;
		header.options.wscale = 3;
	}
	segment(fuzz, tcp, &header, NULL, 0, data, len);
}

static void write_some(struct fuzz_stack *fuzz, struct tcp_end *end, size_t len, int flags)
{
	struct px_pkt *pkt = px_pkt_alloc(fuzz->stack, len);

	if (!pkt)
		return;
	memset(px_pkt_put(pkt, len), 'x', len);
	tcp_send(end, pkt, flags);
}

static void read_some(struct tcp_end *end, size_t len, int flags)
{
	struct px_pkt *chain, *next;
	uint8_t byte;

	tcp_receive(end, len, flags, &chain);
	for (; chain; chain = next) {
		next = chain->next;
		px_pkt_free(chain);
	}
	tcp_receive_urgent(end, flags, &byte);
}

static void close_end(struct tcp_fuzz *tcp, bool abort)
{
	if (tcp->end && abort)
		tcp_abort(tcp->end);
	else if (tcp->end)
		tcp_close(tcp->end);
	tcp->end = NULL;
}

/* Neighbour: an ARP request of the peer's. */
static void introduce(struct fuzz_stack *fuzz)
{
	static const uint8_t arp[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1,
	    8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1};

	fuzz_frame(fuzz, arp, sizeof(arp));
}

static void passive(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp, bool all)
{
	good(fuzz, tcp, TCP_SYN, 0);
	if (!all)
		return;
	good(fuzz, tcp, TCP_ACK, 0);
	if (tcp_accept(tcp->listener, &tcp->end) < 0)
		tcp->end = NULL;
}

static void active(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp)
{
	struct px_ip peer = px_ip_parse(PEER);

	if (tcp_new(fuzz->stack, AF_INET, &tcp->end) < 0)
		return;
	tcp->rport = 9;
	tcp_connect(tcp->end, &peer, 9, 0);
	tcp->lport = tcp->end->endpoint.lport;
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
}

/* Leads a connection into the state that `kind` says. */
static void lead(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp, uint8_t kind)
{
	switch (kind % 16) {
	case 0: /* LISTEN */
		break;
	case 1: /* SYN-RECEIVED, passive */
		passive(fuzz, tcp, false);
		break;
	case 2: /* SYN-SENT */
		active(fuzz, tcp);
		break;
	case 3: /* SYN-RECEIVED, simultaneous */
		active(fuzz, tcp);
		good(fuzz, tcp, TCP_SYN, 0);
		break;
	case 4: /* ESTABLISHED, active */
		active(fuzz, tcp);
		good(fuzz, tcp, TCP_SYN | TCP_ACK, 0);
		break;
	default:
		passive(fuzz, tcp, true);
		break;
	}
	if (!tcp->end || kind % 16 < 5)
		return;
	switch (kind % 16) {
	case 6: /* data on its way */
		write_some(fuzz, tcp->end, 20000, 0);
		break;
	case 7: /* FIN-WAIT-1 */
		tcp_shutdown(tcp->end, SHUT_WR);
		break;
	case 8: /* FIN-WAIT-1 with data, without owner */
		write_some(fuzz, tcp->end, 5000, 0);
		close_end(tcp, false);
		break;
	case 9: /* FIN-WAIT-2 */
		tcp_shutdown(tcp->end, SHUT_WR);
		good(fuzz, tcp, TCP_ACK, 0);
		break;
	case 10: /* CLOSE-WAIT, with data on its way */
		good(fuzz, tcp, TCP_FIN | TCP_ACK, 0);
		write_some(fuzz, tcp->end, 20000, 0);
		break;
	case 11: /* CLOSING */
		tcp_shutdown(tcp->end, SHUT_WR);
		tcp->peer_isn = 0;
		{
			struct numbers n = numbers_of(fuzz, tcp);
			struct tcp_header header = {
			    .seq = n.rcv_nxt, .ack = n.snd_una, .flags = TCP_FIN | TCP_ACK, .window = 60000};
			segment(fuzz, tcp, &header, NULL, 0, NULL, 0);
		}
		break;
	case 12: /* LAST-ACK */
		good(fuzz, tcp, TCP_FIN | TCP_ACK, 0);
		tcp_shutdown(tcp->end, SHUT_WR);
		break;
	case 13: /* TIME-WAIT */
		tcp_shutdown(tcp->end, SHUT_WR);
		good(fuzz, tcp, TCP_ACK, 0);
		good(fuzz, tcp, TCP_FIN | TCP_ACK, 0);
		break;
	case 14: /* after a time-out */
		write_some(fuzz, tcp->end, 30000, 0);
		fuzz_pass(fuzz, 3 * PX_SEC);
		break;
	case 15: /* nothing read */
		for (unsigned int i = 0; i < 60; i++)
			good(fuzz, tcp, TCP_ACK, 1400);
		break;
	default:
		break;
	}
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
}

static void call(struct fuzz_stack *fuzz, struct tcp_fuzz *tcp, const uint8_t *data, size_t size)
{
	size_t len = size > 1 ? (size_t)data[1] * 100 : 10;

	if (!tcp->end && tcp_accept(tcp->listener, &tcp->end) < 0)
		tcp->end = NULL;
	if (!tcp->end)
		return;
	switch (data[0] % 10) {
	case 0:
		write_some(fuzz, tcp->end, len + 1, 0);
		break;
	case 1:
		write_some(fuzz, tcp->end, len + 1, MSG_OOB);
		break;
	case 2:
		read_some(tcp->end, len + 1, 0);
		break;
	case 3:
		read_some(tcp->end, len + 1, MSG_PEEK);
		break;
	case 4:
		tcp_shutdown(tcp->end, data[0] / 10 % 3);
		break;
	case 5:
		close_end(tcp, false);
		break;
	case 6:
		close_end(tcp, true);
		break;
	case 7:
		tcp_set_option(tcp->end, data[0] / 10 % 24, size > 1 ? data[1] : 1);
		break;
	case 8:
		px_iface_set_mtu(fuzz->iface, 68 + (uint32_t)len % 1433);
		break;
	default:
		tcp_connect(tcp->end, NULL, 0, 0);
		break;
	}
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
	tcp_check_stack(fuzz->stack);
}

static uint32_t offset_of(const uint8_t *bytes, uint8_t scale)
{
	uint32_t offset = (uint32_t)(int16_t)(bytes[0] | bytes[1] << 8);

	return scale & 1 ? offset * 65537 : offset;
}

static void act(
    struct fuzz_stack *fuzz, uint8_t flags, const uint8_t *data, size_t size, void *context)
{
	struct tcp_fuzz *tcp = context;
	struct tcp_header header = {0};
	struct numbers n = numbers_of(fuzz, tcp);
	size_t options_len;

	if (size < 1)
		return;
	if (flags & 1) {
		flush(fuzz, tcp);
		call(fuzz, tcp, data, size);
		return;
	}
	if (flags & 2)
		flush(fuzz, tcp);
	if (size < 10)
		return;
	header.flags = data[0];
	header.seq = (data[1] & 1 ? n.edge : n.rcv_nxt) + offset_of(data + 2, data[1] >> 6);
	header.ack = (data[1] & 2 ? n.snd_nxt : n.snd_una) + offset_of(data + 4, data[1] >> 7);
	header.window = (uint16_t)(data[6] | data[7] << 8);
	header.urgent = data[8];
	options_len = data[9] % 41;
	data += 10;
	size -= 10;
	if (options_len > size)
		options_len = size;
	if (!options_len && (data[-1] & 0x80) && tcp->timestamps) {
		header.options.has_timestamp = true;
		header.options.tsval = ++tcp->tsval;
	}
	if (!options_len && (data[-1] & 0x40)) {
		header.options.sacks = 2;
		header.options.sack[0] = (struct tcp_sack){header.ack + 1448, header.ack + 2896};
		header.options.sack[1] = (struct tcp_sack){header.ack + 4344, header.ack + 5000};
	}
	segments(fuzz, tcp, &header, data, options_len, data + options_len, size - options_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_fuzz tcp = {.lport = 80, .rport = 5555, .peer_isn = 0xfffffff0, .tsval = 100};
	struct px_ip any = px_ip4_host(INADDR_ANY);
	struct fuzz_stack fuzz;

	if (size < 2)
		return 0;
	fuzz_open(&fuzz);
	if (!fuzz.stack->tcp && tcp_attach(fuzz.stack) < 0)
		abort();
	introduce(&fuzz);
	tcp.timestamps = data[1] & 1;
	tcp.sack = data[1] & 2;
	tcp_sysctl(fuzz.stack)->syncookies = data[1] >> 2 & 3;
	tcp_sysctl(fuzz.stack)->ecn = data[1] >> 4 & 1;
	if (data[1] & 32)
		strcpy(tcp_sysctl(fuzz.stack)->congestion, "bbr");
	if (tcp_new(fuzz.stack, AF_INET, &tcp.listener) < 0 ||
	    tcp_bind(tcp.listener, &any, tcp.lport, 0) < 0 || tcp_listen(tcp.listener, 3) < 0)
		abort();
	lead(&fuzz, &tcp, data[0]);
	tcp.bursts = data[1] & 64;
	if (data[1] & 128)
		fuzz.iface->caps |= PX_LINK_CUT;
	fuzz_records(&fuzz, data + 2, size - 2, act, &tcp);
	flush(&fuzz, &tcp);
	tcp_check_stack(fuzz.stack);
	fuzz_close(&fuzz);
	return 0;
}
