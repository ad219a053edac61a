/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip neigh: show, add, change, replace, delete. */
#include "iothip.h"
#include "names.h"

#include <string.h>
#include <sys/socket.h>
#include <linux/neighbour.h>

/* ---- show ---- */

static void show_state(struct output *out, uint32_t state)
{
	const char *separator = "";

	out_array(out, "state");
	for (const struct name *name = neighbour_state_names; name->name; name++) {
		if (!(state & name->value))
			continue;
		out_string(out, NULL, out->json ? NULL : separator, name->name, "");
		separator = ",";
	}
	out_array_end(out);
	out_text(out, " ");
}

static void show_times(struct output *out, const struct nlattr **table)
{
	struct nda_cacheinfo info;

	if (table[NDA_CACHEINFO] && nlq_attr_len(table[NDA_CACHEINFO]) >= sizeof(info)) {
		memcpy(&info, nlq_attr_data(table[NDA_CACHEINFO]), sizeof(info));
		out_number(out, "used", " used ", info.ndm_used / 100, "");
		out_number(out, "confirmed", "/", info.ndm_confirmed / 100, "");
		out_number(out, "updated", "/", info.ndm_updated / 100, " ");
	}
	if (table[NDA_PROBES])
		out_number(out, "probes", "probes ", attr_number(table[NDA_PROBES], 0), " ");
}

void neighbour_show(struct iothip *ip, const struct nlmsghdr *message, unsigned int known)
{
	const struct ndmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[NDA_MAX + 1] = {NULL};
	struct output *out = &ip->out;
	char text[ADDRTEXT_IP_SIZE], name[16];

	if (!header)
		return;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, NDA_MAX);
	if (table[NDA_DST])
		out_string(out, "dst", "", address_text(header->ndm_family, table[NDA_DST], text), " ");
	if (!(known & KNOWN_DEVICE))
		out_string(out, "dev", "dev ", device_name(ip, (uint32_t)header->ndm_ifindex, name), " ");
	if (table[NDA_LLADDR] && nlq_attr_len(table[NDA_LLADDR]) == ADDRTEXT_MAC_LEN &&
	    addrtext_print_mac(text, sizeof(text), nlq_attr_data(table[NDA_LLADDR])) == 0)
		out_string(out, "lladdr", "lladdr ", text, " ");
	if (header->ndm_flags & NTF_ROUTER)
		out_null(out, "router", "router ");
	if (ip->statistics)
		show_times(out, table);
	show_state(out, header->ndm_state);
}

struct filter {
	struct iothip *ip;
	uint32_t index;  /* 0: all */
	uint32_t states; /* bits */
	bool to;
	struct addrtext_prefix address;
};

static int show_one(const struct nlmsghdr *message, void *argument)
{
	const struct filter *filter = argument;
	const struct ndmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *table[NDA_MAX + 1] = {NULL};
	size_t len = addrtext_family_len(filter->address.family);

	if (!header || (filter->index && filter->index != (uint32_t)header->ndm_ifindex) ||
	    !(header->ndm_state & filter->states))
		return 0;
	nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), table, NDA_MAX);
	if (filter->to && (header->ndm_family != filter->address.family || !table[NDA_DST] ||
	                      nlq_attr_len(table[NDA_DST]) != len ||
	                      memcmp(nlq_attr_data(table[NDA_DST]), filter->address.address, len) != 0))
		return 0;
	out_object(&filter->ip->out, NULL);
	neighbour_show(filter->ip, message, filter->index ? KNOWN_DEVICE : 0);
	out_object_end(&filter->ip->out);
	out_end_line(&filter->ip->out);
	return 0;
}

static uint32_t read_states(struct args *args)
{
	const char *word = args_value(args, "nud");

	return strcmp(word, "all") == 0 ? UINT32_MAX : value_of(neighbour_state_names, word, "state");
}

static void show(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	const struct ndmsg any = {.ndm_family = (uint8_t)ip->family};
	struct filter filter = {.ip = ip, .states = ~(uint32_t)NUD_NOARP};

	while (!args_end(args)) {
		if (args_take(args, "dev")) {
			filter.index = args_device(args, ip);
		} else if (args_take(args, "nud")) {
			filter.states = read_states(args);
		} else {
			args_take(args, "to");
			filter.address = parse_address(ip, args_value(args, "to"));
			filter.to = true;
		}
	}
	out_begin(&ip->out);
	ask_all(ip, RTM_GETNEIGH, &any, sizeof(any), show_one, &filter);
	out_end(&ip->out);
}

/* ---- change ---- */

static void change(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags)
{
	struct ndmsg header = {.ndm_state = NUD_PERMANENT}, *in_message;
	struct addrtext_prefix address = {0};
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	uint8_t mac[ADDRTEXT_MAC_LEN];

	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0);
	in_message = (struct ndmsg *)(void *)(buffer + builder.used);
	nlq_build_bytes(&builder, &header, sizeof(header));
	while (!args_end(args)) {
		if (args_take(args, "lladdr")) {
			args_mac(args, "lladdr", mac);
			nlq_build_attr(&builder, NDA_LLADDR, mac, sizeof(mac));
		} else if (args_take(args, "nud")) {
			header.ndm_state =
			    (uint16_t)value_of(neighbour_state_names, args_value(args, "nud"), "state");
		} else if (args_take(args, "dev")) {
			header.ndm_ifindex = (int)args_device(args, ip);
		} else if (args_take(args, "router")) {
			header.ndm_flags |= NTF_ROUTER;
		} else {
			args_take(args, "to");
			address = parse_address(ip, args_value(args, "to"));
		}
	}
	if (address.family == AF_UNSPEC)
		fail_usage("neigh: an address is missing");
	if (!header.ndm_ifindex)
		fail_usage("neigh: dev is missing");
	header.ndm_family = (uint8_t)address.family;
	build_address(&builder, NDA_DST, &address);
	*in_message = header;
	ask(ip, &builder, NULL, NULL);
}

void neighbour_command(struct iothip *ip, struct args *args)
{
	static const struct verb verbs[] = {
	    {"show", show, 0, 0},
	    {"list", show, 0, 0},
	    {"lst", show, 0, 0},
	    {"add", change, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL},
	    {"change", change, RTM_NEWNEIGH, NLM_F_REPLACE},
	    {"replace", change, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE},
	    {"delete", change, RTM_DELNEIGH, 0},
	    {NULL, NULL, 0, 0},
	};

	verbs_run(ip, args, "neigh", verbs);
}
