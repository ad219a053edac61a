/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses that a service has now: one for each open window, and those of windows that are
 * over but still have flows.
 *
 *     absent --add--> OPEN --retire--> RETIRED --remove--> absent
 *                       ^-----open again----'   (a clock that was stepped back)
 *
 * An engine without I/O: it is told what time it is (otip_keeper_run), looks which windows are open
 * by the clock (schedule.h), and says what is to be done through a table of functions. The same
 * service on several interfaces or stacks is several keepers.
 *
 * A retired address stays as long as it has flows. A stack that can sees to that itself: it answers
 * none but the flows, and takes the address away with the last one (RELEASED: the keeper only
 * forgets it). With another stack the keeper waits until there are no more flows: of those that its
 * owner counts (otip_keeper_begin, otip_keeper_end), and those that a function knows of (`in_use`),
 * which is asked every OTIP_KEEPER_LOOK seconds.
 *
 * Nothing is remembered about time: whatever the clock does, what is open is what the clock says.
 */
#ifndef OTIP_KEEPER_H
#define OTIP_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "identity.h"
#include "list.h"
#include "schedule.h"

#define OTIP_KEEPER_RETRY 1 /* seconds after an address could not be added */
#define OTIP_KEEPER_LOOK  2 /* seconds between two looks whether a retired one is in use */

enum otip_address_state {
	OTIP_ADDRESS_WANTED,   /* its window is open, but adding it has failed: not there */
	OTIP_ADDRESS_OPEN,     /* there, for new flows, too */
	OTIP_ADDRESS_CLOSING,  /* its window is over, but retiring it has failed */
	OTIP_ADDRESS_RETIRED,  /* there for its flows; the keeper removes it */
	OTIP_ADDRESS_RELEASED, /* there for its flows; the stack removes it */
};

/* An address; borrowed by who gets a pointer to it, until its last flow has ended. */
struct otip_address {
	struct list link; /* of the keeper */
	struct in6_addr address;
	int64_t window;
	enum otip_address_state state;
	size_t flows;  /* counted by the owner */
	int error;     /* why it could not be added, or 0 */
	int64_t retry; /* with an error: not before that */
};

/* What is done to the interface: 0 or -errno; what failed is tried again. The functions may not
 * call the keeper. */
struct otip_keeper_ops {
	/* The address is there when this returns, and answers at once; new flows are welcome. Also for
	 * one that was retired, and for one that is there already. */
	int (*add)(void *context, const struct in6_addr *address);
	/* From now on it is there for its flows alone: to others it is as if it were not. 1: and the
	 * stack takes it away with the last of them; 0: it is to be removed. */
	int (*retire)(void *context, const struct in6_addr *address);
	void (*remove)(void *context, const struct in6_addr *address);
	/* Has a retired address flows that are not counted? NULL: all are. */
	bool (*in_use)(void *context, const struct in6_addr *address);
};

struct otip_keeper {
	const struct otip_identity *identity; /* borrowed */
	struct otip_schedule schedule;
	const struct otip_keeper_ops *ops;
	void *context;
	struct list addresses; /* of struct otip_address, oldest first */
	bool drained;          /* no window is open any more: otip_keeper_drain */
	int64_t next;          /* when it is to be run again: seconds since 1970, or OTIP_NEVER */
	int error;             /* of the last run: 0, or the -errno of the last thing that failed */
};

/* The schedule passes otip_schedule_check. No address is there before the first run. */
void otip_keeper_init(struct otip_keeper *keeper, const struct otip_identity *identity,
    const struct otip_schedule *schedule, const struct otip_keeper_ops *ops, void *context);
/* Retires the open addresses, and removes at once all that no stack takes care of, with their
 * flows.
 */
void otip_keeper_fini(struct otip_keeper *keeper);

/* Does what is due at `now` and returns the time of the next call (keeper->next), which is later
 * than `now`: by the wall clock, so whoever sleeps until then has to hear of a clock that is set
 * (clock.h does). It may be called at any other time as well. */
int64_t otip_keeper_run(struct otip_keeper *keeper, int64_t now);

/* The same, for an interface that may have lost its addresses (it was down): all that it should
 * have are added again. */
int64_t otip_keeper_restore(struct otip_keeper *keeper, int64_t now);

/* No new windows, and those that are open close: what is left lives for its flows. A run follows.
 */
void otip_keeper_drain(struct otip_keeper *keeper);

/* The address, if the keeper has it, in whatever state; or NULL. */
struct otip_address *otip_keeper_find(
    const struct otip_keeper *keeper, const struct in6_addr *address);

/* A flow begins on an address: it is counted if the address is open. NULL: it is not, or is not
 * ours, and the flow is to be refused. */
struct otip_address *otip_keeper_begin(struct otip_keeper *keeper, const struct in6_addr *address);
/* A counted flow has ended; the last one of a retired address takes that with it. */
void otip_keeper_end(struct otip_keeper *keeper, struct otip_address *address);

/* Addresses that are there now: open ones, or all. */
size_t otip_keeper_count(const struct otip_keeper *keeper, bool all);

#endif
