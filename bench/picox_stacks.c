/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What many user-space stacks in one process cost.
 *
 *   picox_stacks make COUNT         create + address + delete on mem://, one after the other; then
 *                                   COUNT at a time: memory, threads
 *   picox_stacks network COUNT VNL  COUNT stacks on one mem:// whose uplink is VNL, at 10.0.0.1 and
 *                                   what follows. All are pinged by another one; then it says
 *                                   "ready" and serves until its standard input ends
 *   picox_stacks idle COUNT SECONDS [VNL]
 *                                   how often the threads of so many stacks, and of one on VNL,
 *                                   wake up when nothing happens, counted by the kernel
 *
 * It configures stacks by the core's own calls.
 */
#include "bench.h"

#include <dirent.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "runtime.h"

#include <picoxnet.h>

#define SAMPLES   1000
#define PATIENCE  10 /* seconds that an answer may take */
#define QUIET_MAX 60 /* seconds after which stacks that were just made must be quiet */
#define PINGER    UINT32_C(0x00ffff00) /* its number */

static void address(struct picox *stack, uint32_t host)
{
	struct px_address_config config = {
	    .ip = px_ip4_host(0x0a000000 + host), .prefix = PX_IP4_OFFSET + 8, .scope = -1};
	struct px_iface *iface;

	runtime_lock(stack);
	iface = px_iface_by_index(stack->px, 2);
	if (!iface || px_address_add(iface, &config, NULL) || px_iface_up(iface))
		bench_die(1, "address");
	runtime_leave(stack);
}

/* ---- many stacks ---- */

static struct picox *make(const char *vnl, uint32_t host)
{
	struct picox *stack = picox_newstack((char *)(uintptr_t)vnl);

	if (!stack)
		bench_die(BENCH_SKIP, "%s", picox_error());
	address(stack, host);
	return stack;
}

static void make_and_delete(void)
{
	static uint64_t sample[SAMPLES];
	struct picox *keep = make("mem://bench", 2); /* the network, the threads */

	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t start = bench_now();

		if (picox_delstack(make("mem://bench", 1)) < 0)
			bench_die(1, "delstack");
		sample[i] = bench_now() - start;
	}
	picox_delstack(keep);
	bench_print_times("create_delete", sample, SAMPLES);
}

/* Threads of ours: calls `visit` for each. */
static unsigned int threads(void (*visit)(const char *task, void *context), void *context)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned int count = 0;

	if (!tasks)
		bench_die(1, "/proc/self/task");
	while ((entry = readdir(tasks))) {
		char path[300], name[16] = "";
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && strcmp(name, "picox\n") == 0) {
			count++;
			if (visit)
				visit(entry->d_name, context);
		}
		fclose(file);
	}
	closedir(tasks);
	return count;
}

static void many(size_t count)
{
	struct picox **stack = calloc(count, sizeof(*stack));
	size_t before = mallinfo2().uordblks;
	uint64_t start = bench_now(), made;

	if (!stack)
		bench_die(1, "memory");
	for (size_t i = 0; i < count; i++)
		stack[i] = make("mem://bench", (uint32_t)i + 1);
	made = bench_now();
	printf("{\"stacks\": %zu, \"create_ns\": %llu, \"bytes_each\": %zu, \"pollers\": %u}\n", count,
	    (unsigned long long)(made - start), (mallinfo2().uordblks - before) / count,
	    threads(NULL, NULL));
	start = bench_now();
	for (size_t i = 0; i < count; i++)
		picox_delstack(stack[i]);
	printf("{\"delete_ns\": %llu}\n", (unsigned long long)(bench_now() - start));
	free(stack);
}

/* ---- a network of them ---- */

static uint16_t checksum(const struct icmphdr *header)
{
	uint16_t word[sizeof(*header) / 2];
	uint32_t sum = 0;

	memcpy(word, header, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		sum += word[i];
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

static bool ping(int fd, uint32_t host)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + host)};
	struct icmphdr request = {.type = ICMP_ECHO, .un.echo = {.id = 1, .sequence = (uint16_t)host}};
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
		char room[64];
	} answer;

	request.checksum = checksum(&request);
	if (picox_sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		bench_die(1, "ping");
	while (picox_recv(fd, &answer, sizeof(answer), 0) >= 0) {
		if (answer.icmp.type == ICMP_ECHOREPLY && answer.ip.saddr == to.sin_addr.s_addr)
			return true;
	}
	return false;
}

static void network(size_t count, const char *uplink)
{
	struct timeval patience = {.tv_sec = PATIENCE};
	uint64_t start = bench_now(), made;
	size_t answered = 0;
	char vnl[300];
	int fd;

	snprintf(vnl, sizeof(vnl), "mem://bench/uplink=%s", uplink);
	for (size_t i = 0; i < count; i++)
		make(vnl, (uint32_t)i + 1);
	made = bench_now();
	printf("{\"network\": %zu, \"network_create_ns\": %llu, \"pollers\": %u}\n", count,
	    (unsigned long long)(made - start), threads(NULL, NULL));
	fd = picox_msocket(make("mem://bench", PINGER), AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (fd < 0 || picox_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		bench_die(1, "socket");
	start = bench_now();
	for (size_t i = 0; i < count; i++)
		answered += ping(fd, (uint32_t)i + 1);
	printf("{\"answered\": %zu, \"ping_ns\": %llu}\nready\n", answered,
	    (unsigned long long)((bench_now() - start) / (count ? count : 1)));
	fflush(stdout);
	while (getchar() != EOF)
		;
}

/* ---- silence ---- */

static void add_switches(const char *task, void *context)
{
	static const char name[] = "voluntary_ctxt_switches:";
	char path[300], line[200];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	file = fopen(path, "r");
	if (!file)
		bench_die(1, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) == 0)
			*(unsigned long long *)context += strtoull(line + strlen(name), NULL, 10);
	}
	fclose(file);
}

static unsigned long long switches_within(double seconds)
{
	unsigned long long before = 0, after = 0;

	threads(add_switches, &before);
	poll(NULL, 0, (int)(seconds * 1000));
	threads(add_switches, &after);
	return after - before;
}

/* A new interface is not quiet at once: it says several times that it has joined its groups. */
static void idle(size_t count, double seconds, const char *vnl)
{
	uint64_t until = bench_now() + QUIET_MAX * UINT64_C(1000000000);
	unsigned long long wakeups;

	for (size_t i = 0; i < count; i++)
		make("mem://bench", (uint32_t)i + 1);
	if (vnl)
		make(vnl, 1);
	do {
		wakeups = switches_within(seconds);
	} while (wakeups && bench_now() < until);
	printf("{\"wakeups\": %llu, \"pollers\": %u}\n", wakeups, threads(NULL, NULL));
}

int main(int argc, char *argv[])
{
	size_t count = argc > 2 ? (size_t)bench_number(argv[2], 1, 100000) : 0;

	if (argc == 3 && strcmp(argv[1], "make") == 0) {
		make_and_delete();
		many(count);
	} else if (argc == 4 && strcmp(argv[1], "network") == 0) {
		network(count, argv[3]);
	} else if ((argc == 4 || argc == 5) && strcmp(argv[1], "idle") == 0) {
		idle(count, bench_number(argv[3], 0, 60), argc == 5 ? argv[4] : NULL);
	} else {
		fprintf(stderr,
		    "usage: picox_stacks make COUNT | network COUNT VNL | idle COUNT SECONDS [VNL]\n");
		return 1;
	}
	return 0;
}
