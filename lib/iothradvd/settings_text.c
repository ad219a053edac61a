/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings as text: the words of iothradvd(8), on its command line, in its file, and in programs. A
 * value is made of fields that '/' separates; none of them is empty. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "nd.h"
#include "settings.h"

#define VALUE_SIZE  2048
#define PREFIX_BITS 64 /* where none are given */
#define NAT64_BITS  96

__attribute__((format(printf, 2, 3))) static int wrong(
    char why[SETTINGS_WHY_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, SETTINGS_WHY_SIZE, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Decimal, 0x hexadecimal or 0 octal; all of the text. */
static bool number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9') /* strtoull takes blanks and signs */
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return *end == '\0' && errno == 0 && *value <= max;
}

static bool lifetime(const char *text, uint32_t *seconds)
{
	uint64_t value = ND_FOREVER;

	if (strcmp(text, "infinite") != 0 && strcmp(text, "infinity") != 0 &&
	    !number(text, UINT32_MAX, &value))
		return false;
	*seconds = (uint32_t)value;
	return true;
}

/* The next field of a text, which is cut there; NULL: there is none left. */
static char *next_field(char **rest, char separator)
{
	char *field = *rest, *end;

	if (!field)
		return NULL;
	end = strchr(field, separator);
	if (end)
		*end++ = '\0';
	*rest = end;
	return field;
}

static bool has_empty_field(const char *text, char separator)
{
	size_t len = strlen(text);
	const char twice[3] = {separator, separator, '\0'};

	return len == 0 || text[0] == separator || text[len - 1] == separator || strstr(text, twice);
}

static bool address6(const char *text, uint8_t address[16])
{
	struct addrtext_prefix parsed;

	if (!text || addrtext_parse_ip(text, &parsed) < 0 || parsed.family != AF_INET6)
		return false;
	memcpy(address, parsed.address, 16);
	return true;
}

/* ---- flags ----------------------------------------------------------------------------------- */

struct letter {
	char letter;
	uint8_t flag;
};

static const struct letter prefix_letters[] = {{'L', 0x80}, {'A', 0x40}, {'R', 0x20}};
static const struct letter router_letters[] = {
    {'M', 0x80}, {'O', 0x40}, {'H', 0x20}, {'h', 0x08}, {'l', 0x18}, {'P', 0x04}};

/* Letters, or a number. */
static bool flags(const char *text, const struct letter *letters, size_t count, uint8_t *value)
{
	uint64_t all;

	*value = 0;
	if (number(text, 0xff, &all)) {
		*value = (uint8_t)all;
		return true;
	}
	for (; *text; text++) {
		size_t i = 0;

		while (i < count && letters[i].letter != *text)
			i++;
		if (i == count)
			return false;
		*value |= letters[i].flag;
	}
	return true;
}

#define FLAGS(text, letters, value)                                                                \
	flags(text, letters, sizeof(letters) / sizeof((letters)[0]), value)

/* ---- items ----------------------------------------------------------------------------------- */

/* ADDRESS[/LEN]: the first two fields of a prefix. */
static int take_prefix(
    struct item *item, char **rest, unsigned int len, char why[SETTINGS_WHY_SIZE])
{
	const char *address = next_field(rest, '/'), *bits = next_field(rest, '/');
	uint64_t value = len;

	if (!address6(address, item->address))
		return wrong(why, "'%s' is not an IPv6 address", address);
	if (bits && !number(bits, 128, &value))
		return wrong(why, "'%s' is not a number of bits", bits);
	item->len = (uint8_t)value;
	return 0;
}

/* ADDRESS[/LEN[/FLAGS[/VALID[/PREFERRED]]]] */
static int set_prefix(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	struct item item = {.kind = ITEM_PREFIX, .lifetime = ND_FOREVER};
	int err = take_prefix(&item, &text, PREFIX_BITS, why);
	const char *field;

	if (err)
		return err;
	field = next_field(&text, '/');
	if (field && !FLAGS(field, prefix_letters, &item.flags))
		return wrong(why, "'%s' are no flags of a prefix (L, A, R)", field);
	field = next_field(&text, '/');
	if (field && !lifetime(field, &item.lifetime))
		return wrong(why, "'%s' is not a lifetime", field);
	item.preferred = item.lifetime;
	field = next_field(&text, '/');
	if (field && !lifetime(field, &item.preferred))
		return wrong(why, "'%s' is not a lifetime", field);
	if (text)
		return wrong(why, "'%s' is too much", text);
	return settings_add(settings, &item, why);
}

/* The last field of all the others. */
static int take_lifetime(struct item *item, char *text, char why[SETTINGS_WHY_SIZE])
{
	item->automatic = !text;
	if (text && !lifetime(text, &item->lifetime))
		return wrong(why, "'%s' is not a lifetime", text);
	return 0;
}

/* PREFIX[/LEN[/h|m|l[/LIFETIME]]] */
static int set_route(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	struct item item = {.kind = ITEM_ROUTE};
	int err = take_prefix(&item, &text, PREFIX_BITS, why);
	const char *preference = next_field(&text, '/');

	if (err)
		return err;
	if (preference && strcmp(preference, "h") == 0)
		item.preference = ND_PREFERENCE_HIGH;
	else if (preference && strcmp(preference, "l") == 0)
		item.preference = ND_PREFERENCE_LOW;
	else if (preference && strcmp(preference, "m") != 0)
		return wrong(why, "'%s' is no preference (h, m, l)", preference);
	err = take_lifetime(&item, text, why);
	return err ? err : settings_add(settings, &item, why);
}

/* PREFIX[/LEN[/LIFETIME]] */
static int set_pref64(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	struct item item = {.kind = ITEM_PREF64};
	int err = take_prefix(&item, &text, NAT64_BITS, why);

	if (!err)
		err = take_lifetime(&item, text, why);
	return err ? err : settings_add(settings, &item, why);
}

/* ITEM[,ITEM...][/LIFETIME] */
static int set_list(
    struct settings *settings, enum item_kind kind, char *text, char why[SETTINGS_WHY_SIZE])
{
	struct item item = {.kind = kind};
	char *list = next_field(&text, '/'), *word;
	int err = take_lifetime(&item, text, why);

	if (!err && has_empty_field(list, ','))
		return wrong(why, "an empty word");
	while (!err && (word = next_field(&list, ','))) {
		if (kind == ITEM_RDNSS && !address6(word, item.address))
			return wrong(why, "'%s' is not an IPv6 address", word);
		if (kind == ITEM_DNSSL && dhcp_name_copy(item.domain, word, strlen(word)) < 0)
			return wrong(why, "'%s' is not a domain name", word);
		err = settings_add(settings, &item, why);
	}
	return err;
}

static int set_rdnss(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	return set_list(settings, ITEM_RDNSS, text, why);
}

static int set_dnssl(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	return set_list(settings, ITEM_DNSSL, text, why);
}

/* ---- one of a kind --------------------------------------------------------------------------- */

static int set_flags(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	if (!FLAGS(text, router_letters, &settings->flags))
		return wrong(why, "'%s' are no flags of a router (M, O, H, h, l, P)", text);
	if (strchr(text, 'h') && strchr(text, 'l'))
		return wrong(why, "'%s': the preference cannot be high and low", text);
	return 0;
}

static int set_captive(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE])
{
	if (strlen(text) >= sizeof(settings->captive))
		return wrong(why, "longer than 255 bytes (RFC 8910)");
	strcpy(settings->captive, text);
	return 0;
}

/* `what` is a field of an unsigned type of 1, 2, 4 or 8 bytes. */
static void store(struct settings *settings, size_t offset, size_t size, uint64_t value)
{
	void *field = (char *)settings + offset;

	switch (size) {
	case 1:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)field = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		*(uint64_t *)field = value;
	}
}

#define NUMBER(tag, member, most)                                                                  \
	{                                                                                              \
		tag, NULL, false, offsetof(struct settings, member),                                       \
		    sizeof(((struct settings *)NULL)->member), most                                        \
	}

static const struct word {
	const char *tag;
	int (*set)(struct settings *settings, char *text, char why[SETTINGS_WHY_SIZE]);
	bool fields; /* separated by '/' */
	size_t offset, size;
	uint64_t max; /* of a number */
} words[] = {
    NUMBER("period", period, 65535),
    NUMBER("minperiod", min_period, 65535),
    NUMBER("final", finals, SETTINGS_FINALS_MAX),
    NUMBER("hoplimit", hop_limit, 255),
    NUMBER("lifetime", lifetime, 65535),
    NUMBER("reachable", reachable, 3600000),
    NUMBER("retransmit", retrans, UINT32_MAX),
    NUMBER("mtu", mtu, UINT32_MAX),
    NUMBER("raflags", extension, 0xffffffffffff),
    {.tag = "flags", .set = set_flags},
    {.tag = "captive", .set = set_captive},
    {.tag = "prefix", .set = set_prefix, .fields = true},
    {.tag = "route", .set = set_route, .fields = true},
    {.tag = "rdnss", .set = set_rdnss, .fields = true},
    {.tag = "dnssl", .set = set_dnssl, .fields = true},
    {.tag = "pref64", .set = set_pref64, .fields = true},
};

int settings_set(
    struct settings *settings, const char *tag, const char *value, char why[SETTINGS_WHY_SIZE])
{
	const struct word *word = NULL;
	char text[VALUE_SIZE], reason[SETTINGS_WHY_SIZE];
	size_t before = settings->count;
	uint64_t parsed;
	int err;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !word; i++) {
		if (strcmp(words[i].tag, tag) == 0)
			word = &words[i];
	}
	if (!word)
		return wrong(why, "'%.64s' is not a word of router advertisements", tag);
	if (strlen(value) >= sizeof(text))
		return wrong(why, "%s: the value is too long", tag);
	strcpy(text, value);
	if (!word->set) {
		if (!number(text, word->max, &parsed))
			return wrong(
			    why, "%s: '%.64s' is not a number from 0 to %ju", tag, text, (uintmax_t)word->max);
		store(settings, word->offset, word->size, parsed);
		return 0;
	}
	if (word->fields && has_empty_field(text, '/'))
		err = wrong(reason, "a field is empty");
	else
		err = word->set(settings, text, reason);
	if (err) {
		settings->count = before; /* a list is taken whole or not */
		(void)wrong(why, "%s: %.200s", tag, reason);
	}
	return err;
}
