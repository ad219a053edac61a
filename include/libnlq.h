/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libnlq: netlink messages, and the dialogs by which network stacks are configured (rtnetlink(7)).
 *
 * Messages and the server side, by which a stack of one's own answers netlink, are in
 * libnlq_server.h, which this file includes. Here is the client side. Each call exists twice: nlqx_
 * takes the stack as first argument (ioth.h; NULL: the default one), nlq_ uses the default stack,
 * which is the program's own, the kernel's, unless ioth_set_defstack has changed it.
 *
 * A call opens a socket of the stack for itself and closes it, so calls of several threads do not
 * disturb each other. Unless its text says otherwise a call returns 0, or -1 and errno: what the
 * stack answered (EPERM, EEXIST, ENODEV, ESRCH, EADDRNOTAVAIL, ...), EINVAL for arguments that mean
 * nothing, or an error of ioth_msocket, ioth_send and ioth_recvfrom.
 */
#ifndef LIBNLQ_H
#define LIBNLQ_H

/* Programs that include libnlq.h alone rely on these. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ioth.h>
#include <libnlq_server.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- dialogs -------------------------------------------------------------------------------- */

/* Opens a netlink socket (`protocol`: NETLINK_ROUTE ...), bound, with close-on-exec. It is closed
 * by ioth_close. Returns the descriptor, or -1 and errno. */
int nlq_open(int protocol);
int nlqx_open(struct ioth *stack, int protocol);

/* Sends a complete message, which stays the caller's. Returns the bytes sent, or -1 and errno;
 * ENOMEM, EMSGSIZE: the message is broken. */
ssize_t nlq_sendmsg(int fd, struct nlq_msg *msg);

/* Completes a message, sends and frees it. Returns as nlq_sendmsg. */
ssize_t nlq_complete_send_freemsg(int fd, struct nlq_msg *msg);

/* Receives the answer to a NETLINK_ROUTE request and calls `cb` for each message in it. The answer
 * ends with NLMSG_DONE or NLMSG_ERROR, or with a message that is no part of several. Returns 0, the
 * positive number that a stack may give in an acknowledgement, or -errno: the stack's error, the
 * callback's, -EINTR (what was dumped has changed meanwhile, some may be missing), -EBADMSG (not
 * well formed), -EMSGSIZE (a datagram of more than 32 KiB), -ENOMEM, or the socket's error. */
int nlq_recv_process_rtreply(int fd, nlq_doit_f cb, const void *argin, void *argout, void *argenv);

/* The whole dialog with NETLINK_ROUTE: opens, completes `msg`, sends it (with a sequence number of
 * its own), frees it, receives and processes the answer, closes. Returns as
 * nlq_recv_process_rtreply; 0 or more, or -errno. */
int nlq_rtdialog(struct nlq_msg *msg, nlq_doit_f cb, const void *argin, void *argout, void *argenv);
int nlqx_rtdialog(struct ioth *stack, struct nlq_msg *msg, nlq_doit_f cb, const void *argin,
    void *argout, void *argenv);

/* For code that serves both sides: nlq_server_rtdialog with a table; with `handlers_table` NULL
 * nlqx_rtdialog, and `stackinfo` is the struct ioth. */
int nlq_general_rtdialog(struct nlq_msg *msg, nlq_request_handlers_table handlers_table,
    void *stackinfo, nlq_doit_f cb, const void *argin, void *argout, void *argenv);

/* ---- interfaces by name and number (as the calls of if_nametoindex(3), by netlink) ------------
 */

/* The index, or 0 and errno: ENODEV. */
unsigned int nlq_if_nametoindex(const char *ifname);
unsigned int nlqx_if_nametoindex(struct ioth *stack, const char *ifname);

/* Writes the name, at most IF_NAMESIZE (16) bytes with its NUL, and returns `ifname`, or NULL and
 * errno: ENXIO. */
char *nlq_if_indextoname(unsigned int ifindex, char *ifname);
char *nlqx_if_indextoname(struct ioth *stack, unsigned int ifindex, char *ifname);

/* An array of all interfaces that ends with { 0, NULL }, or NULL and errno. It is freed by
 * nlq_if_freenameindex. */
struct nlq_if_nameindex {
	unsigned int if_index;
	char *if_name;
};
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                     \
    "-Wshadow" /* a struct and a function share their name, as in net/if.h */
#endif
struct nlq_if_nameindex *nlq_if_nameindex(void);
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
struct nlq_if_nameindex *nlqx_if_nameindex(struct ioth *stack);
void nlq_if_freenameindex(struct nlq_if_nameindex *list);
void nlqx_if_freenameindex(struct ioth *stack, struct nlq_if_nameindex *list);

/* ---- netdevice(7) ---------------------------------------------------------------------------- */

/* The ioctls of network interfaces, by netlink; `fd` is not used. `arg` points to a struct ifreq
 * (struct ifconf for SIOCGIFCONF):
 *
 *     SIOCGIFNAME SIOCSIFNAME SIOCGIFINDEX SIOCGIFFLAGS SIOCSIFFLAGS SIOCGIFMTU SIOCSIFMTU
 *     SIOCGIFHWADDR SIOCSIFHWADDR SIOCSIFHWBROADCAST SIOCGIFTXQLEN SIOCSIFTXQLEN SIOCGIFMAP
 *     SIOCGIFMETRIC SIOCGIFCONF, and for IPv4 addresses SIOC{G,S}IF{ADDR,NETMASK,BRDADDR,DSTADDR}
 *
 * They do what the kernel's do. Returns 0, or -1 and errno: ENODEV (no such interface),
 * EADDRNOTAVAIL (it has no such address), EINVAL, EOPNOTSUPP (known to netdevice(7), not to
 * netlink), ENOTTY (another request), EFAULT (`arg` is NULL), or the stack's. */
int nlq_ioctl(int fd, unsigned long request, void *arg);
int nlq_ioctl_nofd(unsigned long request, void *arg);
int nlqx_ioctl(struct ioth *stack, unsigned long request, void *arg);

/* ---- configuration ----------------------------------------------------------------------------
 */

/* Addresses are binary, in network order, 4 or 16 bytes by `family`. */

/* Takes an interface up (`updown` not 0) or down. */
int nlq_linksetupdown(unsigned int ifindex, int updown);
int nlqx_linksetupdown(struct ioth *stack, unsigned int ifindex, int updown);

/* Adds, deletes an address. `prefixlen` may carry flags and scope: nlq_addrdata2prefix. */
int nlq_ipaddr_add(int family, void *addr, int prefixlen, unsigned int ifindex);
int nlq_ipaddr_del(int family, void *addr, int prefixlen, unsigned int ifindex);
int nlqx_ipaddr_add(
    struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex);
int nlqx_ipaddr_del(
    struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex);

/* Adds, deletes a route. `dst` NULL with `dst_prefixlen` 0: the default route; `gw` NULL: on the
 * link; `ifindex` 0: the stack chooses by the gateway. `dst_prefixlen` may carry type and scope:
 * nlq_routedata2prefix. */
int nlq_iproute_add(int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex);
int nlq_iproute_del(int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex);
int nlqx_iproute_add(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex);
int nlqx_iproute_del(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex);

/* What the type of a new interface asks for: an attribute inside of IFLA_INFO_DATA. */
struct nlq_iplink_data {
	int tag;    /* its type, 1 to 16383 */
	int len;    /* bytes */
	void *data; /* borrowed during the call */
};

/* One attribute that is a string, in place of the last two arguments of nlq_iplink_add. */
#ifdef __cplusplus
struct nlq_iplink_string_ {
	struct nlq_iplink_data data;
	nlq_iplink_string_(int tag, const char *string)
	    : data{tag, (int)strlen(string) + 1, const_cast<char *>(string)}
	{
	}
	const struct nlq_iplink_data *get() const
	{
		return &data;
	}
};
#define nlq_iplink_strdata(tag, string) nlq_iplink_string_((tag), (string)).get(), 1
#else
#define nlq_iplink_strdata(tag, string)                                                            \
	(const struct nlq_iplink_data[]){{(tag), (int)strlen(string) + 1, (void *)(string)}}, 1
#endif

/* Makes an interface of a type ("vde", "dummy", ...) with `nifd` data, deletes one. `ifname` may be
 * NULL and `ifindex` 0: the stack chooses; with (unsigned)-1 it chooses, and the call returns the
 * index if the stack can tell it. nlq_iplink_del finds it by index, or by name if that is 0.
 *     nlq_iplink_add("vde1", 0, "vde", nlq_iplink_strdata(1, "vde:///tmp/sw"));
 *     nlq_iplink_add("d0", -1, "dummy", NULL, 0); */
int nlq_iplink_add(const char *ifname, unsigned int ifindex, const char *type,
    const struct nlq_iplink_data *ifd, int nifd);
int nlq_iplink_del(const char *ifname, unsigned int ifindex);
int nlqx_iplink_add(struct ioth *stack, const char *ifname, unsigned int ifindex, const char *type,
    const struct nlq_iplink_data *ifd, int nifd);
int nlqx_iplink_del(struct ioth *stack, const char *ifname, unsigned int ifindex);

/* Writes the contents of /proc/net/dev (proc(5)) to `file`. */
int nlq_proc_net_dev(FILE *file);
int nlqx_proc_net_dev(struct ioth *stack, FILE *file);

#ifdef __cplusplus
}
#endif

#endif
