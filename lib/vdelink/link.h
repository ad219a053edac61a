/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link itself: what vdelink.c (calls, states) shares with opener.c (the thread) and vnl.c. */
#ifndef VDELINK_LINK_H
#define VDELINK_LINK_H

#include <stdbool.h>

#include "transport.h"

/* Opens a transport in a short-lived thread. */
struct opener;

/* Closes `old` first, if it is not NULL; it is the opener's from a successful start on. The thread
 * writes to `event_fd` at its end. 0 or -errno. */
int opener_start(const char *vnl, const char *description, struct transport *old, int event_fd,
    struct opener **opener);
bool opener_done(const struct opener *opener);

/* Waits for the thread and frees the opener: 0 and the transport, or the -errno of opening. */
int opener_join(struct opener *opener, struct transport **opened);

/* The same, but an opening that does not end soon is left to itself: -EINPROGRESS. */
int opener_end(struct opener *opener, struct transport **opened);

/* A copy of `vnl` that means the same after a change of the working directory; NULL: no memory. */
char *vnl_absolute(const char *vnl);

#endif
