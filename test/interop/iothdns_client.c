/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that looks names up on one stack, each line of its input one of them:
 *
 *	iothdns_client CONFIG OPTIONS <<<'udp 10.0.0.53 www.test AAAA'
 *
 * CONFIG is ioth_newstackc's, OPTIONS are those of resolv.conf(5). The first word is the way:
 *     udp, tcp      iothdns_lookup_cb, iothdns_lookup_cb_tcp
 *     noedns        iothdns_lookup_cb without EDNS0
 *     async         iothdns_query_start: all lines of this kind at the same time, after the others
 *(a server that serves one connection after the other would wait for us) info iothdns_getaddrinfo;
 *the type is left out A line of output for each record of the answer: the line, a colon, the data;
 *or "nothing", or errno's name. The order of the lines is that in which answers come.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#include "print.h"
#include "types.h"

#define ASYNC_MAX 200

struct look_up {
	char way[10], server[80], name[IOTHDNS_MAXNAME], type[20];
	unsigned int records;
	struct iothdns_query *query;
};

static struct look_up later[ASYNC_MAX];

static void begin_line(const struct look_up *look_up)
{
	printf("%s %s %s %s: ", look_up->way, look_up->server, look_up->name, look_up->type);
}

static void say(const struct look_up *look_up, const char *what)
{
	begin_line(look_up);
	puts(what);
}

static void end(const struct look_up *look_up, int error)
{
	if (error)
		say(look_up, strerrorname_np(error));
	else if (look_up->records == 0)
		say(look_up, "nothing");
}

static int take(int section, struct iothdns_rr *rr, struct iothdns_pkt *pkt, void *arg)
{
	struct look_up *look_up = arg;

	if (section != IOTHDNS_SEC_ANSWER)
		return 0;
	look_up->records++;
	begin_line(look_up);
	print_data(rr, pkt);
	putchar('\n');
	return 0;
}

static void take_all(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	struct iothdns_rr rr;
	int section;

	(void)query;
	(void)header;
	while (!error && (section = iothdns_get_rr(reply, &rr, NULL)) != 0)
		take(section, &rr, reply, arg);
	end(arg, error);
}

static void info(struct iothdns *dns, const struct look_up *look_up)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int error = iothdns_getaddrinfo(dns, look_up->name, NULL, &hints, &list);

	if (error)
		say(look_up, iothdns_gai_strerror(error));
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		char host[NI_MAXHOST] = "";

		iothdns_getnameinfo(
		    dns, ai->ai_addr, ai->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST);
		say(look_up, host);
	}
	iothdns_freeaddrinfo(list);
}

static void look_up(struct ioth *stack, const char *options, struct look_up *look_up)
{
	int type = type_number(look_up->type), result = 0;
	struct iothdns *dns;
	char config[400];

	snprintf(config, sizeof(config), "nameserver %s\noptions no-cache %s %s\n", look_up->server,
	    options, strcmp(look_up->way, "noedns") == 0 ? "no-edns0" : "");
	dns = iothdns_init_strcfg(stack, config);
	if (!dns) {
		perror("iothdns_init_strcfg");
		exit(1);
	}
	if (strcmp(look_up->way, "info") == 0) {
		info(dns, look_up);
	} else if (strcmp(look_up->way, "async") == 0) {
		look_up->query = iothdns_query_start(dns, look_up->name, type, 0, take_all, look_up);
		if (!look_up->query)
			end(look_up, errno);
	} else {
		if (strcmp(look_up->way, "tcp") == 0)
			result = iothdns_lookup_cb_tcp(dns, look_up->name, type, take, look_up);
		else
			result = iothdns_lookup_cb(dns, look_up->name, type, take, look_up);
		end(look_up, result < 0 ? errno : 0);
	}
	iothdns_fini(dns); /* a query goes on without it */
}

static void await(struct look_up *look_ups, size_t count)
{
	struct pollfd items[ASYNC_MAX];
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		struct iothdns_query *query = look_ups[i].query;

		items[i] = (struct pollfd){query ? iothdns_query_fd(query) : -1, POLLIN, 0};
		left += query != NULL;
	}
	while (left > 0 && poll(items, count, -1) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (!items[i].revents || !iothdns_query_process(look_ups[i].query))
				continue;
			iothdns_query_free(look_ups[i].query);
			items[i].fd = -1;
			left--;
		}
	}
}

int main(int argc, char *argv[])
{
	struct ioth *stack;
	char line[500];
	size_t count = 0;

	if (argc != 3)
		return 2;
	stack = ioth_newstackc(argv[1]);
	if (!stack) {
		fprintf(stderr, "no stack: %s (%s)\n", strerror(errno), ioth_config_error());
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		struct look_up one = {.query = NULL};

		if (sscanf(line, "%9s %79s %255s %19s", one.way, one.server, one.name, one.type) != 4)
			fprintf(stderr, "not a look-up: %s", line);
		else if (strcmp(one.way, "async") != 0)
			look_up(stack, argv[2], &one);
		else if (count < ASYNC_MAX)
			later[count++] = one;
	}
	for (size_t i = 0; i < count; i++)
		look_up(stack, argv[2], &later[i]);
	await(later, count);
	return ioth_delstack(stack) < 0;
}
