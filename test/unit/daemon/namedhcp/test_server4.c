/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv4 server: golden packets, what RFC 2131 says of each message, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "log.h"
#include "server4.h"
#include "server_world.h"

#define NAME   "one.test.local"
#define TEXT   "mask=255.255.255.0,broadcast=192.168.1.255,router=192.168.1.254,dns=192.168.1.24\n"
#define FQDN   "51120100006f6e652e746573742e6c6f63616c00"
#define COOKIE "63825363"
#define SERVER "3604c0a80119"
#define HEADER 236

static struct server4 server;
static struct config4 config;
static struct peer client = {.mac = {0x0a, 0xc0, 0xde, 0xad, 0xbe, 0xef}, .port = 68};

static int setup(void **state)
{
	world_setup();
	memset(&config, 0, sizeof(config));
	from_hex("c0a80119", config.server_id, 4);
	world_add_option(&config.common, DHCP4_DNS, "09090909");
	world_add_option(&config.common, DHCP4_NTP, "08080808");
	assert_int_equal(server4_init(&server, &names, reply, NULL), 0);
	server4_configure(&server, &config, &domains);
	return 0;
}

static int teardown(void **state)
{
	world_teardown(&server.common);
	return 0;
}

static struct dhcp4_header header;

/* A message with these options (without the cookie). */
static size_t compose(uint8_t *bytes, size_t size, const char *options)
{
	struct wire_writer writer = wire_writer(bytes, size);

	header.op = DHCP4_BOOTREQUEST;
	header.htype = 1;
	header.hlen = 6;
	header.xid = 0x12345678;
	memcpy(header.chaddr, client.mac, 6);
	dhcp4_put_header(&writer, &header);
	return writer.at + from_hex(options, bytes + writer.at, size - writer.at);
}

static void input(const char *options)
{
	uint8_t bytes[2048];
	size_t len = compose(bytes, sizeof(bytes), options);

	server4_input(&server, 0, &client, bytes, len);
}

/* Cookie and options of the answer up to END, with this answer of the DNS. */
static const char *exchange(const char *options, const char *addresses, const char *texts)
{
	unsigned int before = replies;
	size_t len;

	names_forget(&names);
	input(options);
	if (addresses)
		dns_answer(0, NAME, NAMES_A, 600, addresses);
	else
		dns_fail(0, NAME, NAMES_A, ENOENT);
	if (texts)
		dns_answer(0, NAME, NAMES_TXT, 600, texts);
	else
		dns_fail(0, NAME, NAMES_TXT, ENOENT);
	assert_in_range(replies, before, before + 1);
	if (replies == before)
		return "";
	assert_in_range(reply_len, HEADER + 64, REPLY4_MAX);
	for (len = reply_len; len > 0 && replied[len - 1] == 0; len--)
		;
	return to_hex(replied + HEADER, len - HEADER);
}

static const char discover[] = "350101390202403d07010ac0deadbeef37040103060f" FQDN "ff";

static void golden_packets(void **state)
{
	assert_string_equal(exchange(discover, "192.168.1.1", TEXT),
	    "638253633501023604c0a801193304ffffffff0104ffffff000304c0a801fe0604c0a80118ff");
	assert_int_equal(reply_len, HEADER + 64);
	/* Every other field of BOOTP is the request's. */
	assert_int_equal(replied[0], DHCP4_BOOTREPLY);
	assert_string_equal(to_hex(replied + 4, 4), "12345678");
	assert_string_equal(to_hex(replied + 16, 4), "c0a80101");
	assert_string_equal(to_hex(replied + 28, 6), "0ac0deadbeef");
	/* To the address, which the client does not have yet: by its MAC address. */
	assert_string_equal(to_hex(reply_to.address, 4), "c0a80101");
	assert_memory_equal(reply_to.mac, client.mac, 6);
	assert_int_equal(dns.asks, 2);
}

static void what_is_configured_fills_the_gaps(void **state)
{
	/* No TXT record; codes in the client's order, each once; a code that nobody has. */
	assert_string_equal(exchange("3501013705062a06fb01" FQDN "ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffff0604090909092a0408080808ff");
	assert_string_equal(
	    exchange("350101" FQDN "ff", "192.168.1.1", TEXT), COOKIE "350102" SERVER "3304ffffffffff");
	/* Without a server identifier none is sent. */
	memset(config.server_id, 0, 4);
	assert_string_equal(
	    exchange("350101" FQDN "ff", "192.168.1.1", TEXT), COOKIE "3501023304ffffffffff");
}

static void names_in_texts(void **state)
{
	input("350101370403062a0f" FQDN "ff");
	assert_true(dns_answer(0, NAME, NAMES_A, 600, "192.168.1.1"));
	assert_true(dns_answer(0, NAME, NAMES_TXT, 600,
	    "router='192.168.1.1,gw.test.local' "
	    "dns=ns.test.local\nntp=gone.test.local,domname=test.local\n"));
	assert_int_equal(replies, 0);
	assert_true(dns_answer(0, "gw.test.local", NAMES_A, 600, "192.168.1.2"));
	assert_true(dns_answer(0, "ns.test.local", NAMES_A, 600, "192.168.1.3"));
	assert_true(dns_fail(0, "gone.test.local", NAMES_A, ETIMEDOUT));
	assert_int_equal(replies, 1);
	/* The time server that is not known is the configured one. */
	assert_string_equal(to_hex(replied + HEADER, 54),
	    COOKIE "350102" SERVER "3304ffffffff0308c0a80101c0a801020604c0a801032a0408080808"
	           "0f0a746573742e6c6f63616cff");
}

static void request(void **state)
{
	static const char ours[] = "350103" SERVER "3204c0a80101" FQDN "ff";

	assert_string_equal(
	    exchange(ours, "192.168.1.1", NULL), COOKIE "350105" SERVER "3304ffffffffff");
	/* Another server's offer. */
	assert_string_equal(
	    exchange("3501033604c0a801183204c0a80101" FQDN "ff", "192.168.1.1", NULL), "");
	/* Init-reboot, and without any address. */
	assert_string_equal(exchange("3501033204c0a80101" FQDN "ff", "192.168.1.1", NULL),
	    COOKIE "350105" SERVER "3304ffffffffff");
	assert_string_equal(
	    exchange("350103" FQDN "ff", "192.168.1.1", NULL), COOKIE "350105" SERVER "3304ffffffffff");
	/* Another address of the name. */
	assert_string_equal(
	    exchange(ours, "192.168.1.7 192.168.1.1", NULL), COOKIE "350105" SERVER "3304ffffffffff");
	assert_string_equal(to_hex(replied + 16, 4), "c0a80101");
	/* Renewal: by unicast. */
	from_hex("c0a80101", header.ciaddr, 4);
	assert_string_equal(
	    exchange("350103" FQDN "ff", "192.168.1.1", NULL), COOKIE "350105" SERVER "3304ffffffffff");
	assert_string_equal(to_hex(reply_to.address, 4), "c0a80101");
	memset(header.ciaddr, 0, 4);
}

static void refusals(void **state)
{
	static const char nak[] = COOKIE "350106" SERVER;

	/* We have offered another one. */
	assert_memory_equal(exchange("350103" SERVER "3204c0a80109" FQDN "ff", "192.168.1.1", NULL),
	    nak, sizeof(nak) - 1);
	assert_string_equal(to_hex(replied + 16, 4), "00000000");
	assert_string_equal(to_hex(reply_to.address, 4), "ffffffff");
	assert_string_equal(to_hex(reply_to.mac, 6), "ffffffffffff");
	assert_memory_equal(
	    exchange("350103" SERVER "3204c0a80101" FQDN "ff", NULL, NULL), nak, sizeof(nak) - 1);
	/* Whose was it? The original gives the right one; no name, no word. */
	assert_string_equal(exchange("3501033204c0a80109" FQDN "ff", "192.168.1.1", NULL),
	    COOKIE "350105" SERVER "3304ffffffffff");
	assert_string_equal(exchange("3501033204c0a80109" FQDN "ff", NULL, NULL), "");
	config.is_authoritative = true;
	assert_memory_equal(
	    exchange("3501033204c0a80109" FQDN "ff", "192.168.1.1", NULL), nak, sizeof(nak) - 1);
	assert_memory_equal(exchange("3501033204c0a80109" FQDN "ff", NULL, NULL), nak, sizeof(nak) - 1);
	/* By a relay, who is to broadcast it. */
	from_hex("0a000001", header.giaddr, 4);
	assert_memory_equal(exchange("3501033204c0a80109" FQDN "ff", NULL, NULL), nak, sizeof(nak) - 1);
	assert_string_equal(to_hex(reply_to.address, 4), "0a000001");
	assert_int_equal(replied[10], 0x80);
	memset(header.giaddr, 0, 4);
}

static void a_failing_dns_takes_nothing(void **state)
{
	config.is_authoritative = true;
	input("350103" SERVER "3204c0a80101370101" FQDN "ff");
	dns_fail(0, NAME, NAMES_A, ETIMEDOUT);
	dns_fail(0, NAME, NAMES_TXT, ENOENT);
	assert_int_equal(replies, 0);
	/* An address without its mask is none. */
	input("350103" SERVER "3204c0a80101370101" FQDN "ff");
	dns_answer(0, NAME, NAMES_A, 60, "192.168.1.1");
	dns_fail(0, NAME, NAMES_TXT, EREMOTEIO);
	assert_int_equal(replies, 0);
	assert_int_equal(server.common.pending.all.count, 0);
}

static void silence(void **state)
{
	/* No address; no name; no type; not for servers; a name that is none. */
	assert_string_equal(exchange(discover, NULL, NULL), "");
	assert_string_equal(exchange(discover, "", TEXT), "");
	assert_string_equal(exchange("350101370103ff", "192.168.1.1", TEXT), "");
	assert_string_equal(exchange("3501010c036f6e65ff", "192.168.1.1", TEXT), "");
	assert_string_equal(exchange(FQDN "ff", "192.168.1.1", TEXT), "");
	for (unsigned int type = 0; type < 256; type++) {
		char options[128];

		if (type == DHCP4_DISCOVER || type == DHCP4_REQUEST)
			continue;
		snprintf(options, sizeof(options), "3501%02x" FQDN "ff", type);
		assert_string_equal(exchange(options, "192.168.1.1", TEXT), "");
	}
	assert_string_equal(exchange("350101510601000061206200ff", "192.168.1.1", TEXT), "");
}

/* Option 53 of another length, BOOTREPLY, other hardware. */
static void what_is_no_request(void **state)
{
	uint8_t bytes[512];
	size_t len = compose(bytes, sizeof(bytes), discover);

	bytes[0] = DHCP4_BOOTREPLY;
	server4_input(&server, 0, &client, bytes, len);
	bytes[0] = DHCP4_BOOTREQUEST;
	bytes[1] = 6;
	server4_input(&server, 0, &client, bytes, len);
	bytes[1] = 1;
	bytes[2] = 16;
	server4_input(&server, 0, &client, bytes, len);
	assert_int_equal(server.common.stats.invalid, 3);
	input("35020101" FQDN "ff");
	assert_int_equal(server.common.stats.malformed, 1);
	bytes[2] = 6;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + 1);

		memcpy(copy, bytes, cut);
		server4_input(&server, 0, &client, copy, cut);
		free(copy);
	}
	assert_int_equal(replies, 0);
}

/* PAD has no length; options go on in `file` and `sname`; long ones come in pieces. */
static void forms_of_options(void **state)
{
	uint8_t bytes[512];
	size_t len;

	assert_string_equal(exchange("0000350101000000" FQDN "00ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffffff");
	assert_string_equal(
	    exchange("35010151090100006f6e652e7465510973742e6c6f63616c00ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffffff");
	names_forget(&names);
	len = compose(bytes, sizeof(bytes), "350101340101ff");
	from_hex(FQDN "ff", bytes + 108, 128);
	replies = 0;
	server4_input(&server, 0, &client, bytes, len);
	assert_true(dns_answer(0, NAME, NAMES_A, 600, "192.168.1.1"));
	assert_int_equal(replies, 1);
	/* A name in wire form. */
	assert_string_equal(
	    exchange("3501015113050000036f6e650474657374056c6f63616c00ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffffff");
}

static void relayed_and_broadcast(void **state)
{
	from_hex("0a000001", header.giaddr, 4);
	assert_string_equal(exchange("350101" FQDN "520401020102ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffff520401020102ff");
	assert_string_equal(to_hex(reply_to.address, 4), "0a000001");
	assert_int_equal(reply_to.port, 67);
	memset(header.giaddr, 0, 4);
	header.flags = DHCP4_FLAG_BROADCAST;
	assert_string_equal(
	    exchange("350101" FQDN "ff", "192.168.1.1", NULL), COOKIE "350102" SERVER "3304ffffffffff");
	assert_string_equal(to_hex(reply_to.address, 4), "ffffffff");
	header.flags = 0;
}

/* The renewal of a client beyond a router: its frame is the router's, and so is that of the answer.
 */
static void by_a_router(void **state)
{
	static const uint8_t router[6] = {2, 0, 0, 0, 0, 0x99};
	struct peer saved = client;
	uint8_t bytes[512];
	size_t len;

	from_hex("c0a80101", header.ciaddr, 4);
	len = compose(bytes, sizeof(bytes), "350103" FQDN "ff");
	memcpy(client.address, header.ciaddr, 4);
	memcpy(client.mac, router, 6);
	server4_input(&server, 0, &client, bytes, len);
	assert_true(dns_answer(0, NAME, NAMES_A, 600, "192.168.1.1"));
	assert_int_equal(replies, 1);
	assert_string_equal(to_hex(reply_to.address, 4), "c0a80101");
	assert_memory_equal(reply_to.mac, router, 6);
	/* Who lies about where he is gets nothing that is not for the client that he names. */
	client.address[3] = 7;
	server4_input(&server, 0, &client, bytes, len);
	assert_int_equal(replies, 2);
	assert_memory_equal(reply_to.mac, saved.mac, 6);
	memset(header.ciaddr, 0, 4);
	client = saved;
}

static unsigned int warnings;

static void count_warning(int level, const char *text, void *argument)
{
	assert_int_equal(level, LOG_WARNING);
	assert_string_equal(text, "192.168.1.1 is another node's, says 0a:c0:de:ad:be:ef, "
	                          "which has got it from the DNS");
	warnings++;
}

static void decline_at(engine_time now, const char *options)
{
	uint8_t bytes[512];

	server4_input(&server, now, &client, bytes, compose(bytes, sizeof(bytes), options));
}

/* The administrator is told, but not for each of a flood; of other servers' addresses never. */
static void declined(void **state)
{
	warnings = 0;
	log_set_hook(count_warning, NULL);
	decline_at(0, "3501043604c0a801183204c0a80101ff");
	decline_at(0, "3501043204c0a80101ff");
	decline_at(0, "350104" SERVER "ff");
	assert_int_equal(warnings, 0);
	for (unsigned int i = 0; i < 100; i++)
		decline_at(i, "350104" SERVER "3204c0a80101ff");
	assert_int_equal(warnings, 1);
	decline_at(60 * ENGINE_SECOND, "350104" SERVER "3204c0a80101ff");
	assert_int_equal(warnings, 2);
	log_set_hook(NULL, NULL);
	assert_int_equal(replies, 0);
}

/* Each number that an option may have, in a message and in what a client asks for. */
static void numbers_of_options(void **state)
{
	char options[4096] = "350101" FQDN, list[600] = "37fe";

	for (unsigned int code = 1; code < 255; code++) {
		if (code != DHCP4_MESSAGE_TYPE && code != DHCP4_FQDN && code != DHCP4_OVERLOAD &&
		    code != DHCP4_RELAY && code != DHCP4_RAPID_COMMIT && code != DHCP4_PARAMETER_LIST)
			snprintf(options + strlen(options), 8, "%02x0100", code);
		snprintf(list + strlen(list), 4, "%02x", code);
	}
	strcat(strcat(options, list), "ff");
	assert_string_equal(exchange(options, "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffff0604090909092a0408080808ff");
	/* 0 and 255 in the list; what is behind END. */
	assert_string_equal(exchange("350101" FQDN "370400ff06ffff0000350103", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffff060409090909ff");
}

static void information(void **state)
{
	from_hex("c0a80101", header.ciaddr, 4);
	assert_string_equal(exchange("35010837020306" FQDN "ff", "192.168.1.9", TEXT),
	    COOKIE "350105" SERVER "0304c0a801fe0604c0a80118ff");
	assert_string_equal(to_hex(replied + 16, 4), "00000000");
	assert_string_equal(to_hex(reply_to.address, 4), "c0a80101");
	/* Without a name: what is configured. */
	input("350108370106ff");
	assert_string_equal(to_hex(replied + HEADER, 20), COOKIE "350105" SERVER "060409090909ff");
	memset(header.ciaddr, 0, 4);
	assert_string_equal(exchange("35010837020306" FQDN "ff", "192.168.1.9", TEXT), "");
}

static void host_names(void **state)
{
	assert_int_equal(domains_add(&domains, "test.local"), 0);
	assert_string_equal(exchange("3501010c036f6e65ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffffff");
	assert_string_equal(exchange("3501010c0e"
	                             "6f6e652e746573742e6c6f63616cff",
	                        "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "3304ffffffffff");
	/* Of another domain. */
	input("3501015106010000612e62ff");
	assert_int_equal(server.common.stats.foreign, 1);
}

/* With --verbose the log says why there is no answer. */
static void why_there_is_no_answer(void **state)
{
	world_listen(true);
	assert_string_equal(exchange("350101" FQDN "ff", NULL, NULL), "");
	world_assert_told("no answer to 0a:c0:de:ad:be:ef: one.test.local is not in the DNS");
	assert_string_equal(exchange("350101" FQDN "ff", "", NULL), "");
	world_assert_told("no answer to 0a:c0:de:ad:be:ef: one.test.local has no A record");
	input("350101ff");
	world_assert_told(
	    "no answer to 0a:c0:de:ad:be:ef: it says no name (option Client FQDN, or Host "
	    "Name where there is --domain)");
	assert_int_equal(domains_add(&domains, "other.local"), 0);
	input("350101" FQDN "ff");
	world_assert_told("no answer to 0a:c0:de:ad:be:ef: one.test.local is of another domain");
	world_listen(false);
}

static void options_of_the_server(void **state)
{
	config.common.lease = LEASE_SECONDS;
	config.common.lease_seconds = 1000;
	assert_string_equal(exchange("35010137023a3b" FQDN "5000ff", "192.168.1.1", NULL),
	    COOKIE "350105" SERVER "3304000003e850003a04000001f43b040000036bff");
	config.common.refuse_rapid = true;
	config.common.answer_fqdn = true;
	config.echo_client_id = true;
	config.common.lease = LEASE_TTL;
	assert_string_equal(exchange("350101" FQDN "50003d020102ff", "192.168.1.1", NULL),
	    COOKIE "350102" SERVER "330400000258"
	           "51120800006f6e652e746573742e6c6f63616c003d020102ff");
}

static void texts_of_every_kind(void **state)
{
	static struct texts4 texts;
	uint8_t bytes[DHCP_NAME_SIZE];

	assert_int_equal(texts4_read(&texts, "broadcas=1.2.3.4 broadcast=5.6.7.8 mask=a.b router= x=1\n"
	                                     "mask=1.1.1.1 dns=::1,,ntp=a..b domname='a b'"),
	    0);
	/* Eight bytes make a keyword; the first one counts. */
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_BROADCAST), bytes), 4);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_MASK), bytes), 0);
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_ROUTER), bytes), 0);
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_DNS), bytes), 0);
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_NTP), bytes), 0);
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_DOMAIN), bytes), 0);
	assert_int_equal(texts.names, 0);
	/* More than anybody can have. */
	assert_int_equal(texts4_read(&texts, "dns='1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 a "
	                                     "1.1.1.8 1.1.1.9' router='a b c d e f g h' ntp='a b c'"),
	    0);
	assert_int_equal(texts.names, TEXTS4_NAMES);
	assert_int_equal(texts4_bytes(texts4_find(&texts, DHCP4_DNS), bytes), 7 * 4);
}

static void a_flood(void **state)
{
	struct peer saved = client;

	world_flood(
	    &server.common, input, "3501013701015108010000", "00ff", NAMES_MAX + 1 /* A and TXT */);
	client.mac[5]++;
	assert_string_equal(
	    exchange("350101" FQDN "ff", "192.168.1.1", NULL), COOKIE "350102" SERVER "3304ffffffffff");
	client = saved;
}

static void no_dns(void **state)
{
	world_without_dns(&server.common, input, discover);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(golden_packets),
	    TEST(what_is_configured_fills_the_gaps),
	    TEST(names_in_texts),
	    TEST(request),
	    TEST(refusals),
	    TEST(a_failing_dns_takes_nothing),
	    TEST(silence),
	    TEST(what_is_no_request),
	    TEST(forms_of_options),
	    TEST(relayed_and_broadcast),
	    TEST(by_a_router),
	    TEST(declined),
	    TEST(numbers_of_options),
	    TEST(information),
	    TEST(host_names),
	    TEST(options_of_the_server),
	    TEST(texts_of_every_kind),
	    TEST(why_there_is_no_answer),
	    TEST(a_flood),
	    TEST(no_dns),
	};

	return cmocka_run_group_tests_name("namedhcp_server4", tests, NULL, NULL);
}
