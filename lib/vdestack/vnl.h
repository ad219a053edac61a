/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VNL that names its interface: "eth0:vde:///tmp/sw". */
#ifndef VNL_H
#define VNL_H

#include <stddef.h>
#include <net/if.h>

/* Finds the interface's name in `vnl` and the network behind it.
 *
 * The name is what stands before a colon in front of the "MODULE://": a VNL without "://" (a path)
 * or one that begins with '=' (a command) or '/' names none. Sets *network to the rest, inside
 * `vnl`, and copies the name to `name`, "" if there is none. Returns 0 or what vnl_check_name
 * says of the name. */
int vnl_split(const char *vnl, char name[IFNAMSIZ], const char **network);

/* 0, -EINVAL if the `len` bytes at `name` are no name for an interface (empty, "." or "..", with a
 * '/', ':', '%' or blank in it), -ENAMETOOLONG. */
int vnl_check_name(const char *name, size_t len);

#endif
