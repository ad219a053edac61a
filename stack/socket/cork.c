/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MSG_MORE and UDP_CORK: one datagram of several sendings.
 *
 * The first sending says where to and how; those that follow bring bytes only, as on Linux, until
 * one comes without MSG_MORE or the cork is drawn. The bytes gather in a packet whose room doubles.
 */
#include "socket_internal.h"

#define CORK_MAX 65535

struct sock_cork {
	struct endpoint_send send;
	struct px_pkt *pkt;
};

void cork_free(struct px_sock *sock)
{
	struct sock_cork *cork = sock->cork;

	if (!cork)
		return;
	px_pkt_free(cork->pkt);
	endpoint_send_free(sock->endpoint, &cork->send);
	px_free(sock->stack->mem, cork, sizeof(*cork));
	sock->cork = NULL;
}

int cork_start(struct px_sock *sock, struct px_pkt *pkt, struct endpoint_send *send)
{
	struct sock_cork *cork = px_zalloc(sock->stack->mem, sizeof(*cork));

	if (!cork) {
		px_pkt_free(pkt);
		return -ENOBUFS;
	}
	cork->pkt = pkt;
	cork->send = *send;
	send->extensions = NULL; /* the cork's now */
	sock->cork = cork;
	return 0;
}

int cork_add(struct px_sock *sock, struct px_pkt *pkt)
{
	struct sock_cork *cork = sock->cork;
	struct px_pkt *larger;
	size_t total = (size_t)cork->pkt->total + pkt->total;
	int err = 0;

	if (total > CORK_MAX) {
		err = -EMSGSIZE;
		goto out;
	}
	if (cork->pkt->slices || px_pkt_tailroom(cork->pkt) < pkt->total) {
		larger = px_pkt_alloc(sock->stack, 2 * total);
		if (!larger) {
			err = -ENOBUFS;
			goto out;
		}
		px_pkt_read(cork->pkt, 0, px_pkt_put(larger, cork->pkt->total), cork->pkt->total);
		px_pkt_free(cork->pkt);
		cork->pkt = larger;
	}
	px_pkt_read(pkt, 0, px_pkt_put(cork->pkt, pkt->total), pkt->total);

out:
	px_pkt_free(pkt);
	if (err)
		cork_free(sock); /* as Linux: what is incomplete is not sent */
	return err;
}

int cork_push(struct px_sock *sock)
{
	struct sock_cork *cork = sock->cork;
	struct px_pkt *pkt;
	int err;

	if (!cork)
		return 0;
	pkt = cork->pkt;
	cork->pkt = NULL;
	err = dgram_transmit(sock, pkt, &cork->send);
	cork_free(sock);
	return err;
}
