/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_threads: threads of one process, each a node of the network with an IPv6 address of its own.
 *
 *     ioth_threads VNL PREFIX COUNT [DOMAIN]
 *
 *     ioth_threads vde:///tmp/sw fd00:: 1000
 *     vdens vde:///tmp/sw iothtest_udp kernel - ip=fd00::ffff/64 fd00::3e8
 *
 * Thread N makes itself a picox stack with the address PREFIXN (N in hexadecimal), and sends back
 * what comes to its UDP port 5000. With a DOMAIN it is called threadN.DOMAIN (N in decimal), and
 * the address follows from this name, as iothnamed(8) finds it, too (iothaddr_hash(3)). The stacks
 * share an Ethernet in memory, whose uplink is the VNL. Told to end (SIGTERM, SIGINT), it says how
 * many datagrams the threads answered.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <iothaddr.h>
#include "own_address.h"

#define PORT       5000
#define COUNT_MAX  10000
#define STACK_SIZE 65536 /* of a thread: the buffer below is most of it */

struct node {
	pthread_t thread;
	unsigned int number;
	struct ioth *stack;
	int fd;
	_Atomic unsigned long answers;
};

static char network[4096];
static const char *prefix, *domain; /* domain: NULL for addresses by number */
static struct in6_addr base;
static struct node nodes[COUNT_MAX];
static pthread_barrier_t ready;

/* Each thread that is about to end tells its stack. */
static void leave(void *argument)
{
	struct node *node = argument;

	if (node->fd >= 0)
		ioth_close(node->fd);
	if (node->stack && ioth_delstack(node->stack) < 0)
		perror("delstack");
}

/* What the thread's stack is told. */
static void own_ipv6(unsigned int number, char *config, size_t size)
{
	char name[300], text[INET6_ADDRSTRLEN];
	struct in6_addr address = base;

	if (!domain) {
		snprintf(config, size, "ip=%s%x/64", prefix, number);
		return;
	}
	snprintf(name, sizeof(name), "thread%u.%s", number, domain);
	iothaddr_hash(&address, name, NULL, 0);
	snprintf(config, size, "ip=%s/64", inet_ntop(AF_INET6, &address, text, sizeof(text)));
}

static void enter(struct node *node)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	char config[64];

	own_ipv6(node->number, config, sizeof(config));
	node->stack = own_stack("picox", network, config);
	if (!node->stack)
		return;
	node->fd = ioth_msocket(node->stack, AF_INET6, SOCK_DGRAM, 0);
	if (node->fd < 0 || ioth_bind(node->fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		perror("socket");
}

static void answer(struct node *node)
{
	struct sockaddr_in6 from;
	char data[32768];

	for (;;) {
		socklen_t fromlen = sizeof(from);
		ssize_t len;

		/* Where the thread waits, and may be cancelled. */
		len = ioth_recvfrom(node->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &fromlen);
		if (len >= 0 &&
		    ioth_sendto(node->fd, data, (size_t)len, 0, (struct sockaddr *)&from, fromlen) == len)
			atomic_fetch_add(&node->answers, 1);
	}
}

static void *node_main(void *argument)
{
	struct node *node = argument;

	pthread_cleanup_push(leave, node);
	enter(node);
	pthread_barrier_wait(&ready);
	if (node->fd >= 0)
		answer(node);
	pthread_cleanup_pop(1);
	return NULL;
}

/* A socket takes a descriptor or two. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int start(unsigned int count)
{
	pthread_attr_t attributes;
	int err = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (unsigned int i = 0; i < count && err == 0; i++) {
		nodes[i].number = i + 1;
		nodes[i].fd = -1;
		err = pthread_create(&nodes[i].thread, &attributes, node_main, &nodes[i]);
	}
	pthread_attr_destroy(&attributes);
	return err;
}

static void end(unsigned int count)
{
	unsigned long answers = 0;
	unsigned int answered = 0;

	for (unsigned int i = 0; i < count; i++)
		pthread_cancel(nodes[i].thread);
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(nodes[i].thread, NULL);
		answers += nodes[i].answers;
		answered += nodes[i].answers > 0;
	}
	printf("%lu datagrams answered, by %u of the threads\n", answers, answered);
}

int main(int argc, char *argv[])
{
	unsigned int count = 0, failed = 0;
	sigset_t end_signals;
	int err, signal;

	if (argc == 4 || argc == 5)
		count = (unsigned int)strtoul(argv[3], NULL, 10);
	if (count == 0 || count > COUNT_MAX || inet_pton(AF_INET6, argv[2], &base) != 1) {
		fprintf(
		    stderr, "usage: %s VNL PREFIX COUNT [DOMAIN]   (COUNT up to %d)\n", argv[0], COUNT_MAX);
		return EXIT_FAILURE;
	}
	prefix = argv[2];
	domain = argc == 5 ? argv[4] : NULL;
	snprintf(network, sizeof(network), "mem://threads/uplink=%s", argv[1]);
	allow_descriptors();
	/* Blocked in all threads: sigwait gets them. */
	sigemptyset(&end_signals);
	sigaddset(&end_signals, SIGTERM);
	sigaddset(&end_signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &end_signals, NULL);
	pthread_barrier_init(&ready, NULL, count + 1);
	err = start(count);
	if (err) {
		fprintf(stderr, "a thread: %s\n", strerror(err));
		return EXIT_FAILURE;
	}
	pthread_barrier_wait(&ready);
	for (unsigned int i = 0; i < count; i++)
		failed += nodes[i].fd < 0;
	if (failed == 0) {
		if (domain)
			printf("%u threads: thread1.%s to thread%u.%s\n", count, domain, count, domain);
		else
			printf("%u threads, %u addresses: %s1 to %s%x\n", count, count, prefix, prefix, count);
		fflush(stdout);
		sigwait(&end_signals, &signal);
	}
	end(count);
	pthread_barrier_destroy(&ready);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
