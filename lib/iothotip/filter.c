/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket that hears what is sent to some addresses: see filter.h.
 *
 * The program compares the destination word by word; the network, first, is the same for all. A
 * jump goes at most 255 instructions, so each address has an end of its own:
 *
 *         destination[0] == network[0]?   no: drop
 *         destination[1] == network[1]?   no: drop
 *     of each address:
 *         destination[2] == address[2]?   no: the next one
 *         destination[3] == address[3]?   no: the next one
 *         keep
 *     drop
 */
#include "filter.h"

#include <string.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <errno.h>
#include <ioth.h>

#define DESTINATION 24U /* in an IPv6 header: RFC 8200, 3 */
#define KEEP        UINT32_MAX

#define FOR_NETWORK 6UL
#define FOR_ADDRESS 5UL

void otip_addresses_add(struct otip_addresses *addresses, const struct in6_addr *address)
{
	if (addresses->count < OTIP_FILTER_MAX && !otip_addresses_have(addresses, address))
		addresses->address[addresses->count++] = *address;
}

bool otip_addresses_have(const struct otip_addresses *addresses, const struct in6_addr *address)
{
	for (size_t i = 0; i < addresses->count; i++) {
		if (memcmp(&addresses->address[i], address, sizeof(*address)) == 0)
			return true;
	}
	return false;
}

bool otip_addresses_equal(const struct otip_addresses *one, const struct otip_addresses *other)
{
	for (size_t i = 0; i < one->count; i++) {
		if (!otip_addresses_have(other, &one->address[i]))
			return false;
	}
	return one->count == other->count;
}

/* Is word `index` of the destination that of the address? If so it goes on, else it jumps. */
static struct sock_filter *compare(
    struct sock_filter *at, const struct in6_addr *address, unsigned int index, uint8_t otherwise)
{
	*at++ = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + DESTINATION + 4 * index);
	*at++ = (struct sock_filter)BPF_JUMP(
	    BPF_JMP | BPF_JEQ | BPF_K, ntohl(address->s6_addr32[index]), 0, otherwise);
	return at;
}

int otip_filter_set(int fd, const struct otip_addresses *addresses)
{
	const struct sock_filter keep = BPF_STMT(BPF_RET | BPF_K, KEEP);
	const struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_filter code[FOR_NETWORK + FOR_ADDRESS * OTIP_FILTER_MAX + 1], *at = code;
	struct sock_fprog program = {.filter = code};

	for (unsigned int index = 0; addresses->count > 0 && index < 2; index++) {
		at = compare(at, &addresses->address[0], index, 0);
		/* Equal skips the drop. */
		at[-1].jt = 1;
		*at++ = drop;
	}
	for (size_t i = 0; i < addresses->count; i++) {
		at = compare(at, &addresses->address[i], 2, 3);
		at = compare(at, &addresses->address[i], 3, 1);
		*at++ = keep;
	}
	*at++ = drop;
	program.len = (unsigned short)(at - code);
	return ioth_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
	                                                                                        : 0;
}
