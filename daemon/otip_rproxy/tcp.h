/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP connections: a client's, and the one to the inner server that it stands for.
 *
 * The server is connected to as soon as a client is accepted, and the client is not read from until
 * that has succeeded. Then each direction is a relay. An end of one side is passed on and the other
 * direction goes on; when both have ended the connection is over. A reset of one side, or a server
 * that cannot be reached, resets the other. One that is quiet in both directions for too long is
 * closed. Where there are as many as there may be, a new one takes the place of the one that was
 * quiet for longest, if that was for tcp_full_timeout; else it is reset. One on which anything
 * moves is never put out.
 */
#ifndef RPROXY_TCP_H
#define RPROXY_TCP_H

#include "flows.h"
#include "window.h"

void tcp_init(struct flows *flows);
void tcp_fini(struct flows *flows); /* closes all connections */

/* Takes the connections that wait at a door; of one that closes all, else a turn's worth. */
void tcp_accept(struct door *door);

#endif
