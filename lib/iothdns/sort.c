/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of destination addresses (RFC 6724, section 6): `options rfc6724`.
 *
 * Rules 3, 4 and 7 are about properties of addresses that Linux does not tell (deprecated and home
 * addresses, encapsulation). The source address of a destination is the one that the stack takes
 * for a UDP socket that is connected to it: no packet is sent.
 */
#include "hosts.h"

#include <stdlib.h>
#include <string.h>
#include <ioth.h>

struct candidate {
	struct host_address address;
	uint8_t to[16], from[16]; /* as IPv6 addresses; IPv4 ones mapped */
	bool reachable;
	size_t place;
};

static void as_ipv6(uint8_t out[16], int family, const void *bytes)
{
	if (family == AF_INET6) {
		memcpy(out, bytes, 16);
		return;
	}
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, bytes, 4);
}

static void find_source(struct ioth *stack, struct candidate *candidate)
{
	const struct host_address *address = &candidate->address;
	struct sockaddr_storage storage;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
	socklen_t len = address->family == AF_INET ? sizeof(*in4) : sizeof(*in6);
	int fd = ioth_msocket(stack, address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memset(&storage, 0, sizeof(storage));
	storage.ss_family = (sa_family_t)address->family;
	if (address->family == AF_INET) {
		in4->sin_port = htons(IOTHDNS_DEFAULT_PORT);
		memcpy(&in4->sin_addr, address->bytes, 4);
	} else {
		in6->sin6_port = htons(IOTHDNS_DEFAULT_PORT);
		in6->sin6_scope_id = address->scope;
		memcpy(&in6->sin6_addr, address->bytes, 16);
	}
	if (ioth_connect(fd, (struct sockaddr *)&storage, len) == 0 &&
	    ioth_getsockname(fd, (struct sockaddr *)&storage, &len) == 0) {
		candidate->reachable = true;
		as_ipv6(candidate->from, address->family,
		    address->family == AF_INET ? (void *)&in4->sin_addr : (void *)&in6->sin6_addr);
	}
	ioth_close(fd);
}

/* Section 2.1: the default policy table. */
static const struct policy {
	uint8_t prefix[16];
	unsigned int len;
	int precedence;
	int label;
} policies[] = {
    {{[15] = 1}, 128, 50, 0},
    {{[10] = 0xff, [11] = 0xff}, 96, 35, 4},
    {{0}, 96, 1, 3},
    {{0x20, 0x02}, 16, 30, 2},
    {{0x20, 0x01}, 32, 5, 5},
    {{0xfc}, 7, 3, 13},
    {{0xfe, 0xc0}, 10, 1, 11},
    {{0x3f, 0xfe}, 16, 1, 12},
    {{0}, 0, 40, 1},
};

/* Section 2.2: of a source only "the portion of the address not including the interface ID" counts,
 * or addresses of one link would be told apart by chance. */
#define PREFIX_MAX 64U

/* Leading bits that two addresses have in common. */
static unsigned int common_prefix(const uint8_t a[16], const uint8_t b[16])
{
	unsigned int bits = 0;

	while (bits < 128 && !((a[bits / 8] ^ b[bits / 8]) & 0x80 >> bits % 8))
		bits++;
	return bits;
}

static const struct policy *policy_of(const uint8_t address[16])
{
	const struct policy *policy = policies;

	while (common_prefix(address, policy->prefix) < policy->len)
		policy++;
	return policy;
}

/* Section 3.1: values of RFC 4291's scopes; IPv4 by section 3.2. */
static int scope_of(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t loopback[16] = {[15] = 1};

	if (memcmp(address, mapped, sizeof(mapped)) == 0) {
		const uint8_t *in4 = address + 12;

		return in4[0] == 127 || (in4[0] == 169 && in4[1] == 254) ? 2 : 14;
	}
	if (address[0] == 0xff)
		return address[1] & 0xf;
	if (memcmp(address, loopback, sizeof(loopback)) == 0 ||
	    (address[0] == 0xfe && (address[1] & 0xc0) == 0x80))
		return 2;
	return address[0] == 0xfe && (address[1] & 0xc0) == 0xc0 ? 5 : 14;
}

static unsigned int matching_prefix(const struct candidate *c)
{
	unsigned int bits = common_prefix(c->to, c->from);

	return bits < PREFIX_MAX ? bits : PREFIX_MAX;
}

static bool scopes_match(const struct candidate *c)
{
	return scope_of(c->to) == scope_of(c->from);
}

static bool labels_match(const struct candidate *c)
{
	return policy_of(c->to)->label == policy_of(c->from)->label;
}

static int compare(const void *first, const void *second)
{
	const struct candidate *a = first, *b = second;
	int order = (int)b->reachable - (int)a->reachable; /* rule 1 */

	if (order == 0 && a->reachable) {
		order = (int)scopes_match(b) - (int)scopes_match(a); /* rule 2 */
		if (order == 0)
			order = (int)labels_match(b) - (int)labels_match(a); /* rule 5 */
	}
	if (order == 0) /* rule 6 */
		order = policy_of(b->to)->precedence - policy_of(a->to)->precedence;
	if (order == 0) /* rule 8 */
		order = scope_of(a->to) - scope_of(b->to);
	if (order == 0 && a->reachable && a->address.family == AF_INET6 &&
	    b->address.family == AF_INET6) /* rule 9 */
		order = (int)matching_prefix(b) - (int)matching_prefix(a);
	if (order == 0) /* rule 10 */
		order = a->place < b->place ? -1 : 1;
	return order;
}

int hosts_sort(struct ioth *stack, struct host_list *list)
{
	struct candidate *candidates;

	if (list->count < 2)
		return 0;
	candidates = calloc(list->count, sizeof(*candidates));
	if (!candidates)
		return EAI_MEMORY;
	for (size_t i = 0; i < list->count; i++) {
		candidates[i].address = list->items[i];
		candidates[i].place = i;
		as_ipv6(candidates[i].to, list->items[i].family, list->items[i].bytes);
		find_source(stack, &candidates[i]);
	}
	qsort(candidates, list->count, sizeof(*candidates), compare);
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = candidates[i].address;
	free(candidates);
	return 0;
}
