/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core: names that are addresses, and addresses that are names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <iothaddr.h>

#include "core_ask.h"
#include "hash.h"
#include "hash_memo.h"

static void test_hash(void **state)
{
	(void)state;
	load("net w ::/0\nauth hash w .hash.local base.local\nauth hrev w base.local/64\n"
	     "static AAAA base.local fc00::\n");
	assert_string_equal(ask("hic_sunt_leones.hash.local", "AAAA"),
	    "8480: hic_sunt_leones.hash.local AAAA 600 fc00::9c8f:74b4:705f:6512");
	assert_string_equal(
	    ask("RENZO.Hash.local", "ANY"), "8480: RENZO.Hash.local AAAA 600 fc00::4cc:8049:6765:d03a");
	assert_string_equal(ask("renzo.hash.local", "MX"), "8480");
	assert_string_equal(ask("hash.local", "AAAA"), "8005");
	/* The reverse: what was asked for, in lower case, and no longer than the answer lives. */
	fixture.now += 100 * 1000000000ULL;
	assert_string_equal(
	    ask("a.3.0.d.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR"),
	    "8480: a.3.0.d.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa PTR 500 "
	    "renzo.hash.local");
	assert_string_equal(
	    ask("a.3.0.D.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.ARPA", "A"),
	    "8005");
	assert_string_equal(
	    ask("b.3.0.d.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR"),
	    "8403");
	fixture.now += 500 * 1000000000ULL;
	assert_string_equal(
	    ask("a.3.0.d.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR"),
	    "8403");
	fixture_unload(&fixture);
	load("net w ::/0\nauth hash w . fc00::\noption hashcase exact\noption hashttl 7\n");
	assert_string_equal(
	    ask("Renzo.hash.local", "AAAA"), "8480: Renzo.hash.local AAAA 7 fc00::81:896b:51cb:9ccb");
	fixture_unload(&fixture);
}

/* The answer is that of iothaddr_hash, whatever was asked for before. */
static void assert_hashed(const char *base, const char *name)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, base, &address), 1);
	iothaddr_hash(&address, name, NULL, 0);
	inet_ntop(AF_INET6, &address, text, sizeof(text));
	ask(name, "AAAA");
	assert_non_null(strstr(fixture.text, name));
	if (!strstr(fixture.text, text))
		fail_msg("%s, and not %s", fixture.text, text);
}

/* Names that come again, beside so many others that some of them are forgotten meanwhile; of more
 * than one base, in more than one spelling, with room in the table and without, without a table. */
static void test_asked_again(void **state)
{
	static const char long_name[] = "a-name-that-is-too-long-for-the-table-of-digests.of-names.a";
	struct named_hash_memo *memo;
	char name[64];

	(void)state;
	assert_true(strlen(long_name) + 2 > NAMED_HASH_MEMO_NAME);
	load("net w ::/0\nauth hash w .a fc00::\nauth hash w .b 2001:db8::\n"
	     "auth hash w .c fc00::ffff:ffff:ffff:ffff\noption hashcase exact\n");
	memo = fixture.core.memo;
	for (unsigned int i = 0; i < 30000; i++) {
		static const char *const bases[] = {"fc00::", "2001:db8::", "fc00::ffff:ffff:ffff:ffff"};

		snprintf(name, sizeof(name), "%c%u.%c", i % 2 ? 'n' : 'N', i % 9000, "abc"[i % 3]);
		assert_hashed(bases[i % 3], name);
		if (i % 1000 == 0)
			assert_hashed("fc00::", long_name);
		if (i == 29000)
			fixture.core.memo = NULL;
	}
	fixture.core.memo = memo;
	fixture_unload(&fixture);
}

static void test_memo(void **state)
{
	static const uint8_t identifiers[3][8] = {{1}, {2}, {3}};
	static const uint8_t longest[NAMED_HASH_MEMO_NAME + 1] = {1};
	struct named_hash_memo *memo = named_hash_memo_new();
	const uint8_t *one = (const uint8_t *)"\1a", *two = (const uint8_t *)"\1b",
	              *three = (const uint8_t *)"\1c";

	(void)state;
	assert_non_null(memo);
	assert_null(named_hash_memo_find(memo, 7, one, 3));
	named_hash_memo_put(memo, 7, one, 3, identifiers[0]);
	named_hash_memo_put(memo, 7, two, 3, identifiers[1]);
	assert_memory_equal(named_hash_memo_find(memo, 7, one, 3), identifiers[0], 8);
	assert_memory_equal(named_hash_memo_find(memo, 7, two, 3), identifiers[1], 8);
	assert_null(named_hash_memo_find(memo, 7, one, 2));
	assert_null(named_hash_memo_find(memo, 8, one, 3));
	named_hash_memo_put(memo, 7, three, 3, identifiers[2]);
	assert_null(named_hash_memo_find(memo, 7, one, 3)); /* was there for longest */
	assert_memory_equal(named_hash_memo_find(memo, 7, two, 3), identifiers[1], 8);
	assert_memory_equal(named_hash_memo_find(memo, 7, three, 3), identifiers[2], 8);
	named_hash_memo_put(memo, 9, longest, sizeof(longest) - 1, identifiers[0]);
	assert_non_null(named_hash_memo_find(memo, 9, longest, sizeof(longest) - 1));
	named_hash_memo_put(memo, 10, longest, sizeof(longest), identifiers[0]);
	assert_null(named_hash_memo_find(memo, 10, longest, sizeof(longest)));
	named_hash_memo_free(memo);
	named_hash_memo_free(NULL);
}

/* spec 5.7: who can make the server remember a name. */
static void test_hrev_modes(void **state)
{
	static const char reverse[] =
	    "a.3.0.d.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa";
	static const struct {
		const char *mode, *client;
		bool remembered;
	} cases[] = {
	    {"always", "192.0.2.1", true},
	    {"net", "192.0.2.1", false},
	    {"net", "fc00:0:0:1::1", false},
	    {"net", "fc00::1", true},
	    {"same", "fc00::1", false},
	    {"same", "fc00::4cc:8049:6765:d03a", true},
	    {"never", "fc00::4cc:8049:6765:d03a", false},
	};
	char conf[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(conf, sizeof(conf),
		    "net w ::/0\nauth hash w .hash.local fc00::\nauth hrev w fc00::/64\noption hrevmode "
		    "%s\n",
		    cases[i].mode);
		load(conf);
		ask_from(cases[i].client, "renzo.hash.local", "AAAA");
		ask(reverse, "PTR");
		if ((strstr(fixture.text, "renzo") != NULL) != cases[i].remembered)
			fail_msg("%s, %s: %s", cases[i].mode, cases[i].client, fixture.text);
		fixture_unload(&fixture);
	}
}

/* spec 2.9: the address of each half minute. */
static void test_otip(void **state)
{
	char path[] = "/tmp/test_addresses.XXXXXX", conf[300];
	int fd;

	(void)state;
	load("net w ::/0\nauth otip w .otip fc01:: mypassword\nauth hrev w fc01::/64\n");
	assert_string_equal(
	    ask("renzo.otip", "AAAA"), "8480: renzo.otip AAAA 1 fc01::8ce3:a148:b648:6c83");
	fixture.wall = 1699999999;
	assert_string_equal(
	    ask("Renzo.OTIP", "ANY"), "8480: Renzo.OTIP AAAA 1 fc01::6494:ed3c:158:80a5");
	assert_string_equal(ask("renzo.otip", "A"), "8480");
	/* It is not told whose address it was. */
	assert_string_equal(
	    ask("5.a.0.8.8.5.1.0.c.3.d.e.4.9.4.6.0.0.0.0.0.0.0.0.0.0.0.0.1.0.c.f.ip6.arpa", "PTR"),
	    "8403");
	fixture_unload(&fixture);
	/* What is left of its half minute. */
	load("net w ::/0\nauth otip w .otip fc01:: mypassword\noption otipttl left\n");
	fixture.wall = 1699999999; /* 31 seconds into it */
	assert_string_equal(
	    ask("renzo.otip", "AAAA"), "8480: renzo.otip AAAA 1 fc01::6494:ed3c:158:80a5");
	fixture.wall = 1699999968;
	assert_string_equal(
	    ask("renzo.otip", "AAAA"), "8480: renzo.otip AAAA 32 fc01::6494:ed3c:158:80a5");
	fixture_unload(&fixture);
	/* Another period: it is by its number that the address follows. */
	load("net w ::/0\nauth otip w .otip fc01:: mypassword\noption otipttl left\n"
	     "option otipperiod 4\n");
	fixture.wall = 1699999968 / 32 * 4 + 1;
	assert_string_equal(
	    ask("renzo.otip", "AAAA"), "8480: renzo.otip AAAA 3 fc01::6494:ed3c:158:80a5");
	fixture_unload(&fixture);
	/* Without time; and the password in a file. */
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "mypassword\nmore", 15), 15);
	close(fd);
	snprintf(conf, sizeof(conf),
	    "net w ::/0\nauth otip w .otip fc00:: password_file %s\noption otip-period 0\n"
	    "option case exact\noption otipttl left\noption hashttl 77\n",
	    path);
	load(conf);
	unlink(path);
	assert_string_equal(
	    ask("renzo.otip", "AAAA"), "8480: renzo.otip AAAA 77 fc00::a086:5677:2679:16f9");
	fixture_unload(&fixture);

	load("net w ::/0\nauth otip w .otip fc01:: mypassword\noption Digest hmac-sha256\n"
	     "option otip_rounds 10\n");
	assert_string_equal(ask("renzo.otip", "AAAA"), "wait");
	fixture.last = true; /* it has waited for long enough */
	assert_string_equal(ask("renzo.otip", "AAAA"), "8002");
	assert_string_equal(ask("renzo.otip", "AAAA"), "wait");
	assert_true(named_otip_work(fixture.shared.otip));
	assert_false(named_otip_work(fixture.shared.otip));
	ask("renzo.otip", "AAAA");
	assert_non_null(strstr(fixture.text, "8480: renzo.otip AAAA 1 fc01::"));
	assert_null(strstr(fixture.text, "6c83"));
	fixture_unload(&fixture);
}

/* A base that is a host elsewhere: nothing until it is known, the new one from then on. */
static void test_host(void **state)
{
	static const char reverse[] =
	    "a.3.0.d.5.6.7.6.9.4.0.8.c.c.4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa";
	struct in6_addr address = {{{0xfc}}};
	struct named_host *host;

	(void)state;
	load(
	    "net w ::/0\ndns 192.0.2.1\nauth hash w .hash.local base.test\nauth hrev w base.test/64\n");
	assert_string_equal(ask("renzo.hash.local", "AAAA"), "8002");
	assert_string_equal(ask("renzo.hash.local", "A"), "8480");
	assert_string_equal(ask(reverse, "PTR"), "8005");
	host = named_hosts_next(fixture.conf->hosts, fixture.now);
	assert_non_null(host);
	assert_string_equal(host->text, "base.test");
	assert_null(named_hosts_next(fixture.conf->hosts, fixture.now));
	named_host_found(fixture.conf->hosts, host, NULL, 0, fixture.now);
	assert_true(named_hosts_deadline(fixture.conf->hosts) == fixture.now + 30 * 1000000000ULL);
	fixture.now += 30 * 1000000000ULL;
	assert_ptr_equal(named_hosts_next(fixture.conf->hosts, fixture.now), host);
	named_host_found(fixture.conf->hosts, host, &address, 60, fixture.now);
	assert_string_equal(ask("renzo.hash.local", "AAAA"),
	    "8480: renzo.hash.local AAAA 600 fc00::4cc:8049:6765:d03a");
	ask(reverse, "PTR");
	assert_non_null(strstr(fixture.text, "PTR 600 renzo.hash.local"));
	fixture.now += 60 * 1000000000ULL;
	assert_ptr_equal(named_hosts_next(fixture.conf->hosts, fixture.now), host);
	/* It is not found: what is known stays. Then it has moved. */
	named_host_found(fixture.conf->hosts, host, NULL, 0, fixture.now);
	assert_int_equal(strncmp(ask("renzo.hash.local", "AAAA"), "8480", 4), 0);
	address.s6_addr[1] = 1;
	named_host_found(fixture.conf->hosts, host, &address, 0, fixture.now);
	assert_string_equal(ask("renzo.hash.local", "AAAA"),
	    "8480: renzo.hash.local AAAA 600 fc01::4cc:8049:6765:d03a");
	assert_string_equal(ask(reverse, "PTR"), "8005");
	fixture_unload(&fixture);
}

/* A host with an IPv4 address: in-addr.arpa, and a length of 32 at most. */
static void test_host4(void **state)
{
	struct in6_addr address = {{{[10] = 0xff, [11] = 0xff, 10, 20, 30, 40}}};

	(void)state;
	load("net w ::/0\ndns 192.0.2.1\nauth hrev w host.x/24\nauth static w host.x/32\n"
	     "auth error w host.x/33\n");
	named_host_found(fixture.conf->hosts, fixture.conf->hosts->hosts[0], &address, 0, 0);
	assert_string_equal(ask("40.30.20.10.in-addr.arpa", "A"), "8403");
	assert_string_equal(ask("40.30.20.10.in-addr.arpa", "PTR"), "8403");
	assert_string_equal(ask("41.30.20.10.in-addr.arpa", "A"), "8005");
	assert_string_equal(ask("41.30.20.10.in-addr.arpa", "PTR"), "8403");
	assert_string_equal(ask("41.31.20.10.in-addr.arpa", "PTR"), "8005");
	fixture_unload(&fixture);
}

/* Bytes that no text has: they are hashed as they are, but for the one that ends C's strings. */
static void test_odd_names(void **state)
{
	(void)state;
	load("net w ::/0\nauth hash w .h fc00::\nauth hrev w fc00::/64\noption hashcase exact\n");
	/* MD5 of "a b.h", of "a\000b.h" */
	ask("a\\032b.h", "AAAA");
	assert_non_null(strstr(fixture.text, "fc00::38c6:77d2:2a3e:3322"));
	ask("a\\000b.h", "AAAA");
	assert_non_null(strstr(fixture.text, "fc00::e4b7:bfce:ce8b:b868"));
	ask("2.2.3.3.e.3.a.2.2.d.7.7.6.c.8.3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR");
	assert_non_null(strstr(fixture.text, "PTR 600 a\\032b.h"));
	/* Names that stand for no address. */
	assert_string_equal(
	    ask("z.2.3.3.e.3.a.2.2.d.7.7.6.c.8.3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR"),
	    "8403");
	assert_string_equal(
	    ask("22.3.3.e.3.a.2.2.d.7.7.6.c.8.3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR"),
	    "8403");
	assert_string_equal(ask("0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR"), "8005");
	fixture_unload(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_asked_again),
	    cmocka_unit_test(test_memo),
	    cmocka_unit_test(test_hrev_modes),
	    cmocka_unit_test(test_otip),
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_host4),
	    cmocka_unit_test(test_odd_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
