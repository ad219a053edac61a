/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an answer says about the name that was asked for.
 *
 * A server may put any records into an answer. Those that count belong to the name, or to a name
 * that CNAME records of the same answer lead to from it, step by step.
 */
#ifndef IOTHDNS_ANSWER_H
#define IOTHDNS_ANSWER_H

#include "dnsname.h"
#include "packet.h"

#define ANSWER_CHAIN_MAX 16

struct answer {
	const uint8_t *bytes;
	size_t len;
};

/* Follows the CNAMEs from `name`. `last` is where they end; `found` whether that name has records
 * of `type`. Returns the number of steps, or -ELOOP, -EBADMSG. */
int answer_follow(const struct answer *answer, const struct dns_name *name, uint16_t type,
    struct dns_name *last, bool *found);

/* Does the authority section have a SOA record: is it said that there is nothing (RFC 2308, 2.2)?
 */
bool answer_is_final(const struct answer *answer);

/* Is given each record that belongs to the name or to what it leads to. Returns 0, or -errno. */
typedef void answer_record(struct iothdns_pkt *pkt, const struct iothdns_rr *rr, void *argument);
int answer_records(const struct answer *answer, const struct dns_name *name, uint16_t type,
    answer_record *record, void *argument);

#endif
