/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs about interfaces (rtnetlink(7), RTM_*LINK).
 *
 * The requests are those of nlinline(3), whose users these calls serve, so that stacks that were
 * tried with it understand them: SETLINK for the state, NEWLINK without NLM_F_CREATE for the
 * address and the MTU, GETLINK without NLM_F_ACK, answered by one message.
 */
#include "nlq_dialog.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "nlq_message.h"

#define MAC_LEN             6
#define REQUEST_SIZE        256
#define REQUEST_CREATE_SIZE 8192 /* a VNL may hold a path, or a command */

/* The mode whose name older headers lack (linux/if_link.h, enum in6_addr_gen_mode). */
#define ADDR_GEN_MODE_NONE 1

static void build_link(
    struct nlq_builder *builder, uint16_t type, uint16_t flags, const struct ifinfomsg *link)
{
	nlq_build_message(builder, type, NLM_F_REQUEST | flags, 0, 0);
	nlq_build_bytes(builder, link, sizeof(*link));
}

static int run(
    const struct nlq_io *io, struct nlq_builder *builder, nlq_answer *answer, void *argument)
{
	struct nlmsghdr *request = nlq_build_finish(builder);

	return request ? nlq_dialog(io, request, answer, argument) : builder->error;
}

/* A request that is only acknowledged. */
static int run_change(const struct nlq_io *io, struct nlq_builder *builder)
{
	int result = run(io, builder, NULL, NULL);

	return result < 0 ? result : 0;
}

/* What no interface can be called cannot be found either. */
static bool may_exist(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	return len > 0 && len < IFNAMSIZ;
}

static int read_ifindex(const struct nlmsghdr *message, void *argument)
{
	const struct ifinfomsg *link = nlq_message_body(message, sizeof(*link));
	int *ifindex = argument;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (!link || link->ifi_index <= 0)
		return -EBADMSG;
	*ifindex = link->ifi_index;
	return 0;
}

int nlq_dialog_ifindex(const struct nlq_io *io, const char *name)
{
	const struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	int ifindex = 0;
	int error;

	if (!name)
		return -EINVAL;
	if (!may_exist(name))
		return -ENODEV;
	build_link(&builder, RTM_GETLINK, 0, &link);
	nlq_build_attr_string(&builder, IFLA_IFNAME, name);
	error = run(io, &builder, read_ifindex, &ifindex);
	if (error < 0)
		return error;
	return ifindex > 0 ? ifindex : -ENODEV;
}

int nlq_dialog_link_updown(const struct nlq_io *io, unsigned int ifindex, int updown)
{
	const struct ifinfomsg link = {
	    .ifi_index = (int)ifindex,
	    .ifi_flags = updown ? IFF_UP : 0,
	    .ifi_change = IFF_UP,
	};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	build_link(&builder, RTM_SETLINK, NLM_F_ACK, &link);
	return run_change(io, &builder);
}

int nlq_dialog_link_mtu(const struct nlq_io *io, unsigned int ifindex, unsigned int mtu)
{
	const struct ifinfomsg link = {.ifi_index = (int)ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	build_link(&builder, RTM_NEWLINK, NLM_F_ACK, &link);
	nlq_build_attr_u32(&builder, IFLA_MTU, mtu);
	return run_change(io, &builder);
}

int nlq_dialog_link_setaddr(const struct nlq_io *io, unsigned int ifindex, const void *mac)
{
	const struct ifinfomsg link = {.ifi_index = (int)ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	if (!mac)
		return -EINVAL;
	build_link(&builder, RTM_NEWLINK, NLM_F_ACK, &link);
	nlq_build_attr(&builder, IFLA_ADDRESS, mac, MAC_LEN);
	return run_change(io, &builder);
}

struct mac_answer {
	bool found;
	unsigned char mac[MAC_LEN];
};

static int read_mac(const struct nlmsghdr *message, void *argument)
{
	struct mac_answer *result = argument;
	const struct nlattr *attrs[IFLA_ADDRESS + 1];
	int error;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	error =
	    nlq_parse_attrs(nlq_message_attrs(message, sizeof(struct ifinfomsg)), attrs, IFLA_ADDRESS);
	if (error)
		return error;
	/* nlinline's rule: longer ones (InfiniBand) are cut, shorter ones (tunnels) are none. */
	if (!attrs[IFLA_ADDRESS] || nlq_attr_len(attrs[IFLA_ADDRESS]) < MAC_LEN)
		return -ENOENT;
	memcpy(result->mac, nlq_attr_data(attrs[IFLA_ADDRESS]), MAC_LEN);
	result->found = true;
	return 0;
}

int nlq_dialog_link_getaddr(const struct nlq_io *io, unsigned int ifindex, void *mac)
{
	const struct ifinfomsg link = {.ifi_index = (int)ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct mac_answer result = {.found = false};
	int error;

	if (!mac)
		return -EINVAL;
	build_link(&builder, RTM_GETLINK, 0, &link);
	error = run(io, &builder, read_mac, &result);
	if (error < 0)
		return error;
	if (!result.found)
		return -ENODEV;
	memcpy(mac, result.mac, MAC_LEN);
	return 0;
}

struct link_request {
	const char *name;
	unsigned int ifindex; /* 0: any */
	const char *kind;
	const char *string; /* the whole of IFLA_INFO_DATA; NULL: the attributes below */
	const struct nlq_link_data *data;
	size_t count;
};

static void build_data(struct nlq_builder *builder, const struct link_request *wanted)
{
	size_t data;

	if (!wanted->string && !wanted->count)
		return;
	data = nlq_build_nest(builder, IFLA_INFO_DATA);
	/* A string where the kernel's kinds have a nest: its padding is part of it, as nlinline has it,
	 * so that the kernel does not take a short one for a nest cut short. */
	if (wanted->string)
		nlq_build_bytes(builder, wanted->string, strlen(wanted->string) + 1);
	for (size_t i = 0; i < wanted->count; i++)
		nlq_build_attr(builder, wanted->data[i].type, wanted->data[i].data, wanted->data[i].len);
	nlq_build_nest_end(builder, data);
}

static int create_link(const struct nlq_io *io, const struct link_request *wanted, bool ask_index,
    uint16_t flags, int *ifindex)
{
	const struct ifinfomsg link = {.ifi_index = (int)wanted->ifindex};
	NLQ_BUFFER(buffer, REQUEST_CREATE_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	size_t info;

	build_link(&builder, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL | flags, &link);
	if (wanted->name)
		nlq_build_attr_string(&builder, IFLA_IFNAME, wanted->name);
	if (ask_index)
		nlq_build_attr_u32(&builder, IFLA_NEW_IFINDEX, 0);
	info = nlq_build_nest(&builder, IFLA_LINKINFO);
	if (wanted->kind)
		nlq_build_attr_string(&builder, IFLA_INFO_KIND, wanted->kind);
	build_data(&builder, wanted);
	nlq_build_nest_end(&builder, info);
	return run(io, &builder, read_ifindex, ifindex);
}

/* Checks and completes a request whose ifindex is the caller's, (unsigned)-1 included. */
static int add_link(const struct nlq_io *io, struct link_request *wanted)
{
	const bool ask_index = wanted->ifindex == (unsigned int)-1;
	const char *name = wanted->name;
	int created = 0;
	int result;

	if (name && strnlen(name, IFNAMSIZ) == 0)
		return -EINVAL;
	if (name && strnlen(name, IFNAMSIZ) == IFNAMSIZ)
		return -ENAMETOOLONG;
	if (!ask_index) {
		result = create_link(io, wanted, false, 0, &created);
		return result < 0 ? result : 0;
	}
	/* A stack that tells the index of a new link is asked as nlinline does, by IFLA_NEW_IFINDEX 0,
	 * and answers it in place of NLMSG_ERROR's 0. The kernel refuses the number 0 (ERANGE); since
	 * 6.2 it echoes the new link if NLM_F_ECHO asks for it. Where neither helps, the name does. */
	wanted->ifindex = 0;
	result = create_link(io, wanted, true, 0, &created);
	if (result == -ERANGE || result == -EINVAL)
		result = create_link(io, wanted, false, NLM_F_ECHO, &created);
	if (result)
		return result;
	if (!created && name)
		created = nlq_dialog_ifindex(io, name);
	return created > 0 ? created : 0;
}

int nlq_dialog_link_add(const struct nlq_io *io, const char *name, unsigned int ifindex,
    const char *type, const char *data)
{
	struct link_request wanted = {
	    .name = name,
	    .ifindex = ifindex,
	    .kind = type,
	    .string = data,
	};

	return add_link(io, &wanted);
}

int nlq_dialog_link_add_data(const struct nlq_io *io, const char *name, unsigned int ifindex,
    const char *type, const struct nlq_link_data *data, size_t count)
{
	struct link_request wanted = {
	    .name = name,
	    .ifindex = ifindex,
	    .kind = type,
	    .data = data,
	    .count = count,
	};

	return add_link(io, &wanted);
}

int nlq_dialog_link_del(const struct nlq_io *io, const char *name, unsigned int ifindex)
{
	const struct ifinfomsg link = {.ifi_index = (int)ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	if (!name && !ifindex)
		return -EINVAL;
	if (name && !may_exist(name))
		return -ENODEV;
	build_link(&builder, RTM_DELLINK, NLM_F_ACK, &link);
	if (name)
		nlq_build_attr_string(&builder, IFLA_IFNAME, name);
	return run_change(io, &builder);
}

int nlq_dialog_veth_add(const struct nlq_io *io, const char *name, const char *peer,
    int peer_netns_fd, unsigned int mtu)
{
	const struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	size_t info;
	size_t data;
	size_t other;

	if (!name || !peer || peer_netns_fd < 0 || strnlen(name, IFNAMSIZ) == 0 ||
	    strnlen(peer, IFNAMSIZ) == 0)
		return -EINVAL;
	if (strnlen(name, IFNAMSIZ) == IFNAMSIZ || strnlen(peer, IFNAMSIZ) == IFNAMSIZ)
		return -ENAMETOOLONG;
	build_link(&builder, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &link);
	nlq_build_attr_string(&builder, IFLA_IFNAME, name);
	if (mtu)
		nlq_build_attr_u32(&builder, IFLA_MTU, mtu);
	info = nlq_build_nest(&builder, IFLA_LINKINFO);
	nlq_build_attr_string(&builder, IFLA_INFO_KIND, "veth");
	data = nlq_build_nest(&builder, IFLA_INFO_DATA);
	other = nlq_build_nest(&builder, VETH_INFO_PEER);
	nlq_build_bytes(&builder, &link, sizeof(link));
	nlq_build_attr_string(&builder, IFLA_IFNAME, peer);
	nlq_build_attr_u32(&builder, IFLA_NET_NS_FD, (uint32_t)peer_netns_fd);
	if (mtu)
		nlq_build_attr_u32(&builder, IFLA_MTU, mtu);
	nlq_build_nest_end(&builder, other);
	nlq_build_nest_end(&builder, data);
	nlq_build_nest_end(&builder, info);
	return run_change(io, &builder);
}

int nlq_dialog_link_no_ipv6_addr(const struct nlq_io *io, unsigned int ifindex)
{
	const struct ifinfomsg link = {.ifi_index = (int)ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	size_t families;
	size_t inet6;
	int error;

	build_link(&builder, RTM_SETLINK, NLM_F_ACK, &link);
	families = nlq_build_nest(&builder, IFLA_AF_SPEC);
	inet6 = nlq_build_nest(&builder, AF_INET6);
	nlq_build_attr_u8(&builder, IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_MODE_NONE);
	nlq_build_nest_end(&builder, inet6);
	nlq_build_nest_end(&builder, families);
	error = run_change(io, &builder);
	/* No IPv6, or none on this interface (an MTU below 1280): no addresses either. */
	return error == -EAFNOSUPPORT ? 0 : error;
}
