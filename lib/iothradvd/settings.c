/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a router advertises: see settings.h. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "nd.h"

#define PERIOD_MAX          65535u   /* RFC 8319, 4 */
#define REACHABLE_MAX       3600000u /* RFC 4861, 6.2.1 */
#define MTU_MIN             1280u    /* RFC 8200, 5 */
#define PERIOD_DEFAULT      600u     /* RFC 4861, 6.2.1 */
#define MIN_PERIOD          3u       /* MinRtrAdvInterval's own minimum, ibid. */
#define EXTENSION_MAX       0xffffffffffffu
#define PREFIX_IS_ROUTER    0x20 /* R: the whole address is sent (RFC 6275, 7.2) */
#define LIFETIME_FACTOR     3u
#define PREF64_LIFETIME_MAX 65528u

void settings_init(struct settings *settings)
{
	*settings = (struct settings){.finals = 1};
}

void settings_fini(struct settings *settings)
{
	free(settings->item);
	settings->item = NULL;
	settings->count = 0;
}

int settings_copy(struct settings *copy, const struct settings *settings)
{
	*copy = *settings;
	copy->item = NULL;
	if (settings->count == 0)
		return 0;
	copy->item = malloc(settings->count * sizeof(*copy->item));
	if (!copy->item)
		return -ENOMEM;
	memcpy(copy->item, settings->item, settings->count * sizeof(*copy->item));
	return 0;
}

static void clear_host_bits(uint8_t prefix[16], unsigned int len)
{
	for (unsigned int bit = len; bit < 128; bit++)
		prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

bool item_is_same(const struct item *one, const struct item *other)
{
	if (one->kind != other->kind)
		return false;
	if (one->kind == ITEM_DNSSL)
		return strcasecmp(one->domain, other->domain) == 0;
	return one->len == other->len && memcmp(one->address, other->address, 16) == 0;
}

/* ---- what may be said ------------------------------------------------------------------------ */

static const char *check_prefix(const struct item *item)
{
	if (item->len > 128)
		return "a prefix has at most 128 bits";
	if (item->address[0] == 0xff)
		return "a prefix of multicast addresses";
	/* "A router SHOULD NOT send a prefix option for the link-local prefix": RFC 4861, 4.6.2. */
	if (item->len >= 10 && item->address[0] == 0xfe && (item->address[1] & 0xc0) == 0x80)
		return "a prefix of link-local addresses";
	if (item->preferred > item->lifetime)
		return "the preferred lifetime is longer than the valid one";
	return NULL;
}

static const char *check_route(const struct item *item)
{
	if (item->len > 128)
		return "a route's prefix has at most 128 bits";
	if (item->preference < ND_PREFERENCE_LOW || item->preference > ND_PREFERENCE_HIGH)
		return "a route's preference is low, medium or high";
	return NULL;
}

static const char *check_pref64(const struct item *item)
{
	static const uint8_t lens[] = {96, 64, 56, 48, 40, 32};

	if (!memchr(lens, item->len, sizeof(lens)))
		return "a NAT64 prefix has 96, 64, 56, 48, 40 or 32 bits (RFC 8781)";
	if (item->lifetime > PREF64_LIFETIME_MAX && !item->automatic)
		return "the lifetime of a NAT64 prefix is at most 65528 (RFC 8781)";
	return NULL;
}

static const char *check_item(const struct item *item)
{
	switch (item->kind) {
	case ITEM_PREFIX:
		return check_prefix(item);
	case ITEM_ROUTE:
		return check_route(item);
	case ITEM_RDNSS:
		return item->address[0] == 0xff ? "a name server with a multicast address" : NULL;
	case ITEM_DNSSL:
		return !dhcp_name_is_valid(item->domain) ? "not a domain name" : NULL;
	case ITEM_PREF64:
		return check_pref64(item);
	default:
		return "not an item";
	}
}

static int append(struct settings *settings, const struct item *item)
{
	struct item *items;

	if (settings->count == SETTINGS_ITEMS_MAX)
		return -ENOSPC;
	items = realloc(settings->item, (settings->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	settings->item = items;
	items[settings->count++] = *item;
	return 0;
}

int settings_add(struct settings *settings, const struct item *item, char why[SETTINGS_WHY_SIZE])
{
	const char *wrong = check_item(item);
	struct item clean = *item;
	int err;

	if (!wrong) {
		/* "MUST be initialized to zero by the sender": RFC 4861, 4.6.2. */
		if (item->kind != ITEM_RDNSS && item->kind != ITEM_DNSSL &&
		    !(item->kind == ITEM_PREFIX && (item->flags & PREFIX_IS_ROUTER)))
			clear_host_bits(clean.address, clean.len);
		for (size_t i = 0; i < settings->count && !wrong; i++) {
			if (item_is_same(&settings->item[i], &clean))
				wrong = "given twice";
		}
	}
	if (wrong) {
		snprintf(why, SETTINGS_WHY_SIZE, "%s", wrong);
		return -EINVAL;
	}
	err = append(settings, &clean);
	if (err == -ENOSPC)
		snprintf(why, SETTINGS_WHY_SIZE, "more than %d of them", SETTINGS_ITEMS_MAX);
	else if (err)
		snprintf(why, SETTINGS_WHY_SIZE, "%s", strerror(-err));
	return err;
}

/* RFC 8910, 2: a URI; nothing that could end up as something else in somebody's terminal. */
static bool is_uri(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text))
			return false;
	}
	return true;
}

int settings_check(const struct settings *settings, char why[SETTINGS_WHY_SIZE])
{
	const char *wrong = NULL;

	if (settings->period > PERIOD_MAX)
		wrong = "period: at most 65535 seconds (RFC 8319)";
	else if (settings->min_period && settings->min_period < MIN_PERIOD)
		wrong = "minperiod: at least 3 seconds (RFC 4861, 6.2.1)";
	else if (settings->min_period && settings->min_period * 4 > settings->period * 3)
		wrong = "minperiod: at most three quarters of the period (RFC 4861, 6.2.1)";
	else if (settings->reachable > REACHABLE_MAX)
		wrong = "reachable: at most 3600000 milliseconds (RFC 4861, 6.2.1)";
	else if (settings->mtu && settings->mtu < MTU_MIN)
		wrong = "mtu: at least 1280 bytes (RFC 8200, 5), or 0: not told";
	else if ((settings->flags & ND_RA_PREFERENCE) == 0x10)
		wrong = "flags: the router preference 2 is reserved (RFC 4191, 2.2)";
	else if (settings->extension > EXTENSION_MAX)
		wrong = "raflags: there are 48 of them (RFC 5175)";
	else if (settings->finals > SETTINGS_FINALS_MAX)
		wrong = "final: at most 3 advertisements (RFC 4861, 6.2.5)";
	else if (!is_uri(settings->captive))
		wrong = "captive: not a URI";
	if (!wrong)
		return 0;
	snprintf(why, SETTINGS_WHY_SIZE, "%s", wrong);
	return -EINVAL;
}

uint32_t settings_lifetime(const struct settings *settings, const struct item *item)
{
	uint32_t period = settings->period ? settings->period : PERIOD_DEFAULT;

	return item->automatic ? LIFETIME_FACTOR * period : item->lifetime;
}
