/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_follow: a transfer that goes on while the address of its server changes.
 *
 *     ioth_follow STRING NAME PORT CHANGES
 *
 *     ioth_follow stack=picox,vnl=vde:///tmp/sw,auto6,thread,fqdn=reader.local renzo.otip 4242 3
 *
 * NAME is that of an echo server with one-time addresses (iothotip(7), otip_rproxy(8)), which a
 * name server knows (iothnamed(8), auth otip). The program is a node itself, configured by STRING
 * (iothconf(7)). It connects to the address that the name has now, sends blocks and compares what
 * comes back, over this one connection, and asks for the name again and again. When the address has
 * changed CHANGES times, it makes sure that
 *
 *     the first address is silent to anybody else: no answer, no refusal, as if it had never been,
 *     the service is found at the name's newest address,
 *     and the transfer still goes on at the first one.
 *
 * Then it ends with 0, having told what went through its interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <ioth.h>
#include <iothconf.h>
#include "own_resolver.h"
#include "own_traffic.h"

#define BLOCK      16384 /* bytes of the transfer between two questions */
#define PAUSE_MS   20    /* after each block: this is no benchmark */
#define SILENCE_MS 1000  /* who has said nothing for so long says nothing */
#define PATIENCE_S 120   /* for what has to happen */

struct service {
	struct ioth *stack;
	struct iothdns *dns;
	const char *name;
	in_port_t port;
	time_t deadline;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static bool find(const struct service *service, struct in6_addr *address)
{
	if (iothdns_lookup_aaaa(service->dns, service->name, address, 1) > 0)
		return true;
	perror(service->name);
	return false;
}

/* Returns a connected socket, or -1 and errno: ETIMEDOUT if there is no answer of any kind. */
static int connect_to(const struct service *service, const struct in6_addr *address)
{
	struct sockaddr_in6 peer = {
	    .sin6_family = AF_INET6, .sin6_port = htons(service->port), .sin6_addr = *address};
	int fd = ioth_msocket(service->stack, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return -1;
	if (ioth_connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0 && errno != EINPROGRESS)
		error = errno;
	else if (poll(&poll_fd, 1, SILENCE_MS) == 0)
		error = ETIMEDOUT;
	else
		ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0 && ioth_fcntl(fd, F_SETFL, 0) == 0)
		return fd;
	ioth_close(fd);
	errno = error;
	return -1;
}

/* The address may change between the answer and its use: then there is a newer one. */
static int connect_by_name(const struct service *service, struct in6_addr *address)
{
	while (now() < service->deadline) {
		int fd = find(service, address) ? connect_to(service, address) : -1;

		if (fd >= 0)
			return fd;
	}
	fprintf(stderr, "%s: nobody is there\n", service->name);
	return -1;
}

/* A block of text goes there, and comes back as it was. */
static bool transfer(int fd, unsigned int number)
{
	static unsigned char sent[BLOCK], came[BLOCK];
	ssize_t len;

	for (unsigned int i = 0; i < BLOCK; i++)
		sent[i] = (unsigned char)(' ' + (number * 31 + i * 7 + i / 256) % 95);
	if (ioth_send(fd, sent, BLOCK, MSG_NOSIGNAL) != BLOCK) {
		perror("send");
		return false;
	}
	len = ioth_recv(fd, came, BLOCK, MSG_WAITALL);
	if (len == BLOCK && memcmp(sent, came, BLOCK) == 0)
		return true;
	fprintf(stderr, "block %u: %s\n", number, len < 0 ? strerror(errno) : "is not what was sent");
	return false;
}

static const char *text_of(const struct in6_addr *address)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, address, text, sizeof(text));
}

static bool is_silent(const struct service *service, const struct in6_addr *address)
{
	while (now() < service->deadline) {
		int fd = connect_to(service, address);

		/* The last window may take a moment to close on a machine with much to do. */
		if (fd >= 0)
			ioth_close(fd);
		else
			return errno == ETIMEDOUT;
	}
	return false;
}

/* Returns the number of blocks, 0 if the transfer broke or the address did not change. */
static unsigned int follow(
    const struct service *service, int fd, const struct in6_addr *first, unsigned int changes)
{
	struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	struct in6_addr known = *first, current;
	unsigned int blocks = 0, seen = 0;

	printf("%s is at %s: the transfer begins\n", service->name, text_of(first));
	while (seen < changes) {
		if (now() >= service->deadline || !transfer(fd, blocks++))
			return 0;
		/* A name server that is slow for once is asked again. */
		if (!find(service, &current))
			continue;
		if (memcmp(&known, &current, sizeof(known)) != 0) {
			known = current;
			seen++;
			printf("%s is at %s: %u bytes there and back so far\n", service->name, text_of(&known),
			    blocks * BLOCK);
		}
		nanosleep(&pause, NULL);
	}
	return blocks;
}

static bool run(const struct service *service, unsigned int changes)
{
	struct in6_addr first, newest;
	int old = connect_by_name(service, &first), new = -1;
	unsigned int blocks = old < 0 ? 0 : follow(service, old, &first, changes);
	bool done = false;

	if (blocks == 0)
		goto end;
	if (!is_silent(service, &first)) {
		fprintf(stderr, "%s answers others\n", text_of(&first));
		goto end;
	}
	printf("%s, to anybody else: silence\n", text_of(&first));
	new = connect_by_name(service, &newest);
	done = new >= 0 && transfer(new, 0) && transfer(old, blocks++);
	if (done)
		printf("%u changes, one connection: %u bytes there and back\n", changes, blocks * BLOCK);
end:
	if (new >= 0)
		ioth_close(new);
	if (old >= 0)
		ioth_close(old);
	return done;
}

int main(int argc, char *argv[])
{
	struct service service = {0};
	unsigned int changes = argc == 5 ? (unsigned int)strtoul(argv[4], NULL, 10) : 0;
	bool done;

	if (changes == 0) {
		fprintf(stderr, "usage: %s STRING NAME PORT CHANGES\n", argv[0]);
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	service.name = argv[2];
	service.port = (in_port_t)strtoul(argv[3], NULL, 10);
	service.dns = own_resolver(argv[1], &service.stack);
	if (!service.dns)
		return EXIT_FAILURE;
	service.deadline = now() + PATIENCE_S;
	done = run(&service, changes);
	own_traffic(service.stack, "follower");
	iothdns_fini(service.dns);
	if (ioth_delstack(service.stack) < 0)
		perror("delstack");
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
