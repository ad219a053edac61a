/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading answers: see answer.h. */
#include "answer.h"

#include <errno.h>

static int open_answer(struct iothdns_pkt *pkt, const struct answer *answer)
{
	struct iothdns_header h;

	return read_open(pkt, &h, answer->bytes, answer->len, NULL);
}

/* One step. 1: `name` is now what its CNAME says; 0: it has none. */
static int step(const struct answer *answer, struct dns_name *name, uint16_t type, bool *found)
{
	struct iothdns_pkt pkt;
	struct iothdns_rr rr;
	struct dns_name owner, target;
	bool alias = false;
	int error = open_answer(&pkt, answer);

	if (error < 0)
		return error;
	*found = false;
	while (read_rr(&pkt, &rr, &owner) == IOTHDNS_SEC_ANSWER && !*found) {
		if (rr.class != IOTHDNS_CLASS_IN || !name_equal(&owner, name))
			continue;
		if (rr.type == type)
			*found = true;
		else if (rr.type == IOTHDNS_TYPE_CNAME && !alias)
			alias = read_name(&pkt, &target) == 0;
	}
	if (pkt.error)
		return -pkt.error;
	if (*found || !alias)
		return 0;
	*name = target;
	return 1;
}

int answer_follow(const struct answer *answer, const struct dns_name *name, uint16_t type,
    struct dns_name *last, bool *found)
{
	*last = *name;
	*found = false;
	for (int steps = 0; steps <= ANSWER_CHAIN_MAX; steps++) {
		int more = step(answer, last, type, found);

		if (more <= 0)
			return more < 0 ? more : steps;
	}
	return -ELOOP;
}

bool answer_is_final(const struct answer *answer)
{
	struct iothdns_pkt pkt;
	struct iothdns_rr rr;
	bool final = false;
	int section;

	if (open_answer(&pkt, answer) < 0)
		return true;
	while (!final && (section = read_rr(&pkt, &rr, NULL)) != 0)
		final = section == IOTHDNS_SEC_AUTH && rr.type == IOTHDNS_TYPE_SOA;
	return final;
}

int answer_records(const struct answer *answer, const struct dns_name *name, uint16_t type,
    answer_record *record, void *argument)
{
	struct iothdns_pkt pkt;
	struct iothdns_rr rr;
	struct dns_name last, owner;
	bool found;
	int error = answer_follow(answer, name, type, &last, &found);

	if (error < 0 || !found)
		return error < 0 ? error : 0;
	error = open_answer(&pkt, answer);
	if (error < 0)
		return error;
	while (read_rr(&pkt, &rr, &owner) == IOTHDNS_SEC_ANSWER) {
		if (rr.type == type && rr.class == IOTHDNS_CLASS_IN && name_equal(&owner, &last))
			record(&pkt, &rr, argument);
	}
	return 0;
}
