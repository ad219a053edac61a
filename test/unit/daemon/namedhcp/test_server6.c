/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv6 server: golden packets, what RFC 8415 says of each message, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "server6.h"
#include "server_world.h"

#define NAME             "h1.hash.local"
#define WIRE             "0268310468617368056c6f63616c00"
#define ADDRESS          "fc00::580c:c6d0:5a1a:5b6b"
#define HEX_ADDR         "fc00000000000000580cc6d05a1a5b6b"
#define CLIENT           "0001000e000100012f0000000ac0deadbeef"
#define SERVER           "0002000e000100012f000001800101010101"
#define OTHER            "0002000e000100012f000001800101010102"
#define FQDN             "0027001000" WIRE
#define IA_EMPTY         "0003000cdeadbeef0000000000000000"
#define IAADDR(address)  "00050018" address "0000000000000000"
#define IA_WITH(address) "00030028deadbeef0000000000000000" IAADDR(address)
#define FOREVER          "ffffffffffffffff"

static struct server6 server;
static struct config6 config;
static struct peer client = {.address = {0xfe, 0x80, [15] = 9}, .port = 546};

static int setup(void **state)
{
	static const uint8_t mac[6] = {0x80, 1, 1, 1, 1, 1};

	world_setup();
	memset(&config, 0, sizeof(config));
	config.duid = dhcp_duid_llt(mac, 0x2f000001);
	config.preference = -1;
	world_add_option(&config.common, DHCP6_DNS, "fc000000000000000000000000000024");
	world_add_option(&config.common, DHCP6_DOMAIN, "0468617368056c6f63616c00");
	assert_int_equal(server6_init(&server, &names, reply, NULL), 0);
	server6_configure(&server, &config, &domains);
	return 0;
}

static int teardown(void **state)
{
	world_teardown(&server.common);
	return 0;
}

static void input(const char *hex)
{
	uint8_t bytes[2048];
	size_t len = from_hex(hex, bytes, sizeof(bytes));

	server6_input(&server, 0, &client, bytes, len);
}

/* The answer to a message, with this answer of the DNS; NULL: it says that there is no such name.
 */
static const char *exchange_ttl(const char *hex, const char *addresses, uint32_t ttl)
{
	unsigned int before = replies;

	names_forget(&names);
	input(hex);
	if (addresses)
		dns_answer(0, NAME, NAMES_AAAA, ttl, addresses);
	else
		dns_fail(0, NAME, NAMES_AAAA, ENOENT);
	assert_in_range(replies, before, before + 1);
	if (replies == before)
		return "";
	assert_memory_equal(&reply_to, &client, sizeof(client));
	return to_hex(replied, reply_len);
}

static const char *exchange(const char *hex, const char *addresses)
{
	return exchange_ttl(hex, addresses, 600);
}

#define SOLICIT                                                                                    \
	"01aabbcc0001000e000100012f0000000ac0deadbeef000600040017001800080002000000270010000268310468" \
	"617368056c6f63616c000003000cdeadbeef0000000000000000"
#define ADVERTISE                                                                                  \
	"02aabbcc0001000e000100012f0000000ac0deadbeef0002000e000100012f000001800101010101000300"       \
	"28deadbeef000000000000000000050018fc00000000000000580cc6d05a1a5b6bffffffffffffffff0027001000" \
	"0268310468617368056c6f63616c0000170010fc0000000000000000000000000000240018000c0468617368056c" \
	"6f63616c00"

static void golden_packets(void **state)
{
	assert_string_equal(exchange(SOLICIT, ADDRESS), ADVERTISE);
	assert_int_equal(dns.asks, 1);
}

/* What is known is answered from; another's name is not waited for. */
static void an_answer_is_remembered(void **state)
{
	assert_string_equal(exchange(SOLICIT, ADDRESS), ADVERTISE);
	input(SOLICIT);
	assert_int_equal(replies, 2);
	assert_int_equal(dns.asks, 1);
	assert_string_equal(to_hex(replied, reply_len), ADVERTISE);
}

static void a_slow_name_delays_nobody(void **state)
{
	input("01aabbcc" CLIENT "0027000f000173046861736805"
	      "6c6f63616c00" IA_EMPTY); /* s.hash.local, of which nothing is heard */
	assert_non_null(dns_find("s.hash.local", NAMES_AAAA));
	assert_string_equal(exchange(SOLICIT, ADDRESS), ADVERTISE);
	assert_int_equal(server.common.pending.all.count, 1);
	dns_fail(0, "s.hash.local", NAMES_AAAA, ETIMEDOUT);
	assert_int_equal(replies, 1);
	assert_int_equal(server.common.pending.all.count, 0);
}

static void leases(void **state)
{
	static const char *const types[] = {"03", "05"};

	for (size_t i = 0; i < 2; i++) {
		char message[512], expected[512];

		snprintf(message, sizeof(message), "%s010203" CLIENT SERVER FQDN IA_EMPTY, types[i]);
		snprintf(expected, sizeof(expected),
		    "07010203" CLIENT SERVER "00030028deadbeef0000000000000000"
		    "00050018" HEX_ADDR FOREVER FQDN);
		assert_string_equal(exchange(message, ADDRESS), expected);
		snprintf(expected, sizeof(expected),
		    "07010203" CLIENT SERVER "000d000e0004696e76616c69642061646472" FQDN);
		assert_string_equal(exchange(message, NULL), expected);
		assert_string_equal(exchange(message, ""), expected);
	}
	assert_string_equal(exchange("06010203" CLIENT FQDN IA_EMPTY, ADDRESS),
	    "07010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN);
}

static void a_solicit_without_address_is_not_answered(void **state)
{
	assert_string_equal(exchange(SOLICIT, NULL), "");
	assert_string_equal(exchange(SOLICIT, ""), "");
}

/* A DNS that has failed says nothing about the address that a client has. */
static void a_failing_dns_takes_nothing(void **state)
{
	input("05010203" CLIENT SERVER FQDN IA_WITH(HEX_ADDR));
	assert_true(dns_fail(0, NAME, NAMES_AAAA, ETIMEDOUT));
	input("05010203" CLIENT SERVER FQDN IA_WITH(HEX_ADDR));
	assert_true(dns_fail(0, NAME, NAMES_AAAA, EREMOTEIO));
	assert_int_equal(replies, 0);
}

static void an_address_that_has_gone_is_taken_back(void **state)
{
	assert_string_equal(
	    exchange(
	        "05010203" CLIENT SERVER FQDN IA_WITH("fc000000000000000000000000000099"), ADDRESS),
	    "07010203" CLIENT SERVER "00030044deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER "00050018fc000000000000000000000000000099"
	    "0000000000000000" FQDN);
}

static void confirm(void **state)
{
	assert_string_equal(exchange("04010203" CLIENT FQDN IA_WITH(HEX_ADDR), ADDRESS),
	    "07010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN);
	assert_string_equal(
	    exchange("04010203" CLIENT FQDN IA_WITH("fc000000000000000000000000000099"), ADDRESS),
	    "07010203" CLIENT SERVER "000d000e0004696e76616c69642061646472" FQDN);
	/* Without an address there is nothing to confirm. */
	assert_string_equal(exchange("04010203" CLIENT FQDN IA_EMPTY, ADDRESS), "");
}

static void release_and_decline(void **state)
{
	static const char *const types[] = {"08", "09"};
	char message[512];

	for (size_t i = 0; i < 2; i++) {
		snprintf(
		    message, sizeof(message), "%s010203" CLIENT SERVER FQDN IA_WITH(HEX_ADDR), types[i]);
		assert_string_equal(
		    exchange(message, ADDRESS), "07010203" CLIENT SERVER "000d0009000073756363657373");
		/* Without a name there is nothing to look for. */
		snprintf(message, sizeof(message), "%s010203" CLIENT SERVER IA_WITH(HEX_ADDR), types[i]);
		assert_string_equal(
		    exchange(message, ADDRESS), "07010203" CLIENT SERVER "000d0009000073756363657373");
		/* What it never had: RFC 8415, 18.3.7. */
		snprintf(message, sizeof(message),
		    "%s010203" CLIENT SERVER FQDN IA_WITH("fc000000000000000000000000000099"), types[i]);
		assert_string_equal(exchange(message, ADDRESS),
		    "07010203" CLIENT SERVER "000d0009000073756363657373"
		    "00030012deadbeef0000000000000000000d00020003");
	}
}

/* RFC 8415, 16: who may, who must name a server. */
static void identifiers_of_servers(void **state)
{
	static const char *const without[] = {"01", "04", "06"};
	static const char *const with[] = {"03", "05", "08", "09"};
	char message[512];

	for (size_t i = 0; i < 3; i++) {
		snprintf(
		    message, sizeof(message), "%s010203" CLIENT SERVER FQDN IA_WITH(HEX_ADDR), without[i]);
		assert_string_equal(exchange(message, ADDRESS), "");
	}
	for (size_t i = 0; i < 4; i++) {
		snprintf(message, sizeof(message), "%s010203" CLIENT FQDN IA_WITH(HEX_ADDR), with[i]);
		assert_string_equal(exchange(message, ADDRESS), "");
		snprintf(message, sizeof(message), "%s010203" CLIENT OTHER FQDN IA_WITH(HEX_ADDR), with[i]);
		assert_string_equal(exchange(message, ADDRESS), "");
		snprintf(message, sizeof(message), "%s010203" SERVER FQDN IA_WITH(HEX_ADDR), with[i]);
		assert_string_equal(exchange(message, ADDRESS), "");
	}
	for (unsigned int type = 0; type < 256; type++) {
		if (type >= 1 && type <= 13)
			continue;
		snprintf(message, sizeof(message), "%02x010203" CLIENT SERVER FQDN IA_EMPTY, type);
		assert_string_equal(exchange(message, ADDRESS), "");
	}
	assert_string_equal(exchange("02010203" CLIENT SERVER FQDN IA_EMPTY, ADDRESS), "");
	assert_string_equal(exchange("07010203" CLIENT SERVER FQDN IA_EMPTY, ADDRESS), "");
	assert_string_equal(exchange("0a010203" CLIENT SERVER FQDN IA_EMPTY, ADDRESS), "");
}

static void without_a_name_nothing(void **state)
{
	assert_string_equal(exchange("01010203" CLIENT IA_EMPTY, ADDRESS), "");
	assert_string_equal(exchange("01010203" CLIENT "0027000100" IA_EMPTY, ADDRESS), "");
	assert_string_equal(exchange("01010203" CLIENT "00270000" IA_EMPTY, ADDRESS), "");
	/* What is no host's name is not asked for. */
	assert_string_equal(exchange("01010203" CLIENT "0027000600036124620a" IA_EMPTY, ADDRESS), "");
	assert_string_equal(exchange("01010203" CLIENT "0027000500c000ff00" IA_EMPTY, ADDRESS), "");
	assert_int_equal(dns.asks, 0);
}

/* "a partial name (no final zero) is used as is". */
static void partial_names(void **state)
{
	input("01010203" CLIENT "0027000500036f6e65" IA_EMPTY);
	assert_non_null(dns_find("one", NAMES_AAAA));
}

static void domains_of_ours(void **state)
{
	assert_int_equal(domains_add(&domains, "other.local"), 0);
	assert_int_equal(domains_add(&domains, "a b"), -EINVAL);
	assert_string_equal(exchange(SOLICIT, ADDRESS), "");
	assert_int_equal(dns.asks, 0);
	assert_int_equal(domains_add(&domains, ".HASH.local"), 0);
	assert_string_equal(exchange(SOLICIT, ADDRESS), ADVERTISE);
	assert_true(domains_have(&domains, "hash.local"));
	assert_false(domains_have(&domains, "rehash.local"));
}

static void several_identities(void **state)
{
	assert_string_equal(exchange("01010203" CLIENT FQDN IA_EMPTY "0003000c000000010000000000000000"
	                             "0019000c000000020000000000000000"
	                             "0004000400000003",
	                        ADDRESS),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER "00030012000000010000000000000000000d00020002"
	    "00190012000000020000000000000000000d00020006"
	    "0004000a00000003000d00020002" FQDN);
	/* Addresses of the name in the order of the identities. */
	assert_string_equal(exchange("01010203" CLIENT FQDN IA_EMPTY "0003000c000000010000000000000000",
	                        ADDRESS " fc00::2"),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER "00030028000000010000000000000000"
	    "00050018fc000000000000000000000000000002" FOREVER FQDN);
	/* In a renewal the one without an address is not known. */
	assert_string_equal(
	    exchange(
	        "05010203" CLIENT SERVER FQDN IA_EMPTY "0003000c000000010000000000000000", ADDRESS),
	    "07010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER "00030012000000010000000000000000000d00020003" FQDN);
	config.all_addresses = true;
	assert_string_equal(exchange("01010203" CLIENT FQDN IA_EMPTY, ADDRESS " fc00::2"),
	    "02010203" CLIENT SERVER "00030044deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER "00050018fc000000000000000000000000000002" FOREVER FQDN);
}

/* Upstream's own: a client that names no identity. */
static void no_identity(void **state)
{
	assert_string_equal(exchange("01010203" CLIENT FQDN, ADDRESS),
	    "02010203" CLIENT SERVER "0003002802169dbb0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN);
}

/* "Client and server id are sent only when the request had a client id"; the last of several
 * options counts; what is not configured is not sent. */
static void odd_messages(void **state)
{
	assert_string_equal(exchange("01010203" FQDN IA_EMPTY, ADDRESS),
	    "0201020300030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN);
	assert_string_equal(exchange("01010203" CLIENT "0027000500036f6e65" FQDN IA_EMPTY, ADDRESS),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN);
	/* Codes that nobody has a table for, the same twice, half of one. */
	assert_string_equal(
	    exchange("01010203" CLIENT FQDN IA_EMPTY "0006000bffff0028001f00170017ff", ADDRESS),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN "00170010fc000000000000000000000000000024");
}

static void information_request(void **state)
{
	/* No name is needed, nor a client identifier. */
	assert_string_equal(exchange("0b010203" CLIENT "000600020017", ADDRESS),
	    "07010203" CLIENT SERVER "00170010fc000000000000000000000000000024");
	assert_string_equal(exchange("0b010203"
	                             "000600020018",
	                        ADDRESS),
	    "07010203" SERVER "0018000c0468617368056c6f63616c00");
	assert_string_equal(exchange("0b010203" CLIENT OTHER, ADDRESS), "");
	assert_string_equal(exchange("0b010203" CLIENT IA_EMPTY, ADDRESS), "");
	assert_int_equal(dns.asks, 0);
}

static void options_of_the_server(void **state)
{
	/* Rapid commit: RFC 8415, 18.3.1. */
	assert_string_equal(exchange("01010203" CLIENT FQDN IA_EMPTY "000e0000", ADDRESS),
	    "07010203" CLIENT SERVER "000e0000"
	    "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER FQDN);
	config.common.refuse_rapid = true;
	config.preference = 255;
	config.common.answer_fqdn = true;
	assert_string_equal(exchange("01010203" CLIENT "0027001003" WIRE IA_EMPTY "000e0000", ADDRESS),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR FOREVER "00070001ff"
	    "0027001004" WIRE);
}

static void finite_leases(void **state)
{
	config.common.lease = LEASE_TTL;
	assert_string_equal(exchange_ttl("01010203" CLIENT FQDN IA_EMPTY, ADDRESS, 20),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000a00000010"
	    "00050018" HEX_ADDR "0000001400000014" FQDN);
	/* A name whose address changes at once has it for a second, not for none. */
	assert_string_equal(exchange_ttl("01010203" CLIENT FQDN IA_EMPTY, ADDRESS, 0),
	    "02010203" CLIENT SERVER "00030028deadbeef0000000000000000"
	    "00050018" HEX_ADDR "0000000100000001" FQDN);
	config.common.lease = LEASE_SECONDS;
	config.common.lease_seconds = 4294967290;
	assert_string_equal(exchange("01010203" CLIENT FQDN IA_EMPTY, ADDRESS),
	    "02010203" CLIENT SERVER "00030028deadbeef7ffffffdccccccc8"
	    "00050018" HEX_ADDR "fffffffafffffffa" FQDN);
}

#define LINK "fc000000000000000000000000000001"
#define PEER "fe800000000000000000000000000077"

static void relays(void **state)
{
	/* Two relays; the inner one numbers its interfaces. */
	char message[1024], expected[1024];
	size_t len = strlen(SOLICIT) / 2, back = strlen(ADVERTISE) / 2;

	snprintf(message, sizeof(message),
	    "0c01" LINK PEER "0009%04zx0c00" LINK PEER "0012000465746830"
	    "0009%04zx" SOLICIT,
	    34 + 8 + 4 + len, len);
	snprintf(expected, sizeof(expected),
	    "0d01" LINK PEER "0009%04zx0d00" LINK PEER "0012000465746830"
	    "0009%04zx" ADVERTISE,
	    34 + 8 + 4 + back, back);
	assert_string_equal(exchange(message, ADDRESS), expected);
	/* A relay that carries nothing, or is carried by nobody. */
	assert_string_equal(exchange("0c00" LINK PEER, ADDRESS), "");
	assert_string_equal(exchange("0c00" LINK PEER "00090000", ADDRESS), "");
	assert_string_equal(exchange("0d00" LINK PEER "00090004"
	                             "0b010203",
	                        ADDRESS),
	    "");
	assert_int_equal(server.common.stats.malformed, 3);
}

static void relays_without_end(void **state)
{
	uint8_t bytes[2048];
	size_t layers = 40, at = 0, size = layers * 38;

	for (size_t i = 0; i < layers; i++) {
		size_t left = size - at - 38;

		memset(bytes + at, 0, 38);
		bytes[at] = DHCP6_RELAY_FORWARD;
		bytes[at + 35] = DHCP6_RELAY_MESSAGE;
		bytes[at + 36] = (uint8_t)(left >> 8);
		bytes[at + 37] = (uint8_t)left;
		at += 38;
	}
	server6_input(&server, 0, &client, bytes, at);
	assert_int_equal(server.common.stats.malformed, 1);
}

/* Cut anywhere, a message is malformed or another one; nothing is read behind it. */
static void cut_messages(void **state)
{
	static uint8_t bytes[256];
	size_t len = from_hex(SOLICIT, bytes, sizeof(bytes));

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + 1);

		memcpy(copy, bytes, cut);
		server6_input(&server, 0, &client, copy, cut);
		free(copy);
	}
	assert_int_equal(replies, 0);
}

/* RFC 8415, 16: who is not on the link needs a relay, and a question to any server is no letter to
 * one. (18.4 is about the others.) */
static void where_clients_are(void **state)
{
	static const char *const types[] = {"01", "04", "06", "0b"};
	const struct peer saved = client;
	struct peer far = {.address = {0xfc, [15] = 9}, .port = 546};
	char relayed[1024], message[512];

	client = far;
	input(SOLICIT);
	assert_int_equal(dns.asks, 0);
	assert_int_equal(metric_get(&server.common.stats.invalid), 1);
	snprintf(
	    relayed, sizeof(relayed), "0c00%032x%032x0009%04zx" SOLICIT, 0, 0, strlen(SOLICIT) / 2);
	assert_string_not_equal(exchange(relayed, ADDRESS), "");
	for (size_t i = 0; i < 2; i++) { /* a group, and nobody, have no relay */
		memset(client.address, i ? 0 : 0xff, 16);
		input(relayed);
		assert_int_equal(replies, 1);
	}
	client = saved;
	client.is_unicast = true;
	for (size_t i = 0; i < 4; i++) {
		snprintf(message, sizeof(message), "%s010203" CLIENT FQDN IA_WITH(HEX_ADDR), types[i]);
		input(message);
		assert_int_equal(replies, 1);
	}
	assert_string_not_equal(exchange("05010203" CLIENT SERVER FQDN IA_WITH(HEX_ADDR), ADDRESS), "");
	client = saved;
}

/* With --verbose the log says why there is no answer, as often as is good for it. */
static void why_there_is_no_answer(void **state)
{
	world_listen(true);
	assert_string_equal(exchange(SOLICIT, NULL), "");
	world_assert_told("no answer to fe80::9: h1.hash.local is not in the DNS");
	assert_string_equal(exchange(SOLICIT, ""), "");
	world_assert_told("no answer to fe80::9: h1.hash.local has no AAAA record");
	names_forget(&names);
	input(SOLICIT);
	assert_true(dns_fail(0, NAME, NAMES_AAAA, ETIMEDOUT));
	world_assert_told(
	    "no answer to fe80::9: h1.hash.local could not be asked for: Connection timed out");
	input("01010203" CLIENT IA_EMPTY);
	world_assert_told("no answer to fe80::9: it says no name (option Client FQDN)");
	input("0101");
	world_assert_told("no answer to fe80::9: the message cannot be read");
	input("03010203" CLIENT IA_EMPTY "0027000500036f6e65");
	world_assert_told(
	    "no answer to fe80::9: one is another server's, or asked in a way that is not allowed");
	assert_int_equal(domains_add(&domains, "other.local"), 0);
	assert_string_equal(exchange(SOLICIT, ADDRESS), "");
	world_assert_told("no answer to fe80::9: h1.hash.local is of another domain");
	told.count = 0;
	for (unsigned int i = 0; i < 1000; i++)
		input(SOLICIT);
	assert_in_range(told.count, 1, 500);
	world_listen(false);
	input(SOLICIT);
}

static void a_flood(void **state)
{
	struct peer saved = client;

	world_flood(
	    &server.common, input, "01aabbcc" CLIENT "0027000a0008", "61616161" IA_EMPTY, NAMES_MAX);
	/* Somebody else is served. */
	client.address[15] = 10;
	assert_string_equal(exchange(SOLICIT, ADDRESS), ADVERTISE);
	client = saved;
}

static void no_dns(void **state)
{
	world_without_dns(&server.common, input, SOLICIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(golden_packets),
	    TEST(an_answer_is_remembered),
	    TEST(a_slow_name_delays_nobody),
	    TEST(leases),
	    TEST(a_solicit_without_address_is_not_answered),
	    TEST(a_failing_dns_takes_nothing),
	    TEST(an_address_that_has_gone_is_taken_back),
	    TEST(confirm),
	    TEST(release_and_decline),
	    TEST(identifiers_of_servers),
	    TEST(without_a_name_nothing),
	    TEST(partial_names),
	    TEST(domains_of_ours),
	    TEST(several_identities),
	    TEST(no_identity),
	    TEST(odd_messages),
	    TEST(information_request),
	    TEST(options_of_the_server),
	    TEST(finite_leases),
	    TEST(relays),
	    TEST(relays_without_end),
	    TEST(cut_messages),
	    TEST(where_clients_are),
	    TEST(why_there_is_no_answer),
	    TEST(a_flood),
	    TEST(no_dns),
	};

	return cmocka_run_group_tests_name("namedhcp_server6", tests, NULL, NULL);
}
