/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The classic pcap format (draft-ietf-opsawg-pcap), nanosecond flavour, link type Ethernet. The
 * buffer is flushed once a burst, so that a crash loses little. */
#include "pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAGIC_NANOSECONDS 0xa1b23c4d
#define LINKTYPE_ETHERNET 1

struct pcap {
	FILE *file;
	bool dirty;
};

int pcap_open(const char *path, struct pcap **result)
{
	const uint32_t magic = MAGIC_NANOSECONDS;
	const uint32_t rest[] = {0, 0, PX_PKT_MAX, LINKTYPE_ETHERNET};
	const uint16_t version[] = {2, 4};
	struct pcap *pcap = calloc(1, sizeof(*pcap));
	int err;

	if (!pcap)
		return -ENOMEM;
	pcap->file = fopen(path, "we");
	if (!pcap->file) {
		err = -errno;
		free(pcap);
		return err;
	}
	fwrite(&magic, sizeof(magic), 1, pcap->file);
	fwrite(version, sizeof(version[0]), 2, pcap->file);
	fwrite(rest, sizeof(rest[0]), 4, pcap->file);
	fflush(pcap->file);
	*result = pcap;
	return 0;
}

void pcap_close(struct pcap *pcap)
{
	if (!pcap)
		return;
	fclose(pcap->file);
	free(pcap);
}

void pcap_record(struct pcap *pcap, const struct px_pkt *frame)
{
	struct iovec piece[PX_PKT_SLICES + 1];
	unsigned int pieces = px_pkt_iov(frame, 0, piece);
	struct timespec now;
	uint32_t record[4];

	clock_gettime(CLOCK_REALTIME, &now);
	record[0] = (uint32_t)now.tv_sec;
	record[1] = (uint32_t)now.tv_nsec;
	record[2] = record[3] = frame->total;
	fwrite(record, sizeof(record), 1, pcap->file);
	for (unsigned int i = 0; i < pieces; i++)
		fwrite(piece[i].iov_base, 1, piece[i].iov_len, pcap->file);
	pcap->dirty = true;
}

void pcap_flush(struct pcap *pcap)
{
	if (pcap->dirty)
		fflush(pcap->file);
	pcap->dirty = false;
}
