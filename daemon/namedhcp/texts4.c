/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TXT records of DHCPv4: see texts4.h. */
#include "texts4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "dhcp4.h"
#include "optlist.h"

static const struct {
	const char *tag;
	uint8_t code;
} tags[] = {
    {"mask", DHCP4_MASK},
    {"router", DHCP4_ROUTER},
    {"broadcast", DHCP4_BROADCAST},
    {"dns", DHCP4_DNS},
    {"domname", DHCP4_DOMAIN},
    {"ntp", DHCP4_NTP},
};

static uint8_t code_of(const char *tag)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (optlist_is(tag, tags[i].tag))
			return tags[i].code;
	}
	return 0;
}

/* Mask and broadcast address are one address, and never a name. */
static bool may_be_name(uint8_t code)
{
	return code != DHCP4_MASK && code != DHCP4_BROADCAST;
}

static void add_address(struct texts4 *texts, struct texts4_option *option, const char *text)
{
	struct addrtext_prefix address;
	struct texts4_name *name = &texts->name[texts->names];

	if (option->count == (may_be_name(option->code) ? TEXTS4_ADDRESSES : 1))
		return;
	if (addrtext_parse_ip(text, &address) == 0) {
		if (address.family == AF_INET)
			memcpy(option->address[option->count++], address.address, 4);
		return;
	}
	if (!may_be_name(option->code) || texts->names == TEXTS4_NAMES ||
	    dhcp_name_copy(name->name, text, strlen(text)) < 0)
		return;
	name->option = (size_t)(option - texts->option);
	name->address = option->count;
	option->is_open[option->count++] = true;
	texts->names++;
}

static int read_value(struct texts4 *texts, struct texts4_option *option, const char *value)
{
	struct optlist list;

	if (option->code == DHCP4_DOMAIN) {
		if (dhcp_name_copy(option->domain, value, strlen(value)) < 0)
			option->domain[0] = '\0';
		return 0;
	}
	if (optlist_parse(&list, value) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < list.count; i++)
		add_address(texts, option, list.items[i].tag);
	optlist_free(&list);
	return 0;
}

int texts4_read(struct texts4 *texts, const char *lines)
{
	struct optlist list;
	int err = optlist_parse(&list, lines); /* a newline separates, too */

	memset(texts, 0, sizeof(*texts));
	if (err)
		return err;
	for (size_t i = 0; i < list.count && !err; i++) {
		uint8_t code = code_of(list.items[i].tag);
		struct texts4_option *option = &texts->option[texts->count];

		if (code == 0 || !list.items[i].value || texts4_find(texts, code))
			continue;
		option->code = code;
		texts->count++;
		err = read_value(texts, option, list.items[i].value);
	}
	optlist_free(&list);
	return err;
}

const struct texts4_option *texts4_find(const struct texts4 *texts, uint8_t code)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (texts->option[i].code == code)
			return &texts->option[i];
	}
	return NULL;
}

size_t texts4_bytes(const struct texts4_option *option, uint8_t bytes[DHCP_NAME_SIZE])
{
	size_t len = 0;

	if (option->code == DHCP4_DOMAIN) {
		len = strlen(option->domain);
		memcpy(bytes, option->domain, len);
		return len;
	}
	for (size_t i = 0; i < option->count; i++) {
		if (option->is_open[i])
			continue;
		memcpy(bytes + len, option->address[i], 4);
		len += 4;
	}
	return len;
}
