/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's iovecs: see iov.h. */
#include "iov.h"

/* The rest of the present iovec; NULL behind the last. */
static uint8_t *here(struct iov_cursor *cursor, size_t *left)
{
	while (cursor->count && cursor->at == cursor->iov->iov_len) {
		cursor->iov++;
		cursor->count--;
		cursor->at = 0;
	}
	if (!cursor->count)
		return NULL;
	*left = cursor->iov->iov_len - cursor->at;
	return (uint8_t *)cursor->iov->iov_base + cursor->at;
}

void iov_fill(struct iov_cursor *cursor, struct px_pkt *pkt, size_t len)
{
	const uint8_t *from;
	size_t left;

	while (len && (from = here(cursor, &left))) {
		if (left > len)
			left = len;
		memcpy(px_pkt_put(pkt, left), from, left);
		cursor->at += left;
		len -= left;
	}
}

void iov_store(struct iov_cursor *cursor, struct px_pkt *chain)
{
	for (struct px_pkt *pkt = chain; pkt; pkt = pkt->next) {
		size_t done = 0, left;
		uint8_t *to;

		while (done < pkt->total && (to = here(cursor, &left))) {
			size_t len = px_pkt_read(pkt, done, to, left);

			cursor->at += len;
			done += len;
		}
	}
	px_pkt_free_chain(chain);
}
