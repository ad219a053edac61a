/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classic BPF: programs and packets. A byte says how many instructions follow; the rest is the
 * packet. */
#include "bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter code[256];
	struct bpf_program *program;
	struct px_mem *mem;
	struct px_pkt *pkt;
	size_t count;

	if (size < 1)
		return 0;
	count = data[0];
	data++;
	size--;
	if (size < count * sizeof(code[0]))
		return 0;
	memcpy(code, data, count * sizeof(code[0]));
	data += count * sizeof(code[0]);
	size -= count * sizeof(code[0]);
	mem = px_mem_new(NULL, 0);
	if (!mem)
		return 0;
	if (bpf_new(mem, code, (unsigned int)count, &program) == 0) {
		pkt = px_pkt_new(mem, 0, size);
		if (pkt && size)
			memcpy(px_pkt_put(pkt, size), data, size);
		if (pkt)
			bpf_run(program, pkt);
		px_pkt_free(pkt);
		bpf_free(mem, program);
	}
	px_mem_drop(mem);
	return 0;
}
