/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that the child of fork(2) has no use for: see forked.c. */
#ifndef VDELINK_FORKED_H
#define VDELINK_FORKED_H

/* From now on it is closed in children; until it is removed, before it is closed. No lock. */
void forked_add(int fd);
void forked_remove(int fd);

#endif
