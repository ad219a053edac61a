/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What carries messages: a socket of a stack, or frames of a VDE network. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "loop.h"
#include "peer.h"

struct ioth;
struct transport;

typedef void transport_input(
    void *context, const struct peer *peer, const void *payload, size_t len);

struct transport_ops {
	void (*reply)(
	    struct transport *transport, const struct peer *peer, const void *payload, size_t len);
	void (*close)(struct transport *transport);
};

struct transport {
	const struct transport_ops *ops;
	struct loop *loop;
	transport_input *input;
	void *context;
	bool hex; /* show what comes and goes */
	uint64_t sent, send_errors;
	loop_time told_until; /* no failure is told of before */
};

/* All return 0 or -errno, which they have logged. */

/* A UDP socket [::]:547, or a packet socket that sees what comes for port 67, on an interface. */
int transport_udp6_open(struct transport **transport, struct loop *loop, struct ioth *stack,
    const char *interface, transport_input *input, void *context);
int transport_packet4_open(struct transport **transport, struct loop *loop, struct ioth *stack,
    const char *interface, const uint8_t server[4], transport_input *input, void *context);

/* A VDE network without a stack. `mac` NULL: a random one, which *used is set to; `server` is the
 * IPv4 address that ARP is answered for. */
int transport_vnl6_open(struct transport **transport, struct loop *loop, const char *vnl,
    const uint8_t *mac, uint8_t used[6], transport_input *input, void *context);
int transport_vnl4_open(struct transport **transport, struct loop *loop, const char *vnl,
    const uint8_t *mac, uint8_t used[6], const uint8_t server[4], transport_input *input,
    void *context);

/* Hands a message to who gets them, and shows it. */
void transport_received(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len);
/* Shows a message. */
void transport_show(const struct transport *transport, const char *what, const struct peer *peer,
    const void *payload, size_t len);

/* A message could not be sent, for `err` (errno): counts it, and says so, once a minute at most. */
void transport_failed(struct transport *transport, int err);

static inline void transport_reply(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len)
{
	transport_show(transport, "sent", peer, payload, len);
	transport->sent++;
	transport->ops->reply(transport, peer, payload, len);
}

#endif
