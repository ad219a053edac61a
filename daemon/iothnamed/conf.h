/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of iothnamed, read from its file (iothnamed.rc(5)) into tables.
 *
 * A line is one of
 *
 *	stack|rstack|fstack STRING     dns ADDRESS        net NAME PREFIX
 *	auth TYPE NETS [NAME [BASE [PASSWORD | password_file FILE]]]
 *	static TYPE [ttl=N] NAME DATA...
 *	option NAME VALUE
 *
 * Directives, options and types of static records are told apart by their first 8 bytes, in any
 * case (daemon/common/keyword.h). All lines are read, all mistakes logged; then either there is a
 * whole configuration or none.
 *
 * Once loaded nothing in it changes, so threads read it without a lock; they count references, and
 * a reload puts another one in its place. One thing may change: the address of a host that BASE or
 * NAME/length is about and that is not in the static table (host.h).
 */
#ifndef NAMED_CONF_H
#define NAMED_CONF_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cookie.h"

#define NAMED_DNS_MAX  3
#define NAMED_NETS_MAX 64

enum named_hrev_mode { NAMED_HREV_ALWAYS, NAMED_HREV_NET, NAMED_HREV_SAME, NAMED_HREV_NEVER };

enum named_otip_digest { NAMED_OTIP_MD5, NAMED_OTIP_HMAC_SHA256 };

enum named_otip_ttl { NAMED_OTIP_TTL_1, NAMED_OTIP_TTL_LEFT };

/* What `option` sets; conf_option.c has the table. */
struct named_options {
	int64_t hrevmode; /* enum named_hrev_mode */
	int64_t hrevmax;  /* entries of the reverse table */
	int64_t hashttl;  /* seconds */
	int64_t hashcase; /* 1: exact, names are hashed as the client spells them */
	int64_t otipdigest;
	int64_t otiprounds; /* of the password's stretching, for NAMED_OTIP_HMAC_SHA256 */
	int64_t otipttl;    /* enum named_otip_ttl */
	int64_t otipperiod; /* seconds; 0: one-time addresses do not depend on the time */
	int64_t staticttl;
	int64_t negativesoa; /* bool: a synthetic SOA in negative answers, for RFC 2308 */
	int64_t ednssize;    /* bytes of a UDP reply, at most */
	int64_t cookies;     /* bool: RFC 7873 */
	int64_t minimalany;  /* bool: RFC 8482 */
	int64_t baserefresh; /* seconds between look-ups of a host that is a base */
	/* For who does the I/O. */
	int64_t tcplistenbacklog;
	int64_t tcptimeout; /* seconds */
	int64_t tcpclients; /* connections at most */
	int64_t tcpperclient;
	int64_t workers; /* threads, on the kernel stack */
	/* For the forwarder and the cache. */
	int64_t fwdtimeout; /* milliseconds for a server, before the next is asked */
	int64_t fwdpending; /* queries under way, a worker */
	int64_t fwd0x20;    /* bool: case is randomised on the way */
	int64_t fwdcookies; /* bool: RFC 7873, between us and the servers */
	int64_t cachesize;  /* MiB */
	int64_t cachemin, cachemax, cachenegative; /* seconds */
	int64_t cachestale;                        /* seconds; 0: RFC 8767 is off */
	int64_t cachefailure;                      /* seconds */
	int64_t cacheprefetch, cachecut;           /* bool */
};

/* Which stack a list of lines makes: the first creates it, the others configure it. */
struct named_stack_lines {
	size_t count; /* 0: the kernel stack */
	char **lines;
};

struct named_auth;
struct named_hosts;
struct named_nets;
struct named_zone;

struct named_conf {
	atomic_uint references;
	struct named_options options;
	bool one_stack; /* `stack`: the lines are in `request`, and both roles have it */
	struct named_stack_lines request, forward;
	struct named_cookie_secrets cookie; /* of `option cookiesecret`; none: the server's own */
	unsigned int dns_count;
	struct in6_addr dns[NAMED_DNS_MAX]; /* IPv4 is mapped */
	bool has_hrev;                      /* there are such auth records */
	struct named_nets *nets;
	struct named_auth *auth;
	struct named_zone *zone;
	struct named_hosts *hosts;
};

struct options;

/* Reads a file: a configuration with one reference, or NULL, and what was wrong has been logged.
 * `paths` says where the relative paths in it begin (options_absolute). */
struct named_conf *named_conf_load(const char *path, const struct options *paths);

/* The same for text in memory; `name` stands for the file, and paths are taken as they are. */
struct named_conf *named_conf_parse(const char *name, const char *text, size_t len);

struct named_conf *named_conf_ref(struct named_conf *conf);
void named_conf_unref(struct named_conf *conf); /* NULL: nothing */

#endif
