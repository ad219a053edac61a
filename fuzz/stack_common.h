/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack for the fuzz targets: one interface with addresses, members of groups, sockets of all
 * kinds. Input is a list of records: a byte (how much time passes before, and flags for the
 * target), two bytes of length, little-endian, and that many bytes, of which the target makes a
 * frame. In the end two minutes pass, everything is freed, and nothing may be left.
 */
#ifndef STACK_COMMON_H
#define STACK_COMMON_H

#include "checksum.h"
#include "cut.h"
#include "ether.h"
#include "ip4.h"
#include "ip6.h"
#include "socket.h"
#include "vlan.h"

#include <stdint.h>
#include <stdlib.h>
#include <linux/if_packet.h>
#include <linux/udp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_FRAME_MAX 4096
#define FUZZ_RECORDS   64
#define FUZZ_SOCKETS   6

/* The input, as a row of decisions: zeros when it is used up. */
struct input {
	const uint8_t *data;
	size_t size;
};

static inline uint8_t take(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

struct fuzz_stack {
	struct px_stack *stack;
	struct px_iface *iface, *vlan;
	struct px_sock *socks[FUZZ_SOCKETS];
	px_time now;
	long live;
};

static void *fuzz_alloc(void *context, size_t size)
{
	struct fuzz_stack *fuzz = context;
	void *memory = malloc(size);

	if (memory)
		fuzz->live++;
	return memory;
}

static void fuzz_release(void *context, void *memory, size_t size)
{
	struct fuzz_stack *fuzz = context;

	fuzz->live--;
	free(memory);
}

/* Every byte of the frames of a super-segment is there. */
static inline void fuzz_cut(const struct px_pkt *pkt)
{
	static volatile uint8_t sum; /* so that all is read */
	uint8_t header[CUT_HEADER_MAX];
	struct iovec piece[CUT_PIECES_MAX];
	unsigned int pieces, frames = 0;
	struct cut cut;

	for (cut_begin(&cut, pkt); (pieces = cut_next(&cut, header, piece)); frames++) {
		for (unsigned int i = 0; i < pieces; i++) {
			for (size_t at = 0; at < piece[i].iov_len; at++)
				sum = (uint8_t)(sum ^ ((const uint8_t *)piece[i].iov_base)[at]);
		}
	}
	if (frames != px_pkt_frames(pkt))
		abort();
}

static void fuzz_output(struct fuzz_stack *fuzz)
{
	struct px_pkt *frames[PX_BURST];
	struct px_iface *iface;

	while ((iface = px_tx_next(fuzz->stack))) {
		unsigned int count = px_tx_take(iface, frames, PX_BURST);
		for (unsigned int i = 0; i < count; i++) {
			/* What we send must be whole: every byte of it is there. */
			uint8_t bytes[FUZZ_FRAME_MAX];
			px_pkt_read(frames[i], 0, bytes, sizeof(bytes));
			if (frames[i]->segment)
				fuzz_cut(frames[i]);
			px_pkt_free(frames[i]);
		}
	}
}

static void fuzz_pass(struct fuzz_stack *fuzz, px_time duration)
{
	px_time end = fuzz->now + duration;

	/* A bounded number of steps: a stack that always has something to do at once is a finding of
	 * its own, seen as the deadline that does not move. */
	for (unsigned int i = 0; i < 1000; i++) {
		px_time next = px_deadline(fuzz->stack);
		if (next > end)
			break;
		if (next > fuzz->now)
			fuzz->now = next;
		px_run(fuzz->stack, fuzz->now);
		fuzz_output(fuzz);
	}
	fuzz->now = end;
	px_run(fuzz->stack, end);
	fuzz_output(fuzz);
}

/* What there is to read, with all that the sockets asked to be told. */
static void fuzz_read(struct fuzz_stack *fuzz)
{
	static const int flags[] = {MSG_PEEK, MSG_ERRQUEUE, 0, 0};
	static _Alignas(struct cmsghdr) char control[4096];
	static uint8_t bytes[FUZZ_FRAME_MAX];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct sockaddr_storage name;

	for (unsigned int i = 0; i < FUZZ_SOCKETS; i++) {
		for (unsigned int j = 0; j < 4; j++) {
			struct msghdr msg = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_name = &name,
			    .msg_namelen = sizeof(name),
			    .msg_control = control,
			    .msg_controllen = sizeof(control)};
			px_sock_recvmsg(fuzz->socks[i], &msg, flags[j]);
		}
	}
}

/* Every bit of news that a socket can ask for. */
static void fuzz_ask_all(struct px_sock *sock)
{
	static const int options[][2] = {{IPPROTO_IPV6, IPV6_RECVHOPOPTS},
	    {IPPROTO_IPV6, IPV6_RECVDSTOPTS}, {IPPROTO_IPV6, IPV6_RECVRTHDR},
	    {IPPROTO_IPV6, IPV6_RECVPKTINFO}, {IPPROTO_IPV6, IPV6_RECVHOPLIMIT},
	    {IPPROTO_IPV6, IPV6_RECVTCLASS}, {IPPROTO_IPV6, IPV6_RECVPATHMTU},
	    {IPPROTO_IPV6, IPV6_RECVERR}, {IPPROTO_IP, IP_RECVERR}, {IPPROTO_IP, IP_RECVOPTS},
	    {IPPROTO_IP, IP_RETOPTS}, {IPPROTO_IP, IP_PKTINFO}, {IPPROTO_IP, IP_RECVTTL},
	    {IPPROTO_UDP, UDP_GRO}, {SOL_SOCKET, SO_TIMESTAMP}, {SOL_SOCKET, SO_RXQ_OVFL},
	    {SOL_PACKET, PACKET_AUXDATA}};
	const int one = 1;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		px_sock_setsockopt(sock, options[i][0], options[i][1], &one, sizeof(one));
}

static void fuzz_open(struct fuzz_stack *fuzz)
{
	static const char *const addresses[] = {"10.0.0.1", "2001:db8::1"};
	static const uint8_t mac[PX_MAC_LEN] = {2, 0, 0, 0, 0, 1};
	static const int kinds[FUZZ_SOCKETS][3] = {{AF_INET6, SOCK_DGRAM, 0},
	    {AF_INET, SOCK_RAW, IPPROTO_ICMP}, {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
	    {AF_PACKET, SOCK_RAW, 0x0300}, {AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
	    {AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6}};
	const struct px_allocator allocator = {fuzz_alloc, fuzz_release, fuzz};
	const uint64_t seed[2] = {1, 2};
	struct px_config config = {
	    .allocator = &allocator, .seed = seed, .now = PX_SEC, .mem_limit = 8 << 20};
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	struct ip_membership *membership;
	struct px_sock *sock;

	fuzz->live = 0;
	fuzz->now = PX_SEC;
	if (px_open(&config, &fuzz->stack) < 0 ||
	    px_iface_add(fuzz->stack, &ethernet_type, "vde0", 0, mac, &fuzz->iface) < 0)
		abort();
	px_iface_up(fuzz->iface);
	ip6_iface_config(fuzz->iface)->accept_ra = true;
	for (unsigned int i = 0; i < 2; i++) {
		struct px_address_config address = {
		    .ip = px_ip_parse(addresses[i]), .scope = -1, .flags = IFA_F_NODAD};
		address.prefix = i ? 64 : PX_IP4_OFFSET + 24;
		px_address_add(fuzz->iface, &address, NULL);
	}
	if (vlan_add(fuzz->iface, 5, "v5", 0, &fuzz->vlan) < 0)
		abort();
	px_iface_up(fuzz->vlan);
	for (size_t i = 0; i < FUZZ_SOCKETS; i++) {
		if (px_sock_new(fuzz->stack, kinds[i][0], kinds[i][1], kinds[i][2], &sock) < 0)
			abort();
		fuzz->socks[i] = sock;
		fuzz_ask_all(sock);
		if (i >= 4)
			ping_bind(sock->ping, &PX_IP_NONE, 0x1234, 0);
		if (i == 0) {
			struct px_ip groups[2] = {px_ip_parse("239.1.1.1"), px_ip_parse("ff05::99")};
			px_sock_bind(sock, (struct sockaddr *)&any, sizeof(any));
			for (unsigned int j = 0; j < 2; j++) {
				if (!ip_group_join(
				        fuzz->stack, fuzz->iface, &groups[j], true, NULL, 0, &membership))
					list_append(&sock->endpoint->memberships, &membership->node);
			}
		}
	}
	fuzz_pass(fuzz, 5 * PX_SEC);
}

static void fuzz_close(struct fuzz_stack *fuzz)
{
	fuzz_read(fuzz);
	fuzz_pass(fuzz, 120 * PX_SEC);
	px_stack_free(fuzz->stack);
	if (fuzz->live)
		abort();
}

/* A packet of its own for a frame; NULL without memory. */
static inline struct px_pkt *fuzz_packet(struct fuzz_stack *fuzz, const uint8_t *frame, size_t len)
{
	struct px_pkt *pkt = px_pkt_alloc(fuzz->stack, len);

	if (pkt && len)
		memcpy(px_pkt_put(pkt, len), frame, len);
	return pkt;
}

static inline void fuzz_frames(struct fuzz_stack *fuzz, struct px_pkt **pkts, unsigned int count)
{
	px_input(fuzz->stack, fuzz->iface, pkts, count, fuzz->now);
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
}

static inline void fuzz_frame(struct fuzz_stack *fuzz, const uint8_t *frame, size_t len)
{
	struct px_pkt *pkt = fuzz_packet(fuzz, frame, len);

	if (pkt)
		fuzz_frames(fuzz, &pkt, 1);
}

/* Calls `act` with each record of the input, the time that it says having passed. */
static void fuzz_records(struct fuzz_stack *fuzz, const uint8_t *data, size_t size,
    void (*act)(
        struct fuzz_stack *fuzz, uint8_t flags, const uint8_t *data, size_t size, void *context),
    void *context)
{
	static const px_time passes[4] = {0, PX_MSEC, PX_SEC, 30 * PX_SEC};

	for (unsigned int i = 0; i < FUZZ_RECORDS && size >= 3; i++) {
		uint8_t control = data[0];
		size_t len = (size_t)(data[1] | data[2] << 8), used;
		data += 3;
		size -= 3;
		used = len < size ? len : size;
		fuzz_pass(fuzz, passes[control & 3]);
		act(fuzz, control >> 2, data, used > 2048 ? 2048 : used, context);
		data += used;
		size -= used;
	}
}

typedef size_t fuzz_make(uint8_t flags, const uint8_t *data, size_t size, uint8_t *frame);

struct fuzz_maker {
	fuzz_make *make;
};

static inline void fuzz_make_frame(
    struct fuzz_stack *fuzz, uint8_t flags, const uint8_t *data, size_t size, void *context)
{
	const struct fuzz_maker *maker = context;
	uint8_t frame[FUZZ_FRAME_MAX];

	fuzz_frame(fuzz, frame, maker->make(flags, data, size, frame));
}

/* `make` turns a record into a frame (room FUZZ_FRAME_MAX) and gives its length. */
static inline int fuzz_run(const uint8_t *data, size_t size, fuzz_make *make)
{
	struct fuzz_maker maker = {make};
	struct fuzz_stack fuzz;

	fuzz_open(&fuzz);
	fuzz_records(&fuzz, data, size, fuzz_make_frame, &maker);
	fuzz_close(&fuzz);
	return 0;
}

/* Where frames go: to us, to everybody, or to the group of their destination address. */
static inline void fuzz_ether(uint8_t flags, const uint8_t *dst_ip, bool is4, uint8_t *frame)
{
	static const uint8_t from[6] = {2, 0, 0, 0, 0, 9};
	uint8_t to[6] = {2, 0, 0, 0, 0, 1};
	struct px_ip dst = is4 ? px_ip4_load(dst_ip) : px_ip6_load(dst_ip);

	if (px_ip_is_multicast(&dst))
		ether_multicast(&dst, to);
	else if (flags & 1)
		memset(to, 0xff, 6);
	ether_write(frame, to, from, is4 ? ETH_P_IP : ETH_P_IPV6);
}

/* An IPv4 header of 20 bytes before `len` bytes of `protocol`. */
static inline size_t fuzz_ip4(uint8_t flags, uint8_t protocol, uint8_t ttl, const char *to,
    const uint8_t *payload, size_t len, uint8_t *frame)
{
	struct ip4_header header = {.protocol = protocol,
	    .ttl = ttl,
	    .total_len = (uint16_t)(IP4_HEADER + len),
	    .src = px_ip_parse("10.0.0.9"),
	    .dst = px_ip_parse(to)};

	fuzz_ether(flags, px_ip_bytes(&header.dst), true, frame);
	ip4_write(frame + ETHER_HEADER, &header, NULL, 0);
	memcpy(frame + ETHER_HEADER + IP4_HEADER, payload, len);
	return ETHER_HEADER + IP4_HEADER + len;
}

static inline size_t fuzz_ip6(uint8_t flags, uint8_t next, uint8_t hop_limit, const char *from,
    const char *to, const uint8_t *payload, size_t len, uint8_t *frame)
{
	struct ip6_header header = {.next = next,
	    .hop_limit = hop_limit,
	    .payload_len = (uint16_t)len,
	    .src = px_ip_parse(from),
	    .dst = px_ip_parse(to)};

	fuzz_ether(flags, header.dst.b, false, frame);
	ip6_write(frame + ETHER_HEADER, &header);
	memcpy(frame + ETHER_HEADER + IP6_HEADER, payload, len);
	return ETHER_HEADER + IP6_HEADER + len;
}

/* A checksum at `at` over `len` bytes that begins with `sum`: so that mutations get past it. */
static inline void fuzz_checksum(uint8_t *bytes, size_t len, size_t at, uint64_t sum)
{
	uint16_t value = 0;

	if (at + 2 > len)
		return;
	memcpy(bytes + at, &value, 2);
	value = checksum_finish(checksum_add(sum, bytes, len));
	memcpy(bytes + at, &value, 2);
}

#endif
