/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library on an interface of a stack that the program deletes, and makes again with the same
 * name: with another number, and in one breath with the same.
 *
 *     host: a picox that solicits ---- mem:// ---- vde1 of a picox: iothradvd_start
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <netinet/in.h>
#include <ioth.h>
#include <iothradvd.h>

#include "nd.h"
#include "nd_packet.h"

#define NETWORK "mem://iothradvd_interface"
#define TRIES   240 /* half a second each */

static struct ioth *host, *stack;
static int host_fd;
static uint8_t router[16]; /* its address: the interface's MAC address is a new one each time */

static void make_interface(struct ioth *on, unsigned int ifindex)
{
	uint8_t mac[6];

	assert_int_equal(ioth_iplink_add(on, "vde1", ifindex, "vde", NETWORK), 0);
	assert_int_equal(ioth_linkgetaddr(on, ifindex, mac), 0);
	nd_link_local(router, mac);
	assert_int_equal(ioth_linksetupdown(on, ifindex, 1), 0);
}

/* An advertisement comes, since all of them are answers. As often as it takes: what is asked before
 * there are addresses on both sides is heard by nobody. */
static void ask(void)
{
	static const uint8_t solicitation[8] = {ND_ROUTER_SOLICIT};
	struct sockaddr_in6 routers = {
	    .sin6_family = AF_INET6, .sin6_addr = {{{0xff, 2, [15] = 2}}}, .sin6_scope_id = 7};
	struct sockaddr_in6 from;
	struct pollfd item = {.fd = host_fd, .events = POLLIN};
	uint8_t message[1500];

	for (unsigned int i = 0; i < TRIES; i++) {
		(void)ioth_sendto(host_fd, solicitation, sizeof(solicitation), 0,
		    (struct sockaddr *)&routers, sizeof(routers));
		while (poll(&item, 1, 500) > 0) {
			socklen_t from_len = sizeof(from);

			if (ioth_recvfrom(host_fd, message, sizeof(message), MSG_DONTWAIT,
			        (struct sockaddr *)&from, &from_len) > 0 &&
			    message[0] == ND_ROUTER_ADVERT && memcmp(&from.sin6_addr, router, 16) == 0)
				return;
		}
	}
	fail_msg("no answer");
}

static void make_host(void)
{
	int hops = 255;

	host = ioth_newstack("picox", NULL);
	assert_non_null(host);
	make_interface(host, 7);
	host_fd = ioth_msocket(host, AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	assert_true(host_fd >= 0);
	assert_int_equal(
	    ioth_setsockopt(host_fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)), 0);
}

static void test_again(void **state)
{
	struct iothradvd_stats stats;
	struct iothradvd *ra;

	ioth_set_license("GPL-2.0-or-later");
	make_host();
	stack = ioth_newstack("picox", NULL);
	assert_non_null(stack);
	make_interface(stack, 7);
	ra = iothradvd_start(stack, 7, 0, NULL, NULL, 0); /* 0: who asks, and nobody else */
	assert_non_null(ra);
	ask();
	assert_int_equal(ioth_iplink_del(stack, "vde1", 0), 0);
	do
		assert_int_equal(iothradvd_get_stats(ra, &stats, sizeof(stats)), 0);
	while (stats.advertising && poll(NULL, 0, 10) == 0);
	make_interface(stack, 8);
	ask();
	assert_int_equal(ioth_iplink_del(stack, "vde1", 0), 0);
	make_interface(stack, 8);
	ask();
	iothradvd_stop(ra);
	ioth_close(host_fd);
	assert_int_equal(ioth_delstack(stack), 0);
	assert_int_equal(ioth_delstack(host), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
