/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/resolv.conf as the command sees it. */
#ifndef VDENS_RESOLV_H
#define VDENS_RESOLV_H

/* Turns "9.9.9.9,2620:fe::fe" into "nameserver ..." lines, allocated. Blanks around an address and
 * empty items are passed over. Returns 0 or -errno; -EINVAL: *bad points to the item that is no
 * address, inside `addresses`. */
int resolv_text(const char *addresses, char **text, const char **bad);

/* Both act in the calling process's mount namespace, which must be its own, and return 0 or -errno.
 * The file `path`, respectively a file of mode 0400 with this text, takes the place of
 * /etc/resolv.conf (of the file it points to, if it is a symbolic link). */
int resolv_mount_file(const char *path);
int resolv_mount_text(const char *text);

#endif
