/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libioth: the Internet of Threads.
 *
 * Network stacks are objects of the program: a stack is made by ioth_newstack, has its own
 * interfaces, addresses and routes, and is named at each ioth_msocket. All the other calls are
 * Berkeley sockets with the prefix ioth_. Descriptors are real file descriptors: poll, select and
 * epoll work on them; data must go through the ioth_ calls. Unless its text says otherwise, a call
 * takes the arguments, returns the values and sets the errno of its namesake in section 2 of the
 * manual; besides,
 *
 *     EBADF   the descriptor is not open, or is not one of this library's;
 *     ENOSYS  the stack does not provide the call;
 *     ENOMEM  no memory (a thread's first call, and the calls that make descriptors, need some);
 *     ELOOP   the thread is inside of more than a dozen stacks that call each other.
 *
 * The calls may be used by any thread at any time. A call that blocks is a cancellation point and
 * holds no lock. It must not be left by longjmp or siglongjmp, from a signal handler say: the
 * thread would count as inside of the stack for ever, which then cannot be deleted, and after a
 * dozen such jumps its calls fail with ELOOP. ioth_ calls may also be used in the child of a fork;
 * what becomes of a stack there is told by the manual of its plugin.
 *
 * Plugin authors: see struct ioth_functions at the end.
 */
#ifndef IOTH_H
#define IOTH_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ifaddrs;     /* <ifaddrs.h> */
struct mmsghdr;     /* <sys/socket.h> with _GNU_SOURCE */
struct epoll_event; /* <sys/epoll.h> */
struct timespec;    /* <time.h>, which has it not under -std=c99 */

/* A network stack. */
struct ioth;

/* The compiler warns of a list of arguments that does not end with NULL. */
#ifdef __GNUC__
#define IOTH_SENTINEL_ __attribute__((__sentinel__))
#else
#define IOTH_SENTINEL_
#endif

/* ---- stacks --------------------------------------------------------------------------------- */

/* Creates a stack. `stack` is the name of a plugin, followed by its options after a comma
 * ("vdestack", "vdestack,mtu=9000"); NULL or "" is the native stack, the one that socket(2) uses,
 * which takes no VNL. A VNL (virtual network locator, see libvdeplug) is the network that an
 * interface is plugged into, maybe preceded by the interface's name and a colon: "vde:///tmp/sw",
 * "eth0:vde:///tmp/sw". Interfaces are numbered from vde0; lo has index 1.
 *
 *     ioth_newstack(stack)             no interface
 *     ioth_newstack(stack, vnl)        one interface; NULL: none
 *     ioth_newstacki(stack, vnl)       the same
 *     ioth_newstackl(stack, vnl, ..., (char *) NULL)
 *     ioth_newstackv(stack, vnlv)      an array that ends with NULL; NULL: no interface
 *
 * The strings are not kept. Return the stack, or NULL and errno, with the reason in ioth_error():
 *     ENOENT        there is no such plugin
 *     EINVAL        `stack` is not the name of a plugin, or the plugin refused the arguments
 *     ENAMETOOLONG  the name is longer than NAME_MAX allows
 *     ENOEXEC       the plugin cannot be loaded, or defines no stack
 *     EPERM         the plugin's licence is not compatible with the program's (ioth_set_license)
 *     EAGAIN        no private namespace is left for a plugin that needs one
 *     ENOMEM        no memory
 * or what the plugin says. */
struct ioth *ioth_newstack(const char *stack, const char *vnl);
struct ioth *ioth_newstacki(const char *stack, const char *vnl);
IOTH_SENTINEL_ struct ioth *ioth_newstackl(
    const char *stack, const char *vnl, ... /* (char *) NULL */);
struct ioth *ioth_newstackv(const char *stack, const char *vnlv[]);

/* One argument or two: the macro supplies the second. (Inside its own expansion, and where no
 * parenthesis follows, the name is the function's: its address can be taken.) */
#define IOTH_NEWSTACK_1_(stack)                       ioth_newstack(stack, NULL)
#define IOTH_NEWSTACK_2_(stack, vnl)                  ioth_newstack(stack, vnl)
#define IOTH_NEWSTACK_PICK_(first, second, name, ...) name
#define ioth_newstack(...)                                                                         \
	IOTH_NEWSTACK_PICK_(__VA_ARGS__, IOTH_NEWSTACK_2_, IOTH_NEWSTACK_1_, 0)(__VA_ARGS__)

/* Deletes a stack. Returns 0, or -1 and errno: EBUSY while sockets of the stack are open or a call
 * is inside it (nothing has changed then), EINVAL if `stack` is NULL or is not a stack. Deleting
 * the default stack makes the native one the default. What ioth_newstack(NULL) made is deleted like
 * any other stack; the one that ioth_get_defstack returns at the start is not (EINVAL). */
int ioth_delstack(struct ioth *stack);

/* For libraries that keep something for each stack: a function that is told of every ioth_delstack.
 *
 *     IOTH_DELSTACK_BEGINS  the stack is about to be deleted: sockets that the library itself has
 *                           opened on it are to be closed, or the stack is busy
 *     IOTH_DELSTACK_DONE    it is gone; the pointer is good for comparing only
 *     IOTH_DELSTACK_KEPT    it could not be deleted, and goes on
 *
 * The function is called by the thread that calls ioth_delstack, with no lock held; it may not make
 * or delete a stack. There is no way to take it back. Returns 0, or -1 and errno: EINVAL for NULL,
 * ENOSPC if there are eight of them already. */
enum ioth_delstack_step { IOTH_DELSTACK_BEGINS, IOTH_DELSTACK_DONE, IOTH_DELSTACK_KEPT };
typedef void ioth_delstack_function(
    struct ioth *stack, enum ioth_delstack_step step, void *argument);
int ioth_atdelstack(ioth_delstack_function *function, void *argument);

/* The stack that ioth_socket, and ioth_msocket(NULL, ...), use: at first the native one. NULL sets
 * it back to the native one. ioth_get_defstack never returns NULL. */
void ioth_set_defstack(struct ioth *stack);
struct ioth *ioth_get_defstack(void);

/* Declares the licence of the program, an SPDX licence expression ("GPL-2.0-or-later"). A plugin
 * whose own licence asks for it is loaded only by a program that declared a compatible one. NULL
 * takes the declaration back. */
void ioth_set_license(const char *spdx);

/* The reason of the last failure of ioth_newstack* or ioth_delstack in the calling thread, the
 * loader's own message included: one line without a newline, "" if there was none. Bytes that do
 * not print (of a VNL, say) are written as \ooo, in octal. Valid until the thread's next call of
 * one of these. */
const char *ioth_error(void);

/* Sets the function that is told what happens inside the library (failures to load a plugin, stacks
 * made and deleted). `level` is one of syslog(3)'s, `message` one line. It may be called by any
 * thread and must not make or delete a stack. NULL: nobody is told, as at the start. */
typedef void ioth_log_function(int level, const char *message, void *argument);
void ioth_set_log(ioth_log_function *function, void *argument);

/* ---- sockets -------------------------------------------------------------------------------- */

/* socket(2) on a given stack (NULL: the default one). SOCK_NONBLOCK and SOCK_CLOEXEC work in `type`
 * whether or not the stack knows them. */
int ioth_msocket(struct ioth *stack, int domain, int type, int protocol);
int ioth_socket(int domain, int type, int protocol);

/* Plain close(2) of a descriptor is allowed too: the library finds out, by the time the number is
 * used again or the stack is deleted. */
int ioth_close(int fd);

int ioth_bind(int fd, const struct sockaddr *addr, socklen_t addrlen);
int ioth_connect(int fd, const struct sockaddr *addr, socklen_t addrlen);
int ioth_listen(int fd, int backlog);
int ioth_accept(int fd, struct sockaddr *addr, socklen_t *addrlen);
int ioth_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags);
int ioth_getsockname(int fd, struct sockaddr *addr, socklen_t *addrlen);
int ioth_getpeername(int fd, struct sockaddr *addr, socklen_t *addrlen);
int ioth_setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen);
int ioth_getsockopt(int fd, int level, int optname, void *optval, socklen_t *optlen);
int ioth_shutdown(int fd, int how);
int ioth_ioctl(int fd, unsigned long cmd, ...);

/* F_DUPFD and F_DUPFD_CLOEXEC return a descriptor of the same socket. (A descriptor that was made
 * by plain dup(2) is recognised too.) */
int ioth_fcntl(int fd, int cmd, ...);

ssize_t ioth_read(int fd, void *buf, size_t len);
ssize_t ioth_readv(int fd, const struct iovec *iov, int iovcnt);
ssize_t ioth_recv(int fd, void *buf, size_t len, int flags);
ssize_t ioth_recvfrom(
    int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen);
ssize_t ioth_recvmsg(int fd, struct msghdr *msg, int flags);
int ioth_recvmmsg(
    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout);
ssize_t ioth_write(int fd, const void *buf, size_t len);
ssize_t ioth_writev(int fd, const struct iovec *iov, int iovcnt);
ssize_t ioth_send(int fd, const void *buf, size_t len, int flags);
ssize_t ioth_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen);
ssize_t ioth_sendmsg(int fd, const struct msghdr *msg, int flags);
int ioth_sendmmsg(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags);

/* ---- event loops ---------------------------------------------------------------------------- */

/* For a program that sleeps in epoll(7), on a stack that lives in the program's memory: its own
 * thread receives what comes, instead of one of the plugin's that had to wake it for that. Without
 * these calls everything works, too; with them a message costs less.
 *
 * ioth_lead adds to the program's epoll set what tells of frames; when epoll_wait(2) gives an event
 * with event->data, the program calls ioth_drive. `event` NULL: no more (`epoll_fd` is not looked
 * at), to be done before ioth_delstack. Other threads may use the stack as ever, and a program that
 * does not come is not waited for. Returns 0, or -1 and errno: ENOSYS (the stack has no use for it;
 * a plugin has ioth_NAME_lead and ioth_NAME_drive), EBUSY (there is such a set already), EINVAL
 * (NULL, and there is none), ENOMEM, and what epoll_ctl(2) says. */
int ioth_lead(struct ioth *stack, int epoll_fd, const struct epoll_event *event);

/* Takes in what has come. Returns for how many sockets (at most `max`) something came that can be
 * read, and writes their descriptors to `fds`, the numbers by which they were used last; or -1 and
 * errno: ENOSYS, EINVAL (`max` is negative), EFAULT. These sockets are to be read now, without
 * waiting: until the next ioth_drive, but for no longer than a hundredth of a second, they do not
 * poll as readable. All others poll as ever. Having read them the program calls with `max` 0, which
 * takes nothing in, and returns 0: those that it left readable poll so from then on. */
int ioth_drive(struct ioth *stack, int *fds, int max);

/* ---- configuration -------------------------------------------------------------------------- */

/* These speak netlink (rtnetlink(7)) to the stack; NULL is the default stack. They return 0 unless
 * their text says otherwise, or -1 and errno: what the stack answered (EPERM, EEXIST, ENODEV,
 * ESRCH, EADDRNOTAVAIL, ...), EINVAL for an address family that is neither AF_INET nor AF_INET6, or
 * a prefix length that it has not, or a NULL that means nothing; or the error of ioth_msocket.
 * Addresses are binary, in network order, 4 or 16 bytes by family. */

/* Returns the index of the interface (> 0), or -1 and ENODEV. */
int ioth_if_nametoindex(struct ioth *stack, const char *ifname);

int ioth_linksetupdown(struct ioth *stack, unsigned int ifindex, int updown);
int ioth_linksetaddr(struct ioth *stack, unsigned int ifindex, void *macaddr);   /* 6 bytes */
int ioth_linkgetaddr(struct ioth *stack, unsigned int ifindex, void *macaddr);   /* 6 bytes */
int ioth_linksetmtu(struct ioth *stack, unsigned int ifindex, unsigned int mtu); /* bytes */

/* Sets whether the stack itself follows router advertisements (RFC 4861) on an interface, for who
 * wants to do that in its place: 0 never, 1 unless it forwards, 2 always (accept_ra of Linux's
 * ip-sysctl.rst). What has been learnt before stays. Not by netlink: a plugin's
 * ioth_NAME_linksetacceptra(ifindex, accept). Returns what was set before, or -1 and errno: ENOSYS
 * (the stack has no such call), EINVAL, ENODEV, EACCES or EROFS (the caller may not), ENOENT (the
 * stack has no IPv6). */
int ioth_linksetacceptra(struct ioth *stack, unsigned int ifindex, int accept);

/* Creates an interface of a given type ("vde": `data` is the VNL; "dummy", ...). `ifname` may be
 * NULL and `ifindex` 0: the stack chooses; with (unsigned)-1 it chooses, and the call returns the
 * index if the stack can tell it. `data` may be NULL. ioth_iplink_del finds it by index, or by name
 * if `ifindex` is 0. */
int ioth_iplink_add(struct ioth *stack, const char *ifname, unsigned int ifindex, const char *type,
    const char *data);
int ioth_iplink_del(struct ioth *stack, const char *ifname, unsigned int ifindex);

/* `prefixlen` may carry flags and scope: nl_addrdata2prefix. EEXIST if the address is there; one
 * that was retired (below) and still has flows is an ordinary address again, and keeps them. */
int ioth_ipaddr_add(
    struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex);
int ioth_ipaddr_del(
    struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex);

/* Deletes an IPv6 address for everybody but the flows that use it: TCP connections in any state,
 * and connected UDP sockets, go on until they end, and the last one takes the address with it.
 * Their peers, and the routers between, can reach it; for everybody else it is as an address that
 * was never used: no answer of any kind, from listening sockets neither. Not by netlink: a plugin's
 * ioth_NAME_ipaddr_retire(family, addr, prefixlen, ifindex). Returns 0, or -1 and errno, and then
 * the address is as it was: EOPNOTSUPP (the stack cannot do it, as the native one; or not with this
 * address: IPv4, or of the link's or the node's scope), EADDRNOTAVAIL (there is no such address),
 * ENODEV, EAFNOSUPPORT, ENOMEM. */
int ioth_ipaddr_retire(
    struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex);

/* `dst` NULL with dst_prefixlen 0 is the default route; `gw` NULL: on the link; ifindex 0: the
 * stack chooses by the gateway. `dst_prefixlen` may carry type and scope: nl_routedata2prefix. */
int ioth_iproute_add(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex);
int ioth_iproute_del(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex);

/* As getifaddrs(3), for a stack: the interfaces (AF_PACKET entries) and their addresses. A list
 * made by ioth_getifaddrs is freed by ioth_freeifaddrs, not by freeifaddrs. */
int ioth_getifaddrs(struct ioth *stack, struct ifaddrs **list);
void ioth_freeifaddrs(struct ifaddrs *list);

/* Packs more than a length into a prefixlen argument. The two are told apart by the highest byte. A
 * source that also uses a newer nlinline+.h, which has these names too, includes that one first. */
#ifndef NLINLINE_H
static inline int nl_addrdata2prefix(int prefixlen, int flags, int scope)
{
	return 0x70 << 24 | (flags & 0xff) << 16 | (scope & 0xff) << 8 | (prefixlen & 0xff);
}

static inline int nl_routedata2prefix(int prefixlen, int type, int scope)
{
	return 0x60 << 24 | (type & 0xff) << 16 | (scope & 0xff) << 8 | (prefixlen & 0xff);
}
#endif

/* ---- MAC addresses as text ------------------------------------------------------------------ */

#define MAC_ADDRSTRLEN 18 /* bytes of "xx:xx:xx:xx:xx:xx" and its NUL */

/* Writes the 6 bytes at `mac` as text in lower case, separated by colons. Returns `dst`, or NULL if
 * `size` is less than MAC_ADDRSTRLEN. */
static inline const char *ioth_ntomac(const void *mac, char *dst, size_t size)
{
	const unsigned char *byte = (const unsigned char *)mac;
	const char *digits = "0123456789abcdef";
	int i;

	if (size < MAC_ADDRSTRLEN)
		return NULL;
	for (i = 0; i < 6; i++) {
		dst[3 * i] = digits[byte[i] >> 4];
		dst[3 * i + 1] = digits[byte[i] & 15];
		dst[3 * i + 2] = i < 5 ? ':' : '\0';
	}
	return dst;
}

/* Reads "xx:xx:xx:xx:xx:xx" or "xx-xx-xx-xx-xx-xx", either case, one or two digits a byte, nothing
 * behind it. Returns 1, or 0 if the text is no MAC address (then `mac` is not written to). */
static inline int ioth_macton(const char *text, void *mac)
{
	unsigned char byte[6];
	char separator = '\0';
	int i, digits;

	for (i = 0; i < 6; i++) {
		unsigned int value = 0;

		for (digits = 0; digits < 2; digits++, text++) {
			if (*text >= '0' && *text <= '9')
				value = value * 16 + (unsigned int)(*text - '0');
			else if (*text >= 'a' && *text <= 'f')
				value = value * 16 + (unsigned int)(*text - 'a' + 10);
			else if (*text >= 'A' && *text <= 'F')
				value = value * 16 + (unsigned int)(*text - 'A' + 10);
			else
				break;
		}
		if (digits == 0)
			return 0;
		byte[i] = (unsigned char)value;
		if (i == 0 && (*text == ':' || *text == '-'))
			separator = *text;
		if (*text != (i < 5 ? separator : '\0') || (i < 5 && separator == '\0'))
			return 0;
		text += i < 5;
	}
	for (i = 0; i < 6; i++)
		((unsigned char *)mac)[i] = byte[i];
	return 1;
}

/* ---- plugins -------------------------------------------------------------------------------- */

/* A plugin NAME is a shared object ioth_NAME-r.so or ioth_NAME.so, searched in the directories of
 * IOTH_PLUGIN_PATH (separated by colons), in ~/.ioth, and in ioth/ beside libioth.so; a set-user-ID
 * program looks in the last alone. It defines
 *
 *     void *ioth_NAME_newstack(const char *vnlv[], const char *options, struct ioth_functions *);
 *     int ioth_NAME_delstack(void *stackdata);
 *     const char *ioth_NAME_license;     an SPDX expression; absent: any program may load it
 *     const char *ioth_NAME_error(void); why newstack last failed in this thread: a line for
 *                                        ioth_error(), "" if there is nothing to say; may be absent
 *     void *ioth_NAME_owner(int fd);     what newstack returned for the stack that the descriptor
 * is a socket of, now and in this process; NULL: of none. May be absent: then fstat(2) tells, by
 * the inode. For plugins whose descriptors may come to be other objects of the kernel's. It may
 * wait for nothing, and call no function of libioth.
 *
 * and the calls that the stack has. newstack gets the VNLs (an array that ends with NULL; never
 * NULL itself), the text after the comma in the stack's name (NULL: none), and a table whose
 * getstackdata is set; it may set other entries, and those that it leaves unset become the plugin's
 * own functions ioth_NAME_bind, ioth_NAME_recv, ..., or else are made from what is set: read from
 * recv, recv from recvfrom, recvfrom and readv from recvmsg; write, send, sendto, writev likewise.
 * It returns what getstackdata() is to return inside every call of that stack, or NULL and errno.
 * (A stack that has no data returns any pointer but NULL.) accept4, sendmmsg and recvmmsg have no
 * entry in the table: they are found as ioth_NAME_accept4, ... or else made from accept, sendmsg
 * and recvmsg.
 *
 * ioth_NAME-r.so is re-entrant: it is loaded once and never unloaded. ioth_NAME.so is loaded in a
 * private namespace (dlmopen) once for each stack, with a C library of its own.
 *
 * A source that includes libioth.h instead of this file defines newstack with two arguments,
 * without `options`. With this file, a declaration "newstack_prototype ioth_NAME_newstack;" lets
 * the compiler tell of arguments that are not these. */
struct ioth_functions;

typedef void *getstackdata_prototype(void);
typedef void *newstack_prototype(
    const char *vnlv[], const char *options, struct ioth_functions *functions);
typedef int delstack_prototype(void *stackdata);

struct ioth_functions {
	getstackdata_prototype *getstackdata;
	newstack_prototype *newstack;
	delstack_prototype *delstack;
	int (*socket)(int domain, int type, int protocol);
	int (*close)(int fd);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t addrlen);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t addrlen);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *addrlen);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *addrlen);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *addrlen);
	int (*setsockopt)(int fd, int level, int optname, const void *optval, socklen_t optlen);
	int (*getsockopt)(int fd, int level, int optname, void *optval, socklen_t *optlen);
	int (*shutdown)(int fd, int how);
	int (*ioctl)(int fd, unsigned long cmd, ...);
	int (*fcntl)(int fd, int cmd, ...);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*readv)(int fd, const struct iovec *iov, int iovcnt);
	ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
	ssize_t (*recvfrom)(
	    int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *fromlen);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	ssize_t (*writev)(int fd, const struct iovec *iov, int iovcnt);
	ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
	ssize_t (*sendto)(
	    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
};

#ifdef __cplusplus
}
#endif

#endif
