/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An advertiser: the engine, the network that it speaks on, and its thread. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <poll.h>
#include <pthread.h>
#include <iothradvd.h>

#include "router.h"
#include "teller.h"

struct iothradvd_config {
	struct settings settings;
	struct teller teller;
};

#define TRANSPORT_FDS 2

/* A network: the interface of a stack, or VDE frames. One thread at a time uses it. */
struct transport;
struct transport_ops {
	/* What to sleep on; at most TRANSPORT_FDS of them. */
	unsigned int (*polls)(struct transport *transport, struct pollfd *fds);
	/* Takes what has come, a burst of it, and does what is due. `fds` are those of polls() after
	 * poll(2); NULL, the first time: anything may have come. */
	void (*work)(struct transport *transport, const struct pollfd *fds, engine_time now);
	engine_time (*deadline)(struct transport *transport);
	/* As router_ops. */
	int (*send)(struct transport *transport, const uint8_t *destination, const uint8_t *mac,
	    const void *icmp, size_t len);
	void (*close)(struct transport *transport);
};

struct transport {
	const struct transport_ops *ops;
	struct iothradvd *instance; /* whose engine is fed */
};

struct iothradvd {
	struct transport *transport; /* owned */
	struct router router;
	struct teller teller;
	pthread_t thread;
	pthread_mutex_t lock; /* of all but the thread's sleep */
	int wake;             /* an eventfd */
	bool stop;
};

/* 0 and the transport, or -errno and perhaps the reason in words. The engine hears of nothing
 * before the first work(). */
int transport_stack_open(struct iothradvd *instance, struct ioth *stack, unsigned int ifindex,
    struct transport **opened, char why[SETTINGS_WHY_SIZE]);
int transport_vnl_open(struct iothradvd *instance, const char *vnl, const uint8_t *mac,
    struct transport **opened, char why[SETTINGS_WHY_SIZE]);

/* Runs an instance whose transport is open in a thread of its own. 0 or -errno. */
int instance_start(struct iothradvd *instance);
/* Lets it cease, and waits for the end of its thread. */
void instance_stop(struct iothradvd *instance);
/* The thread looks again: something has changed. */
void instance_wake(struct iothradvd *instance);

engine_time instance_now(void);
uint32_t instance_random(void *context);

#endif
