/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of addresses, over inet_pton and inet_ntop, which are strict and print as RFC 5952 wants. */
#include "addrtext.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>

_Static_assert(ADDRTEXT_IP_SIZE == INET6_ADDRSTRLEN, "the longest address");

size_t addrtext_family_len(int family)
{
	switch (family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

int addrtext_parse_ip(const char *text, struct addrtext_prefix *prefix)
{
	struct addrtext_prefix parsed = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(parsed.family, text, parsed.address) != 1)
		return -EINVAL;
	parsed.len = 8 * (unsigned int)addrtext_family_len(parsed.family);
	*prefix = parsed;
	return 0;
}

/* One to three digits up to the end of the string, no leading zero. */
static int parse_len(const char *text, unsigned int *len)
{
	unsigned int value = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] != '\0' || (digits > 1 && text[0] == '0'))
		return -EINVAL;
	for (; *text; text++)
		value = 10 * value + (unsigned int)(*text - '0');
	*len = value;
	return 0;
}

int addrtext_parse_prefix(const char *text, struct addrtext_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	struct addrtext_prefix parsed;
	char address[ADDRTEXT_IP_SIZE];
	unsigned int len;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (addrtext_parse_ip(address, &parsed) || parse_len(slash + 1, &len) || len > parsed.len)
		return -EINVAL;
	parsed.len = len;
	*prefix = parsed;
	return 0;
}

/* Not isxdigit and strtoul: they ask the locale and take signs. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int addrtext_parse_mac(const char *text, uint8_t mac[ADDRTEXT_MAC_LEN])
{
	uint8_t parsed[ADDRTEXT_MAC_LEN];

	if (strnlen(text, ADDRTEXT_MAC_SIZE) != ADDRTEXT_MAC_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(parsed); i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = hex_digit(text[1]);
		char separator = i + 1 < sizeof(parsed) ? ':' : '\0';

		if (high < 0 || low < 0 || text[2] != separator)
			return -EINVAL;
		parsed[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(mac, parsed, sizeof(parsed));
	return 0;
}

int addrtext_print_ip(char *text, size_t size, int family, const void *address)
{
	char printed[ADDRTEXT_IP_SIZE];
	size_t len;

	if (!inet_ntop(family, address, printed, sizeof(printed)))
		return -EINVAL;
	len = strlen(printed);
	if (len >= size)
		return -EMSGSIZE;
	memcpy(text, printed, len + 1);
	return 0;
}

int addrtext_print_prefix(char *text, size_t size, const struct addrtext_prefix *prefix)
{
	char printed[ADDRTEXT_PREFIX_SIZE];
	size_t at;
	unsigned int divisor = prefix->len >= 100 ? 100 : prefix->len >= 10 ? 10 : 1;

	if (prefix->len > 8 * addrtext_family_len(prefix->family) ||
	    addrtext_print_ip(printed, sizeof(printed), prefix->family, prefix->address))
		return -EINVAL;
	at = strlen(printed);
	printed[at++] = '/';
	for (; divisor; divisor /= 10)
		printed[at++] = (char)('0' + prefix->len / divisor % 10);
	printed[at] = '\0';
	if (at >= size)
		return -EMSGSIZE;
	memcpy(text, printed, at + 1);
	return 0;
}

int addrtext_print_mac(char *text, size_t size, const uint8_t mac[ADDRTEXT_MAC_LEN])
{
	static const char digits[] = "0123456789abcdef";

	if (size < ADDRTEXT_MAC_SIZE)
		return -EMSGSIZE;
	for (size_t i = 0; i < ADDRTEXT_MAC_LEN; i++) {
		text[3 * i] = digits[mac[i] >> 4];
		text[3 * i + 1] = digits[mac[i] & 0xf];
		text[3 * i + 2] = i + 1 < ADDRTEXT_MAC_LEN ? ':' : '\0';
	}
	return 0;
}
