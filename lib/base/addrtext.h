/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of addresses: IPv4, IPv6, prefixes, MAC.
 *
 * Parsing is strict: the whole string is the address, and there is one way to write each number. No
 * "10.1" for 10.0.0.1, no leading zeros in decimal, no scope ("%eth0"), no spaces. Printing gives
 * RFC 5952's form.
 */
#ifndef BASE_ADDRTEXT_H
#define BASE_ADDRTEXT_H

#include <stddef.h>
#include <stdint.h>

#define ADDRTEXT_IP_SIZE     46 /* INET6_ADDRSTRLEN: the longest text and its NUL */
#define ADDRTEXT_PREFIX_SIZE 50
#define ADDRTEXT_MAC_SIZE    18
#define ADDRTEXT_MAC_LEN     6

struct addrtext_prefix {
	int family;          /* AF_INET or AF_INET6 */
	uint8_t address[16]; /* binary; IPv4 in the first 4 bytes, the rest zero */
	unsigned int len;    /* bits */
};

/* Bytes of an address: 4, 16, or 0 for other families. */
size_t addrtext_family_len(int family);

/* An address of either family; `len` is set to all of its bits. 0 or -EINVAL. */
int addrtext_parse_ip(const char *text, struct addrtext_prefix *prefix);

/* ADDRESS/LENGTH; the length must be there, and not be longer than the address. Bits behind the
 * length may be set: an interface's address is written so. 0 or -EINVAL. */
int addrtext_parse_prefix(const char *text, struct addrtext_prefix *prefix);

/* Six numbers of two hexadecimal digits, separated by colons. 0 or -EINVAL. */
int addrtext_parse_mac(const char *text, uint8_t mac[ADDRTEXT_MAC_LEN]);

/* 0, -EMSGSIZE if the text does not fit into `size` bytes, or -EINVAL (family, length). */
int addrtext_print_ip(char *text, size_t size, int family, const void *address);
int addrtext_print_prefix(char *text, size_t size, const struct addrtext_prefix *prefix);
int addrtext_print_mac(char *text, size_t size, const uint8_t mac[ADDRTEXT_MAC_LEN]);

#endif
