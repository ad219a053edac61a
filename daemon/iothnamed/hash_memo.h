/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digests of names that were asked for lately: MD5 takes a name three times as long as all else
 * that the core does for it. A digest follows from the name alone, so what is in here is never out
 * of date: no lifetime, no reload touches it.
 *
 * A table of fixed size, of one thread. Two names share a set; a third one takes the place of that
 * which was put there first. Whoever asks for names at random makes others' forgotten, whose digest
 * is computed then as if there were no table. Names are compared whole, so that no two of them,
 * however they were chosen, are taken for each other; longer ones than NAMED_HASH_MEMO_NAME have no
 * place.
 */
#ifndef NAMED_HASH_MEMO_H
#define NAMED_HASH_MEMO_H

#include <stddef.h>
#include <stdint.h>

#define NAMED_HASH_MEMO_NAME 55 /* bytes of a name in wire form */

struct named_hash_memo;

/* 256 KiB, of which only what is used takes memory. NULL: there is none. */
struct named_hash_memo *named_hash_memo_new(void);
void named_hash_memo_free(struct named_hash_memo *memo);

/* The 8 bytes that go into an interface identifier, or NULL. `hash` is that of the name, in any
 * spelling; `wire` the name as it is hashed. Valid until the next call. */
const uint8_t *named_hash_memo_find(
    const struct named_hash_memo *memo, uint64_t hash, const uint8_t *wire, size_t len);

/* A name that is not in there. */
void named_hash_memo_put(struct named_hash_memo *memo, uint64_t hash, const uint8_t *wire,
    size_t len, const uint8_t identifier[8]);

#endif
