/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library on a VDE network, by its public calls: frames, from the first to the last.
 *
 *     this test ---- ptp:// ---- iothradvd_vdestart
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <iothradvd.h>

#include "../descriptors.h"
#include "../dhcp/hex.h"
#include "nd.h"
#include "nd_packet.h"
#include "vdelink.h"

#define PATIENCE_MS 60000

#define GOLDEN                                                                                     \
	"33330000000180010101010186dd6000000000383afffe80000000000000820101fffe010101ff02000000000000" \
	"00000000000000018600acb900000000000000000000000003044080000151800000384000000000fc0000000000" \
	"00"                                                                                           \
	"0000000000000000000101800101010101"

static char directory[32], vnl[64];
static struct vdelink *link_to;
static uint8_t frame[2048];
static size_t frame_len;

static uint8_t mac[6] = {0x80, 1, 1, 1, 1, 1};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 9};
static const uint8_t peer[16] = {0xfe, 0x80, [8] = 0, 0, 0, 0xff, 0xfe, 0, 0, 9};
static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1}, all_routers[16] = {0xff, 2, [15] = 2};

static int setup(void **state)
{
	strcpy(directory, "/tmp/ioth_radv.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", directory);
	return vdelink_open(vnl, "test", &link_to);
}

static int teardown(void **state)
{
	char command[64];

	vdelink_close(link_to);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The next frame; false: there was none for `ms`. */
static bool next_frame(int ms)
{
	uint64_t end = now() + (uint64_t)ms * 1000000;

	for (;;) {
		struct iovec piece = {.iov_base = frame, .iov_len = sizeof(frame)};
		struct pollfd item = {.fd = vdelink_fd(link_to), .events = POLLIN};

		vdelink_poll(link_to, now());
		if (vdelink_recv(link_to, &piece, 1) == 1) {
			frame_len = piece.iov_len;
			return true;
		}
		if (now() >= end)
			return false;
		(void)poll(&item, 1, 100);
	}
}

/* Waits for an ICMPv6 message of a type; its bytes. */
static const uint8_t *await(uint8_t type, size_t *len)
{
	for (;;) {
		const uint8_t *icmp;

		if (!next_frame(PATIENCE_MS))
			fail_msg("no message %u", type);
		assert_true(frame_len >= 54 && frame[12] == 0x86 && frame[13] == 0xdd);
		icmp = nd_packet_get(frame + 14, frame_len - 14, false, len);
		assert_non_null(icmp); /* every one is valid */
		if (icmp[0] == type)
			return icmp;
	}
}

static void send_bytes(const void *bytes, size_t len)
{
	struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	const struct vdelink_frame sent = {.piece = &piece, .pieces = 1};

	while (vdelink_send(link_to, &sent, 1) == 0)
		(void)next_frame(10);
}

static void send_icmp(const uint8_t source[16], const uint8_t destination[16],
    const uint8_t to_mac[6], const void *icmp, size_t len)
{
	uint8_t out[2048];

	memcpy(out, to_mac, 6);
	memcpy(out + 6, peer_mac, 6);
	out[12] = 0x86;
	out[13] = 0xdd;
	len = nd_packet_put(out + 14, sizeof(out) - 14, source, destination, icmp, len);
	send_bytes(out, 14 + len);
}

static void send_group(const uint8_t source[16], const uint8_t group[16], const char *hex)
{
	uint8_t bytes[128], to_mac[6];
	size_t len = from_hex(hex, bytes, sizeof(bytes));

	nd_group_mac(to_mac, group);
	send_icmp(source, group, to_mac, bytes, len);
}

#define SOLICIT "85000000000000000101020000000009"

static struct iothradvd *start(int period, const char *from)
{
	struct iothradata data = {0};
	struct iothraprefix prefix = {
	    .prefixlen = 64, .flags = IOTHRADVD_ON_LINK, .valid_time = 86400, .preferred_time = 14400};
	struct iothradvd *ra;

	inet_pton(AF_INET6, from, &prefix.prefix);
	ra = iothradvd_vdestart(vnl, mac, period, &data, &prefix, 1);
	if (!ra)
		fail_msg("%s", iothradvd_error());
	return ra;
}

/* First the address is looked for, then the frame of the specification, byte for byte; at the end
 * the final one. */
static void test_golden(void **state)
{
	struct iothradvd *ra = start(600, "fc00::");
	struct iothradvd_stats stats;
	uint64_t asked;
	size_t len;

	(void)await(ND_NEIGHBOUR_SOLICIT, &len);
	assert_string_equal(to_hex(frame, 38),
	    "3333ff01010180010101010186dd6000000000203aff00000000000000000000000000000000");
	(void)await(ND_ROUTER_ADVERT, &len);
	assert_string_equal(to_hex(frame, frame_len), GOLDEN);
	assert_int_equal(iothradvd_get_stats(ra, &stats, sizeof(stats)), 0);
	assert_int_equal(stats.advertising, 1);
	assert_int_equal(stats.multicast, 1);
	asked = now();
	iothradvd_stop(ra);
	(void)await(ND_ROUTER_ADVERT, &len);
	/* What passes is the time of a loaded machine; alone it is well below a millisecond. */
	assert_true(now() - asked < UINT64_C(20000000000));
	assert_string_equal(to_hex(frame, frame_len), GOLDEN); /* lifetime 0 already */
	assert_false(next_frame(50));
}

/* Who asks is answered by unicast, at its MAC address; one without an address by multicast. */
static void test_solicited(void **state)
{
	struct iothradvd *ra = start(0, "fc00::");
	uint8_t self[16];
	size_t len;

	nd_link_local(self, mac);
	(void)await(ND_NEIGHBOUR_SOLICIT, &len);
	send_group(peer, all_routers, SOLICIT); /* taken down while it is tentative */
	(void)await(ND_ROUTER_ADVERT, &len);
	assert_memory_equal(frame, peer_mac, 6);
	assert_memory_equal(frame + 6, mac, 6);
	assert_int_equal(frame[14 + 7], 255); /* hop limit */
	assert_memory_equal(nd_packet_source(frame + 14), self, 16);
	assert_memory_equal(nd_packet_destination(frame + 14), peer, 16);
	send_group((const uint8_t[16]){0}, all_routers, "8500000000000000");
	(void)await(ND_ROUTER_ADVERT, &len);
	assert_memory_equal(nd_packet_destination(frame + 14), all_nodes, 16);
	iothradvd_stop(ra);
}

/* Its address is answered for, wherever the solicitation comes from. */
static void test_neighbour(void **state)
{
	struct iothradvd *ra = start(600, "fc00::");
	uint8_t self[16], group[16], message[32] = {ND_NEIGHBOUR_SOLICIT};
	const uint8_t *icmp;
	uint8_t group_mac[6];
	size_t len;

	(void)await(ND_ROUTER_ADVERT, &len);
	nd_link_local(self, mac);
	nd_solicited_node(group, self);
	nd_group_mac(group_mac, group);
	memcpy(message + 8, self, 16);
	from_hex("0101020000000009", message + 24, 8);
	send_icmp(peer, group, group_mac, message, sizeof(message));
	icmp = await(ND_NEIGHBOUR_ADVERT, &len);
	assert_int_equal(icmp[4], 0xe0);
	assert_memory_equal(icmp + 8, self, 16);
	assert_memory_equal(icmp + 26, mac, 6);
	assert_memory_equal(frame, peer_mac, 6);
	send_icmp(peer, self, mac, message, 24);
	(void)await(ND_NEIGHBOUR_ADVERT, &len);
	iothradvd_stop(ra);
}

/* Nothing of this is answered, and nothing of it does harm. */
static void test_hostile(void **state)
{
	static const char *const bad[] = {"", "85", "8501000000000000", "850000000000000001",
	    "85000000000000000100000000000000", "85000000000000000105020000000009", "86000000",
	    "8600000000000000000000000000000003000000", "8700", "88ff000000000000"};
	struct iothradvd *ra = start(0, "fc00::");
	struct iothradvd_stats stats;
	uint8_t good[128];
	size_t len, good_len;

	(void)await(ND_NEIGHBOUR_SOLICIT, &len);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		send_group(peer, all_routers, bad[i]);
	send_group((const uint8_t[16]){0}, all_routers, SOLICIT);
	/* A good one, cut everywhere, and with each of its first bytes changed. */
	send_group(peer, all_routers, SOLICIT);
	(void)await(ND_ROUTER_ADVERT, &len);
	from_hex("333300000002020000000009"
	         "86dd6000000000103aff"
	         "fe80000000000000000000fffe000009"
	         "ff020000000000000000000000000002"
	         "85000000000000000101020000000009",
	    good, 128);
	good_len = 14 + nd_packet_put(good + 14, sizeof(good) - 14, peer, all_routers, good + 54, 16);
	for (size_t cut = 1; cut < good_len; cut++) /* (nothing at all is how a peer takes leave) */
		send_bytes(good, cut);
	for (size_t i = 0; i < 54; i++) {
		good[i] ^= 0x21;
		/* From whom does not matter, nor traffic class and flow label. */
		if (i < 6 || (i >= 12 && (i < 15 || i > 17)))
			send_bytes(good, good_len);
		good[i] ^= 0x21;
	}
	/* The end of them: a good one again, and its answer. */
	send_group(peer, all_routers, SOLICIT);
	(void)await(ND_ROUTER_ADVERT, &len);
	assert_int_equal(iothradvd_get_stats(ra, &stats, sizeof(stats)), 0);
	assert_int_equal(stats.unicast, 2);
	assert_int_equal(stats.solicitations, 2);
	iothradvd_stop(ra);
}

/* Somebody has the address that was given: nothing is sent from it. One that was chosen at random
 * is chosen again. */
static void test_duplicate(void **state)
{
	struct iothradvd *ra = start(10, "fc00::");
	struct iothradvd_stats stats;
	const uint8_t *icmp;
	uint8_t claim[32], group_mac[6], first[16];
	struct wire_writer writer = wire_writer(claim, sizeof(claim));
	size_t len;

	nd_group_mac(group_mac, all_nodes);
	icmp = await(ND_NEIGHBOUR_SOLICIT, &len);
	nd_put_neighbour_advert(&writer, icmp + 8, peer_mac, 0);
	send_icmp(peer, all_nodes, group_mac, claim, writer.at);
	assert_false(next_frame(1500));
	assert_int_equal(iothradvd_get_stats(ra, &stats, sizeof(stats)), 0);
	assert_int_equal(stats.advertising, 0);
	iothradvd_stop(ra);
	assert_false(next_frame(50)); /* nobody has heard of it: nothing is taken back */

	ra = iothradvd_vdestart(vnl, NULL, 10, NULL, NULL, 0);
	assert_non_null(ra);
	icmp = await(ND_NEIGHBOUR_SOLICIT, &len);
	assert_int_equal(frame[6] & 3, 2); /* locally administered, of no group */
	memcpy(first, icmp + 8, 16);
	writer = wire_writer(claim, sizeof(claim));
	nd_put_neighbour_advert(&writer, first, peer_mac, 0);
	send_icmp(peer, all_nodes, group_mac, claim, writer.at);
	icmp = await(ND_NEIGHBOUR_SOLICIT, &len);
	assert_memory_not_equal(icmp + 8, first, 16);
	(void)await(ND_ROUTER_ADVERT, &len);
	iothradvd_stop(ra);
}

/* Other settings while it runs: hosts are told, of what is no more, too. */
static void test_update(void **state)
{
	struct iothradvd *ra = start(600, "fc00::");
	struct iothradvd_config *config = iothradvd_config_new(0, NULL, NULL, 0);
	struct iothradata data = {.mtu = 1};
	struct ra seen;
	const uint8_t *icmp;
	size_t len;

	(void)await(ND_ROUTER_ADVERT, &len);
	assert_int_equal(iothradvd_update(ra, 10, &data, NULL, 0), -1); /* nothing changes */
	assert_int_equal(errno, EINVAL);
	assert_string_equal(
	    iothradvd_error(), "mtu: at least 1280 bytes (RFC 8200, 5), or 0: not told");
	assert_non_null(config);
	assert_int_equal(iothradvd_config_set(config, "period", "10"), 0);
	assert_int_equal(iothradvd_config_set(config, "rdnss", "fc01::53"), 0);
	assert_int_equal(iothradvd_config_set(config, "prefix", "fc01::/64/LA"), 0);
	assert_int_equal(iothradvd_update_config(ra, config), 0);
	iothradvd_config_free(config);
	icmp = await(ND_ROUTER_ADVERT, &len);
	assert_int_equal(ra_parse(&seen, icmp, len), 0);
	assert_int_equal(seen.prefixes, 2);
	assert_int_equal(seen.prefix[0].prefix[1], 1);
	assert_int_equal(seen.prefix[1].preferred, 0);
	assert_int_equal(seen.servers, 1);
	assert_int_equal(seen.server[0].lifetime, 30);
	iothradvd_stop(ra);
}

static void test_errors(void **state)
{
	struct iothraprefix prefix = {.prefixlen = 129};
	uint8_t group[6] = {1};
	int before = open_descriptors();

	errno = 0;
	assert_null(iothradvd_vdestart(NULL, NULL, 0, NULL, NULL, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(iothradvd_vdestart(vnl, group, 0, NULL, NULL, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(iothradvd_vdestart(vnl, NULL, -1, NULL, NULL, 0));
	assert_string_equal(iothradvd_error(), "a negative period");
	assert_null(iothradvd_vdestart(vnl, NULL, 0, NULL, NULL, 1));
	assert_null(iothradvd_vdestart(vnl, NULL, 0, NULL, &prefix, 1));
	assert_string_equal(iothradvd_error(), "prefix 1: a prefix has at most 128 bits");
	assert_null(iothradvd_vdestart((char[]){"nothing:///of/the/kind"}, NULL, 0, NULL, NULL, 0));
	assert_true(iothradvd_error()[0]);
	assert_null(iothradvd_vdestart_config(vnl, NULL, NULL));
	assert_null(iothradvd_start(NULL, 0, 0, NULL, NULL, 0));
	assert_true(errno == ENODEV || errno == EPERM || errno == EACCES);
	assert_int_equal(iothradvd_update(NULL, 0, NULL, NULL, 0), -1);
	assert_int_equal(iothradvd_get_stats(NULL, NULL, 0), -1);
	assert_int_equal(iothradvd_config_set(NULL, "period", "1"), -1);
	iothradvd_config_free(NULL);
	iothradvd_stop(NULL);
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_golden, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_solicited, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_neighbour, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_duplicate, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_update, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
