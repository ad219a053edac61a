/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router advertisements out of settings: see advert.h. */
#include "advert.h"

#include <string.h>

#include "nd.h"

#define PADDING 7 /* at the end of an option, at most */

/* The message that is being written. */
struct packer {
	const struct advert *advert;
	struct ra_header header;
	uint8_t bytes[ADVERT_MAX];
	struct wire_writer writer;
	advert_function *function;
	void *context;
	int result;
};

static void begin(struct packer *packer)
{
	packer->writer = wire_writer(packer->bytes, packer->advert->size);
	ra_put_header(&packer->writer, &packer->header);
}

static void flush(struct packer *packer)
{
	if (!packer->result)
		packer->result = packer->function(packer->context, packer->writer.data, packer->writer.at);
}

static bool has_room(const struct packer *packer, size_t len)
{
	return packer->writer.size - packer->writer.at >= len;
}

/* Room for an option: in this message, or else in the next. */
static void need(struct packer *packer, size_t len)
{
	if (has_room(packer, len))
		return;
	flush(packer);
	begin(packer);
}

/* ---- items ----------------------------------------------------------------------------------- */

/* The next item of a kind, as it is to be sent: those of the settings, then those withdrawn. */
static bool next_item(
    const struct packer *packer, enum item_kind kind, size_t *at, struct item *item)
{
	const struct settings *settings = packer->advert->settings;
	const struct withdrawn *withdrawn = packer->advert->withdrawn;

	for (; *at < settings->count; (*at)++) {
		if (settings->item[*at].kind != kind)
			continue;
		*item = settings->item[*at];
		item->lifetime = settings_lifetime(settings, item);
		/* The route leads by way of this router, which is one no more. */
		if (kind == ITEM_ROUTE && packer->advert->final)
			item->lifetime = 0;
		(*at)++;
		return true;
	}
	for (; *at < settings->count + withdrawn->count; (*at)++) {
		size_t entry = *at - settings->count;

		if (withdrawn->entry[entry].item.kind != kind ||
		    !withdrawn_item(withdrawn, entry, packer->advert->now, item))
			continue;
		(*at)++;
		return true;
	}
	return false;
}

static void put_prefixes(struct packer *packer)
{
	struct item item;

	for (size_t at = 0; next_item(packer, ITEM_PREFIX, &at, &item);) {
		struct ra_prefix prefix = {.len = item.len,
		    .flags = item.flags,
		    .valid = item.lifetime,
		    .preferred = item.preferred};

		memcpy(prefix.prefix, item.address, 16);
		need(packer, 32);
		ra_put_prefix(&packer->writer, &prefix);
	}
}

static void put_routes(struct packer *packer)
{
	struct item item;

	for (size_t at = 0; next_item(packer, ITEM_ROUTE, &at, &item);) {
		struct ra_route route = {
		    .len = item.len, .preference = item.preference, .lifetime = item.lifetime};

		memcpy(route.prefix, item.address, 16);
		need(packer, 24);
		ra_put_route(&packer->writer, &route);
	}
}

static void put_pref64s(struct packer *packer)
{
	struct item item;

	for (size_t at = 0; next_item(packer, ITEM_PREF64, &at, &item);) {
		struct ra_prefix prefix = {.len = item.len, .valid = item.lifetime};

		memcpy(prefix.prefix, item.address, 16);
		need(packer, 16);
		ra_put_pref64(&packer->writer, &prefix);
	}
}

/* RDNSS and DNSSL: neighbours with the same lifetime share an option. */
static void put_list(struct packer *packer, enum item_kind kind)
{
	size_t begun = 0;
	uint32_t lifetime = 0;
	bool open = false;
	struct item item;

	for (size_t at = 0; next_item(packer, kind, &at, &item);) {
		size_t len = (kind == ITEM_RDNSS ? 16 : strlen(item.domain) + 2) + PADDING;

		if (open && (item.lifetime != lifetime || !has_room(packer, len))) {
			ra_end_option(&packer->writer, begun);
			open = false;
		}
		if (!open) {
			need(packer, 8 + len);
			begun = kind == ITEM_RDNSS ? ra_begin_rdnss(&packer->writer, item.lifetime)
			                           : ra_begin_dnssl(&packer->writer, item.lifetime);
			lifetime = item.lifetime;
			open = true;
		}
		if (kind == ITEM_RDNSS)
			wire_put_bytes(&packer->writer, item.address, 16);
		else
			(void)dhcp_name_put(&packer->writer, item.domain);
	}
	if (open)
		ra_end_option(&packer->writer, begun);
}

int advert_write(const struct advert *advert, advert_function *function, void *context)
{
	const struct settings *settings = advert->settings;
	struct packer packer = {.advert = advert,
	    .header = {.hop_limit = settings->hop_limit,
	        .flags = settings->flags,
	        .lifetime = advert->final ? 0 : settings->lifetime,
	        .reachable = settings->reachable,
	        .retrans = settings->retrans},
	    .function = function,
	    .context = context};

	/* "If the Router Lifetime is zero, the preference value MUST be set to (00)": RFC 4191, 2.2. */
	if (packer.header.lifetime == 0)
		packer.header.flags &= (uint8_t)~ND_RA_PREFERENCE;
	begin(&packer);
	put_prefixes(&packer);
	if (advert->mac) {
		need(&packer, 8);
		ra_put_mac(&packer.writer, advert->mac);
	}
	if (settings->mtu) {
		need(&packer, 8);
		ra_put_mtu(&packer.writer, settings->mtu);
	}
	put_routes(&packer);
	put_list(&packer, ITEM_RDNSS);
	put_list(&packer, ITEM_DNSSL);
	put_pref64s(&packer);
	if (settings->captive[0]) {
		need(&packer, 2 + strlen(settings->captive) + PADDING);
		ra_put_captive(&packer.writer, settings->captive);
	}
	if (settings->extension) {
		need(&packer, 8);
		ra_put_flags(&packer.writer, settings->extension);
	}
	flush(&packer);
	return packer.result;
}
