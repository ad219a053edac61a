/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --config: the network is configured before the command runs. */
#ifndef VDENS_CONFIGURE_H
#define VDENS_CONFIGURE_H

#include "options.h"

/* Nothing without --config. To be called inside, in the process that becomes the command, with its
 * capabilities. 0, or -errno after a message. */
int configure(const struct vdens_options *options);

#endif
