/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a stack takes until it is configured, and what many such stacks cost afterwards.
 *
 *     iothconf once STACK VNL CONFIG FAMILY
 *         from a link that is down to a socket bound to an address of FAMILY (4, 6) that is no
 *         link-local one
 *     iothconf many COUNT UPLINK CONFIG QUIET RENEW
 *         COUNT picox stacks on one mem:// with the uplink UPLINK, configured one after the other.
 *         Then the wake-ups of the library's thread, in QUIET seconds in which nothing is due and
 *         in RENEW seconds in which leases are renewed
 */
#include "bench.h"

#include <dirent.h>
#include <ifaddrs.h>
#include <stdbool.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <ioth.h>
#include <iothconf.h>

#define STACKS_MAX 60000

/* ---- one ---- */

static bool is_global(const struct sockaddr *name, int family)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)name;

	return name && name->sa_family == family &&
	       (family == AF_INET ? ((const struct sockaddr_in *)(const void *)name)->sin_addr.s_addr !=
	                                htonl(INADDR_LOOPBACK)
	                          : !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr) &&
	                                !IN6_IS_ADDR_LOOPBACK(&six->sin6_addr));
}

/* An address that is still looked for cannot be bound to. */
static bool is_usable(struct ioth *stack, int family)
{
	struct ifaddrs *list;
	bool usable = false;

	if (ioth_getifaddrs(stack, &list) < 0)
		bench_die(1, "getifaddrs");
	for (const struct ifaddrs *item = list; item && !usable; item = item->ifa_next) {
		int fd;

		if (!is_global(item->ifa_addr, family))
			continue;
		fd = ioth_msocket(stack, family, SOCK_DGRAM, 0);
		usable = fd >= 0 && ioth_bind(fd, item->ifa_addr,
		                        family == AF_INET ? sizeof(struct sockaddr_in)
		                                          : sizeof(struct sockaddr_in6)) == 0;
		if (fd >= 0)
			ioth_close(fd);
	}
	ioth_freeifaddrs(list);
	return usable;
}

static void once(const char *name, const char *vnl, const char *config, int family)
{
	struct ioth *stack = ioth_newstack(name, vnl);
	uint64_t begun = bench_now(), taken;

	if (!stack)
		bench_die(BENCH_SKIP, "%s", ioth_error());
	if (ioth_config(stack, config) < 0)
		bench_die(1, "%s", ioth_config_error());
	if (!is_usable(stack, family))
		bench_die(1, "%s: no address", config);
	taken = bench_now() - begun;
	(void)ioth_delstack(stack);
	printf("{\"usable_ns\": %llu}\n", (unsigned long long)taken);
}

/* ---- many ---- */

/* The threads of this name, and how often they have begun to wait. */
static unsigned int threads(const char *name, unsigned long *waits)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned int count = 0;

	if (!tasks)
		bench_die(1, "/proc/self/task");
	*waits = 0;
	while ((entry = readdir(tasks))) {
		static const char waited[] = "voluntary_ctxt_switches:";
		char path[300], line[128];
		bool is_it = false;
		FILE *file;

		/* (Not the program itself, whose name is the same.) */
		if (entry->d_name[0] == '.' || strtol(entry->d_name, NULL, 10) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			char said[64];

			if (sscanf(line, "Name: %63s", said) == 1)
				is_it = strcmp(said, name) == 0;
			else if (is_it && strncmp(line, waited, sizeof(waited) - 1) == 0)
				*waits += strtoul(line + sizeof(waited) - 1, NULL, 10);
		}
		if (file)
			fclose(file);
		count += is_it;
	}
	closedir(tasks);
	return count;
}

static unsigned long wakeups(unsigned int seconds)
{
	unsigned long before, after;

	(void)threads("iothconf", &before);
	sleep(seconds);
	(void)threads("iothconf", &after);
	return after - before;
}

static void many(unsigned int count, const char *uplink, const char *config, unsigned int quiet,
    unsigned int renew)
{
	static struct ioth *stacks[STACKS_MAX];
	unsigned int well = 0, library, all = 0;
	unsigned long idle = 0, busy = 0, waits;
	char text[256];
	uint64_t begun = bench_now(), taken;

	for (unsigned int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "stack=picox,vnl='mem://bench/uplink=%s'", uplink);
		stacks[i] = ioth_newstackc(text);
		if (!stacks[i])
			bench_die(BENCH_SKIP, "stack %u: %s", i, ioth_config_error());
		/* A MAC address by number, not by chance: that of a server's lease. */
		snprintf(text, sizeof(text), "mac=02:00:00:00:%02x:%02x,%s", i >> 8 & 255, i & 255, config);
		well += ioth_config(stacks[i], text) > IOTHCONF_ETH;
	}
	taken = bench_now() - begun;
	if (quiet)
		idle = wakeups(quiet);
	if (renew)
		busy = wakeups(renew);
	library = threads("iothconf", &waits);
	all = library + threads("picox", &waits);
	for (unsigned int i = 0; i < count; i++)
		(void)ioth_delstack(stacks[i]);
	printf("{\"configured\": %u, \"configured_ns\": %llu, \"quiet_wakeups\": %lu,"
	       " \"renew_wakeups\": %lu, \"library_threads\": %u, \"all_threads\": %u}\n",
	    well, (unsigned long long)taken, idle, busy, library, all);
}

int main(int argc, char *argv[])
{
	if (argc == 6 && strcmp(argv[1], "once") == 0)
		once(argv[2], argv[3], argv[4], bench_number(argv[5], 4, 6) < 5 ? AF_INET : AF_INET6);
	else if (argc == 7 && strcmp(argv[1], "many") == 0)
		many((unsigned int)bench_number(argv[2], 1, STACKS_MAX), argv[3], argv[4],
		    (unsigned int)bench_number(argv[5], 0, 3600),
		    (unsigned int)bench_number(argv[6], 0, 3600));
	else
		return 2;
	return 0;
}
