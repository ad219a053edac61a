/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks of a test: see stacks.h. */
#include "stacks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <ioth.h>

#define TRIES 500 /* of 10 ms: only to end */

void stacks_network(
    char vnl[STACKS_VNL], const char *stack, const char *directory, const char *name)
{
	if (strcmp(stack, "picox") == 0)
		(void)snprintf(vnl, STACKS_VNL, "mem://%s_%d", name, (int)getpid());
	else
		(void)snprintf(vnl, STACKS_VNL, "ptp://%s/%s", directory, name);
}

void stacks_configure(struct ioth *stack, const char *text)
{
	unsigned int index = (unsigned int)ioth_if_nametoindex(stack, "vde0");
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	assert_int_equal(ioth_linksetupdown(stack, index, 1), 0);
	/* IFA_F_NODAD: it is there at once. */
	assert_int_equal(
	    ioth_ipaddr_add(stack, AF_INET6, &address, nl_addrdata2prefix(64, 2, 0), index), 0);
}

void stacks_wait_for_address(struct ioth *stack, const struct in6_addr *address)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = *address};
	int fd = ioth_msocket(stack, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd item = {.fd = fd, .events = POLLIN};
	socklen_t len = sizeof(name);

	assert_true(fd >= 0);
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		assert_int_equal(errno, EADDRNOTAVAIL);
		ioth_close(fd);
		return;
	}
	assert_int_equal(ioth_getsockname(fd, (struct sockaddr *)&name, &len), 0);
	for (int i = 0; i < TRIES; i++) {
		(void)ioth_sendto(fd, "", 1, 0, (struct sockaddr *)&name, sizeof(name));
		if (poll(&item, 1, 10) == 1)
			break;
	}
	ioth_close(fd);
}

size_t stacks_addresses(struct ioth *stack)
{
	struct ifaddrs *list;
	size_t count = 0;

	assert_int_equal(ioth_getifaddrs(stack, &list), 0);
	for (const struct ifaddrs *item = list; item; item = item->ifa_next)
		count += item->ifa_addr && item->ifa_addr->sa_family == AF_INET6;
	ioth_freeifaddrs(list);
	return count;
}

static size_t entries_of(const char *path)
{
	DIR *list = opendir(path);
	size_t count = 0;

	assert_non_null(list);
	while (readdir(list))
		count++;
	closedir(list);
	return count;
}

size_t stacks_descriptors(void)
{
	return entries_of("/proc/self/fd");
}

size_t stacks_threads(void)
{
	return entries_of("/proc/self/task");
}
