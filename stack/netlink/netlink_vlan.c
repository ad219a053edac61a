/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links of kind "vlan": what a request says of them, and what is told. */
#include "netlink_internal.h"

#include "vlan.h"

#include <linux/if_ether.h>
#include <linux/if_link.h>

/* As the kernel's vlan_validate and vlan_newlink. */
int netlink_vlan_new(struct px_stack *stack, struct nlattr **attr, const struct nlattr *data,
    const char *name, uint32_t index)
{
	const struct nlattr *table[IFLA_VLAN_MAX + 1] = {NULL};
	struct px_iface *lower, *iface;
	uint16_t id, protocol;
	int err;

	if (!data || nlq_parse_attrs(nlq_nested_attrs(data), table, IFLA_VLAN_MAX) < 0)
		return nlq_error(attr, -EINVAL, "VLAN properties not specified", NULL);
	if (table[IFLA_VLAN_PROTOCOL]) {
		if (netlink_len(table[IFLA_VLAN_PROTOCOL]) < sizeof(protocol))
			return -ERANGE;
		memcpy(&protocol, netlink_data(table[IFLA_VLAN_PROTOCOL]), sizeof(protocol));
		if (protocol != htons(ETH_P_8021Q))
			return nlq_error(attr, -EPROTONOSUPPORT, "Invalid VLAN protocol", NULL);
	}
	if (!table[IFLA_VLAN_ID])
		return nlq_error(attr, -EINVAL, "VLAN id not specified", NULL);
	if (netlink_len(table[IFLA_VLAN_ID]) < sizeof(id))
		return -ERANGE;
	memcpy(&id, netlink_data(table[IFLA_VLAN_ID]), sizeof(id));
	if (!attr[IFLA_LINK])
		return nlq_error(attr, -EINVAL, "link not specified", NULL);
	lower = px_iface_by_index(stack, netlink_u32(attr[IFLA_LINK], 0));
	if (!lower)
		return nlq_error(attr, -ENODEV, "link does not exist", NULL);
	err = vlan_add(lower, id, name ? name : "vlan%d", index, &iface);
	if (err == -ERANGE)
		return nlq_error(attr, err, "Invalid VLAN id", NULL);
	if (err == -EOPNOTSUPP)
		return nlq_error(attr, err, "VLANs not supported on device", NULL);
	return err ? err : (int)iface->index;
}

void netlink_vlan_describe(struct nlq_builder *builder, const struct px_iface *iface)
{
	const struct ifla_vlan_flags flags = {.mask = UINT32_MAX};
	const uint16_t protocol = htons(ETH_P_8021Q);
	size_t info, data;

	nlq_build_attr_u32(builder, IFLA_LINK, iface->lower->index);
	info = nlq_build_nest(builder, IFLA_LINKINFO);
	nlq_build_attr_string(builder, IFLA_INFO_KIND, "vlan");
	data = nlq_build_nest(builder, IFLA_INFO_DATA);
	nlq_build_attr(builder, IFLA_VLAN_PROTOCOL, &protocol, sizeof(protocol));
	nlq_build_attr_u16(builder, IFLA_VLAN_ID, iface->vlan_id);
	nlq_build_attr(builder, IFLA_VLAN_FLAGS, &flags, sizeof(flags));
	nlq_build_nest_end(builder, data);
	nlq_build_nest_end(builder, info);
}
