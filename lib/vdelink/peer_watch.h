/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noticing that the peer of a connected AF_UNIX datagram socket may be gone.
 *
 * The kernel does not tell. It only finds out at the next send, and until then the socket stays
 * connected to the dead one and refuses (EPERM) what its successor sends. Two vdens on ptp://, one
 * of them started again: the other, a server without anything to say, would never hear of it.
 *
 * But the peer's name is unlinked: by the peer at a good end, by its successor otherwise. So an
 * inotify descriptor watches the file, not its directory, which others may use.
 */
#ifndef PEER_WATCH_H
#define PEER_WATCH_H

#include <stdbool.h>

/* A descriptor that becomes readable when a watched name was unlinked, or -1: there are no more to
 * be had, and peers are then noticed when there is something to send. */
int peer_watch_open(void);

/* Watches the name of the socket that `socket_fd` is connected to, if it is to any. */
void peer_watch_arm(int watch_fd, int socket_fd);

/* Reads the events. */
void peer_watch_read(int watch_fd);

#endif
