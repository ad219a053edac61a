/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is configured by strings: what it is told on its command line, and what it sees.
 *
 *     iothconf_client CONFIG [WORD...]
 *
 * CONFIG is ioth_newstackc's ("native": the default stack). A line of output for each word:
 *     +STRING       ioth_config: "config BITS", with "; REASON" if there is one,
 *                   or "config -1 ERRNO: REASON"
 *     resolv        ioth_resolvconf: its lines, each after "| ", or "unchanged"
 *     addresses     "address TEXT" of vde0, but for link-local ones
 *     bind=ADDRESS  a socket to an IPv6 address: "bound" or "bind ERRNO"
 *     link          "link TEXT", the MAC address
 *     ms=N          the next +STRING has to be done after N ms, or it is told as "late"
 *     news          waits until ioth_config_fd is readable: "news N", N calls of the function
 *     read          waits for a line of input
 *     delete        ioth_delstack: "deleted" or "delete ERRNO"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ioth.h>
#include <iothconf.h>

static atomic_int notified;

static void notify(struct ioth *stack, unsigned int ifindex, void *argument)
{
	atomic_fetch_add(&notified, 1);
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void config(struct ioth *stack, const char *string, long limit)
{
	long begun = milliseconds();
	int bits = ioth_config(stack, string);

	if (bits < 0)
		printf("config -1 %s: %s\n", strerrorname_np(errno), ioth_config_error());
	else
		printf("config %d%s%s\n", bits, *ioth_config_error() ? "; " : "", ioth_config_error());
	if (limit && milliseconds() - begun > limit)
		printf("late %ld\n", milliseconds() - begun);
}

static void resolv(struct ioth *stack)
{
	char *text = ioth_resolvconf(stack, NULL), *rest = text;

	if (!text)
		printf("%s\n", errno ? strerrorname_np(errno) : "unchanged");
	for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n"))
		printf("| %s\n", line);
	free(text);
}

static void addresses(struct ioth *stack)
{
	struct ifaddrs *list;

	if (ioth_getifaddrs(stack, &list) < 0) {
		printf("getifaddrs %s\n", strerrorname_np(errno));
		return;
	}
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		const struct sockaddr *name = item->ifa_addr;
		char text[INET6_ADDRSTRLEN];
		const void *bytes;

		if (!name || strcmp(item->ifa_name, "vde0") != 0 ||
		    (name->sa_family != AF_INET && name->sa_family != AF_INET6))
			continue;
		bytes = name->sa_family == AF_INET
		            ? (const void *)&((const struct sockaddr_in *)(const void *)name)->sin_addr
		            : (const void *)&((const struct sockaddr_in6 *)(const void *)name)->sin6_addr;
		if (inet_ntop(name->sa_family, bytes, text, sizeof(text)) && strncmp(text, "fe80:", 5) != 0)
			printf("address %s\n", text);
	}
	ioth_freeifaddrs(list);
}

static void bind_to(struct ioth *stack, const char *text)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6};
	int fd = ioth_msocket(stack, AF_INET6, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, text, &name.sin6_addr);
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		printf("bound\n");
	else
		printf("bind %s\n", strerrorname_np(errno));
	ioth_close(fd);
}

static void link_address(struct ioth *stack)
{
	char text[MAC_ADDRSTRLEN];
	unsigned char mac[6];

	if (ioth_linkgetaddr(stack, (unsigned int)ioth_if_nametoindex(stack, "vde0"), mac) == 0)
		printf("link %s\n", ioth_ntomac(mac, text, sizeof(text)));
}

static void news(struct ioth *stack)
{
	struct pollfd item = {.fd = ioth_config_fd(stack), .events = POLLIN};

	while (poll(&item, 1, -1) < 0)
		;
	printf("news %d\n", atomic_load(&notified));
}

int main(int argc, char *argv[])
{
	struct ioth *stack;
	long limit = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	stack = strcmp(argv[1], "native") == 0 ? ioth_get_defstack() : ioth_newstackc(argv[1]);
	if (!stack) {
		printf("newstackc %s: %s\n", strerrorname_np(errno), ioth_config_error());
		return 1;
	}
	ioth_config_notify(stack, notify, NULL);
	for (int i = 2; i < argc; i++) {
		const char *word = argv[i];

		if (*word == '+') {
			config(stack, word + 1, limit);
			limit = 0;
		} else if (strncmp(word, "ms=", 3) == 0) {
			limit = strtol(word + 3, NULL, 10);
		} else if (strcmp(word, "resolv") == 0) {
			resolv(stack);
		} else if (strcmp(word, "addresses") == 0) {
			addresses(stack);
		} else if (strncmp(word, "bind=", 5) == 0) {
			bind_to(stack, word + 5);
		} else if (strcmp(word, "link") == 0) {
			link_address(stack);
		} else if (strcmp(word, "news") == 0) {
			news(stack);
		} else if (strcmp(word, "read") == 0) {
			while (getchar() != '\n')
				if (feof(stdin))
					return 3;
		} else if (strcmp(word, "delete") == 0) {
			if (ioth_delstack(stack) == 0)
				printf("deleted\n");
			else
				printf("delete %s\n", strerrorname_np(errno));
		}
	}
	return 0;
}
