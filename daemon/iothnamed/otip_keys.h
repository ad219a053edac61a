/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of one-time addresses, which are slow to make: those that are there, and those that wait. */
#ifndef NAMED_OTIP_KEYS_H
#define NAMED_OTIP_KEYS_H

#include "hash.h"

#define NAMED_HASH_TEXT_SIZE 1024 /* 253 bytes, each of which may become four */

/* The key of a name, as iothaddr_hmac_key makes it; or -EINPROGRESS: it is, or will be, asked for.
 */
int named_otip_key(struct named_otip_keys *keys, const char *name, const char *password,
    unsigned int rounds, uint8_t *key);

#endif
