/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a resolver takes from its stack: the order of addresses by RFC 6724, AI_ADDRCONFIG, sockets
 * after fork(2). A thread serves on the stack's own 127.0.0.1.
 *
 *	iothdns_stack STACK VNL INTERFACE       (kernel: VNL is "", the interface is there)
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>
#include <ioth.h>
#include <iothdns.h>

static struct ioth *stack;
static unsigned int ifindex;
static int failures;
static atomic_uint ports; /* that queries came from, one after the other */

static void check(bool good, const char *what, const char *seen)
{
	if (good)
		return;
	printf("FAIL: %s: %s\n", what, seen);
	failures++;
}

static void need(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

/* ---- the server -------------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	const char *addresses[3]; /* in the order of the answers */
	const char *sorted;
	const char *rule;
} cases[] = {
    {"both.x", {"10.7.0.2", "2001:db8::2"}, "2001:db8::2 10.7.0.2 ", "6: precedence 40, 35"},
    {"ula.x", {"10.7.0.2", "fd00:7::2"}, "10.7.0.2 fd00:7::2 ", "6: 35, 3"},
    {"two.x", {"fd00:7::2", "2001:db8::2"}, "2001:db8::2 fd00:7::2 ", "6: 40, 3"},
    {"noroute.x", {"192.0.2.1", "2001:db8:1::1"}, "2001:db8:1::1 192.0.2.1 ", "1: reachable"},
    {"noroute6.x", {"10.7.0.2", "fd00:8::1"}, "10.7.0.2 fd00:8::1 ", "5: labels 4 4, 1 13"},
    {"sixtofour.x", {"2002:a07:2::1", "10.7.0.2"}, "10.7.0.2 2002:a07:2::1 ", "5: label 2"},
    {"teredo.x", {"2001::1", "2001:db8::9"}, "2001:db8::9 2001::1 ", "5: label 5"},
    {"scope.x", {"10.7.0.2", "169.254.0.1"}, "10.7.0.2 169.254.0.1 ", "1, 2"},
    {"near.x", {"2001:db8:ff::1", "2001:db8:1::1"}, "2001:db8:1::1 2001:db8:ff::1 ", "9: prefix"},
    {"link.x", {"2001:db8::8", "2001:db8::2"}, "2001:db8::8 2001:db8::2 ", "10: one link"},
    {"same.x", {"10.7.0.9", "10.7.0.2"}, "10.7.0.9 10.7.0.2 ", "10: as they were"},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct iothdns_pkt *reply_to(struct iothdns_header *h, void *arg)
{
	int family = h->qtype == IOTHDNS_TYPE_A ? AF_INET : AF_INET6;
	struct iothdns_rr rr = {h->qname, h->qtype, IOTHDNS_CLASS_IN, 60, 0};
	struct iothdns_pkt *pkt;

	(void)arg;
	h->flags |= IOTHDNS_RESPONSE;
	pkt = iothdns_put_header(h);
	for (size_t i = 0; i < CASES; i++) {
		if (strcasecmp(h->qname, cases[i].name) != 0)
			continue;
		for (size_t k = 0; k < 3 && cases[i].addresses[k]; k++) {
			unsigned char address[16];

			if (inet_pton(family, cases[i].addresses[k], address) != 1)
				continue;
			iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
			iothdns_put_data(pkt, address, family == AF_INET ? 4 : 16);
		}
	}
	return pkt;
}

static void *serve(void *fd)
{
	struct sockaddr_in from;
	in_port_t last = 0;

	for (;;) {
		socklen_t len = sizeof(from);
		char byte;

		if (ioth_recvfrom(*(int *)fd, &byte, 1, MSG_PEEK, (struct sockaddr *)&from, &len) < 0)
			return NULL;
		atomic_fetch_add(&ports, from.sin_port != last);
		last = from.sin_port;
		iothdns_udp_process_request(*(int *)fd, reply_to, NULL);
	}
}

/* ---- the stack's addresses ------------------------------------------------------------------- */

static void add(const char *text, int prefix)
{
	unsigned char address[16];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, text, address);
	/* IFA_F_NODAD */
	need(ioth_ipaddr_add(stack, family, address,
	         family == AF_INET6 ? nl_addrdata2prefix(prefix, 2, 0) : prefix, ifindex),
	    text);
}

/* All of a family but those of lo. */
static void remove_addresses(int family)
{
	struct ifaddrs *list, *ifa;

	need(ioth_getifaddrs(stack, &list), "getifaddrs");
	for (ifa = list; ifa; ifa = ifa->ifa_next) {
		struct sockaddr_in *in4 = (void *)ifa->ifa_addr, *mask4 = (void *)ifa->ifa_netmask;
		struct sockaddr_in6 *in6 = (void *)ifa->ifa_addr, *mask6 = (void *)ifa->ifa_netmask;
		int prefix = 0;

		if (!ifa->ifa_addr || ifa->ifa_addr->sa_family != family ||
		    strcmp(ifa->ifa_name, "lo") == 0)
			continue;
		if (family == AF_INET)
			prefix = __builtin_popcount(mask4->sin_addr.s_addr);
		for (int i = 0; family == AF_INET6 && i < 16; i++)
			prefix += __builtin_popcount(mask6->sin6_addr.s6_addr[i]);
		need(ioth_ipaddr_del(stack, family,
		         family == AF_INET ? (void *)&in4->sin_addr : (void *)&in6->sin6_addr, prefix,
		         ifindex),
		    "ipaddr_del");
	}
	ioth_freeifaddrs(list);
}

/* ---- the tests --------------------------------------------------------------------------------
 */

static struct iothdns *resolver(const char *options)
{
	char config[100];
	struct iothdns *dns;

	snprintf(config, sizeof(config), "nameserver 127.0.0.1\noptions timeout:30 %s", options);
	dns = iothdns_init_strcfg(stack, config);
	if (!dns)
		exit(1);
	iothdns_setpath(dns, IOTHDNS_HOSTS, (char[]){"/nonexistent"});
	return dns;
}

static int resolve(
    struct iothdns *dns, const char *name, int family, int flags, char *seen, size_t size)
{
	struct addrinfo hints = {.ai_family = family, .ai_flags = flags, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list, *ai;
	int result = iothdns_getaddrinfo(dns, name, NULL, &hints, &list);

	if (result != 0)
		snprintf(seen, size, "%s", iothdns_gai_strerror(result));
	else
		*seen = '\0';
	for (ai = list; ai; ai = ai->ai_next) {
		char host[80];

		iothdns_getnameinfo(
		    dns, ai->ai_addr, ai->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST);
		snprintf(seen + strlen(seen), size - strlen(seen), "%s ", host);
	}
	iothdns_freeaddrinfo(list);
	return result;
}

static void test_order(void)
{
	struct iothdns *dns = resolver("rfc6724"), *plain = resolver("");
	unsigned char none[16] = {0}, router[16];
	char seen[300];

	add("10.7.0.1", 24);
	add("2001:db8::1", 64);
	add("fd00:7::1", 64);
	inet_pton(AF_INET6, "2001:db8::fe", router);
	need(ioth_iproute_add(stack, AF_INET6, none, 0, router, ifindex), "default route");
	for (size_t i = 0; i < CASES; i++) {
		resolve(dns, cases[i].name, AF_UNSPEC, 0, seen, sizeof(seen));
		if (strcmp(seen, cases[i].sorted) != 0)
			printf("FAIL: %s (rule %s): %s\n", cases[i].name, cases[i].rule, seen), failures++;
	}
	resolve(plain, "both.x", AF_UNSPEC, 0, seen, sizeof(seen));
	check(strcmp(seen, "10.7.0.2 2001:db8::2 ") == 0, "order without the option", seen);
	iothdns_fini(dns);
	iothdns_fini(plain);
}

static void test_addrconfig(void)
{
	static const char four[] = "10.7.0.2 ", six[] = "2001:db8::2 ",
	                  both[] = "10.7.0.2 2001:db8::2 ";
	struct iothdns *dns = resolver("");
	char seen[300];

	resolve(dns, "both.x", AF_UNSPEC, AI_ADDRCONFIG, seen, sizeof(seen));
	check(strcmp(seen, both) == 0, "AI_ADDRCONFIG with both", seen);
	remove_addresses(AF_INET6);
	resolve(dns, "both.x", AF_UNSPEC, AI_ADDRCONFIG, seen, sizeof(seen));
	check(strcmp(seen, four) == 0, "AI_ADDRCONFIG without IPv6", seen);
	check(resolve(dns, "both.x", AF_INET6, AI_ADDRCONFIG, seen, sizeof(seen)) == EAI_NONAME,
	    "AI_ADDRCONFIG, AF_INET6 without IPv6", seen);
	resolve(dns, "both.x", AF_INET6, 0, seen, sizeof(seen));
	check(strcmp(seen, six) == 0, "AF_INET6 without the flag", seen);
	remove_addresses(AF_INET);
	/* Nothing but lo: all are asked for. */
	resolve(dns, "both.x", AF_UNSPEC, AI_ADDRCONFIG, seen, sizeof(seen));
	check(strcmp(seen, both) == 0, "AI_ADDRCONFIG without any address", seen);
	add("2001:db8::1", 64);
	resolve(dns, "both.x", AF_UNSPEC, AI_ADDRCONFIG, seen, sizeof(seen));
	check(strcmp(seen, six) == 0, "AI_ADDRCONFIG without IPv4", seen);
	check(resolve(dns, "both.x", AF_INET, AI_ADDRCONFIG, seen, sizeof(seen)) == EAI_NONAME,
	    "AI_ADDRCONFIG, AF_INET without IPv4", seen);
	iothdns_fini(dns);
}

static int look_up_many(struct iothdns *dns)
{
	for (int i = 0; i < 200; i++) {
		struct in_addr addr;

		if (iothdns_lookup_a(dns, "both.x", &addr, 1) != 1)
			return 1;
	}
	return 0;
}

/* Parent and child with one handle, at the same time: neither takes the other's answers. */
static void test_fork(void)
{
	struct iothdns *dns = resolver("no-cache keep-port");
	unsigned int before;
	pid_t child;
	int status;

	check(look_up_many(dns) == 0, "before fork", "");
	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(look_up_many(dns));
	check(look_up_many(dns) == 0, "the parent", "");
	check(waitpid(child, &status, 0) == child && status == 0, "the child", "");
	/* The child's is gone: ours is what it was. */
	look_up_many(dns);
	before = atomic_load(&ports);
	check(look_up_many(dns) == 0 && atomic_load(&ports) == before, "one port a process", "");
	iothdns_fini(dns);
}

int main(int argc, char *argv[])
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	pthread_t server;
	int fd;

	if (argc != 4)
		return 2;
	stack = ioth_newstack(argv[1], *argv[2] ? argv[2] : NULL);
	if (!stack) {
		fprintf(stderr, "no stack: %s\n", ioth_error());
		return 1;
	}
	ifindex = (unsigned int)ioth_if_nametoindex(stack, argv[3]);
	need(ioth_linksetupdown(stack, 1, 1), "lo up");
	need(ioth_linksetupdown(stack, ifindex, 1), "up");
	fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	need(ioth_bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	if (pthread_create(&server, NULL, serve, &fd) != 0)
		return 1;
	test_order();
	test_addrconfig();
	if (strcmp(argv[1], "picox") != 0) /* whose sockets are the parent's alone */
		test_fork();
	pthread_cancel(server);
	pthread_join(server, NULL);
	ioth_close(fd);
	need(ioth_delstack(stack), "delstack");
	printf("%d failures\n", failures);
	return failures != 0;
}
