/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether Linux follows router advertisements by itself: addresses, routes, its own solicitations.
 * A part of its own, since the kernel's stack of libioth needs it as well as namespaces of ours. */
#ifndef ACCEPT_RA_H
#define ACCEPT_RA_H

/* Sets accept_ra of an interface of the caller's network namespace (the kernel's
 * Documentation/networking/ip-sysctl.rst): 0 never, 1 unless it forwards, 2 always. Returns what it
 * was, or -errno: EINVAL, ENODEV, EACCES or EROFS (/proc cannot be written to), ENOENT (no IPv6, or
 * no /proc). Async-signal-safe. */
int accept_ra_set(unsigned int ifindex, int accept);

/* The same as a call of a stack (libioth): -1 and errno. */
int accept_ra_call(unsigned int ifindex, int accept);

#endif
