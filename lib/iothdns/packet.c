/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What messages that are composed and messages that are read have in common. */
#include "packet.h"

#include <stdlib.h>

int iothdns_error(struct iothdns_pkt *pkt)
{
	return pkt->error;
}

struct iovec iothdns_getbuf(struct iothdns_pkt *pkt)
{
	if (!pkt->composing)
		return (struct iovec){(void *)(uintptr_t)pkt->message.data, pkt->message.len};
	compose_finish(pkt);
	return (struct iovec){pkt->writer.data, pkt->writer.at};
}

void iothdns_free(struct iothdns_pkt *pkt)
{
	if (!pkt)
		return;
	if (pkt->composing) {
		if (pkt->writer.data != pkt->first)
			free(pkt->writer.data);
		compress_free(&pkt->names);
	}
	free(pkt);
}

void iothdns_retrieve_header(struct iothdns_pkt *pkt, uint16_t *id, uint16_t *flags)
{
	struct wire_reader header = pkt->composing ? wire_reader(pkt->writer.data, HEADER_LEN)
	                                           : wire_reader(pkt->message.data, HEADER_LEN);
	uint16_t value = wire_u16(&header);

	if (id)
		*id = value;
	value = wire_u16(&header);
	if (flags)
		*flags = value;
}

void iothdns_rewrite_header(struct iothdns_pkt *pkt, uint16_t id, uint16_t flags)
{
	/* The buffer of a read message was given to iothdns_get_header to be written to, too. */
	void *bytes = pkt->composing ? pkt->writer.data : (void *)(uintptr_t)pkt->message.data;
	struct wire_writer header = wire_writer(bytes, HEADER_LEN);

	wire_put_u16(&header, id);
	wire_put_u16(&header, flags);
}
