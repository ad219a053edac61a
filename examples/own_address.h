/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own_address.h: how the small examples get the addresses of their own from the command line.
 *
 * A text of words, separated by commas, for the interface vde0 of a stack:
 *
 *     ip=10.0.0.1/24        an address (IPv4 or IPv6), used at once: nobody is asked (IFA_F_NODAD)
 *                           whether it is free
 *     gw=10.0.0.254         the default router
 *     mtu=1400              the largest packet, in bytes
 *
 * The words are those of a configuration of libiothconf, so far as they go.
 */
#ifndef OWN_ADDRESS_H
#define OWN_ADDRESS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <ioth.h>

/* Reads an address of either family; returns the family, 0 if it is none. */
static inline int own_parse(const char *text, uint8_t address[16])
{
	if (inet_pton(AF_INET, text, address) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, address) == 1 ? AF_INET6 : 0;
}

static inline int own_ip(struct ioth *stack, unsigned int ifindex, char *text)
{
	char *slash = strchr(text, '/');
	uint8_t address[16];
	int family, prefixlen;

	if (slash)
		*slash = '\0';
	family = own_parse(text, address);
	prefixlen = slash ? atoi(slash + 1) : -1;
	if (family == 0 || prefixlen < 0) {
		errno = EINVAL;
		return -1;
	}
	if (family == AF_INET6)
		prefixlen = nl_addrdata2prefix(prefixlen, IFA_F_NODAD, 0);
	/* The kernel's stack is not ours alone: the address may be there from the last time. */
	if (ioth_ipaddr_add(stack, family, address, prefixlen, ifindex) < 0 && errno != EEXIST)
		return -1;
	return 0;
}

static inline int own_word(struct ioth *stack, unsigned int ifindex, char *word)
{
	uint8_t gateway[16];
	int family;

	if (strncmp(word, "ip=", 3) == 0)
		return own_ip(stack, ifindex, word + 3);
	if (strncmp(word, "mtu=", 4) == 0)
		return ioth_linksetmtu(stack, ifindex, (unsigned int)atoi(word + 4));
	family = strncmp(word, "gw=", 3) == 0 ? own_parse(word + 3, gateway) : 0;
	if (family)
		return ioth_iproute_add(stack, family, NULL, 0, gateway, ifindex);
	errno = EINVAL;
	return -1;
}

/* Brings vde0 up and gives it what `config` says. Returns 0, or -1 after telling why. */
static inline int own_address(struct ioth *stack, const char *config)
{
	int ifindex = ioth_if_nametoindex(stack, "vde0");
	char *copy, *next, *word;
	int result = 0;

	if (ifindex < 0 || ioth_linksetupdown(stack, (unsigned int)ifindex, 1) < 0) {
		perror("vde0");
		return -1;
	}
	copy = next = strdup(config);
	while (result == 0 && (word = strsep(&next, ","))) {
		result = own_word(stack, (unsigned int)ifindex, word);
		if (result < 0)
			fprintf(stderr, "%s: %s\n", word, strerror(errno));
	}
	free(copy);
	return result;
}

/* The stack named on the command line, with its addresses; `vnl` "" or "-" is none: the network is
 * there already. NULL after telling why. */
static inline struct ioth *own_stack(const char *name, const char *vnl, const char *config)
{
	int has_vnl = strcmp(vnl, "") != 0 && strcmp(vnl, "-") != 0;
	struct ioth *stack = ioth_newstack(name, has_vnl ? vnl : NULL);

	if (!stack) {
		fprintf(stderr, "%s: %s: %s\n", name, strerror(errno), ioth_error());
	} else if (own_address(stack, config) < 0) {
		ioth_delstack(stack);
		stack = NULL;
	}
	return stack;
}

/* An address of either family as the peer of a socket; returns its length, 0 if it is none. */
static inline socklen_t own_peer(const char *text, uint16_t port, struct sockaddr_storage *peer)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)peer;
	struct sockaddr_in *in = (struct sockaddr_in *)peer;

	memset(peer, 0, sizeof(*peer));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	fprintf(stderr, "%s: no address\n", text);
	return 0;
}

#endif
