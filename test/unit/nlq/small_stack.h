/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack that is nothing but tables: interfaces, IPv4 and IPv6 addresses, routes. Its handlers
 * give the error numbers of the kernel's, which some tests compare.
 */
#ifndef TEST_SMALL_STACK_H
#define TEST_SMALL_STACK_H

#include <stdbool.h>
#include <net/if.h>
#include <libnlq_server.h>

#define SMALL_LINKS  8
#define SMALL_ADDRS  32
#define SMALL_ROUTES 32

struct small_link {
	unsigned int ifindex; /* 0: free */
	unsigned int flags;
	unsigned short type;
	uint32_t mtu;
	uint32_t txqlen;
	char name[IF_NAMESIZE];
	unsigned char mac[6];
	unsigned char broadcast[6];
};

struct small_addr {
	unsigned int ifindex; /* 0: free */
	unsigned char family;
	unsigned char prefixlen;
	unsigned char scope;
	char label[IF_NAMESIZE];
	unsigned char local[16];
	unsigned char peer[16];
	unsigned char broadcast[4];
};

struct small_route {
	unsigned int ifindex; /* 0: free */
	unsigned char family;
	unsigned char prefixlen;
	bool has_gateway;
	unsigned char destination[16];
	unsigned char gateway[16];
};

struct small_stack {
	struct small_link links[SMALL_LINKS];
	struct small_addr addrs[SMALL_ADDRS];
	struct small_route routes[SMALL_ROUTES];
	unsigned int calls; /* of any handler */
};

extern nlq_request_handlers_table small_handlers;

/* lo (1) with its addresses, and a0 (5), like a veth. */
void small_stack_init(struct small_stack *stack);

#endif
