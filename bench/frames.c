/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bare frames through a VDE network: what its switch or hub carries, with no stack at the ends.
 *
 *   frames VNL SIZE SECONDS
 *
 * A receiver and a sender, each a process with a connection of its own made by libvdeplug. The
 * receiver first sends a frame, so that a switch learns where it is. What arrives counts; what a
 * full queue loses does not.
 */
#include "bench.h"

#include <poll.h>
#include <unistd.h>
#include <sys/wait.h>
#include <libvdeplug.h>

#define FRAME_MAX 65550
#define SILENCE   500 /* ms after which the sender has ended */

static const unsigned char receiver_mac[6] = {2, 0, 0, 0, 0xbe, 1};
static const unsigned char sender_mac[6] = {2, 0, 0, 0, 0xbe, 2};
static unsigned char frame[FRAME_MAX];

static VDECONN *open_network(char *vnl)
{
	char description[] = "bench frames";
	struct vde_open_args arguments = {0, NULL, 0700};
	VDECONN *network = vde_open(vnl, description, &arguments);

	if (!network)
		bench_die(1, "vde_open %s", vnl);
	return network;
}

static void build(const unsigned char *to, const unsigned char *from)
{
	memset(frame, 0x5a, sizeof(frame));
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	frame[12] = 0x88; /* IEEE 802, local experiments */
	frame[13] = 0xb5;
}

/* Returns the rate in bits per second, over the time between the first and the last frame. */
static void receive(char *vnl, int ready)
{
	VDECONN *network = open_network(vnl);
	struct pollfd pfd = {.fd = vde_datafd(network), .events = POLLIN};
	uint64_t first = 0, last = 0, bytes = 0, frames = 0;
	int patience = 10000;

	build((const unsigned char *)"\xff\xff\xff\xff\xff\xff", receiver_mac);
	if (vde_send(network, frame, 60, 0) < 0)
		bench_die(1, "vde_send");
	if (write(ready, "r", 1) != 1)
		bench_die(1, "ready");
	while (poll(&pfd, 1, patience) > 0) {
		ssize_t n = vde_recv(network, frame, sizeof(frame), 0);
		if (n < 0)
			break;
		if (n < 14 || memcmp(frame + 6, sender_mac, 6) != 0)
			continue;
		last = bench_now();
		if (first == 0)
			first = last;
		else
			bytes += (uint64_t)n;
		frames++;
		patience = SILENCE;
	}
	vde_close(network);
	if (last <= first)
		bench_die(1, "nothing arrived");
	printf("{\"bits_per_second\": %.0f, \"received\": %llu}\n",
	    (double)bytes * 8e9 / (double)(last - first), (unsigned long long)frames);
}

static void send_frames(char *vnl, size_t size, double seconds)
{
	VDECONN *network = open_network(vnl);
	uint64_t until = bench_now() + (uint64_t)(seconds * 1e9);

	build(receiver_mac, sender_mac);
	while (bench_now() < until)
		for (unsigned int i = 0; i < 64; i++)
			if (vde_send(network, frame, size, 0) < 0 && errno != EAGAIN && errno != ENOBUFS)
				bench_die(1, "vde_send");
	vde_close(network);
}

int main(int argc, char *argv[])
{
	int ready[2];
	char c;

	if (argc != 4) {
		fprintf(stderr, "usage: frames VNL SIZE SECONDS\n");
		return 1;
	}
	size_t size = (size_t)bench_number(argv[2], 60, FRAME_MAX);
	double seconds = bench_number(argv[3], 0, 3600);
	if (pipe(ready) < 0)
		bench_die(1, "pipe");
	pid_t pid = fork();
	if (pid < 0)
		bench_die(1, "fork");
	if (pid == 0) {
		close(ready[0]);
		receive(argv[1], ready[1]);
		return 0;
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1)
		send_frames(argv[1], size, seconds);
	int status;
	if (waitpid(pid, &status, 0) < 0)
		bench_die(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
