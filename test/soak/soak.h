/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the nodes and those who visit them have in common. */
#ifndef SOAK_H
#define SOAK_H

#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define SOAK_NODES_MAX 2000
#define SOAK_PORT      7 /* echo: RFC 862 */

/* splitmix64. */
static inline uint64_t soak_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

#endif
