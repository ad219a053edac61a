/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VNL that names its interface: "eth0:vde:///tmp/sw", "lan:/tmp/sw", "wan:=ssh host vde_plug". */
#ifndef VNL_H
#define VNL_H

#include <stddef.h>
#include <net/if.h>

/* Finds the interface's name in `vnl` and the network behind it.
 *
 * The name is what stands before a colon in front of "MODULE://", a path or "=COMMAND". A VNL that
 * begins with '=' or '/' names none, nor does a colon inside a path. Sets *network to the rest, inside
 * `vnl`, and copies the name to `name`, "" if there is none. Returns 0 or what vnl_check_name
 * says of the name. */
int vnl_split(const char *vnl, char name[IFNAMSIZ], const char **network);

/* 0, -EINVAL if the `len` bytes at `name` are no name for an interface (empty, "." or "..", with a
 * '/', ':', '%' or blank in it), -ENAMETOOLONG. */
int vnl_check_name(const char *name, size_t len);

#endif
