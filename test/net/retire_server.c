/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An echo server, TCP and UDP on port 7000 of all addresses, that retires addresses when it is told
 * to: retire.sh. Each UDP client gets a socket of its own, connected to it.
 *
 * Usage: retire_server STACK VNL ADDRESS... (of a /64 each). On stdin: "retire ADDRESS"; "add
 * ADDRESS"; "addresses"; on stdout what comes of it, and "accepted", "datagram" for each that
 * begins something.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <ioth.h>

#define PORT      7000
#define CLIENTS   64
#define LISTENER  0
#define DATAGRAMS 1
#define INPUT     2
#define FIRST     3

static struct ioth *stack;
static unsigned int ifindex;
static struct pollfd fds[FIRST + CLIENTS];
static unsigned int count = FIRST;

static void fail(const char *what)
{
	fprintf(stderr, "retire_server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(int type, const struct in6_addr *address)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int fd = ioth_msocket(stack, AF_INET6, type, 0), on = 1;

	if (fd < 0 || ioth_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    ioth_setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		fail("socket");
	if (address)
		name.sin6_addr = *address;
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		fail("bind");
	return fd;
}

static void add_client(int fd)
{
	if (fd < 0 || count == FIRST + CLIENTS)
		fail("client");
	fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void datagram(void)
{
	char data[2048], control[256];
	struct sockaddr_in6 from;
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t len = ioth_recvmsg(fds[DATAGRAMS].fd, &msg, 0);
	int fd;

	if (len < 0)
		return;
	puts("datagram");
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		struct in6_pktinfo info;

		if (cmsg->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		fd = open_socket(SOCK_DGRAM, &info.ipi6_addr);
		if (ioth_connect(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
			fail("connect");
		(void)!ioth_send(fd, data, (size_t)len, 0);
		add_client(fd);
	}
}

static void echo(unsigned int i)
{
	char data[16384];
	ssize_t len = ioth_recv(fds[i].fd, data, sizeof(data), 0), done = 0;

	while (len > 0 && done < len) {
		ssize_t n = ioth_send(fds[i].fd, data + done, (size_t)(len - done), 0);

		if (n < 0)
			break;
		done += n;
	}
	/* A connection at its end; and a datagram that says so. */
	if (len <= 0 || (len == 3 && memcmp(data, "end", 3) == 0)) {
		ioth_close(fds[i].fd);
		fds[i] = fds[--count];
		puts("ended");
	}
}

static void print_addresses(void)
{
	struct ifaddrs *list;
	char text[INET6_ADDRSTRLEN];

	printf("addresses");
	if (ioth_getifaddrs(stack, &list) == 0) {
		for (struct ifaddrs *at = list; at; at = at->ifa_next) {
			if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6)
				printf(" %s",
				    inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)at->ifa_addr)->sin6_addr,
				        text, sizeof(text)));
		}
		ioth_freeifaddrs(list);
	}
	puts("");
}

static int add_address(struct in6_addr *address)
{
	return ioth_ipaddr_add(
	    stack, AF_INET6, address, nl_addrdata2prefix(64, 2 /* IFA_F_NODAD */, 0), ifindex);
}

static void command(void)
{
	struct in6_addr address;
	char line[256];

	if (!fgets(line, sizeof(line), stdin))
		exit(0);
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "addresses") == 0)
		print_addresses();
	else if (strncmp(line, "retire ", 7) == 0 && inet_pton(AF_INET6, line + 7, &address) == 1) {
		if (ioth_ipaddr_retire(stack, AF_INET6, &address, 64, ifindex) < 0)
			printf("not retired: %s\n", strerrorname_np(errno));
		else
			printf("retired %s\n", line + 7);
	} else if (strncmp(line, "add ", 4) == 0 && inet_pton(AF_INET6, line + 4, &address) == 1) {
		if (add_address(&address) < 0)
			printf("not added: %s\n", strerrorname_np(errno));
		else
			printf("added %s\n", line + 4);
	}
}

int main(int argc, char *argv[])
{
	unsigned char mac[6];
	char text[MAC_ADDRSTRLEN];
	int on = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	if (argc < 4)
		return 2;
	stack = ioth_newstack(argv[1], strcmp(argv[2], "-") == 0 ? NULL : argv[2]);
	if (!stack) {
		fprintf(stderr, "retire_server: %s\n", ioth_error());
		return 1;
	}
	ifindex = (unsigned int)ioth_if_nametoindex(stack, "vde0");
	if (ioth_linksetupdown(stack, ifindex, 1) < 0 || ioth_linkgetaddr(stack, ifindex, mac) < 0)
		fail("link");
	for (int i = 3; i < argc; i++) {
		struct in6_addr address;

		if (inet_pton(AF_INET6, argv[i], &address) != 1 || add_address(&address) < 0)
			fail(argv[i]);
	}
	fds[LISTENER] = (struct pollfd){.fd = open_socket(SOCK_STREAM, NULL), .events = POLLIN};
	fds[DATAGRAMS] = (struct pollfd){.fd = open_socket(SOCK_DGRAM, NULL), .events = POLLIN};
	fds[INPUT] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (ioth_listen(fds[LISTENER].fd, 5) < 0 ||
	    ioth_setsockopt(fds[DATAGRAMS].fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
		fail("listen");
	printf("ready %s\n", ioth_ntomac(mac, text, sizeof(text)));
	while (poll(fds, count, -1) > 0) {
		for (unsigned int i = count; i-- > FIRST;) {
			if (fds[i].revents)
				echo(i);
		}
		if (fds[LISTENER].revents) {
			add_client(ioth_accept(fds[LISTENER].fd, NULL, NULL));
			puts("accepted");
		}
		if (fds[DATAGRAMS].revents)
			datagram();
		if (fds[INPUT].revents)
			command();
	}
	return 1;
}
