/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP's output: one datagram, or a payload that is cut into a train of them (UDP_SEGMENT).
 *
 * A train is cut after routing, once: its datagrams share route, port and options. They are all
 * made before the first is sent, and all find room in the transmit queue or none is sent: a
 * program that gets an error may send the same again.
 */
#include "udp_internal.h"
#include "udp_wire.h"

#include <errno.h>

#define SEGMENTS_MAX 128 /* UDP_MAX_SEGMENTS of Linux */

struct way {
	struct ip_dst dst;
	struct ip_send ip;
	uint16_t dport;
};

/* One datagram of this payload; takes it. */
static int transmit(struct udp_end *end, struct px_pkt *pkt, struct way *way)
{
	struct endpoint *e = &end->endpoint;
	struct px_stack *stack = e->stack;
	bool is4 = px_ip_is4(&way->dst.dst);
	uint8_t *header;
	int err = -ENOMEM;

	if (px_pkt_headroom(pkt) < UDP_HEADER && px_pkt_unshare(pkt, PX_PKT_HEADROOM) < 0)
		goto fail;
	header = px_pkt_push(pkt, UDP_HEADER);
	if (!header)
		goto fail;
	udp_write(header, e->lport, way->dport, (uint16_t)pkt->total);
	way->ip.protocol = IPPROTO_UDP;
	if (!udp_without_checksum(end, is4))
		ip_checksum_partial(pkt, &way->dst.src, &way->dst.dst, IPPROTO_UDP, 6);
	PX_COUNT_UDP(stack, is4, OutDatagrams);
	err = ip_output(stack, pkt, &way->dst, &way->ip);
	if (err == -ENOBUFS) {
		PX_COUNT_UDP(stack, is4, SndbufErrors);
		/* As Linux: a full queue is loss, of which only IP_RECVERR wants to know. */
		if (!(e->flags & (is4 ? ENDPOINT_RECVERR4 : ENDPOINT_RECVERR6)))
			err = 0;
	}
	return err;

fail:
	px_pkt_free(pkt);
	return err;
}

/* What Linux's udp_send_skb asks of a train. */
static int check_train(const struct udp_end *end, size_t total, const struct way *way, size_t size)
{
	size_t first = total < size ? total : size;

	if (first + UDP_HEADER > ip_payload_max(&way->dst, &way->ip))
		return -EMSGSIZE;
	if (total > size * SEGMENTS_MAX || udp_without_checksum(end, px_ip_is4(&way->dst.dst)))
		return -EINVAL;
	return 0;
}

/* Sends `payload` in datagrams of `size` bytes, the last one of what is left; takes it. */
static int transmit_train(struct udp_end *end, struct px_pkt *payload, struct way *way, size_t size)
{
	struct px_stack *stack = end->endpoint.stack;
	struct px_pktq train = {0};
	struct px_pkt *pkt;
	int err = 0;

	for (size_t offset = 0; offset < payload->total; offset += size) {
		size_t len = payload->total - offset < size ? payload->total - offset : size;

		pkt = px_pkt_alloc(stack, len);
		if (!pkt) {
			err = -ENOMEM;
			goto out;
		}
		px_pkt_read(payload, offset, px_pkt_put(pkt, len), len);
		px_pktq_append(&train, pkt);
	}
	if (!px_iface_is_loopback(way->dst.iface) && px_iface_tx_room(way->dst.iface) < train.count) {
		bool is4 = px_ip_is4(&way->dst.dst);

		PX_COUNT_UDP(stack, is4, SndbufErrors);
		way->dst.iface->stats.tx_dropped += train.count;
		if (end->endpoint.flags & (is4 ? ENDPOINT_RECVERR4 : ENDPOINT_RECVERR6))
			err = -ENOBUFS;
		goto out;
	}
	while (!err && (pkt = px_pktq_take(&train)))
		err = transmit(end, pkt, way);

out:
	px_pktq_clear(&train);
	px_pkt_free(payload);
	return err;
}

int udp_send(struct udp_end *end, struct px_pkt *pkt, const struct endpoint_send *send)
{
	struct endpoint *e = &end->endpoint;
	struct way way = {.dport = send->has_dst ? send->dport : e->rport};
	size_t segment = send->segment ? send->segment : end->segment;
	int err = udp_autobind(end);

	if (err)
		goto fail;
	err = -EDESTADDRREQ;
	if (!send->has_dst && !e->connected)
		goto fail;
	err = -EINVAL;
	if (way.dport == 0)
		goto fail;
	err = -EMSGSIZE;
	if (pkt->total > 65535 - UDP_HEADER)
		goto fail;
	err = endpoint_route(e, send, &way.dst, &way.ip);
	if (err)
		goto fail;
	if (segment) {
		err = check_train(end, pkt->total, &way, segment);
		if (err)
			goto fail;
		if (pkt->total > segment)
			return transmit_train(end, pkt, &way, segment);
	}
	if (pkt->total + UDP_HEADER > ip_payload_max(&way.dst, &way.ip) &&
	    (way.ip.dontfrag || way.ip.pmtu == IP_PMTUDISC_DO || way.ip.pmtu == IP_PMTUDISC_PROBE)) {
		endpoint_local_error(e, EMSGSIZE, &way.dst.dst, way.dport, way.dst.mtu);
		endpoint_path_mtu(e, &way.dst, way.dport);
		err = -EMSGSIZE;
		goto fail;
	}
	return transmit(end, pkt, &way);

fail:
	px_pkt_free(pkt);
	return err;
}
