/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bare AF_UNIX datagrams between two processes, sent and received as Debian's ptp:// does: one
 * blocking send a frame on a socket bound and addressed by name, poll and one recv at the other
 * end. It is the ceiling of a relay that moves one frame of that size a call.
 *
 *   datagrams DIRECTORY SIZE SECONDS
 */
#include "bench.h"

#include <poll.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define SIZE_MAX_HERE 65550

static char buffer[SIZE_MAX_HERE];

static int open_end(const char *directory, const char *own, const char *other)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX}, peer = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory, own);
	snprintf(peer.sun_path, sizeof(peer.sun_path), "%s/%s", directory, other);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		bench_die(1, "%s", address.sun_path);
	if (other[0] && connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		bench_die(1, "%s", peer.sun_path);
	return fd;
}

static void receive(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	uint64_t first = 0, last = 0, bytes = 0;

	/* One byte ends it. */
	while (poll(&pfd, 1, 10000) > 0) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0)
			bench_die(1, "recv");
		if (n == 1)
			break;
		last = bench_now();
		if (first == 0)
			first = last;
		else
			bytes += (uint64_t)n;
	}
	if (last <= first)
		bench_die(1, "nothing arrived");
	printf("{\"bits_per_second\": %.0f}\n", (double)bytes * 8e9 / (double)(last - first));
}

int main(int argc, char *argv[])
{
	if (argc != 4) {
		fprintf(stderr, "usage: datagrams DIRECTORY SIZE SECONDS\n");
		return 1;
	}
	size_t size = (size_t)bench_number(argv[2], 2, SIZE_MAX_HERE);
	int receiver = open_end(argv[1], "receiver", "");
	pid_t pid = fork();
	if (pid < 0)
		bench_die(1, "fork");
	if (pid == 0) {
		receive(receiver);
		return 0;
	}
	int sender = open_end(argv[1], "sender", "receiver");
	uint64_t until = bench_now() + (uint64_t)(bench_number(argv[3], 0, 3600) * 1e9);
	while (bench_now() < until)
		for (unsigned int i = 0; i < 16; i++)
			if (send(sender, buffer, size, 0) < 0)
				bench_die(1, "send");
	if (send(sender, buffer, 1, 0) < 0)
		bench_die(1, "send");
	int status;
	if (waitpid(pid, &status, 0) < 0)
		bench_die(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
