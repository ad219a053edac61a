/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts(5) and services(5): see files.h. */
#include "files.h"

#include <string.h>
#include <iothdns.h>

#include "addrtext.h"

/* ADDRESS NAME...: takes the address off a line. A scope is left out. */
static bool take_address(struct text *line, struct addrtext_prefix *address)
{
	char text[ADDRTEXT_IP_SIZE + 32];
	struct text word;

	if (!text_word(line, &word) || !text_copy(&word, text, sizeof(text)))
		return false;
	text[strcspn(text, "%")] = '\0';
	return addrtext_parse_ip(text, address) == 0;
}

static bool same_name(const struct text *word, const char *name, size_t len)
{
	struct text bare = *word;
	char text[IOTHDNS_MAXNAME];

	if (bare.len > 0 && bare.at[bare.len - 1] == '.')
		bare.len--;
	if (bare.len != len || len >= sizeof(text))
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	return text_is_folded(&bare, text);
}

bool hosts_find_name(
    const struct text *hosts, const char *name, int family, uint8_t *address, char *canonical)
{
	struct text rest = *hosts, line, first, word;
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '.')
		len--;
	while (len > 0 && text_line(&rest, "#", &line)) {
		struct addrtext_prefix found;
		bool same;

		if (!take_address(&line, &found) || found.family != family || !text_word(&line, &first))
			continue;
		same = same_name(&first, name, len);
		while (!same && text_word(&line, &word))
			same = same_name(&word, name, len);
		if (!same || (canonical && !text_copy(&first, canonical, IOTHDNS_MAXNAME)))
			continue;
		memcpy(address, found.address, addrtext_family_len(family));
		return true;
	}
	return false;
}

bool hosts_find_address(
    const struct text *hosts, int family, const void *address, char *name, size_t size)
{
	struct text rest = *hosts, line, word;

	while (text_line(&rest, "#", &line)) {
		struct addrtext_prefix found;

		if (take_address(&line, &found) && found.family == family &&
		    memcmp(found.address, address, addrtext_family_len(family)) == 0 &&
		    text_word(&line, &word) && text_copy(&word, name, size))
			return true;
	}
	return false;
}

/* NAME PORT/PROTOCOL ALIAS...: true if it is one for the protocol; `line` is at the aliases then.
 */
static bool take_service(struct text *line, const char *protocol, struct text *name, uint16_t *port)
{
	struct text word, number;
	const char *slash;
	unsigned int value;

	if (!text_word(line, name) || !text_word(line, &word))
		return false;
	slash = memchr(word.at, '/', word.len);
	if (!slash)
		return false;
	number = (struct text){word.at, (size_t)(slash - word.at)};
	word = (struct text){slash + 1, word.len - number.len - 1};
	if (!text_is(&word, protocol) || !text_number(&number, 0, UINT16_MAX, &value))
		return false;
	*port = (uint16_t)value;
	return true;
}

bool services_find_name(
    const struct text *services, const char *name, const char *protocol, uint16_t *port)
{
	struct text rest = *services, line, word;

	while (text_line(&rest, "#", &line)) {
		uint16_t found;

		if (!take_service(&line, protocol, &word, &found))
			continue;
		do {
			if (text_is_folded(&word, name)) { /* RFC 6335, 5.1: "case-insensitive" */
				*port = found;
				return true;
			}
		} while (text_word(&line, &word));
	}
	return false;
}

bool services_find_port(
    const struct text *services, uint16_t port, const char *protocol, char *name, size_t size)
{
	struct text rest = *services, line, word;

	while (text_line(&rest, "#", &line)) {
		uint16_t found;

		if (take_service(&line, protocol, &word, &found) && found == port &&
		    text_copy(&word, name, size))
			return true;
	}
	return false;
}
