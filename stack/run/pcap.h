/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record of a stack's frames (pcap=FILE). */
#ifndef RUN_PCAP_H
#define RUN_PCAP_H

#include "px.h"

struct pcap;

/* Makes the file, or empties it. 0 or -errno. */
int pcap_open(const char *path, struct pcap **pcap);
void pcap_close(struct pcap *pcap); /* NULL is allowed */
void pcap_record(struct pcap *pcap, const struct px_pkt *frame);
/* After a burst. */
void pcap_flush(struct pcap *pcap);

#endif
