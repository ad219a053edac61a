/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving up privileges, before there are threads and before the first packet is read. */
#ifndef DAEMON_DROP_H
#define DAEMON_DROP_H

#include <stddef.h>
#include <sys/capability.h>

/* Becomes `user`: "NAME", "NAME:GROUP", or numbers; supplementary groups are those of the user, or
 * none for a number. Of the capabilities only `keep` remain, and no others can be got back
 * (capabilities(7)). NULL: the user stays, and so do the capabilities, for somebody else has
 * chosen them.
 *
 * From here on no program that this one starts gets more privileges than it has (no_new_privs).
 * Returns 0 or -errno: -EPERM if this process may not, -ENOENT if there is no such user or group.
 */
int drop_privileges(const char *user, const cap_value_t keep[], size_t count);

/* Is there such a user? 0 or -errno, as above. */
int drop_check(const char *user);

/* What is wrong with `user`, or with the same one (NULL). */
void drop_log(const char *user, int err);

#endif
