/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip link: show, set, add, delete. */
#include "iothip.h"
#include "names.h"

#include <errno.h>
#include <string.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <net/if_arp.h>

/* ---- show ---- */

static void show_flags(struct output *out, uint32_t flags)
{
	const char *separator = "<";
	char text[16];

	out_array(out, "flags");
	if ((flags & (IFF_UP | IFF_RUNNING)) == IFF_UP) {
		out_string(out, NULL, out->json ? NULL : separator, "NO-CARRIER", "");
		separator = ",";
	}
	flags &= ~(uint32_t)IFF_RUNNING;
	for (const struct name *name = link_flag_names; name->name; name++) {
		if (!(flags & name->value))
			continue;
		out_string(out, NULL, out->json ? NULL : separator, name->name, "");
		flags &= ~name->value;
		separator = ",";
	}
	if (flags) {
		snprintf(text, sizeof(text), "%x", flags);
		out_string(out, NULL, out->json ? NULL : separator, text, "");
		separator = ",";
	}
	out_text(out, *separator == '<' ? "<> " : "> ");
	out_array_end(out);
}

static void mac_text(const struct nlattr *attr, char *text, size_t size)
{
	if (!attr || nlq_attr_len(attr) != ADDRTEXT_MAC_LEN ||
	    addrtext_print_mac(text, size, nlq_attr_data(attr)))
		text[0] = '\0';
}

static void show_addresses(
    struct output *out, const struct ifinfomsg *header, const struct nlattr **table)
{
	char type[16], text[ADDRTEXT_MAC_SIZE];

	snprintf(type, sizeof(type), "%u", header->ifi_type);
	if (header->ifi_type == ARPHRD_ETHER)
		strcpy(type, "ether");
	if (header->ifi_type == ARPHRD_LOOPBACK)
		strcpy(type, "loopback");
	out_string(out, "link_type", "\n    link/", type, " ");
	mac_text(table[IFLA_ADDRESS], text, sizeof(text));
	if (text[0])
		out_string(out, "address", "", text, "");
	mac_text(table[IFLA_BROADCAST], text, sizeof(text));
	if (text[0])
		out_string(out, "broadcast", " brd ", text, "");
}

struct column {
	const char *key;
	int width;
	size_t offset;
};

#define COLUMN(key, width, field)                                                                  \
	{                                                                                              \
		key, width, offsetof(struct rtnl_link_stats64, field)                                      \
	}
static const struct column rx_columns[] = {
    COLUMN("bytes", 10, rx_bytes),
    COLUMN("packets", 7, rx_packets),
    COLUMN("errors", 6, rx_errors),
    COLUMN("dropped", 7, rx_dropped),
    COLUMN("over_errors", 7, rx_over_errors),
    COLUMN("multicast", 7, multicast),
    {NULL, 0, 0},
};
static const struct column tx_columns[] = {
    COLUMN("bytes", 10, tx_bytes),
    COLUMN("packets", 7, tx_packets),
    COLUMN("errors", 6, tx_errors),
    COLUMN("dropped", 7, tx_dropped),
    COLUMN("carrier_errors", 7, tx_carrier_errors),
    COLUMN("collisions", 7, collisions),
    {NULL, 0, 0},
};

static void show_columns(struct output *out, const char *key, const char *title,
    const struct column *columns, const struct rtnl_link_stats64 *stats)
{
	uint64_t value;

	out_object(out, key);
	out_text(out, title);
	for (; columns->key; columns++) {
		memcpy(&value, (const char *)stats + columns->offset, sizeof(value));
		out_column(out, columns->key, columns->width, value);
	}
	out_object_end(out);
}

static void show_stats(struct output *out, const struct nlattr *attr)
{
	struct rtnl_link_stats64 stats = {0};

	if (!attr)
		return;
	memcpy(&stats, nlq_attr_data(attr),
	    nlq_attr_len(attr) < sizeof(stats) ? nlq_attr_len(attr) : sizeof(stats));
	out_object(out, "stats64");
	show_columns(out, "rx", "\n    RX:  bytes packets errors dropped  missed   mcast\n    ",
	    rx_columns, &stats);
	show_columns(out, "tx", "\n    TX:  bytes packets errors dropped carrier collsns\n    ",
	    tx_columns, &stats);
	out_object_end(out);
}

static const char *link_name(const struct nlattr **table, char text[IFNAMSIZ])
{
	if (nlq_attr_string(table[IFLA_IFNAME], text, IFNAMSIZ) < 0)
		strcpy(text, "?");
	return text;
}

/* The interface below, of a VLAN; or "". */
static void lower_name(const struct iothip *ip, const struct nlattr **table, char text[IFNAMSIZ])
{
	char number[16];

	text[0] = '\0';
	if (table[IFLA_LINK])
		snprintf(text, IFNAMSIZ, "%s", device_name(ip, attr_number(table[IFLA_LINK], 0), number));
}

static const char *operstate(const struct nlattr **table, char text[16])
{
	uint8_t state = IF_OPER_UNKNOWN;

	nlq_attr_u8(table[IFLA_OPERSTATE], &state);
	return name_of(operstate_names, state, text);
}

static void show_brief(struct iothip *ip, const struct nlattr **table)
{
	char name[IFNAMSIZ], lower[IFNAMSIZ], both[2 * IFNAMSIZ], state[16];

	lower_name(ip, table, lower);
	link_name(table, name);
	snprintf(both, sizeof(both), "%s%s%s", name, lower[0] ? "@" : "", lower);
	if (!ip->out.json)
		fprintf(ip->out.file, "%-16s %-14s ", both, operstate(table, state));
	if (lower[0])
		out_string(&ip->out, "link", NULL, lower, NULL);
	out_string(&ip->out, "ifname", NULL, name, NULL);
	out_string(&ip->out, "operstate", NULL, operstate(table, state), NULL);
}

void link_show(struct iothip *ip, const struct nlmsghdr *message, bool with_mode)
{
	const struct ifinfomsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[IFLA_MAX + 1] = {NULL};
	struct output *out = &ip->out;
	char text[16], name[IFNAMSIZ], lower[IFNAMSIZ];

	if (!header)
		return;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, IFLA_MAX);
	if (ip->brief) {
		char mac[ADDRTEXT_MAC_SIZE];

		show_brief(ip, table);
		if (!with_mode)
			return;
		mac_text(table[IFLA_ADDRESS], mac, sizeof(mac));
		out_string(out, "address", "", mac, " ");
		show_flags(out, header->ifi_flags);
		return;
	}
	out_number(out, "ifindex", "", (uint32_t)header->ifi_index, ": ");
	lower_name(ip, table, lower);
	if (lower[0])
		out_string(out, "link", NULL, lower, NULL);
	out_string(out, "ifname", "", link_name(table, name), lower[0] ? "@" : ": ");
	if (lower[0] && !out->json)
		out_string(out, NULL, "", lower, ": ");
	show_flags(out, header->ifi_flags);
	if (table[IFLA_MTU])
		out_number(out, "mtu", "mtu ", attr_number(table[IFLA_MTU], 0), " ");
	if (nlq_attr_string(table[IFLA_QDISC], name, sizeof(name)) >= 0)
		out_string(out, "qdisc", "qdisc ", name, " ");
	out_string(out, "operstate", "state ", operstate(table, text), " ");
	if (with_mode)
		out_string(out, "linkmode", "mode ", "DEFAULT", " ");
	if (attr_number(table[IFLA_GROUP], 0) == 0)
		out_string(out, "group", "group ", "default", " ");
	else
		out_number(out, "group", "group ", attr_number(table[IFLA_GROUP], 0), " ");
	if (table[IFLA_TXQLEN])
		out_number(out, "txqlen", "qlen ", attr_number(table[IFLA_TXQLEN], 0), "");
	/* With a family, `ip addr` shows what is of the family. */
	if (ip->family == AF_UNSPEC || with_mode)
		show_addresses(out, header, table);
	if (ip->statistics)
		show_stats(out, table[IFLA_STATS64]);
}

struct filter {
	struct iothip *ip;
	uint32_t index; /* 0: all */
	bool up;
};

static int show_one(const struct nlmsghdr *message, void *argument)
{
	const struct filter *filter = argument;
	const struct ifinfomsg *header = nlq_message_body(message, sizeof(*header));

	if (!header || (filter->index && filter->index != (uint32_t)header->ifi_index) ||
	    (filter->up && !(header->ifi_flags & IFF_UP)))
		return 0;
	out_object(&filter->ip->out, NULL);
	link_show(filter->ip, message, true);
	out_object_end(&filter->ip->out);
	out_end_line(&filter->ip->out);
	return 0;
}

static void show(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	const struct ifinfomsg any = {0};
	struct filter filter = {.ip = ip};

	while (!args_end(args)) {
		if (args_take(args, "up")) {
			filter.up = true;
			continue;
		}
		args_take(args, "dev");
		filter.index = args_device(args, ip);
	}
	out_begin(&ip->out);
	ask_all(ip, RTM_GETLINK, &any, sizeof(any), show_one, &filter);
	out_end(&ip->out);
}

/* ---- change ---- */

static void set_flag(struct ifinfomsg *header, uint32_t flag, bool on)
{
	header->ifi_change |= flag;
	header->ifi_flags = on ? header->ifi_flags | flag : header->ifi_flags & ~flag;
}

static bool take_flag(struct args *args, struct ifinfomsg *header)
{
	if (args_take(args, "up"))
		set_flag(header, IFF_UP, true);
	else if (args_take(args, "down"))
		set_flag(header, IFF_UP, false);
	else if (args_take(args, "promisc"))
		set_flag(header, IFF_PROMISC, args_switch(args, "promisc"));
	else if (args_take(args, "multicast"))
		set_flag(header, IFF_MULTICAST, args_switch(args, "multicast"));
	else if (args_take(args, "arp"))
		set_flag(header, IFF_NOARP, !args_switch(args, "arp"));
	else
		return false;
	return true;
}

static void set(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	struct ifinfomsg header = {0}, *in_message;
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	uint8_t mac[ADDRTEXT_MAC_LEN];

	args_take(args, "dev");
	header.ifi_index = (int)args_device(args, ip);
	if (args_end(args))
		fail_usage("link set: what is to be set?");
	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0);
	in_message = (struct ifinfomsg *)(void *)(buffer + builder.used);
	nlq_build_bytes(&builder, &header, sizeof(header));
	while (!args_end(args)) {
		if (take_flag(args, &header))
			continue;
		if (args_take(args, "mtu")) {
			nlq_build_attr_u32(&builder, IFLA_MTU, args_number(args, "mtu", UINT32_MAX));
		} else if (args_take(args, "address")) {
			args_mac(args, "address", mac);
			nlq_build_attr(&builder, IFLA_ADDRESS, mac, sizeof(mac));
		} else if (args_take(args, "name")) {
			nlq_build_attr_string(&builder, IFLA_IFNAME, args_value(args, "name"));
		} else if (args_take(args, "txqueuelen") || args_take(args, "qlen")) {
			nlq_build_attr_u32(&builder, IFLA_TXQLEN, args_number(args, "txqueuelen", UINT32_MAX));
		} else {
			fail_usage("link set: \"%s\" is unknown", *args->word);
		}
	}
	*in_message = header;
	ask(ip, &builder, NULL, NULL);
}

/* What the type wants: a VNL, or the properties of a VLAN. */
static void build_type(struct args *args, struct nlq_builder *builder)
{
	const char *type = args_value(args, "type");
	size_t info = nlq_build_nest(builder, IFLA_LINKINFO);

	nlq_build_attr_string(builder, IFLA_INFO_KIND, type);
	if (strcmp(type, "vlan") == 0) {
		size_t data = nlq_build_nest(builder, IFLA_INFO_DATA);

		if (!args_take(args, "id"))
			fail_usage("link add: type vlan id NUMBER is wanted");
		nlq_build_attr_u16(builder, IFLA_VLAN_ID, (uint16_t)args_number(args, "id", UINT16_MAX));
		nlq_build_nest_end(builder, data);
	} else if (!args_end(args)) {
		nlq_build_attr_string(builder, IFLA_INFO_DATA, args_value(args, "a VNL"));
	}
	nlq_build_nest_end(builder, info);
	if (!args_end(args))
		fail_usage("link add: \"%s\" is too much", *args->word);
}

static void add(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	const struct ifinfomsg header = {0};
	NLQ_BUFFER(buffer, 8192);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	bool typed = false;

	nlq_build_message(
	    &builder, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	while (!args_end(args)) {
		if (args_take(args, "type")) {
			build_type(args, &builder);
			typed = true;
		} else if (strcmp(*args->word, "link") == 0) {
			args->word++;
			nlq_build_attr_u32(&builder, IFLA_LINK, args_device(args, ip));
		} else {
			args_take(args, "name");
			nlq_build_attr_string(&builder, IFLA_IFNAME, args_value(args, "name"));
		}
	}
	if (!typed)
		fail_usage("link add: type is missing");
	ask(ip, &builder, NULL, NULL);
}

static void delete_link(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	int err;

	args_take(args, "dev");
	err = nlq_dialog_link_del(&ip->io, NULL, args_device(args, ip));
	if (err < 0)
		fail_stack(ip, err);
}

void link_command(struct iothip *ip, struct args *args)
{
	static const struct verb verbs[] = {
	    {"show", show, 0, 0},
	    {"list", show, 0, 0},
	    {"lst", show, 0, 0},
	    {"set", set, RTM_NEWLINK, 0},
	    {"add", add, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL},
	    {"delete", delete_link, RTM_DELLINK, 0},
	    {NULL, NULL, 0, 0},
	};

	verbs_run(ip, args, "link", verbs);
}
