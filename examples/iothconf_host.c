/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A node that configures itself.
 *
 *     iothconf_host STRING         "stack=picox,vnl=vde:///tmp/sw,auto,slaac,fqdn=host.example"
 *
 * Makes a stack as the string says (iothconf(7)), tells its addresses and what it knows about name
 * servers, and stays, to be pinged, until it is told to end (SIGTERM, SIGINT).
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ioth.h>
#include <iothconf.h>

static void print_addresses(struct ioth *stack)
{
	struct ifaddrs *list;

	if (ioth_getifaddrs(stack, &list) < 0)
		return;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		const struct sockaddr *name = item->ifa_addr;
		char text[INET6_ADDRSTRLEN];
		const void *address;

		if (!name || (item->ifa_flags & IFF_LOOPBACK))
			continue;
		if (name->sa_family == AF_INET)
			address = &((const struct sockaddr_in *)(const void *)name)->sin_addr;
		else if (name->sa_family == AF_INET6)
			address = &((const struct sockaddr_in6 *)(const void *)name)->sin6_addr;
		else
			continue;
		printf("%s: %s\n", item->ifa_name, inet_ntop(name->sa_family, address, text, sizeof(text)));
	}
	ioth_freeifaddrs(list);
}

int main(int argc, char *argv[])
{
	struct ioth *stack;
	sigset_t ends;
	char *resolvconf;
	int signal;

	if (argc != 2) {
		fprintf(stderr, "Usage: %s STRING\n", argv[0]);
		return 1;
	}
	stack = ioth_newstackc(argv[1]);
	if (!stack) {
		fprintf(stderr, "%s\n", ioth_config_error());
		return 1;
	}
	print_addresses(stack);
	resolvconf = ioth_resolvconf(stack, NULL);
	if (resolvconf)
		printf("%s", resolvconf);
	free(resolvconf);
	puts("ready");
	fflush(stdout);

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	sigwait(&ends, &signal);
	return ioth_delstack(stack) == 0 ? 0 : 1;
}
