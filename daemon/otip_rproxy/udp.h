/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP mappings: datagrams of a client's port to one door, and the socket inside that is theirs.
 *
 * The inner server sees one port of ours for each, so its replies lead back to the client, from the
 * door's socket and so from the address that the client used. A mapping that was quiet for
 * udp_timeout is forgotten. Datagrams are received and sent in bursts. One that a stack does not
 * take (its queue is full, it is larger than the path) is lost, as datagrams may be.
 *
 * When a window is over its mappings get a socket outside each, which is connected to the client:
 * nobody else reaches the address any more, and who looks can see whom it is still for.
 *
 * The table is bounded. Where it is full a new client takes the place of the mapping that was quiet
 * for longest among those to which the server has not answered; where there is none, of one with
 * answers, if that was quiet for udp_full_timeout. So who sends from invented addresses to a server
 * that does not answer those keeps nobody away, and puts out nobody who is talking.
 */
#ifndef RPROXY_UDP_H
#define RPROXY_UDP_H

#include "flows.h"
#include "window.h"

int udp_init(struct flows *flows);  /* 0 or -errno */
void udp_fini(struct flows *flows); /* forgets all mappings */

/* Takes the datagrams that wait at a door, a turn's worth. */
void udp_receive(struct door *door);

/* The door is about to go: its mappings go on without it. */
void udp_separate(struct door *door);

#endif
