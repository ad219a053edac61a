/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been advertised and is no more: it is taken back, not just passed over in silence.
 *
 * A host keeps what it was told for the lifetime that it was told. So a prefix that was removed is
 * advertised on with a preferred lifetime of 0, and a valid one that runs down from two hours (or
 * from what it was, if that is less): addresses are deprecated at once, and connections that use
 * them last so long (RFC 4862, 5.5.3 e: two hours are the least that a host believes). Routes, name
 * servers, domains and NAT64 prefixes are advertised with lifetime 0 for as long (RFC 4191, 2.3;
 * RFC 8106, 5.1; RFC 8781, 4), since a host may miss any one advertisement.
 */
#ifndef WITHDRAWN_H
#define WITHDRAWN_H

#include "engine.h"
#include "settings.h"

#define WITHDRAWN_MAX 32 /* the oldest makes room */

struct withdrawn {
	size_t count;
	struct {
		struct item item;
		engine_time until;
	} entry[WITHDRAWN_MAX];
};

/* Notes what `after` has no more, and forgets what it has again. */
void withdrawn_change(struct withdrawn *withdrawn, engine_time now, const struct settings *before,
    const struct settings *after);

/* The item of an entry as it is to be advertised; false: its time is over. */
bool withdrawn_item(
    const struct withdrawn *withdrawn, size_t entry, engine_time now, struct item *item);

/* Drops what is over. */
void withdrawn_expire(struct withdrawn *withdrawn, engine_time now);

#endif
