/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picox host that a script talks to: `node VNL OPTIONS`, then a command a line (the table at the
 * end, and "quit") from the standard input. What a command tells goes to the standard output and
 * ends with a line ".", what comes from the network to the standard error.
 *
 * It sends back what comes to its UDP port 7, and shows what comes to port 9. The stack is
 * configured by the core's own calls, so that its tables can be shown.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/errqueue.h>

#include "neighbour.h"
#include "runtime.h"

#include <picoxnet.h>

#define ECHO_PORT  7
#define SHOW_PORT  9
#define TRACE_PORT 33434
#define HOPS_MAX   8
#define PATIENCE   20000 /* ms for an answer */

struct node {
	struct picox *stack;
	int echo, show, show4;
};

/* ---- addresses as text ---- */

static struct sockaddr_in6 name_of(const char *text, int port)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct px_ip ip = px_ip_parse(text); /* IPv4-mapped */

	memcpy(&name.sin6_addr, &ip, sizeof(name.sin6_addr));
	return name;
}

/* "A/LEN" */
static int parse_prefix(char *text, struct px_ip *ip, unsigned int *prefix)
{
	char *slash = strchr(text, '/');

	if (!slash)
		return -EINVAL;
	*slash = '\0';
	*ip = px_ip_parse(text);
	*prefix = (unsigned int)atoi(slash + 1) + (px_ip_is4(ip) ? PX_IP4_OFFSET : 0);
	return 0;
}

/* ---- configuration: under the stack's lock ---- */

static int cmd_address(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_address_config config = {.scope = -1, .flags = IFA_F_NODAD};
	int err = parse_prefix(word[1], &config.ip, &config.prefix);

	if (word[2] && strcmp(word[2], "dad") == 0)
		config.flags = 0;
	if (!err)
		err = px_address_add(iface, &config, NULL);
	return err ? err : px_iface_up(iface);
}

static int cmd_remove(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_ip ip = px_ip_parse(word[1]);
	struct px_address *address = px_address_find(iface->stack, &ip, iface);

	if (!address)
		return -EADDRNOTAVAIL;
	px_address_del(address);
	return 0;
}

static int cmd_route(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_route route = {.iface = iface,
	    .table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .protocol = RTPROT_STATIC,
	    .expires = PX_TIME_NEVER};
	unsigned int prefix;
	int err = parse_prefix(word[1], &route.dst, &prefix);

	if (err || !word[2])
		return -EINVAL;
	route.prefix = (uint8_t)prefix;
	if (strcmp(word[2], "-") != 0)
		route.gateway = px_ip_parse(word[2]);
	route.family = px_ip_is4(&route.dst) ? AF_INET : AF_INET6;
	return px_route_add(iface->stack, &route, NLM_F_CREATE | NLM_F_EXCL, NULL);
}

static int cmd_mtu(struct node *node, struct px_iface *iface, char *word[])
{
	return px_iface_set_mtu(iface, (uint32_t)atoi(word[1]));
}

/* RFC 5227 from now on. */
static int cmd_probe(struct node *node, struct px_iface *iface, char *word[])
{
	iface->stack->options.arp_probe = true;
	return 0;
}

static int cmd_addresses(struct node *node, struct px_iface *iface, char *word[])
{
	const struct px_address *address;
	char text[INET6_ADDRSTRLEN];

	list_for_each (address, &iface->addresses, node)
		printf("%s%s%s\n", px_ip_text(&address->ip, text, sizeof(text)),
		    address->flags & IFA_F_TENTATIVE ? " tentative" : "",
		    address->flags & IFA_F_DADFAILED ? " dadfailed" : "");
	return 0;
}

static int cmd_neighbour(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_ip ip = px_ip_parse(word[1]);
	struct neighbour *neighbour = neighbour_find(iface, &ip);

	if (!neighbour)
		return -ENOENT;
	for (unsigned int i = 0; i < PX_MAC_LEN; i++)
		printf("%02x%c", neighbour->mac[i], i < PX_MAC_LEN - 1 ? ':' : ' ');
	printf("%s\n", neighbour_state_name(neighbour_current_state(neighbour)));
	return 0;
}

/* MS: how long a neighbour is believed, and a fifth of it between questions: RFC 4861 section 10's
 * times are long for a test. */
static int cmd_reachable(struct node *node, struct px_iface *iface, char *word[])
{
	for (unsigned int i = 0; i < 2; i++) {
		iface->neighbour[i].base_reachable = iface->neighbour[i].reachable =
		    (uint32_t)atoi(word[1]);
		iface->neighbour[i].retrans = iface->neighbour[i].reachable / 5;
	}
	return 0;
}

static int cmd_carrier(struct node *node, struct px_iface *iface, char *word[])
{
	printf("%s\n", px_iface_is_running(iface) ? "running" : "lost");
	return 0;
}

/* ---- traffic ---- */

/* Joins a group: from all sources, or only from those given. */
static int cmd_join(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_ip group = px_ip_parse(word[1]);
	bool is4 = px_ip_is4(&group);
	int fd = is4 ? node->show4 : node->show, level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	struct group_source_req request = {.gsr_interface = 2};
	struct sockaddr_in6 name = name_of(word[1], 0), source;
	struct sockaddr_in name4 = {.sin_family = AF_INET};
	int result = 0;

	memcpy(&name4.sin_addr, (uint8_t *)&group + 12, 4);
	memcpy(&request.gsr_group, is4 ? (void *)&name4 : (void *)&name, sizeof(name4));
	if (!is4)
		memcpy(&request.gsr_group, &name, sizeof(name));
	if (!word[2]) {
		struct group_req all = {.gr_interface = 2};

		memcpy(&all.gr_group, &request.gsr_group, sizeof(all.gr_group));
		result = picox_setsockopt(fd, level, MCAST_JOIN_GROUP, &all, sizeof(all));
	}
	for (char **from = word + 2; *from && result == 0; from++) {
		source = name_of(*from, 0);
		memcpy(&name4.sin_addr, (uint8_t *)&source.sin6_addr + 12, 4);
		memcpy(&request.gsr_source, is4 ? (void *)&name4 : (void *)&source,
		    is4 ? sizeof(name4) : sizeof(source));
		result = picox_setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &request, sizeof(request));
	}
	return result < 0 ? -errno : 0;
}

static int cmd_leave(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_ip group = px_ip_parse(word[1]);
	bool is4 = px_ip_is4(&group);
	struct group_req request = {.gr_interface = 2};
	struct sockaddr_in6 name = name_of(word[1], 0);
	struct sockaddr_in name4 = {.sin_family = AF_INET};

	memcpy(&name4.sin_addr, (uint8_t *)&group + 12, 4);
	if (is4)
		memcpy(&request.gr_group, &name4, sizeof(name4));
	else
		memcpy(&request.gr_group, &name, sizeof(name));
	return picox_setsockopt(is4 ? node->show4 : node->show, is4 ? IPPROTO_IP : IPPROTO_IPV6,
	           MCAST_LEAVE_GROUP, &request, sizeof(request)) < 0
	           ? -errno
	           : 0;
}

/* ADDRESS PORT TEXT: sends; no answer is waited for. */
static int cmd_send(struct node *node, struct px_iface *iface, char *word[])
{
	struct sockaddr_in6 name = name_of(word[1], word[2] ? atoi(word[2]) : 0);

	if (!word[2] || !word[3])
		return -EINVAL;
	return picox_sendto(
	           node->echo, word[3], strlen(word[3]), 0, (struct sockaddr *)&name, sizeof(name)) < 0
	           ? -errno
	           : 0;
}

/* One hop: sends with this hop limit, shows who refuses. 1: that was the target. */
static int trace_hop(int fd, const char *target, int hop, bool is4)
{
	struct sockaddr_in6 name = name_of(target, TRACE_PORT + hop), offender = {0};
	struct pollfd poll_fd = {.fd = fd};
	char control[512], data[512], text[INET6_ADDRSTRLEN];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control};
	struct sock_extended_err error = {0};
	struct px_ip ip;

	if (picox_setsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6, is4 ? IP_TTL : IPV6_UNICAST_HOPS,
	        &hop, sizeof(hop)) < 0 ||
	    picox_sendto(fd, "trace", 5, 0, (struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	if (poll(&poll_fd, 1, PATIENCE) != 1)
		return -ETIMEDOUT;
	msg.msg_controllen = sizeof(control);
	if (picox_recvmsg(fd, &msg, MSG_ERRQUEUE) < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR)
			continue;
		memcpy(&error, CMSG_DATA(c), sizeof(error));
		/* IPv4-mapped for IPv4, since the socket is an IPv6 one. */
		memcpy(&offender, CMSG_DATA(c) + sizeof(error), sizeof(offender));
	}
	memcpy(&ip, &offender.sin6_addr, sizeof(ip));
	px_ip_text(&ip, text, sizeof(text));
	printf("%d %s type %d code %d\n", hop, text, error.ee_type, error.ee_code);
	return error.ee_type == (is4 ? 3 : 1);
}

static int cmd_trace(struct node *node, struct px_iface *iface, char *word[])
{
	struct px_ip target = px_ip_parse(word[1]);
	bool is4 = px_ip_is4(&target);
	int fd = picox_msocket(node->stack, AF_INET6, SOCK_DGRAM, 0), on = 1, result;

	/* Where both families meet, each has its switch. */
	result = picox_setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) < 0 ||
	                 picox_setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) < 0
	             ? -errno
	             : 0;
	for (int hop = 1; hop <= HOPS_MAX && result == 0; hop++)
		result = trace_hop(fd, word[1], hop, is4);
	picox_close(fd);
	return result < 0 ? result : 0;
}

/* ---- what comes ---- */

static void echo(int fd)
{
	static char data[65536];
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	ssize_t got = picox_recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

	if (got >= 0)
		picox_sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&from, len);
}

static void show(int fd)
{
	static char data[65536];
	ssize_t got = picox_recv(fd, data, sizeof(data), 0);

	if (got >= 0)
		fprintf(stderr, "received %.*s\n", (int)got, data);
}

/* ---- commands ---- */

static const struct {
	const char *name;
	bool locked; /* needs the stack's lock; else it makes calls */
	int (*run)(struct node *node, struct px_iface *iface, char *word[]);
} commands[] = {
    {"address", true, cmd_address},     /* A/LEN [dad] */
    {"remove", true, cmd_remove},       /* A */
    {"route", true, cmd_route},         /* A/LEN GATEWAY; -: on the link */
    {"mtu", true, cmd_mtu},             /* BYTES */
    {"probe", true, cmd_probe},         /* */
    {"addresses", true, cmd_addresses}, /* */
    {"neighbour", true, cmd_neighbour}, /* A */
    {"reachable", true, cmd_reachable}, /* MS */
    {"carrier", true, cmd_carrier},     /* */
    {"join", false, cmd_join},          /* GROUP [SOURCE...] */
    {"leave", false, cmd_leave},        /* GROUP */
    {"send", false, cmd_send},          /* A PORT TEXT */
    {"trace", false, cmd_trace},        /* A */
};

static int execute(struct node *node, char *line)
{
	struct px_iface *iface = px_iface_by_index(node->stack->px, 2);
	char *word[16] = {NULL};
	unsigned int words = 0;
	int result;

	while (words < 15 && (word[words] = strsep(&line, " \n")))
		words += *word[words] != '\0';
	word[words] = NULL;
	for (unsigned int i = 0; words && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, word[0]) != 0)
			continue;
		if (!commands[i].locked)
			return commands[i].run(node, iface, word);
		runtime_lock(node->stack);
		result = commands[i].run(node, iface, word);
		runtime_leave(node->stack);
		return result;
	}
	return -ENOSYS;
}

static int open_port(struct node *node, int family, int port)
{
	struct sockaddr_in6 name = {
	    .sin6_family = (sa_family_t)family, .sin6_port = htons((uint16_t)port)};
	int fd = picox_msocket(node->stack, family, SOCK_DGRAM, 0),
	    only = family == AF_INET6 && port == SHOW_PORT;

	if (fd < 0 ||
	    (only && picox_setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) < 0) ||
	    picox_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		perror("socket");
		exit(EXIT_FAILURE);
	}
	return fd;
}

int main(int argc, char *argv[])
{
	const char *vnlv[] = {argc > 1 ? argv[1] : "", NULL};
	struct node node = {.stack = picox_newstackv(vnlv, argc > 2 ? argv[2] : NULL)};
	struct pollfd wait[4] = {{.fd = STDIN_FILENO, .events = POLLIN}};
	char *line = NULL;
	size_t size = 0;

	if (!node.stack) {
		fprintf(stderr, "%s\n", picox_error());
		return EXIT_FAILURE;
	}
	setvbuf(stdin, NULL, _IONBF, 0); /* poll tells what is not read yet */
	node.echo = open_port(&node, AF_INET6, ECHO_PORT);
	node.show = open_port(&node, AF_INET6, SHOW_PORT);
	node.show4 = open_port(&node, AF_INET, SHOW_PORT);
	wait[1] = (struct pollfd){.fd = node.echo, .events = POLLIN};
	wait[2] = (struct pollfd){.fd = node.show, .events = POLLIN};
	wait[3] = (struct pollfd){.fd = node.show4, .events = POLLIN};
	while (poll(wait, 4, -1) > 0) {
		if (wait[1].revents)
			echo(node.echo);
		if (wait[2].revents)
			show(node.show);
		if (wait[3].revents)
			show(node.show4);
		if (wait[0].revents) {
			int result;

			if (getline(&line, &size, stdin) <= 0 || strcmp(line, "quit\n") == 0)
				break;
			result = execute(&node, line);
			if (result < 0)
				printf("error: %s\n", strerror(-result));
			printf(".\n");
			fflush(stdout);
		}
	}
	free(line);
	picox_close(node.echo);
	picox_close(node.show);
	picox_close(node.show4);
	return picox_delstack(node.stack) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
