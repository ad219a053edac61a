/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies into the cache: see cache_feed.h. */
#include "cache_feed.h"

#include <string.h>

#include "rdata.h"

#define RRSET_MAX 16384 /* bytes of an RRset that is kept */

struct feed {
	struct named_cache *cache;
	const struct named_query *query;
	const struct named_message *message;
	uint64_t now;
	unsigned int entries;
	enum named_cache_trust trust;
	struct named_name name; /* the end of the chain so far */
	uint8_t data[RRSET_MAX];
};

static struct wire_reader reader_at(const struct named_message *message, size_t offset)
{
	struct wire_reader reader = wire_reader(message->bytes, message->len);

	reader.at = offset;
	return reader;
}

static void read_owner(
    const struct named_message *message, const struct named_record *record, struct dns_name *owner)
{
	struct wire_reader reader = reader_at(message, record->owner);

	(void)name_read(&reader, owner); /* it could be read once */
}

static bool is_owner(const struct feed *feed, const struct named_record *record)
{
	struct dns_name owner;

	read_owner(feed->message, record, &owner);
	return owner.len == feed->name.len && named_wire_equal(owner.wire, feed->name.wire, owner.len);
}

/* Is the record that begins at `begun` one of those before it? Such are suppressed: RFC 2181, 5. */
static bool is_repeated(const struct wire_writer *set, uint16_t type, size_t begun)
{
	size_t len = set->at - begun;

	for (size_t at = 0; at < begun;) {
		size_t other = 2 + ((size_t)set->data[at] << 8 | set->data[at + 1]);

		if (other == len &&
		    named_rdata_equal(type, set->data + at + 2, set->data + begun + 2, len - 2))
			return true;
		at += other;
	}
	return false;
}

/* Puts in the records of one type that the name has: how many, or -1 if they cannot be taken. */
static int feed_rrset(struct feed *feed, uint16_t type)
{
	struct wire_writer set = wire_writer(feed->data, sizeof(feed->data));
	struct named_cache_item item = {
	    .kind = NAMED_CACHE_RRSET, .trust = feed->trust, .type = type, .ttl = UINT32_MAX};

	for (unsigned int i = 0; i < feed->message->answers; i++) {
		const struct named_record *record = &feed->message->answer[i];
		struct wire_reader reader = reader_at(feed->message, record->data);
		size_t begun = set.at, field;

		if (record->type != type || record->class != NAMED_CLASS_IN || !is_owner(feed, record))
			continue;
		field = wire_begin_u16(&set);
		if (!named_rdata_copy(&reader, type, record->len, &set))
			return -1;
		wire_end_u16(&set, field);
		if (record->ttl < item.ttl)
			item.ttl = record->ttl;
		if (is_repeated(&set, type, begun))
			set.at = begun;
		else
			item.count++;
	}
	if (set.error)
		return -1;
	if (item.count == 0)
		return 0;
	if (type == NAMED_TYPE_CNAME && item.count > 1)
		return -1; /* RFC 2181, 10.1 */
	item.data = set.data;
	item.len = set.at;
	if (named_cache_put(feed->cache, &feed->name, &item, feed->now) == 0)
		feed->entries++;
	return item.count;
}

/* The SOA's data: two names, five numbers, of which MINIMUM is the last. */
static void feed_negative(struct feed *feed, bool nxdomain)
{
	const struct named_record *soa = &feed->message->soa;
	struct wire_writer data = wire_writer(feed->data, sizeof(feed->data));
	struct wire_reader reader = reader_at(feed->message, soa->data);
	struct named_cache_item item = {
	    .kind = nxdomain ? NAMED_CACHE_NXDOMAIN : NAMED_CACHE_NODATA,
	    .trust = feed->trust,
	    .type = nxdomain ? 0 : feed->query->type,
	    .count = 1,
	};
	struct dns_name owner;
	struct named_name zone;
	uint32_t minimum;

	if (!feed->message->has_soa || soa->class != NAMED_CLASS_IN)
		return;
	read_owner(feed->message, soa, &owner);
	named_name_fold(&zone, &owner);
	if (!named_name_equal(&feed->name, &zone) && !named_name_is_below(&feed->name, &zone))
		return;
	wire_put_bytes(&data, owner.wire, owner.len);
	if (!named_rdata_copy(&reader, NAMED_TYPE_SOA, soa->len, &data))
		return;
	item.data = data.data;
	item.len = data.at;
	reader = wire_reader(data.data + data.at - 4, 4);
	minimum = wire_u32(&reader);
	item.ttl = soa->ttl < minimum ? soa->ttl : minimum; /* RFC 2308, 5 */
	if (named_cache_put(feed->cache, &feed->name, &item, feed->now) == 0)
		feed->entries++;
}

/* Takes the name's CNAME, if it has one: false if the chain has ended. */
static bool follow(struct feed *feed)
{
	struct named_name target;
	size_t len;

	if (feed_rrset(feed, NAMED_TYPE_CNAME) != 1)
		return false;
	len = (size_t)feed->data[0] << 8 | feed->data[1];
	if (named_name_read(&target, feed->data + 2, len) < 0)
		return false;
	feed->name = target;
	return true;
}

static bool is_for_all(const struct named_query *query, const struct named_message *message)
{
	size_t len;
	const uint8_t *subnet = named_option_find(
	    message->bytes + message->options, message->options_len, NAMED_OPTION_CLIENT_SUBNET, &len);

	/* Family, source prefix, scope prefix: RFC 7871, 6. A client that speaks of networks gets, and
	 * keeps, its own answers, whatever the server says of their scope. */
	if (subnet && len >= 4 && subnet[3] > 0)
		return false;
	return !query->options ||
	       !named_option_find(query->options, query->options_len, NAMED_OPTION_CLIENT_SUBNET, &len);
}

static bool is_usable(const struct named_query *query, const struct named_message *message)
{
	return !(message->flags & NAMED_FLAG_TC) && !(query->flags & NAMED_FLAG_CD) &&
	       query->class == NAMED_CLASS_IN && named_rdata_is_cacheable(query->type) &&
	       (message->rcode == NAMED_NOERROR || message->rcode == NAMED_NXDOMAIN) &&
	       message->answers <= NAMED_MESSAGE_ANSWERS && is_for_all(query, message);
}

static enum named_cache_trust trust_in(
    const struct named_query *query, const struct named_message *message)
{
	if (!(query->flags & NAMED_FLAG_AD) && !(query->edns_flags & NAMED_EDNS_DO))
		return NAMED_TRUST_NOT_ASKED;
	return message->flags & NAMED_FLAG_AD ? NAMED_TRUST_YES : NAMED_TRUST_NO;
}

unsigned int named_cache_feed(struct named_cache *cache, const struct named_query *query,
    const struct named_message *message, uint64_t now)
{
	bool nxdomain = message->rcode == NAMED_NXDOMAIN;
	int found = 0;
	struct feed feed;

	if (!is_usable(query, message))
		return 0;
	feed.cache = cache;
	feed.query = query;
	feed.message = message;
	feed.now = now;
	feed.entries = 0;
	feed.trust = trust_in(query, message);
	feed.name = query->name;
	for (int i = 0; i < NAMED_CHAIN_MAX; i++) {
		found = nxdomain ? 0 : feed_rrset(&feed, query->type);
		if (found != 0 || query->type == NAMED_TYPE_CNAME || !follow(&feed))
			break;
	}
	/* Who was not asked to find out (RD) says nothing about what he has not. */
	if (found == 0 && (query->flags & NAMED_FLAG_RD))
		feed_negative(&feed, nxdomain);
	return feed.entries;
}
