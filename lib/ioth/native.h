/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The native stack: the system's calls, unchanged. It is not a plugin, so that it is always there.
 */
#ifndef IOTH_NATIVE_H
#define IOTH_NATIVE_H

#include <fcntl.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "accept_ra.h"

#define NATIVE_CALLS                                                                               \
	{                                                                                              \
		.table = {.socket = socket,                                                                \
		    .close = close,                                                                        \
		    .bind = bind,                                                                          \
		    .connect = connect,                                                                    \
		    .listen = listen,                                                                      \
		    .accept = accept,                                                                      \
		    .getsockname = getsockname,                                                            \
		    .getpeername = getpeername,                                                            \
		    .setsockopt = setsockopt,                                                              \
		    .getsockopt = getsockopt,                                                              \
		    .shutdown = shutdown,                                                                  \
		    .ioctl = ioctl,                                                                        \
		    .fcntl = fcntl,                                                                        \
		    .read = read,                                                                          \
		    .readv = readv,                                                                        \
		    .recv = recv,                                                                          \
		    .recvfrom = recvfrom,                                                                  \
		    .recvmsg = recvmsg,                                                                    \
		    .write = write,                                                                        \
		    .writev = writev,                                                                      \
		    .send = send,                                                                          \
		    .sendto = sendto,                                                                      \
		    .sendmsg = sendmsg},                                                                   \
		.accept4 = accept4, .sendmmsg = sendmmsg, .recvmmsg = recvmmsg,                            \
		.linksetacceptra = accept_ra_call,                                                         \
	}

#endif
