/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A peer made by hand: segments that a test writes and reads, against one end of ours.
 *
 * The peer is 10.0.0.9; it answers ARP by being in the cache. Numbers are relative: the peer's to
 * PEER_ISN, ours to the end's ISS. */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include "stream.h"

#define PEER_ISN UINT32_C(0xffffff00) /* wraps soon */
#define PEER_MAX 4096

struct peer {
	struct px_iface *iface;
	struct tcp_end *listener, *end;
	uint16_t lport, rport;
	uint32_t iss;     /* ours, as seen in the SYN */
	bool timestamps;  /* the peer sends them */
	uint32_t ts_echo; /* last TSval seen */
	uint32_t tsval;
	bool ce; /* our packets get marked CE, as seen by the end */
	struct captured {
		struct tcp_header header;
		uint32_t len;
		uint8_t tos, ttl;
		px_time time;
	} seen[PEER_MAX];
	unsigned int count, read;
};

static struct peer peer;

static inline bool peer_probe(struct sim_wire *w, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	struct captured *seen = &peer.seen[peer.count % PEER_MAX];
	struct wire_reader reader;
	size_t header_len;

	if (!from || len < ETHER_HEADER + IP4_HEADER || frame[12] != 8 || frame[13] != 0 ||
	    frame[ETHER_HEADER + 9] != IPPROTO_TCP)
		return true;
	header_len = (size_t)(frame[ETHER_HEADER] & 15) * 4;
	len = (size_t)(frame[ETHER_HEADER + 2] << 8 | frame[ETHER_HEADER + 3]) - header_len;
	reader = wire_reader(frame + ETHER_HEADER + header_len, len);
	assert_true(tcp_parse(&reader, &seen->header));
	seen->len = (uint32_t)wire_left(&reader);
	seen->tos = frame[ETHER_HEADER + 1];
	seen->ttl = frame[ETHER_HEADER + 8];
	seen->time = sim->now;
	peer.count++;
	if (seen->header.options.has_timestamp)
		peer.ts_echo = seen->header.options.tsval;
	if (seen->header.flags & TCP_SYN)
		peer.iss = seen->header.seq;
	return false;
}

static inline void peer_raw(struct tcp_header *header, size_t len)
{
	static uint8_t bytes[TCP_HEADER_MAX + 65536];
	struct px_ip src = px_ip_parse("10.0.0.9"), dst = px_ip_parse("10.0.0.1");
	struct ip4_header ip = {.protocol = IPPROTO_TCP, .ttl = 64, .src = src, .dst = dst};
	static uint8_t frame[70000];
	static const uint8_t to[6] = {2, 0, 0, 0, 0, 1}, from[6] = {2, 0, 0, 0, 0, 9};
	uint16_t sum;
	size_t n;

	header->sport = peer.rport;
	header->dport = peer.lport;
	n = tcp_write(bytes, header);
	for (size_t i = 0; i < len; i++)
		bytes[n + i] = (uint8_t)('a' + i % 26);
	n += len;
	sum = checksum_finish(
	    checksum_add(ip_pseudo_header(&src, &dst, IPPROTO_TCP, (uint32_t)n), bytes, n));
	memcpy(bytes + TCP_CHECKSUM_OFFSET, &sum, 2);
	ip.total_len = (uint16_t)(IP4_HEADER + n);
	ip.tos = peer.ce ? 3 : 0;
	ether_write(frame, to, from, ETH_P_IP);
	ip4_write(frame + ETHER_HEADER, &ip, NULL, 0);
	memcpy(frame + ETHER_HEADER + IP4_HEADER, bytes, n);
	sim_inject(wire, frame, ETHER_HEADER + IP4_HEADER + n);
	sim_run(sim, PX_MSEC);
}

/* `seq` relative to the peer's ISN, `ack` to ours. */
static inline struct tcp_header peer_header(
    uint8_t flags, uint32_t seq, uint32_t ack, uint16_t window)
{
	struct tcp_header header = {.seq = PEER_ISN + seq,
	    .ack = flags & TCP_ACK ? peer.iss + ack : 0,
	    .flags = flags,
	    .window = window};

	if (peer.timestamps) {
		header.options.has_timestamp = true;
		header.options.tsval = ++peer.tsval;
		header.options.tsecr = flags & TCP_ACK ? peer.ts_echo : 0;
	}
	return header;
}

static inline void peer_send(uint8_t flags, uint32_t seq, uint32_t ack, uint16_t window, size_t len)
{
	struct tcp_header header = peer_header(flags, seq, ack, window);

	peer_raw(&header, len);
}

static inline void peer_sack(uint32_t ack, uint16_t window, uint32_t left, uint32_t right)
{
	struct tcp_header header = peer_header(TCP_ACK, 1, ack, window);

	header.options.sacks = 1;
	header.options.sack[0] = (struct tcp_sack){peer.iss + left, peer.iss + right};
	peer_raw(&header, 0);
}

/* The next segment that was sent to the peer; fails if there is none. */
static inline struct captured *peer_next(void)
{
	sim_run(sim, 0); /* what a call left in the transmit queue */
	if (peer.read == peer.count)
		fail_msg("no segment");
	return &peer.seen[peer.read++ % PEER_MAX];
}

static inline bool peer_quiet(void)
{
	sim_run(sim, 0);
	return peer.read == peer.count;
}

static inline void peer_skip(void)
{
	sim_run(sim, 0);
	peer.read = peer.count;
}

/* The next one is this; numbers relative. */
static inline struct captured *peer_expect(uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct captured *seen = peer_next();

	if (seen->header.flags != flags || seen->header.seq - peer.iss != seq || seen->len != len ||
	    (flags & TCP_ACK && seen->header.ack - PEER_ISN != ack))
		fail_msg("flags %x seq %u ack %u len %u came, not %x %u %u %u", seen->header.flags,
		    seen->header.seq - peer.iss, seen->header.ack - PEER_ISN, seen->len, flags, seq, ack,
		    len);
	return seen;
}

static inline void peer_start(void)
{
	static const uint8_t arp[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1,
	    8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1};
	struct neighbour *neighbour;
	struct px_ip ip = px_ip_parse("10.0.0.9");

	memset(&peer, 0, sizeof(peer));
	peer.iface = net_host(tcp_host_attach, 1);
	wire->delay = PX_MSEC / 10;
	sim_run(sim, 3 * PX_SEC);
	sim_inject(wire, arp, sizeof(arp));
	sim_run(sim, PX_SEC);
	neighbour = neighbour_find(peer.iface, &ip);
	assert_non_null(neighbour);
	neighbour->state = NEIGHBOUR_PERMANENT; /* it never answers a probe */
	wire->probe = peer_probe;
	peer.listener = listener_on(peer.iface, 80, 10);
	peer.lport = 80;
	peer.rport = 5555;
}

/* SYN options of the peer: all, but timestamps as asked for. */
static inline void peer_syn(uint8_t flags, uint16_t mss, int wscale, bool sack)
{
	struct tcp_header header = peer_header(flags, 0, 1, 60000);

	header.options.mss = mss;
	header.options.has_wscale = wscale >= 0;
	header.options.wscale = (uint8_t)(wscale >= 0 ? wscale : 0);
	header.options.sack_permitted = sack;
	peer_raw(&header, 0);
}

/* A connection that the peer opened. */
static inline void peer_open_with(uint16_t mss, int wscale, bool sack)
{
	peer_syn(TCP_SYN, mss, wscale, sack);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), 0);
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	peer_skip();
}

static inline void peer_open(void)
{
	peer_open_with(1460, 0, true);
}

static inline int peer_write(size_t len, int flags)
{
	struct px_pkt *pkt = px_pkt_alloc(peer.iface->stack, len);
	int n;

	assert_non_null(pkt);
	memset(px_pkt_put(pkt, len), 'x', len);
	n = tcp_send(peer.end, pkt, flags);
	sim_run(sim, 0);
	return n;
}

/* Reads and throws away; returns what tcp_receive does. */
static inline int peer_read(size_t len)
{
	struct px_pkt *chain, *next;
	int n = tcp_receive(peer.end, len, 0, &chain);

	for (; chain; chain = next) {
		next = chain->next;
		px_pkt_free(chain);
	}
	sim_run(sim, 0);
	return n;
}

#endif
