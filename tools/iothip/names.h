/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of rtnetlink(7) and their names. */
#ifndef IOTHIP_NAMES_H
#define IOTHIP_NAMES_H

#include <stdint.h>

struct name {
	uint32_t value;
	const char *name;
};

extern const struct name link_flag_names[], operstate_names[], address_flag_names[], scope_names[],
    route_type_names[], table_names[], protocol_names[], preference_names[],
    neighbour_state_names[];

/* The name, or the number written into `text`. */
const char *name_of(const struct name *names, uint32_t value, char text[16]);

/* The number of a name; numbers are taken, too. Exits: `what` has no such name. */
uint32_t value_of(const struct name *names, const char *word, const char *what);

#endif
