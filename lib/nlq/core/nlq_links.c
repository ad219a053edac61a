/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs that read: interfaces, and dumps in general. */
#include "nlq_links.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>

#include "nlq_attrs.h"
#include "nlq_message.h"

#define REQUEST_SIZE 128
#define DUMP_TRIES   8  /* of a dump that changes under our eyes */
#define HEADER_MAX   32 /* bytes of a family header, at most */

int nlq_dialog_dump(const struct nlq_io *io, uint16_t type, int family, nlq_answer *answer,
    void (*restart)(void *argument), void *argument)
{
	const unsigned char header[HEADER_MAX] = {(unsigned char)family};
	int error = -EINTR;

	for (int tries = 0; error == -EINTR && tries < DUMP_TRIES; tries++) {
		NLQ_BUFFER(buffer, REQUEST_SIZE);
		struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

		if (restart)
			restart(argument);
		nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
		nlq_build_bytes(&builder, header, nlq_header_len(type));
		error = nlq_dialog(io, nlq_build_finish(&builder), answer, argument);
	}
	return error;
}

static int read_link(const struct nlmsghdr *message, void *argument)
{
	struct nlq_link *link = argument;
	const struct ifinfomsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *attrs[IFLA_MAX + 1];
	const struct nlattr *mac;
	const struct nlattr *map;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attrs, IFLA_MAX))
		return -EBADMSG;
	*link = (struct nlq_link){
	    .ifindex = (unsigned int)header->ifi_index,
	    .flags = header->ifi_flags,
	    .type = header->ifi_type,
	};
	nlq_attr_u32(attrs[IFLA_MTU], &link->mtu);
	nlq_attr_u32(attrs[IFLA_TXQLEN], &link->txqlen);
	if (nlq_attr_string(attrs[IFLA_IFNAME], link->name, sizeof(link->name)) <= 0)
		return -EBADMSG;
	mac = attrs[IFLA_ADDRESS];
	if (mac && nlq_attr_len(mac) <= sizeof(link->mac)) {
		link->mac_len = nlq_attr_len(mac);
		memcpy(link->mac, nlq_attr_data(mac), link->mac_len);
	}
	map = attrs[IFLA_MAP];
	if (map && nlq_attr_len(map) >= sizeof(link->map))
		memcpy(&link->map, nlq_attr_data(map), sizeof(link->map));
	return 0;
}

int nlq_dialog_link(
    const struct nlq_io *io, const char *name, unsigned int ifindex, struct nlq_link *link)
{
	const struct ifinfomsg header = {.ifi_index = name ? 0 : (int)ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	int error;

	link->ifindex = 0;
	if (name ? !*name || strnlen(name, IF_NAMESIZE) == IF_NAMESIZE
	         : ifindex == 0 || ifindex > INT_MAX)
		return -ENODEV;
	nlq_build_message(&builder, RTM_GETLINK, NLM_F_REQUEST, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	if (name)
		nlq_build_attr_string(&builder, IFLA_IFNAME, name);
	error = nlq_dialog(io, nlq_build_finish(&builder), read_link, link);
	if (error < 0)
		return error;
	return link->ifindex ? 0 : -ENODEV;
}

static int add_name(const struct nlmsghdr *message, void *argument)
{
	struct nlq_names *names = argument;
	struct nlq_link link;
	struct nlq_name *grown;
	int error;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	error = read_link(message, &link);
	if (error)
		return error;
	grown = realloc(names->list, (names->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	names->list = grown;
	grown[names->count].ifindex = link.ifindex;
	memcpy(grown[names->count].name, link.name, sizeof(link.name));
	names->count++;
	return 0;
}

static void forget_names(void *argument)
{
	struct nlq_names *names = argument;

	names->count = 0;
}

int nlq_dialog_names(const struct nlq_io *io, struct nlq_names *names)
{
	int error;

	*names = (struct nlq_names){.list = NULL};
	error = nlq_dialog_dump(io, RTM_GETLINK, AF_UNSPEC, add_name, forget_names, names);
	if (error < 0) {
		free(names->list);
		*names = (struct nlq_names){.list = NULL};
		return error;
	}
	return 0;
}

const char *nlq_names_find(const struct nlq_names *names, unsigned int ifindex)
{
	for (size_t i = 0; i < names->count; i++) {
		if (names->list[i].ifindex == ifindex)
			return names->list[i].name;
	}
	return "";
}
