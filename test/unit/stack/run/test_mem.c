/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks on networks in memory: a thousand of them; nobody wakes for nothing; groups, duplicates,
 * VLANs. */
#include "host.h"

#include "vlan.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACKS 1000

static unsigned int threads(void)
{
	char line[128];
	unsigned int count = 0;
	FILE *file = fopen("/proc/self/status", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "Threads: %u", &count);
	fclose(file);
	return count;
}

static void test_thousand(void **state)
{
	struct picox **stack = calloc(STACKS, sizeof(struct picox *));
	unsigned int before = threads();
	int fd;

	assert_non_null(stack);
	for (unsigned int i = 0; i < STACKS; i++) {
		char address[32];

		snprintf(address, sizeof(address), "10.%u.%u.1", i / 250, i % 250);
		stack[i] = picox_newstack((char *)(uintptr_t) "mem://thousand");
		assert_non_null(stack[i]);
		assert_int_equal(host_address(stack[i], address, 8), 0);
	}
	assert_true(threads() - before <= 2 + HOST_IS_TSAN); /* it has a thread of its own */
	fd = picox_msocket(stack[0], AF_INET, SOCK_DGRAM, 0);
	for (unsigned int i = 1; i < STACKS; i += 37) {
		char address[32];

		snprintf(address, sizeof(address), "10.%u.%u.1", i / 250, i % 250);
		host_udp_round(fd, stack[i], address);
	}
	assert_int_equal(picox_close(fd), 0);
	for (unsigned int i = 0; i < STACKS; i++)
		assert_int_equal(picox_delstack(stack[i]), 0);
	free(stack);
	if (!HOST_IS_TSAN)
		assert_int_equal(threads(), before);
}

/* How often the pollers have gone to sleep. */
static unsigned long sleeps(void)
{
	unsigned long total = 0, count;
	DIR *tasks = opendir("/proc/self/task");
	char path[64], line[128];
	struct dirent *task;

	assert_non_null(tasks);
	while ((task = readdir(tasks))) {
		bool poller = false;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", task->d_name);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			if (strcmp(line, "Name:\tpicox\n") == 0)
				poller = true;
			if (poller && sscanf(line, "voluntary_ctxt_switches: %lu", &count) == 1)
				total += count;
		}
		if (file)
			fclose(file);
	}
	closedir(tasks);
	return total;
}

static px_time deadline_of(struct picox *stack)
{
	px_time deadline;

	runtime_lock(stack);
	deadline = px_deadline(stack->px);
	runtime_leave(stack);
	return deadline;
}

/* Between its timers (announcements, neighbours that grow old) a stack costs no wake-up. */
static void test_idle(void **state)
{
	px_time next_a, next_b, end;
	unsigned long before, after;
	struct picox *a, *b;
	int fd, tries = 0;

	if (HOST_IS_TSAN)
		skip();
	a = host_new("mem://idle", NULL, "10.0.0.1");
	b = host_new("mem://idle", NULL, "10.0.0.2");
	fd = picox_msocket(a, AF_INET, SOCK_DGRAM, 0);
	host_udp_round(fd, b, "10.0.0.2");
	/* The pollers may have been told of a new deadline, and not had the processor yet: what ticks
	 * is never quiet. */
	do {
		poll(NULL, 0, 50);
		next_a = deadline_of(a);
		next_b = deadline_of(b);
		before = sleeps();
		poll(NULL, 0, 200);
		after = sleeps();
		end = process_now();
	} while (end >= next_a || end >= next_b || (after != before && ++tries < 100));
	assert_int_equal(after, before);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
}

/* The groups of all nodes, which nobody joins. */
static void test_all_nodes(void **state)
{
	struct sockaddr_in6 all = {.sin6_family = AF_INET6,
	    .sin6_port = htons(7),
	    .sin6_addr.s6_addr = {0xff, 2, [15] = 1},
	    .sin6_scope_id = 2};
	struct picox *near = host_new("mem://nodes", NULL, "10.0.0.1"),
	             *far = host_new("mem://nodes", NULL, "10.0.0.2");
	const struct timeval patience = {.tv_sec = 60};
	int in4 = host_udp4(near, "0.0.0.0", 7), out4 = host_udp4(far, "10.0.0.2", 7);
	int in6 = picox_msocket(near, AF_INET6, SOCK_DGRAM, 0),
	    out6 = picox_msocket(far, AF_INET6, SOCK_DGRAM, 0), on = 1;
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	char byte;

	assert_int_equal(host_address(far, "fe80::2", 64), 0);
	picox_setsockopt(in4, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	picox_setsockopt(in6, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	picox_setsockopt(in6, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	assert_int_equal(picox_bind(in6, (struct sockaddr *)&any, sizeof(any)), 0);
	host_send4(out4, "224.0.0.1", 7, "4", 1);
	assert_int_equal(picox_recv(in4, &byte, 1, 0), 1);
	assert_int_equal(byte, '4');
	assert_int_equal(picox_sendto(out6, "6", 1, 0, (struct sockaddr *)&all, sizeof(all)), 1);
	assert_int_equal(picox_recv(in6, &byte, 1, 0), 1);
	assert_int_equal(byte, '6');
	picox_close(in4);
	picox_close(in6);
	picox_close(out4);
	picox_close(out6);
	assert_int_equal(picox_delstack(near), 0);
	assert_int_equal(picox_delstack(far), 0);
}

/* A group that is none of IP's, for a packet socket that asks for it. */
static void test_packet_group(void **state)
{
	static const uint8_t frame[64] = {1, 0x80, 0xc2, 0, 0, 0xe, 2, 0, 0, 0, 0, 9, 0x88, 0xcc};
	struct picox *near = host_new("mem://group", NULL, "10.0.0.1"),
	             *far = host_new("mem://group", NULL, "10.0.0.2");
	struct sockaddr_ll name = {
	    .sll_family = AF_PACKET, .sll_ifindex = 2, .sll_protocol = htons(0x88cc)};
	struct packet_mreq request = {.mr_ifindex = 2,
	    .mr_type = PACKET_MR_MULTICAST,
	    .mr_alen = 6,
	    .mr_address = {1, 0x80, 0xc2, 0, 0, 0xe}};
	int in = picox_msocket(near, AF_PACKET, SOCK_RAW, htons(0x88cc)),
	    out = picox_msocket(far, AF_PACKET, SOCK_RAW, 0);
	const struct timeval patience = {.tv_sec = 60};
	uint8_t seen[sizeof(frame)];

	picox_setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(
	    picox_setsockopt(in, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)), 0);
	assert_int_equal(
	    picox_sendto(out, frame, sizeof(frame), 0, (struct sockaddr *)&name, sizeof(name)),
	    sizeof(frame));
	assert_int_equal(picox_recv(in, seen, sizeof(seen), 0), sizeof(frame));
	assert_memory_equal(seen, frame, sizeof(frame));
	assert_int_equal(picox_close(in), 0);
	assert_int_equal(picox_close(out), 0);
	assert_int_equal(picox_delstack(near), 0);
	assert_int_equal(picox_delstack(far), 0);
}

/* RFC 4862 section 5.4.3: who has the address says so, to all nodes. */
static void test_duplicate(void **state)
{
	const struct px_ip taken = px_ip_parse("fd00::1");
	struct px_address_config config = {.ip = taken, .prefix = 64, .scope = -1};
	struct picox *owner = host_new("mem://duplicate", NULL, "fd00::1"),
	             *other = host_new("mem://duplicate", NULL, "fd00::2");
	struct px_address *address;
	uint32_t flags;

	runtime_lock(other);
	assert_int_equal(px_address_add(px_iface_by_index(other->px, 2), &config, &address), 0);
	runtime_leave(other);
	do {
		sched_yield();
		runtime_lock(other);
		flags = address->flags;
		runtime_leave(other);
	} while ((flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == IFA_F_TENTATIVE);
	assert_true(flags & IFA_F_DADFAILED);
	assert_int_equal(picox_delstack(owner), 0);
	assert_int_equal(picox_delstack(other), 0);
}

/* A VLAN on a network that delivers by filters: its ARP reaches a stack that has no socket, and so
 * listens to nothing else. */
static void test_vlan(void **state)
{
	const uint8_t request[16] = {8, 0, 0, 0, 0, 0, 0, 1, 'e', 'c', 'h', 'o'};
	struct sockaddr_in name = host_name4("10.5.0.2", 0);
	const struct timeval patience = {.tv_sec = 60};
	struct picox *stack[2];
	uint8_t reply[16];
	int fd;

	for (unsigned int i = 0; i < 2; i++) {
		struct px_address_config config = {.ip = px_ip_parse(i ? "10.5.0.2" : "10.5.0.1"),
		    .prefix = PX_IP4_OFFSET + 24,
		    .scope = -1};
		struct px_iface *vlan = NULL;

		stack[i] = host_new("mem://vlan", NULL, i ? "10.0.0.2" : "10.0.0.1");
		runtime_lock(stack[i]);
		assert_int_equal(vlan_add(px_iface_by_index(stack[i]->px, 2), 5, "vde0.5", 0, &vlan), 0);
		assert_int_equal(px_address_add(vlan, &config, NULL), 0);
		assert_int_equal(px_iface_up(vlan), 0);
		runtime_leave(stack[i]);
	}
	fd = picox_msocket(stack[0], AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	assert_true(fd >= 0);
	assert_int_equal(picox_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(
	    picox_sendto(fd, request, sizeof(request), 0, (struct sockaddr *)&name, sizeof(name)),
	    sizeof(request));
	assert_int_equal(picox_recv(fd, reply, sizeof(reply), 0), sizeof(reply));
	assert_int_equal(reply[0], 0);
	assert_memory_equal(reply + 6, request + 6, 10);
	picox_close(fd);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(picox_delstack(stack[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_thousand),
	    cmocka_unit_test(test_idle),
	    cmocka_unit_test(test_all_nodes),
	    cmocka_unit_test(test_packet_group),
	    cmocka_unit_test(test_duplicate),
	    cmocka_unit_test(test_vlan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
