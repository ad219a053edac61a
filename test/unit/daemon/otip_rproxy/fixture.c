/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window and its log: see fixture.h. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "log.h"

struct in6_addr fixture_address;
struct service fixture_services[2];
static char said[1 << 16];

static void note(int level, const char *text, void *argument)
{
	size_t len = strlen(said);

	assert_true(len + strlen(text) + 2 <= sizeof(said));
	(void)snprintf(said + len, sizeof(said) - len, "%s\n", text);
}

size_t fixture_lines(const char *text)
{
	size_t count = 0;

	for (const char *at = said; (at = strstr(at, text)) != NULL; count++)
		at = strchr(at, '\n');
	return count;
}

void fixture_open(int type)
{
	for (uint16_t i = 0; i < 2; i++)
		world_service(&fixture_services[i], type, (uint16_t)(FIXTURE_PORT + i));
	fixture_address = world_address(1);
	assert_int_equal(window_open(&world.flows, &fixture_address, fixture_services, 2), 0);
	world_turn();
}

void fixture_begin(const struct flow_limits *limits, int type)
{
	said[0] = '\0';
	log_set_hook(note, NULL);
	assert_true(world_begin(limits));
	fixture_open(type);
}

int fixture_end(void **state)
{
	world_end();
	return 0;
}

uint64_t fixture_count(const metric *counter)
{
	return metric_get(counter);
}

int fixture_call_from(unsigned int source)
{
	int client = world_call(&fixture_address, FIXTURE_PORT, source);

	assert_true(client >= 0);
	world_turn();
	return client;
}

int fixture_call(void)
{
	return fixture_call_from(1);
}
