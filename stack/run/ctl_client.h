/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection to a control socket. */
#ifndef RUN_CTL_CLIENT_H
#define RUN_CTL_CLIENT_H

#include "runtime.h"

/* What the connections of one control socket share. */
struct ctl_host {
	struct poll_item item; /* queued when there is something to tell */
	struct picox *stack;
	bool closing; /* under the stack's lock: the item is not queued any more */
};

struct ctl_client {
	_Atomic int fd; /* -1: nobody. Never blocking. */
	struct ctl_host *host;
	struct netlink_end *end;
	struct ctl_job *job; /* the request that is waited for, or NULL */
	struct px_pktq out;  /* records to be sent */
	bool inside;         /* under the stack's lock: its own request is being answered */
	_Atomic bool news;   /* set under the stack's lock */
};

/* Takes `fd`, which is the caller's again if this fails. 0 or -errno. */
int ctl_client_open(struct ctl_client *client, struct ctl_host *host, int fd);
void ctl_client_close(struct ctl_client *client);

/* Reads requests and sends answers, and what there is to tell, as far as both go without waiting.
 * False: the connection is over. */
bool ctl_client_run(struct ctl_client *client);

/* What to wait for, in epoll's words: nothing is read from it while it does not take what it was
 * sent; 0: a job's end. */
uint32_t ctl_client_interest(const struct ctl_client *client);

#endif
