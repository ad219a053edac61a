/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A core that is asked in text: see core_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <iothdns.h>

#include "cache.h"
#include "hash.h"
#include "hrev.h"
#include "log.h"
#include "record.h"

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
    {"A", 1},
    {"NS", 2},
    {"CNAME", 5},
    {"SOA", 6},
    {"PTR", 12},
    {"HINFO", 13},
    {"MX", 15},
    {"TXT", 16},
    {"AAAA", 28},
    {"SRV", 33},
    {"OPT", 41},
    {"DS", 43},
    {"AXFR", 252},
    {"ANY", 255},
    {"CAA", 257},
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static void take_log(int level, const char *text, void *argument)
{
	struct fixture *fixture = argument;
	size_t len = strlen(fixture->log);

	(void)level;
	snprintf(fixture->log + len, sizeof(fixture->log) - len, "%s\n", text);
}

static bool start(struct fixture *fixture, struct named_conf *conf)
{
	fixture->conf = conf;
	if (!conf)
		return false;
	fixture->now = 1000000000;
	fixture->wall = 1700000000;
	fixture->shared = (struct named_shared){.cookie = {1, {{{0, 0}}}}};
	assert_int_equal(named_hrev_new(&fixture->shared.hrev, 64), 0);
	assert_int_equal(named_otip_keys_new(&fixture->shared.otip), 0);
	assert_int_equal(
	    named_cache_new(&fixture->shared.cache, &(struct named_cache_config){.bytes = 1 << 20}), 0);
	named_core_init(&fixture->core, conf, &fixture->shared);
	return true;
}

bool fixture_load(struct fixture *fixture, const char *conf)
{
	struct named_conf *made;

	memset(fixture, 0, sizeof(*fixture));
	log_set_hook(take_log, fixture);
	made = named_conf_parse("test.rc", conf, strlen(conf));
	log_set_hook(NULL, NULL);
	return start(fixture, made);
}

bool fixture_load_file(struct fixture *fixture, const char *path)
{
	struct named_conf *made;

	memset(fixture, 0, sizeof(*fixture));
	log_set_hook(take_log, fixture);
	made = named_conf_load(path, NULL);
	log_set_hook(NULL, NULL);
	return start(fixture, made);
}

void fixture_unload(struct fixture *fixture)
{
	named_core_fini(&fixture->core);
	named_conf_unref(fixture->conf);
	named_hrev_free(fixture->shared.hrev);
	named_otip_keys_free(fixture->shared.otip);
	named_cache_free(fixture->shared.cache);
}

enum named_verdict fixture_send(
    struct fixture *fixture, const char *client, const uint8_t *query, size_t len)
{
	struct named_client from = {
	    .port = 53, .tcp = fixture->tcp, .again = fixture->last, .last = fixture->last};

	assert_int_equal(named_address_from_text(client, &from.addr, NULL), 0);
	fixture->reply_len = sizeof(fixture->reply);
	fixture->verdict = named_core_query(&fixture->core, &from, query, len, fixture->now,
	    fixture->wall, fixture->reply, &fixture->reply_len, &fixture->request);
	return fixture->verdict;
}

static uint16_t type_of(const char *name)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	}
	fail_msg("type %s", name);
	return 0;
}

static size_t make_query(struct fixture *fixture, const char *name, uint16_t type)
{
	uint8_t *p = fixture->query;
	struct dns_name wire;
	size_t at = 12;

	assert_int_equal(name_from_text(&wire, name), 0);
	memset(p, 0, 12);
	p[0] = 0x12;
	p[1] = 0x34;
	p[2] = (uint8_t)(fixture->flags >> 8);
	p[3] = (uint8_t)fixture->flags;
	p[5] = 1;
	p[11] = fixture->edns;
	memcpy(p + at, wire.wire, wire.len);
	at += wire.len;
	p[at++] = (uint8_t)(type >> 8);
	p[at++] = (uint8_t)type;
	p[at++] = (uint8_t)((fixture->class ? fixture->class : 1) >> 8);
	p[at++] = (uint8_t)(fixture->class ? fixture->class : 1);
	if (fixture->edns) {
		memcpy(p + at, "\0\0\51\4\320\0\0\0\0\0\0", 11);
		if (fixture->edns_size) {
			p[at + 3] = (uint8_t)(fixture->edns_size >> 8);
			p[at + 4] = (uint8_t)fixture->edns_size;
		}
		at += 11;
	}
	return at;
}

/* Appends to the text. */
#define say(fixture, ...)                                                                          \
	do {                                                                                           \
		size_t said = strlen((fixture)->text);                                                     \
		snprintf((fixture)->text + said, sizeof((fixture)->text) - said, __VA_ARGS__);             \
	} while (0)

static void say_data(struct fixture *fixture, struct iothdns_pkt *pkt, uint16_t type)
{
	char text[IOTHDNS_MAXNAME];
	struct iothdns_soa soa;
	uint8_t address[16];

	switch (type) {
	case 1:
		say(fixture, "%s", inet_ntop(AF_INET, iothdns_get_a(pkt, address), text, sizeof(text)));
		break;
	case 28:
		say(fixture, "%s", inet_ntop(AF_INET6, iothdns_get_aaaa(pkt, address), text, sizeof(text)));
		break;
	case 33:
		say(fixture, "%u ", iothdns_get_int16(pkt));
		say(fixture, "%u ", iothdns_get_int16(pkt));
		/* fallthrough */
	case 15:
		say(fixture, "%u ", iothdns_get_int16(pkt));
		/* fallthrough */
	case 2:
	case 5:
	case 12:
		say(fixture, "%s", iothdns_get_name(pkt, text));
		break;
	case 16:
	case 13:
		while (iothdns_get_left(pkt) > 0)
			say(fixture, "\"%s\"", iothdns_get_string(pkt, text));
		break;
	case 6:
		assert_int_equal(iothdns_get_soa(pkt, &soa), 0);
		say(fixture, "%s %s %u %u", soa.mname, soa.rname, soa.serial, soa.minimum);
		break;
	default:
		while (iothdns_get_left(pkt) > 0)
			say(fixture, "%02x", iothdns_get_int8(pkt));
	}
}

const char *fixture_text(struct fixture *fixture)
{
	static const char *const marks[] = {"", "", "@", "+"};
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header header;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt;
	int section;

	fixture->text[0] = '\0';
	if (fixture->verdict != NAMED_REPLY) {
		say(fixture, "%s",
		    fixture->verdict == NAMED_DROP   ? "drop"
		    : fixture->verdict == NAMED_WAIT ? "wait"
		                                     : "forward");
		return fixture->text;
	}
	pkt = iothdns_get_header(&header, fixture->reply, fixture->reply_len, name);
	assert_non_null(pkt);
	say(fixture, "%04x", header.flags);
	while ((section = iothdns_get_rr(pkt, &rr, name))) {
		const char *type = "?";

		for (size_t i = 0; i < TYPES; i++)
			type = types[i].type == rr.type ? types[i].name : type;
		say(fixture, ": %s%s %s %u ", marks[section], rr.name, type, rr.ttl);
		say_data(fixture, pkt, rr.type);
	}
	assert_int_equal(iothdns_error(pkt), 0);
	iothdns_free(pkt);
	return fixture->text;
}

const char *fixture_ask(
    struct fixture *fixture, const char *client, const char *name, const char *type)
{
	size_t len = make_query(fixture, name, type_of(type));

	(void)fixture_send(fixture, client, fixture->query, len);
	fixture->tcp = fixture->edns = fixture->last = false;
	fixture->class = fixture->flags = fixture->edns_size = 0;
	return fixture_text(fixture);
}
