/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Round-trip time over TCP: 64 bytes there, 64 bytes back, one at a time.
 *
 *   pingpong server ADDRESS PORT             says "listening", serves one client, ends
 *   pingpong client ADDRESS PORT SECONDS     prints the median
 */
#include "bench.h"

#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define MESSAGE     64
#define SAMPLES_MAX 1000000

static void read_all(int fd, char *message, int *end)
{
	size_t have = 0;

	*end = 0;
	while (have < MESSAGE) {
		ssize_t n = read(fd, message + have, MESSAGE - have);
		if (n < 0)
			bench_die(1, "read");
		if (n == 0) {
			*end = 1;
			return;
		}
		have += (size_t)n;
	}
}

static void write_all(int fd, const char *message)
{
	if (write(fd, message, MESSAGE) != MESSAGE)
		bench_die(1, "write");
}

static void serve(int fd)
{
	char message[MESSAGE];
	int end;

	for (read_all(fd, message, &end); !end; read_all(fd, message, &end))
		write_all(fd, message);
}

static void measure(int fd, double seconds)
{
	static uint64_t sample[SAMPLES_MAX];
	uint64_t until = bench_now() + (uint64_t)(seconds * 1e9);
	char message[MESSAGE] = "ping";
	size_t count = 0;
	int end;

	while (count < SAMPLES_MAX) {
		uint64_t start = bench_now();
		if (start >= until)
			break;
		write_all(fd, message);
		read_all(fd, message, &end);
		if (end)
			bench_die(1, "server ended");
		sample[count++] = bench_now() - start;
	}
	bench_print_times("rtt", sample, count);
}

int main(int argc, char *argv[])
{
	if (argc < 4) {
		fprintf(stderr, "usage: pingpong server|client ADDRESS PORT [SECONDS]\n");
		return 1;
	}
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)bench_number(argv[3], 1, 65535))};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, argv[2], &address.sin_addr) != 1 || fd < 0)
		bench_die(1, "%s", argv[2]);
	if (strcmp(argv[1], "server") == 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
			bench_die(1, "listen");
		printf("listening\n");
		fflush(stdout);
		int connection = accept(fd, NULL, NULL);
		if (connection < 0)
			bench_die(1, "accept");
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		serve(connection);
		close(connection);
		close(fd);
		return 0;
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		bench_die(1, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	measure(fd, argc > 4 ? bench_number(argv[4], 0, 3600) : 1);
	close(fd);
	return 0;
}
