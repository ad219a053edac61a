/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering the namespaces that the options ask for. */
#ifndef VDENS_NAMESPACE_H
#define VDENS_NAMESPACE_H

#include <stdbool.h>
#include <sys/types.h>
#include "options.h"

/* Effective ids outside, read before anything is entered. */
struct namespace_ids {
	uid_t uid;
	gid_t gid;
};

/* The CLONE_NEW* flags, CLONE_NEWUSER with them, CLONE_NEWPID never. */
int namespace_flags(const struct vdens_options *options);

/* Enters new namespaces by unshare(2), or joins that of --netns-fd. Returns 0 or -errno after a
 * message; *unshare_failed is set instead of the message if the method of the options leaves
 * clone(2) to be tried. */
int namespace_enter(
    const struct vdens_options *options, const struct namespace_ids *ids, bool *unshare_failed);

/* For a process that clone(2) made in new namespaces: maps its ids. 0, or -errno after a message.*/
int namespace_map_ids(const struct vdens_options *options, const struct namespace_ids *ids);

/* In the namespaces: host name, private mounts, /etc/resolv.conf. 0, or -errno after a message. */
int namespace_furnish(const struct vdens_options *options);

/* Says that the namespaces could not be made, and what usually forbids it. */
void namespace_warn(int err);

#endif
