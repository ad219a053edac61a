/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of TCP share: hosts, connections, and streams whose every byte is checked. */
#ifndef TEST_STREAM_H
#define TEST_STREAM_H

#include "tcp.h"
#include "tcp_internal.h"

#include "net.h"

#include <poll.h>

static inline int tcp_host_attach(struct px_stack *stack)
{
	int err = net_attach(stack);

	return err ? err : tcp_attach(stack);
}

static inline struct tcp_end *new_end(struct px_iface *iface, int family)
{
	struct tcp_end *end = NULL;

	assert_int_equal(tcp_new(iface->stack, family, &end), 0);
	return end;
}

static inline struct tcp_end *listener_on(struct px_iface *iface, uint16_t port, int backlog)
{
	struct tcp_end *end = new_end(iface, AF_INET6);
	struct px_ip any = PX_IP_NONE;

	end->endpoint.flags |= ENDPOINT_REUSEADDR;
	assert_int_equal(tcp_bind(end, &any, port, 0), 0);
	assert_int_equal(tcp_listen(end, backlog), 0);
	return end;
}

static inline int connect_text(struct tcp_end *end, const char *to, uint16_t port)
{
	struct px_ip ip = px_ip_parse(to);

	return tcp_connect(end, &ip, port, 0);
}

/* One direction of a connection: byte n of it is known from n. */
struct stream {
	uint64_t sent, received;
	uint64_t total;
	bool finished; /* the reader saw the end */
};

static inline uint8_t stream_byte(uint64_t at)
{
	return (uint8_t)(at * 31 + at / 251 + at / 65521 * 7);
}

static inline int stream_write(struct tcp_end *end, struct stream *stream, size_t len, int flags)
{
	struct px_pkt *pkt = px_pkt_alloc(end->endpoint.stack, len);
	uint8_t *bytes;
	int n;

	if (!pkt)
		return -ENOMEM;
	bytes = px_pkt_put(pkt, len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = stream_byte(stream->sent + i);
	n = tcp_send(end, pkt, flags);
	if (n > 0)
		stream->sent += (uint64_t)n;
	return n;
}

/* Writes as much as there is room for, `chunk` bytes at a time. */
static inline void stream_pump(struct tcp_end *end, struct stream *stream, size_t chunk)
{
	while (stream->sent < stream->total) {
		uint64_t left = stream->total - stream->sent;
		if (stream_write(end, stream, left < chunk ? left : chunk, 0) <= 0)
			return;
	}
}

/* Reads up to `limit` bytes and checks them. Returns the result that ended it, or 1. */
static inline int stream_read(struct tcp_end *end, struct stream *stream, size_t limit)
{
	uint8_t bytes[4096];

	while (limit) {
		struct px_pkt *chain, *pkt;
		int n = tcp_receive(end, limit, 0, &chain);

		if (n == 0)
			stream->finished = true;
		if (n <= 0)
			return n;
		limit -= (size_t)n;
		while ((pkt = chain)) {
			size_t at = 0, got;
			chain = pkt->next;
			while ((got = px_pkt_read(pkt, at, bytes, sizeof(bytes)))) {
				for (size_t i = 0; i < got; i++) {
					if (bytes[i] != stream_byte(stream->received))
						fail_msg("byte %llu is wrong", (unsigned long long)stream->received);
					stream->received++;
				}
				at += got;
			}
			px_pkt_free(pkt);
		}
	}
	return 1;
}

/* Two hosts and a connection between them. */
struct pair {
	struct px_iface *ia, *ib;
	struct tcp_end *listener, *a, *b;
	struct stream ab, ba;
};

static inline void pair_hosts(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->ia = net_host(tcp_host_attach, 1);
	pair->ib = net_host(tcp_host_attach, 2);
	pair->listener = listener_on(pair->ib, 7000, 10);
	sim_run(sim, 3 * PX_SEC);
}

static inline void pair_connect(struct pair *pair, const char *to)
{
	pair->a = new_end(pair->ia, AF_INET6);
	assert_int_equal(connect_text(pair->a, to, 7000), -EINPROGRESS);
	for (unsigned int i = 0; i < 1000 && pair->a->state != TCP_STATE_ESTABLISHED; i++)
		sim_run(sim, 10 * PX_MSEC);
	assert_int_equal(pair->a->state, TCP_STATE_ESTABLISHED);
	for (unsigned int i = 0; i < 1000 && tcp_accept(pair->listener, &pair->b) < 0; i++)
		sim_run(sim, 10 * PX_MSEC);
	assert_non_null(pair->b);
	assert_int_equal(pair->b->state, TCP_STATE_ESTABLISHED);
}

static inline void pair_open(struct pair *pair)
{
	pair_hosts(pair);
	pair_connect(pair, "10.0.0.2");
}

#endif
