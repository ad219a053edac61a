/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All sessions of the process, by stack and interface; who owns one at the moment; and the thread
 * that works on those that stay.
 *
 * A session belongs to one thread at a time: to a caller from registry_acquire to registry_release,
 * or to the background thread for a run. One lock protects the lists and the ownership; nothing of
 * a session is touched under it, and no call of a stack is made.
 *
 * A stack that is about to be deleted is announced by libioth (ioth_atdelstack): its sessions close
 * their descriptors, and are forgotten when it is gone.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <iothconf.h>

#include "session.h"

/* Another thread's turn is waited for. 0, or -ENOMEM. */
int registry_acquire(struct session **session, struct ioth *stack, unsigned int ifindex);
/* Gives it back: to the background, if it has something to do there. */
void registry_release(struct session *session);

/* Fills in session->duid: the one that was given, now or earlier, or else one made of the MAC
 * address that the first interface of the stack had. It stays the same as long as the stack lives,
 * whatever becomes of that address. For the owner of a session. */
void registry_duid(struct session *session, const struct dhcp_duid *given);

/* 0 or -ENOMEM. */
int registry_notify(struct ioth *stack, ioth_config_function *function, void *argument);
/* A descriptor, or -errno. */
int registry_fd(struct ioth *stack);
/* The program has looked. */
void registry_heard(struct ioth *stack);

#endif
