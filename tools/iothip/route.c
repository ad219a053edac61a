/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip route: show, get, add, change, replace, append, delete. */
#include "iothip.h"
#include "names.h"

#include <string.h>
#include <sys/socket.h>

/* ---- show ---- */

static void show_destination(
    struct output *out, const struct rtmsg *header, const struct nlattr *destination)
{
	unsigned int bits = header->rtm_family == AF_INET ? 32 : 128;
	char text[ADDRTEXT_PREFIX_SIZE];

	if (!destination && header->rtm_dst_len) {
		snprintf(text, sizeof(text), "0/%u", header->rtm_dst_len);
	} else if (!destination) {
		strcpy(text, "default");
	} else {
		address_text(header->rtm_family, destination, text);
		if (header->rtm_dst_len != bits)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "/%u", header->rtm_dst_len);
	}
	out_string(out, "dst", "", text, " ");
}

static void show_flags(struct output *out, uint32_t flags)
{
	static const struct name names[] = {
	    {RTNH_F_DEAD, "dead"}, {RTNH_F_ONLINK, "onlink"}, {RTNH_F_LINKDOWN, "linkdown"}};

	out_array(out, "flags");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (flags & names[i].value)
			out_string(out, NULL, out->json ? NULL : "", names[i].name, " ");
	}
	out_array_end(out);
}

static void show_metrics(struct output *out, const struct nlattr *attr)
{
	const struct nlattr *table[RTAX_MAX + 1] = {NULL};

	if (!attr)
		return;
	nlq_parse_attrs(nlq_nested_attrs(attr), table, RTAX_MAX);
	out_array(out, "metrics");
	out_object(out, NULL);
	if (table[RTAX_MTU])
		out_number(out, "mtu", "mtu ", attr_number(table[RTAX_MTU], 0), " ");
	if (table[RTAX_HOPLIMIT])
		out_number(out, "hoplimit", "hoplimit ", attr_number(table[RTAX_HOPLIMIT], 0), " ");
	out_object_end(out);
	out_array_end(out);
}

static void show_times(struct output *out, const struct nlattr *attr)
{
	struct rta_cacheinfo info;

	if (!attr || nlq_attr_len(attr) < sizeof(info))
		return;
	memcpy(&info, nlq_attr_data(attr), sizeof(info));
	if (info.rta_expires > 0)
		out_number(out, "expires", "expires ", (uint32_t)info.rta_expires / 100, "sec ");
}

static void show_next_hop(
    struct iothip *ip, const struct rtmsg *header, const struct nlattr **table, unsigned int known)
{
	char text[ADDRTEXT_IP_SIZE], name[16];

	if (table[RTA_GATEWAY])
		out_string(&ip->out, "gateway", "via ",
		    address_text(header->rtm_family, table[RTA_GATEWAY], text), " ");
	if (table[RTA_OIF] && !(known & KNOWN_DEVICE))
		out_string(
		    &ip->out, "dev", "dev ", device_name(ip, attr_number(table[RTA_OIF], 0), name), " ");
}

void route_show(struct iothip *ip, const struct nlmsghdr *message, unsigned int known)
{
	const struct rtmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[RTA_MAX + 1] = {NULL};
	struct output *out = &ip->out;
	char text[ADDRTEXT_IP_SIZE], number[16];
	uint32_t number_of_table;
	uint8_t preference;

	if (!header)
		return;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, RTA_MAX);
	number_of_table = attr_number(table[RTA_TABLE], header->rtm_table);
	if (header->rtm_type != RTN_UNICAST)
		out_string(out, "type", "", name_of(route_type_names, header->rtm_type, number), " ");
	show_destination(out, header, table[RTA_DST]);
	show_next_hop(ip, header, table, known);
	if (!(known & KNOWN_TABLE) && number_of_table != RT_TABLE_MAIN)
		out_string(out, "table", "table ", name_of(table_names, number_of_table, number), " ");
	if (!(header->rtm_flags & RTM_F_CLONED)) {
		if (header->rtm_protocol != RTPROT_BOOT && !(known & KNOWN_PROTOCOL))
			out_string(out, "protocol", "proto ",
			    name_of(protocol_names, header->rtm_protocol, number), " ");
		if (header->rtm_scope != RT_SCOPE_UNIVERSE)
			out_string(
			    out, "scope", "scope ", name_of(scope_names, header->rtm_scope, number), " ");
	}
	if (table[RTA_PREFSRC])
		out_string(out, "prefsrc", "src ",
		    address_text(header->rtm_family, table[RTA_PREFSRC], text), " ");
	if (table[RTA_PRIORITY])
		out_number(out, "metric", "metric ", attr_number(table[RTA_PRIORITY], 0), " ");
	show_flags(out, header->rtm_flags);
	show_metrics(out, table[RTA_METRICS]);
	show_times(out, table[RTA_CACHEINFO]);
	if (nlq_attr_u8(table[RTA_PREF], &preference))
		out_string(out, "pref", "pref ", name_of(preference_names, preference, number), "");
	if ((header->rtm_flags & RTM_F_CLONED) && header->rtm_family == AF_INET) {
		out_text(out, "\n    cache ");
		out_array(out, "cache");
		out_array_end(out);
	}
}

struct filter {
	struct iothip *ip;
	uint32_t table; /* 0: all */
	uint32_t index; /* 0: all */
	int protocol;   /* -1: all */
	int type;       /* -1: all */
	bool to;
	struct addrtext_prefix prefix;
};

static bool destination_is(
    const struct filter *filter, const struct rtmsg *header, const struct nlattr *destination)
{
	size_t len = addrtext_family_len(header->rtm_family);

	if (filter->prefix.family != AF_UNSPEC && filter->prefix.family != header->rtm_family)
		return false;
	if (filter->prefix.len != header->rtm_dst_len)
		return false;
	return header->rtm_dst_len == 0 ||
	       (destination && nlq_attr_len(destination) == len &&
	           memcmp(nlq_attr_data(destination), filter->prefix.address, len) == 0);
}

static int show_one(const struct nlmsghdr *message, void *argument)
{
	const struct filter *filter = argument;
	const struct rtmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[RTA_MAX + 1] = {NULL};

	if (!header)
		return 0;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, RTA_MAX);
	if ((filter->table && filter->table != attr_number(table[RTA_TABLE], header->rtm_table)) ||
	    (filter->index && filter->index != attr_number(table[RTA_OIF], 0)) ||
	    (filter->protocol >= 0 && filter->protocol != header->rtm_protocol) ||
	    (filter->type >= 0 && filter->type != header->rtm_type) ||
	    (filter->to && !destination_is(filter, header, table[RTA_DST])))
		return 0;
	out_object(&filter->ip->out, NULL);
	route_show(filter->ip, message,
	    (filter->table ? KNOWN_TABLE : 0) | (filter->index ? KNOWN_DEVICE : 0) |
	        (filter->protocol >= 0 ? KNOWN_PROTOCOL : 0));
	out_object_end(&filter->ip->out);
	out_end_line(&filter->ip->out);
	return 0;
}

static void show(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	struct filter filter = {.ip = ip, .table = RT_TABLE_MAIN, .protocol = -1, .type = -1};
	struct rtmsg any = {.rtm_family = (uint8_t)ip->family};

	while (!args_end(args)) {
		if (args_take(args, "table")) {
			const char *word = args_value(args, "table");

			filter.table = strcmp(word, "all") == 0 ? 0 : value_of(table_names, word, "table");
		} else if (args_take(args, "dev") || args_take(args, "oif")) {
			filter.index = args_device(args, ip);
		} else if (args_take(args, "protocol")) {
			filter.protocol =
			    (int)value_of(protocol_names, args_value(args, "protocol"), "protocol");
		} else if (args_take(args, "type")) {
			filter.type = (int)value_of(route_type_names, args_value(args, "type"), "type");
		} else {
			args_take(args, "exact");
			filter.prefix = parse_prefix(ip, args_value(args, "a prefix"));
			filter.to = true;
			if (ip->family == AF_UNSPEC)
				any.rtm_family = (uint8_t)filter.prefix.family;
		}
	}
	/* As `ip`: IPv4's, if not all are wanted. */
	if (any.rtm_family == AF_UNSPEC && filter.table)
		any.rtm_family = AF_INET;
	out_begin(&ip->out);
	ask_all(ip, RTM_GETROUTE, &any, sizeof(any), show_one, &filter);
	out_end(&ip->out);
}

static void get(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	struct filter filter = {.ip = ip, .protocol = -1, .type = -1};
	struct addrtext_prefix address;
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct rtmsg header = {0};

	args_take(args, "to");
	address = parse_address(ip, args_value(args, "an address"));
	header.rtm_family = (uint8_t)address.family;
	header.rtm_dst_len = (uint8_t)address.len;
	nlq_build_message(&builder, type, NLM_F_REQUEST, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	build_address(&builder, RTA_DST, &address);
	while (!args_end(args)) {
		if (!args_take(args, "oif") && !args_take(args, "dev"))
			fail_usage("route get: \"%s\" is unknown", *args->word);
		nlq_build_attr_u32(&builder, RTA_OIF, args_device(args, ip));
	}
	out_begin(&ip->out);
	ask(ip, &builder, show_one, &filter);
	out_end(&ip->out);
}

/* ---- change ---- */

struct change {
	struct rtmsg header;
	bool has_table, has_scope, has_gateway, deletes;
	uint32_t mtu, hop_limit;
};

static struct addrtext_prefix read_gateway(struct iothip *ip, struct args *args)
{
	if (!args_take(args, "inet6"))
		args_take(args, "inet");
	return parse_address(ip, args_value(args, "via"));
}

static void take_family(struct change *change, const struct addrtext_prefix *address)
{
	if (change->header.rtm_family == AF_UNSPEC)
		change->header.rtm_family = (uint8_t)address->family;
	if (change->header.rtm_family != address->family)
		fail_usage("route: addresses of two families");
}

static void read_destination(
    struct iothip *ip, struct args *args, struct change *change, struct nlq_builder *builder)
{
	struct addrtext_prefix prefix;

	for (const struct name *type = route_type_names; type->name; type++) {
		if (!args_end(args) && strcmp(*args->word, type->name) == 0) {
			change->header.rtm_type = (uint8_t)type->value;
			args->word++;
			break;
		}
	}
	args_take(args, "to");
	prefix = parse_prefix(ip, args_value(args, "a prefix"));
	change->header.rtm_dst_len = (uint8_t)prefix.len;
	if (prefix.len) {
		take_family(change, &prefix);
		build_address(builder, RTA_DST, &prefix);
	}
}

static bool take_number(struct args *args, struct change *change, struct nlq_builder *builder)
{
	if (args_take(args, "metric") || args_take(args, "priority") || args_take(args, "preference")) {
		nlq_build_attr_u32(builder, RTA_PRIORITY, args_number(args, "metric", UINT32_MAX));
	} else if (args_take(args, "mtu")) {
		args_take(args, "lock");
		change->mtu = args_number(args, "mtu", UINT32_MAX);
	} else if (args_take(args, "hoplimit")) {
		change->hop_limit = args_number(args, "hoplimit", 255);
	} else if (args_take(args, "expires")) {
		nlq_build_attr_u32(builder, RTA_EXPIRES, args_number(args, "expires", UINT32_MAX));
	} else {
		return false;
	}
	return true;
}

static bool take_name(struct args *args, struct change *change, struct nlq_builder *builder)
{
	if (args_take(args, "table")) {
		uint32_t table = value_of(table_names, args_value(args, "table"), "table");

		change->has_table = true;
		change->header.rtm_table = (uint8_t)(table < 256 ? table : RT_TABLE_UNSPEC);
		nlq_build_attr_u32(builder, RTA_TABLE, table);
	} else if (args_take(args, "protocol")) {
		change->header.rtm_protocol =
		    (uint8_t)value_of(protocol_names, args_value(args, "protocol"), "protocol");
	} else if (args_take(args, "scope")) {
		change->has_scope = true;
		change->header.rtm_scope =
		    (uint8_t)value_of(scope_names, args_value(args, "scope"), "scope");
	} else if (args_take(args, "onlink")) {
		change->header.rtm_flags |= RTNH_F_ONLINK;
	} else {
		return false;
	}
	return true;
}

static void read_change(
    struct iothip *ip, struct args *args, struct change *change, struct nlq_builder *builder)
{
	struct addrtext_prefix address;

	while (!args_end(args)) {
		/* Before what begins alike. */
		if (!args_end(args) && strcmp(*args->word, "pref") == 0) {
			args->word++;
			nlq_build_attr_u8(builder, RTA_PREF,
			    (uint8_t)value_of(preference_names, args_value(args, "pref"), "preference"));
		} else if (args_take(args, "via")) {
			address = read_gateway(ip, args);
			take_family(change, &address);
			change->has_gateway = true;
			build_address(builder, RTA_GATEWAY, &address);
		} else if (args_take(args, "src")) {
			address = parse_address(ip, args_value(args, "src"));
			take_family(change, &address);
			build_address(builder, RTA_PREFSRC, &address);
		} else if (args_take(args, "dev") || args_take(args, "oif")) {
			nlq_build_attr_u32(builder, RTA_OIF, args_device(args, ip));
		} else if (!take_number(args, change, builder) && !take_name(args, change, builder)) {
			fail_usage("route: \"%s\" is unknown", *args->word);
		}
	}
}

/* What `ip` supplies where nothing is said. */
static void complete(struct change *change)
{
	struct rtmsg *header = &change->header;
	bool local = header->rtm_type == RTN_LOCAL, on_link = header->rtm_type == RTN_BROADCAST ||
	                                                      header->rtm_type == RTN_MULTICAST ||
	                                                      header->rtm_type == RTN_ANYCAST;

	if (header->rtm_family == AF_UNSPEC)
		header->rtm_family = AF_INET;
	if (!change->has_table &&
	    (local || header->rtm_type == RTN_BROADCAST || header->rtm_type == RTN_ANYCAST))
		header->rtm_table = RT_TABLE_LOCAL;
	if (change->has_scope)
		return;
	if (header->rtm_family == AF_INET6)
		header->rtm_scope = RT_SCOPE_UNIVERSE;
	else if (local)
		header->rtm_scope = RT_SCOPE_HOST;
	else if (change->deletes && !on_link)
		header->rtm_scope = RT_SCOPE_NOWHERE;
	else if (on_link || (header->rtm_type == RTN_UNICAST && !change->has_gateway))
		header->rtm_scope = RT_SCOPE_LINK;
}

static void change(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	struct change change = {
	    .header = {.rtm_family = (uint8_t)ip->family, .rtm_table = RT_TABLE_MAIN},
	    .deletes = type == RTM_DELROUTE};
	NLQ_BUFFER(buffer, 512);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct rtmsg *in_message;

	if (!change.deletes) {
		change.header.rtm_protocol = RTPROT_BOOT;
		change.header.rtm_type = RTN_UNICAST;
	}
	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0);
	in_message = (struct rtmsg *)(void *)(buffer + builder.used);
	nlq_build_bytes(&builder, &change.header, sizeof(change.header));
	read_destination(ip, args, &change, &builder);
	read_change(ip, args, &change, &builder);
	if (change.mtu || change.hop_limit) {
		size_t nest = nlq_build_nest(&builder, RTA_METRICS);

		if (change.mtu)
			nlq_build_attr_u32(&builder, RTAX_MTU, change.mtu);
		if (change.hop_limit)
			nlq_build_attr_u32(&builder, RTAX_HOPLIMIT, change.hop_limit);
		nlq_build_nest_end(&builder, nest);
	}
	complete(&change);
	*in_message = change.header;
	ask(ip, &builder, NULL, NULL);
}

void route_command(struct iothip *ip, struct args *args)
{
	static const struct verb verbs[] = {
	    {"show", show, 0, 0},
	    {"list", show, 0, 0},
	    {"lst", show, 0, 0},
	    {"get", get, RTM_GETROUTE, 0},
	    {"add", change, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL},
	    {"change", change, RTM_NEWROUTE, NLM_F_REPLACE},
	    {"replace", change, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE},
	    {"append", change, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND},
	    {"delete", change, RTM_DELROUTE, 0},
	    {NULL, NULL, 0, 0},
	};

	verbs_run(ip, args, "route", verbs);
}
