/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What travels on a control socket (ctl=PATH), between a stack and iothip(1).
 *
 * The socket is AF_UNIX, SOCK_SEQPACKET. A record is one datagram of netlink(7), as on a
 * NETLINK_ROUTE socket that has NETLINK_EXT_ACK and NETLINK_CAP_ACK: requests one way, answers and
 * notifications the other. NLMSG_OVERRUN says that notifications were lost. Whoever is refused
 * (another user, too many connections) gets one NLMSG_ERROR without a request, and the end.
 *
 * Two requests more, of types that rtnetlink(7) does not use:
 *
 *     CTL_GROUPS    a bit mask (uint32_t) of RTMGRP_...: what to be told of. Acknowledged if
 *                   NLM_F_ACK is set.
 *     CTL_COUNTERS  answered by messages of this type (NLM_F_MULTI), each with an attribute
 *                   CTL_COUNTER_NAME and one CTL_COUNTER_VALUE (uint64_t), and NLMSG_DONE
 */
#ifndef CTL_PROTOCOL_H
#define CTL_PROTOCOL_H

#define CTL_RECORD_MAX 32768 /* bytes of a request, or of an answer */

enum ctl_type {
	CTL_GROUPS = 0x7f00,
	CTL_COUNTERS = 0x7f01,
};

enum ctl_counter_attr {
	CTL_COUNTER_NAME = 1,
	CTL_COUNTER_VALUE = 2,
};

#endif
