/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet ends, and classic BPF. */
#include "packet.h"

#include "net.h"

static int attach(struct px_stack *stack)
{
	int err = net_attach(stack);

	return err ? err : packet_attach(stack);
}

static struct packet_end *end_of(struct px_iface *iface, bool cooked, uint16_t protocol)
{
	struct packet_end *end = NULL;

	assert_int_equal(packet_new(iface->stack, cooked, protocol, &end), 0);
	assert_int_equal(packet_bind(end, protocol, iface->index), 0);
	return end;
}

static unsigned int drain(struct packet_end *end)
{
	unsigned int count = 0;
	struct px_pkt *pkt;

	while ((pkt = packet_take(end, false))) {
		count++;
		px_pkt_free(pkt);
	}
	assert_int_equal(end->rx_truesize, 0);
	return count;
}

static void test_receive(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct packet_end *all, *ip, *arp;
	struct px_pkt *pkt;
	struct sockaddr_ll name;

	net_host(attach, 2);
	sim_run(sim, 5 * PX_SEC);
	all = end_of(ia, false, ETH_P_ALL);
	ip = end_of(ia, true, ETH_P_IP);
	arp = end_of(ia, false, ETH_P_ARP);
	net_ping(ia, "10.0.0.2", 56, NULL);
	sim_settle(sim, PX_SEC);
	pkt = packet_take(ip, true);
	assert_int_equal(pkt->data[0], 0x45); /* without the Ethernet header */
	packet_name(pkt, &name);
	assert_int_equal(name.sll_pkttype, PACKET_HOST);
	assert_int_equal(name.sll_addr[5], 2);
	assert_int_equal(ntohs(name.sll_protocol), ETH_P_IP);
	px_pkt_free(pkt);
	assert_int_equal(drain(ip), 1);
	assert_int_equal(drain(arp), 1);
	pkt = packet_take(all, false);
	packet_name(pkt, &name);
	assert_int_equal(name.sll_pkttype, PACKET_OUTGOING);
	px_pkt_free(pkt);
	assert_int_equal(drain(all), 3);    /* the reply of ARP, the request, the answer */
	assert_int_equal(net_pongs(ia), 1); /* the stack has its own */
}

static void test_promiscuous(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct packet_end *end = end_of(ia, false, ETH_P_ALL);
	uint8_t frame[64] = {2, 0, 0, 0, 0, 0x55, 2, 0, 0, 0, 0, 0x99, 0x12, 0x34};
	struct packet_mreq request = {.mr_ifindex = (int)ia->index, .mr_type = PACKET_MR_PROMISC};

	sim_run(sim, 20 * PX_SEC);
	drain(end);
	sim_inject(wire, frame, sizeof(frame));
	sim_run(sim, PX_MSEC);
	assert_int_equal(drain(end), 0);
	assert_int_equal(packet_membership(end, &request, true), 0);
	sim_inject(wire, frame, sizeof(frame));
	sim_run(sim, PX_MSEC);
	assert_int_equal(drain(end), 1);
	assert_true(ia->flags & IFF_PROMISC);
	packet_free(end);
	assert_false(ia->flags & IFF_PROMISC);
	assert_false(px_tapped(ia->stack));
}

static unsigned int changes;

static void count_changes(struct px_stack *stack, enum px_event event, void *object)
{
	changes += event == PX_EVENT_IFACE_CHANGE;
}

/* A link that filters has to hear of both. */
static void test_memberships_tell(void **state)
{
	static const struct px_layer listener = {.name = "listener", .event = count_changes};
	static const struct {
		unsigned short type;
		unsigned int flag;
	} kinds[] = {{PACKET_MR_PROMISC, IFF_PROMISC}, {PACKET_MR_ALLMULTI, IFF_ALLMULTI}};
	struct px_iface *ia = net_host(attach, 1);

	assert_int_equal(px_layer_attach(ia->stack, &listener), 0);
	for (size_t i = 0; i < 2; i++) {
		struct packet_end *end = end_of(ia, false, ETH_P_ALL);
		struct packet_mreq request = {.mr_ifindex = (int)ia->index, .mr_type = kinds[i].type};

		changes = 0;
		assert_int_equal(packet_membership(end, &request, true), 0);
		assert_int_equal(changes, 1);
		assert_true(ia->flags & kinds[i].flag);
		packet_free(end);
		assert_int_equal(changes, 2);
		assert_false(ia->flags & kinds[i].flag);
	}
}

/* Several look: one that stops does not blind the others. */
static unsigned int tapped;

static void count_frame(struct px_tap *tap, struct px_stack *stack, struct px_pkt *frame)
{
	tapped++;
}

static void test_taps(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct packet_end *end = end_of(ia, false, ETH_P_ALL);
	struct px_tap tap = {.frame = count_frame};
	struct packet_mreq request = {.mr_ifindex = (int)ia->index, .mr_type = PACKET_MR_PROMISC};
	uint8_t frame[64] = {2, 0, 0, 0, 0, 0x55, 2, 0, 0, 0, 0, 0x99, 0x12, 0x34};

	assert_int_equal(packet_membership(end, &request, true), 0);
	sim_run(sim, 20 * PX_SEC);
	drain(end);
	tapped = 0;
	px_tap_add(ia->stack, &tap);
	sim_inject(wire, frame, sizeof(frame));
	sim_run(sim, PX_MSEC);
	assert_int_equal(drain(end), 1);
	assert_int_equal(tapped, 1);
	packet_free(end);
	assert_true(px_tapped(ia->stack));
	sim_inject(wire, frame, sizeof(frame));
	sim_run(sim, PX_MSEC);
	assert_int_equal(tapped, 2);
	px_tap_remove(&tap);
	assert_false(px_tapped(ia->stack));
}

static void test_send(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct packet_end *a = end_of(ia, false, 0), *b = end_of(ib, false, 0x1234);
	struct packet_end *cooked = end_of(ia, true, 0);
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 2};
	struct px_pkt *pkt = px_pkt_alloc(ia->stack, 60);

	sim_run(sim, 5 * PX_SEC);
	ether_write(px_pkt_put(pkt, 60), mac, ia->mac, 0x1234);
	assert_int_equal(packet_send(a, pkt, 0, 0, NULL), 0);
	pkt = px_pkt_alloc(ia->stack, 40);
	memset(px_pkt_put(pkt, 40), 7, 40);
	assert_int_equal(packet_send(cooked, pkt, ia->index, 0x1234, mac), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 2);
	pkt = px_pkt_alloc(ia->stack, 1600);
	memset(px_pkt_put(pkt, 1600), 7, 1600);
	assert_int_equal(packet_send(a, pkt, 0, 0, NULL), -EMSGSIZE);
	assert_int_equal(packet_send(a, px_pkt_alloc(ia->stack, 60), 0, 0, NULL), -EINVAL);
	assert_int_equal(packet_send(a, px_pkt_alloc(ia->stack, 60), 99, 0, NULL), -ENXIO);
	px_iface_down(ia);
	assert_int_equal(a->error, ENETDOWN);
	assert_int_equal(packet_send(a, px_pkt_alloc(ia->stack, 60), 0, 0, NULL), -ENETDOWN);
}

/* A packet whose stack wants to write into it (forwarding) while a packet end looks at it. */
static void test_full(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct packet_end *end = end_of(ia, false, ETH_P_ALL);

	net_host(attach, 2);
	end->rcvbuf = 4096;
	sim_run(sim, 5 * PX_SEC);
	for (unsigned int i = 0; i < 100; i++) {
		net_ping(ia, "10.0.0.2", 500, NULL);
		sim_run(sim, PX_MSEC);
	}
	assert_true(end->rx_truesize <= 4096);
	assert_true(end->drops > 100);
	assert_int_equal(net_pongs(ia), 100);
	drain(end);
}

/* "udp port 53", as tcpdump -dd compiles it for IPv4. */
static const struct sock_filter port53[] = {
    {0x28, 0, 0, 12},
    {0x15, 0, 8, 0x800},
    {0x30, 0, 0, 23},
    {0x15, 0, 6, 17},
    {0x28, 0, 0, 20},
    {0x45, 4, 0, 0x1fff},
    {0xb1, 0, 0, 14},
    {0x48, 0, 0, 16},
    {0x15, 0, 1, 53},
    {0x6, 0, 0, 262144},
    {0x6, 0, 0, 0},
};

static void test_bpf(void **state)
{
	static const struct {
		struct sock_filter code[4];
		unsigned int len;
		bool good;
	} rows[] = {
	    {{{BPF_RET | BPF_K, 0, 0, 1}}, 1, true},
	    {{{BPF_RET | BPF_K, 0, 0, 1}}, 0, false},
	    {{{BPF_LD | BPF_IMM, 0, 0, 1}}, 1, false}, /* does not end */
	    {{{BPF_JMP | BPF_JA, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, 2, true},
	    {{{BPF_JMP | BPF_JA, 0, 0, 1}, {BPF_RET, 0, 0, 0}}, 2, false},
	    {{{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, {BPF_RET, 0, 0, 0}}, 2, false}, /* backwards */
	    {{{BPF_JMP | BPF_JEQ, 0, 1, 0}, {BPF_RET, 0, 0, 0}}, 2, false},
	    {{{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, 2, false},
	    {{{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32}, {BPF_RET, 0, 0, 0}}, 2, false},
	    {{{BPF_LD | BPF_MEM, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, 2, false}, /* never written */
	    {{{BPF_ST, 0, 0, 0}, {BPF_LD | BPF_MEM, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, 3, true},
	    {{{BPF_ST, 0, 0, 16}, {BPF_RET, 0, 0, 0}}, 2, false},
	    {{{BPF_JMP | BPF_JEQ, 0, 1, 0}, {BPF_ST, 0, 0, 0}, {BPF_LD | BPF_MEM, 0, 0, 0},
	         {BPF_RET, 0, 0, 0}},
	        4, false}, /* written on one way only */
	    {{{0xffff, 0, 0, 0}, {BPF_RET, 0, 0, 0}}, 2, false},
	};
	struct px_mem *mem = px_mem_new(NULL, 0);
	struct px_pkt *pkt = px_pkt_new(mem, 16, 64);
	struct bpf_program *program;
	uint8_t *frame = px_pkt_put(pkt, 60);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bpf_check(rows[i].code, rows[i].len), rows[i].good);
	assert_int_equal(bpf_new(mem, port53, sizeof(port53) / sizeof(port53[0]), &program), 0);
	memset(frame, 0, 60);
	frame[12] = 8;
	frame[14] = 0x46; /* with options */
	frame[23] = 17;
	frame[14 + 24 + 3] = 53;
	assert_int_equal(bpf_run(program, pkt), 262144);
	frame[14 + 24 + 3] = 54;
	assert_int_equal(bpf_run(program, pkt), 0);
	frame[14] = 0x4f;
	px_pkt_trim(pkt, 40); /* what it wants to read is not there */
	assert_int_equal(bpf_run(program, pkt), 0);
	bpf_free(mem, program);
	px_pkt_free(pkt);
	px_mem_drop(mem);
}

/* Programs that the checker lets pass, over packets of any length: nothing is read that is not
 * there (the sanitizers watch), and all end. */
static void test_random_programs(void **state)
{
	static const uint16_t codes[] = {BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_B | BPF_IND,
	    BPF_LDX | BPF_MSH | BPF_B, BPF_LD | BPF_MEM, BPF_ST, BPF_STX, BPF_JMP | BPF_JA,
	    BPF_JMP | BPF_JGT | BPF_X, BPF_ALU | BPF_DIV | BPF_X, BPF_ALU | BPF_LSH | BPF_X,
	    BPF_ALU | BPF_NEG, BPF_MISC | BPF_TAX, BPF_LD | BPF_H | BPF_ABS, BPF_ALU | BPF_MUL | BPF_K,
	    BPF_RET | BPF_A};
	struct px_mem *mem = px_mem_new(NULL, 0);
	const uint64_t seed[2] = {3, 4};
	struct px_random chance;
	unsigned int passed = 0;

	px_random_init(&chance, seed);
	for (unsigned int round = 0; round < 20000; round++) {
		struct sock_filter code[12];
		unsigned int len = 2 + px_random32(&chance) % 11;
		struct bpf_program *program;
		struct px_pkt *pkt;
		for (unsigned int i = 0; i < len; i++) {
			uint32_t k = px_random32(&chance) % 20;
			if (px_random32(&chance) % 20 == 0)
				k = 0xfffff000 + px_random32(&chance) % 0x1000;
			code[i] = (struct sock_filter){codes[px_random32(&chance) % 15],
			    (uint8_t)(px_random32(&chance) % 4), (uint8_t)(px_random32(&chance) % 4), k};
		}
		code[len - 1].code = BPF_RET | BPF_A;
		if (bpf_new(mem, code, len, &program) < 0)
			continue;
		passed++;
		pkt = px_pkt_new(mem, 0, px_random32(&chance) % 30);
		memset(px_pkt_put(pkt, pkt->block->room), 0xf3, pkt->block->room);
		bpf_run(program, pkt);
		px_pkt_free(pkt);
		bpf_free(mem, program);
	}
	assert_true(passed > 100);
	px_mem_drop(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_receive, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_promiscuous, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_memberships_tell, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_taps, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_send, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_full, net_setup, net_teardown),
	    cmocka_unit_test(test_bpf),
	    cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
