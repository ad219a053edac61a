/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries over UDP: received, answered and sent in bursts.
 *
 * A reply leaves from the address that the query was sent to (RFC 2181, 4.1), which IPV6_PKTINFO
 * tells, of IPv4 too. A reply that cannot be sent at once is lost, as datagrams may be; the client
 * asks again. One datagram whose reply the stack refuses (a source address that is a broadcast one)
 * does not keep back those after it.
 *
 * Where the loop receives for the stack, queries may gather while very many come: gather.h.
 */
#include "worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

#include "gather.h"
#include "log.h"
#include "socket.h"
#include "udp_train.h"

#define BURST       UDP_TRAIN_MESSAGES
#define ROUNDS      4 /* bursts before others have their turn */
#define REPLY_MAX   4096
#define BUFFER_SIZE (4 << 20) /* of the socket: what comes while all of a burst is answered */

union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + UDP_TRAIN_CONTROL];
};

struct named_address {
	struct sockaddr_in6 peer;
	union control control;
};

struct datagram {
	struct named_address address;
	struct iovec bytes;
	uint8_t buffer[NAMED_QUERY_MAX];
};

struct named_udp {
	struct loop_source source;
	struct named_worker *worker;
	unsigned int queued; /* replies of the burst */
	struct gather gather;
	struct mmsghdr in_headers[BURST], out_headers[BURST];
	struct udp_trains trains;
	struct datagram in[BURST], out[BURST];
};
_Static_assert(NAMED_QUERY_MAX >= REPLY_MAX, "one kind of buffer for both");

/* ---- addresses ------------------------------------------------------------------------------- */

static bool is_link_local(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address);
}

/* Who sent it, and where to. */
static void path_of(struct msghdr *header, struct named_path *path)
{
	const struct sockaddr_in6 *peer = header->msg_name;

	*path = (struct named_path){
	    .peer = peer->sin6_addr, .port = peer->sin6_port, .scope = peer->sin6_scope_id};
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		struct in6_pktinfo info;

		if (cmsg->cmsg_level != IPPROTO_IPV6 || cmsg->cmsg_type != IPV6_PKTINFO ||
		    cmsg->cmsg_len < CMSG_LEN(sizeof(info)))
			continue;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		path->local = info.ipi6_addr;
		/* Otherwise routes say where a reply goes out. */
		if (is_link_local(&info.ipi6_addr) || is_link_local(&path->peer))
			path->ifindex = (uint32_t)info.ipi6_ifindex;
	}
}

static void address_reply(
    struct named_address *out, struct msghdr *header, const struct named_path *path)
{
	struct in6_pktinfo info = {.ipi6_addr = path->local, .ipi6_ifindex = path->ifindex};
	struct cmsghdr *cmsg;

	out->peer = (struct sockaddr_in6){.sin6_family = AF_INET6,
	    .sin6_addr = path->peer,
	    .sin6_port = path->port,
	    .sin6_scope_id = path->scope};
	header->msg_name = &out->peer;
	header->msg_namelen = sizeof(out->peer);
	if (IN6_IS_ADDR_MULTICAST(&path->local))
		info.ipi6_addr = in6addr_any;
	header->msg_control = out->control.bytes;
	header->msg_controllen = CMSG_SPACE(sizeof(info));
	cmsg = CMSG_FIRSTHDR(header);
	cmsg->cmsg_level = IPPROTO_IPV6;
	cmsg->cmsg_type = IPV6_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
}

/* ---- bursts ---------------------------------------------------------------------------------- */

static void flush(struct named_udp *udp)
{
	struct udp_trains *trains = &udp->trains;
	unsigned int sent = 0;

	udp_couple(trains, udp->out_headers, udp->queued);
	while (sent < trains->count) {
		int n = ioth_sendmmsg(udp->source.fd, trains->messages + sent, trains->count - sent, 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* The path may be too narrow for a car, or have IPsec: the stack cuts no trains then. */
		if (n <= 0 && trains->messages[sent].msg_hdr.msg_iovlen > 1) {
			udp_uncouple(trains, sent);
			continue;
		}
		if (n <= 0) {
			metric_add(&udp->worker->stats.udp_unsent, 1);
			n = 1; /* this one is lost, and maybe no others */
		}
		sent += (unsigned int)n;
	}
	udp->queued = 0;
}

static void take(struct named_udp *udp, struct mmsghdr *header)
{
	struct datagram *out = &udp->out[udp->queued];
	size_t reply_len = REPLY_MAX;
	struct named_path path;
	bool forwarded;

	if (header->msg_hdr.msg_flags & MSG_TRUNC) {
		metric_add(&udp->worker->stats.udp_oversized, 1);
		return;
	}
	path_of(&header->msg_hdr, &path);
	if (!named_worker_query(udp->worker, &path, header->msg_hdr.msg_iov->iov_base, header->msg_len,
	        out->buffer, &reply_len, &forwarded))
		return;
	out->bytes.iov_len = reply_len;
	address_reply(&out->address, &udp->out_headers[udp->queued++].msg_hdr, &path);
}

/* How many came; -errno. */
static int receive(struct named_udp *udp)
{
	int count;

	for (unsigned int i = 0; i < BURST; i++) {
		struct msghdr *header = &udp->in_headers[i].msg_hdr;

		header->msg_namelen = sizeof(udp->in[i].address.peer);
		header->msg_controllen = sizeof(udp->in[i].address.control.bytes);
		header->msg_flags = 0;
	}
	count = ioth_recvmmsg(udp->source.fd, udp->in_headers, BURST, MSG_DONTWAIT, NULL);
	return count < 0 ? -errno : count;
}

static void socket_ready(struct loop_source *source, uint32_t events)
{
	struct named_udp *udp = (struct named_udp *)source;
	unsigned int queries = 0;
	int count = BURST;

	for (unsigned int round = 0; round < ROUNDS && count == BURST; round++) {
		count = receive(udp); /* an error is that of a datagram of ours: it says nothing */
		for (int i = 0; i < count; i++, queries++)
			take(udp, &udp->in_headers[i]);
		flush(udp);
	}
	if (udp->worker->leads)
		loop_rest(source->loop, gather_turn(&udp->gather, loop_now(source->loop), queries));
}

/* At once, and not with a burst: it may come amid one, whose place it would take. */
void named_udp_reply(
    struct named_udp *udp, const struct named_path *path, const uint8_t *bytes, size_t len)
{
	struct named_address address = {
	    .control.bytes = {0}}; /* what pads it is shown to the stack, too */
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = len};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	address_reply(&address, &header, path);
	if (ioth_sendmsg(udp->source.fd, &header, 0) < 0)
		metric_add(&udp->worker->stats.udp_unsent, 1);
}

/* ---- begin, end ------------------------------------------------------------------------------ */

static void prepare(struct datagram *datagram, struct mmsghdr *header)
{
	datagram->bytes = (struct iovec){datagram->buffer, sizeof(datagram->buffer)};
	header->msg_hdr = (struct msghdr){.msg_name = &datagram->address.peer,
	    .msg_namelen = sizeof(datagram->address.peer),
	    .msg_iov = &datagram->bytes,
	    .msg_iovlen = 1,
	    .msg_control = datagram->address.control.bytes};
}

int named_udp_new(struct named_udp **result, struct named_worker *worker)
{
	struct named_udp *udp = calloc(1, sizeof(*udp));
	int fd, err;

	if (!udp)
		return -ENOMEM;
	udp->worker = worker;
	for (unsigned int i = 0; i < BURST; i++) {
		prepare(&udp->in[i], &udp->in_headers[i]);
		prepare(&udp->out[i], &udp->out_headers[i]);
	}
	fd = named_socket_open(worker->request_stack, SOCK_DGRAM, NAMED_PORT, worker->sharing);
	err = fd < 0 ? fd : named_socket_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (err)
		goto fail;
	(void)named_socket_set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_SIZE); /* as much as there may be */
	err = loop_add(worker->loop, &udp->source, fd, EPOLLIN, socket_ready);
	if (err)
		goto fail;
	*result = udp;
	return 0;

fail:
	if (fd >= 0)
		ioth_close(fd);
	free(udp);
	return err;
}

void named_udp_free(struct named_udp *udp)
{
	int fd;

	if (!udp)
		return;
	fd = udp->source.fd;
	loop_remove(&udp->source);
	ioth_close(fd);
	free(udp);
}
