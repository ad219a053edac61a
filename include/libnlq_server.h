/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libnlq, the part that needs no stack: netlink messages, queues of them, and the server side, by
 * which a network stack of one's own is configured over netlink (rtnetlink(7)).
 *
 * libnlq.h includes this file; a stack that is to answer netlink, and to know nothing of libioth,
 * may include it alone.
 *
 * Nothing here does I/O, starts a thread or keeps state outside of its arguments. A message, a
 * queue or a table may be used by one thread at a time.
 *
 * Memory: a call that builds messages cannot fail by itself. A message that ran out of memory, or
 * grew too long, is remembered as broken: what is added to it is ignored, nlq_complete leaves
 * nlq_packet NULL, to send it gives ENOMEM or EMSGSIZE, and a queue does not take it; a server's
 * answer in which one is missing becomes an error as a whole. NULL in place of a message is such a
 * one too, so the result of nlq_createmsg needs no check.
 */
#ifndef LIBNLQ_SERVER_H
#define LIBNLQ_SERVER_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- messages ------------------------------------------------------------------------------- */

/* A message, while it is built and after. */
struct nlq_msg {
	struct nlmsghdr *nlq_packet; /* after nlq_complete: the message; NULL: it is broken */
	size_t nlq_size;             /* after nlq_complete: its bytes */
};

/* Begins a message (netlink(7), struct nlmsghdr). `seq` 0 in a request (NLM_F_REQUEST in `flags`)
 * stands for a number drawn by the library. Returns the message, or NULL: no memory. */
struct nlq_msg *nlq_createmsg(uint16_t type, uint16_t flags, uint32_t seq, uint32_t pid);

/* Appends `len` bytes and zeros up to a multiple of 4: the header of the family (struct ifinfomsg
 * ...) behind that of the message. */
void nlq_add(struct nlq_msg *msg, const void *data, unsigned int len);

/* Appends a struct by its name and the fields that are not 0:
 *     nlq_addstruct(msg, ifinfomsg, .ifi_family = AF_UNSPEC, .ifi_index = 1); */
#define nlq_addstruct(msg, structname, ...)                                                        \
	do {                                                                                           \
		struct structname nlq_struct_ = {__VA_ARGS__};                                             \
		nlq_add((msg), &nlq_struct_, sizeof(nlq_struct_));                                         \
	} while (0)

/* Appends an attribute of `len` bytes, up to 65531. */
void nlq_addattr(struct nlq_msg *msg, unsigned short type, const void *data, unsigned short len);

/* Ends a message: it can be sent, put into a queue, or dropped. What is added later is ignored. */
void nlq_complete(struct nlq_msg *msg);

/* An attribute made of attributes: nlq_createxattr begins one, nlq_addattr and nlq_addxattr fill
 * it, nlq_addxattr appends it to a message (or to another one) and frees it. `type` carries
 * NLA_F_NESTED if it is to be sent. */
struct nlq_msg *nlq_createxattr(void);
void nlq_addxattr(struct nlq_msg *msg, unsigned short type, struct nlq_msg *xattr);

/* Frees a message, complete or not, that is in no queue. NULL is allowed. */
void nlq_freemsg(struct nlq_msg *msg);
void nlq_dropmsg(struct nlq_msg *msg); /* the same */

/* ---- queues --------------------------------------------------------------------------------- */

/* A queue is a pointer to its last message: NULL when it is empty, as at the start. It owns its
 * messages. */

/* Appends a message (which is completed if it was not). A broken one is freed. */
void nlq_enqueue(struct nlq_msg *msg, struct nlq_msg **tail);
void nlq_complete_enqueue(struct nlq_msg *msg, struct nlq_msg **tail); /* the same */

/* The first message, which stays in the queue, or NULL. */
struct nlq_msg *nlq_head(struct nlq_msg *tail);

/* Takes the first message out of the queue; it is the caller's then. NULL: the queue is empty. */
struct nlq_msg *nlq_dequeue(struct nlq_msg **tail);

/* The number of messages. */
int nlq_length(struct nlq_msg *tail);

/* Frees all messages. The queue is empty then. */
void nlq_free(struct nlq_msg **tail);

/* ---- reading -------------------------------------------------------------------------------- */

/* Called for each message of an answer. `attr` has a pointer for each type of attribute, those of
 * the message's family (attr[IFLA_IFNAME] ...), at least 256 of them; NULL: it is not there. The
 * value of X lies at (attr[X] + 1) and has attr[X]->nla_len - NLA_HDRLEN bytes. An attribute whose
 * type has a fixed size (nlq_process_rtrequest says which) has it at least, and strings end with a
 * NUL; others are not in the table. Message and attributes are borrowed until the call returns. A
 * negative value, -errno, ends the dialog with that error; the callback is not called again. */
typedef int (*nlq_doit_f)(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv);

/* A callback that does nothing and returns 0. */
int nlq_process_null_cb(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv);

/* Reads the attributes inside of `attr` into an array of `n` pointers, indexed by type; the last of
 * several counts. NULL: not there. All are NULL if `attr` is NULL or is not well formed. Nothing is
 * known about the sizes of the inner attributes: look at nla_len. */
void nlq_parsexattr(struct nlattr *attr, struct nlattr **xattr, int n);

/* -errno to -1 and errno; other values are returned as they are. */
static inline int nlq_return_errno(int value)
{
	if (value >= 0)
		return value;
	errno = -value;
	return -1;
}

/* ---- addresses ------------------------------------------------------------------------------ */

/* The length of an address: AF_INET 4, AF_INET6 16, others 0 bytes. */
static inline int nlq_family2addrlen(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

/* Writes the mask of a prefix of `prefixlen` bits (a negative one counts as 0, one that is too long
 * as the whole address), 4 or 16 bytes by family. Other families: nothing is written. */
void nlq_prefix2mask(int family, void *mask, int prefixlen);

/* The number of leading one bits of a mask, in bits; 0 for other families. */
int nlq_mask2prefix(int family, const void *mask);

/* Packs more than a length into a prefixlen argument: flags (IFA_F_...) and scope (RT_SCOPE_...) of
 * an address, type (RTN_...) and scope of a route. */
static inline int nlq_addrdata2prefix(int prefixlen, int flags, int scope)
{
	return 0x70 << 24 | (flags & 0xff) << 16 | (scope & 0xff) << 8 | (prefixlen & 0xff);
}

static inline int nlq_routedata2prefix(int prefixlen, int type, int scope)
{
	return 0x60 << 24 | (type & 0xff) << 16 | (scope & 0xff) << 8 | (prefixlen & 0xff);
}

/* ---- the server ----------------------------------------------------------------------------- */

/* A request is named by a family, what it is about, and an operation:
 * RTM_NEWLINK is RTM_NEW of RTMF_LINK, RTM_DELROUTE is RTM_DEL of RTMF_ROUTE. */
#define RTMF_LINK  0
#define RTMF_ADDR  1
#define RTMF_ROUTE 2
#define RTMF_NEIGH 3
#define RTMF_RULE  4
#define RTMF_QDISC 5

#define RTM_NEW 0
#define RTM_DEL 1
#define RTM_GET 2
#define RTM_SET 3

/* What a stack can do with the entries of a family; each may be NULL: the answer is EOPNOTSUPP.
 *
 *     search_entry  returns the entry that the request means, any pointer of the stack's, or NULL
 *     get           appends a message (RTM_NEW...) about the entry, or, with entry NULL, one about
 *                   every entry, to the answer
 *     new           makes an entry
 *     del, set      deletes, changes the entry
 *
 * `msg` is the request, and has the header of its family (struct ifinfomsg ...) behind its own.
 * `attr` is as for nlq_doit_f. `stackinfo` is the caller's. search_entry apart, they return 0, or
 * -errno, which the answer carries. A positive number of new, del or set is carried in the
 * acknowledgement in place of its 0, and tells a client that asked so, by IFLA_NEW_IFINDEX 0, the
 * index of the interface that it made.
 *
 * In C++, where `new` is a keyword, the member is called new_. */
struct nlq_request_handlers {
	void *(*search_entry)(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);
	int (*get)(void *entry, struct nlmsghdr *msg, struct nlattr **attr, struct nlq_msg **reply_msgq,
	    void *stackinfo);
#ifdef __cplusplus
	int (*new_)(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);
#else
	int (*new)(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);
#endif
	int (*del)(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);
	int (*set)(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo);
};

typedef struct nlq_request_handlers nlq_request_handlers_table[RTM_NR_FAMILIES];

/* Answers one request. No byte of it is trusted but nlmsg_len, which must not lead out of the
 * caller's buffer; nlq_process_datagram takes whole datagrams, and checks that too.
 *
 *     GET with NLM_F_DUMP   get(NULL), then NLMSG_DONE
 *     GET                   get(entry); no entry: ENODEV
 *     NEW                   an entry there: NLM_F_EXCL gives EEXIST, else set(entry);
 *                           none: NLM_F_CREATE calls new, else ENODEV
 *     DEL, SET              del(entry), set(entry); no entry: ENODEV
 *
 * A search_entry that finds nothing may say another error than ENODEV: nlq_error. NLMSG_ERROR is
 * part of the answer if there is an error or the request has NLM_F_ACK. Sequence numbers, and
 * NLM_F_MULTI, are set in all messages of the answer; nlmsg_pid is the request's, where get left 0.
 *
 * Before a handler is called, the request has passed these checks, or is answered with EINVAL (not
 * well formed) or ERANGE (an attribute's size). A dump that does not pass them has no attributes,
 * as in the kernel, unless NLQ_SERVER_STRICT is set:
 *
 *     family   known (LINK to TFILTER; others are EOPNOTSUPP), and its header whole (a dump may
 *              bring the first byte alone, as getifaddrs(3) does; the rest is 0 then)
 *     strings  IFLA_IFNAME, IFLA_QDISC, IFA_LABEL, FRA_IIFNAME, FRA_OIFNAME, TCA_KIND up to 15,
 *              IFLA_IFALIAS up to 255 bytes; a NUL is supplied where it is missing
 *     numbers  IFLA_MTU, IFLA_TXQLEN, IFLA_LINK, IFLA_MASTER, IFLA_GROUP, IFLA_NEW_IFINDEX,
 *              IFLA_NET_NS_PID, IFLA_NET_NS_FD, IFLA_OPERSTATE, IFLA_LINKMODE, IFLA_CARRIER,
 *              IFA_FLAGS, IFA_RT_PRIORITY, IFA_CACHEINFO, RTA_OIF, RTA_IIF, RTA_PRIORITY,
 *              RTA_TABLE, RTA_MARK, RTA_FLOW, RTA_EXPIRES, RTA_PREF, NDA_PROBES, NDA_VLAN,
 *              NDA_PORT, NDA_VNI, NDA_IFINDEX, NDA_MASTER, FRA_PRIORITY, FRA_FWMARK, FRA_FWMASK,
 *              FRA_TABLE, FRA_GOTO: their type's size at least
 *     IP       IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_ANYCAST, IFA_MULTICAST, RTA_DST, RTA_SRC,
 *              RTA_GATEWAY, RTA_PREFSRC, NDA_DST, FRA_DST, FRA_SRC: an address of the request's
 *              family at least (4 or 16 bytes; 0 if the family is another one)
 *     MAC      IFLA_ADDRESS, IFLA_BROADCAST, NDA_LLADDR: up to 32 bytes; how many there are is for
 *              the handler to check
 *
 * A message without NLM_F_REQUEST, or with a control type, is no request and does nothing (but is
 * acknowledged if it has NLM_F_ACK).
 *
 * Returns the queue of the answer, which is the caller's; NULL: there is none, or there was no
 * memory (errno is ENOMEM) and nothing was done. */
struct nlq_msg *nlq_process_rtrequest(
    struct nlmsghdr *msg, nlq_request_handlers_table handlers_table, void *stackinfo);

/* For a handler: says what is wrong with the request, in words and by the attribute that is to
 * blame, for the extended acknowledgement (NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS). `attr` is the
 * handler's argument. `message` is a text in English that stays where it is until the answer is
 * made (a constant), or NULL; `offender` lies in the request, or is NULL. Returns `error`:
 *
 *     return nlq_error(attr, -EINVAL, "MTU too small", attr[IFLA_MTU]);
 *
 * In a search_entry that returns NULL, `error` takes the place of -ENODEV. */
int nlq_error(struct nlattr **attr, int error, const char *message, const struct nlattr *offender);

/* A server with all that nlq_process_rtrequest has no argument for. Zeros are what that one does.
 */
struct nlq_server {
	struct nlq_request_handlers *handlers; /* a table */
	void *stackinfo;
	/* Asked before each request that is not RTM_GET: 0, or -errno (-EPERM). NULL: all may. */
	int (*permit)(const struct nlmsghdr *msg, void *stackinfo);
	uint32_t port;      /* of the socket that asks: nlmsg_pid of the answer; 0: as above */
	unsigned int flags; /* NLQ_SERVER_... */
};

#define NLQ_SERVER_EXT_ACK 1U /* the socket has NETLINK_EXT_ACK set: NLMSG_ERROR says why */
#define NLQ_SERVER_CAP_ACK                                                                         \
	2U /* the socket has NETLINK_CAP_ACK set: NLMSG_ERROR without the request */
#define NLQ_SERVER_STRICT                                                                          \
	4U /* the socket has NETLINK_GET_STRICT_CHK set: a dump with wrong attributes is refused */

/* Answers a datagram, which may hold several requests; it is neither aligned nor trusted. Answers
 * are appended to `replies`. What is behind a message whose length is wrong is ignored, as the
 * kernel does. One dump a datagram; the next ones are EBUSY, so that the answer to a small datagram
 * has a bound. Returns 0, or -1 and ENOMEM: the rest of the datagram was not looked at. */
int nlq_process_datagram(
    const struct nlq_server *server, const void *data, size_t len, struct nlq_msg **replies);

/* ---- the stack as its own client ------------------------------------------------------------ */

/* Calls `cb` for each message of an answer of nlq_process_rtrequest, and frees the answer. Returns
 * 0, the positive number of an acknowledgement, or -errno: the callback's, or what the answer
 * says. */
int nlq_server_process_rtreply(
    struct nlq_msg *reply, nlq_doit_f cb, const void *argin, void *argout, void *argenv);

/* nlq_rtdialog with one's own table in place of a socket: completes the request, frees it, and
 * processes the answer. Returns as nlq_server_process_rtreply; -ENOMEM, -EMSGSIZE: the request is
 * broken. */
int nlq_server_rtdialog(struct nlq_msg *msg, nlq_request_handlers_table handlers_table,
    void *stackinfo, nlq_doit_f cb, const void *argin, void *argout, void *argenv);

/* The ioctls of netdevice(7), made of netlink requests to the table; the list is at nlq_ioctl. For
 * a stack's own ioctl(2). Returns 0, or -1 and errno as nlq_ioctl. */
int nlq_server_ioctl(
    nlq_request_handlers_table handlers_table, void *stackinfo, unsigned long request, void *arg);

/* Writes the contents of /proc/net/dev (proc(5)) for the table's interfaces to `file`. Returns 0,
 * or -1 and errno: that of the handlers, or of writing to the file. */
int nlq_server_proc_net_dev(nlq_request_handlers_table handlers_table, void *stackinfo, FILE *file);

#ifdef __cplusplus
}
#endif

#endif
