/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4: the golden options, every value, pieces, overload, and what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "dhcp4.h"
#include "hex.h"

#define OPTIONS_AT 240 /* behind header, sname, file and cookie */

static uint8_t packet[3000];

/* A reply with these options. */
static size_t reply(const char *options)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct dhcp4_header header = {.op = DHCP4_BOOTREPLY,
	    .htype = 1,
	    .hlen = 6,
	    .xid = 0x12345678,
	    .flags = DHCP4_FLAG_BROADCAST,
	    .yiaddr = {10, 0, 0, 7},
	    .chaddr = {10, 0xc0, 0xde}};

	dhcp4_put_header(&writer, &header);
	assert_int_equal(writer.at, OPTIONS_AT);
	return writer.at + from_hex(options, packet + writer.at, sizeof(packet) - writer.at);
}

static struct dhcp4_message parsed(const char *options)
{
	struct dhcp4_message message;

	assert_int_equal(dhcp4_parse(&message, packet, reply(options)), 0);
	return message;
}

static void test_header(void **state)
{
	struct dhcp4_message message = parsed("350105ff");

	assert_int_equal(message.type, DHCP4_ACK);
	assert_int_equal(message.header.op, DHCP4_BOOTREPLY);
	assert_int_equal(message.header.xid, 0x12345678);
	assert_int_equal(message.header.flags, DHCP4_FLAG_BROADCAST);
	assert_memory_equal(message.header.yiaddr, ((uint8_t[]){10, 0, 0, 7}), 4);
	assert_memory_equal(message.header.chaddr, ((uint8_t[]){10, 0xc0, 0xde}), 3);
}

/* The OFFER of namedhcp4: cookie and options, then zeros up to 64 bytes. */
static void test_golden_offer(void **state)
{
	struct dhcp4_message message =
	    parsed("3501023604c0a801193304ffffffff0104ffffff000304c0a801fe0604c0a80118ff"
	           "0000000000000000000000000000000000000000000000000000");
	uint8_t addresses[4][4];
	unsigned int len;
	uint32_t lease;

	assert_int_equal(message.type, DHCP4_OFFER);
	assert_int_equal(dhcp4_get_address(&message, DHCP4_SERVER_ID, addresses[0]), 0);
	assert_memory_equal(addresses[0], ((uint8_t[]){192, 168, 1, 25}), 4);
	assert_int_equal(dhcp4_get_u32(&message, DHCP4_LEASE_TIME, &lease), 0);
	assert_int_equal(lease, DHCP4_FOREVER);
	assert_int_equal(dhcp4_get_mask(&message, &len), 0);
	assert_int_equal(len, 24);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_ROUTER, addresses, 4), 1);
	assert_int_equal(addresses[0][3], 254);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_DNS, addresses, 4), 1);
	assert_int_equal(addresses[0][3], 24);
}

/* What iothconf sends in DISCOVER (options behind the cookie). */
static void test_golden_discover(void **state)
{
	static const char golden[] = "350101390202403d07010ac0deadbeef37040103060f51120100006f6e652e"
	                             "746573742e6c6f63616c00ff";
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct dhcp4_message message;
	struct dhcp_fqdn fqdn;

	dhcp4_put_header(&writer, &(struct dhcp4_header){.op = DHCP4_BOOTREQUEST});
	dhcp4_put_u8(&writer, DHCP4_MESSAGE_TYPE, DHCP4_DISCOVER);
	dhcp4_put_u16(&writer, DHCP4_MAX_SIZE, 576);
	dhcp4_put(&writer, DHCP4_CLIENT_ID, "\1\x0a\xc0\xde\xad\xbe\xef", 7);
	dhcp4_put(&writer, DHCP4_PARAMETER_LIST, "\1\3\6\x0f", 4);
	dhcp4_put_fqdn(&writer, DHCP_FQDN_S, "one.test.local");
	dhcp4_put_end(&writer);
	assert_false(writer.error);
	assert_string_equal(to_hex(packet + OPTIONS_AT, writer.at - OPTIONS_AT), golden);

	assert_int_equal(dhcp4_parse(&message, packet, writer.at), 0);
	assert_int_equal(message.type, DHCP4_DISCOVER);
	assert_int_equal(dhcp4_get_fqdn(&message, &fqdn), 0);
	assert_int_equal(fqdn.flags, DHCP_FQDN_S);
	assert_string_equal(fqdn.name, "one.test.local");
}

static void test_fqdn_forms(void **state)
{
	static const struct {
		const char *options, *name;
		int error;
	} forms[] = {
	    {"51060500000161"
	     "00ff",
	        "a", 0},                  /* wire form */
	    {"51050400000161ff", "a", 0}, /* a partial name */
	    {"5103050000ff", "", 0},      /* "give me one" */
	    {"5103010000ff", "", 0},      /*  in ASCII */
	    {"5104010000"
	     "61ff",
	        "a", 0},
	    {"51020500ff", "", -EBADMSG},
	    {"510604000005"
	     "6161ff",
	        "", -EBADMSG},
	    {"5105010000"
	     "200aff",
	        "", -EBADMSG},
	    {"ff", "", -ENOENT},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct dhcp4_message message = parsed(forms[i].options);
		struct dhcp_fqdn fqdn = {0};

		assert_int_equal(dhcp4_get_fqdn(&message, &fqdn), forms[i].error);
		if (!forms[i].error)
			assert_string_equal(fqdn.name, forms[i].name);
	}
}

static void test_put_fqdn_wire(void **state)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));

	dhcp4_put_fqdn(&writer, DHCP_FQDN_S | DHCP_FQDN_E, "one.test");
	assert_string_equal(to_hex(packet, writer.at), "510d050000036f6e65047465737400");
	dhcp4_put_fqdn(&writer, DHCP_FQDN_E, "no name");
	assert_true(writer.error);
}

static void test_pad_and_end(void **state)
{
	struct dhcp4_message message = parsed("00000035010200ff0104ffffff00");

	assert_int_equal(message.type, DHCP4_OFFER);
	assert_false(message.present[DHCP4_MASK]); /* behind the end */
	message = parsed("350102");                /* no end */
	assert_int_equal(message.type, DHCP4_OFFER);
	message = parsed("");
	assert_int_equal(message.type, 0);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {"35", "3502", "350201", "35010206040a", "3500ff",
	    "35020101ff", "350102ff0106" /* fine: behind the end */};
	struct dhcp4_message message;
	size_t len;

	for (size_t i = 0; i + 1 < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dhcp4_parse(&message, packet, reply(bad[i])), -EBADMSG);
	assert_int_equal(dhcp4_parse(&message, packet, reply(bad[6])), 0);
	for (len = 0; len < OPTIONS_AT; len++)
		assert_int_equal(dhcp4_parse(&message, packet, len), -EBADMSG);
	len = reply("350102ff");
	packet[236]++; /* the cookie */
	assert_int_equal(dhcp4_parse(&message, packet, len), -EBADMSG);
	len = reply("350102ff");
	packet[2] = 17; /* hlen */
	assert_int_equal(dhcp4_parse(&message, packet, len), -EBADMSG);
}

static void test_values_of_wrong_length(void **state)
{
	struct dhcp4_message message = parsed("350102"
	                                      "0103ffffff"
	                                      "03050a00000100"
	                                      "0600"
	                                      "3303000001"
	                                      "3605c0a8011900"
	                                      "1a0102ff");
	uint8_t addresses[4][4];
	unsigned int len;
	uint32_t number;
	uint16_t mtu;

	assert_int_equal(dhcp4_get_mask(&message, &len), -EBADMSG);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_ROUTER, addresses, 4), -EBADMSG);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_DNS, addresses, 4), -EBADMSG);
	assert_int_equal(dhcp4_get_u32(&message, DHCP4_LEASE_TIME, &number), -EBADMSG);
	assert_int_equal(dhcp4_get_address(&message, DHCP4_SERVER_ID, addresses[0]), -EBADMSG);
	assert_int_equal(dhcp4_get_u16(&message, DHCP4_MTU, &mtu), -EBADMSG);
	assert_int_equal(dhcp4_get_u16(&message, DHCP4_T1, &mtu), -ENOENT);
}

static void test_masks(void **state)
{
	static const struct {
		const char *options;
		int error;
		unsigned int len;
	} masks[] = {{"010400000000ff", 0, 0}, {"010480000000ff", 0, 1}, {"0104fffffffeff", 0, 31},
	    {"0104ffffffffff", 0, 32}, {"0104ff00ff00ff", -EBADMSG, 0},
	    {"010400000001ff", -EBADMSG, 0}};

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		struct dhcp4_message message = parsed(masks[i].options);
		unsigned int len = 99;

		assert_int_equal(dhcp4_get_mask(&message, &len), masks[i].error);
		if (!masks[i].error)
			assert_int_equal(len, masks[i].len);
	}
}

/* RFC 3442's examples, and host bits that are set. */
static void test_routes(void **state)
{
	struct dhcp4_message message = parsed("791d"
	                                      "000a000001"
	                                      "080a0a000002"
	                                      "190a1b81ff0a000003"
	                                      "20"
	                                      "0a0b0c0d00000000ff");
	struct dhcp4_route routes[8];

	assert_int_equal(dhcp4_get_routes(&message, routes, 8), 4);
	assert_int_equal(routes[0].len, 0);
	assert_memory_equal(routes[0].router, ((uint8_t[]){10, 0, 0, 1}), 4);
	assert_int_equal(routes[1].len, 8);
	assert_memory_equal(routes[1].destination, ((uint8_t[]){10, 0, 0, 0}), 4);
	assert_int_equal(routes[2].len, 25);
	assert_memory_equal(routes[2].destination, ((uint8_t[]){10, 27, 129, 128}), 4);
	assert_memory_equal(routes[3].router, ((uint8_t[]){0, 0, 0, 0}), 4);
	assert_int_equal(dhcp4_get_routes(&message, routes, 2), 2);
	message = parsed("7905210a000001ff"); /* 33 bits */
	assert_int_equal(dhcp4_get_routes(&message, routes, 8), -EBADMSG);
	message = parsed("7904080a0000ff"); /* half a router */
	assert_int_equal(dhcp4_get_routes(&message, routes, 8), -EBADMSG);
	message = parsed("7900ff");
	assert_int_equal(dhcp4_get_routes(&message, routes, 8), -EBADMSG);
}

/* RFC 3396: two pieces, cut inside a name whose pointer counts over both. */
static void test_pieces(void **state)
{
	struct dhcp4_message message = parsed("771003656e67056170706c6503636f6d0009"
	                                      "350102"
	                                      "770b6d61726b6574696e67c004ff");
	char names[4][DHCP_NAME_SIZE];
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	uint8_t long_option[600];

	assert_int_equal(dhcp4_get_search(&message, names, 4), 2);
	assert_string_equal(names[1], "marketing.apple.com");

	for (size_t i = 0; i < sizeof(long_option); i++)
		long_option[i] = (uint8_t)i;
	dhcp4_put_header(&writer, &message.header);
	dhcp4_put(&writer, 77, long_option, sizeof(long_option));
	dhcp4_put_end(&writer);
	assert_int_equal(writer.at, OPTIONS_AT + 600 + 3 * 2 + 1);
	assert_int_equal(dhcp4_parse(&message, packet, writer.at), 0);
	assert_int_equal(dhcp4_option(&message, 77).len, 600);
	assert_memory_equal(dhcp4_option(&message, 77).data, long_option, 600);
}

static void test_overload(void **state)
{
	struct dhcp4_message message;
	uint8_t addresses[4][4];
	size_t len = reply("3401"
	                   "03"
	                   "350105"
	                   "06040a000001ff");

	packet[44] = DHCP4_ROUTER; /* sname */
	memcpy(packet + 45, "\4\12\0\0\2\377", 6);
	packet[108] = DHCP4_DNS; /* file: another piece of the DNS option */
	memcpy(packet + 109, "\4\12\0\0\3\377", 6);
	assert_int_equal(dhcp4_parse(&message, packet, len), 0);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_ROUTER, addresses, 4), 1);
	assert_int_equal(addresses[0][3], 2);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_DNS, addresses, 4), 2);
	assert_int_equal(addresses[0][3], 1);
	assert_int_equal(addresses[1][3], 3);
	packet[OPTIONS_AT + 2] = 2; /* sname alone */
	assert_int_equal(dhcp4_parse(&message, packet, len), 0);
	assert_int_equal(dhcp4_get_addresses(&message, DHCP4_DNS, addresses, 4), 1);
	packet[45] = 200; /* past the field */
	assert_int_equal(dhcp4_parse(&message, packet, len), -EBADMSG);
}

static void test_too_much(void **state)
{
	struct dhcp4_message message;
	size_t len = reply("");

	memset(packet + len, 0, sizeof(packet) - len);
	assert_int_equal(dhcp4_parse(&message, packet, OPTIONS_AT + DHCP4_OPTIONS_MAX - 192), 0);
	assert_int_equal(dhcp4_parse(&message, packet, OPTIONS_AT + DHCP4_OPTIONS_MAX - 191), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_golden_offer),
	    cmocka_unit_test(test_golden_discover),
	    cmocka_unit_test(test_fqdn_forms),
	    cmocka_unit_test(test_put_fqdn_wire),
	    cmocka_unit_test(test_pad_and_end),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_values_of_wrong_length),
	    cmocka_unit_test(test_masks),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_overload),
	    cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
