/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of the attributes of NETLINK_ROUTE's families (rtnetlink(7); the kernel's
 * policies).
 *
 * As in the kernel, an attribute may be longer than its type, whose first bytes count then, and may
 * not be shorter; strings and MAC addresses have a greatest length; a string's NUL need not be
 * sent. Stricter than the kernel, which lets requests of old programs pass that end in the middle
 * of an attribute: half of a request is not carried out.
 */
#include "nlq_attrs.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>

#define MAC_MAX   32                /* the kernel's MAX_ADDR_LEN */
#define NAME_MAX_ (IF_NAMESIZE - 1) /* bytes without the NUL */
#define ALIAS_MAX 255

enum kind {
	AT_LEAST, /* `len` bytes */
	AT_MOST,
	ADDRESS, /* at least an IP address of the message's family */
	STRING,  /* at most `len` bytes and a NUL */
};

struct rule {
	uint16_t type;
	uint16_t kind;
	uint16_t len;
};

#define U8(type)                                                                                   \
	{                                                                                              \
		type, AT_LEAST, 1                                                                          \
	}
#define U16(type)                                                                                  \
	{                                                                                              \
		type, AT_LEAST, 2                                                                          \
	}
#define U32(type)                                                                                  \
	{                                                                                              \
		type, AT_LEAST, 4                                                                          \
	}
#define IP(type)                                                                                   \
	{                                                                                              \
		type, ADDRESS, 0                                                                           \
	}
#define MAC(type)                                                                                  \
	{                                                                                              \
		type, AT_MOST, MAC_MAX                                                                     \
	}
#define NAME(type)                                                                                 \
	{                                                                                              \
		type, STRING, NAME_MAX_                                                                    \
	}
#define STRUCT(type, structname)                                                                   \
	{                                                                                              \
		type, AT_LEAST, sizeof(struct structname)                                                  \
	}

static const struct rule link_rules[] = {
    MAC(IFLA_ADDRESS),
    MAC(IFLA_BROADCAST),
    NAME(IFLA_IFNAME),
    U32(IFLA_MTU),
    U32(IFLA_LINK),
    NAME(IFLA_QDISC),
    U32(IFLA_MASTER),
    U32(IFLA_TXQLEN),
    U8(IFLA_OPERSTATE),
    U8(IFLA_LINKMODE),
    U32(IFLA_NET_NS_PID),
    {IFLA_IFALIAS, STRING, ALIAS_MAX},
    U32(IFLA_GROUP),
    U32(IFLA_NET_NS_FD),
    U8(IFLA_CARRIER),
    U32(IFLA_NEW_IFINDEX),
};

static const struct rule addr_rules[] = {
    IP(IFA_ADDRESS),
    IP(IFA_LOCAL),
    NAME(IFA_LABEL),
    IP(IFA_BROADCAST),
    IP(IFA_ANYCAST),
    STRUCT(IFA_CACHEINFO, ifa_cacheinfo),
    IP(IFA_MULTICAST),
    U32(IFA_FLAGS),
    U32(IFA_RT_PRIORITY),
};

static const struct rule route_rules[] = {
    IP(RTA_DST),
    IP(RTA_SRC),
    U32(RTA_IIF),
    U32(RTA_OIF),
    IP(RTA_GATEWAY),
    U32(RTA_PRIORITY),
    IP(RTA_PREFSRC),
    U32(RTA_FLOW),
    U32(RTA_TABLE),
    U32(RTA_MARK),
    U8(RTA_PREF),
    U32(RTA_EXPIRES),
};

static const struct rule neigh_rules[] = {
    IP(NDA_DST),
    MAC(NDA_LLADDR),
    U32(NDA_PROBES),
    U16(NDA_VLAN),
    U16(NDA_PORT),
    U32(NDA_VNI),
    U32(NDA_IFINDEX),
    U32(NDA_MASTER),
};

static const struct rule rule_rules[] = {
    IP(FRA_DST),
    IP(FRA_SRC),
    NAME(FRA_IIFNAME),
    U32(FRA_GOTO),
    U32(FRA_PRIORITY),
    U32(FRA_FWMARK),
    U32(FRA_TABLE),
    U32(FRA_FWMASK),
    NAME(FRA_OIFNAME),
};

static const struct rule tc_rules[] = {NAME(TCA_KIND)};

#define COUNT(rules) (sizeof(rules) / sizeof((rules)[0]))
#define FAMILY(structname, rules)                                                                  \
	{                                                                                              \
		sizeof(struct structname), rules, COUNT(rules)                                             \
	}

/* By (type - RTM_BASE) / 4. All headers begin with the address family in one byte. */
static const struct family {
	size_t header_len;
	const struct rule *rules;
	size_t count;
} families[] = {
    FAMILY(ifinfomsg, link_rules), FAMILY(ifaddrmsg, addr_rules), FAMILY(rtmsg, route_rules),
    FAMILY(ndmsg, neigh_rules),
    FAMILY(rtmsg, rule_rules), /* struct fib_rule_hdr has the same fields */
    FAMILY(tcmsg, tc_rules),   /* queueing disciplines, */
    FAMILY(tcmsg, tc_rules),   /* their classes, */
    FAMILY(tcmsg, tc_rules),   /* and filters */
};

_Static_assert(sizeof(struct rtmsg) == sizeof(struct fib_rule_hdr), "the header of a rule");
_Static_assert(COUNT(families) <= RTM_NR_FAMILIES, "more families than a table has");

static const struct family *family_of(uint16_t type)
{
	size_t index = (size_t)(type - RTM_BASE) / 4;

	return type >= RTM_BASE && index < COUNT(families) ? &families[index] : NULL;
}

size_t nlq_header_len(uint16_t type)
{
	const struct family *family = family_of(type);

	return family ? family->header_len : 0;
}

static struct nlattr *with_nul(struct nlq_attrs *attrs, const struct nlattr *attr)
{
	unsigned char *copy = attrs->strings + attrs->strings_used;
	struct nlattr header = *attr;

	header.nla_len++;
	memcpy(copy, attr, attr->nla_len);
	memcpy(copy, &header, sizeof(header));
	copy[attr->nla_len] = '\0';
	attrs->strings_used += NLA_ALIGN(header.nla_len);
	return (void *)copy;
}

/* Returns what is wrong with an attribute, or NULL; may put a copy into its place. */
static const char *check(struct nlq_attrs *attrs, const struct rule *rule, int family)
{
	struct nlattr *attr = attrs->table[rule->type];
	size_t len = nlq_attr_len(attr);
	const char *string = nlq_attr_data(attr);

	switch ((enum kind)rule->kind) {
	case AT_LEAST:
		return len < rule->len ? "attribute is too short" : NULL;
	case AT_MOST:
		return len > rule->len ? "attribute is too long" : NULL;
	case ADDRESS:
		return len < (size_t)nlq_family2addrlen(family) ? "address is too short" : NULL;
	case STRING:
		if (len && string[len - 1] == '\0')
			return len - 1 > rule->len ? "name is too long" : NULL;
		if (len > rule->len)
			return "name is too long";
		attrs->table[rule->type] = with_nul(attrs, attr);
	}
	return NULL;
}

/* Reads the table, which is empty, and checks it: with `strict` up to the first finding, else
 * leaving out. */
static int read_table(struct nlq_attrs *attrs, const struct nlmsghdr *message, bool strict)
{
	const struct family *family = family_of(message->nlmsg_type);
	const unsigned char *header;
	const struct nlattr **table = (const struct nlattr **)attrs->table;
	int error;

	if (!family)
		return 0;
	header = nlq_message_body(message, family->header_len);
	error =
	    nlq_parse_attrs(nlq_message_attrs(message, family->header_len), table, NLQ_ATTRS_MAX - 1);
	if (error) {
		attrs->message = "message is not well formed";
		return -EINVAL;
	}
	for (size_t i = 0; i < family->count; i++) {
		const struct rule *rule = &family->rules[i];
		const char *wrong = table[rule->type] ? check(attrs, rule, header[0]) : NULL;

		if (wrong && strict) {
			attrs->message = wrong;
			attrs->offender = table[rule->type];
			return -ERANGE;
		}
		if (wrong)
			table[rule->type] = NULL;
	}
	return 0;
}

int nlq_attrs_read(struct nlq_attrs *attrs, const struct nlmsghdr *message)
{
	return read_table(attrs, message, true);
}

int nlq_attrs_call(
    const struct nlmsghdr *message, nlq_doit_f cb, const void *argin, void *argout, void *argenv)
{
	struct nlq_attrs attrs = {.error = 0};

	if (read_table(&attrs, message, false))
		return -EBADMSG;
	return cb((struct nlmsghdr *)(uintptr_t)message, attrs.table, argin, argout, argenv);
}

void nlq_parsexattr(struct nlattr *attr, struct nlattr **xattr, int n)
{
	if (n <= 0)
		return;
	if (!attr || nlq_parse_attrs(
	                 nlq_nested_attrs(attr), (const struct nlattr **)xattr, (unsigned int)n - 1)) {
		for (int i = 0; i < n; i++)
			xattr[i] = NULL;
	}
}

int nlq_process_null_cb(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv)
{
	return 0;
}

int nlq_error(struct nlattr **attr, int error, const char *message, const struct nlattr *offender)
{
	struct nlq_attrs *attrs =
	    (struct nlq_attrs *)(void *)((char *)attr - offsetof(struct nlq_attrs, table));

	attrs->error = error;
	attrs->message = message;
	attrs->offender = offender;
	return error;
}
