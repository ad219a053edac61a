/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outside end of an interface: which kind of port to make.
 *
 * A tap is preferred: the kernel's queue of a tap is counted in packets, so a burst of large
 * segments waits there, while that of an AF_PACKET socket is counted in bytes and overflows
 * earlier. /dev/net/tun is often not usable (0600 root on some machines, absent in containers); the
 * veth pair needs nothing but the namespaces that the caller has anyway.
 */
#include <errno.h>
#include <string.h>

#include "port_internal.h"

/* As the kernel's dev_valid_name; '%' too, which TUNSETIFF would expand. */
static int name_check(const char *name)
{
	size_t len;

	if (name == NULL || name[0] == '\0')
		return -EINVAL;
	len = strnlen(name, IFNAMSIZ);
	if (len == IFNAMSIZ)
		return -ENAMETOOLONG;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c == '/' || c == ':' || c == '%' || c == ' ' || (c >= '\t' && c <= '\r'))
			return -EINVAL;
	}
	return 0;
}

int netns_port_open(const char *name, unsigned int mtu, unsigned int flags, struct netns_port *port)
{
	int rc = name_check(name);

	if (rc < 0)
		return rc;
	rc = -ENODEV;
	if ((flags & NETNS_PORT_NO_TAP) == 0) {
		rc = port_open_tap(name, mtu, port);
		/* These would be the same with a veth. */
		if (rc == 0 || rc == -EEXIST || rc == -EINVAL)
			return rc;
	}
	if ((flags & NETNS_PORT_NO_VETH) == 0)
		rc = port_open_veth(name, mtu, port);
	return rc;
}

unsigned int netns_port_flags(const char *value)
{
	if (value != NULL && strcmp(value, "tap") == 0)
		return NETNS_PORT_NO_VETH;
	if (value != NULL && strcmp(value, "veth") == 0)
		return NETNS_PORT_NO_TAP;
	return 0;
}
