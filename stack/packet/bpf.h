/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classic BPF (McCanne, Jacobson 1993): the filters of SO_ATTACH_FILTER.
 *
 * A program is checked once: it jumps only forwards and to its end, so that it ends; it touches no
 * memory but its 16 words, and reads none that it has not written; it does not divide by zero.
 * Loads from the packet are checked when they run: beyond the end, the packet is dropped.
 */
#ifndef PACKET_BPF_H
#define PACKET_BPF_H

#include "px.h"

#include <linux/filter.h>

struct bpf_program {
	unsigned int len;
	struct sock_filter code[];
};

/* Checks and copies. 0 or -errno: -EINVAL, -ENOMEM. */
int bpf_new(struct px_mem *mem, const struct sock_filter *code, unsigned int len,
    struct bpf_program **program);
void bpf_free(struct px_mem *mem, struct bpf_program *program);

bool bpf_check(const struct sock_filter *code, unsigned int len);

/* Runs over the packet from its linear part on; gives how many bytes to keep. */
uint32_t bpf_run(const void *program, const struct px_pkt *pkt);

#endif
