/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same requests, one after the other, to the kernel and to a stack: the same error numbers.
 * Both begin with lo (1) and a0 (5), up in the second table, without addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "link.h"
#include "namespace.h"
#include "px_io.h"
#include "same_requests.h"

#define LLADDR BYTES(NDA_LLADDR, "\2\0\0\0\0\11")

static const struct wanted more[] = {
    /* addresses */
    {"lifetime 0", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\7"), BYTES(IFA_CACHEINFO, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}},
    {"preferred longer than valid", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\7"), BYTES(IFA_CACHEINFO, "\11\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0")}},
    {"add for good", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1")}},
    {"a group", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1")}},
    {"get an IPv4 address", RTM_GETADDR, 0, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1")}},
    {"get an IPv6 address that is none", RTM_GETADDR, 0, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_ADDRESS, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x33")}},
    {"delete by the prefix", RTM_DELADDR, 0, ADDR(AF_INET, 16, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1")}},
    {"delete nothing of IPv6", RTM_DELADDR, 0, ADDR(AF_INET6, 64, .ifa_index = 5)},
    {"delete of no family", RTM_DELADDR, 0, ADDR(AF_UNIX, 24, .ifa_index = 5)},

    /* routes */
    {"route with host bits", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\11\0\1"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    /* A gateway that is our own address: the kernel takes it, the stack does not (EINVAL). */
    {"route by nothing", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\11\0\0")}},
    {"route of a wrong type", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, .rtm_type = 77),
        {BYTES(RTA_DST, "\12\11\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"default route", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 0, MAIN_UNICAST),
        {BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"default route again", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 0, MAIN_UNICAST),
        {BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"default route replaced", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
        ROUTE(AF_INET, 0, MAIN_UNICAST), {BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"replace what is not there", RTM_NEWROUTE, NLM_F_REPLACE, ROUTE(AF_INET, 24, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x21\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"route get", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\0\0\7")}},
    {"blackhole", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_BLACKHOLE),
        {BYTES(RTA_DST, "\12\x31\0\0")}},
    {"unreachable", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNREACHABLE),
        {BYTES(RTA_DST, "\12\x32\0\0")}},
    {"prohibit", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_PROHIBIT),
        {BYTES(RTA_DST, "\12\x33\0\0")}},
    {"get by a blackhole", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x31\0\7")}},
    {"get unreachable", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x32\0\7")}},
    {"get prohibited", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x33\0\7")}},
    {"delete by another gateway", RTM_DELROUTE, 0, ROUTE(AF_INET, 0, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_GATEWAY, "\12\0\0\x63")}},
    {"delete by the gateway", RTM_DELROUTE, 0, ROUTE(AF_INET, 0, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"get without a route", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\13\0\0\7")}},

    /* neighbours */
    {"new neighbour", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"new neighbour again", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"change a neighbour", RTM_NEWNEIGH, NLM_F_REPLACE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_STALE),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"change none", RTM_NEWNEIGH, NLM_F_REPLACE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_STALE),
        {BYTES(NDA_DST, "\12\0\0\12"), LLADDR}},
    {"neighbour without address", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT), {LLADDR}},
    {"neighbour without MAC", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\13")}},
    {"neighbour with half a MAC", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\14"), BYTES(NDA_LLADDR, "\2\0\0")}},
    {"neighbour nowhere", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 99, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\15"), LLADDR}},
    {"neighbour on no interface", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_state = NUD_PERMANENT), {BYTES(NDA_DST, "\12\0\0\15"), LLADDR}},
    {"neighbour of no family", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_UNIX, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\15"), LLADDR}},
    {"get a neighbour", RTM_GETNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\11")}},
    {"get no neighbour", RTM_GETNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\x3f")}},
    {"dump neighbours", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET)},
    {"delete a neighbour nowhere", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 99),
        {BYTES(NDA_DST, "\12\0\0\11")}},
    {"delete a neighbour of none", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5)},
    {"delete no neighbour", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\x3f")}},
};

static int kernel_fd = -1;
static struct px_stack *stack;
static struct px_sock *sock;

static int compare(const struct wanted *list, size_t count)
{
	const struct nlq_io ours = px_io(sock);
	const struct nlq_io kernels = nlq_io_fd(&kernel_fd);
	int differences = 0;

	for (size_t i = 0; i < count; i++) {
		int kernel = ask(&kernels, &list[i]);
		int our = ask(&ours, &list[i]);

		if (kernel != our) {
			printf("%s: kernel %s, ours %s\n", list[i].what, strerror(-kernel), strerror(-our));
			differences++;
		}
	}
	return differences;
}

static void test_same_errors(void **state)
{
	assert_int_equal(compare(requests, sizeof(requests) / sizeof(requests[0])), 0);
}

static void test_same_errors_up(void **state)
{
	assert_int_equal(compare(more, sizeof(more) / sizeof(more[0])), 0);
}

static int setup(void **state)
{
	struct px_config config = {.now = 1};
	struct nlq_io io = nlq_io_fd(&kernel_fd);
	struct px_iface *iface;
	int peer;

	kernel_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_true(kernel_fd >= 0);
	assert_int_equal(nlq_dialog_link_add(&io, "a0", 5, "veth", NULL), 0);
	peer = nlq_dialog_ifindex(&io, "veth0");
	assert_true(peer > 0);
	assert_int_equal(nlq_dialog_link_updown(&io, (unsigned int)peer, 1), 0);
	assert_int_equal(nlq_dialog_link_updown(&io, 1, 1), 0);

	assert_int_equal(px_open(&config, &stack), 0);
	assert_int_equal(px_iface_add(stack, &ethernet_type, "a0", 5, NULL, &iface), 0);
	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock), 0);
	return 0;
}

static int teardown(void **state)
{
	close(kernel_fd);
	px_stack_free(stack);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_errors), cmocka_unit_test(test_same_errors_up)};

	enter_namespaces_or_skip();
	return cmocka_run_group_tests(tests, setup, teardown);
}
