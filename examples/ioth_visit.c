/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_visit: goes to see the nodes that ioth_names makes, by their names, and tells how far they
 * are.
 *
 *     ioth_visit STRING NAME...
 *
 *     ioth_visit stack=picox,vnl=vde:///tmp/sw,auto6,thread,fqdn=visitor.local h1.local h2.local
 *
 * The visitor is a node itself, configured by STRING (iothconf(7)), which also brings it the name
 * server. For each NAME it prints a line:
 *
 *     the name, its address (libiothdns), the name that this address has,
 *     the stack the node says it runs on,
 *     a round trip: from a request on an open connection to the answer's first byte, the best of
 *     five, and the throughput of one TCP connection from there to here
 *
 * and in the end what went through its own interface. It exits with 1 if a node was not to be
 * reached, or an address did not lead back to its name.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <ioth.h>
#include <iothconf.h>
#include "own_resolver.h"
#include "own_traffic.h"

#define PORT     "80"
#define REQUESTS 5
#define BYTES    1000000 /* of the transfer that is timed */
#define TRIES    10      /* for a name server that has much to do */

struct visit {
	const char *name;
	struct sockaddr_in6 peer;
	char address[INET6_ADDRSTRLEN];
	char name_back[NI_MAXHOST];
	char stack[32];
	double round_trip; /* seconds */
	double throughput; /* bytes a second */
};

struct answer {
	int fd;
	double asked; /* when */
	size_t len;
	char text[65536];
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool failed(const struct visit *visit, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", visit->name, what, why);
	return false;
}

/* Returns 0 or an EAI_ value, as all of these calls. */
static int find_address(struct iothdns *dns, struct visit *visit)
{
	struct addrinfo hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM}, *list;
	int error = iothdns_getaddrinfo(dns, visit->name, PORT, &hints, &list);

	if (error)
		return error;
	memcpy(&visit->peer, list->ai_addr, sizeof(visit->peer));
	iothdns_freeaddrinfo(list);
	return iothdns_getnameinfo(dns, (struct sockaddr *)&visit->peer, sizeof(visit->peer),
	    visit->address, sizeof(visit->address), NULL, 0, NI_NUMERICHOST);
}

static int find_name(struct iothdns *dns, struct visit *visit)
{
	return iothdns_getnameinfo(dns, (struct sockaddr *)&visit->peer, sizeof(visit->peer),
	    visit->name_back, sizeof(visit->name_back), NULL, 0, NI_NAMEREQD);
}

static bool look_up(struct iothdns *dns, struct visit *visit)
{
	int error = EAI_AGAIN;

	for (int i = 0; error == EAI_AGAIN && i < TRIES; i++)
		error = find_address(dns, visit);
	if (error)
		return failed(visit, "its address", iothdns_gai_strerror(error));
	error = EAI_AGAIN;
	for (int i = 0; error == EAI_AGAIN && i < TRIES; i++)
		error = find_name(dns, visit);
	if (error)
		return failed(visit, visit->address, iothdns_gai_strerror(error));
	return strcasecmp(visit->name, visit->name_back) == 0 ||
	       failed(visit, "its address is also called", visit->name_back);
}

/* Connects, sends a request and waits for the beginning of the answer. False after telling why. */
static bool ask(
    struct ioth *stack, const struct visit *visit, const char *path, struct answer *answer)
{
	char request[300];
	ssize_t len;

	snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, visit->name);
	answer->fd = ioth_msocket(stack, AF_INET6, SOCK_STREAM, 0);
	if (answer->fd < 0)
		return failed(visit, "socket", strerror(errno));
	if (ioth_connect(answer->fd, (const struct sockaddr *)&visit->peer, sizeof(visit->peer)) < 0)
		goto error;
	answer->asked = seconds();
	if (ioth_send(answer->fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		goto error;
	len = ioth_recv(answer->fd, answer->text, sizeof(answer->text) - 1, 0);
	if (len < 0)
		goto error;
	answer->text[len] = '\0';
	answer->len = (size_t)len;
	return true;
error:
	failed(visit, visit->address, strerror(errno));
	ioth_close(answer->fd);
	return false;
}

/* "Server: ioth_names (picox)". */
static void find_stack(struct visit *visit, const struct answer *answer)
{
	static const char mark[] = "\r\nServer: ioth_names (";
	const char *name = strstr(answer->text, mark);

	name = name ? name + strlen(mark) : "-";
	snprintf(visit->stack, sizeof(visit->stack), "%.*s", (int)strcspn(name, " )\r\n"), name);
}

static bool measure_round_trip(struct ioth *stack, struct visit *visit, struct answer *answer)
{
	for (int i = 0; i < REQUESTS; i++) {
		double took;

		if (!ask(stack, visit, "/", answer))
			return false;
		took = seconds() - answer->asked;
		if (i == 0 || took < visit->round_trip)
			visit->round_trip = took;
		ioth_close(answer->fd);
	}
	find_stack(visit, answer);
	return true;
}

static bool measure_throughput(struct ioth *stack, struct visit *visit, struct answer *answer)
{
	ssize_t len;
	char path[20];

	snprintf(path, sizeof(path), "/%d", BYTES);
	if (!ask(stack, visit, path, answer))
		return false;
	while ((len = ioth_recv(answer->fd, answer->text, sizeof(answer->text), 0)) > 0)
		answer->len += (size_t)len;
	visit->throughput = (double)answer->len / (seconds() - answer->asked);
	ioth_close(answer->fd);
	if (len < 0)
		return failed(visit, visit->address, strerror(errno));
	return answer->len > BYTES || failed(visit, visit->address, "the transfer ended early");
}

static bool go_and_see(struct ioth *stack, struct iothdns *dns, struct visit *visit)
{
	static struct answer answer;

	if (!look_up(dns, visit) || !measure_round_trip(stack, visit, &answer) ||
	    !measure_throughput(stack, visit, &answer))
		return false;
	printf("%-26s %-30s %-26s %-9s %7.3f ms %7.1f MB/s\n", visit->name, visit->address,
	    visit->name_back, visit->stack, visit->round_trip * 1e3, visit->throughput / 1e6);
	return true;
}

int main(int argc, char *argv[])
{
	bool all = true;
	struct iothdns *dns;
	struct ioth *stack;

	if (argc < 3) {
		fprintf(stderr, "usage: %s STRING NAME...\n", argv[0]);
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	dns = own_resolver(argv[1], &stack);
	if (!dns)
		return EXIT_FAILURE;
	printf("%-26s %-30s %-26s %-9s %10s %12s\n", "name", "address", "the address's name", "stack",
	    "round trip", "throughput");
	for (int i = 2; i < argc; i++) {
		struct visit visit = {.name = argv[i]};

		all = go_and_see(stack, dns, &visit) && all;
	}
	own_traffic(stack, "visitor");
	iothdns_fini(dns);
	if (ioth_delstack(stack) < 0)
		perror("delstack");
	return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
