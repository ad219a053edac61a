/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* soak_nodes: very many threads, each a node that knows its name and sends back whatever it is
 * sent.
 *
 *     soak_nodes STRING DOMAIN COUNT
 *
 * Node 0 is n0.DOMAIN, and so on; each makes itself a stack as STRING says (iothconf(7)) and
 * listens on port 7. Now and then one goes away with its stack and comes back with a new one,
 * between two conversations. SIGUSR1 ends that: "whole" is printed when all listen. SIGTERM ends
 * all.
 *
 * Whoever has been told that all is sent (the end of the stream) has got everything back: where the
 * node cannot keep that promise, it resets the connection.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/resource.h>
#include <ioth.h>
#include <iothconf.h>
#include "soak.h"

#define PATIENCE 30 /* seconds, for a client that has vanished */
#define RESTARTS 40 /* one in so many conversations is followed by one */
#define PAUSE    100000000 /* nanoseconds */

struct node {
	pthread_t thread;
	unsigned int number;
	uint64_t random;
	struct ioth *stack;
	int listener;
	int peer;
	atomic_bool listens;
};

static struct node nodes[SOAK_NODES_MAX];
static const char *string, *domain;
static atomic_bool quiet;
static atomic_ulong restarts, conversations, resets;

static void pause_a_moment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
}

static void leave(void *argument)
{
	struct node *node = argument;

	atomic_store(&node->listens, false);
	if (node->peer >= 0)
		ioth_close(node->peer);
	if (node->listener >= 0)
		ioth_close(node->listener);
	if (node->stack && ioth_delstack(node->stack) < 0)
		perror("delstack");
	node->peer = node->listener = -1;
	node->stack = NULL;
}

static bool enter(struct node *node)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(SOAK_PORT)};
	char config[4096];

	snprintf(config, sizeof(config), "%s,fqdn=n%u.%s", string, node->number, domain);
	node->stack = ioth_newstackc(config);
	if (!node->stack)
		return false;
	node->listener = ioth_msocket(node->stack, AF_INET6, SOCK_STREAM, 0);
	return node->listener >= 0 &&
	       ioth_bind(node->listener, (struct sockaddr *)&any, sizeof(any)) == 0 &&
	       ioth_listen(node->listener, SOMAXCONN) == 0;
}

/* Everything back; false: it was not to be. */
static bool echo(int fd)
{
	char bytes[16384];
	ssize_t len;

	while ((len = ioth_recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		for (ssize_t sent = 0, now; sent < len; sent += now) {
			now = ioth_send(fd, bytes + sent, (size_t)(len - sent), MSG_NOSIGNAL);
			if (now < 0)
				return false;
		}
	}
	return len == 0;
}

static void converse(struct node *node)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	const struct linger reset = {.l_onoff = 1};

	node->peer = ioth_accept(node->listener, NULL, NULL);
	if (node->peer < 0) {
		pause_a_moment(); /* descriptors or memory may be short */
		return;
	}
	ioth_setsockopt(node->peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ioth_setsockopt(node->peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (echo(node->peer)) {
		atomic_fetch_add(&conversations, 1);
	} else {
		ioth_setsockopt(node->peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		atomic_fetch_add(&resets, 1);
	}
	ioth_close(node->peer);
	node->peer = -1;
}

static void *node_main(void *argument)
{
	struct node *node = argument;

	pthread_cleanup_push(leave, node);
	while (true) {
		atomic_store(&node->listens, enter(node));
		if (!atomic_load(&node->listens)) {
			leave(node); /* nobody answered: the network, or who serves it, is away */
			pause_a_moment();
			continue;
		}
		do
			converse(node);
		while (atomic_load(&quiet) || soak_random(&node->random) % RESTARTS > 0);
		leave(node);
		atomic_fetch_add(&restarts, 1);
	}
	pthread_cleanup_pop(1);
	return NULL;
}

static void wait_until_whole(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		while (!atomic_load(&nodes[i].listens))
			pause_a_moment();
	puts("whole");
	fflush(stdout);
}

int main(int argc, char *argv[])
{
	unsigned int count = argc == 4 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
	struct rlimit limit;
	sigset_t signals;
	int number;

	if (count == 0 || count > SOAK_NODES_MAX) {
		fprintf(stderr, "usage: %s STRING DOMAIN COUNT   (up to %d)\n", argv[0], SOAK_NODES_MAX);
		return EXIT_FAILURE;
	}
	string = argv[1];
	domain = argv[2];
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* Blocked in all threads: sigwait gets them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	for (unsigned int i = 0; i < count; i++) {
		nodes[i].number = i;
		nodes[i].random = i + 1;
		nodes[i].peer = nodes[i].listener = -1;
		if (pthread_create(&nodes[i].thread, NULL, node_main, &nodes[i]) != 0) {
			fprintf(stderr, "no more threads\n");
			return EXIT_FAILURE;
		}
	}
	wait_until_whole(count);
	while (sigwait(&signals, &number) == 0 && number == SIGUSR1) {
		atomic_store(&quiet, true);
		wait_until_whole(count);
	}
	for (unsigned int i = 0; i < count; i++)
		pthread_cancel(nodes[i].thread);
	for (unsigned int i = 0; i < count; i++)
		pthread_join(nodes[i].thread, NULL);
	printf("nodes: %lu conversations, %lu given up, %lu restarts\n", atomic_load(&conversations),
	    atomic_load(&resets), atomic_load(&restarts));
	return EXIT_SUCCESS;
}
