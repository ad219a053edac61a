/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names: look-ups a second, one after the other, against c-ares and the C library's res_nquery(3)
 * with the same server; a message of ten records; the size of a handle.
 *
 *   iothdns [LOOKUPS]
 *
 * Runs in a network namespace of its own: `unshare -rn BUILD/bench/iothdns`. The server is a child
 * that answers each query with one address. c-ares keeps its socket; libiothdns does so with
 * `keep-port`, and takes a new one for each query without it, as the C library does.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <ares.h>
#include <malloc.h>
#include <net/if.h>
#include <resolv.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#include <iothdns.h>

/* The look-ups are made in so many turns, so that what else the machine does disturbs all. */
#define TURNS 10

static void loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		bench_die(BENCH_SKIP, "lo (not in a namespace of its own?)");
	close(fd);
}

static void serve(int fd)
{
	static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3};
	unsigned char bytes[600];

	for (;;) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(fd, bytes, 512, 0, (void *)&from, &from_len);
		size_t end = 12;

		if (len < 12)
			continue;
		while (end < (size_t)len && bytes[end])
			end += bytes[end] + 1U;
		end += 5;
		memcpy(bytes + end, record, sizeof(record));
		bytes[2] |= 0x80;
		bytes[7] = 1;
		bytes[11] = 0;
		sendto(fd, bytes, end + sizeof(record), 0, (void *)&from, from_len);
	}
}

static pid_t start_server(void)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	if (fd < 0 || bind(fd, (void *)&addr, sizeof(addr)) < 0)
		bench_die(BENCH_SKIP, "port 53");
	pid = fork();
	if (pid == 0)
		serve(fd);
	close(fd);
	return pid;
}

/* Nanoseconds. */
static double with_iothdns(const char *config, int lookups)
{
	struct iothdns *dns = iothdns_init_strcfg(NULL, (char *)(uintptr_t)config);
	uint64_t begin;

	if (!dns)
		bench_die(1, "iothdns_init_strcfg");
	begin = bench_now();
	for (int i = 0; i < lookups; i++) {
		struct in_addr addr;

		if (iothdns_lookup_a(dns, "www.example.org", &addr, 1) != 1)
			bench_die(1, "iothdns_lookup_a");
	}
	begin = bench_now() - begin;
	iothdns_fini(dns);
	return (double)begin;
}

static double with_libc(int lookups)
{
	struct __res_state state = {0};
	uint64_t begin;

	if (res_ninit(&state))
		bench_die(1, "res_ninit");
	state.nscount = 1;
	state.nsaddr_list[0] = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	begin = bench_now();
	for (int i = 0; i < lookups; i++) {
		unsigned char reply[512];

		if (res_nquery(&state, "www.example.org", 1, 1, reply, sizeof(reply)) <= 0)
			bench_die(1, "res_nquery");
	}
	begin = bench_now() - begin;
	res_nclose(&state);
	return (double)begin;
}

static void take(void *arg, int status, int timeouts, unsigned char *reply, int len)
{
	struct ares_addrttl addr;
	int count = 1;

	(void)timeouts;
	if (status != ARES_SUCCESS ||
	    ares_parse_a_reply(reply, len, NULL, &addr, &count) != ARES_SUCCESS || count != 1)
		bench_die(1, "c-ares");
	*(int *)arg = 1;
}

static double with_cares(int lookups)
{
	struct ares_options options = {.flags = ARES_FLAG_NOCHECKRESP};
	ares_channel channel;
	uint64_t begin;

	if (ares_library_init(ARES_LIB_INIT_ALL) || ares_init_options(&channel, &options, 0) ||
	    ares_set_servers_csv(channel, "127.0.0.1"))
		bench_die(1, "c-ares");
	begin = bench_now();
	for (int i = 0; i < lookups; i++) {
		int done = 0;

		ares_query(channel, "www.example.org", 1, 1, take, &done);
		while (!done) {
			fd_set in, out;
			int n;

			FD_ZERO(&in);
			FD_ZERO(&out);
			n = ares_fds(channel, &in, &out);
			select(n, &in, &out, NULL, NULL);
			ares_process(channel, &in, &out);
		}
	}
	begin = bench_now() - begin;
	ares_destroy(channel);
	return (double)begin;
}

static uint64_t cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds of processor time for composing a message with ten addresses and reading it. */
static double message(void)
{
	const int times = 100000;
	uint64_t begin = cpu_now();

	for (int i = 0; i < times; i++) {
		struct iothdns_header h = {1, IOTHDNS_RESPONSE, "www.example.org", 1, 1};
		struct iothdns_rr rr = {"www.example.org", 1, 1, 60, 0};
		struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
		char name[IOTHDNS_MAXNAME];
		unsigned char addr[4] = {10};
		struct iovec iov;
		int records = 0;

		for (int k = 0; k < 10; k++) {
			iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
			iothdns_put_a(pkt, addr);
		}
		iov = iothdns_getbuf(pkt);
		read = iothdns_get_header(&h, iov.iov_base, iov.iov_len, name);
		while (iothdns_get_rr(read, &rr, name)) {
			iothdns_get_a(read, addr);
			records++;
		}
		if (records != 10)
			bench_die(1, "message");
		iothdns_free(read);
		iothdns_free(pkt);
	}
	return (double)(cpu_now() - begin) / times;
}

static size_t handle_size(void)
{
	size_t before = mallinfo2().uordblks;
	struct iothdns *dns =
	    iothdns_init_strcfg(NULL, (char[]){"nameserver 127.0.0.1\noptions no-cache"});
	size_t size = mallinfo2().uordblks - before;

	iothdns_fini(dns);
	return size;
}

int main(int argc, char *argv[])
{
	int lookups = argc > 1 ? (int)bench_number(argv[1], TURNS, 1e7) : 3000;
	int made;
	double cares = 0, libc = 0, fresh = 0, kept = 0, cached = 0;
	pid_t server;

	loopback_up();
	server = start_server();
	for (int i = 0; i < TURNS; i++) {
		cares += with_cares(lookups / TURNS);
		libc += with_libc(lookups / TURNS);
		fresh += with_iothdns("nameserver 127.0.0.1\noptions no-cache", lookups / TURNS);
		kept += with_iothdns("nameserver 127.0.0.1\noptions no-cache keep-port", lookups / TURNS);
		cached += with_iothdns("nameserver 127.0.0.1", lookups / TURNS);
	}
	made = lookups / TURNS * TURNS;
	/* Nanoseconds to look-ups a second. */
	cares = made * 1e9 / cares;
	libc = made * 1e9 / libc;
	fresh = made * 1e9 / fresh;
	kept = made * 1e9 / kept;
	cached = made * 1e9 / cached;
	kill(server, SIGKILL);
	printf("{\"cares_per_s\": %.0f, \"libc_per_s\": %.0f, \"fresh_per_s\": %.0f, \"kept_per_s\": "
	       "%.0f, "
	       "\"cached_per_s\": %.0f, \"message_ns\": %.0f, \"handle_bytes\": %zu}\n",
	    cares, libc, fresh, kept, cached, message(), handle_size());
	return 0;
}
