/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known about an interface, and who said so.
 *
 * A record is one address, route, name server, search domain, or the MTU, from one source. The
 * sources are independent. A run of a source brings its whole set: records_begin marks what there
 * was, records_add confirms or adds, records_commit takes away what was not confirmed, so that what
 * stays is not touched in between.
 *
 * Addresses and routes are applied to the stack through a table of functions. A record remembers
 * whether it was this library that added them; only then they are taken away with it, and not while
 * another source has the same.
 *
 * An IPv6 address may have to wait for duplicate address detection before it is applied.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp_name.h"
#include "list.h"

enum record_kind { RECORD_ADDRESS, RECORD_ROUTE, RECORD_DNS, RECORD_DOMAIN, RECORD_MTU };

enum record_state {
	RECORD_WAITING, /* duplicate address detection */
	RECORD_APPLIED,
	RECORD_REFUSED, /* by the stack; asked again when its source says it again */
	RECORD_DUPLICATE,
};

struct record {
	struct list link;
	unsigned int source; /* SOURCE_* of request.h */
	enum record_kind kind;
	int family;
	uint8_t address[16]; /* address, destination, name server */
	uint8_t len;         /* prefix length of an address or a destination */
	uint8_t gateway[16]; /* of a route */
	bool has_gateway;
	bool on_link; /* an address whose prefix is on the link */
	unsigned int mtu;
	char *domain;              /* owned */
	bool timed;                /* an address that the stack is to end by itself, after */
	uint32_t preferred, valid; /* seconds from now; ENGINE_FOREVER of engine.h */

	bool confirmed; /* between begin and commit */
	bool ours;      /* the stack got it from us */
	bool detected;  /* nobody else has it: duplicate address detection has been done */
	enum record_state state;
	unsigned int old_mtu;
};

struct record_ops {
	/* Applies to the stack. 0, -EEXIST: it is there already, or another error. */
	int (*add)(void *context, struct record *record);
	void (*remove)(void *context, const struct record *record);
	/* The lifetimes of an address that is there have changed. */
	void (*renew)(void *context, const struct record *record);
	/* Begins duplicate address detection for an IPv6 address. True: the record waits until
	 * records_dad_done; false: none is needed. */
	bool (*detect)(void *context, const struct record *record);
	void (*forget)(void *context, const struct record *record); /* ends it */
};

struct records {
	const struct record_ops *ops;
	void *context;
	struct list list;
	bool resolver_changed; /* since the last text */
	int error;             /* the first since begin: no memory, or what the stack refused */
};

void records_init(struct records *records, const struct record_ops *ops, void *context);
/* Takes nothing away from the stack: it is gone. */
void records_discard(struct records *records);

void records_begin(struct records *records, unsigned int source);
/* `wanted` is copied, its domain too; what a record becomes later is left out. */
void records_add(struct records *records, const struct record *wanted);
void records_commit(struct records *records, unsigned int source);
/* Takes one away. 0 or -ENOENT. */
int records_remove(struct records *records, const struct record *wanted);
/* All of a source. */
void records_clear(struct records *records, unsigned int source);

/* How duplicate address detection went. Returns the source of the record, or 0: no record waits. */
unsigned int records_dad_done(struct records *records, const uint8_t address[16], bool duplicate);
/* What has become of a record: 0 (also while it waits), -EADDRINUSE for a duplicate, -EADDRNOTAVAIL
 * if the stack has refused it, or -ENOENT. */
int records_outcome(const struct records *records, const struct record *wanted);
/* Does a record of this source wait? */
bool records_waiting(const struct records *records, unsigned int source);
bool records_are_waiting(const struct records *records); /* of any */
/* Is there an applied record of this kind from this source? */
bool records_has(const struct records *records, unsigned int source, enum record_kind kind);

/* The text of a resolv.conf, to be freed; NULL: no memory. */
char *records_resolvconf(const struct records *records);

#endif
