/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines `udp` and `tcp`: see service.h. */
#include "service.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "options.h"
#include "optlist.h"

static int read_port(const char *text, uint16_t *port)
{
	int64_t number;
	int err = option_number(text, 1, UINT16_MAX, &number);

	if (!err)
		*port = (uint16_t)number;
	return err ? -EINVAL : 0;
}

/* A name, or an address; what is written like an address and is none is a mistake. */
static bool is_host(const char *text)
{
	struct addrtext_prefix address;

	if (!*text || strlen(text) > SERVICE_HOST_MAX)
		return false;
	return addrtext_parse_ip(text, &address) == 0 ||
	       (!strchr(text, ':') && text[strspn(text, "0123456789.")]);
}

static int read_fields(struct service *service, const struct optlist *list)
{
	const struct optlist_item *items = list->items;

	if (list->count < 3 || list->count > 4 || !is_host(items[1].tag))
		return -EINVAL;
	for (size_t i = 0; i < list->count; i++) {
		if (items[i].value)
			return -EINVAL;
	}
	strcpy(service->host, items[1].tag);
	if (list->count == 4) {
		if (service->type != SOCK_STREAM ||
		    (strcmp(items[3].tag, "proxy1") != 0 && strcmp(items[3].tag, "proxy2") != 0))
			return -EINVAL;
		service->proxy = (unsigned int)(items[3].tag[5] - '0');
	}
	if (read_port(items[0].tag, &service->port) < 0)
		return -EINVAL;
	return read_port(items[2].tag, &service->inner_port);
}

int service_parse(struct service *service, int type, const char *text)
{
	struct optlist list;
	int err;

	*service = (struct service){.type = type};
	err = optlist_parse(&list, text);
	if (err)
		return err;
	err = read_fields(service, &list);
	optlist_free(&list);
	return err;
}
