/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash and one-time addresses of names (iothaddr.h), as `auth hash` and `auth otip` give them.
 *
 * Names are hashed in lower case, so that a resolver that plays with case (0x20) gets the one
 * address of the name; with `option hashcase exact`, as the client spells them.
 *
 * What MD5 makes of a name is kept for those that are asked for again (hash_memo.h).
 *
 * The stronger digest of one-time addresses (`option otipdigest hmac-sha256`) needs a key for each
 * name, which takes a tenth of a second or more to make: keys are kept, and made by who has the
 * time for it (named_otip_work), not while others wait. Meanwhile there is no answer; who keeps the
 * query (waiting.h) is told when a key is there.
 */
#ifndef NAMED_HASH_H
#define NAMED_HASH_H

#include <time.h>

#include "auth.h"
#include "conf.h"
#include "list.h"
#include "query.h"

#define NAMED_OTIP_KEYS    4096 /* that are kept */
#define NAMED_OTIP_WAITING 64   /* that are to be made; others ask again */

struct named_otip_keys;
struct named_hash_memo;

int named_otip_keys_new(struct named_otip_keys **keys); /* 0, -ENOMEM, -errno of random numbers */
void named_otip_keys_free(struct named_otip_keys *keys);

/* Makes one key that somebody waits for; slow. False: there was none. Any thread. */
bool named_otip_work(struct named_otip_keys *keys);

/* Told, by the thread that asks for a key, that there is work. It must not call back. */
void named_otip_set_wake(
    struct named_otip_keys *keys, void (*wake)(void *argument), void *argument);

/* Told, by who makes keys, that one more is there. It must not call back. */
struct named_otip_listener {
	struct list link;
	void (*ready)(struct named_otip_listener *listener);
};
void named_otip_listen(struct named_otip_keys *keys, struct named_otip_listener *listener);
void named_otip_unlisten(struct named_otip_keys *keys, struct named_otip_listener *listener);

/* What addresses are made with. */
struct named_hashing {
	const struct named_options *options;
	struct named_otip_keys *keys; /* may be NULL where MD5 serves */
	struct named_hash_memo *memo; /* may be NULL */
};

/* The address for a query, by a record of type hash or otip. 0; -EAGAIN: the record's base has no
 * address yet; -EINPROGRESS: the key is being made. `hash` is that of the query's name (name.h). */
int named_hash_address(struct in6_addr *address, const struct named_auth_record *record,
    const struct named_hashing *with, const struct named_query *query, uint64_t hash, time_t wall);

#endif
