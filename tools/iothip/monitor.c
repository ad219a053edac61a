/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip monitor: what changes, as it changes, until the stack ends. As JSON, an object a line. */
#include "iothip.h"

#include "ctl_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/if_addr.h>

static uint32_t read_groups(const struct iothip *ip, struct args *args)
{
	const uint32_t ip4 = RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
	const uint32_t ip6 = RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;
	uint32_t groups = 0;

	while (!args_end(args)) {
		if (args_take(args, "all"))
			groups = UINT32_MAX;
		else if (args_take(args, "link"))
			groups |= RTMGRP_LINK;
		else if (args_take(args, "address"))
			groups |= RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
		else if (args_take(args, "route"))
			groups |= RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
		else if (args_take(args, "neigh"))
			groups |= RTMGRP_NEIGH;
		else
			fail_usage("monitor: \"%s\" is unknown; there are link, address, route, neigh, all",
			    *args->word);
	}
	if (groups == 0)
		groups = UINT32_MAX;
	groups &= RTMGRP_LINK | RTMGRP_NEIGH | ip4 | ip6;
	if (ip->family == AF_INET)
		groups &= ~ip6;
	if (ip->family == AF_INET6)
		groups &= ~ip4;
	return groups;
}

static void subscribe(struct iothip *ip, uint32_t groups)
{
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, CTL_GROUPS, NLM_F_REQUEST | NLM_F_ACK, 0, 0);
	nlq_build_bytes(&builder, &groups, sizeof(groups));
	ask(ip, &builder, NULL, NULL);
}

/* The name of a new interface comes with the news; a dialog on this connection would lose some. */
static void learn_name(struct iothip *ip, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[IFLA_MAX + 1] = {NULL};
	struct nlq_name *list = ip->names.list, *grown;
	size_t i;

	if (!header || message->nlmsg_type != RTM_NEWLINK)
		return;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, IFLA_MAX);
	for (i = 0; i < ip->names.count && list[i].ifindex != (uint32_t)header->ifi_index; i++)
		;
	if (i == ip->names.count) {
		grown = reallocarray(list, i + 1, sizeof(*list));
		if (!grown)
			return;
		ip->names.list = list = grown;
		ip->names.count++;
		list[i].ifindex = (uint32_t)header->ifi_index;
	}
	if (nlq_attr_string(table[IFLA_IFNAME], list[i].name, sizeof(list[i].name)) < 0)
		list[i].name[0] = '\0';
}

static int show(const struct nlmsghdr *message, void *argument)
{
	struct iothip *ip = argument;
	struct output *out = &ip->out;
	/* Of each family, RTM_NEW..., RTM_DEL..., RTM_GET..., RTM_SET... */
	bool deleted = message->nlmsg_type % 4 == RTM_DELLINK % 4;

	out_object(out, NULL);
	if (deleted)
		out_true(out, "deleted", "Deleted ");
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		learn_name(ip, message);
		link_show(ip, message, true);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		address_show_alone(ip, message);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		route_show(ip, message, 0);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		neighbour_show(ip, message, 0);
		break;
	default:
		break;
	}
	out_object_end(out);
	fputc('\n', out->file);
	fflush(out->file);
	out->filled[0] = false;
	return ferror(out->file) ? -EPIPE : 0;
}

static int show_record(struct iothip *ip, const void *data, size_t len)
{
	struct nlq_reader reader = nlq_reader(data, len);
	const struct nlmsghdr *message;
	int err = 0;

	while (!err && (message = nlq_next_message(&reader))) {
		if (message->nlmsg_type == NLMSG_OVERRUN)
			fputs("iothip: some changes were lost\n", stderr);
		else if (message->nlmsg_type >= RTM_BASE)
			err = show(message, ip);
	}
	return err;
}

void monitor_command(struct iothip *ip, struct args *args)
{
	uint32_t groups = read_groups(ip, args);
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	ssize_t len;

	connection_names(ip);
	subscribe(ip, groups);
	for (;;) {
		len = recv(ip->connection.fd, buffer, sizeof(buffer), 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0 || show_record(ip, buffer, (size_t)len))
			return;
	}
}
