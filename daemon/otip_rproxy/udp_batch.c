/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bursts of datagrams: see udp_batch.h. */
#include "udp_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <ioth.h>

int udp_batch_new(struct udp_batch **result)
{
	struct udp_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	batch->bytes = malloc((size_t)UDP_BATCH_MAX * UDP_BATCH_LEN);
	if (!batch->bytes) {
		free(batch);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < UDP_BATCH_MAX; i++) {
		batch->in_bytes[i].iov_base = batch->bytes + (size_t)i * UDP_BATCH_LEN;
		batch->in_bytes[i].iov_len = UDP_BATCH_LEN;
		batch->out_bytes[i].iov_base = batch->in_bytes[i].iov_base;
		batch->in[i].msg_hdr = (struct msghdr){.msg_iov = &batch->in_bytes[i], .msg_iovlen = 1};
		batch->out[i].msg_hdr = (struct msghdr){.msg_iov = &batch->out_bytes[i], .msg_iovlen = 1};
	}
	*result = batch;
	return 0;
}

void udp_batch_free(struct udp_batch *batch)
{
	free(batch->bytes);
	free(batch);
}

unsigned int udp_batch_receive(struct udp_batch *batch, int fd, bool with_peers, bool *more)
{
	int count;

	for (unsigned int i = 0; i < UDP_BATCH_MAX; i++) {
		struct msghdr *header = &batch->in[i].msg_hdr;

		header->msg_name = with_peers ? &batch->peers[i] : NULL;
		header->msg_namelen = with_peers ? sizeof(batch->peers[i]) : 0;
		header->msg_flags = 0;
	}
	count = ioth_recvmmsg(fd, batch->in, UDP_BATCH_MAX, MSG_DONTWAIT, NULL);
	batch->error = count < 0 ? -errno : 0;
	*more = count == UDP_BATCH_MAX;
	return count < 0 ? 0 : (unsigned int)count;
}

unsigned int udp_batch_run(const struct udp_batch *batch, unsigned int at, unsigned int count)
{
	const struct sockaddr_in6 *first = &batch->peers[at], *peer = first + 1;

	while (peer < batch->peers + count && peer->sin6_port == first->sin6_port &&
	       peer->sin6_scope_id == first->sin6_scope_id &&
	       IN6_ARE_ADDR_EQUAL(&peer->sin6_addr, &first->sin6_addr))
		peer++;
	return (unsigned int)(peer - first);
}

/* What ICMP messages become. */
static bool is_told_late(int error)
{
	return error == ECONNREFUSED || error == EACCES || error == EPROTO || error == EHOSTUNREACH ||
	       error == ENETUNREACH || error == EMSGSIZE;
}

unsigned int udp_batch_send(struct udp_batch *batch, unsigned int at, unsigned int count, int fd,
    const struct sockaddr_in6 *to)
{
	unsigned int sent = 0, lost = 0, late = 3; /* so many are told late while a burst is sent */

	for (unsigned int i = at; i < at + count; i++) {
		struct msghdr *header = &batch->out[i].msg_hdr;

		batch->out_bytes[i].iov_len = batch->in[i].msg_len;
		header->msg_name = (void *)to;
		header->msg_namelen = to ? sizeof(*to) : 0;
	}
	batch->error = 0;
	while (sent < count) {
		int n = ioth_sendmmsg(fd, batch->out + at + sent, count - sent, 0);

		if (n > 0) {
			sent += (unsigned int)n;
			continue;
		}
		batch->error = -errno;
		if (errno == EINTR)
			continue;
		/* It may be the error of one that went before, told now (udp(7)); or that somebody says so.
		 */
		if (late > 0 && is_told_late(errno)) {
			late--;
			continue;
		}
		sent++;
		lost++;
	}
	return lost;
}
