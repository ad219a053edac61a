/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See ldns_compare.h. What libldns refuses and we read may be right: it looks at the data of
 * records, our reader leaves them to who reads them. */
#include "ldns_compare.h"

#include <string.h>
#include <ldns/ldns.h>

#include "packet.h"

/* (libldns has a bool of its own.) */
static int same_owner(const ldns_rdf *theirs, const struct dns_name *ours)
{
	return ldns_rdf_size(theirs) == ours->len &&
	       memcmp(ldns_rdf_data(theirs), ours->wire, ours->len) == 0;
}

static enum ldns_verdict compare(ldns_pkt *theirs, uint8_t *bytes, size_t len, size_t *records)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct dns_name owner;
	struct iothdns_pkt *ours = iothdns_get_header(&h, bytes, len, NULL);
	ldns_rr_list *lists[] = {
	    NULL, ldns_pkt_answer(theirs), ldns_pkt_authority(theirs), ldns_pkt_additional(theirs)};
	size_t at[4] = {0};
	int equal = ours && ldns_pkt_id(theirs) == h.id;
	int section, error;

	if (!ours)
		return LDNS_REFUSED;

	while (equal && (section = read_rr(ours, &rr, &owner)) != 0) {
		ldns_rr *record;

		record = at[section] < ldns_rr_list_rr_count(lists[section])
		             ? ldns_rr_list_rr(lists[section], at[section]++)
		             : NULL;
		/* RFC 2181, 8: a TTL with the first bit set is 0. */
		equal = record && ldns_rr_get_type(record) == rr.type &&
		        same_owner(ldns_rr_owner(record), &owner) &&
		        (ldns_rr_ttl(record) == rr.ttl || ldns_rr_ttl(record) > INT32_MAX) &&
		        ldns_rr_get_class(record) == rr.class;
		(*records)++;
	}
	error = iothdns_error(ours);
	iothdns_free(ours);
	if (!equal)
		return LDNS_DIFFERENT;
	if (error)
		return LDNS_REFUSED;
	for (section = 1; section < 4; section++) {
		if (at[section] != ldns_rr_list_rr_count(lists[section]))
			return LDNS_DIFFERENT;
	}
	return LDNS_SAME;
}

static void set_types(uint8_t *bytes, size_t len)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt = iothdns_get_header(&h, bytes, len, NULL);

	while (pkt && read_rr(pkt, &rr, NULL)) {
		struct wire_writer type = wire_writer(bytes + pkt->reader.at - 10, 2);

		wire_put_u16(&type, LDNS_COMPARE_TYPE);
	}
	iothdns_free(pkt);
}

enum ldns_verdict ldns_compare(uint8_t *bytes, size_t len, size_t *records)
{
	ldns_pkt *theirs = NULL;
	enum ldns_verdict verdict;

	set_types(bytes, len);
	if (ldns_wire2pkt(&theirs, bytes, len) != LDNS_STATUS_OK)
		return LDNS_NOT_READ;
	verdict = compare(theirs, bytes, len, records);
	ldns_pkt_free(theirs);
	return verdict;
}
