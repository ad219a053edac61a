/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NETLINK_ROUTE socket of a stack, for the time of a dialog. */
#ifndef NLQ_CLIENT_H
#define NLQ_CLIENT_H

#include <libnlq.h>

#include "nlq_dialog.h"

struct client {
	int fd;
	struct nlq_io io; /* refers to fd: a client is not copied */
};

/* Returns 0 or -errno. */
int client_open(struct client *client, struct ioth *stack);
void client_close(struct client *client);

#endif
