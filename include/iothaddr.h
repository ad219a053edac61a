/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libiothaddr: IPv6 addresses, and MAC addresses, that follow from a name.
 *
 * Who knows the name of a node can compute its address: no table has to be kept. A one-time address
 * (OTIP) depends on a secret and on the time too, and is another one every half a minute.
 *
 * Addresses are 16 bytes in network order (struct in6_addr will do), MAC addresses 6. A name's one
 * trailing dot is left out; otherwise its bytes are taken as they are, so "Host" and "host" are two
 * names: callers who want them to be one fold the case first (RFC 4343). No call fails, allocates,
 * or keeps what it was given. Calls may be made by any thread at any time.
 *
 * What MD5 is good for here. iothaddr_hash is compatible with every other program of the Internet
 * of Threads, and so it uses MD5. Without a password it hides nothing and is not meant to: 62 bits
 * make two names in one network collide by accident about never, but who wants to can compute a
 * name that has a given address. With a password and a time it is a moving target: a scanner that
 * does not know the password does not find the node. It is no authentication, and who has seen a
 * single one-time address can try passwords at home, many millions a second, until one gives that
 * address: only a long random password withstands that. See iothaddr_hmac for a better one.
 */
#ifndef IOTHADDR_H
#define IOTHADDR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Hash address. `addr` holds the base, a network of 64 bits: its last 8 bytes are XORed with the
 * first 8 of MD5(name passwd otiptime), then the two lowest bits of byte 8 (the universal/local and
 * group bits of an interface identifier, RFC 4291, 2.5.1) are cleared. `passwd` may be NULL, which
 * is the same as "". `otiptime` is a number of iothaddr_otiptime; 0: the address does not depend on
 * the time. */
void iothaddr_hash(void *addr, const char *name, const char *passwd, uint32_t otiptime);

/* The number of the current period of `otip_period` seconds since 1970, as seen `otip_offset`
 * seconds from now. All sides of a one-time address have to use the same period (32 by default) and
 * a clock of about the same time. A period of 0 gives 0. */
static inline uint32_t iothaddr_otiptime(int otip_period, int otip_offset)
{
	return otip_period == 0 ? 0 : (uint32_t)((time(NULL) + otip_offset) / otip_period);
}

/* Hash MAC address: bytes 0, 1, 2, 5, 6 and 7 of MD5(name passwd), made locally administered and
 * unicast. Writes 6 bytes. */
void iothaddr_hashmac(void *mac, const char *name, const char *passwd);

/* Modified EUI-64 (RFC 4291, appendix A): writes the interface identifier of `mac` into the last 8
 * bytes of `addr`. The last three bytes are XORed with what is there, which makes no difference
 * with a base of 64 bits. `mac` is only read. */
void iothaddr_eui64(void *addr, void *mac);

/* iothaddr_eui64 of the hash MAC address of a name. */
void iothaddr_hasheui64(void *addr, const char *name, const char *passwd);

/* ---- one-time addresses that protect the password ------------------------------------------- */

/* These are ours alone: other implementations do not know them, and both sides have to choose them.
 *
 * They differ from MD5's in three ways. The password is stretched first: each guess costs an
 * attacker, as it costs us once at the start, `iterations` rounds (PBKDF2, RFC 8018, 5.2, salted
 * with the name), instead of one. The key is used by HMAC-SHA-256 (RFC 2104), which nobody can
 * extend or turn round: seen addresses tell nothing of others. And the network is part of what is
 * hashed, so that an address seen in one network does not tell the one in another.
 *
 * What they do not change: an address is read by everybody on its path while it is valid; the
 * service behind it still has to authenticate who calls. */

#define IOTHADDR_KEY_LEN        32     /* bytes */
#define IOTHADDR_KEY_ITERATIONS 600000 /* a tenth of a second or more */

/* Stretches a password (NULL: as "") into a key of IOTHADDR_KEY_LEN bytes for one name.
 * `iterations` of 0 means IOTHADDR_KEY_ITERATIONS. Keep the key, not the password: this is the slow
 * part. */
void iothaddr_hmac_key(void *key, const char *name, const char *passwd, unsigned int iterations);

/* One-time address: as iothaddr_hash, with the first 8 bytes of HMAC-SHA-256(key, "iothaddr" otip
 * prefix name) in place of MD5's, where `otiptime` is 4 bytes, big-endian, and the prefix the first
 * 8 bytes of `addr`. */
void iothaddr_hmac(void *addr, const char *name, const void *key, uint32_t otiptime);

#ifdef __cplusplus
}
#endif

#endif
