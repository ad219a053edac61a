/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate before retired addresses: which frames pass, when, and what is left of it at the end. */
#include <gate.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#define RETIRED "fd00::c:5"
#define PEER    "fd00::2"

static struct gate *gate;

struct address {
	uint8_t byte[16];
};

static struct address address(const char *text)
{
	struct address result;

	assert_int_equal(inet_pton(AF_INET6, text, result.byte), 1);
	return result;
}

static struct gate_flow flow(uint8_t protocol, const char *remote, uint16_t port)
{
	struct gate_flow result = {.protocol = protocol, .local_port = 80, .remote_port = port};

	memcpy(result.local, address(RETIRED).byte, 16);
	memcpy(result.remote, address(remote).byte, 16);
	return result;
}

static unsigned int tags; /* of the VLAN 0 that a frame has */

typedef bool judge(struct gate *gate, const uint8_t *frame, size_t len);

/* A frame by hand. `mac`: the last byte of the sender's. */
static bool judged(judge *judges, uint8_t mac, const char *from, const char *to, uint8_t next,
    const uint8_t *payload, size_t len)
{
	static const uint8_t tag[2][4] = {{0x81}, {0x88, 0xa8, 0xe0}};
	uint8_t frame[200] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, mac},
	        header[42] = {0x86, 0xdd, 0x60, [8] = next, 64};
	size_t at = 12;

	assert_true(len <= sizeof(frame) - 54 - tags * 4ul);
	for (unsigned int i = 0; i < tags; i++, at += 4)
		memcpy(frame + at, tag[i % 2], 4);
	memcpy(header + 10, address(from).byte, 16);
	memcpy(header + 26, address(to).byte, 16);
	memcpy(frame + at, header, sizeof(header));
	memcpy(frame + at + sizeof(header), payload, len);
	return judges(gate, frame, at + sizeof(header) + len);
}

static bool passes(
    uint8_t mac, const char *from, const char *to, uint8_t next, const uint8_t *payload, size_t len)
{
	return judged(gate_lets_in, mac, from, to, next, payload, len);
}

/* Of the kernel's: from the retired address, or another. */
static bool error_leaves(const char *from, const char *to, uint8_t type)
{
	const uint8_t bytes[8] = {type, 4};

	return judged(gate_lets_out, 1, from, to, 58, bytes, sizeof(bytes));
}

static bool segment_leaves(
    const char *from, const char *to, uint16_t port, uint8_t flags, uint8_t sequence)
{
	const uint8_t bytes[20] = {
	    0, 80, (uint8_t)(port >> 8), (uint8_t)port, [7] = sequence, [12] = 0x50, [13] = flags};

	return judged(gate_lets_out, 1, from, to, 6, bytes, sizeof(bytes));
}

static bool segment(const char *from, const char *to, uint16_t port, uint8_t flags)
{
	const uint8_t bytes[20] = {
	    (uint8_t)(port >> 8), (uint8_t)port, 0, 80, [12] = 0x50, [13] = flags};

	return passes(9, from, to, 6, bytes, sizeof(bytes));
}

static bool datagram(const char *from, uint16_t port)
{
	const uint8_t bytes[8] = {(uint8_t)(port >> 8), (uint8_t)port, 0, 80, 0, 8};

	return passes(9, from, RETIRED, 17, bytes, sizeof(bytes));
}

static bool message(const char *from, const char *to, uint8_t type)
{
	const uint8_t bytes[8] = {type};

	return passes(9, from, to, 58, bytes, sizeof(bytes));
}

/* `behind`: an extension header before it. */
static bool solicitation(uint8_t mac, const char *from, const char *to, bool behind)
{
	uint8_t bytes[32] = {58, 0, 1, 4, 0, 0, 0, 0, 135};

	memcpy(bytes + 16, address(RETIRED).byte, 16);
	return behind ? passes(mac, from, to, 0, bytes, 32) : passes(mac, from, to, 58, bytes + 8, 24);
}

static int setup(void **state)
{
	return gate_new(&gate);
}

static int teardown(void **state)
{
	gate_free(gate);
	return 0;
}

#define SYN 0x02
#define RST 0x04
#define ACK 0x10

static void test_phases(void **state)
{
	struct address ip = address(RETIRED);
	struct gate_flow tcp = flow(6, PEER, 5000);

	assert_true(segment("fd00::3", RETIRED, 6000, SYN));
	assert_int_equal(gate_add(gate, ip.byte, 1), 0);
	assert_int_equal(gate_add(gate, ip.byte, 1), -EEXIST);
	/* Nothing begins; the rest is not yet known. */
	assert_false(segment(PEER, RETIRED, 5000, SYN));
	assert_true(segment(PEER, RETIRED, 5000, ACK));
	assert_true(segment("fd00::3", RETIRED, 6000, SYN | ACK));
	assert_true(segment("fd00::3", "fd00::1", 6000, SYN));
	assert_true(datagram("fd00::3", 6000));
	assert_true(message("fd00::3", RETIRED, 128));
	assert_true(solicitation(3, "fd00::3", "ff02::1:ff0c:5", false));
	assert_true(message("fd00::3", "ff02::1:ff0c:5", 128));
	assert_int_equal(gate_add_flow(gate, &tcp), 0);
	assert_int_equal(gate_add_flow(gate, &tcp), 0);
	assert_int_equal(gate_close(gate, ip.byte), 1);
	assert_true(segment(PEER, RETIRED, 5000, ACK));
	assert_true(segment(PEER, RETIRED, 5000, SYN)); /* the flow's own: challenged, RFC 5961 */
	assert_false(segment("fd00::3", RETIRED, 6000, ACK));
	assert_false(datagram("fd00::3", 6000));
	gate_remove(gate, ip.byte);
	assert_true(segment("fd00::3", RETIRED, 6000, SYN));
	assert_int_equal(gate_close(gate, ip.byte), 0);
}

static void retire(void)
{
	const struct gate_flow tcp = flow(6, PEER, 5000), udp = flow(17, "fd01::7", 5001);

	assert_int_equal(gate_add(gate, address(RETIRED).byte, 7), 0);
	assert_int_equal(gate_add_flow(gate, &tcp), 0);
	assert_int_equal(gate_add_flow(gate, &udp), 0);
	assert_int_equal(gate_close(gate, address(RETIRED).byte), 2);
}

static void test_tags(void **state)
{
	retire();
	for (tags = 1; tags <= 20; tags++) {
		assert_true(segment(PEER, RETIRED, 5000, ACK));
		assert_false(segment(PEER, RETIRED, 5001, SYN));
		assert_false(message("fd00::3", RETIRED, 128));
	}
	tags = 0;
}

static void test_packets(void **state)
{
	static const uint8_t options[8] = {58, 0, 1, 4},
	                     fragment[28] = {6, 0, 0, 1, [8] = 0x13, 0x88, 0, 80};
	static const uint8_t other_fragment[28] = {6, 0, 0, 1, [8] = 0x13, 0x89, 0, 80};
	static const uint8_t later[28] = {6, 0, 0, 8};

	retire();
	assert_true(segment(PEER, RETIRED, 5000, ACK));
	assert_true(datagram("fd01::7", 5001));
	/* Another port, another protocol, another host. */
	assert_false(segment(PEER, RETIRED, 5001, ACK));
	assert_false(datagram(PEER, 5000));
	assert_false(segment("fd01::7", RETIRED, 5001, ACK));
	assert_false(datagram("fd00::3", 5001));
	/* Errors come from anywhere, answers to the kernel's own solicitations from neighbours. */
	for (unsigned int type = 0; type < 256; type++)
		assert_int_equal(
		    message("fd00::3", RETIRED, (uint8_t)type), type < 128 || type == 136 || type == 137);
	assert_false(passes(9, PEER, RETIRED, 253, options, 8));
	assert_false(passes(9, PEER, RETIRED, 60, options, 8));
	assert_false(passes(9, PEER, RETIRED, 0, options, 8));
	assert_false(passes(9, PEER, RETIRED, 59, options, 0));
	assert_false(passes(9, PEER, RETIRED, 6, options, 3)); /* cut off */
	/* Fragments: the first has the ports, later ones a peer's address. */
	assert_true(passes(9, PEER, RETIRED, 44, fragment, 28));
	assert_false(passes(9, PEER, RETIRED, 44, other_fragment, 28));
	assert_true(passes(9, PEER, RETIRED, 44, later, 28));
	assert_false(passes(9, "fd00::3", RETIRED, 44, fragment, 28));
	assert_false(passes(9, "fd00::3", RETIRED, 44, later, 28));
	/* The group of its solicitations has no other use. */
	assert_false(message("fd00::3", "ff02::1:ff0c:5", 128));
	assert_false(passes(9, "fd00::3", "ff02::1:ff0c:5", 60, options, 8));
	assert_true(message("fd00::3", "ff02::1:ff0c:6", 128));
	assert_true(message("fd00::3", "ff02::1", 128));
	/* Others are nobody's business. */
	assert_true(segment("fd00::3", "fd00::1", 6000, SYN));
	assert_true(gate_lets_in(gate, options, 8));
}

static void test_solicitations(void **state)
{
	static const char *const to[] = {RETIRED, "ff02::1:ff0c:5", "fd00::1", "ff02::1"};

	retire();
	for (unsigned int i = 0; i < 4; i++) {
		for (int behind = 0; behind < 2; behind++) {
			assert_true(solicitation(3, PEER, to[i], behind));
			assert_false(solicitation(3, "fd00::3", to[i], behind));
			assert_false(solicitation(3, "fe80::9", to[i], behind));
			assert_false(solicitation(3, "::", to[i], behind));
		}
	}
	/* A router, or the peer by its link-local address: frames of a flow came from there. */
	assert_true(datagram("fd01::7", 5001)); /* from MAC 9 */
	for (unsigned int i = 0; i < 4; i++) {
		assert_true(solicitation(9, "fe80::9", to[i], false));
		assert_false(solicitation(8, "fe80::9", to[i], false));
		assert_false(solicitation(9, "::", to[i], false));
	}
}

/* What the kernel would answer all the same: that a datagram's socket has been closed, that there
 * is no connection. A connection's own reset is its matter. */
static void test_out(void **state)
{
	struct gate_flow half = flow(6, PEER, 6000);
	struct address ip = address(RETIRED);

	assert_true(error_leaves(RETIRED, PEER, 1));
	assert_true(segment_leaves(RETIRED, PEER, 5000, RST, 1));
	/* While it is being retired nobody's flow is known. */
	assert_int_equal(gate_add(gate, ip.byte, 7), 0);
	assert_false(error_leaves(RETIRED, PEER, 1));
	assert_false(segment_leaves(RETIRED, PEER, 5000, RST | ACK, 0));
	assert_false(segment_leaves(RETIRED, PEER, 5000, RST, 1));
	assert_true(segment_leaves(RETIRED, PEER, 5000, RST | ACK, 1));
	gate_remove(gate, ip.byte);
	retire();
	for (unsigned int type = 0; type < 256; type++) {
		assert_int_equal(error_leaves(RETIRED, "fd01::7", (uint8_t)type), type >= 128);
		assert_true(error_leaves("fd00::1", "fd01::7", (uint8_t)type));
	}
	assert_true(segment_leaves(RETIRED, PEER, 5000, SYN | ACK, 0));
	assert_true(segment_leaves(RETIRED, PEER, 5000, ACK, 0));
	assert_true(segment_leaves(RETIRED, PEER, 5000, RST | ACK, 1));
	assert_true(segment_leaves(RETIRED, PEER, 5000, RST, 0)); /* what comes after its end */
	assert_false(segment_leaves(RETIRED, PEER, 5000, RST | ACK, 0));
	assert_false(segment_leaves(RETIRED, PEER, 5001, RST, 0));
	assert_false(segment_leaves(RETIRED, "fd00::3", 5000, RST, 0));
	assert_true(segment_leaves("fd00::1", "fd00::3", 5000, RST, 0));
	assert_true(segment_leaves("fd00::1", "fd00::3", 5000, RST | ACK, 0));
	/* One that is half open, until it is not. */
	gate_remove(gate, ip.byte);
	half.half_open = true;
	assert_int_equal(gate_add(gate, ip.byte, 7), 0);
	assert_int_equal(gate_add_flow(gate, &half), 0);
	assert_int_equal(gate_close(gate, ip.byte), 1);
	assert_true(segment(PEER, RETIRED, 6000, ACK));
	assert_false(segment_leaves(RETIRED, PEER, 6000, RST, 1));
	gate_sweep_begin(gate);
	half.half_open = false;
	gate_sweep_keep(gate, &half);
	assert_int_equal(gate_sweep_end(gate, NULL, NULL), 1);
	assert_true(segment_leaves(RETIRED, PEER, 6000, RST, 1));
}

static bool gone(const uint8_t ip[16], uint64_t tag, void *argument)
{
	unsigned int *count = argument;

	assert_memory_equal(ip, address(RETIRED).byte, 16);
	assert_int_equal(tag, 7);
	return ++*count > 1; /* not at once */
}

static void test_end(void **state)
{
	const struct gate_flow tcp = flow(6, PEER, 5000), other = flow(6, PEER, 5002);
	unsigned int count = 0;
	uint64_t tag = 0;

	retire();
	assert_true(gate_find(gate, address(RETIRED).byte, &tag));
	assert_int_equal(tag, 7);
	assert_false(gate_find(gate, address(PEER).byte, &tag));
	gate_sweep_begin(gate);
	gate_sweep_keep(gate, &tcp);
	gate_sweep_keep(gate, &other); /* not one of them */
	assert_int_equal(gate_sweep_end(gate, gone, &count), 1);
	assert_int_equal(count, 0);
	assert_true(segment(PEER, RETIRED, 5000, ACK));
	assert_false(segment(PEER, RETIRED, 5002, ACK));
	assert_false(datagram("fd01::7", 5001));
	assert_false(solicitation(3, "fd01::7", RETIRED, false));
	assert_true(solicitation(3, PEER, RETIRED, false));
	gate_sweep_begin(gate);
	assert_int_equal(gate_sweep_end(gate, gone, &count), 1);
	assert_int_equal(count, 1);
	assert_false(segment(PEER, RETIRED, 5000, ACK));
	assert_false(solicitation(3, PEER, RETIRED, false));
	gate_sweep_begin(gate);
	assert_int_equal(gate_sweep_end(gate, gone, &count), 0);
	assert_int_equal(count, 2);
	assert_false(gate_find(gate, address(RETIRED).byte, &tag));
	assert_true(segment(PEER, RETIRED, 5000, ACK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_phases, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tags, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_packets, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_solicitations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
