/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* soak_load: visitors of the nodes that soak_nodes makes, by their names.
 *
 *     soak_load STRING DOMAIN COUNT THREADS [NAME]    until SIGTERM
 *     soak_load --all STRING DOMAIN COUNT THREADS     once to each of the COUNT nodes
 *     soak_load --all STRING DOMAIN 1 1 NAME          once to NAME
 *
 * Each thread is a node of its own, configured by STRING, asks the DNS for a name, connects to it,
 * sends up to a megabyte, and compares what comes back. The first thread goes to NAME, if there is
 * one. In troubled times connections fail; but what comes back has to be what was sent, and a
 * stream that ends in order has to be whole: anything else is a loss, and the exit status 1. With
 * --all nothing may fail: a node may be tried TRIES times.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>
#include "soak.h"

#define THREADS_MAX 200
#define CHUNK       32768 /* under way at a time: less than any buffer on its way */
#define BYTES_MAX   (1 << 20)
#define TIMEOUT     20 /* seconds without a byte */
#define VISITS      50 /* with one stack */
#define TRIES       10
#define ROOM        256 /* for a name */

enum outcome { WHOLE, NO_STACK, NO_NAME, NO_CONNECTION, BROKEN, LOST, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {[WHOLE] = "whole",
    [NO_STACK] = "without a stack",
    [NO_NAME] = "without a name's address",
    [NO_CONNECTION] = "not connected",
    [BROKEN] = "broken off",
    [LOST] = "with a loss"};

struct visitor {
	pthread_t thread;
	unsigned int number;
	uint64_t random;
	struct ioth *stack;
	struct iothdns *dns;
	int fd;
	unsigned int visits;
};

static struct visitor visitors[THREADS_MAX];
static const char *string, *domain, *special;
static unsigned int node_count;
static bool all;
static atomic_bool ended;
static atomic_uint next_node, unreached;
static atomic_ulong outcomes[OUTCOMES], bytes_back;

static void leave(void *argument)
{
	struct visitor *visitor = argument;

	if (visitor->fd >= 0)
		ioth_close(visitor->fd);
	iothdns_fini(visitor->dns);
	if (visitor->stack && ioth_delstack(visitor->stack) < 0)
		perror("delstack");
	visitor->fd = -1;
	visitor->dns = NULL;
	visitor->stack = NULL;
}

static bool enter(struct visitor *visitor)
{
	char config[4096];
	char *resolvconf;

	snprintf(config, sizeof(config), "%s,fqdn=v%u.%s", string, visitor->number, domain);
	visitor->visits = 0;
	visitor->stack = ioth_newstackc(config);
	resolvconf = visitor->stack ? ioth_resolvconf(visitor->stack, NULL) : NULL;
	visitor->dns = resolvconf ? iothdns_init_strcfg(visitor->stack, resolvconf) : NULL;
	free(resolvconf);
	if (visitor->dns)
		return true;
	leave(visitor);
	return false;
}

static bool look_up(struct visitor *visitor, const char *name, struct sockaddr_in6 *address)
{
	struct addrinfo hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM}, *list;

	if (iothdns_getaddrinfo(visitor->dns, name, "7", &hints, &list) != 0)
		return false;
	memcpy(address, list->ai_addr, sizeof(*address));
	iothdns_freeaddrinfo(list);
	return true;
}

static bool connect_to(struct visitor *visitor, const struct sockaddr_in6 *address)
{
	const struct timeval patience = {.tv_sec = TIMEOUT};

	visitor->fd = ioth_msocket(visitor->stack, AF_INET6, SOCK_STREAM, 0);
	if (visitor->fd < 0)
		return false;
	ioth_setsockopt(visitor->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ioth_setsockopt(visitor->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return ioth_connect(visitor->fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

static bool send_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = ioth_send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* What was sent, and nothing else. */
static enum outcome receive_all(int fd, const uint8_t *expected, size_t len)
{
	uint8_t bytes[CHUNK];

	while (len > 0) {
		ssize_t got = ioth_recv(fd, bytes, len, 0);

		if (got < 0)
			return BROKEN;
		if (got == 0 || memcmp(bytes, expected, (size_t)got) != 0)
			return LOST;
		expected += got;
		len -= (size_t)got;
		atomic_fetch_add(&bytes_back, (unsigned long)got);
	}
	return WHOLE;
}

static enum outcome converse(struct visitor *visitor)
{
	size_t left = soak_random(&visitor->random) % BYTES_MAX;
	uint64_t bytes[CHUNK / sizeof(uint64_t)];
	ssize_t end;

	while (left > 0) {
		size_t len = left < CHUNK ? left : CHUNK;
		enum outcome outcome;

		for (unsigned int i = 0; i < CHUNK / sizeof(uint64_t); i++)
			bytes[i] = soak_random(&visitor->random);
		if (!send_all(visitor->fd, (uint8_t *)bytes, len))
			return BROKEN;
		outcome = receive_all(visitor->fd, (uint8_t *)bytes, len);
		if (outcome != WHOLE)
			return outcome;
		left -= len;
	}
	if (ioth_shutdown(visitor->fd, SHUT_WR) < 0)
		return BROKEN;
	end = ioth_recv(visitor->fd, bytes, sizeof(bytes), 0);
	return end == 0 ? WHOLE : end < 0 ? BROKEN : LOST;
}

static enum outcome visit(struct visitor *visitor, const char *name)
{
	enum outcome outcome = NO_CONNECTION;
	struct sockaddr_in6 address;

	if (visitor->visits++ == VISITS)
		leave(visitor);
	if (!visitor->stack && !enter(visitor))
		return NO_STACK;
	if (!look_up(visitor, name, &address))
		return NO_NAME;
	if (connect_to(visitor, &address))
		outcome = converse(visitor);
	if (visitor->fd >= 0)
		ioth_close(visitor->fd);
	visitor->fd = -1;
	return outcome;
}

static enum outcome counted_visit(struct visitor *visitor, const char *name)
{
	enum outcome outcome = visit(visitor, name);

	atomic_fetch_add(&outcomes[outcome], 1);
	if (outcome == LOST)
		fprintf(stderr, "%s: a loss\n", name);
	return outcome;
}

/* `room` has ROOM bytes. */
static const char *name_of(const struct visitor *visitor, unsigned int node, char *room)
{
	if (special && visitor->number == 0)
		return special;
	snprintf(room, ROOM, "n%u.%s", node, domain);
	return room;
}

static void visit_all(struct visitor *visitor)
{
	unsigned int node;
	char name[ROOM];

	while ((node = atomic_fetch_add(&next_node, 1)) < node_count) {
		enum outcome outcome = LOST;

		for (unsigned int i = 0; i < TRIES && outcome != WHOLE; i++)
			outcome = counted_visit(visitor, name_of(visitor, node, name));
		if (outcome == WHOLE)
			continue;
		fprintf(stderr, "%s: %s\n", name_of(visitor, node, name), outcome_names[outcome]);
		atomic_fetch_add(&unreached, 1);
	}
}

static void visit_any(struct visitor *visitor)
{
	char name[ROOM];

	while (!atomic_load(&ended)) {
		unsigned int node = (unsigned int)(soak_random(&visitor->random) % node_count);

		if (counted_visit(visitor, name_of(visitor, node, name)) == NO_STACK)
			poll(NULL, 0, 100);
	}
}

static void *visitor_main(void *argument)
{
	if (all)
		visit_all(argument);
	else
		visit_any(argument);
	leave(argument);
	return NULL;
}

static void report(void)
{
	printf("visits:");
	for (unsigned int i = 0; i < OUTCOMES; i++)
		printf(" %lu %s,", atomic_load(&outcomes[i]), outcome_names[i]);
	printf(" %lu bytes back\n", atomic_load(&bytes_back));
}

int main(int argc, char *argv[])
{
	unsigned int thread_count;
	sigset_t signals;
	int number;

	all = argc > 1 && strcmp(argv[1], "--all") == 0;
	argv += all;
	argc -= all;
	node_count = argc >= 5 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
	thread_count = argc >= 5 ? (unsigned int)strtoul(argv[4], NULL, 10) : 0;
	if (node_count == 0 || thread_count == 0 || thread_count > THREADS_MAX) {
		fprintf(stderr, "usage: soak_load [--all] STRING DOMAIN COUNT THREADS [NAME]\n");
		return EXIT_FAILURE;
	}
	string = argv[1];
	domain = argv[2];
	special = argv[5];
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	for (unsigned int i = 0; i < thread_count; i++) {
		visitors[i].number = i;
		visitors[i].random = (uint64_t)time(NULL) * THREADS_MAX + i;
		visitors[i].fd = -1;
		if (pthread_create(&visitors[i].thread, NULL, visitor_main, &visitors[i]) != 0) {
			fprintf(stderr, "no more threads\n");
			return EXIT_FAILURE;
		}
	}
	if (!all)
		sigwait(&signals, &number);
	atomic_store(&ended, true);
	for (unsigned int i = 0; i < thread_count; i++)
		pthread_join(visitors[i].thread, NULL);
	report();
	return atomic_load(&outcomes[LOST]) > 0 || atomic_load(&unreached) > 0 ? EXIT_FAILURE
	                                                                       : EXIT_SUCCESS;
}
