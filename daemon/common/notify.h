/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the service manager how the daemon is: the protocol of sd_notify(3).
 *
 * A datagram of lines NAME=VALUE goes to the AF_UNIX socket that $NOTIFY_SOCKET names, a path or,
 * after an `@`, an abstract name. Without the variable nothing is done. Failures are ignored: who
 * does not listen does not wait either.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* READY=1; `status` is for people to read, NULL: none. */
void notify_ready(const char *status);

/* RELOADING=1 with the monotonic time, as Type=notify-reload asks for; notify_ready ends it. */
void notify_reloading(void);

void notify_stopping(void);

/* One datagram, as it is. 0, 1 if it was sent, or -errno. */
int notify_send(const char *lines);

#endif
