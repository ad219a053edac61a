/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gate before the kernel's stack: what may still come to retired addresses.
 *
 * The kernel keeps such an address for the flows that use it; the relay, which sees every frame
 * before the kernel does, lets in those of the flows, errors about their packets, and neighbour
 * solicitations by who takes part in a flow or brings its frames. Everything else that would make
 * the kernel answer is lost, and so, for everybody else, nobody has the address.
 *
 * What it does answer all the same is held back on its way out: errors about datagrams (a client's
 * whose socket has been closed, and whose flow is let in until that is noticed), and resets for who
 * has not got a connection: whose SYN was answered, but not accepted before the service closed its
 * socket.
 *
 * Frames, flows and addresses in, yes or no out: no I/O, no clock. Any thread may call; a lock is
 * held meanwhile. Addresses are 16 bytes, ports in host order.
 */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate;

struct gate_flow {
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	bool half_open; /* TCP: SYN-RECEIVED */
};

int gate_new(struct gate **gate); /* 0, -ENOMEM, or -errno of random numbers */
void gate_free(struct gate *gate);

/* An address that is being retired: no connection begins any more, all else passes until
 * gate_close. `tag` is the caller's. 0, -EEXIST or -ENOMEM. */
int gate_add(struct gate *gate, const uint8_t address[16], uint64_t tag);
void gate_remove(struct gate *gate, const uint8_t address[16]); /* it is not there: nothing */
bool gate_find(struct gate *gate, const uint8_t address[16], uint64_t *tag);

/* A flow of an address that is there; of others: nothing. 0 or -ENOMEM. */
int gate_add_flow(struct gate *gate, const struct gate_flow *flow);

/* From now on only its flows. Returns how many there are. */
size_t gate_close(struct gate *gate, const uint8_t address[16]);

/* Which flows are over: between begin and end those that are not are named. The end calls `gone`
 * for each closed address that has none left, and forgets it; if that says no, it stays until the
 * next sweep. Returns how many addresses there are. */
void gate_sweep_begin(struct gate *gate);
void gate_sweep_keep(struct gate *gate, const struct gate_flow *flow);
typedef bool gate_gone(const uint8_t address[16], uint64_t tag, void *argument);
size_t gate_sweep_end(struct gate *gate, gate_gone *gone, void *argument);

/* Whether the kernel may see this Ethernet frame. */
bool gate_lets_in(struct gate *gate, const uint8_t *frame, size_t len);
/* Whether the network may see this one of the kernel's. */
bool gate_lets_out(struct gate *gate, const uint8_t *frame, size_t len);

#endif
