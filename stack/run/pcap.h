/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record of a stack's frames (pcap=FILE). */
#ifndef RUN_PCAP_H
#define RUN_PCAP_H

#include "px.h"

struct pcap;

struct pcap_count {
	uint64_t frames, drops;
};

/* Makes the file, or empties it. 0, or -errno: of opening and of writing its header. */
int pcap_open(const char *path, struct pcap **pcap);

/* Records what the stack sends and receives from now on. */
void pcap_start(struct pcap *pcap, struct px_stack *stack);

/* Writes what is in the buffer, as far as it can be written. */
void pcap_flush(struct pcap *pcap); /* NULL is allowed */

struct pcap_count pcap_count(const struct pcap *pcap);

/* Ends the record, writes the rest. NULL is allowed. pcap_start's stack is still there. */
void pcap_close(struct pcap *pcap);

#endif
