/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments joined on receipt: what joins, what does not, and that nobody can tell the difference:
 * random bursts, well-behaved and not, to a stack that joins and to one that does not. */
#include "invariant.h"
#include "peer.h"

static int setup(void **state)
{
	net_setup(state);
	peer_start();
	return 0;
}

/* A frame of a burst. */
struct piece {
	struct tcp_header header;
	size_t len;
	uint8_t tos, ttl;
	uint8_t option; /* a no-operation more, or IP options */
	bool broken, padded;
};

static struct px_pkt *frame_of(const struct piece *piece, uint32_t at)
{
	struct px_ip src = px_ip_parse("10.0.0.9"), dst = px_ip_parse("10.0.0.1");
	struct ip4_header ip = {.protocol = IPPROTO_TCP, .src = src, .dst = dst, .fragment = IP4_DF};
	static const uint8_t to[6] = {2, 0, 0, 0, 0, 1}, from[6] = {2, 0, 0, 0, 0, 9};
	struct px_pkt *pkt = px_pkt_alloc(peer.iface->stack, 2000);
	struct tcp_header header = piece->header;
	uint8_t bytes[TCP_HEADER_MAX + 1500];
	size_t n;
	uint16_t sum;

	assert_non_null(pkt);
	header.sport = peer.rport;
	header.dport = peer.lport;
	n = tcp_write(bytes, &header);
	for (size_t i = 0; i < piece->len; i++)
		bytes[n + i] = stream_byte(at + i);
	n += piece->len;
	sum = checksum_finish(
	    checksum_add(ip_pseudo_header(&src, &dst, IPPROTO_TCP, (uint32_t)n), bytes, n));
	sum ^= piece->broken;
	memcpy(bytes + TCP_CHECKSUM_OFFSET, &sum, 2);
	ip.total_len = (uint16_t)(IP4_HEADER + n);
	ip.tos = piece->tos;
	ip.ttl = piece->ttl;
	ether_write(px_pkt_put(pkt, ETHER_HEADER), to, from, ETH_P_IP);
	ip4_write(px_pkt_put(pkt, IP4_HEADER), &ip, NULL, 0);
	memcpy(px_pkt_put(pkt, n), bytes, n);
	if (piece->padded)
		memset(px_pkt_put(pkt, 7), 0x55, 7);
	return pkt;
}

static void burst(const struct piece *pieces, unsigned int count)
{
	struct px_pkt *pkts[PX_BURST];

	for (unsigned int i = 0; i < count; i++)
		pkts[i] = frame_of(&pieces[i], pieces[i].header.seq - PEER_ISN - 1);
	px_input(peer.iface->stack, peer.iface, pkts, count, sim->now);
	sim_run(sim, PX_MSEC);
	tcp_check_stack(peer.iface->stack);
}

static struct piece piece_at(uint32_t seq, size_t len, uint8_t flags)
{
	return (struct piece){.header = peer_header(flags, seq, 1, 60000), .len = len, .ttl = 64};
}

static uint64_t stat_of(enum px_counter counter)
{
	return net_stat(peer.iface, counter);
}

static void open_joined(bool timestamps)
{
	peer.timestamps = timestamps;
	peer_open_with(1460, 7, true);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
}

/* A burst in order: counted as it came, acknowledged once, read as it was sent. */
static void test_in_order(void **state)
{
	struct stream stream = {.total = 1 << 20};
	struct piece pieces[40];
	struct tcp_info info, before;
	uint64_t segments, packets, octets;

	open_joined(true);
	tcp_get_info(peer.end, &before);
	segments = stat_of(PX_TcpInSegs);
	packets = stat_of(PX_IpInReceives);
	octets = stat_of(PX_IpExtInOctets);
	for (unsigned int i = 0; i < 40; i++) {
		pieces[i] = piece_at(1 + i * 1000, 1000, TCP_ACK);
		pieces[i].header.options.tsval = 5;
	}
	peer_skip();
	burst(pieces, 40);
	peer_expect(TCP_ACK, 1, 40001, 0);
	assert_true(peer_quiet());
	tcp_get_info(peer.end, &info);
	assert_int_equal(info.tcpi_segs_in - before.tcpi_segs_in, 40);
	assert_int_equal(info.tcpi_data_segs_in - before.tcpi_data_segs_in, 40);
	assert_int_equal(info.tcpi_rcv_mss, 1000);
	assert_int_equal(info.tcpi_bytes_received, 40000);
	assert_int_equal(stat_of(PX_TcpInSegs) - segments, 40);
	assert_int_equal(stat_of(PX_IpInReceives) - packets, 40);
	assert_int_equal(stat_of(PX_IpInDelivers), stat_of(PX_IpInReceives));
	assert_int_equal(stat_of(PX_IpExtInOctets) - octets, 40 * 1052);
	assert_int_equal(peer.iface->stats.rx_packets, stat_of(PX_IpInReceives) + 1); /* ARP */
	assert_int_equal(stream_read(peer.end, &stream, SIZE_MAX), -EAGAIN);
	assert_int_equal(stream.received, 40000);
}

/* More than the window has room for: what fits is taken. */
static void test_window(void **state)
{
	struct piece pieces[20];

	open_joined(false);
	peer.end->endpoint.rcvbuf = 12000;
	peer_send(TCP_ACK, 1, 1, 60000, 1000);
	peer_skip();
	while (tcp_rcv_window(peer.end) > 12000) {
		peer_read(100000);
		peer_send(TCP_ACK, peer.end->rcv_nxt - PEER_ISN, 1, 60000, 1000);
	}
	for (unsigned int i = 0; i < 20; i++)
		pieces[i] = piece_at(peer.end->rcv_nxt - PEER_ISN + i * 1000, 1000, TCP_ACK);
	burst(pieces, 20);
	assert_true(seq_le(peer.end->rcv_nxt, tcp_rcv_edge(peer.end)));
	assert_true(peer.end->endpoint.rx.first);
}

static unsigned int raw_seen;

static bool raw_input(struct px_stack *stack, struct px_pkt *pkt)
{
	assert_int_equal(px_pkt_at(pkt, pkt->l4)[12] >> 4, 8); /* at its header, with timestamps */
	assert_ptr_equal(px_pkt_at(pkt, pkt->l4), pkt->data);
	raw_seen++;
	return true;
}

/* A raw socket of TCP's gets them one by one. */
static void test_raw(void **state)
{
	struct piece pieces[10];

	open_joined(true);
	for (unsigned int i = 0; i < 10; i++) {
		pieces[i] = piece_at(1 + i * 1000, 1000, TCP_ACK);
		pieces[i].header.options.tsval = 5;
	}
	ip_set_raw(peer.iface->stack, raw_input, NULL);
	burst(pieces, 10);
	assert_int_equal(raw_seen, 10);
	assert_int_equal(peer_read(100000), 10000);
	assert_int_equal(stat_of(PX_IpInDelivers), stat_of(PX_IpInReceives));
}

/* ---- with and without ---- */

static struct px_random dice;

static uint32_t chance(uint32_t bound)
{
	return px_random_below(&dice, bound);
}

#define LOG_MAX 4000
static struct log {
	unsigned int count;
	struct {
		uint32_t seq, ack, len, window, sack_left, sack_right, flags, sacks;
	} sent[LOG_MAX];
	uint64_t counters[PX_COUNTER_COUNT];
	struct tcp_info info;
	uint64_t received;
} logs[2];

static void write_log(struct log *log)
{
	while (!peer_quiet() && log->count < LOG_MAX) {
		const struct captured *seen = peer_next();
		const struct tcp_header *h = &seen->header;

		log->sent[log->count].seq = h->seq - peer.iss;
		log->sent[log->count].ack = h->ack;
		log->sent[log->count].len = seen->len;
		log->sent[log->count].window = h->window;
		log->sent[log->count].flags = h->flags;
		log->sent[log->count].sacks = h->options.sacks;
		log->sent[log->count].sack_left = h->options.sack[0].left;
		log->sent[log->count++].sack_right = h->options.sack[0].right;
	}
}

/* One that is a little, or very, different from its neighbours. */
static struct piece random_piece(uint32_t *next, uint32_t acked)
{
	struct piece piece = piece_at(*next, chance(12) ? 700 : 1 + chance(1200), TCP_ACK);

	piece.header.ack = peer.iss + acked;
	piece.header.options.tsval = peer.tsval -= chance(30) != 0;
	switch (chance(60)) {
	case 0:
		piece.header.seq -= 700; /* again */
		return piece;
	case 1:
		*next += 700; /* one is missing */
		break;
	case 2:
		piece.header.flags |= TCP_PSH;
		break;
	case 3:
		piece.header.flags |= TCP_ECE;
		break;
	case 4:
		piece.header.flags |= TCP_URG;
		piece.header.urgent = (uint16_t)chance(800);
		break;
	case 5:
		piece.header.flags = (uint8_t)chance(256) & ~(TCP_RST | TCP_SYN | TCP_FIN);
		break;
	case 6:
		piece.header.window -= 7;
		break;
	case 7:
		piece.header.options.tsval -= 10; /* an old one */
		return piece;
	case 8:
		piece.tos = (uint8_t)chance(4);
		break;
	case 9:
		piece.ttl = 63;
		break;
	case 10:
		piece.broken = true;
		return piece;
	case 11:
		piece.padded = true;
		break;
	case 12:
		piece.len = 0;
		return piece;
	case 13:
		piece.header.ack += chance(100000); /* not sent yet, or old */
		return piece;
	case 14:
		piece.header.options.sacks = 1;
		piece.header.options.sack[0] =
		    (struct tcp_sack){peer.iss + acked + 100, peer.iss + acked + 200};
		break;
	default:
		break;
	}
	*next += (uint32_t)piece.len;
	return piece;
}

static void converse(struct log *log, bool gro, uint64_t seed)
{
	uint64_t words[2] = {seed, 7};
	struct piece pieces[PX_BURST];
	uint32_t next = 1, acked = 1;

	px_random_init(&dice, words);
	peer.iface->stack->options.gro = gro;
	tcp_sysctl(peer.iface->stack)->moderate_rcvbuf = false; /* it measures chains, not segments */
	open_joined(chance(3) != 0);
	if (chance(4) == 0)
		peer.end->endpoint.rcvbuf = 20000 + chance(60000);
	for (unsigned int i = 0; i < 60; i++) {
		unsigned int count = 1 + chance(chance(4) ? 30 : 4);

		if (chance(3) == 0)
			peer_write(1 + chance(5000), 0);
		write_log(log);
		for (unsigned int j = 0; j < count; j++) {
			if (chance(20) == 0 && seq_lt(peer.iss + acked, peer.end->snd_nxt))
				acked += chance(peer.end->snd_nxt - peer.iss - acked + 1);
			pieces[j] = random_piece(&next, acked);
		}
		burst(pieces, count);
		write_log(log);
		if (chance(2))
			log->received += (uint64_t)peer_read(1 + chance(60000)) & 0xffffff;
		if (chance(3) == 0) /* what was missing is sent again */
			next = peer.end->rcv_nxt - PEER_ISN;
		sim_run(sim, chance(3) ? PX_MSEC : 300 * PX_MSEC);
	}
	write_log(log);
	tcp_get_info(peer.end, &log->info);
	for (unsigned int i = 0; i < PX_COUNTER_COUNT; i++)
		log->counters[i] = stat_of((enum px_counter)i);
}

static void compare(const struct log *a, const struct log *b, uint64_t seed)
{
	for (unsigned int i = 0; i < a->count && i < b->count; i++) {
		if (memcmp(&a->sent[i], &b->sent[i], sizeof(a->sent[i])) != 0)
			fail_msg("seed %llu: segment %u: seq %u ack %u len %u window %u flags %x, joined: %u "
			         "%u %u %u %x",
			    (unsigned long long)seed, i, a->sent[i].seq, a->sent[i].ack, a->sent[i].len,
			    a->sent[i].window, a->sent[i].flags, b->sent[i].seq, b->sent[i].ack, b->sent[i].len,
			    b->sent[i].window, b->sent[i].flags);
	}
	assert_int_equal(a->count, b->count);
	for (unsigned int i = 0; i < PX_COUNTER_COUNT; i++) {
		if (a->counters[i] != b->counters[i])
			fail_msg("seed %llu: %s: %llu, joined: %llu", (unsigned long long)seed,
			    px_counter_name(i), (unsigned long long)a->counters[i],
			    (unsigned long long)b->counters[i]);
	}
	assert_int_equal(a->received, b->received);
	assert_int_equal(a->info.tcpi_segs_in, b->info.tcpi_segs_in);
	assert_int_equal(a->info.tcpi_data_segs_in, b->info.tcpi_data_segs_in);
	assert_int_equal(a->info.tcpi_bytes_received, b->info.tcpi_bytes_received);
	assert_int_equal(a->info.tcpi_rcv_mss, b->info.tcpi_rcv_mss);
	assert_int_equal(a->info.tcpi_snd_cwnd, b->info.tcpi_snd_cwnd);
	assert_int_equal(a->info.tcpi_ca_state, b->info.tcpi_ca_state);
}

static void test_nobody_can_tell(void **state)
{
	const char *seeds = getenv("TCP_JOIN_SEEDS");
	uint64_t last = seeds ? strtoull(seeds, NULL, 10) : 150;
	void *unused = NULL;

	for (uint64_t seed = 1; seed <= last; seed++) {
		for (unsigned int gro = 0; gro < 2; gro++) {
			memset(&logs[gro], 0, sizeof(logs[gro]));
			setup(&unused);
			converse(&logs[gro], gro, seed);
			net_teardown(&unused);
		}
		compare(&logs[0], &logs[1], seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_in_order, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_window, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_raw, setup, net_teardown),
	    cmocka_unit_test(test_nobody_can_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
