/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain names: round trips, limits, pointers, and what may not get into a resolv.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "dhcp_name.h"
#include "hex.h"

#define L63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"
#define L61 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija"

static const char long_label[] = L63 "x";
static const char long_name[] = L63 "." L63 "." L63 "." L63;

static int get(const void *bytes, size_t len, unsigned int flags, char text[DHCP_NAME_SIZE])
{
	struct wire_reader reader = wire_reader(bytes, len);
	int error = dhcp_name_get(&reader, flags, text);

	return error ? error : (int)reader.at;
}

static void test_round_trip(void **state)
{
	static const char *const names[] = {
	    "one.test.local", "a", "A-b_9.x", L63 "." L63 "." L63 "." L61};

	for (size_t i = 0; i < 4; i++) {
		uint8_t wire[255];
		struct wire_writer writer = wire_writer(wire, sizeof(wire));
		char text[DHCP_NAME_SIZE];

		assert_int_equal(dhcp_name_put(&writer, names[i]), 0);
		assert_int_equal(writer.at, strlen(names[i]) + 2);
		assert_int_equal(get(wire, writer.at, 0, text), writer.at);
		assert_string_equal(text, names[i]);
		/* Without its last byte it is not whole. */
		assert_int_equal(get(wire, writer.at - 1, 0, text), -EBADMSG);
		assert_int_equal(get(wire, writer.at - 1, DHCP_NAME_PARTIAL, text), writer.at - 1);
		assert_string_equal(text, names[i]);
	}
}

static void test_final_dot(void **state)
{
	uint8_t wire[20];
	struct wire_writer writer = wire_writer(wire, sizeof(wire));

	assert_int_equal(dhcp_name_put(&writer, "h1.x."), 0);
	assert_string_equal(to_hex(wire, writer.at), "026831017800");
}

static void test_refused_text(void **state)
{
	static const char *const bad[] = {"", ".", "a..b", ".a", "a b", "a\nnameserver", "a/b",
	    "\xc3\xa4", long_label, long_name, "a..", "a#"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t wire[300];
		struct wire_writer writer = wire_writer(wire, sizeof(wire));

		assert_false(dhcp_name_is_valid(bad[i]));
		assert_int_equal(dhcp_name_put(&writer, bad[i]), -EINVAL);
		assert_int_equal(writer.at, 0);
	}
}

static void test_no_room(void **state)
{
	uint8_t wire[4];
	struct wire_writer writer = wire_writer(wire, sizeof(wire));

	assert_int_equal(dhcp_name_put(&writer, "abc"), -EMSGSIZE);
	assert_true(writer.error);
}

static void test_refused_wire(void **state)
{
	static const char *const bad[] = {
	    "", "0161", "40", "80ff", "0120", "010a00", "c000", "01c0c000", "3f6161", "022e6100"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t wire[20];
		size_t len = from_hex(bad[i], wire, sizeof(wire));
		char text[DHCP_NAME_SIZE];

		assert_int_equal(get(wire, len, 0, text), -EBADMSG);
	}
}

/* Five labels of 63 bytes: one too many for the text. */
static void test_too_long(void **state)
{
	uint8_t wire[321];
	char text[DHCP_NAME_SIZE];

	for (size_t i = 0; i < 320; i++)
		wire[i] = i % 64 ? 'a' : 63;
	wire[320] = 0;
	assert_int_equal(get(wire, sizeof(wire), 0, text), -EBADMSG);
}

static void test_pointers(void **state)
{
	/* eng.apple.com. and marketing.apple.com. of RFC 3397, 3. */
	static const char packet[] = "03656e67056170706c6503636f6d00096d61726b6574696e67c004";
	uint8_t wire[64];
	size_t len = from_hex(packet, wire, sizeof(wire));
	struct wire_reader reader = wire_reader(wire, len);
	char names[4][DHCP_NAME_SIZE];

	assert_int_equal(dhcp_name_get_list(&reader, DHCP_NAME_COMPRESSED, names, 4), 2);
	assert_string_equal(names[0], "eng.apple.com");
	assert_string_equal(names[1], "marketing.apple.com");
	reader = wire_reader(wire, len);
	assert_int_equal(dhcp_name_get_list(&reader, 0, names, 4), -EBADMSG);
	reader = wire_reader(wire, len);
	assert_int_equal(dhcp_name_get_list(&reader, DHCP_NAME_COMPRESSED, names, 1), 1);
}

static void test_pointer_loops(void **state)
{
	/* To itself; forwards; to its own name; two that point at each other; out of the packet. */
	static const char *const bad[] = {
	    "c000", "c00300016100", "0161c000", "0161c0020162c000", "c0ff", "0161c0"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t wire[20];
		struct wire_reader reader = wire_reader(wire, from_hex(bad[i], wire, sizeof(wire)));
		char names[4][DHCP_NAME_SIZE];

		assert_int_equal(dhcp_name_get_list(&reader, DHCP_NAME_COMPRESSED, names, 4), -EBADMSG);
	}
}

static void test_copy(void **state)
{
	char text[DHCP_NAME_SIZE];

	assert_int_equal(dhcp_name_copy(text, "test.local\0\0", 12), 0);
	assert_string_equal(text, "test.local");
	assert_int_equal(dhcp_name_copy(text, "test.local.", 11), 0);
	assert_string_equal(text, "test.local");
	assert_int_equal(dhcp_name_copy(text, "a\0b", 3), -EBADMSG);
	assert_int_equal(dhcp_name_copy(text, "", 0), -EBADMSG);
	assert_int_equal(dhcp_name_copy(text, "\0", 1), -EBADMSG);
	assert_int_equal(dhcp_name_copy(text, L63 "." L63 "." L63 "." L63, 255), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_final_dot),
	    cmocka_unit_test(test_refused_text),
	    cmocka_unit_test(test_no_room),
	    cmocka_unit_test(test_refused_wire),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_pointers),
	    cmocka_unit_test(test_pointer_loops),
	    cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
