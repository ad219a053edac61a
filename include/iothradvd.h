/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libiothradvd: router advertisements (RFC 4861) from a thread of any program.
 *
 *     struct iothraprefix prefix = {.prefixlen = 64, .flags = IOTHRADVD_ON_LINK |
 * IOTHRADVD_AUTONOMOUS, .valid_time = 86400, .preferred_time = 14400}; struct iothradata data =
 * {.router_lifetime = 1800};
 *
 *     inet_pton(AF_INET6, "fc00::", &prefix.prefix);
 *     ra = iothradvd_start(stack, ifindex, 600, &data, &prefix, 1);
 *     ...
 *     iothradvd_stop(ra);
 *
 * Each start makes one thread, which sleeps until somebody asks or the next advertisement is due.
 * It advertises either on an interface of a stack of libioth, or directly on a VDE network, as a
 * node that has nothing but a link-local address there.
 *
 * More than these structures can tell (name servers, search domains, routes, NAT64 prefixes, a
 * captive portal) is told by a configuration: iothradvd_config_new. What is advertised may be
 * changed at any time (iothradvd_update); hosts are told what is no more, too.
 *
 * The calls may be made by any thread at any time; but nothing else with an advertiser that is
 * being stopped. Calls that fail give the reason in iothradvd_error().
 */
#ifndef IOTHRADVD_H
#define IOTHRADVD_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ioth;
struct iothradvd;
struct iothradvd_config;

/* ---- what is advertised ---------------------------------------------------------------------- */

/* iothradata.flags: RFC 4861, 4.2; RFC 6275, 7.1; RFC 4191, 2.2; RFC 4389, 4.1.3.3 */
#define IOTHRADVD_MANAGED    0x80
#define IOTHRADVD_OTHER      0x40
#define IOTHRADVD_HOME_AGENT 0x20
#define IOTHRADVD_HIGH       0x08 /* router preference; not if the router lifetime is 0 */
#define IOTHRADVD_LOW        0x18
#define IOTHRADVD_PROXY      0x04

/* iothraprefix.flags: RFC 4861, 4.6.2; RFC 6275, 7.2 */
#define IOTHRADVD_ON_LINK    0x80
#define IOTHRADVD_AUTONOMOUS 0x40
#define IOTHRADVD_ROUTER     0x20 /* the prefix is the router's whole address */

#define IOTHRADVD_INFINITE 0xffffffffU /* a lifetime */

/* The header of an advertisement, and its MTU option; in host byte order. */
struct iothradata {
	uint8_t curhoplimit;      /* 0: unspecified */
	uint8_t flags;            /* IOTHRADVD_MANAGED, ... */
	uint16_t router_lifetime; /* seconds; 0: not a default router */
	uint32_t reachable;       /* milliseconds, at most 3600000; 0: unspecified */
	uint32_t retransmit;      /* milliseconds; 0: unspecified */
	uint32_t mtu;             /* bytes, at least 1280; 0: no such option */
};

struct iothraprefix {
	struct in6_addr prefix;
	uint8_t prefixlen;       /* bits */
	uint8_t flags;           /* IOTHRADVD_ON_LINK, ... */
	uint32_t valid_time;     /* seconds */
	uint32_t preferred_time; /* seconds, at most valid_time */
};

/* ---- starting and stopping ------------------------------------------------------------------- */

/* Advertises on the interface `ifindex` of a stack (NULL: the default stack). `period` is
 * MaxRtrAdvInterval, in seconds: advertisements are sent at random times of a third of it to all of
 * it, 3 seconds apart at least; with 0 only those who ask get one. `data` may be NULL: all zero.
 * Everything is copied.
 *
 * Returns the advertiser, or NULL and errno: EINVAL  a value that makes no sense; ENODEV  there is
 * no such interface; ENOSPC  more than 256 prefixes; EPERM, EACCES  the stack allows no raw socket;
 * ENOMEM, EMFILE, EAGAIN  no resources; or what the stack answers to the calls that make a raw
 * socket. The stack cannot be deleted before iothradvd_stop. */
struct iothradvd *iothradvd_start(struct ioth *stack, unsigned int ifindex, int period,
    struct iothradata *data, struct iothraprefix *pdata, int npdata);

/* The same on a VDE network (a VNL, see libvdeplug), without any stack. `macaddr` are the 6 bytes
 * of its MAC address there, which make its link-local address; NULL: random ones. It begins after a
 * second, in which it looks whether somebody else has that address. A network that is lost is
 * connected again.
 *
 * Returns as iothradvd_start does; EINVAL if `vnl` is NULL, or `macaddr` is that of a group; or
 * what libvdeplug says. May block for as long as libvdeplug does. */
struct iothradvd *iothradvd_vdestart(char *vnl, void *macaddr, int period, struct iothradata *data,
    struct iothraprefix *pdata, int npdata);

/* Sends a final advertisement, with router lifetime 0 (RFC 4861, 6.2.5), ends the thread, and frees
 * the advertiser. NULL: nothing. */
void iothradvd_stop(struct iothradvd *ra);

/* Advertises something else from now on. Prefixes that are in it no more are advertised on for a
 * while, with preferred lifetime 0. Returns 0, or -1 and errno (EINVAL, ENOSPC, ENOMEM): then
 * nothing has changed. Options of a configuration (below) that these structures cannot tell are
 * withdrawn. */
int iothradvd_update(struct iothradvd *ra, int period, struct iothradata *data,
    struct iothraprefix *pdata, int npdata);

/* ---- configurations: everything else --------------------------------------------------------- */

/* A configuration that says what the arguments say. Returns NULL and errno: EINVAL, ENOSPC, ENOMEM.
 * It may be used for any number of advertisers, and is freed by iothradvd_config_free. */
struct iothradvd_config *iothradvd_config_new(
    int period, const struct iothradata *data, const struct iothraprefix *pdata, int npdata);
void iothradvd_config_free(struct iothradvd_config *config);

/* Sets one thing, or adds one to a list, by its name in iothradvd(8):
 *
 *     period minperiod final hoplimit flags lifetime reachable retransmit mtu raflags captive
 *     prefix route rdnss dnssl pref64      (lists: each call adds)
 *
 *     iothradvd_config_set(config, "rdnss", "fc00::53,fc00::54/1800");
 *
 * Returns 0, or -1 and errno: EINVAL, ENOSPC, ENOMEM; nothing is set then. */
int iothradvd_config_set(struct iothradvd_config *config, const char *tag, const char *value);

/* Does all that was set fit together? The calls that start ask this themselves. Returns 0, or -1
 * and EINVAL. */
int iothradvd_config_check(const struct iothradvd_config *config);

/* Sets who is told what happens: other routers that advertise something else (LOG_WARNING of
 * syslog(3)), a network lost and back, another node with the same address. The function gets one
 * line without a newline; it is called by the advertiser's thread and must not call this library.
 */
typedef void iothradvd_log_function(int level, const char *message, void *argument);
int iothradvd_config_log(
    struct iothradvd_config *config, iothradvd_log_function *function, void *argument);

/* As iothradvd_start, iothradvd_vdestart and iothradvd_update; the configuration is copied.
 * (iothradvd_update_config leaves the log function as it was.) */
struct iothradvd *iothradvd_start_config(
    struct ioth *stack, unsigned int ifindex, const struct iothradvd_config *config);
struct iothradvd *iothradvd_vdestart_config(
    const char *vnl, const void *macaddr, const struct iothradvd_config *config);
int iothradvd_update_config(struct iothradvd *ra, const struct iothradvd_config *config);

/* ---- what has happened ----------------------------------------------------------------------- */

struct iothradvd_stats {
	uint64_t advertising;           /* 1: it has an address to advertise from; 0: not now */
	uint64_t solicitations;         /* valid ones */
	uint64_t solicitations_invalid; /* refused: RFC 4861, 6.1.1 */
	uint64_t solicitations_merged;  /* of these, answered together with another one */
	uint64_t multicast;             /* advertisements to all nodes */
	uint64_t unicast;               /* to one who asked */
	uint64_t send_errors;           /* advertisements that the network would not take */
	uint64_t adverts_heard;         /* of other routers */
	uint64_t adverts_invalid;       /* of them, refused: RFC 4861, 6.1.2 */
	uint64_t adverts_inconsistent;  /* of them, those that say something else (6.2.7) */
};

/* Writes as much of the structure as fits into `size` bytes (a newer library may know more).
 * Returns 0, or -1 and EINVAL. */
int iothradvd_get_stats(struct iothradvd *ra, struct iothradvd_stats *stats, size_t size);

/* The reason of the last failure of one of these calls in the calling thread: one line without a
 * newline, "" if there was none. Valid until the thread's next call of one of them. */
const char *iothradvd_error(void);

#ifdef __cplusplus
}
#endif

#endif
