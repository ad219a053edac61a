/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments of scripts to frames, and back.
 *
 * The interface does without neighbours (IFF_NOARP), so a frame is a header that nobody looks at
 * and the packet. Byte n of a stream, in both directions, is a function of n, and checked. */
#include "script.h"

#include "checksum.h"
#include "ether.h"
#include "icmp.h"
#include "ip4.h"
#include "ip6.h"

#include <stdio.h>
#include <string.h>

uint8_t script_byte(uint32_t position)
{
	return (uint8_t)(position * 31 + position / 251);
}

struct px_ip script_address(const struct script *script, bool peer)
{
	if (script->ipv6)
		return px_ip_parse(peer ? "2001:db8::9" : "2001:db8::1");
	return px_ip_parse(peer ? "10.0.0.9" : "10.0.0.1");
}

/* ---- to the stack ---- */

static uint32_t milliseconds(px_time time)
{
	return (uint32_t)(time / PX_MSEC);
}

static void add_timestamp(struct script *script, const struct segment *segment, struct flow *flow,
    struct tcp_header_options *options)
{
	options->has_timestamp = false;
	if (segment->no_timestamp || (!segment->has_ts && !flow->peer_ts_on))
		return;
	options->has_timestamp = true;
	if (segment->has_ts && (segment->flags & TCP_SYN))
		flow->peer_ts_on = true;
	if (segment->has_ts) {
		flow->peer_ts = options->tsval;
		flow->peer_ts_time = script->now;
	} else {
		options->tsval = flow->peer_ts + milliseconds(script->now - flow->peer_ts_time);
	}
	if (segment->ecr_said)
		options->tsecr += segment->flags & TCP_ACK ? flow->our_ts_base : 0;
	else
		options->tsecr = segment->flags & TCP_ACK ? flow->our_ts_last : 0;
}

/* Writes the network header before a transport segment of `len` bytes; returns the packet's length.
 */
static size_t add_network(const struct script *script, uint8_t *bytes, bool from_peer,
    uint8_t protocol, uint8_t tos, size_t len)
{
	struct px_ip src = script_address(script, from_peer), dst = script_address(script, !from_peer);
	struct ip6_header ip6 = {.tclass = tos,
	    .next = protocol,
	    .hop_limit = 64,
	    .payload_len = (uint16_t)len,
	    .src = src,
	    .dst = dst};
	struct ip4_header ip4 = {.protocol = protocol,
	    .tos = tos,
	    .ttl = 64,
	    .total_len = (uint16_t)(IP4_HEADER + len),
	    .src = src,
	    .dst = dst};

	if (script->ipv6)
		ip6_write(bytes, &ip6);
	else
		ip4_write(bytes, &ip4, NULL, 0);
	return (script->ipv6 ? IP6_HEADER : IP4_HEADER) + len;
}

static void add_checksum(const struct script *script, uint8_t *bytes, size_t offset, bool from_peer,
    uint8_t protocol, size_t len)
{
	struct px_ip src = script_address(script, from_peer), dst = script_address(script, !from_peer);
	/* ICMP of IPv4 has no pseudo-header. */
	uint64_t sum =
	    protocol == IPPROTO_ICMP ? 0 : ip_pseudo_header(&src, &dst, protocol, (uint32_t)len);
	uint16_t checksum = checksum_finish(checksum_add(sum, bytes, len));

	memcpy(bytes + offset, &checksum, sizeof(checksum));
}

static size_t network_header(const struct script *script)
{
	return script->ipv6 ? IP6_HEADER : IP4_HEADER;
}

static void input(struct script *script, const uint8_t *frame, size_t len)
{
	struct px_pkt *pkt = px_pkt_alloc(script->stack, len);

	if (!pkt)
		return;
	memcpy(px_pkt_put(pkt, len), frame, len);
	px_input(script->stack, script->iface, &pkt, 1, script->now);
}

static void frame_start(const struct script *script, uint8_t *frame)
{
	static const uint8_t peer[PX_MAC_LEN] = {2, 0, 0, 0, 0, 9};

	ether_write(frame, script->iface->mac, peer, script->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
}

void script_inject(struct script *script, const struct segment *segment)
{
	static uint8_t frame[ETHER_HEADER + IP6_HEADER + 2 * TCP_HEADER_MAX + SCRIPT_PAYLOAD];
	struct flow *flow = &script->flows[segment->flow];
	uint8_t *tcp = frame + ETHER_HEADER + network_header(script);
	struct tcp_header header = {.sport = (uint16_t)(PEER_PORT + segment->flow),
	    .dport = flow->our_port,
	    .flags = segment->flags,
	    .window = (uint16_t)(segment->window < 0 ? 65535 : segment->window),
	    .urgent = (uint16_t)(segment->urgent < 0 ? 0 : segment->urgent),
	    .options = segment->options};
	size_t len;

	if (segment->isn)
		flow->isn = segment->isn;
	if ((segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && !segment->has_ts)
		flow->peer_ts_on = false;
	header.seq = flow->isn + segment->seq;
	header.ack = segment->flags & TCP_ACK ? flow->iss + segment->ack : segment->ack;
	for (unsigned int i = 0; i < header.options.sacks; i++) {
		header.options.sack[i].left += flow->iss;
		header.options.sack[i].right += flow->iss;
	}
	add_timestamp(script, segment, flow, &header.options);
	len = tcp_write(tcp, &header);
	memcpy(tcp + len, segment->raw, segment->raw_len);
	len += segment->raw_len;
	while (len % 4)
		tcp[len++] = 0;
	tcp[12] = (uint8_t)((segment->data_offset < 0 ? len / 4 : (size_t)segment->data_offset) << 4);
	for (uint32_t i = 0; i < segment->len; i++)
		tcp[len + i] = script_byte(segment->seq + i - !(segment->flags & TCP_SYN));
	len += segment->len;
	frame_start(script, frame);
	add_network(script, frame + ETHER_HEADER, true, IPPROTO_TCP,
	    (uint8_t)(segment->ecn < 0 ? 0 : segment->ecn), len);
	add_checksum(script, tcp, TCP_CHECKSUM_OFFSET, true, IPPROTO_TCP, len);
	if (segment->bad_checksum)
		tcp[TCP_CHECKSUM_OFFSET] ^= 0x55;
	input(script, frame, ETHER_HEADER + network_header(script) + len);
}

/* An ICMP error about a segment of ours with this sequence number. */
void script_inject_icmp(struct script *script, const struct icmp_error *error)
{
	uint8_t frame[256] = {0};
	const struct flow *flow = &script->flows[error->flow];
	uint8_t *icmp = frame + ETHER_HEADER + network_header(script), *quote = icmp + ICMP_HEADER;
	struct tcp_header header = {.sport = flow->our_port,
	    .dport = (uint16_t)(PEER_PORT + error->flow),
	    .seq = flow->iss + error->seq,
	    .flags = TCP_ACK};
	bool too_big = error->code == ICMP4_FRAGMENTATION_NEEDED;
	uint8_t tcp[TCP_HEADER_MAX];
	size_t len = tcp_write(tcp, &header);

	add_network(script, quote, false, IPPROTO_TCP, 0, 1000);
	memcpy(quote + network_header(script), tcp, len);
	len += ICMP_HEADER + network_header(script);
	if (script->ipv6) {
		static const uint8_t codes[] = {
		    0, 3, 4, 4}; /* RFC 4443 section 3.1: no route, address, port */

		icmp[0] = too_big ? ICMP6_TOO_BIG : ICMP6_UNREACHABLE;
		icmp[1] = too_big ? 0 : codes[error->code & 3];
		icmp[4] = (uint8_t)(error->mtu >> 24);
		icmp[5] = (uint8_t)(error->mtu >> 16);
	} else {
		icmp[0] = error->type;
		icmp[1] = error->code;
	}
	icmp[6] = (uint8_t)(error->mtu >> 8);
	icmp[7] = (uint8_t)error->mtu;
	frame_start(script, frame);
	add_network(
	    script, frame + ETHER_HEADER, true, script->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 0, len);
	add_checksum(script, icmp, 2, true, script->ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, len);
	input(script, frame, ETHER_HEADER + network_header(script) + len);
}

/* ---- from the stack ---- */

/* The transport's bytes and their number; NULL: not TCP. */
static const uint8_t *network_payload(
    const struct script *script, const uint8_t *frame, size_t *len, int *ecn)
{
	const uint8_t *packet = frame + ETHER_HEADER;
	struct wire_reader reader;
	struct ip4_header ip4;
	struct ip6_header ip6;

	if (*len <= ETHER_HEADER)
		return NULL;
	*len -= ETHER_HEADER;
	if (!script->ipv6) {
		if (ip4_parse(packet, *len, *len, &ip4) != IP4_OK || ip4.protocol != IPPROTO_TCP)
			return NULL;
		*ecn = ip4.tos & 3;
		*len = (size_t)ip4.total_len - ip4.header_len;
		return packet + ip4.header_len;
	}
	reader = wire_reader(packet, *len);
	if (!ip6_parse(&reader, &ip6) || ip6.next != IPPROTO_TCP)
		return NULL;
	*ecn = ip6.tclass & 3;
	*len = ip6.payload_len;
	return packet + IP6_HEADER;
}

static bool checksum_right(const struct script *script, const uint8_t *tcp, size_t len)
{
	struct px_ip src = script_address(script, false), dst = script_address(script, true);

	return checksum_finish(checksum_add(
	           ip_pseudo_header(&src, &dst, IPPROTO_TCP, (uint32_t)len), tcp, len)) == 0;
}

static void note_flow(struct flow *flow, const struct tcp_header *header)
{
	if (header->flags & TCP_SYN) {
		flow->iss = header->seq;
		flow->known = true;
		flow->our_port = header->sport;
		flow->our_ts_known = false;
	}
	if (!header->options.has_timestamp)
		return;
	if (!flow->our_ts_known)
		flow->our_ts_base = header->options.tsval;
	flow->our_ts_known = true;
	flow->our_ts_last = header->options.tsval;
}

bool script_capture(struct script *script, const uint8_t *frame, size_t len)
{
	struct captured *seen = &script->captured[script->came % SCRIPT_CAPTURED];
	int ecn = 0;
	const uint8_t *tcp = network_payload(script, frame, &len, &ecn);
	struct segment *segment = &seen->segment;
	struct wire_reader reader;
	struct tcp_header header;
	struct flow *flow;
	const uint8_t *data;

	if (!tcp)
		return false;
	reader = wire_reader(tcp, len);
	memset(seen, 0, sizeof(*seen));
	seen->time = script->now;
	if (!tcp_parse(&reader, &header) || !checksum_right(script, tcp, len) ||
	    header.dport < PEER_PORT || header.dport >= PEER_PORT + SCRIPT_FLOWS) {
		seen->wrong_data = true;
		script->came++;
		return true;
	}
	flow = &script->flows[header.dport - PEER_PORT];
	note_flow(flow, &header);
	*segment = (struct segment){.flow = (unsigned int)(header.dport - PEER_PORT),
	    .flags = header.flags,
	    .seq = header.seq - flow->iss,
	    .ack = header.flags & TCP_ACK ? header.ack - flow->isn : 0,
	    .len = (uint32_t)wire_left(&reader),
	    .window = header.window,
	    .urgent = header.urgent,
	    .ecn = ecn,
	    .has_ts = header.options.has_timestamp,
	    .options = header.options};
	/* A RST that answers a segment without ACK has no sequence number of ours: it is 0. */
	if ((header.flags & TCP_RST) && header.seq == 0)
		segment->seq = 0;
	segment->options.tsval -= flow->our_ts_base;
	for (unsigned int i = 0; i < segment->options.sacks; i++) {
		segment->options.sack[i].left -= flow->isn;
		segment->options.sack[i].right -= flow->isn;
	}
	data = tcp + header.len;
	for (uint32_t i = 0; i < segment->len; i++)
		seen->wrong_data |= data[i] != script_byte(segment->seq + i - !(header.flags & TCP_SYN));
	script->came++;
	return true;
}

/* ---- to text ---- */

void script_segment_text(const struct segment *segment, char *text, size_t size)
{
	static const struct {
		uint8_t bit;
		char letter;
	} letters[] = {{TCP_SYN, 'S'}, {TCP_FIN, 'F'}, {TCP_RST, 'R'}, {TCP_PSH, 'P'}, {TCP_URG, 'U'},
	    {TCP_ECE, 'E'}, {TCP_CWR, 'W'}, {TCP_ACK, 'A'}};
	const struct tcp_header_options *options = &segment->options;
	FILE *out = fmemopen(text, size, "w");

	for (unsigned int i = 0; i < 8; i++)
		if (segment->flags & letters[i].bit)
			fputc(letters[i].letter, out);
	fprintf(out, " %d", (int32_t)segment->seq);
	if (segment->len)
		fprintf(out, "+%u", segment->len);
	if (segment->flags & TCP_ACK)
		fprintf(out, " %d", (int32_t)segment->ack);
	if (segment->window >= 0)
		fprintf(out, " win %d", segment->window);
	if (segment->flags & TCP_URG)
		fprintf(out, " urg %d", segment->urgent);
	if (options->mss)
		fprintf(out, " mss %u", options->mss);
	if (options->sack_permitted)
		fprintf(out, " sackok");
	if (options->has_wscale)
		fprintf(out, " wscale %u", options->wscale);
	if (segment->has_ts && segment->ts_any)
		fprintf(out, " ts *");
	else if (segment->has_ts)
		fprintf(out, " ts %d %u", (int32_t)options->tsval, options->tsecr);
	for (unsigned int i = 0; i < options->sacks; i++)
		fprintf(out, "%s%d-%d", i ? "," : " sack ", (int32_t)options->sack[i].left,
		    (int32_t)options->sack[i].right);
	if (segment->ecn > 0)
		fprintf(out, " %s", segment->ecn == 3 ? "ce" : segment->ecn == 2 ? "ect0" : "ect1");
	if (segment->flow)
		fprintf(out, " flow %u", segment->flow);
	fclose(out);
}
