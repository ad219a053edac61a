/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a link has of each address family (IFLA_AF_SPEC): here, whether IPv6 makes a link-local
 * address by itself when the interface comes up.
 */
#include "netlink_internal.h"

#include "ip.h"

#include <linux/if_link.h>

void netlink_put_af_spec(struct netlink_message *message, const struct px_iface *iface)
{
	/* It is the interface's own, and only read. */
	const struct ip6_config *config = ip6_iface_config((struct px_iface *)(uintptr_t)iface);
	struct nlq_builder *builder = &message->builder;
	size_t families, inet6;

	if (!config)
		return;
	families = nlq_build_nest(builder, IFLA_AF_SPEC);
	inet6 = nlq_build_nest(builder, AF_INET6);
	nlq_build_attr_u8(builder, IFLA_INET6_ADDR_GEN_MODE,
	    config->addr_gen_none ? IN6_ADDR_GEN_MODE_NONE : IN6_ADDR_GEN_MODE_EUI64);
	nlq_build_nest_end(builder, inet6);
	nlq_build_nest_end(builder, families);
}

/* As inet6_validate_link_af and inet6_set_link_af. */
static int inet6_spec(
    struct px_iface *iface, struct nlattr **attr, const struct nlattr *spec, bool apply)
{
	const struct nlattr *table[IFLA_INET6_MAX + 1] = {NULL};
	struct ip6_config *config = ip6_iface_config(iface);
	uint8_t mode;

	if (!config)
		return -EAFNOSUPPORT;
	if (nlq_parse_attrs(nlq_nested_attrs(spec), table, IFLA_INET6_MAX))
		return nlq_error(attr, -EINVAL, NULL, spec);
	if (table[IFLA_INET6_TOKEN])
		return nlq_error(attr, -EOPNOTSUPP, "no tokens in this stack", table[IFLA_INET6_TOKEN]);
	if (!nlq_attr_u8(table[IFLA_INET6_ADDR_GEN_MODE], &mode))
		return nlq_error(attr, -EINVAL, NULL, spec);
	if (mode != IN6_ADDR_GEN_MODE_NONE && mode != IN6_ADDR_GEN_MODE_EUI64)
		return nlq_error(attr, mode > IN6_ADDR_GEN_MODE_RANDOM ? -EINVAL : -EOPNOTSUPP,
		    "no such mode in this stack", table[IFLA_INET6_ADDR_GEN_MODE]);
	if (apply)
		config->addr_gen_none = mode == IN6_ADDR_GEN_MODE_NONE;
	return 0;
}

int netlink_af_spec(struct px_iface *iface, struct nlattr **attr, bool apply)
{
	const struct nlattr *spec;
	struct nlq_reader reader;
	int err = 0;

	if (!attr[IFLA_AF_SPEC])
		return 0;
	reader = nlq_nested_attrs(attr[IFLA_AF_SPEC]);
	while (!err && (spec = nlq_next_attr(&reader))) {
		switch (nlq_attr_type(spec)) {
		case AF_INET6:
			err = inet6_spec(iface, attr, spec, apply);
			break;
		case AF_INET:
			err = nlq_error(attr, -EOPNOTSUPP, "not in this stack", spec);
			break;
		default:
			err = nlq_error(attr, -EAFNOSUPPORT, NULL, spec);
			break;
		}
	}
	if (!err && reader.error)
		err = nlq_error(attr, -EINVAL, NULL, attr[IFLA_AF_SPEC]);
	return err;
}
