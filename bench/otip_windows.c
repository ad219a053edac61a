/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a window of one-time addresses costs: an address of one stack, or a stack of its own.
 *
 *   otip_windows one STACK VNL WINDOWS LIVE    an address is added and listened on, the oldest one
 *                                              of more than LIVE is closed and retired
 *   otip_windows each STACK VNL WINDOWS LIVE   a stack is made for the address, and deleted
 *
 * VNL is a network for any number of ports (hub://, switch://, mem://). Processor time is that of
 * the process and of its children (vdestack's helper); what the kernel does for a namespace in
 * threads of its own is not in it. Memory is what the process has when LIVE windows are open, the
 * kernel's not included.
 */
#include "bench.h"

#include <dirent.h>
#include <stdbool.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <ioth.h>

#define PORT     4242
#define LIVE_MAX 1000
#define NODAD    2 /* IFA_F_NODAD */

struct window {
	struct ioth *stack;
	struct in6_addr address;
	unsigned int ifindex;
	int fd;
};

static struct window windows[LIVE_MAX];

static struct ioth *new_stack(const char *name, const char *vnl, unsigned int *ifindex)
{
	struct ioth *stack = ioth_newstack(name, vnl);
	int index;

	if (!stack)
		bench_die(BENCH_SKIP, "%s", ioth_error());
	index = ioth_if_nametoindex(stack, "vde0");
	if (index < 0 || ioth_linksetupdown(stack, (unsigned int)index, 1) < 0)
		bench_die(1, "interface");
	*ifindex = (unsigned int)index;
	return stack;
}

static void open_window(struct window *window, unsigned long number)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};

	window->address = (struct in6_addr){.s6_addr = {0xfd}};
	window->address.s6_addr32[2] = htonl((uint32_t)number * 2654435761u);
	window->address.s6_addr32[3] = htonl((uint32_t)number);
	if (ioth_ipaddr_add(window->stack, AF_INET6, &window->address, nl_addrdata2prefix(64, NODAD, 0),
	        window->ifindex) < 0)
		bench_die(1, "address");
	name.sin6_addr = window->address;
	window->fd = ioth_msocket(window->stack, AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (window->fd < 0 || ioth_bind(window->fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    ioth_listen(window->fd, 5) < 0)
		bench_die(1, "listener");
}

static void close_window(struct window *window, bool each)
{
	ioth_close(window->fd);
	if (each ? ioth_delstack(window->stack) < 0
	         : ioth_ipaddr_retire(window->stack, AF_INET6, &window->address, 64, window->ifindex) <
	               0)
		bench_die(1, "the end of a window");
}

/* Of the process and those that it has cloned, in nanoseconds. */
static double processor(void)
{
	char path[64], line[512];
	struct rusage usage;
	double total;
	long child;
	FILE *children, *stat;

	getrusage(RUSAGE_SELF, &usage);
	total = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
	        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "re");
	/* The kernel writes no numbers that cannot be read. NOLINTNEXTLINE(cert-err34-c) */
	while (children && fscanf(children, "%ld", &child) == 1) {
		unsigned long user = 0, kernel = 0;
		const char *behind;

		snprintf(path, sizeof(path), "/proc/%ld/stat", child);
		stat = fopen(path, "re");
		/* NOLINTBEGIN(cert-err34-c): likewise */
		if (stat && fgets(line, sizeof(line), stat) && (behind = strrchr(line, ')')) &&
		    sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		        &kernel) == 2)
			total += (double)(user + kernel) * 1e9 / (double)sysconf(_SC_CLK_TCK);
		/* NOLINTEND(cert-err34-c) */
		if (stat)
			fclose(stat);
	}
	if (children)
		fclose(children);
	return total;
}

static long resident(void) /* KiB */
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	long kib = 0;

	while (status && fgets(line, sizeof(line), status)) {
		/* NOLINTNEXTLINE(cert-err34-c): likewise */
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	}
	if (status)
		fclose(status);
	return kib;
}

static unsigned int descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

int main(int argc, char *argv[])
{
	bool each = argc == 6 && strcmp(argv[1], "each") == 0;
	unsigned long count, live;
	struct ioth *stack = NULL;
	unsigned int ifindex = 0, fds_before;
	long before;
	double spent;
	uint64_t begin;

	if (argc != 6 || (!each && strcmp(argv[1], "one") != 0)) {
		errno = EINVAL;
		bench_die(2, "usage: otip_windows one|each STACK VNL WINDOWS LIVE");
	}
	count = (unsigned long)bench_number(argv[4], 1, 1e6);
	live = (unsigned long)bench_number(argv[5], 1, LIVE_MAX);
	/* The first stack brings the library, the thread, the helper along. */
	stack = new_stack(argv[2], argv[3], &ifindex);
	before = resident();
	fds_before = descriptors();
	spent = processor();
	begin = bench_now();
	for (unsigned long i = 0; i < count; i++) {
		struct window *window = &windows[i % live];

		if (i >= live)
			close_window(window, each);
		window->stack = each ? new_stack(argv[2], argv[3], &window->ifindex) : stack;
		if (!each)
			window->ifindex = ifindex;
		open_window(window, i);
	}
	printf("{\"processor_us\": %.1f, \"elapsed_us\": %.1f, \"resident_kib\": %ld, \"descriptors\": "
	       "%d}\n",
	    (processor() - spent) / 1e3 / (double)count,
	    (double)(bench_now() - begin) / 1e3 / (double)count, resident() - before,
	    (int)descriptors() - (int)fds_before);
	for (unsigned long i = 0; i < live && i < count; i++)
		close_window(&windows[(count - 1 - i) % live], each);
	if (ioth_delstack(stack) < 0)
		bench_die(1, "ioth_delstack");
	return 0;
}
