/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* impair: a bridge between two VDE networks that is as bad as one likes.
 *
 *     impair VNL VNL [OPTION=VALUE ...]
 *
 *     delay=MS        each frame is that much later (fractions are fine)
 *     jitter=MS       up to that much more, by chance, for each frame: reorders
 *     loss=PERCENT    0.1, 5 ...
 *     duplicate=PERCENT
 *     reorder=PERCENT such a frame overtakes those before it: it has no delay
 *     corrupt=PERCENT such a frame is followed by a copy of it with a wrong byte, or cut short
 *     rate=MBIT       bits a second, in millions
 *     queue=BYTES     that wait for the rate; more are dropped (default 250000)
 *     seed=NUMBER     of all chance (default 1)
 *
 * All of it holds for each direction by itself. A frame is first lost or not, then waits for the
 * rate, then takes the delay. "ready" is printed when both networks are open. SIGTERM or SIGINT
 * ends it, and then a line for each direction tells what happened; SIGUSR1 prints these lines, too.
 *
 * What this kernel's netem would do, for kernel stacks and ours alike: both sides of a comparison
 * go through the same program with the same seed. (The frames that are lost are the same ones only
 * if both sides send the same frames, of course.)
 */
#include "timerq.h"
#include "vdelink.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST 64
#define SEC   UINT64_C(1000000000)
#define MSEC  UINT64_C(1000000)

struct options {
	uint64_t delay, jitter;
	double loss, duplicate, reorder, corrupt; /* 0 to 1 */
	double rate;                              /* bytes a nanosecond; 0: no limit */
	uint64_t queue;
	uint64_t seed;
};

struct frame {
	struct timerq_timer timer;
	size_t len;
	uint8_t bytes[];
};

struct direction {
	const char *name;
	struct vdelink *from, *to;
	struct timerq flying;
	struct frame *held; /* `to` was full */
	uint64_t random;
	uint64_t rate_free; /* when the last frame has left the rate's queue */
	uint64_t last;      /* deadline of the last one: without jitter nobody overtakes */
	uint64_t frames, bytes, lost, overflowed, duplicated, reordered, corrupted;
};

static volatile sig_atomic_t ended, report_wanted;

static uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SEC + (uint64_t)now.tv_nsec;
}

/* splitmix64: small, and good enough to lose frames by. 0 <= result < 1. */
static double chance(struct direction *direction)
{
	uint64_t z = direction->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static void fly(struct direction *direction, const void *bytes, size_t len, uint64_t when)
{
	struct frame *frame = malloc(sizeof(*frame) + len);

	if (!frame)
		return; /* one more loss */
	memset(&frame->timer, 0, sizeof(frame->timer));
	frame->len = len;
	memcpy(frame->bytes, bytes, len);
	timerq_set(&direction->flying, &frame->timer, when);
}

/* One wrong byte is found by any checksum, so what comes of it is for the stack to drop. */
static void corrupt(struct direction *direction, const void *bytes, size_t len, uint64_t when)
{
	uint8_t copy[VDELINK_FRAME_MAX];
	size_t at = (size_t)(chance(direction) * (double)len);

	memcpy(copy, bytes, len);
	direction->corrupted++;
	if (chance(direction) < 0.5) {
		copy[at] ^= (uint8_t)(1 + chance(direction) * 255);
		fly(direction, copy, len, when);
	} else if (at > 0) {
		fly(direction, copy, at, when);
	}
}

static void impair(struct direction *direction, const struct options *options, const void *bytes,
    size_t len, uint64_t now)
{
	uint64_t when = now;
	/* Always as many numbers for a frame: its fate does not depend on the options of others. */
	double lose = chance(direction), twice = chance(direction), overtake = chance(direction),
	       later = chance(direction);

	direction->frames++;
	direction->bytes += len;
	if (lose < options->loss) {
		direction->lost++;
		return;
	}
	if (options->rate > 0) {
		if (direction->rate_free < now)
			direction->rate_free = now;
		if ((double)(direction->rate_free - now) * options->rate > (double)options->queue) {
			direction->overflowed++;
			return;
		}
		direction->rate_free += (uint64_t)((double)len / options->rate);
		when = direction->rate_free;
	}
	if (overtake < options->reorder) {
		direction->reordered++;
		fly(direction, bytes, len, when);
		return;
	}
	when += options->delay + (uint64_t)(later * (double)options->jitter);
	/* Timers of the same time come in any order, and the clock may stand still. */
	if (!options->jitter && when <= direction->last)
		when = direction->last + 1;
	direction->last = when;
	fly(direction, bytes, len, when);
	if (twice < options->duplicate) {
		direction->duplicated++;
		fly(direction, bytes, len, ++direction->last);
	}
	if (options->corrupt > 0 && chance(direction) < options->corrupt)
		corrupt(direction, bytes, len, ++direction->last);
}

static void receive(struct direction *direction, const struct options *options, uint64_t now)
{
	static uint8_t room[BURST][VDELINK_FRAME_MAX];
	struct iovec frames[BURST];
	unsigned int count;

	do {
		for (unsigned int i = 0; i < BURST; i++)
			frames[i] = (struct iovec){room[i], sizeof(room[i])};
		count = vdelink_recv(direction->from, frames, BURST);
		for (unsigned int i = 0; i < count; i++)
			impair(direction, options, frames[i].iov_base, frames[i].iov_len, now);
	} while (count == BURST);
}

/* Hands on what has arrived; false: the network is full. */
static bool deliver(struct direction *direction, uint64_t now)
{
	while (true) {
		struct iovec piece;
		struct vdelink_frame out = {&piece, 1};

		if (!direction->held) {
			struct timerq_timer *timer = timerq_expired(&direction->flying, now);

			if (!timer)
				return true;
			direction->held = timerq_entry(timer, struct frame, timer);
		}
		piece = (struct iovec){direction->held->bytes, direction->held->len};
		if (vdelink_send(direction->to, &out, 1) != 1)
			return false;
		free(direction->held);
		direction->held = NULL;
	}
}

static void report(const struct direction *direction)
{
	printf("%s: %llu frames, %llu bytes; lost %llu, overflowed %llu, duplicated %llu, reordered "
	       "%llu, corrupted %llu\n",
	    direction->name, (unsigned long long)direction->frames,
	    (unsigned long long)direction->bytes, (unsigned long long)direction->lost,
	    (unsigned long long)direction->overflowed, (unsigned long long)direction->duplicated,
	    (unsigned long long)direction->reordered, (unsigned long long)direction->corrupted);
	fflush(stdout);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void relay(struct vdelink *const links[2], struct direction directions[2],
    const struct options *options, const sigset_t *waiting)
{
	while (!ended) {
		struct pollfd fds[2];
		uint64_t now = clock_now(), deadline = UINT64_MAX;
		struct timespec timeout;

		for (unsigned int i = 0; i < 2; i++) {
			vdelink_poll(links[i], now);
			receive(&directions[i], options, now);
		}
		for (unsigned int i = 0; i < 2; i++) {
			bool room = deliver(&directions[i], now);

			vdelink_want_write(directions[i].to, !room);
			if (room)
				deadline = earlier(deadline, timerq_next_deadline(&directions[i].flying));
			deadline = earlier(deadline, vdelink_deadline(links[i]));
			fds[i] = (struct pollfd){.fd = vdelink_fd(links[i]), .events = POLLIN};
			if (report_wanted)
				report(&directions[i]);
		}
		report_wanted = 0;
		now = clock_now();
		deadline = deadline > now ? deadline - now : 0;
		timeout = (struct timespec){(time_t)(deadline / SEC), (long)(deadline % SEC)};
		if (deadline > 3600 * SEC)
			timeout = (struct timespec){3600, 0};
		ppoll(fds, 2, &timeout, waiting); /* an interruption is an ordinary wake-up */
	}
}

static int parse(int argc, char *argv[], struct options *options)
{
	for (int i = 3; i < argc; i++) {
		char *end = strchr(argv[i], '=');
		size_t len = end ? (size_t)(end - argv[i]) : 0;
		double value = end ? strtod(end + 1, &end) : 0;
		const struct {
			const char *name;
			uint64_t *integer;
			double *real;
			double factor;
		} known[] = {
		    {"delay", &options->delay, NULL, MSEC},
		    {"jitter", &options->jitter, NULL, MSEC},
		    {"loss", NULL, &options->loss, 0.01},
		    {"duplicate", NULL, &options->duplicate, 0.01},
		    {"reorder", NULL, &options->reorder, 0.01},
		    {"corrupt", NULL, &options->corrupt, 0.01},
		    {"rate", NULL, &options->rate, 1e6 / 8 / 1e9},
		    {"queue", &options->queue, NULL, 1},
		    {"seed", &options->seed, NULL, 1},
		};
		enum { KNOWN = sizeof(known) / sizeof(known[0]) };
		unsigned int k = 0;

		while (k < KNOWN &&
		       (strlen(known[k].name) != len || strncmp(known[k].name, argv[i], len) != 0))
			k++;
		if (k == KNOWN || *end != '\0' || !(value >= 0 && value < 1e15)) {
			fprintf(stderr, "impair: not understood: %s\n", argv[i]);
			return -EINVAL;
		}
		if (known[k].integer)
			*known[k].integer = (uint64_t)(value * known[k].factor);
		else
			*known[k].real = value * known[k].factor;
	}
	return 0;
}

static void on_signal(int number)
{
	if (number == SIGUSR1)
		report_wanted = 1;
	else
		ended = 1;
}

static void release(struct direction *direction)
{
	struct timerq_timer *timer;

	while ((timer = timerq_expired(&direction->flying, UINT64_MAX)))
		free(timerq_entry(timer, struct frame, timer));
	free(direction->held);
}

int main(int argc, char *argv[])
{
	struct options options = {.queue = 250000, .seed = 1};
	struct vdelink *links[2] = {NULL, NULL};
	struct direction directions[2] = {{.name = "there"}, {.name = "back"}};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t mask, waiting;

	if (argc < 3 || parse(argc, argv, &options) < 0) {
		fprintf(stderr, "usage: impair VNL VNL [OPTION=VALUE ...]\n");
		return EXIT_FAILURE;
	}
	/* Signals come only inside of ppoll. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &waiting);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		int rc = vdelink_open(argv[1 + i], "impair", &links[i]);

		if (rc < 0) {
			fprintf(stderr, "impair: %s: %s\n", argv[1 + i], strerror(-rc));
			if (i)
				vdelink_close(links[0]);
			return EXIT_FAILURE;
		}
	}
	for (unsigned int i = 0; i < 2; i++) {
		directions[i].from = links[i];
		directions[i].to = links[!i];
		directions[i].random = options.seed * 2 + i;
	}
	printf("ready\n");
	fflush(stdout);
	relay(links, directions, &options, &waiting);
	for (unsigned int i = 0; i < 2; i++) {
		report(&directions[i]);
		release(&directions[i]);
		vdelink_close(links[i]);
	}
	return EXIT_SUCCESS;
}
