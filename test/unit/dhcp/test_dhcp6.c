/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6: the golden SOLICIT and ADVERTISE, identity associations, DUIDs, what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "dhcp6.h"
#include "hex.h"

#define SOLICIT                                                                                    \
	"01aabbcc0001000e000100012f0000000ac0deadbeef000600040017001800080002000000270010000268310468" \
	"61"                                                                                           \
	"7368056c6f63616c000003000cdeadbeef0000000000000000"
#define ADVERTISE                                                                                  \
	"02aabbcc0001000e000100012f0000000ac0deadbeef0002000e000100012f000001800101010101"             \
	"00030028deadbeef000000000000000000050018fc00000000000000580cc6d05a1a5b6bffffffffffffffff"     \
	"00270010000268310468617368056c6f63616c0000170010fc000000000000000000000000000024"             \
	"0018000c0468617368056c6f63616c00"

static const uint8_t mac[6] = {0x0a, 0xc0, 0xde, 0xad, 0xbe, 0xef};
static const uint8_t server_mac[6] = {0x80, 1, 1, 1, 1, 1};
static uint8_t packet[1500];

static struct dhcp6_message parsed(const char *hex)
{
	struct dhcp6_message message;

	assert_int_equal(dhcp6_parse(&message, packet, from_hex(hex, packet, sizeof(packet))), 0);
	return message;
}

/* A message with these options, as hexadecimal text. */
static struct wire_reader options(const char *hex)
{
	char text[2000] = "07000001";

	strncat(text, hex, sizeof(text) - strlen(text) - 1);
	return parsed(text).options;
}

static void test_golden_solicit(void **state)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct dhcp_duid duid = dhcp_duid_llt(mac, 0x2f000000);
	struct dhcp6_message message;
	struct dhcp6_ia ia;
	size_t begun;

	dhcp6_put_header(&writer, DHCP6_SOLICIT, 0xffaabbcc);
	dhcp6_put_duid(&writer, DHCP6_CLIENT_ID, &duid);
	dhcp6_put(&writer, DHCP6_ORO, "\0\x17\0\x18", 4);
	dhcp6_put_u16(&writer, DHCP6_ELAPSED_TIME, 0);
	dhcp6_put_fqdn(&writer, 0, "h1.hash.local");
	begun = dhcp6_begin(&writer, DHCP6_IA_NA);
	wire_put_u32(&writer, 0xdeadbeef);
	wire_put_zeros(&writer, 8);
	wire_end_u16(&writer, begun);
	assert_false(writer.error);
	assert_string_equal(to_hex(packet, writer.at), SOLICIT);

	message = parsed(SOLICIT);
	assert_int_equal(message.type, DHCP6_SOLICIT);
	assert_int_equal(message.xid, 0xaabbcc);
	assert_int_equal(dhcp6_get_ia(message.options, 0xdeadbeef, &ia), 0);
	assert_int_equal(ia.count, 0);
	assert_int_equal(dhcp6_get_ia(message.options, 1, &ia), -ENOENT);
}

static void test_golden_advertise(void **state)
{
	static const uint8_t address[16] = {0xfc, [8] = 0x58, 0x0c, 0xc6, 0xd0, 0x5a, 0x1a, 0x5b, 0x6b};
	struct dhcp6_message message = parsed(ADVERTISE);
	struct dhcp_duid client, server, wanted = dhcp_duid_llt(mac, 0x2f000000);
	char names[2][DHCP_NAME_SIZE];
	uint8_t dns[2][16];
	struct dhcp6_ia ia;

	assert_int_equal(message.type, DHCP6_ADVERTISE);
	assert_int_equal(dhcp6_get_duid(message.options, DHCP6_CLIENT_ID, &client), 0);
	assert_true(dhcp_duid_equal(&client, &wanted));
	assert_int_equal(dhcp6_get_duid(message.options, DHCP6_SERVER_ID, &server), 0);
	wanted = dhcp_duid_llt(server_mac, 0x2f000001);
	assert_true(dhcp_duid_equal(&server, &wanted));
	assert_int_equal(dhcp6_get_ia(message.options, 0xdeadbeef, &ia), 0);
	assert_int_equal(ia.count, 1);
	assert_int_equal(ia.addresses[0].valid, DHCP6_FOREVER);
	assert_int_equal(ia.addresses[0].status, DHCP6_SUCCESS);
	assert_memory_equal(ia.addresses[0].address, address, 16);
	assert_int_equal(dhcp6_get_addresses(message.options, DHCP6_DNS, dns, 2), 1);
	assert_int_equal(dns[0][15], 0x24);
	assert_int_equal(dhcp6_get_names(message.options, DHCP6_DOMAIN, names, 2), 1);
	assert_string_equal(names[0], "hash.local");
	assert_int_equal(dhcp6_get_status(message.options), DHCP6_SUCCESS);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {"", "07", "070000", "0700000100", "07000001000100",
	    "0700000100010001", "0700000100010002ff", "070000010001ffff00"};
	struct dhcp6_message message;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    dhcp6_parse(&message, packet, from_hex(bad[i], packet, sizeof(packet))), -EBADMSG);
	for (size_t len = 0; len * 2 < strlen(ADVERTISE); len++) {
		char text[sizeof(ADVERTISE)];

		memcpy(text, ADVERTISE, len * 2);
		text[len * 2] = '\0';
		(void)dhcp6_parse(&message, packet, from_hex(text, packet, sizeof(packet)));
	}
}

static void test_ia(void **state)
{
	struct dhcp6_ia ia;

	/* A foreign IA first; a status inside; an address whose preferred lifetime is the longer one.
	 */
	assert_int_equal(dhcp6_get_ia(options("0003000c000000010000000000000000"
	                                      "0003002f000000020000000a00000014"
	                                      "0005001820010db800000000000000000000000100000002"
	                                      "00000001"
	                                      "000d0003000258" /* NoAddrsAvail, "X" */),
	                     2, &ia),
	    0);
	assert_int_equal(ia.t1, 10);
	assert_int_equal(ia.t2, 20);
	assert_int_equal(ia.count, 0);
	assert_int_equal(ia.status, DHCP6_NO_ADDRS_AVAIL);
	/* T1 behind T2. */
	assert_int_equal(dhcp6_get_ia(options("0003000c000000020000001400000001"), 2, &ia), -EBADMSG);
	/* T2 0: the client chooses. */
	assert_int_equal(dhcp6_get_ia(options("0003000c000000020000001400000000"), 2, &ia), 0);
	/* Too short; an inner option that is not inside. */
	assert_int_equal(dhcp6_get_ia(options("0003000b0000000200000014000000"), 2, &ia), -EBADMSG);
	assert_int_equal(dhcp6_get_ia(options("00030010000000020000000000000000"
	                                      "00050018"),
	                     2, &ia),
	    -EBADMSG);
	/* A status of one byte. */
	assert_int_equal(dhcp6_get_ia(options("00030011000000020000000000000000"
	                                      "000d000100"),
	                     2, &ia),
	    -EBADMSG);
}

static void test_many_addresses(void **state)
{
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct dhcp6_message message;
	struct dhcp6_ia ia;
	size_t begun;

	dhcp6_put_header(&writer, DHCP6_REPLY, 1);
	begun = dhcp6_begin(&writer, DHCP6_IA_NA);
	wire_put_u32(&writer, 1);
	wire_put_zeros(&writer, 8);
	for (uint8_t i = 0; i < 20; i++)
		dhcp6_put_address(&writer, (uint8_t[16]){0xfc, [15] = i}, 1, 2);
	wire_end_u16(&writer, begun);
	assert_int_equal(dhcp6_parse(&message, packet, writer.at), 0);
	assert_int_equal(dhcp6_get_ia(message.options, 1, &ia), 0);
	assert_int_equal(ia.count, DHCP6_ADDRESSES_MAX);
	assert_int_equal(ia.addresses[7].address[15], 7);
}

static void test_values(void **state)
{
	struct dhcp_duid duid;
	uint8_t byte, addresses[2][16];
	uint32_t number;
	char names[2][DHCP_NAME_SIZE];

	assert_int_equal(dhcp6_get_u8(options("00070001ff"), DHCP6_PREFERENCE, &byte), 0);
	assert_int_equal(byte, 255);
	assert_int_equal(dhcp6_get_u8(options("00070002ff00"), DHCP6_PREFERENCE, &byte), -EBADMSG);
	assert_int_equal(dhcp6_get_u32(options("0052000400000e10"), DHCP6_SOL_MAX_RT, &number), 0);
	assert_int_equal(number, 3600);
	assert_int_equal(dhcp6_get_u32(options(""), DHCP6_SOL_MAX_RT, &number), -ENOENT);
	assert_int_equal(dhcp6_get_status(options("000d00020005")), DHCP6_USE_MULTICAST);
	assert_int_equal(dhcp6_get_status(options("000d000105")), -EBADMSG);
	assert_int_equal(dhcp6_get_addresses(options("00170000"), DHCP6_DNS, addresses, 2), -EBADMSG);
	assert_int_equal(dhcp6_get_addresses(options("0017000100"), DHCP6_DNS, addresses, 2), -EBADMSG);
	assert_int_equal(dhcp6_get_names(options("00180002c000"), DHCP6_DOMAIN, names, 2), -EBADMSG);
	assert_int_equal(dhcp6_get_duid(options("000100020003"), DHCP6_CLIENT_ID, &duid), -EBADMSG);
	assert_int_equal(duid.len, 0);
}

static void test_duids(void **state)
{
	struct dhcp_duid duid = dhcp_duid_ll(mac), other = dhcp_duid_ll(server_mac);

	assert_string_equal(to_hex(duid.bytes, duid.len), "000300010ac0deadbeef");
	assert_false(dhcp_duid_equal(&duid, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden_solicit),
	    cmocka_unit_test(test_golden_advertise),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_ia),
	    cmocka_unit_test(test_many_addresses),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_duids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
