/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libiothotip: a server at one-time addresses (OTIP).
 *
 * A one-time address follows from a name, a secret and the time: every half a minute it is another
 * one. Who knows the secret, and the DNS server that does (iothnamed), computes it; who does not
 * finds an empty network. A server needs one call more than before:
 *
 *     struct iothotip *otip;
 *     int fd = iothotip_server(stack, "base=fc01::,name=renzo.otip,passwd=mypassword",
 *         SOCK_STREAM, 4242, 5, &otip);
 *
 *     for (;;)
 *         serve(ioth_accept(fd, NULL, NULL));
 *
 * The descriptor is a listening socket like any other. The library puts the address of each window
 * (see below) on an interface of the stack when it opens, and retires it when it closes; it does so
 * in a thread of its own, or in the program's loop. Connections live on at the address where they
 * were made, until they end; nobody else hears from it any more. The socket takes connections at
 * open addresses alone: who calls at another one of the stack's gets no answer.
 *
 * Windows. Time is cut into periods of 32 seconds. Clocks differ, and news takes a while: the
 * address of a period is open from 8 seconds before it until 8 seconds after, which is 48 in all,
 * and of a time one or two are open. What is open follows from the wall clock alone, however that
 * is set.
 *
 * What it is good for. It hides a service from who does not know the secret; it is no
 * authentication: everybody on the path reads the address while it is valid (see iothaddr.h).
 *
 * Any thread may make any call at any time, but none with a handle that is being stopped. Calls
 * that fail give the reason in iothotip_error().
 */
#ifndef IOTHOTIP_H
#define IOTHOTIP_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ioth; /* <ioth.h> */
struct iothotip;

/* ---- one call -------------------------------------------------------------------------------- */

/* Starts the one-time addresses of a name on a stack (iothotip_start), and listens on them
 * (iothotip_listen). Returns the descriptor, and in `*otip` the handle, for more listeners, and to
 * stop it all; or -1 and errno, and then there is nothing to be stopped. */
int iothotip_server(struct ioth *stack, const char *config, int type, int port, int backlog,
    struct iothotip **otip);

/* ---- addresses ------------------------------------------------------------------------------- */

/* Keeps the one-time addresses of a name on an interface of a stack (NULL: the default one). The
 * configuration is a list of options, separated by commas or blanks; values with such, or with =,
 * are quoted:
 *
 *     base=ADDRESS       the network: an IPv6 address, of which 64 bits count (asked for)
 *     name=NAME          the name, in lower case whatever is written (asked for)
 *     passwd=TEXT        the secret; none: anybody who knows the name finds the address
 *     passfile=PATH      the secret is the first line of a regular file; not with passwd
 *     iface=NAME         the interface (vde0), which is brought up
 *     period=SECONDS     (32) of a window; 0: one address, for ever
 *     preactive=SECONDS  (8) for which a window is open before its period
 *     postactive=SECONDS (8) and after
 *     digest=NAME        md5, which everybody knows; or hmac-sha256 (see iothaddr.h), which takes a
 *                        tenth of a second at the start
 *     rounds=NUMBER      (600000) of the password's stretching, for hmac-sha256 alone
 *     case=exact         the name is hashed as it is written
 *     udptime=SECONDS    (8) for which a client of a datagram socket counts as one that is there
 *     udpclients=NUMBER  (4096) that are known at a time, of each socket
 *
 * All sides must use the same name, secret, network, period and digest.
 *
 * iothotip_start makes a thread, which sleeps until the next window opens or closes, or the clock
 * is set. iothotip_open makes none: iothotip_fd is a descriptor that becomes readable when there is
 * something to do, and the program calls iothotip_work then. The addresses that are open now are
 * there when they return.
 *
 * The strings are not kept. Return the handle, or NULL and errno: EINVAL  an option is wrong, or
 * missing; ENODEV  there is no such interface; EPERM, EACCES  the program may not configure the
 * stack; ENOMEM, EMFILE, EAGAIN  no resources; what open(2) of `passfile` says; or what the stack
 * answers. The stack cannot be deleted before iothotip_stop. */
struct iothotip *iothotip_start(struct ioth *stack, const char *config);
struct iothotip *iothotip_open(struct ioth *stack, const char *config);

/* The descriptor of a handle without a thread, to be polled for POLLIN; it stays the handle's. -1
 * and EINVAL for one with a thread. */
int iothotip_fd(struct iothotip *otip);
/* Does what is due; also without need. Never blocks for long. Returns 0, or -1 and errno if
 * something could not be done (an address added): it is tried again a second later. EINVAL: the
 * handle has a thread. */
int iothotip_work(struct iothotip *otip);

/* Ends the thread, retires the addresses, and frees the handle. Descriptors of datagram sockets are
 * closed; those of listening sockets are the program's to close, and hear nothing any more.
 * Connections live on where the stack retires addresses (ioth_ipaddr_retire); with another one
 * their addresses go. NULL: nothing. */
void iothotip_stop(struct iothotip *otip);

/* Writes up to `size` of the addresses that are open now, in the order in which they were added,
 * and returns how many there are. */
size_t iothotip_addresses(struct iothotip *otip, struct in6_addr *addresses, size_t size);

/* ---- listening sockets ----------------------------------------------------------------------- */

/* Opens a socket on the one-time addresses. `type` is SOCK_STREAM or SOCK_DGRAM, perhaps with
 * SOCK_NONBLOCK and SOCK_CLOEXEC; `port` 1 to 65535; `backlog` as for listen(2). There may be any
 * number, and windows change neither the descriptors nor how many there are.
 *
 * SOCK_STREAM: a listening socket, for poll(2), ioth_accept and all else; the address where
 * somebody has called is ioth_getsockname's, of the connection.
 *
 * SOCK_DGRAM: a descriptor to be polled for POLLIN, and used with iothotip_recvfrom and
 * iothotip_sendto.
 *
 * Returns the descriptor, or -1 and errno: EINVAL  type, port; or those of socket(2), bind(2),
 * listen(2). */
int iothotip_listen(struct iothotip *otip, int type, int port, int backlog);

/* Closes such a descriptor. (If it is closed with ioth_close, its port stays in use until
 * iothotip_stop.) Returns 0, or -1 and EBADF. */
int iothotip_close(struct iothotip *otip, int fd);

/* Receives a datagram: recvfrom(2), that tells in `self` (NULL: no matter) to which one-time
 * address it came. Datagrams from strangers at addresses whose window is over are not seen. */
ssize_t iothotip_recvfrom(struct iothotip *otip, int fd, void *buf, size_t len, int flags,
    struct sockaddr *from, socklen_t *fromlen, struct in6_addr *self);

/* Sends a datagram from one of the one-time addresses: that to which the client has sent. The
 * client may be answered there as long as it is known: `udptime` seconds after its last datagram,
 * or ours. Returns as sendto(2); EADDRNOTAVAIL: the address is no more, or the client is not
 * known there and its window is over. */
ssize_t iothotip_sendto(struct iothotip *otip, int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *to, socklen_t tolen, const struct in6_addr *self);

/* ---- what happens ---------------------------------------------------------------------------- */

/* Sets who is told what happens: an address that cannot be added (LOG_WARNING of syslog(3)),
 * windows (LOG_DEBUG). The function gets one line without a newline, from the thread or from
 * iothotip_work, and must not call this library. NULL: nobody. */
typedef void iothotip_log_function(int level, const char *message, void *argument);
void iothotip_set_log(struct iothotip *otip, iothotip_log_function *function, void *argument);

struct iothotip_stats {
	uint64_t open;       /* addresses whose window is open, now */
	uint64_t retired;    /* addresses that live for their connections, as far as is known, now */
	uint64_t windows;    /* that have been opened */
	uint64_t failures;   /* changes of the interface that were refused */
	uint64_t udpclients; /* known, now */
	uint64_t udpdropped; /* datagrams of strangers, at addresses whose window is over */
};

/* Writes as much of the structure as fits into `size` bytes (a newer library may know more).
 * Returns 0, or -1 and EINVAL. */
int iothotip_get_stats(struct iothotip *otip, struct iothotip_stats *stats, size_t size);

/* The reason of the last failure of one of these calls in the calling thread: one line without a
 * newline, which names what was wrong (an option and its place, an address, an interface, a call of
 * the stack's); "" if there was none. Valid until the thread's next call of one of them. */
const char *iothotip_error(void);

#ifdef __cplusplus
}
#endif

#endif
