/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server (libnlq_server.h) as the peer of dialogs: what is written for a socket (nlq_dialog.h)
 * works on a table of handlers as well.
 */
#ifndef NLQ_SERVER_H
#define NLQ_SERVER_H

#include <libnlq_server.h>

#include "nlq_dialog.h"

struct nlq_server_peer {
	struct nlq_server server;
	struct nlq_msg *answers; /* not yet received */
};

/* Appends the answer to one request. Returns 0, or -ENOMEM: nothing was done. */
int nlq_server_answer(
    const struct nlq_server *server, struct nlmsghdr *msg, struct nlq_msg **replies);

/* The io of a peer, which is borrowed as long as the io is used; nlq_free its answers at last. */
struct nlq_io nlq_io_server(struct nlq_server_peer *peer);

#endif
