/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of EDNS0 (RFC 6891, 6.1.2) put into a message, and taken out. Nothing behind OPT may
 * move, for names can point there: where there is something, an option that is taken out becomes
 * padding (RFC 7830), and none is put in. */
#ifndef NAMED_EDNS_H
#define NAMED_EDNS_H

#include <stddef.h>
#include <stdint.h>

#include "message.h"

/* Both are given where the options begin, in a message whose OPT has been found well-formed, and
 * return the message's length. */
size_t named_edns_remove(uint8_t *bytes, size_t len, size_t options, enum named_option code);
/* `size`: what the message may have. */
size_t named_edns_add(uint8_t *bytes, size_t len, size_t size, size_t options,
    enum named_option code, const void *value, size_t value_len);
/* Takes the last `cut` bytes, an option that was added, away again. */
void named_edns_cut(uint8_t *bytes, size_t cut, size_t options);

#endif
