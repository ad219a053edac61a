/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups: what routers are told, and what comes through the filters. */
#include "net.h"

static struct {
	unsigned int v3, v2, v1, leaves, mld2, mld1, done;
	uint8_t last[256]; /* the last report, from its type on */
} told;

static bool watch(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	const uint8_t *message;
	uint8_t type;

	if (len < ETHER_HEADER + 40 && frame[12] == 0x86)
		return true;
	if (frame[12] == 0x08 && frame[13] == 0 && frame[14 + 9] == IPPROTO_IGMP) {
		assert_int_equal(frame[14 + 8], 1); /* TTL */
		message = frame + 14 + 24;          /* router alert */
		type = message[0];
		told.v3 += type == 0x22;
		told.v2 += type == 0x16;
		told.v1 += type == 0x12;
		told.leaves += type == 0x17;
	} else if (frame[12] == 0x86 && frame[14 + 6] == 0 && frame[14 + 40] == IPPROTO_ICMPV6) {
		message = frame + 14 + 48;
		type = message[0];
		if (memcmp(message + 12, (uint8_t[]){0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff}, 13) == 0)
			return true; /* solicited-node groups are not what is tested */
		told.mld2 += type == 143;
		told.mld1 += type == 131;
		told.done += type == 132;
	} else {
		return true;
	}
	memcpy(told.last, message,
	    len - (size_t)(message - frame) > 256 ? 256 : len - (size_t)(message - frame));
	return true;
}

static struct px_iface *watched_host(void)
{
	struct px_iface *a = net_host(net_attach, 1);

	sim_run(sim, 10 * PX_SEC);
	memset(&told, 0, sizeof(told));
	wire->probe = watch;
	return a;
}

static struct ip_membership *join(struct px_iface *iface, const char *group)
{
	struct px_ip ip = px_ip_parse(group);
	struct ip_membership *membership = NULL;

	assert_int_equal(ip_group_join(iface->stack, iface, &ip, true, NULL, 0, &membership), 0);
	return membership;
}

static void test_join_leave(void **state)
{
	struct px_iface *a = watched_host();
	struct ip_membership *first = join(a, "239.1.1.1"), *second;

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.v3, 2); /* robustness */
	assert_int_equal(told.last[8], GROUP_TO_EXCLUDE);
	second = join(a, "239.1.1.1"); /* nothing new */
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.v3, 2);
	ip_group_leave(a->stack, first);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.v3, 2);
	ip_group_leave(a->stack, second);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.v3, 4);
	assert_int_equal(told.last[8], GROUP_TO_INCLUDE);
	assert_true(list_is_empty(&a->ip4->groups.groups));
}

static void test_join_leave6(void **state)
{
	struct px_iface *a = watched_host();
	struct ip_membership *membership = join(a, "ff05::1234");

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.mld2, 2);
	assert_int_equal(told.last[8], GROUP_TO_EXCLUDE);
	ip_group_leave(a->stack, membership);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.mld2, 4);
	/* Of these nobody is told. */
	membership = join(a, "224.0.0.1");
	ip_group_leave(a->stack, membership);
	membership = join(a, "ff02::1");
	ip_group_leave(a->stack, membership);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.mld2, 4);
	assert_int_equal(told.v3, 0);
}

static void test_sources(void **state)
{
	struct px_iface *a = watched_host();
	struct px_ip group = px_ip_parse("232.1.1.1");
	struct px_ip list[3] = {
	    px_ip_parse("10.0.0.5"), px_ip_parse("10.0.0.6"), px_ip_parse("10.0.0.7")};
	struct ip_membership *m, *other;

	assert_int_equal(ip_group_join(a->stack, a, &group, false, list, 1, &m), 0);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.last[8], GROUP_ALLOW_NEW);
	assert_true(ip_group_wanted(a, &group, &list[0]));
	assert_false(ip_group_wanted(a, &group, &list[1]));
	assert_int_equal(ip_group_filter(a->stack, m, false, list, 2), 0);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.last[8], GROUP_ALLOW_NEW);
	assert_int_equal(told.last[8 + 3], 1);
	assert_memory_equal(told.last + 16, px_ip_bytes(&list[1]), 4);
	/* Another socket wants all but 6 and 7: of the excluded, 6 is included by the first. */
	assert_int_equal(ip_group_join(a->stack, a, &group, true, list + 1, 2, &other), 0);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.last[8], GROUP_TO_EXCLUDE);
	assert_int_equal(told.last[8 + 3], 1);
	assert_true(ip_group_wanted(a, &group, &list[1]));
	assert_false(ip_group_wanted(a, &group, &list[2]));
	assert_false(ip_membership_wants(other, &list[1]));
	assert_true(ip_membership_wants(m, &list[1]));
	ip_group_leave(a->stack, other);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.last[8], GROUP_TO_INCLUDE);
	assert_int_equal(told.last[8 + 3], 2);
	ip_group_leave(a->stack, m);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.last[8], GROUP_BLOCK_OLD);
	assert_true(list_is_empty(&a->ip4->groups.groups));
}

static const uint8_t alert[4] = {IP4_OPT_RA, 4, 0, 0};

static void igmp_query(uint8_t code, const char *group, const char *source)
{
	uint8_t query[16] = {0x11, code};
	struct px_ip ip = px_ip_parse(group);
	size_t len = 12;
	uint16_t sum;

	memcpy(query + 4, px_ip_bytes(&ip), 4);
	query[8] = 2;
	query[9] = 125;
	if (source) {
		ip = px_ip_parse(source);
		query[11] = 1;
		memcpy(query + 12, px_ip_bytes(&ip), 4);
		len = 16;
	}
	sum = checksum_finish(checksum_add(0, query, len));
	memcpy(query + 2, &sum, 2);
	net_inject4("10.0.0.254", "224.0.0.1", IPPROTO_IGMP, 1, 0, alert, 4, query, len);
}

static void test_queries(void **state)
{
	struct px_iface *a = watched_host();
	struct ip_membership *one = join(a, "239.1.1.1"), *two = join(a, "239.1.1.2");

	sim_run(sim, 5 * PX_SEC);
	memset(&told, 0, sizeof(told));
	igmp_query(50, "0.0.0.0", NULL);
	sim_run(sim, 6 * PX_SEC);
	assert_int_equal(told.v3, 1); /* both in one */
	assert_int_equal(told.last[7], 2);
	assert_int_equal(told.last[8], GROUP_IS_EXCLUDE);
	igmp_query(50, "239.1.1.2", NULL);
	igmp_query(50, "239.1.1.9", NULL); /* not a member */
	sim_run(sim, 6 * PX_SEC);
	assert_int_equal(told.v3, 2);
	igmp_query(50, "239.1.1.2", "10.0.0.5");
	sim_run(sim, 6 * PX_SEC);
	assert_int_equal(told.v3, 3);
	assert_int_equal(told.last[8], GROUP_IS_INCLUDE);
	ip_group_leave(a->stack, one);
	ip_group_leave(a->stack, two);
}

/* A version 2 querier: its protocol, with suppression. */
static void test_old_querier(void **state)
{
	struct px_iface *a = watched_host();
	struct ip_membership *membership = join(a, "239.1.1.1");
	uint8_t query[8] = {0x11, 100}, report[8] = {0x16, 0, 0, 0, 239, 1, 1, 1};
	uint16_t sum = checksum_finish(checksum_add(0, query, 8));

	sim_run(sim, 5 * PX_SEC);
	memcpy(query + 2, &sum, 2);
	net_inject4("10.0.0.254", "224.0.0.1", IPPROTO_IGMP, 1, 0, alert, 4, query, 8);
	memset(&told, 0, sizeof(told));
	sim_run(sim, 11 * PX_SEC);
	assert_int_equal(told.v2, 1);
	assert_int_equal(told.v3, 0);
	/* Somebody else answers first: not we, and leaving is told by nobody. */
	net_inject4("10.0.0.254", "224.0.0.1", IPPROTO_IGMP, 1, 0, alert, 4, query, 8);
	sum = checksum_finish(checksum_add(0, report, 8));
	memcpy(report + 2, &sum, 2);
	net_inject4("10.0.0.9", "239.1.1.1", IPPROTO_IGMP, 1, 0, alert, 4, report, 8);
	sim_run(sim, 11 * PX_SEC);
	told.v2 = 0;
	ip_group_leave(a->stack, membership);
	sim_run(sim, 11 * PX_SEC);
	assert_int_equal(told.leaves, 0);
	membership = join(a, "239.1.1.1");
	sim_run(sim, 11 * PX_SEC);
	assert_int_equal(told.v2, 2);
	ip_group_leave(a->stack, membership);
	sim_run(sim, PX_SEC);
	assert_int_equal(told.leaves, 1);
	/* And back to version 3 when that querier is silent. */
	sim_run(sim, 300 * PX_SEC);
	membership = join(a, "239.1.1.1");
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(told.v3, 2);
	ip_group_leave(a->stack, membership);
}

static unsigned int received;

static void count_input(struct px_stack *stack, struct px_pkt *pkt)
{
	received++;
	px_pkt_free(pkt);
}

static void test_reception(void **state)
{
	static const struct ip_protocol protocol = {
	    .number = 253, .ip4 = true, .ip6 = true, .input = count_input};
	struct px_iface *a = net_host(net_attach, 1), *b = net_host(net_attach, 2);
	struct ip_send send = {.ttl = -1, .multicast_loop = true};
	struct ip_membership *m4, *m6, *loop;
	struct px_stack *stack;

	ip_protocol_register(a->stack, &protocol);
	ip_protocol_register(b->stack, &protocol);
	sim_run(sim, 5 * PX_SEC);
	received = 0;
	net_send(a, "239.1.1.1", 253, 100, &send);
	net_send(a, "ff05::99", 253, 100, &send);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 0);
	m4 = join(b, "239.1.1.1");
	m6 = join(b, "ff05::99");
	net_send(a, "239.1.1.1", 253, 3000, &send); /* in fragments */
	net_send(a, "ff05::99", 253, 3000, &send);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 2);
	loop = join(a, "239.1.1.1"); /* the sender too */
	net_send(a, "239.1.1.1", 253, 3000, &send);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 4);
	send.ttl = 0; /* not beyond this host */
	net_send(a, "239.1.1.1", 253, 100, &send);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 5);
	ip_group_leave(a->stack, loop);
	list_remove(&((struct sim_port *)b->link)->node);
	stack = b->stack;
	px_iface_del(b); /* members of an interface that is gone may still leave */
	ip_group_leave(stack, m4);
	ip_group_leave(stack, m6);
}

static void test_many(void **state)
{
	struct px_iface *a = watched_host();
	static struct ip_membership *memberships[200];

	for (unsigned int i = 0; i < 200; i++) {
		struct px_ip group = px_ip4_host(0xef010000 + i);
		assert_int_equal(ip_group_join(a->stack, a, &group, true, NULL, 0, &memberships[i]), 0);
	}
	sim_run(sim, 5 * PX_SEC);
	told.v3 = 0;
	igmp_query(10, "0.0.0.0", NULL);
	sim_run(sim, 5 * PX_SEC);
	assert_in_range(told.v3, 2, 10);
	px_iface_down(a);
	px_iface_up(a);
	sim_run(sim, 5 * PX_SEC);
	for (unsigned int i = 0; i < 200; i++)
		ip_group_leave(a->stack, memberships[i]);
	sim_run(sim, 5 * PX_SEC);
	assert_true(list_is_empty(&a->ip4->groups.groups));
}

static void refused_scene(struct sim_node *node)
{
	struct px_iface *iface;
	struct px_ip group = px_ip_parse("232.1.1.1"), sources[2] = {group, group};
	struct ip_membership *m[3] = {NULL, NULL, NULL};

	iface = sim_connect(node, &ethernet_type, wire, 1);
	if (iface) {
		sources[1].b[15]++;
		ip_group_join(node->stack, iface, &group, false, sources, 1, &m[0]);
		ip_group_join(node->stack, iface, &group, true, sources, 2, &m[1]);
		group = px_ip_parse("ff05::1");
		ip_group_join(node->stack, iface, &group, true, NULL, 0, &m[2]);
		if (m[0])
			ip_group_filter(node->stack, m[0], false, sources, 2);
		sim_run(sim, 3 * PX_SEC);
		for (unsigned int i = 0; i < 3; i++) {
			if (m[i])
				ip_group_leave(node->stack, m[i]);
		}
	}
}

static void test_refused(void **state)
{
	net_refuse(120, 1, net_attach, refused_scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_join_leave, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_join_leave6, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_sources, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_queries, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_old_querier, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reception, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_many, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_refused, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
