/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of records as it came in a message, written out so that it may stand in another one: names
 * uncompressed, their spelling kept.
 *
 * Pointers may be in the types of RFC 1035 and in those that RFC 3597, 4 lists beside them; the
 * data of all other types is bytes that nobody has to know (RFC 3597, 3). No I/O, no allocation.
 */
#ifndef NAMED_RDATA_H
#define NAMED_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* May it be kept, and be given to others? Not what is no data of a name (OPT, TSIG, ANY, ...) and
 * not what belongs to other records (RRSIG, NSEC, ...). */
bool named_rdata_is_cacheable(uint16_t type);

/* Copies the data of a record of this type: `len` bytes from where the reader is in the message.
 * False, and an error of either: the data is not what the type has, or there is no room. */
bool named_rdata_copy(
    struct wire_reader *message, uint16_t type, size_t len, struct wire_writer *out);

/* Is it the same data, of `len` bytes each, as named_rdata_copy has written it? In names case does
 * not count (RFC 4343, 3). */
bool named_rdata_equal(uint16_t type, const uint8_t *a, const uint8_t *b, size_t len);

#endif
