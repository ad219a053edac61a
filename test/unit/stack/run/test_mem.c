/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks in memory: who gets what; names; uplinks; a thousand stacks; nobody wakes for nothing.
 */
#include "host.h"

#include "checksum.h"
#include "ip_internal.h"
#include "mem_network.h"
#include "vdelink.h"
#include "vlan.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- ports alone ---- */

struct tester {
	struct mem_port *port;
	struct px_mem *mem;
	unsigned int notified;
};

static void count_notification(void *context)
{
	((struct tester *)context)->notified++;
}

static int join(struct tester *tester, const char *name, const char *uplink)
{
	struct px_link_config config = {.notify = count_notification, .context = tester};

	*tester = (struct tester){.mem = px_mem_new(NULL, 0)};
	config.mem = tester->mem;
	return mem_network_join(name, uplink, &config, &tester->port);
}

static void leave(struct tester *tester)
{
	mem_network_leave(tester->port);
	px_mem_drop(tester->mem);
}

static void want_mac(struct tester *tester, const char *mac, bool wanted)
{
	struct px_link_filter filter = {.kind = PX_FILTER_MAC};

	memcpy(filter.mac, mac, 6);
	assert_int_equal(mem_port_filter(tester->port, &filter, wanted), 0);
}

static void want_kind(struct tester *tester, enum px_link_filter_kind kind, bool wanted)
{
	struct px_link_filter filter = {.kind = kind};

	assert_int_equal(mem_port_filter(tester->port, &filter, wanted), 0);
}

/* Returns how many of the frames that the port has got. */
static unsigned int received(struct tester *tester)
{
	struct px_pkt *pkts[PX_BURST];
	unsigned int count = mem_port_receive(tester->port, pkts, PX_BURST);

	for (unsigned int i = 0; i < count; i++)
		px_pkt_free(pkts[i]);
	return count;
}

static void send_frame(struct tester *from, const void *bytes, size_t len, size_t padded)
{
	struct px_pkt *pkt = px_pkt_new(from->mem, PX_PKT_HEADROOM, padded);

	memset(px_pkt_put(pkt, padded), 0, padded);
	memcpy(pkt->data, bytes, len);
	mem_network_send(from->port, &pkt, 1);
	px_pkt_free(pkt);
}

#define MAC_A "\x02\0\0\0\0\x0a"
#define MAC_B "\x02\0\0\0\0\x0b"
#define MAC_X "\x02\0\0\0\0\x0e"
#define GROUP "\x33\x33\0\0\0\x01"

static void test_filters(void **state)
{
	struct tester a, b, c;

	assert_int_equal(join(&a, "filters", NULL), 0);
	assert_int_equal(join(&b, "filters", NULL), 0);
	assert_int_equal(join(&c, "filters", NULL), 0);
	want_mac(&a, MAC_A, true);
	want_mac(&b, MAC_B, true);
	want_mac(&b, GROUP, true);
	want_mac(&b, GROUP, true);

	send_frame(&a, MAC_B MAC_A "\x08\0", 14, 60);
	assert_int_equal(received(&a), 0);
	assert_int_equal(received(&b), 1);
	assert_int_equal(received(&c), 0);
	send_frame(&a, MAC_X MAC_A "\x08\0", 14, 60);
	send_frame(&a, GROUP MAC_A "\x86\xdd", 14, 60);
	assert_int_equal(received(&b), 1);
	assert_int_equal(received(&c), 0);
	/* Wanted twice, undone once. */
	want_mac(&b, GROUP, false);
	send_frame(&a, GROUP MAC_A "\x86\xdd", 14, 5000);
	assert_int_equal(received(&b), 1);
	want_mac(&b, GROUP, false);
	send_frame(&a, GROUP MAC_A "\x86\xdd", 14, 60);
	assert_int_equal(received(&b), 0);
	/* Promiscuous: everything, once. */
	want_kind(&b, PX_FILTER_ALL, true);
	send_frame(&a, MAC_B MAC_A "\x08\0", 14, 60);
	send_frame(&a, MAC_X MAC_A "\x08\0", 14, 60);
	assert_int_equal(received(&b), 2);
	want_kind(&b, PX_FILTER_ALL, false);
	send_frame(&a, MAC_X MAC_A "\x08\0", 14, 60);
	assert_int_equal(received(&b), 0);
	/* Too short to be one. */
	send_frame(&a, MAC_B, 6, 13);
	assert_int_equal(received(&b), 0);
	leave(&a);
	leave(&b);
	leave(&c);
}

#define BROADCAST "\xff\xff\xff\xff\xff\xff"
#define ARP_HEAD  BROADCAST MAC_A "\x08\x06\0\x01\x08\0\x06\x04\0\x01"

static void test_broadcasts(void **state)
{
	struct px_link_filter arp = {.kind = PX_FILTER_ARP, .ip4 = {10, 0, 0, 2}};
	struct tester a, b, c;

	assert_int_equal(join(&a, "broadcasts", NULL), 0);
	assert_int_equal(join(&b, "broadcasts", NULL), 0);
	assert_int_equal(join(&c, "broadcasts", NULL), 0);
	assert_int_equal(mem_port_filter(b.port, &arp, true), 0);
	want_kind(&c, PX_FILTER_BROADCAST, true);

	send_frame(&a,
	    ARP_HEAD MAC_A "\x0a\0\0\x01"
	                   "\0\0\0\0\0\0"
	                   "\x0a\0\0\x02",
	    42, 42);
	assert_int_equal(received(&b), 1);
	assert_int_equal(received(&c), 0);
	/* A gratuitous one of somebody else's address is for nobody. */
	send_frame(&a,
	    ARP_HEAD MAC_A "\x0a\0\0\x01"
	                   "\0\0\0\0\0\0"
	                   "\x0a\0\0\x01",
	    42, 42);
	assert_int_equal(received(&b) + received(&c), 0);
	send_frame(&a, BROADCAST MAC_A "\x08\0", 14, 60);
	assert_int_equal(received(&b), 0);
	assert_int_equal(received(&c), 1);
	assert_int_equal(mem_port_filter(b.port, &arp, false), 0);
	send_frame(&a,
	    ARP_HEAD MAC_A "\x0a\0\0\x01"
	                   "\0\0\0\0\0\0"
	                   "\x0a\0\0\x02",
	    42, 42);
	assert_int_equal(received(&b), 0);
	leave(&a);
	leave(&b);
	leave(&c);
}

/* An advertisement for all nodes goes where its target is asked for; whatever else is for them,
 * to all. */
static void test_advertisements(void **state)
{
	char advertisement[78] = GROUP MAC_A "\x86\xdd\x60\0\0\0\0\x18\x3a\xff";
	struct tester a, b, c;

	advertisement[54] = (char)136;
	advertisement[77] = 5;
	assert_int_equal(join(&a, "advertisements", NULL), 0);
	assert_int_equal(join(&b, "advertisements", NULL), 0);
	assert_int_equal(join(&c, "advertisements", NULL), 0);
	want_mac(&b, "\x33\x33\xff\0\0\x05", true);
	want_mac(&c, GROUP, true);
	send_frame(&a, advertisement, 78, 78);
	assert_int_equal(received(&b), 1);
	assert_int_equal(received(&c), 0);
	send_frame(&a, advertisement, 77, 77);
	advertisement[54] = (char)134;
	send_frame(&a, advertisement, 78, 78);
	assert_int_equal(received(&b), 0);
	assert_int_equal(received(&c), 2);
	leave(&a);
	leave(&b);
	leave(&c);
}

/* A port that nobody reads is bounded, and tells once. */
static void test_full(void **state)
{
	struct tester a, b;
	unsigned int count = 0, n;

	assert_int_equal(join(&a, "full", NULL), 0);
	assert_int_equal(join(&b, "full", NULL), 0);
	want_mac(&b, MAC_B, true);
	for (int i = 0; i < 3000; i++)
		send_frame(&a, MAC_B MAC_A "\x08\0", 14, 60);
	assert_int_equal(b.notified, 1);
	while ((n = received(&b)))
		count += n;
	assert_int_equal(count, PX_TX_LIMIT);
	/* A sender who leaves before its frame is read. */
	send_frame(&a, MAC_B MAC_A "\x08\0", 14, 60000);
	leave(&a);
	assert_int_equal(received(&b), 1);
	leave(&b);
}

/* A checksum that the sender left open can be filled in by who receives the frame: it may be a
 * router. Frames that are copied, and frames that are shared. */
static void test_open_checksum(void **state)
{
	static const uint8_t header[] = MAC_B MAC_A "\x08";
	const size_t sizes[] = {100, 3000}, start = 34;
	struct tester a, b;

	assert_int_equal(join(&a, "checksum", NULL), 0);
	assert_int_equal(join(&b, "checksum", NULL), 0);
	want_mac(&b, MAC_B, true);
	for (size_t i = 0; i < 2; i++) {
		struct px_pkt *pkt = px_pkt_new(a.mem, PX_PKT_HEADROOM / 2, sizes[i]), *got;

		memset(px_pkt_put(pkt, sizes[i]), 7, sizes[i]);
		memcpy(pkt->data, header, 13);
		pkt->csum_start = px_pkt_here(pkt) + (uint32_t)start;
		pkt->csum_offset = 16;
		pkt->protocol = IPPROTO_TCP;
		pkt->flags = PX_PKT_CSUM_PARTIAL | PX_PKT_OUTGOING;
		mem_network_send(a.port, &pkt, 1);
		px_pkt_free(pkt);
		assert_int_equal(mem_port_receive(b.port, &got, 1), 1);
		assert_int_equal(got->flags, PX_PKT_CSUM_PARTIAL);
		memset(px_pkt_at(got, got->csum_start) + got->csum_offset, 0, 2);
		ip_checksum_finish(got);
		assert_int_equal(checksum_finish(px_pkt_checksum(got, start, sizes[i] - start, 0)), 0);
		px_pkt_free(got);
	}
	leave(&a);
	leave(&b);
}

static void test_names(void **state)
{
	struct tester a, b;

	assert_int_equal(join(&a, "names", NULL), 0);
	assert_int_equal(join(&b, "names", "vde:///tmp/x"), -EINVAL);
	px_mem_drop(b.mem);
	leave(&a);
	/* Gone with its last port. */
	if (HOST_HAS_VDEPLUG) {
		assert_int_equal(join(&a, "names", "hub:///nowhere/at/all"), -ENOENT);
		px_mem_drop(a.mem);
	}
	assert_int_equal(join(&a, "names", NULL), 0);
	assert_int_equal(join(&b, "other", NULL), 0);
	want_mac(&b, MAC_B, true);
	send_frame(&a, MAC_B MAC_A "\x08\0", 14, 60);
	assert_int_equal(received(&b), 0);
	leave(&a);
	leave(&b);
}

/* ---- stacks ---- */

#define STACKS 1000

static void udp_round(int from, struct picox *stack, const char *address)
{
	int fd = host_udp4(stack, address, 7);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char text[8];

	host_send4(from, address, 7, "there", 5);
	assert_int_equal(picox_recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &len), 5);
	assert_int_equal(picox_sendto(fd, "back", 4, 0, (struct sockaddr *)&peer, len), 4);
	assert_int_equal(picox_recv(from, text, sizeof(text), 0), 4);
	assert_int_equal(picox_close(fd), 0);
}

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
		udp_round(fd, stack[i], address);
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
	udp_round(fd, b, "10.0.0.2");
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

/* ---- uplink ---- */

static void test_uplink(void **state)
{
	char dir[] = "/tmp/mem.XXXXXX", uplink[64], vnl[128];
	struct picox *inside, *outside, *other;
	int fd, fd_inside;

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(uplink, sizeof(uplink), "ptp://%s/p", dir);
	snprintf(vnl, sizeof(vnl), "mem://uplinked/uplink=%s", uplink);
	inside = host_new(vnl, NULL, "10.0.0.1");
	other = host_new("mem://uplinked", NULL, "10.0.0.3");
	outside = host_new(uplink, NULL, "10.0.0.2");
	assert_null(picox_newstack((char *)(uintptr_t) "mem://uplinked/uplink=vde:///x"));
	assert_int_equal(errno, EINVAL);
	fd = picox_msocket(outside, AF_INET, SOCK_DGRAM, 0);
	fd_inside = picox_msocket(other, AF_INET, SOCK_DGRAM, 0);
	udp_round(fd, inside, "10.0.0.1");
	udp_round(fd, other, "10.0.0.3");
	udp_round(fd_inside, outside, "10.0.0.2");
	udp_round(fd_inside, inside, "10.0.0.1");
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_close(fd_inside), 0);
	assert_int_equal(picox_delstack(inside), 0);
	assert_int_equal(picox_delstack(outside), 0);
	assert_int_equal(picox_delstack(other), 0);
	rmdir(dir);
}

static void *join_silent(void *vnl)
{
	return picox_newstack(vnl);
}

/* While an uplink is opened, other networks do not wait; who wants the same one does, and shares
 * its fate. */
static void test_slow_uplink(void **state)
{
	char dir[] = "/tmp/mem.XXXXXX", vnl[64], ctl[40];
	struct picox *other;
	pthread_t threads[2];
	void *result;
	int fd;

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	fd = host_silent_switch(dir);
	snprintf(vnl, sizeof(vnl), "mem://slow/uplink=vde://%s", dir);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, join_silent, vnl), 0);
	/* One of them is there. */
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&waiting, 1, 60000), 1);
	other = picox_newstack((char *)(uintptr_t) "mem://quick");
	assert_non_null(other);
	assert_int_equal(picox_delstack(other), 0);
	/* A different uplink is refused at once. */
	assert_null(picox_newstack((char *)(uintptr_t) "mem://slow/uplink=vde:///tmp/else"));
	assert_int_equal(errno, EINVAL);
	close(fd);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	/* Nothing is left of it. */
	other = picox_newstack((char *)(uintptr_t) "mem://slow");
	assert_non_null(other);
	assert_int_equal(picox_delstack(other), 0);
	snprintf(ctl, sizeof(ctl), "%s/ctl", dir);
	unlink(ctl);
	rmdir(dir);
}

/* What libvdeplug 4 sends to a switch. */
struct vde_request {
	uint32_t magic, version;
	int type;
	struct sockaddr_un data;
	char description[256];
};

/* Answers one that wants to connect, as a switch does; returns where frames come. */
static int accept_port(int ctl, const char *dir, int *connection)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct pollfd waiting = {.fd = ctl, .events = POLLIN};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct vde_request request;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/data", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(poll(&waiting, 1, 60000), 1);
	*connection = accept(ctl, NULL, NULL);
	assert_true(*connection >= 0);
	assert_true(read(*connection, &request, sizeof(request)) > 0);
	assert_int_equal(write(*connection, &name, sizeof(name)), sizeof(name));
	return fd;
}

/* It is a frame to be sent that finds the switch gone; its control connection says nothing. */
static void test_lost_uplink(void **state)
{
	char dir[] = "/tmp/mem.XXXXXX", vnl[64], path[40];
	int ctl, data, connection, fd;
	struct pollfd again = {.events = POLLIN};
	struct picox *stack;
	pthread_t thread;
	void *result;

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	ctl = again.fd = host_silent_switch(dir);
	snprintf(vnl, sizeof(vnl), "mem://lost/uplink=vde://%s", dir);
	assert_int_equal(pthread_create(&thread, NULL, join_silent, vnl), 0);
	data = accept_port(ctl, dir, &connection);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	stack = result;
	assert_int_equal(host_address(stack, "10.0.0.1", 24), 0);
	/* From now on it takes no frames. (If it were closed, those that lie in it would be an event.)
	 */
	assert_int_equal(shutdown(data, SHUT_RD), 0);
	fd = host_udp4(stack, "10.0.0.1", 1);
	host_send4(fd, "10.0.0.2", 1, "hello", 5);
	/* So it is opened again. */
	assert_int_equal(poll(&again, 1, 60000), 1);
	close(ctl);
	close(data);
	close(connection);
	picox_close(fd);
	assert_int_equal(picox_delstack(stack), 0);
	snprintf(path, sizeof(path), "%s/data", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/ctl", dir);
	unlink(path);
	rmdir(dir);
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
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_broadcasts),
	    cmocka_unit_test(test_advertisements),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_vlan),
	    cmocka_unit_test(test_open_checksum),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_thousand),
	    cmocka_unit_test(test_idle),
	    cmocka_unit_test(test_uplink),
	    cmocka_unit_test(test_slow_uplink),
	    cmocka_unit_test(test_lost_uplink),
	    cmocka_unit_test(test_all_nodes),
	    cmocka_unit_test(test_packet_group),
	    cmocka_unit_test(test_duplicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
