/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_names: threads of one process, each a web server that was told nothing but its name.
 *
 *     ioth_names STRING NAME...
 *
 *     ioth_names stack=picox,vnl=vde:///tmp/sw,auto6 h1.hash.local h2.hash.local
 *     vdens -R fc00::24 vde:///tmp/sw curl http://h1.hash.local/
 *
 * Each thread makes itself a stack as the string says (iothconf(7)), with its own name in it: what
 * it has to know of the network, its address first, it asks the network. When all have an answer
 * each says who it is on port 80, to who comes by, or, asked for /N, sends N bytes. Told to end
 * (SIGTERM, SIGINT), it says what went through the interface of each.
 *
 * Which stack it is makes no difference: stack=vdestack, or, inside of a vdens that has configured
 * the network, stack=kernel. Many picox stacks share one plug of the network by an Ethernet in
 * memory: vnl=mem://threads/uplink=vde:///tmp/sw.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <ioth.h>
#include <iothconf.h>
#include "own_traffic.h"

#define PORT      80
#define NODES_MAX 1000
#define TRIES     10

struct node {
	pthread_t thread;
	const char *name;
	struct ioth *stack;
	int fd;
	bool serves;
	char address[INET6_ADDRSTRLEN];
};

static const char *string;
static char stack_name[32]; /* of the string: for who asks */
static struct node nodes[NODES_MAX];
static pthread_barrier_t ready;

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first address that others know this stack by. */
static void find_address(struct node *node)
{
	struct ifaddrs *list;

	if (ioth_getifaddrs(node->stack, &list) < 0)
		return;
	for (const struct ifaddrs *item = list; item && !node->address[0]; item = item->ifa_next) {
		const void *name = item->ifa_addr;
		const struct sockaddr_in *in = name;
		const struct sockaddr_in6 *in6 = name;

		if (!name || strcmp(item->ifa_name, "vde0") != 0)
			continue;
		if (in->sin_family == AF_INET)
			inet_ntop(AF_INET, &in->sin_addr, node->address, sizeof(node->address));
		else if (in6->sin6_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			inet_ntop(AF_INET6, &in6->sin6_addr, node->address, sizeof(node->address));
	}
	ioth_freeifaddrs(list);
}

/* A socket for both families, on a port that needs no root. */
static int listen_web(struct node *node)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};

	node->fd = ioth_msocket(node->stack, AF_INET6, SOCK_STREAM, 0);
	if (node->fd >= 0 && ioth_bind(node->fd, (struct sockaddr *)&any, sizeof(any)) == 0 &&
	    ioth_listen(node->fd, 5) == 0)
		return 0;
	perror(node->name);
	return -1;
}

/* The network's servers may be starting as well: where nobody has an address for the name, it is
 * asked for again. */
static bool configure(struct node *node)
{
	char config[4096];

	snprintf(config, sizeof(config), "%s,fqdn=%s", string, node->name);
	for (int i = 0; i < TRIES; i++) {
		node->stack = ioth_newstackc(config);
		if (!node->stack) {
			fprintf(stderr, "%s: %s\n", node->name, ioth_config_error());
			return false;
		}
		find_address(node);
		if (node->address[0])
			return true;
		fprintf(stderr, "%s: no address\n", node->name);
		ioth_delstack(node->stack);
		node->stack = NULL;
	}
	return false;
}

static bool enter(struct node *node)
{
	long begun = milliseconds();
	char *resolvconf;

	if (!configure(node))
		return false;
	resolvconf = ioth_resolvconf(node->stack, NULL);
	printf("%s: %s, after %ld ms\n%s", node->name, node->address, milliseconds() - begun,
	    resolvconf ? resolvconf : "");
	free(resolvconf);
	return listen_web(node) == 0;
}

static void close_connection(void *argument)
{
	ioth_close(*(int *)argument);
}

static void send_bytes(int fd, unsigned long count)
{
	static const char bytes[65536];
	ssize_t sent;

	for (; count > 0; count -= (unsigned long)sent) {
		sent = ioth_send(fd, bytes, count < sizeof(bytes) ? count : sizeof(bytes), MSG_NOSIGNAL);
		if (sent < 0)
			break;
	}
}

static void converse(const struct node *node, int fd)
{
	char request[4096], reply[400];
	unsigned long count = 0;
	size_t got = 0;
	ssize_t len;

	do {
		len = ioth_recv(fd, request + got, sizeof(request) - 1 - got, 0);
		got += len > 0 ? (size_t)len : 0;
		request[got] = '\0';
	} while (len > 0 && got < sizeof(request) - 1 && !strstr(request, "\r\n\r\n"));
	if (strncmp(request, "GET /", 5) == 0)
		count = strtoul(request + 5, NULL, 10);
	len = snprintf(
	    reply, sizeof(reply), "HTTP/1.0 200 OK\r\nServer: ioth_names (%s)\r\n", stack_name);
	if (count > 0)
		snprintf(reply + len, sizeof(reply) - (size_t)len,
		    "Content-Type: application/octet-stream\r\nContent-Length: %lu\r\n\r\n", count);
	else
		snprintf(reply + len, sizeof(reply) - (size_t)len,
		    "Content-Type: text/plain\r\n\r\nI am %s, a thread at %s.\n", node->name,
		    node->address);
	if (ioth_send(fd, reply, strlen(reply), MSG_NOSIGNAL) >= 0)
		send_bytes(fd, count);
}

static void answer(const struct node *node, int fd)
{
	pthread_cleanup_push(close_connection, &fd);
	converse(node, fd);
	pthread_cleanup_pop(1);
}

static void leave(void *argument)
{
	struct node *node = argument;

	if (node->fd >= 0)
		ioth_close(node->fd);
	if (!node->stack)
		return;
	own_traffic(node->stack, node->name);
	if (ioth_delstack(node->stack) < 0)
		perror("delstack");
}

static void *node_main(void *argument)
{
	struct node *node = argument;

	pthread_cleanup_push(leave, node);
	node->serves = enter(node);
	pthread_barrier_wait(&ready);
	/* Where the thread waits, and is cancelled. */
	while (node->serves) {
		int fd = ioth_accept(node->fd, NULL, NULL);

		if (fd >= 0)
			answer(node, fd);
	}
	pthread_cleanup_pop(1);
	return NULL;
}

/* The word after stack= in the string. */
static void find_stack_name(void)
{
	const char *at = strstr(string, "stack=");

	at = at ? at + strlen("stack=") : "";
	at += strspn(at, "'\"");
	snprintf(stack_name, sizeof(stack_name), "%.*s", (int)strcspn(at, ",;'\" \n"), at);
}

/* A stack, with what configures it, takes a handful of descriptors. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char *argv[])
{
	unsigned int count = argc > 2 ? (unsigned int)argc - 2 : 0, failed = 0;
	sigset_t end_signals;
	int signal;

	if (count == 0 || count > NODES_MAX) {
		fprintf(stderr, "usage: %s STRING NAME...   (up to %d)\n", argv[0], NODES_MAX);
		return EXIT_FAILURE;
	}
	string = argv[1];
	find_stack_name();
	allow_descriptors();
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Blocked in all threads: sigwait gets them. */
	sigemptyset(&end_signals);
	sigaddset(&end_signals, SIGTERM);
	sigaddset(&end_signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &end_signals, NULL);
	pthread_barrier_init(&ready, NULL, count + 1);
	for (unsigned int i = 0; i < count; i++) {
		nodes[i] = (struct node){.name = argv[i + 2], .fd = -1};
		if (pthread_create(&nodes[i].thread, NULL, node_main, &nodes[i]) != 0) {
			fprintf(stderr, "no more threads\n");
			return EXIT_FAILURE;
		}
	}
	/* Who is tired of waiting for the network may end the program: here and now, as signals do. */
	pthread_sigmask(SIG_UNBLOCK, &end_signals, NULL);
	pthread_barrier_wait(&ready);
	pthread_sigmask(SIG_BLOCK, &end_signals, NULL);
	for (unsigned int i = 0; i < count; i++)
		failed += !nodes[i].serves;
	if (failed == 0) {
		puts("ready");
		sigwait(&end_signals, &signal);
	}
	for (unsigned int i = 0; i < count; i++)
		pthread_cancel(nodes[i].thread);
	for (unsigned int i = 0; i < count; i++)
		pthread_join(nodes[i].thread, NULL);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
