/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/net/dev (proc(5)), made of a dump of the interfaces. */
#ifndef NLQ_PROC_H
#define NLQ_PROC_H

#include <stdio.h>

#include "nlq_dialog.h"

/* Returns 0, or -errno: of the dialog, or of writing to `file`. */
int nlq_dialog_proc_net_dev(const struct nlq_io *io, FILE *file);

#endif
