/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client dialogs of NETLINK_ROUTE over a caller's send and receive functions.
 *
 * No malloc, no global state: a dialog lives on the stack of its caller, so that it also serves a
 * process that was cloned from a threaded one (lib/netns): up to 18 KiB of it. All return 0 or
 * more, or -errno, the kernel's own error included.
 */
#ifndef NLQ_DIALOG_H
#define NLQ_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/netlink.h>

/* How messages travel: a connected netlink socket of some stack. `send` takes one datagram whole;
 * `recv` returns one datagram, or -errno; it may truncate (then it returns the real length, as
 * MSG_TRUNC does). Both may return -EINTR, and are then called again. */
struct nlq_io {
	ssize_t (*send)(void *context, const void *message, size_t len);
	ssize_t (*recv)(void *context, void *buffer, size_t size);
	void *context;
};

/* An io over a plain descriptor of the kernel's: what does not come from the kernel itself is
 * dropped. `fd` is borrowed as long as the io is used. */
struct nlq_io nlq_io_fd(int *fd);

/* Called for each message of the answer but NLMSG_DONE, NLMSG_ERROR and NLMSG_NOOP; the message
 * lies whole in its buffer and is borrowed until the call returns. A negative value ends the dialog
 * with that error once the answer has been read to its end; it is not called again. */
typedef int nlq_answer(const struct nlmsghdr *message, void *argument);

/* Sends `request` (a complete message; NLM_F_ACK or NLM_F_DUMP set as wanted; the sequence number
 * is overwritten) and reads the whole answer: up to NLMSG_DONE or NLMSG_ERROR, or the one message
 * that answers a request with neither flag. Messages of other sequence numbers are passed over.
 * `answer` may be NULL.
 *
 * Returns 0, or the positive number that a stack may give in place of NLMSG_ERROR's 0, or
 *   the peer's error
 *   -EINTR     what was dumped changed meanwhile (NLM_F_DUMP_INTR): some of it may be missing or
 *              double; forget what `answer` has seen and ask again, a bounded number of times
 *   -EMSGSIZE  a datagram did not fit into the buffer, its end and all behind it are unread
 *   -EBADMSG   a datagram is malformed, all behind it is unread
 *   -EPIPE     the peer has closed
 *   what the io's functions return, but -EINTR. */
int nlq_dialog(
    const struct nlq_io *io, struct nlmsghdr *request, nlq_answer *answer, void *argument);

/* The same over a caller's buffer, aligned to 4 bytes, where nlq_dialog has its 8 KiB on the stack.
 * The kernel fits the datagrams of a dump to it, from 4 KiB up to 32 KiB. */
int nlq_dialog_buffer(const struct nlq_io *io, struct nlmsghdr *request, nlq_answer *answer,
    void *argument, void *buffer, size_t size);

/* The second half of a dialog: reads the answer to a request that was sent by other means, of any
 * sequence number, and ends as for a request with neither flag. */
int nlq_receive(
    const struct nlq_io *io, nlq_answer *answer, void *argument, void *buffer, size_t size);

/* Configuration. The calls return 0 unless said otherwise, or -errno: -EINVAL for a NULL that means
 * nothing, a wrong family or a prefix length that it has not, and what nlq_dialog returns.
 *
 * Addresses are binary, network order; a NULL destination is the default route (prefixlen 0), a
 * NULL gateway none. `prefixlen` may carry flags and scope or type (nl_addrdata2prefix,
 * nl_routedata2prefix of ioth.h). `mac` has 6 bytes. */

/* Returns the index, > 0. -ENODEV: no interface has this name, or can have it. */
int nlq_dialog_ifindex(const struct nlq_io *io, const char *name);
int nlq_dialog_link_updown(const struct nlq_io *io, unsigned int ifindex, int updown);
int nlq_dialog_link_mtu(const struct nlq_io *io, unsigned int ifindex, unsigned int mtu);
int nlq_dialog_link_setaddr(const struct nlq_io *io, unsigned int ifindex, const void *mac);
/* -ENOENT: the interface has no such address (a tunnel). */
int nlq_dialog_link_getaddr(const struct nlq_io *io, unsigned int ifindex, void *mac);
/* `name` NULL: the stack chooses. `ifindex` 0: the stack chooses; (unsigned)-1: it chooses, and the
 * call returns the index if the stack can tell it. `type` is IFLA_INFO_KIND, `data` a string for
 * IFLA_INFO_DATA (a VNL), or NULL. */
int nlq_dialog_link_add(const struct nlq_io *io, const char *name, unsigned int ifindex,
    const char *type, const char *data);
/* The same, with attributes inside of IFLA_INFO_DATA, which is where the kernel's types have them.
 */
struct nlq_link_data {
	uint16_t type;
	const void *data;
	size_t len;
};
int nlq_dialog_link_add_data(const struct nlq_io *io, const char *name, unsigned int ifindex,
    const char *type, const struct nlq_link_data *data, size_t count);
/* By index, or with ifindex 0 by name. */
int nlq_dialog_link_del(const struct nlq_io *io, const char *name, unsigned int ifindex);
/* A veth whose peer is created in the network namespace of `peer_netns_fd`; `mtu` 0: the default.
 */
int nlq_dialog_veth_add(const struct nlq_io *io, const char *name, const char *peer,
    int peer_netns_fd, unsigned int mtu);
/* IFLA_INET6_ADDR_GEN_MODE: none, so that an interface that only relays makes no traffic. 0 too
 * where there is no IPv6. */
int nlq_dialog_link_no_ipv6_addr(const struct nlq_io *io, unsigned int ifindex);
int nlq_dialog_addr(const struct nlq_io *io, bool add, int family, const void *address,
    int prefixlen, unsigned int ifindex);
/* `ifindex` may be 0 where the gateway is not link-local. Deletes the route whoever made it. */
int nlq_dialog_route(const struct nlq_io *io, bool add, int family, const void *destination,
    int prefixlen, const void *gateway, unsigned int ifindex);

#endif
