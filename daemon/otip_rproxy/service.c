/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines `udp` and `tcp`: see service.h. */
#include "service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "options.h"
#include "optlist.h"

__attribute__((format(printf, 2, 3))) static int refuse(char *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (why)
		vsnprintf(why, SERVICE_WHY_SIZE, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int read_port(const char *text, uint16_t *port, char *why)
{
	int64_t number;

	if (option_number(text, 1, UINT16_MAX, &number) < 0)
		return refuse(why, "port '%.32s' is not a number from 1 to 65535", text);
	*port = (uint16_t)number;
	return 0;
}

/* A name, or an address; what is written like an address and is none is a mistake. */
static bool is_host(const char *text)
{
	struct addrtext_prefix address;

	if (!*text || strlen(text) > SERVICE_HOST_MAX)
		return false;
	if (addrtext_parse_ip(text, &address) == 0)
		return true;
	return !strchr(text, ':') && text[strspn(text, "0123456789.")] && *text != '.' &&
	       !strstr(text, "..") && !text[strcspn(text, " \t/")];
}

static int read_fields(struct service *service, const struct optlist *list, char *why)
{
	const struct optlist_item *items = list->items;
	int err;

	if (list->count < 3 || list->count > 4)
		return refuse(why, "there are %zu parts", list->count);
	for (size_t i = 0; i < list->count; i++) {
		if (items[i].value)
			return refuse(why, "'%.32s=' is no part of it", items[i].tag);
	}
	err = read_port(items[0].tag, &service->port, why);
	if (!err && !is_host(items[1].tag))
		err = refuse(why, "'%.64s' is neither an address nor a name", items[1].tag);
	if (!err)
		err = read_port(items[2].tag, &service->inner_port, why);
	if (err)
		return err;
	strcpy(service->host, items[1].tag);
	if (list->count == 3)
		return 0;
	if (service->type != SOCK_STREAM)
		return refuse(why, "there are 4 parts");
	if (strcmp(items[3].tag, "proxy1") != 0 && strcmp(items[3].tag, "proxy2") != 0)
		return refuse(why, "'%.32s' is neither proxy1 nor proxy2", items[3].tag);
	service->proxy = (unsigned int)(items[3].tag[5] - '0');
	return 0;
}

int service_parse(struct service *service, int type, const char *text, char why[SERVICE_WHY_SIZE])
{
	struct optlist list;
	int err;

	*service = (struct service){.type = type};
	err = optlist_parse(&list, text);
	if (err) {
		(void)refuse(why, "%s", strerror(-err));
		return err;
	}
	err = read_fields(service, &list, why);
	optlist_free(&list);
	return err;
}
