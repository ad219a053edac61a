/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attributes of a NETLINK_ROUTE message as a table by type, checked by what is known of each
 * family, so that who uses the table need not look at sizes and at the ends of strings.
 */
#ifndef NLQ_ATTRS_H
#define NLQ_ATTRS_H

#include <stddef.h>
#include <libnlq_server.h>

#include "nlq_message.h"

/* More than any family has, in these headers and in those that a program is compiled with later. */
#define NLQ_ATTRS_MAX 256

/* Strings without a NUL are copied here: one IFLA_IFNAME, IFLA_QDISC and IFLA_IFALIAS at most. */
#define NLQ_STRINGS_SIZE (2 * (NLA_HDRLEN + 16) + NLA_HDRLEN + 256)

struct nlq_attrs {
	/* What a handler says by nlq_error. */
	int error;
	const char *message;
	const struct nlattr *offender;

	struct nlattr *table[NLQ_ATTRS_MAX];
	size_t strings_used;
	_Alignas(struct nlattr) unsigned char strings[NLQ_STRINGS_SIZE];
};

/* The length of the family header of a message type, or 0 if the family is not known. */
size_t nlq_header_len(uint16_t type);

/* Reads into `attrs`, which is all zeros, a message whose family is known and whose header is
 * whole. Returns 0, -EINVAL: not well formed, or -ERANGE: the attribute `attrs->offender` has not
 * the size of its type; then what is wrong is said in `attrs->message`. */
int nlq_attrs_read(struct nlq_attrs *attrs, const struct nlmsghdr *message);

/* For answers: calls `cb` with what could be read; attributes of a wrong size are not there. Of a
 * family that is not known the table is empty. Returns what `cb` returns, or -EBADMSG. */
int nlq_attrs_call(
    const struct nlmsghdr *message, nlq_doit_f cb, const void *argin, void *argout, void *argenv);

#endif
