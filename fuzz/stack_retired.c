/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A retired address (ip/retired.c) with a connection and a UDP flow, and packets of all kinds to
 * it: from the peer, from strangers, from nobody. To strangers not a frame may come from it. The
 * records are packets, or, by a flag, what its owner does: to close, to give it up, to take it
 * again.
 *
 * A packet: source and destination (one byte), hop limit, next header, payload; a checksum is
 * filled in where one belongs. */
#include "stack_common.h"

#include "icmp.h"
#include "neighbour.h"
#include "tcp_internal.h"

#define RETIRED "2001:db8::5"

static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 9}, stranger_mac[6] = {2, 0, 0, 0, 0, 8};

struct retired_fuzz {
	struct px_tap tap; /* must be first */
	struct px_ip ip;
	struct tcp_end *listener, *end;
	struct udp_end *datagrams;
	bool stranger; /* who is to be answered nothing */
};

/* Frames of the address, or about it. */
static void look(struct px_tap *tap, struct px_stack *stack, struct px_pkt *frame)
{
	const struct retired_fuzz *retired = (const struct retired_fuzz *)(const void *)tap;
	uint8_t bytes[128] = {0};

	(void)stack;
	if (!(frame->flags & PX_PKT_OUTGOING) || !retired->stranger)
		return;
	px_pkt_read(frame, 0, bytes, sizeof(bytes));
	if (bytes[12] == 0x86 && bytes[13] == 0xdd &&
	    (memcmp(bytes + 22, retired->ip.b, 16) == 0 || /* as its source */
	        (bytes[20] == IPPROTO_ICMPV6 && bytes[54] == ICMP6_NEIGHBOUR_ADVERTISEMENT &&
	            memcmp(bytes + 62, retired->ip.b, 16) == 0)))
		abort();
}

static void add(struct fuzz_stack *fuzz, const struct retired_fuzz *retired)
{
	struct px_address_config config = {
	    .ip = retired->ip, .prefix = 64, .scope = -1, .flags = IFA_F_NODAD};

	(void)px_address_add(fuzz->iface, &config, NULL);
}

static void retire(struct fuzz_stack *fuzz, const struct retired_fuzz *retired)
{
	struct px_address *address = px_address_find(fuzz->stack, &retired->ip, fuzz->iface);

	if (address)
		(void)ip_retire(address);
}

static void give_up(struct retired_fuzz *retired, bool abort_it)
{
	if (retired->end && abort_it)
		tcp_abort(retired->end);
	else if (retired->end)
		tcp_close(retired->end);
	retired->end = NULL;
}

static void act_as_owner(struct fuzz_stack *fuzz, struct retired_fuzz *retired, uint8_t what)
{
	struct px_ip peer = px_ip_parse(what & 16 ? "2001:db8::9" : "2001:db8:1::9");

	switch (what % 8) {
	case 0:
		give_up(retired, true);
		break;
	case 1:
		give_up(retired, false);
		break;
	case 2:
		add(fuzz, retired);
		break;
	case 3:
		retire(fuzz, retired);
		break;
	case 4:
		(void)udp_connect(retired->datagrams, &peer, (uint16_t)(what / 8), 0);
		break;
	case 5:
		(void)udp_connect(retired->datagrams, NULL, 0, 0);
		break;
	case 6:
		px_iface_down(fuzz->iface);
		px_iface_up(fuzz->iface);
		break;
	default:
		if (!retired->end && tcp_accept(retired->listener, &retired->end) < 0)
			retired->end = NULL;
		break;
	}
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
}

static void act(
    struct fuzz_stack *fuzz, uint8_t flags, const uint8_t *data, size_t size, void *context)
{
	static const char *const sources[] = {"2001:db8::9", "2001:db8::8", "::", "fe80::8", "fe80::9",
	    "2001:db8:1::9", "fe80::1", RETIRED};
	static const char *const destinations[] = {RETIRED, "ff02::1:ff00:5", RETIRED, "2001:db8::1"};
	struct retired_fuzz *retired = context;
	uint8_t frame[FUZZ_FRAME_MAX], payload[2048];
	struct px_ip src, dst;
	size_t len, at;
	bool is_stranger;

	if (!size)
		return;
	if (flags & 1) {
		act_as_owner(fuzz, retired, data[0]);
		return;
	}
	if (size < 3)
		return;
	src = px_ip_parse(sources[data[0] & 7]);
	dst = px_ip_parse(destinations[data[0] >> 3 & 3]);
	is_stranger = data[0] & 0x20;
	/* A stranger has neither address nor MAC of a peer. */
	if (is_stranger && ((data[0] & 7) == 0 || (data[0] & 7) == 5))
		src = px_ip_parse("2001:db8::8");
	len = size - 3;
	memcpy(payload, data + 3, len);
	at = data[2] == IPPROTO_TCP ? 16 : data[2] == IPPROTO_UDP ? 6 : 2;
	if (data[2] == IPPROTO_TCP || data[2] == IPPROTO_UDP || data[2] == IPPROTO_ICMPV6)
		fuzz_checksum(payload, len, at, ip_pseudo_header(&src, &dst, data[2], (uint32_t)len));
	len = fuzz_ip6(0, data[2], data[1] & 1 ? 255 : data[1], "::1", RETIRED, payload, len, frame);
	memcpy(frame + ETHER_HEADER + 8, src.b, 16);
	memcpy(frame + ETHER_HEADER + 24, dst.b, 16);
	if (px_ip_is_multicast(&dst))
		ether_multicast(&dst, frame);
	memcpy(frame + 6, is_stranger ? stranger_mac : peer_mac, 6);
	/* What flows have to say may leave before; then there is nothing but this packet. */
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
	retired->stranger = is_stranger && !px_address_find(fuzz->stack, &retired->ip, fuzz->iface);
	fuzz_frame(fuzz, frame, len);
	retired->stranger = false;
}

/* The peer's half of a connection. */
static void shake_hands(struct fuzz_stack *fuzz, struct retired_fuzz *retired)
{
	struct px_ip peer = px_ip_parse("2001:db8::9");
	struct tcp_flow flow = {.local = retired->ip, .remote = peer, .lport = 80, .rport = 5555};
	struct tcp_header header = {
	    .sport = 5555, .dport = 80, .seq = 999, .flags = TCP_SYN, .window = 60000};

	for (unsigned int i = 0; i < 2; i++) {
		uint8_t bytes[TCP_HEADER_MAX], frame[FUZZ_FRAME_MAX];
		size_t len = tcp_write(bytes, &header);
		struct tcp_entry *entry;

		fuzz_checksum(bytes, len, TCP_CHECKSUM_OFFSET,
		    ip_pseudo_header(&peer, &retired->ip, IPPROTO_TCP, (uint32_t)len));
		fuzz_frame(
		    fuzz, frame, fuzz_ip6(0, IPPROTO_TCP, 64, "2001:db8::9", RETIRED, bytes, len, frame));
		entry = tcp_entry_find(fuzz->stack, &flow, 0);
		if (!entry || entry->kind != TCP_KIND_REQUEST)
			break;
		header.seq = 1000;
		header.ack = ((struct tcp_request *)(void *)entry)->iss + 1;
		header.flags = TCP_ACK;
	}
	if (tcp_accept(retired->listener, &retired->end) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct retired_fuzz retired = {.tap.frame = look};
	struct px_ip any = PX_IP_NONE, peer = px_ip_parse("2001:db8::9");
	struct fuzz_stack fuzz;

	fuzz_open(&fuzz);
	retired.ip = px_ip_parse(RETIRED);
	add(&fuzz, &retired);
	neighbour_update(neighbour_get(fuzz.iface, &peer), peer_mac, NEIGHBOUR_PERMANENT);
	if (tcp_new(fuzz.stack, AF_INET6, &retired.listener) < 0 ||
	    tcp_bind(retired.listener, &any, 80, 0) < 0 || tcp_listen(retired.listener, 3) < 0 ||
	    udp_new(fuzz.stack, AF_INET6, &retired.datagrams) < 0 ||
	    udp_bind(retired.datagrams, &retired.ip, 80, 0) < 0 ||
	    udp_connect(retired.datagrams, &peer, 5555, 0) < 0)
		abort();
	shake_hands(&fuzz, &retired);
	retire(&fuzz, &retired);
	px_tap_add(fuzz.stack, &retired.tap);
	fuzz_records(&fuzz, data, size, act, &retired);
	px_tap_remove(&retired.tap);
	/* Without flows there is nothing left. */
	give_up(&retired, true);
	udp_free(retired.datagrams);
	tcp_close(retired.listener);
	fuzz_pass(&fuzz, 600 * PX_SEC);
	if (fuzz.stack->retired)
		abort();
	fuzz_close(&fuzz);
	return 0;
}
