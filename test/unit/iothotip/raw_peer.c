/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts made by hand: see raw_peer.h. */
#include "raw_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <net/ethernet.h>

#include "checksum.h"
#include "vdelink.h"

#define PATIENCE     60000 /* milliseconds: only to end, never to decide */
#define HEADERS      54    /* Ethernet, IPv6 */
#define FRAME_MAX    1514
#define ICMP_ECHO    128
#define ICMP_REPLY   129
#define ICMP_NS      135
#define ICMP_NA      136
#define TCP_FLAGS_AT 13

struct raw_seen raw_seen;
struct in6_addr raw_peer, raw_stranger;

static struct vdelink *net;
static struct in6_addr watched, other; /* other: fd00::99, which always answers */
static uint8_t server_mac[ETH_ALEN];
static bool server_known;
static uint16_t echoes, echoed;

static const uint8_t *mac_of(const struct in6_addr *address)
{
	static uint8_t mac[ETH_ALEN] = {2, 0, 0, 0, 1};

	mac[5] = address->s6_addr[15];
	return mac;
}

/* ---- out ------------------------------------------------------------------------------------- */

static void put_checksum(uint8_t *packet, const struct in6_addr *from, const struct in6_addr *to,
    uint8_t next, size_t len)
{
	const size_t at = next == IPPROTO_TCP ? 16 : next == IPPROTO_UDP ? 6 : 2;
	uint16_t sum;

	memset(packet + at, 0, 2);
	sum = checksum_finish(
	    checksum_add(checksum_pseudo_ipv6(from, to, next, (uint32_t)len), packet, len));
	memcpy(packet + at, &sum, sizeof(sum));
}

static void put_frame(const uint8_t *to_mac, const struct in6_addr *from, const struct in6_addr *to,
    uint8_t next, const void *payload, size_t len)
{
	uint8_t frame[FRAME_MAX] = {0};
	const struct iovec piece = {frame, HEADERS + len};
	const struct vdelink_frame item = {&piece, 1};

	assert_true(len <= FRAME_MAX - HEADERS);
	memcpy(frame, to_mac, ETH_ALEN);
	memcpy(frame + 6, mac_of(from), ETH_ALEN);
	memcpy(frame + 12, "\x86\xdd\x60", 3);
	frame[18] = (uint8_t)(len >> 8);
	frame[19] = (uint8_t)len;
	frame[20] = next;
	frame[21] = 255;
	memcpy(frame + 22, from, 16);
	memcpy(frame + 38, to, 16);
	memcpy(frame + HEADERS, payload, len);
	put_checksum(frame + HEADERS, from, to, next, len);
	while (vdelink_send(net, &item, 1) == 0) {
		struct pollfd wait = {.fd = vdelink_fd(net), .events = POLLIN};

		vdelink_want_write(net, true);
		assert_int_equal(poll(&wait, 1, PATIENCE), 1);
		vdelink_want_write(net, false);
	}
}

void raw_send(const struct in6_addr *from, uint8_t next, const void *payload, size_t len)
{
	put_frame(server_mac, from, &watched, next, payload, len);
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, (uint16_t)(value >> 16));
	put16(bytes + 2, (uint16_t)value);
}

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void raw_tcp(const struct in6_addr *from, uint16_t sport, uint16_t dport,
    const struct raw_segment *segment, const char *data)
{
	uint8_t bytes[100] = {[12] = 0x50, [TCP_FLAGS_AT] = segment->flags, [14] = 0xff, [15] = 0xff};
	size_t len = strlen(data);

	assert_true(len <= sizeof(bytes) - 20);
	put16(bytes, sport);
	put16(bytes + 2, dport);
	put32(bytes + 4, segment->seq);
	put32(bytes + 8, segment->ack);
	memcpy(bytes + 20, data, len);
	raw_send(from, IPPROTO_TCP, bytes, 20 + len);
}

void raw_udp(const struct in6_addr *from, uint16_t sport, uint16_t dport, const char *data)
{
	uint8_t bytes[100] = {0};
	size_t len = strlen(data);

	assert_true(len <= sizeof(bytes) - 8);
	put16(bytes, sport);
	put16(bytes + 2, dport);
	put16(bytes + 4, (uint16_t)(8 + len));
	memcpy(bytes + 8, data, len);
	raw_send(from, IPPROTO_UDP, bytes, 8 + len);
}

void raw_error(uint8_t type, uint8_t code, uint32_t rest, uint8_t next, const uint8_t transport[20])
{
	uint8_t bytes[8 + 40 + 20] = {type, code, [8] = 0x60, [13] = 20, [14] = next, [15] = 60};

	put32(bytes + 4, rest);
	memcpy(bytes + 8 + 8, &watched, 16);
	memcpy(bytes + 8 + 24, &raw_peer, 16);
	memcpy(bytes + 8 + 40, transport, 20);
	raw_send(&raw_stranger, IPPROTO_ICMPV6, bytes, sizeof(bytes));
}

void raw_echo_request(const struct in6_addr *from)
{
	const uint8_t bytes[8] = {ICMP_ECHO, [4] = 7};

	raw_send(from, IPPROTO_ICMPV6, bytes, sizeof(bytes));
}

/* To everybody: the MAC address of the target may not be known. */
static void solicit(const struct in6_addr *from, const struct in6_addr *target)
{
	static const uint8_t broadcast[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t bytes[32] = {ICMP_NS, [24] = 1, [25] = 1};
	struct in6_addr group = {.s6_addr = {0xff, 2, [11] = 1, [12] = 0xff}};

	memcpy(bytes + 8, target, 16);
	memcpy(bytes + 26, mac_of(from), ETH_ALEN);
	memcpy(group.s6_addr + 13, target->s6_addr + 13, 3);
	put_frame(broadcast, from, &group, IPPROTO_ICMPV6, bytes, sizeof(bytes));
}

void raw_solicit(const struct in6_addr *from)
{
	solicit(from, &watched);
}

/* ---- in -------------------------------------------------------------------------------------- */

static void advertise(const struct in6_addr *own, const uint8_t *to_mac, const struct in6_addr *to)
{
	uint8_t bytes[32] = {ICMP_NA, [4] = 0x60, [24] = 2, [25] = 1};

	memcpy(bytes + 8, own, 16);
	memcpy(bytes + 26, mac_of(own), ETH_ALEN);
	put_frame(to_mac, own, to, IPPROTO_ICMPV6, bytes, sizeof(bytes));
}

static bool is(const uint8_t *bytes, const struct in6_addr *address)
{
	return memcmp(bytes, address, 16) == 0;
}

static void take_segment(const uint8_t *tcp, size_t len)
{
	size_t header = (size_t)(tcp[12] >> 4) * 4;

	raw_seen.last = (struct raw_segment){get32(tcp + 4), get32(tcp + 8), tcp[TCP_FLAGS_AT]};
	raw_seen.resets += (tcp[TCP_FLAGS_AT] & RAW_RST) != 0;
	raw_seen.fins += (tcp[TCP_FLAGS_AT] & RAW_FIN) != 0;
	assert_true(header <= len && len - header <= sizeof(raw_seen.data) - raw_seen.len);
	memcpy(raw_seen.data + raw_seen.len, tcp + header, len - header);
	raw_seen.len += len - header;
}

static void take_watched(const uint8_t *frame, const uint8_t *payload, size_t len)
{
	bool to_peer = is(frame + 38, &raw_peer);

	raw_seen.to_peer += to_peer;
	raw_seen.to_stranger += is(frame + 38, &raw_stranger);
	if (frame[20] == IPPROTO_ICMPV6)
		raw_seen.errors += payload[0] < 128;
	else if (frame[20] == IPPROTO_TCP && to_peer && len >= 20)
		take_segment(payload, len);
	else if (frame[20] == IPPROTO_UDP && to_peer && len >= 8) {
		assert_true(len - 8 <= sizeof(raw_seen.data) - raw_seen.len);
		memcpy(raw_seen.data + raw_seen.len, payload + 8, len - 8);
		raw_seen.len += len - 8;
	}
}

static void take_icmp(const uint8_t *frame, const uint8_t *payload, size_t len)
{
	if (payload[0] == ICMP_REPLY && is(frame + 22, &other) && len >= 8)
		echoed = (uint16_t)(payload[6] << 8 | payload[7]);
	if (len < 24)
		return;
	if (payload[0] == ICMP_NS && is(payload + 8, &raw_peer))
		advertise(&raw_peer, frame + 6, (const struct in6_addr *)(const void *)(frame + 22));
	if (payload[0] == ICMP_NS && is(payload + 8, &raw_stranger))
		advertise(&raw_stranger, frame + 6, (const struct in6_addr *)(const void *)(frame + 22));
	if (payload[0] != ICMP_NA || !is(payload + 8, &watched))
		return;
	memcpy(server_mac, frame + 6, ETH_ALEN);
	server_known = true;
	raw_seen.advertisements++;
}

static void take(const uint8_t *frame, size_t size)
{
	size_t len = size < HEADERS ? 0 : (size_t)(frame[18] << 8 | frame[19]);

	if (size < HEADERS + 8 || memcmp(frame + 12, "\x86\xdd", 2) != 0 || len < 8 ||
	    len > size - HEADERS)
		return;
	if (frame[20] == IPPROTO_ICMPV6)
		take_icmp(frame, frame + HEADERS, len);
	if (is(frame + 22, &watched))
		take_watched(frame, frame + HEADERS, len);
}

static bool receive(int timeout)
{
	uint8_t frame[FRAME_MAX];
	struct iovec room = {frame, sizeof(frame)};
	struct pollfd item = {.fd = vdelink_fd(net), .events = POLLIN};
	bool ready = poll(&item, 1, timeout) == 1;
	struct timespec now;

	while (ready && vdelink_recv(net, &room, 1) == 1) {
		take(frame, room.iov_len);
		room = (struct iovec){frame, sizeof(frame)};
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	vdelink_poll(net, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	return ready;
}

void raw_settle(void)
{
	uint8_t bytes[8] = {ICMP_ECHO};

	put16(bytes + 6, ++echoes);
	/* Twice: a frame may be lost where a neighbour is being asked for. */
	put_frame(server_mac, &raw_stranger, &other, IPPROTO_ICMPV6, bytes, sizeof(bytes));
	for (int i = 0; echoed != echoes; i++) {
		assert_true(i < PATIENCE / 1000 * 100);
		if (!receive(1000))
			put_frame(server_mac, &raw_stranger, &other, IPPROTO_ICMPV6, bytes, sizeof(bytes));
	}
}

void raw_wait_data(size_t len)
{
	while (raw_seen.len < len)
		assert_true(receive(PATIENCE));
}

void raw_wait_flags(uint8_t flags)
{
	while ((raw_seen.last.flags & flags) != flags)
		assert_true(receive(PATIENCE));
}

void raw_forget(void)
{
	raw_seen = (struct raw_seen){0};
}

/* ---- beginning and end ----------------------------------------------------------------------- */

void raw_open(const char *vnl)
{
	assert_int_equal(inet_pton(AF_INET6, "fd00::2", &raw_peer), 1);
	assert_int_equal(inet_pton(AF_INET6, "fd00::3", &raw_stranger), 1);
	assert_int_equal(inet_pton(AF_INET6, "fd00::99", &other), 1);
	assert_int_equal(vdelink_open(vnl, "raw peer", &net), 0);
}

void raw_close(void)
{
	vdelink_close(net);
}

void raw_watch(const struct in6_addr *address)
{
	watched = *address;
	server_known = false;
	for (int i = 0; !server_known; i++) {
		assert_true(i < PATIENCE / 100);
		raw_solicit(&raw_peer);
		while (!server_known && receive(100))
			;
	}
	raw_settle();
	raw_forget();
}
