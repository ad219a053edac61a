/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of the namespace: created down, as the command expects to configure them; --up
 * sets them (and lo) up, which is enough for IPv6 to configure itself: unless --config says how. */
#include "interface.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "accept_ra.h"

int interface_create(const struct vdens_options *options, const struct vdens_network *network,
    struct netns_port *port)
{
	unsigned int flags = netns_port_flags(secure_getenv("IOTH_NETNS_PORT"));
	int err = netns_port_open(network->ifname, options->mtu, flags, port);

	if (err < 0)
		warnx("cannot create interface %s: %s", network->ifname, strerror(-err));
	else if (options->config)
		(void)accept_ra_set(port->ifindex, 0); /* where /proc is not to be written to, it goes on */
	return err;
}

int interface_up(const char *name)
{
	struct ifreq request = {0};
	int fd, err = 0;

	memccpy(request.ifr_name, name, '\0', sizeof(request.ifr_name) - 1);
	/* Any family serves for this request, and not every kernel has IPv4. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
		err = -errno;
	} else {
		request.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
			err = -errno;
	}
	close(fd);
out:
	if (err < 0)
		warnx("cannot set interface %s up: %s", name, strerror(-err));
	return err;
}
