/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many descriptors a daemon may have: RLIMIT_NOFILE's soft limit is 1024 in most places, for
 * the sake of select(2), which is not used here. */
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

#include <stdint.h>

/* Allows so many, as far as the hard limit goes; never fewer than before. With fewer a daemon works
 * on: it has to expect EMFILE. */
void descriptors_allow(uint64_t wanted);
uint64_t descriptors_allowed(void);

#endif
