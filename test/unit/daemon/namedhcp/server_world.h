/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of both servers live in: the DNS of dns_world.h, domains, and the last answer. */
#ifndef SERVER_WORLD_H
#define SERVER_WORLD_H

#include "config.h"
#include "dns_world.h"
#include "hex.h"
#include "log_lines.h"
#include "server.h"

static struct names names;
static struct domains domains;
static uint8_t replied[2048];
static size_t reply_len;
static struct peer reply_to;
static unsigned int replies;

static void reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	(void)context;
	reply_to = *peer;
	memcpy(replied, payload, len);
	reply_len = len;
	replies++;
}

static void world_setup(void)
{
	memset(&dns, 0, sizeof(dns));
	memset(&domains, 0, sizeof(domains));
	replies = 0;
	assert_int_equal(names_init(&names, &dns_ops, NULL), 0);
}

static void world_teardown(struct server *server)
{
	server_fini(server);
	names_fini(&names);
}

static void world_add_option(struct config *config, uint16_t code, const char *hex)
{
	uint8_t bytes[CONFIG_BYTES_MAX];

	config_add(config, code, bytes, from_hex(hex, bytes, sizeof(bytes)));
}

/* One who floods, with messages whose hexadecimal form has four bytes of a name between `before`
 * and `after`: its own share of what waits, and a table of questions that has an end. */
static void world_flood(const struct server *server, void (*input)(const char *hex),
    const char *before, const char *after, size_t questions)
{
	char message[256];

	for (unsigned int i = 0; i < 3 * PENDING_MAX; i++) {
		snprintf(message, sizeof(message), "%s%02x%02x%02x%02x%s", before, 'a' + i % 26,
		    'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a', after);
		input(message);
		assert_in_range(server->pending.all.count, 0, PENDING_OF_CLIENT);
		assert_in_range(names.count, 0, questions);
	}
}

static void world_without_dns(
    const struct server *server, void (*input)(const char *hex), const char *message)
{
	dns.refuse = -EMFILE;
	input(message);
	assert_int_equal(replies, 0);
	assert_int_equal(server->pending.all.count, 0);
}

/* What --verbose says of the last message. */
static struct log_lines told;

static void world_listen(bool listen)
{
	told = (struct log_lines){0};
	log_set_verbose(listen);
	log_set_hook(listen ? log_lines_keep : NULL, &told);
}

static void world_assert_told(const char *expected)
{
	assert_string_equal(told.last, expected);
	told.last[0] = '\0';
}

#endif
