/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks in memory, by their ports alone: who gets what; full queues; names. */
#include "host.h"

#include "checksum.h"
#include "ip_internal.h"
#include "mem_network.h"

#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_broadcasts),
	    cmocka_unit_test(test_advertisements),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_open_checksum),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
