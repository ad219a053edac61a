/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory, tables, timers, interfaces, addresses. */
#include "px.h"

#include "failing_allocator.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <net/if_arp.h>

static void no_input(struct px_iface *iface, struct px_pkt *pkt)
{
	px_pkt_free(pkt);
}

static int no_output(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *via)
{
	px_pkt_free(pkt);
	return 0;
}

static const struct px_iface_type test_type = {
    .arphrd = ARPHRD_ETHER,
    .address_len = 6,
    .flags = IFF_BROADCAST | IFF_MULTICAST,
    .mtu = 1500,
    .mtu_min = 68,
    .mtu_max = 65535,
    .input = no_input,
    .output = no_output,
};

static const uint64_t seed[2] = {1, 2};

static struct px_stack *make_stack(struct failing_allocator *allocator)
{
	struct px_config config = {.allocator = allocator ? &allocator->ops : NULL, .seed = seed};
	struct px_stack *stack;

	assert_int_equal(px_stack_new(&config, &stack), 0);
	return stack;
}

static struct px_iface *make_iface(struct px_stack *stack)
{
	struct px_iface *iface;

	assert_int_equal(px_iface_add(stack, &test_type, "vde%d", 0, NULL, &iface), 0);
	assert_int_equal(px_iface_up(iface), 0);
	return iface;
}

static void test_budget(void **state)
{
	struct failing_allocator allocator;
	struct px_mem *mem;
	void *a, *b;

	failing_allocator_init(&allocator);
	mem = px_mem_new(&allocator.ops, 4096);
	assert_null(px_alloc(mem, SIZE_MAX));
	assert_null(px_alloc(mem, 4096)); /* the budget itself counts */
	a = px_alloc(mem, 3000);
	assert_non_null(a);
	assert_null(px_alloc(mem, 3000));
	px_free(mem, a, 3000);
	b = px_alloc(mem, 3000);
	assert_non_null(b);
	px_mem_drop(mem); /* the last allocation keeps it */
	assert_int_equal(allocator.live, 2);
	px_free(mem, b, 3000);
	assert_int_equal(allocator.live, 0);
	assert_false(allocator.bad_size);
}

struct item {
	struct px_tnode node;
	uint64_t key;
};

static void test_table(void **state)
{
	struct px_mem *mem = px_mem_new(NULL, 0);
	struct px_table table = {0};
	static struct item items[1000];
	unsigned int seen = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		items[i].key = i;
		px_table_insert(&table, mem, &items[i].node, i * UINT64_C(0x9e3779b97f4a7c15));
	}
	for (struct px_tnode *node = px_table_next(&table, NULL); node;
	     node = px_table_next(&table, node))
		seen++;
	assert_int_equal(seen, 1000);
	for (unsigned int i = 0; i < 1000; i += 2)
		px_table_remove(&table, &items[i].node);
	for (unsigned int i = 0; i < 1000; i++) {
		struct px_tnode *node = px_table_chain(&table, i * UINT64_C(0x9e3779b97f4a7c15));
		while (node && ((struct item *)node)->key != i)
			node = node->next;
		assert_int_equal(node != NULL, i % 2);
	}
	px_table_fini(&table, mem);
	px_mem_drop(mem);
}

static void test_table_without_memory(void **state)
{
	struct failing_allocator allocator;
	struct px_mem *mem;
	struct px_table table = {0};
	struct item items[100];
	unsigned int seen = 0;

	failing_allocator_init(&allocator);
	mem = px_mem_new(&allocator.ops, 0);
	allocator.fail_at = 2;
	allocator.fail_after = true;
	for (unsigned int i = 0; i < 100; i++)
		px_table_insert(&table, mem, &items[i].node, i);
	for (struct px_tnode *node = px_table_next(&table, NULL); node;
	     node = px_table_next(&table, node))
		seen++;
	assert_int_equal(seen, 100);
	px_table_fini(&table, mem);
	px_mem_drop(mem);
}

static unsigned int fired;

static void on_timer(struct px_stack *stack, struct px_timer *timer)
{
	fired++;
}

static void test_timers(void **state)
{
	struct px_stack *stack = make_stack(NULL);
	struct px_timer timer;

	fired = 0;
	px_timer_init(&timer, on_timer);
	px_timer_set(stack, &timer, 100);
	px_timer_set(stack, &timer, 200); /* to later: lazily */
	assert_int_equal(px_deadline(stack), 100);
	px_run(stack, 150);
	assert_int_equal(fired, 0);
	assert_int_equal(px_deadline(stack), 200);
	px_timer_set(stack, &timer, 180); /* to earlier: at once */
	assert_int_equal(px_deadline(stack), 180);
	px_run(stack, 180);
	assert_int_equal(fired, 1);
	assert_int_equal(px_deadline(stack), PX_TIME_NEVER);
	px_timer_after(stack, &timer, 5);
	px_timer_stop(stack, &timer);
	px_run(stack, 1000);
	assert_int_equal(fired, 1);
	px_run(stack, 500); /* a clock that steps back is not believed */
	assert_int_equal(stack->now, 1000);
	px_stack_free(stack);
}

static struct px_address *add_address(struct px_iface *iface, const char *text, unsigned int prefix)
{
	struct px_address_config config = {.ip = px_ip_parse(text), .scope = -1};
	struct px_address *address = NULL;

	config.prefix = prefix + (px_ip_is4(&config.ip) ? PX_IP4_OFFSET : 0);
	assert_int_equal(px_address_add(iface, &config, &address), 0);
	return address;
}

static const struct px_route *lookup(struct px_stack *stack, const char *text)
{
	struct px_ip ip = px_ip_parse(text);

	return px_route_lookup(stack, &ip, 0, 0);
}

static void test_interfaces(void **state)
{
	struct px_stack *stack = make_stack(NULL);
	struct px_iface *a = make_iface(stack), *b = make_iface(stack), *c;

	assert_string_equal(a->name, "vde0");
	assert_string_equal(b->name, "vde1");
	assert_int_equal(b->index, 2);
	assert_int_equal(a->mac[0] & 3, 2);
	assert_memory_not_equal(a->mac, b->mac, 6);
	assert_int_equal(px_iface_add(stack, &test_type, "vde0", 0, NULL, &c), -EEXIST);
	assert_int_equal(px_iface_add(stack, &test_type, "x/y", 0, NULL, &c), -EINVAL);
	assert_int_equal(px_iface_add(stack, &test_type, "", 0, NULL, &c), -EINVAL);
	assert_int_equal(px_iface_add(stack, &test_type, "a%s", 0, NULL, &c), -EINVAL);
	assert_int_equal(px_iface_add(stack, &test_type, "sixteen_chars_xx", 0, NULL, &c), -EINVAL);
	assert_int_equal(px_iface_add(stack, &test_type, "eth0", 2, NULL, &c), -EBUSY);
	assert_int_equal(px_iface_rename(b, "vde0"), -EEXIST);
	assert_int_equal(px_iface_rename(b, "wan"), 0);
	assert_ptr_equal(px_iface_by_name(stack, "wan"), b);
	assert_int_equal(px_iface_set_mtu(b, 67), -EINVAL);
	assert_int_equal(px_iface_set_mtu(b, 9000), 0);
	px_iface_del(a);
	assert_null(px_iface_by_index(stack, 1));
	px_stack_free(stack);
}

static void test_address_routes(void **state)
{
	struct px_stack *stack = make_stack(NULL);
	struct px_iface *iface = make_iface(stack);
	struct px_address *first, *second;

	first = add_address(iface, "10.0.0.1", 24);
	assert_int_equal(lookup(stack, "10.0.0.1")->type, RTN_LOCAL);
	assert_int_equal(lookup(stack, "10.0.0.255")->type, RTN_BROADCAST);
	assert_int_equal(lookup(stack, "10.0.0.2")->type, RTN_UNICAST);
	assert_null(lookup(stack, "10.0.1.1"));
	second = add_address(iface, "10.0.0.7", 24);
	assert_true(second->flags & IFA_F_SECONDARY);
	px_address_del(first); /* the second is promoted, and keeps the prefix */
	assert_false(second->flags & IFA_F_SECONDARY);
	assert_null(lookup(stack, "10.0.0.1")
	                ? lookup(stack, "10.0.0.1")->type == RTN_LOCAL ? stack : NULL
	                : NULL);
	assert_int_equal(lookup(stack, "10.0.0.9")->type, RTN_UNICAST);
	assert_int_equal(lookup(stack, "10.0.0.255")->type, RTN_BROADCAST);

	/* IPv6: two addresses share the prefix route. */
	first = add_address(iface, "2001:db8::1", 64);
	second = add_address(iface, "2001:db8::2", 64);
	px_address_del(first);
	assert_non_null(lookup(stack, "2001:db8::9"));
	px_address_del(second);
	assert_null(lookup(stack, "2001:db8::9"));
	assert_int_equal(lookup(stack, "ff02::1")->type, RTN_MULTICAST);

	/* Down and up again. */
	px_iface_down(iface);
	assert_int_equal(stack->fib.total, 0);
	assert_int_equal(px_iface_up(iface), 0);
	assert_int_equal(lookup(stack, "10.0.0.7")->type, RTN_LOCAL);

	/* Two addresses in a prefix, whose route comes back, too, and goes with the last of them. */
	first = add_address(iface, "2001:db8::1", 64);
	second = add_address(iface, "2001:db8::2", 64);
	px_iface_down(iface);
	assert_null(lookup(stack, "2001:db8::9"));
	assert_int_equal(px_iface_up(iface), 0);
	assert_non_null(lookup(stack, "2001:db8::9"));
	px_address_del(first);
	assert_non_null(lookup(stack, "2001:db8::9"));
	px_address_del(second);
	assert_null(lookup(stack, "2001:db8::9"));
	px_stack_free(stack);
}

static void test_address_states(void **state)
{
	struct px_stack *stack = make_stack(NULL);
	struct px_iface *iface = make_iface(stack);
	struct px_address_config config = {.ip = px_ip_parse("2001:db8::1"),
	    .prefix = 64,
	    .scope = -1,
	    .flags = IFA_F_TENTATIVE,
	    .preferred = 10,
	    .valid = 20};
	struct px_address *address;

	assert_int_equal(px_address_add(iface, &config, &address), 0);
	assert_int_equal(px_address_add(iface, &config, NULL), -EEXIST);
	assert_int_equal(lookup(stack, "2001:db8::1")->type, RTN_UNICAST); /* not ours yet */
	px_address_set_flags(address, 0, IFA_F_TENTATIVE);
	assert_int_equal(lookup(stack, "2001:db8::1")->type, RTN_LOCAL);
	px_run(stack, 10 * PX_SEC);
	assert_true(address->flags & IFA_F_DEPRECATED);
	px_address_set_lifetimes(address, 10, 20);
	assert_false(address->flags & IFA_F_DEPRECATED);
	px_run(stack, 21 * PX_SEC);
	assert_true(address->flags & IFA_F_DEPRECATED);
	px_run(stack, 30 * PX_SEC);
	assert_true(list_is_empty(&iface->addresses));
	assert_null(lookup(stack, "2001:db8::1"));
	px_stack_free(stack);
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {
	    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "::1"};
	struct px_stack *stack = make_stack(NULL);
	struct px_iface *iface = make_iface(stack);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct px_address_config config = {.ip = px_ip_parse(bad[i]), .prefix = 128, .scope = -1};
		assert_true(px_address_add(iface, &config, NULL) < 0);
	}
	assert_int_equal(stack->addresses.count, 0);
	px_stack_free(stack);
}

/* Every allocation refused in turn: no crash, no leak, and the caller hears of it. */
static void test_allocation_failures(void **state)
{
	for (long fail_at = 1; fail_at < 40; fail_at++) {
		struct failing_allocator allocator;
		struct px_config config = {.seed = seed};
		struct px_stack *stack;
		struct px_iface *iface;

		failing_allocator_init(&allocator);
		config.allocator = &allocator.ops;
		allocator.fail_at = fail_at;
		if (px_stack_new(&config, &stack) == 0) {
			if (px_iface_add(stack, &test_type, "vde%d", 0, NULL, &iface) == 0) {
				px_iface_up(iface);
				for (unsigned int i = 1; i < 10; i++) {
					struct px_address_config address = {
					    .ip = px_ip4_host(0x0a000000 + (i << 8) + 1),
					    .prefix = 96 + 24,
					    .scope = -1};
					px_address_add(iface, &address, NULL);
				}
				px_iface_down(iface);
				px_iface_up(iface);
			}
			px_stack_free(stack);
		}
		assert_int_equal(allocator.live, 0);
		assert_int_equal(allocator.bytes, 0);
		assert_false(allocator.bad_size);
	}
}

static void test_transmit_queue(void **state)
{
	struct px_stack *stack = make_stack(NULL);
	struct px_iface *iface = make_iface(stack);
	struct px_pkt *frames[PX_BURST];

	iface->tx_limit = 8;
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(px_iface_transmit(iface, px_pkt_alloc(stack, 60)), 0);
	assert_int_equal(px_iface_transmit(iface, px_pkt_alloc(stack, 60)), -ENOBUFS);
	assert_int_equal(iface->stats.tx_dropped, 1);
	assert_ptr_equal(px_tx_next(stack), iface);
	assert_int_equal(px_tx_take(iface, frames, 4), 4);
	px_tx_return(iface, frames + 2, 2);
	px_pkt_free(frames[0]);
	px_pkt_free(frames[1]);
	assert_int_equal(iface->tx.count, 6);
	assert_int_equal(iface->stats.tx_packets, 2);
	iface->tx_stopped = true;
	assert_null(px_tx_next(stack));
	iface->tx_stopped = false;
	assert_int_equal(px_tx_take(iface, frames, PX_BURST), 6);
	for (unsigned int i = 0; i < 6; i++)
		px_pkt_free(frames[i]);
	assert_null(px_tx_next(stack));
	px_stack_free(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_budget),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_table_without_memory),
	    cmocka_unit_test(test_timers),
	    cmocka_unit_test(test_interfaces),
	    cmocka_unit_test(test_address_routes),
	    cmocka_unit_test(test_address_states),
	    cmocka_unit_test(test_bad_addresses),
	    cmocka_unit_test(test_allocation_failures),
	    cmocka_unit_test(test_transmit_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
