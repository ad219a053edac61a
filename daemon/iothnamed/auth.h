/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `auth` records: which of them are for a query, in the order of the file.
 *
 * A record is for a query if the client is in one of its nets and the query's name is its name
 * ("foo.bar"), or strictly below it (".foo.bar"), or any ("."). There may be thousands of records;
 * what a query costs depends on its labels. The names of all records are in one table. Each has
 * two lists of records, those for itself and those for what is below, and knows the next name above
 * it that has the latter: so one finds the longest suffix of the query's name that is in the table,
 * and goes up from there. The lists that are met are in the order of the file each; a scan merges
 * them.
 *
 * Records whose name is that of an address which has to be looked up first ("host/64", host.h) are
 * in a list of their own, which is gone through for names under arpa.
 */
#ifndef NAMED_AUTH_H
#define NAMED_AUTH_H

#include "host.h"
#include "nametable.h"

enum named_auth_type {
	NAMED_AUTH_ACCEPT,
	NAMED_AUTH_ERROR,
	NAMED_AUTH_STATIC,
	NAMED_AUTH_HASH,
	NAMED_AUTH_OTIP,
	NAMED_AUTH_CACHE,
	NAMED_AUTH_HREV,
	NAMED_AUTH_FWD,
};

struct named_auth_record {
	enum named_auth_type type;
	bool below;    /* the name's descendants, not itself; of the root: both */
	uint64_t nets; /* bitmap */
	struct named_name name;
	const struct named_host *host; /* not NULL: the name follows from its address and */
	unsigned int prefix_len;       /* this many bits of it */

	struct in6_addr base;               /* hash, otip */
	const struct named_host *base_host; /* not NULL: it is this one's */
	char *password;                     /* otip; owned */
};

struct named_auth;

struct named_auth *named_auth_new(void); /* NULL: no memory */
void named_auth_free(struct named_auth *auth);

/* Appends a copy of a record; takes its password, unless the record still has it. 0 or -ENOMEM. */
int named_auth_add(struct named_auth *auth, struct named_auth_record *record);

/* To be called once, when all are in. 0 or -ENOMEM. */
int named_auth_seal(struct named_auth *auth);

/* May clients of these nets open TCP connections? */
bool named_auth_accepts(const struct named_auth *auth, uint64_t nets);

bool named_auth_has(const struct named_auth *auth, enum named_auth_type type);

struct named_auth_list {
	const uint32_t *at, *end; /* numbers of records, ascending */
};

struct named_auth_scan {
	const struct named_auth *auth;
	const struct named_name *name;
	uint64_t nets;
	unsigned int count;
	struct named_auth_list lists[NAME_MAX_LABELS + 2];
};

/* The records for a name and a client's nets. `hash` is of named_name_hashes. All are borrowed. */
void named_auth_scan(struct named_auth_scan *scan, const struct named_auth *auth,
    const struct named_name *name, const uint64_t *hash, uint64_t nets);

/* The next one, or NULL. */
const struct named_auth_record *named_auth_next(struct named_auth_scan *scan);

#endif
