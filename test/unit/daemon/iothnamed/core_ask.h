/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One core of core_fixture.h, asked in few words. */
#ifndef TEST_CORE_ASK_H
#define TEST_CORE_ASK_H

#include "core_fixture.h"
#include "hex.h"

#define TTL "2147483647" /* of static records, by default */

static struct fixture fixture;

static inline void load(const char *conf)
{
	if (!fixture_load(&fixture, conf))
		fail_msg("%s", fixture.log);
}

static inline const char *ask(const char *name, const char *type)
{
	return fixture_ask(&fixture, "2001:db8::1", name, type);
}

static inline const char *ask_from(const char *client, const char *name, const char *type)
{
	return fixture_ask(&fixture, client, name, type);
}

static inline const char *ask_hex(const char *hex)
{
	uint8_t query[1024];

	(void)fixture_send(&fixture, "192.0.2.1", query, from_hex(hex, query, sizeof(query)));
	return fixture.verdict == NAMED_REPLY  ? to_hex(fixture.reply, fixture.reply_len)
	       : fixture.verdict == NAMED_DROP ? "drop"
	                                       : "forward";
}

#endif
