/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* accept_ra: there is a sysctl alone, netlink only tells it. /proc/sys/net shows each process its
 * own network namespace, whose owner may write there (user_namespaces(7)). */
#include "accept_ra.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int interface_name(unsigned int ifindex, char name[IFNAMSIZ])
{
	struct ifreq request = {.ifr_ifindex = (int)ifindex};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = ioctl(fd, SIOCGIFNAME, &request) < 0 ? -errno : 0;
	close(fd);
	memcpy(name, request.ifr_name, IFNAMSIZ);
	name[IFNAMSIZ - 1] = '\0';
	return err;
}

static int read_value(const char *path)
{
	char digit = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	got = read(fd, &digit, 1);
	if (got != 1)
		err = got < 0 ? -errno : -EIO;
	close(fd);
	return err < 0 ? err : digit >= '0' && digit <= '9' ? digit - '0' : -EIO;
}

static int write_value(const char *path, int value)
{
	const char digit = (char)('0' + value);
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = write(fd, &digit, 1) < 0 ? -errno : 0;
	close(fd);
	return err;
}

int accept_ra_set(unsigned int ifindex, int accept)
{
	char path[sizeof("/proc/sys/net/ipv6/conf//accept_ra") + IFNAMSIZ], name[IFNAMSIZ];
	int before, err;

	if (accept < 0 || accept > 2)
		return -EINVAL;
	err = interface_name(ifindex, name);
	if (err < 0)
		return err;
	strcpy(stpcpy(stpcpy(path, "/proc/sys/net/ipv6/conf/"), name), "/accept_ra");
	before = read_value(path);
	if (before < 0 || before == accept) /* /proc may be read-only */
		return before;
	err = write_value(path, accept);
	return err < 0 ? err : before;
}

int accept_ra_call(unsigned int ifindex, int accept)
{
	int result = accept_ra_set(ifindex, accept);

	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}
