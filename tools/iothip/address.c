/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip addr: show, add, change, replace, delete, flush. */
#include "iothip.h"
#include "names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/if.h>
#include <linux/if_addr.h>

#define FOREVER UINT32_MAX

/* ---- show ---- */

static void show_flags(struct output *out, int family, uint32_t flags)
{
	for (const struct name *name = address_flag_names; name->name; name++) {
		bool shown = name->value == IFA_F_PERMANENT ? !(flags & name->value) : flags & name->value;
		const char *word = name->name;

		if (!shown)
			continue;
		if (name->value == IFA_F_PERMANENT)
			word = "dynamic";
		if (name->value == IFA_F_SECONDARY && family == AF_INET6)
			word = "temporary";
		out_true(out, word, word);
		out_text(out, " ");
	}
}

static void show_lifetime(
    struct output *out, const char *key, const char *before, uint32_t seconds, const char *after)
{
	if (seconds == FOREVER)
		out_text(out, before);
	if (seconds == FOREVER)
		out_text(out, "forever");
	out_number(out, key, seconds == FOREVER ? NULL : before, seconds, "sec");
	out_text(out, after);
}

static void show_local(
    struct output *out, const struct ifaddrmsg *header, const struct nlattr **table)
{
	const struct nlattr *local = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
	const struct nlattr *peer = table[IFA_ADDRESS];
	char text[ADDRTEXT_IP_SIZE];

	if (!local)
		return;
	out_string(out, "local", "", address_text(header->ifa_family, local, text), "");
	if (peer && (nlq_attr_len(peer) != nlq_attr_len(local) ||
	                memcmp(nlq_attr_data(peer), nlq_attr_data(local), nlq_attr_len(peer)) != 0))
		out_string(out, "address", " peer ", address_text(header->ifa_family, peer, text), "");
	out_number(out, "prefixlen", "/", header->ifa_prefixlen, " ");
}

static void address_show(struct iothip *ip, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[IFA_MAX + 1] = {NULL};
	struct ifa_cacheinfo times = {.ifa_prefered = FOREVER, .ifa_valid = FOREVER};
	struct output *out = &ip->out;
	char text[ADDRTEXT_IP_SIZE], number[16];

	if (!header)
		return;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, IFA_MAX);
	if (ip->brief) {
		show_local(out, header, table);
		return;
	}
	out_string(out, "family", "    ", header->ifa_family == AF_INET6 ? "inet6" : "inet", " ");
	show_local(out, header, table);
	if (table[IFA_RT_PRIORITY])
		out_number(out, "metric", "metric ", attr_number(table[IFA_RT_PRIORITY], 0), " ");
	if (table[IFA_BROADCAST])
		out_string(out, "broadcast", "brd ",
		    address_text(header->ifa_family, table[IFA_BROADCAST], text), " ");
	out_string(out, "scope", "scope ", name_of(scope_names, header->ifa_scope, number), " ");
	show_flags(out, header->ifa_family, attr_number(table[IFA_FLAGS], header->ifa_flags));
	if (nlq_attr_string(table[IFA_LABEL], text, sizeof(text)) >= 0)
		out_string(out, "label", "", text, "");
	if (table[IFA_CACHEINFO] && nlq_attr_len(table[IFA_CACHEINFO]) >= sizeof(times))
		memcpy(&times, nlq_attr_data(table[IFA_CACHEINFO]), sizeof(times));
	show_lifetime(out, "valid_life_time", "\n       valid_lft ", times.ifa_valid, " ");
	show_lifetime(out, "preferred_life_time", "preferred_lft ", times.ifa_prefered, "");
}

void address_show_alone(struct iothip *ip, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	char name[16];

	if (!header)
		return;
	out_number(&ip->out, "ifindex", "", header->ifa_index, ": ");
	out_string(&ip->out, "ifname", "", device_name(ip, header->ifa_index, name), "");
	address_show(ip, message);
}

struct filter {
	uint32_t index; /* 0: all */
	bool up;
	int scope; /* -1: all */
	bool to;
	struct addrtext_prefix prefix;
};

static bool within(const struct nlattr *attr, const struct addrtext_prefix *prefix)
{
	const uint8_t *bytes = attr ? nlq_attr_data(attr) : NULL;
	unsigned int whole = prefix->len / 8, rest = prefix->len % 8;

	if (!attr || nlq_attr_len(attr) != addrtext_family_len(prefix->family))
		return false;
	return memcmp(bytes, prefix->address, whole) == 0 &&
	       (!rest || (bytes[whole] ^ prefix->address[whole]) >> (8 - rest) == 0);
}

static bool wanted(
    const struct iothip *ip, const struct filter *filter, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[IFA_MAX + 1] = {NULL};

	if (!header || (filter->index && filter->index != header->ifa_index) ||
	    (ip->family != AF_UNSPEC && header->ifa_family != ip->family) ||
	    (filter->scope >= 0 && filter->scope != header->ifa_scope))
		return false;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, IFA_MAX);
	return !filter->to ||
	       within(table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS], &filter->prefix);
}

static void read_filter(struct iothip *ip, struct args *args, struct filter *filter)
{
	*filter = (struct filter){.scope = -1};
	while (!args_end(args)) {
		if (args_take(args, "up")) {
			filter->up = true;
		} else if (args_take(args, "scope")) {
			filter->scope = (int)value_of(scope_names, args_value(args, "scope"), "scope");
		} else if (args_take(args, "to")) {
			filter->prefix = parse_prefix(ip, args_value(args, "to"));
			filter->to = filter->prefix.len > 0;
		} else {
			args_take(args, "dev");
			filter->index = args_device(args, ip);
		}
	}
}

static void show_addresses_of(struct iothip *ip, const struct filter *filter, uint32_t index,
    const struct messages *addresses)
{
	out_array(&ip->out, "addr_info");
	for (size_t i = 0; i < addresses->count; i++) {
		const struct ifaddrmsg *header = nlq_message_body(addresses->list[i], sizeof(*header));

		if (!header || header->ifa_index != index || !wanted(ip, filter, addresses->list[i]))
			continue;
		if (ip->out.one_line && !ip->brief) {
			address_show_alone(ip, addresses->list[i]);
			out_end_line(&ip->out);
			continue;
		}
		out_text(&ip->out, ip->brief ? "" : "\n");
		out_object(&ip->out, NULL);
		address_show(ip, addresses->list[i]);
		out_object_end(&ip->out);
	}
	out_array_end(&ip->out);
}

/* Whether an interface is shown: where addresses were selected, if it has one. */
static bool link_wanted(const struct iothip *ip, const struct filter *filter,
    const struct ifinfomsg *link, const struct messages *addresses)
{
	bool selects = ip->family != AF_UNSPEC || filter->scope >= 0 || filter->to;

	if ((filter->index && filter->index != (uint32_t)link->ifi_index) ||
	    (filter->up && !(link->ifi_flags & IFF_UP)))
		return false;
	for (size_t i = 0; selects && i < addresses->count; i++) {
		const struct ifaddrmsg *header = nlq_message_body(addresses->list[i], sizeof(*header));

		if (header && header->ifa_index == (uint32_t)link->ifi_index &&
		    wanted(ip, filter, addresses->list[i]))
			return true;
	}
	return !selects;
}

static void show(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	const struct ifaddrmsg any = {.ifa_family = (uint8_t)ip->family};
	const struct ifinfomsg any_link = {0};
	struct messages links = {0}, addresses = {0};
	bool lines = ip->out.one_line && !ip->brief; /* one for each address */
	struct filter filter;

	read_filter(ip, args, &filter);
	ask_all(ip, RTM_GETLINK, &any_link, sizeof(any_link), messages_keep, &links);
	ask_all(ip, RTM_GETADDR, &any, sizeof(any), messages_keep, &addresses);
	out_begin(&ip->out);
	for (size_t i = 0; i < links.count; i++) {
		const struct ifinfomsg *link = nlq_message_body(links.list[i], sizeof(*link));

		if (!link || !link_wanted(ip, &filter, link, &addresses))
			continue;
		out_object(&ip->out, NULL);
		if (!lines)
			link_show(ip, links.list[i], false);
		show_addresses_of(ip, &filter, (uint32_t)link->ifi_index, &addresses);
		out_object_end(&ip->out);
		if (!lines)
			out_end_line(&ip->out);
	}
	out_end(&ip->out);
	messages_free(&links);
	messages_free(&addresses);
}

/* ---- change ---- */

static uint32_t read_lifetime(struct args *args, const char *name)
{
	return args_take(args, "forever") ? FOREVER : args_number(args, name, UINT32_MAX);
}

/* "+" and "-": all ones, and all zeros, behind the prefix. */
static struct addrtext_prefix read_broadcast(
    struct iothip *ip, struct args *args, const struct addrtext_prefix *local)
{
	const char *word = args_value(args, "broadcast");
	struct addrtext_prefix result = *local;

	if (strcmp(word, "+") != 0 && strcmp(word, "-") != 0)
		return parse_address(ip, word);
	for (unsigned int bit = local->len; bit < 32; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (*word == '+')
			result.address[bit / 8] |= mask;
		else
			result.address[bit / 8] &= (uint8_t)~mask;
	}
	return result;
}

struct change {
	struct ifaddrmsg header;
	struct addrtext_prefix local, peer;
	uint32_t flags;
	bool has_peer;
	struct ifa_cacheinfo times;
};

static bool take_flag(struct args *args, struct change *change)
{
	static const struct name flags[] = {
	    {IFA_F_NODAD, "nodad"},
	    {IFA_F_NOPREFIXROUTE, "noprefixroute"},
	    {IFA_F_OPTIMISTIC, "optimistic"},
	    {IFA_F_HOMEADDRESS, "home"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (args_take(args, flags[i].name)) {
			change->flags |= flags[i].value;
			return true;
		}
	}
	return false;
}

static void read_change(
    struct iothip *ip, struct args *args, struct change *change, struct nlq_builder *builder)
{
	while (!args_end(args)) {
		if (take_flag(args, change))
			continue;
		if (args_take(args, "dev")) {
			change->header.ifa_index = args_device(args, ip);
		} else if (args_take(args, "peer")) {
			change->peer = parse_prefix(ip, args_value(args, "peer"));
			change->has_peer = true;
		} else if (args_take(args, "broadcast") || args_take(args, "brd")) {
			struct addrtext_prefix broadcast = read_broadcast(ip, args, &change->local);

			build_address(builder, IFA_BROADCAST, &broadcast);
		} else if (args_take(args, "label")) {
			nlq_build_attr_string(builder, IFA_LABEL, args_value(args, "label"));
		} else if (args_take(args, "scope")) {
			change->header.ifa_scope =
			    (uint8_t)value_of(scope_names, args_value(args, "scope"), "scope");
		} else if (args_take(args, "metric")) {
			nlq_build_attr_u32(builder, IFA_RT_PRIORITY, args_number(args, "metric", UINT32_MAX));
		} else if (args_take(args, "valid_lft")) {
			change->times.ifa_valid = read_lifetime(args, "valid_lft");
		} else if (args_take(args, "preferred_lft")) {
			change->times.ifa_prefered = read_lifetime(args, "preferred_lft");
		} else {
			fail_usage("addr: \"%s\" is unknown", *args->word);
		}
	}
}

static void change(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	struct change change = {.times = {.ifa_prefered = FOREVER, .ifa_valid = FOREVER}};
	NLQ_BUFFER(buffer, 512);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct ifaddrmsg *in_message;

	args_take(args, "local");
	change.local = parse_prefix(ip, args_value(args, "an address"));
	if (change.local.family == AF_UNSPEC)
		fail_usage("an address is wanted");
	change.header.ifa_family = (uint8_t)change.local.family;
	change.header.ifa_prefixlen = (uint8_t)change.local.len;
	if (change.local.family == AF_INET && change.local.address[0] == 127)
		change.header.ifa_scope = RT_SCOPE_HOST;
	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0);
	in_message = (struct ifaddrmsg *)(void *)(buffer + builder.used);
	nlq_build_bytes(&builder, &change.header, sizeof(change.header));
	build_address(&builder, IFA_LOCAL, &change.local);
	read_change(ip, args, &change, &builder);
	if (!change.header.ifa_index)
		fail_usage("addr: dev is missing");
	if (change.has_peer)
		change.header.ifa_prefixlen = (uint8_t)change.peer.len;
	build_address(&builder, IFA_ADDRESS, change.has_peer ? &change.peer : &change.local);
	if (change.flags)
		nlq_build_attr_u32(&builder, IFA_FLAGS, change.flags);
	if (change.times.ifa_valid != FOREVER || change.times.ifa_prefered != FOREVER)
		nlq_build_attr(&builder, IFA_CACHEINFO, &change.times, sizeof(change.times));
	*in_message = change.header;
	ask(ip, &builder, NULL, NULL);
}

static void flush(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	const struct ifaddrmsg any = {.ifa_family = (uint8_t)ip->family};
	struct messages addresses = {0};
	struct filter filter;

	if (args_end(args))
		fail_usage("addr flush: of which interface?");
	read_filter(ip, args, &filter);
	ask_all(ip, RTM_GETADDR, &any, sizeof(any), messages_keep, &addresses);
	for (size_t i = 0; i < addresses.count; i++) {
		struct nlq_builder builder = nlq_builder(addresses.list[i], addresses.list[i]->nlmsg_len);

		if (!wanted(ip, &filter, addresses.list[i]))
			continue;
		/* What was told is what is to be deleted. */
		addresses.list[i]->nlmsg_type = type;
		addresses.list[i]->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		builder.used = addresses.list[i]->nlmsg_len;
		ask(ip, &builder, NULL, NULL);
	}
	messages_free(&addresses);
}

void address_command(struct iothip *ip, struct args *args)
{
	static const struct verb verbs[] = {
	    {"show", show, 0, 0},
	    {"list", show, 0, 0},
	    {"lst", show, 0, 0},
	    {"add", change, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL},
	    {"change", change, RTM_NEWADDR, NLM_F_REPLACE},
	    {"replace", change, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE},
	    {"delete", change, RTM_DELADDR, 0},
	    {"flush", flush, RTM_DELADDR, 0},
	    {NULL, NULL, 0, 0},
	};

	verbs_run(ip, args, "addr", verbs);
}
