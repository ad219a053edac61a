/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* picoxnet.h: a TCP/IP stack as an object of a program (-lpicoxnet).
 *
 * A stack lives in the program's memory; a program may have any number. Its sockets are real
 * descriptors: they can be given to poll(2), select(2) and epoll(7); everything else is done by the
 * calls below, which are those of the system with the prefix picox_.
 *
 * Every call sets errno and returns -1 (or NULL) when it fails. Where nothing else is said, errors
 * are those of the system's call of the same name, and EBADF also for a descriptor that is no
 * socket of this library's or that was made before fork(2) by the parent. Calls that wait, on
 * sockets, are cancellation points, and are restarted or not after a signal handler as signal(7)
 * says.
 */
#ifndef PICOXNET_H
#define PICOXNET_H

#include <time.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct picox;
struct mmsghdr;     /* <sys/socket.h> with _GNU_SOURCE */
struct epoll_event; /* <sys/epoll.h> */

/* A stack with one interface, vde0, down, on the network `vdeurl`: any VNL of libvdeplug
 * ("vde:///tmp/sw", "vxvde://", ...), or "mem://NAME", an Ethernet in memory that the stacks of the
 * process share ("mem://NAME/uplink=VNL" connects it to a VDE network). NULL or "": only lo.
 * Returns the stack, or NULL and errno: ENOMEM, EAGAIN, EMFILE, ENFILE, EINVAL (a malformed
 * "mem://"), or why the network cannot be opened. May take seconds. */
struct picox *picox_newstack(char *vdeurl);

/* The same with several interfaces and options. `vnlv` is an array that ends with NULL (NULL: no
 * interface); a VNL may name its interface ("eth0:vde:///tmp/sw"), else they are vde0, vde1, ...
 * `options` (NULL: none) is a list like "mem=16M,linger=5":
 *     mem=BYTES          what the stack may use for buffers and tables (64M)
 *     linger=SECONDS     how long picox_delstack and exit(3) wait for data to be sent (2)
 *     busy_poll=USEC     a blocked call looks for frames that long before it sleeps (0; the socket
 *                        option SO_BUSY_POLL says it for one socket)
 *     spin=USEC          the same, but only while answers come that soon (50; 0: never)
 *     pollers=THREADS    how many threads serve the stacks of the process (2)
 *     pcap=FILE          records all frames there (pcapng)
 *     ctl=PATH           makes a control socket there, for iothip(1)
 *     forwarding=1       forwards packets between interfaces (0)
 *     accept_ra=1        believes router advertisements: routes, prefixes, addresses (0)
 *     arp_probe=1        asks whether an IPv4 address is taken, and defends it (0; RFC 5227)
 *     optimistic_dad=1   uses IPv6 addresses before it is known whose they are (0; RFC 4429)
 *     tso=0              TCP makes each segment itself, none of many that the link cuts (1)
 *     gro=0              IP gives TCP each segment by itself, none that were joined on receipt (1)
 *     timestamps=0, ...  Linux's sysctls, for this stack
 * picoxnet(7) has more about them. The strings are not kept.
 *
 * Returns the stack, or NULL and errno: as picox_newstack; EINVAL for an option (picox_error says
 * which); what open(2) and write(2) say of FILE, ENXIO for a FIFO that nobody reads; what bind(2)
 * says of PATH, EEXIST for one that is no socket, EADDRINUSE if somebody listens there. */
struct picox *picox_newstackv(const char *const *vnlv, const char *options);

/* Why picox_newstack or picox_newstackv last failed in this thread; "" if there is nothing to say.
 * Valid until the thread's next such call; the sixteen threads that failed last are remembered. */
const char *picox_error(void);

/* Ends a stack: waits for what is to be sent, at most `linger=` seconds. Returns 0, or -1 and
 * errno: EBUSY while it has open sockets (nothing has changed then), EINVAL for NULL. In a forked
 * child it ends nothing but the child's use of the parent's stack. */
int picox_delstack(struct picox *stack);

/* Deletes an IPv6 address of the interface, but not for the flows that use it: connections and
 * connected datagram sockets go on until they end, and the last one takes the address with it.
 * Their peers, and the routers between, can reach it; for everybody else it is as an address that
 * was never used: no answer of any kind. `addr` points to 16 bytes, `prefixlen` is that of the
 * address. Returns 0, or -1 and errno, and then the address is as it was: EOPNOTSUPP (IPv4, or an
 * address of the link's or the node's scope), EADDRNOTAVAIL (there is no such), ENODEV, EINVAL
 * (`stack` is NULL), EAFNOSUPPORT, EFAULT, ENOMEM. */
int picox_ipaddr_retire(
    struct picox *stack, int family, const void *addr, int prefixlen, unsigned int ifindex);

/* socket(2) in a stack: AF_INET and AF_INET6 with SOCK_STREAM, SOCK_DGRAM or SOCK_RAW, AF_PACKET
 * with SOCK_RAW or SOCK_DGRAM, AF_NETLINK with NETLINK_ROUTE. SOCK_NONBLOCK may be in `type`; the
 * descriptor is close-on-exec whatever `type` says. Returns the descriptor, which picox_close
 * closes, or -1 and errno: EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT, EMFILE, ENFILE, ENOBUFS,
 * ENOMEM, EINVAL (`stack` is NULL). */
int picox_msocket(struct picox *stack, int domain, int type, int protocol);

/* The stack that the descriptor is a socket of. Unlike the other calls it asks the system whether
 * the number was closed by close(2), or given to something else by dup2(2), in the meantime.
 * Returns the stack, or NULL and errno: EBADF. */
struct picox *picox_stackof(int fd);

/* For a program that sleeps in epoll(7) and in none of the calls below: its own thread receives
 * what comes, instead of one of the library's that had to wake it for that. picox_lead adds to the
 * program's epoll set what tells of frames; when epoll_wait(2) gives an event with event->data, the
 * program calls picox_drive. `event` NULL: no more (`epoll_fd` is not looked at); to be done before
 * the stack is deleted, while none of its calls is inside picox_drive. Other threads may use the
 * stack as ever, and a program that does not come is not waited for. Returns 0, or -1 and errno:
 * EBUSY (there is such a set already), EINVAL (NULL; there is none), ENOMEM, and what epoll_ctl(2)
 * says. */
int picox_lead(struct picox *stack, int epoll_fd, const struct epoll_event *event);

/* Takes in what has come. Returns for how many sockets (at most `max`) something came that can be
 * read, and writes their descriptors to `fds`, the numbers by which they were used last; or -1 and
 * errno: EINVAL (`stack` is NULL, `max` negative), EFAULT. These sockets are to be read now,
 * without waiting: until the next picox_drive, but for no longer than a hundredth of a second, they
 * do not poll as readable. All others poll as ever. Having read them the program calls with `max`
 * 0, which takes nothing in, and returns 0: those that it left readable poll so from then on. */
int picox_drive(struct picox *stack, int *fds, int max);

/* close(2). A call that waits on the socket in another thread ends with EBADF. What was sent on a
 * connection is still delivered, in the background, unless SO_LINGER says otherwise; where there
 * are received data that nobody read, the connection is reset. Returns 0, or -1 and errno: EBADF.
 */
int picox_close(int fd);

/* bind(2), to an address of `addrlen` bytes. Returns 0, or -1 and errno: EINVAL (bound already, or
 * `addrlen` is wrong for the family), EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, ENODEV, EFAULT. */
int picox_bind(int fd, const struct sockaddr *addr, socklen_t addrlen);

/* connect(2): a connection, or the peer of datagrams; AF_UNSPEC undoes it. Waits for the connection
 * up to SO_SNDTIMEO. Returns 0, or -1 and errno: EINPROGRESS (O_NONBLOCK, or the time is over:
 * POLLOUT tells of the end, SO_ERROR of the outcome), EALREADY, EISCONN, ECONNREFUSED, ETIMEDOUT,
 * ECONNABORTED, EINTR, EINVAL, EAFNOSUPPORT, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL (no port is
 * left), EADDRINUSE, EACCES (a broadcast without SO_BROADCAST), EMFILE, ENFILE, EFAULT. */
int picox_connect(int fd, const struct sockaddr *addr, socklen_t addrlen);

/* listen(2): `backlog` connections may wait to be accepted, at most somaxconn=. Returns 0, or -1
 * and errno: EINVAL (connected), EADDRINUSE, EOPNOTSUPP (no TCP socket), EMFILE, ENFILE. */
int picox_listen(int fd, int backlog);

/* accept(2), accept4(2): the first connection that waits; waits for one up to SO_RCVTIMEO. `addr`
 * (NULL: not wanted) gets the peer's address, *addrlen is its room in bytes and becomes its real
 * length. `flags`: SOCK_NONBLOCK; SOCK_CLOEXEC is always so. Returns the descriptor, or -1 and
 * errno: EAGAIN, EINVAL (not listening, or a flag), EOPNOTSUPP (no TCP socket), EINTR, EMFILE,
 * ENFILE, ENOBUFS, EFAULT. */
int picox_accept(int fd, struct sockaddr *addr, socklen_t *addrlen);
int picox_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags);

/* getsockname(2), getpeername(2): *addrlen is the room at `addr` in bytes, and becomes the
 * address's real length. Return 0, or -1 and errno: EINVAL, EFAULT, ENOTCONN (the peer's, without
 * one). */
int picox_getsockname(int fd, struct sockaddr *addr, socklen_t *addrlen);
int picox_getpeername(int fd, struct sockaddr *addr, socklen_t *addrlen);

/* setsockopt(2), getsockopt(2); picoxnet(7) lists the options. `optlen` and *optlen are bytes; the
 * latter is the room, and becomes what was written. Return 0, or -1 and errno: ENOPROTOOPT, EINVAL,
 * EFAULT, ENOBUFS, and what socket(7), ip(7), ipv6(7), udp(7), raw(7), packet(7) say of an option.
 */
int picox_setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen);
int picox_getsockopt(int fd, int level, int optname, void *optval, socklen_t *optlen);

/* shutdown(2): a half of a connection, or both. Returns 0, or -1 and errno: ENOTCONN, EINVAL,
 * EOPNOTSUPP (packet and netlink sockets). */
int picox_shutdown(int fd, int how);

/* recv(2), read(2), readv(2): a datagram, of which what does not fit into `len` bytes is lost; or
 * up to `len` bytes of a connection, at least SO_RCVLOWAT, with MSG_WAITALL all of them, with
 * MSG_OOB the urgent one. They wait, as long as SO_RCVTIMEO says. Return the number of bytes (with
 * MSG_TRUNC a datagram's real length, or how many of a connection were thrown away), 0 at the end
 * of a connection and after shutdown; or -1 and errno: ECONNRESET, ETIMEDOUT, ENOTCONN (a
 * connection's), EAGAIN (none, and not to be waited for; the time is over), EINTR, ECONNREFUSED and
 * other errors that ICMP told, ENETDOWN, ENOMEM, EINVAL, EFAULT, EMSGSIZE
 * (`iovcnt`). */
ssize_t picox_read(int fd, void *buf, size_t len);
ssize_t picox_readv(int fd, const struct iovec *iov, int iovcnt);
ssize_t picox_recv(int fd, void *buf, size_t len, int flags);
ssize_t picox_recvfrom(
    int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen);
ssize_t picox_recvmsg(int fd, struct msghdr *msg, int flags);

/* recvmmsg(2): up to `vlen` messages (no more than 1024), with MSG_WAITFORONE those that are there
 * once the first is. `timeout` (NULL: none) is looked at after each that came, and left with what
 * remains of it. Returns how many, msg_len set in each; or -1 and the errno of picox_recvmsg,
 * EINVAL
 * (`timeout`) or EFAULT, if the first one failed. */
int picox_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout);

/* send(2), write(2), writev(2): a datagram, or bytes of a connection, with MSG_OOB the last one
 * urgent, with MSG_MORE more to come. They wait while the interface's queue or the send buffer is
 * full, as long as SO_SNDTIMEO says. Return `len`, on a connection perhaps less (O_NONBLOCK, the
 * time is over, a signal or an error came in between), or -1 and errno: ECONNRESET, ETIMEDOUT,
 * EDESTADDRREQ, EMSGSIZE, EAGAIN, EINTR, EACCES, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED (ICMP told
 * it), ENETDOWN, ENOBUFS, EPIPE (after shutdown), EINVAL, EAFNOSUPPORT, EOPNOTSUPP, EFAULT. On a
 * connection, and without MSG_NOSIGNAL, EPIPE comes with SIGPIPE. */
ssize_t picox_write(int fd, const void *buf, size_t len);
ssize_t picox_writev(int fd, const struct iovec *iov, int iovcnt);
ssize_t picox_send(int fd, const void *buf, size_t len, int flags);
ssize_t picox_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen);
ssize_t picox_sendmsg(int fd, const struct msghdr *msg, int flags);

/* sendmmsg(2): up to `vlen` messages (no more than 1024), datagrams in one burst. Returns how many
 * were sent, msg_len set in each; or -1 and the errno of picox_sendmsg or EFAULT, if the first one
 * failed. */
int picox_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags);

/* ioctl(2) with its argument, a pointer. None: FIOCLEX, FIONCLEX. To an int: FIONBIO, FIONREAD
 * (bytes that can be read; of the next datagram), SIOCOUTQ (bytes not acknowledged), SIOCOUTQNSD
 * (not sent), SIOCATMARK. To a struct ifreq, or struct ifconf for SIOCGIFCONF: the requests of
 * netdevice(7). Returns 0, or -1 and errno: ENOTTY for what is not known, EFAULT (NULL), and of the
 * latter ENODEV, EADDRNOTAVAIL, EOPNOTSUPP, EINVAL. */
int picox_ioctl(int fd, unsigned long cmd, void *argp);

/* fcntl(2): F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD and F_DUPFD_CLOEXEC are the system's own (a
 * duplicate is a socket of this library's, too); -1 and errno EINVAL for others. */
int picox_fcntl(int fd, int cmd, long val);

#ifdef __cplusplus
}
#endif

#endif
