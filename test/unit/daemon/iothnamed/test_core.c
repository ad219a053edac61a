/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core: packets that are known byte for byte, and every kind of record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cache.h"
#include "core_fixture.h"
#include "hash.h"
#include "hex.h"
#include "zone.h"

static struct fixture fixture;

static void load(const char *conf)
{
	if (!fixture_load(&fixture, conf))
		fail_msg("%s", fixture.log);
}

static const char *ask(const char *name, const char *type)
{
	return fixture_ask(&fixture, "2001:db8::1", name, type);
}

static const char *ask_from(const char *client, const char *name, const char *type)
{
	return fixture_ask(&fixture, client, name, type);
}

static const char *ask_hex(const char *hex)
{
	uint8_t query[1024];

	(void)fixture_send(&fixture, "192.0.2.1", query, from_hex(hex, query, sizeof(query)));
	return fixture.verdict == NAMED_REPLY  ? to_hex(fixture.reply, fixture.reply_len)
	       : fixture.verdict == NAMED_DROP ? "drop"
	                                       : "forward";
}

/* spec 14.1 and 14.2: what every implementation answers, byte for byte. */
static void test_golden(void **state)
{
	(void)state;
	load("net w ::/0\nauth hash w .hash.local fc00::\nauth static w .test.local\n");
	assert_string_equal(
	    ask_hex("1234010000010000000000000572656e7a6f0468617368056c6f63616c00001c0001"),
	    "1234858000010001000000000572656e7a6f0468617368056c6f63616c00001c0001c00c001c00010000025800"
	    "10"
	    "fc0000000000000004cc80496765d03a");
	assert_string_equal(
	    ask_hex("1234010000010000000000000572656e7a6f0468617368056c6f63616c0000010001"),
	    "1234858000010000000000000572656e7a6f0468617368056c6f63616c0000010001");
	assert_string_equal(
	    ask_hex("1234010000010000000000000572656e7a6f0468617368056c6f6361780000010001"),
	    "1234810500010000000000000572656e7a6f0468617368056c6f6361780000010001");
	assert_string_equal(
	    ask_hex("123401000001000000000000046e6f70650474657374056c6f63616c0000010001"),
	    "123485030001000000000000046e6f70650474657374056c6f63616c0000010001");
	fixture_unload(&fixture);
}

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
	load("net w ::/0\nauth otip w .otip fc01:: mypassword\noption otipdigest hmac-sha256\n"
	     "option otiprounds 10\n");
	assert_string_equal(ask("renzo.otip", "AAAA"), "drop");
	assert_true(named_otip_work(fixture.shared.otip));
	assert_false(named_otip_work(fixture.shared.otip));
	ask("renzo.otip", "AAAA");
	assert_non_null(strstr(fixture.text, "8480: renzo.otip AAAA 1 fc01::"));
	assert_null(strstr(fixture.text, "6c83"));
	fixture_unload(&fixture);
}

static const char table[] = "net w ::/0\n"
                            "auth static w .\n"
                            "static A www.example.org. 10.0.0.1\n"
                            "static A WWW.example.org 10.0.0.2\n"
                            "static A www.example.org 10.0.0.1\n"
                            "static AAAA www.example.org fc00::1\n"
                            "static TXT www.example.org 'one two' \"\" three\n"
                            "static MX example.org 10 mail.example.org\n"
                            "static NS example.org ns.example.org\n"
                            "static CNAME alias.example.org www.example.org\n"
                            "static CNAME alias2.example.org alias.example.org\n"
                            "static CNAME out.example.org elsewhere.test\n"
                            "static CNAME loop1.example.org loop2.example.org\n"
                            "static CNAME loop2.example.org loop1.example.org\n"
                            "static PTR 10.0.0.1 www.example.org\n"
                            "static PTR fc00::1 www.example.org\n"
                            "static SRV ttl=5 _x._tcp.example.org 1 2 3 www.example.org\n"
                            "static CAA example.org 0 issue ca.example.org\n"
                            "static A *.wild.example.org 10.0.0.9\n"
                            "static A a.b.wild.example.org 10.0.0.8\n";

#define TTL "2147483647"

static void test_static(void **state)
{
	static const struct {
		const char *name, *type, *reply;
	} cases[] = {
	    {"www.example.org", "A",
	        "8480: www.example.org A " TTL " 10.0.0.1: www.example.org A " TTL " 10.0.0.2"},
	    {"wWw.eXample.oRg", "AAAA", "8480: wWw.eXample.oRg AAAA " TTL " fc00::1"},
	    {"www.example.org", "TXT", "8480: www.example.org TXT " TTL " \"one two\"\"\"\"three\""},
	    {"www.example.org", "MX", "8480"},
	    {"example.org", "MX", "8480: example.org MX " TTL " 10 mail.example.org"},
	    {"example.org", "ANY",
	        "8480: example.org MX " TTL " 10 mail.example.org: example.org NS " TTL
	        " ns.example.org: example.org CAA " TTL " 000569737375656"
	        "3612e6578616d706c652e6f7267"},
	    {"none.example.org", "A", "8403"},
	    {"org", "A", "8403"},
	    {".", "A", "8403"},
	    {"alias.example.org", "CNAME", "8480: alias.example.org CNAME " TTL " www.example.org"},
	    {"alias.example.org", "ANY", "8480: alias.example.org CNAME " TTL " www.example.org"},
	    {"alias2.example.org", "AAAA",
	        "8480: alias2.example.org CNAME " TTL " alias.example.org: "
	        "alias.example.org CNAME " TTL " www.example.org: www.example.org AAAA " TTL
	        " fc00::1"},
	    {"alias.example.org", "MX", "8480: alias.example.org CNAME " TTL " www.example.org"},
	    {"out.example.org", "A", "8480: out.example.org CNAME " TTL " elsewhere.test"},
	    {"loop1.example.org", "A",
	        "8480: loop1.example.org CNAME " TTL " loop2.example.org: "
	        "loop2.example.org CNAME " TTL " loop1.example.org"},
	    {"1.0.0.10.in-addr.arpa", "PTR", "8480: 1.0.0.10.in-addr.arpa PTR " TTL " www.example.org"},
	    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "PTR",
	        "8480: 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa "
	        "PTR " TTL " www.example.org"},
	    {"_x._tcp.example.org", "SRV", "8480: _x._tcp.example.org SRV 5 1 2 3 www.example.org"},
	    /* RFC 4592 */
	    {"any.wild.example.org", "A", "8480: any.wild.example.org A " TTL " 10.0.0.9"},
	    {"x.y.wild.example.org", "A", "8480: x.y.wild.example.org A " TTL " 10.0.0.9"},
	    {"any.wild.example.org", "AAAA", "8480"},
	    {"*.wild.example.org", "A", "8480: *.wild.example.org A " TTL " 10.0.0.9"},
	    {"x.b.wild.example.org", "A", "8403"},
	    {"b.wild.example.org", "A", "8403"},
	    {"wild.example.org", "A", "8403"},
	};

	(void)state;
	load(table);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(cases[i].name, cases[i].type);
		if (strcmp(fixture.text, cases[i].reply) != 0)
			fail_msg("%s %s: %s", cases[i].name, cases[i].type, fixture.text);
	}
	fixture_unload(&fixture);
}

/* With a SOA the table is a zone: negative answers can be cached, NS below it delegates. */
static void test_zone(void **state)
{
	static const char soa[] = "@example.org SOA 60 ns.example.org root.example.org 7 60";
	static const struct {
		const char *name, *type, *reply;
	} cases[] = {
	    {"example.org", "SOA",
	        "8480: example.org SOA " TTL " ns.example.org root.example.org 7 60"},
	    {"example.org", "NS", "8480: example.org NS " TTL " ns.example.org"},
	    {"example.org", "A", "8480: SOA"},
	    {"none.example.org", "A", "8403: SOA"},
	    {"ent.example.org", "A", "8480: SOA"}, /* RFC 8020 */
	    {"alias.example.org", "A",
	        "8403: alias.example.org CNAME " TTL " none.example.org: SOA"}, /* RFC 6604 */
	    {"other.org", "A", "8403"},
	    {"sub.example.org", "A", "REFERRAL"},
	    {"sub.example.org", "NS", "REFERRAL"},
	    {"sub.example.org", "DS", "8480: SOA"},
	    {"x.y.sub.example.org", "ANY", "REFERRAL"},
	    {"ns.sub.example.org", "A", "REFERRAL"},
	    {"into.example.org", "A", "8480: into.example.org CNAME " TTL " x.sub.example.org"},
	};
	static const char referral[] =
	    "8080: @sub.example.org NS " TTL " ns.sub.example.org: @sub.example.org NS " TTL
	    " ns.elsewhere: +ns.sub.example.org A " TTL " 10.0.0.3: +ns.sub.example.org AAAA " TTL
	    " fc00::3";

	(void)state;
	load("net w ::/0\nauth static w .\n"
	     "static SOA example.org ns.example.org root.example.org 7 10800 3600 604800 60\n"
	     "static NS example.org ns.example.org\n"
	     "static A ns.example.org 10.0.0.1\n"
	     "static A a.ent.example.org 10.0.0.2\n"
	     "static CNAME alias.example.org none.example.org\n"
	     "static CNAME into.example.org x.sub.example.org\n"
	     "static NS sub.example.org ns.sub.example.org\n"
	     "static NS sub.example.org ns.elsewhere\n"
	     "static A ns.sub.example.org 10.0.0.3\n"
	     "static AAAA ns.sub.example.org fc00::3\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expected[600];
		size_t len = strlen(cases[i].reply);

		if (strcmp(cases[i].reply, "REFERRAL") == 0)
			strcpy(expected, referral);
		else if (len > 3 && strcmp(cases[i].reply + len - 3, "SOA") == 0)
			snprintf(expected, sizeof(expected), "%.*s%s", (int)len - 3, cases[i].reply, soa);
		else
			strcpy(expected, cases[i].reply);
		ask(cases[i].name, cases[i].type);
		if (strcmp(fixture.text, expected) != 0)
			fail_msg("%s %s: %s", cases[i].name, cases[i].type, fixture.text);
	}
	fixture_unload(&fixture);
	load("net w ::/0\nauth static w .test\nauth hash w .h fc00::\noption negativesoa yes\n");
	assert_string_equal(ask("x.test", "A"), "8403: @test SOA 600 test nobody.invalid 1 600");
	assert_string_equal(ask("x.h", "A"), "8480: @h SOA 600 h nobody.invalid 1 600");
	fixture_unload(&fixture);
}

/* Records in the order of the file; the client's nets; names in any case. */
static void test_selection(void **state)
{
	static const struct {
		const char *client, *name, *type, *reply;
	} cases[] = {
	    {"10.0.0.1", "err.test", "A", "8005"},
	    {"10.0.0.1", "x.err.test", "A", "8480: x.err.test A " TTL " 10.9.9.9"},
	    {"10.0.0.1", "x.Test", "A", "8403"},
	    {"10.0.0.1", "test", "A", "forward"},
	    {"10.0.0.1", "other", "A", "forward"},
	    {"10.0.0.1", ".", "NS", "forward"},
	    {"10.0.1.1", "x.test", "A", "8005"},
	    {"10.0.1.1", "open.test", "AAAA", "8480: open.test AAAA 600 fc00::a497:a700:846c:e648"},
	    {"fc00::1", "other", "A", "8005"},
	    {"fc01::1", "other", "A", "forward"},
	    {"10.0.0.1", "5.30.20.10.in-addr.arpa", "PTR", "8403"},
	    {"10.0.0.1", "30.20.10.in-addr.arpa", "PTR", "forward"},
	};

	(void)state;
	load("net local 10.0.0.0/24\nnet local fc01::/64\nnet world ::/0\ndns 192.0.2.1\n"
	     "auth error local err.TEST.\n"
	     "auth static local .test.\n"
	     "auth hash world open.test fc00::\n"
	     "auth static local 10.20.30.0/24\n"
	     "auth cache local .\n"
	     "auth fwd local .\n"
	     "static A x.err.test 10.9.9.9\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask_from(cases[i].client, cases[i].name, cases[i].type);
		if (strcmp(fixture.text, cases[i].reply) != 0)
			fail_msg("%s %s: %s", cases[i].client, cases[i].name, fixture.text);
	}
	fixture.class = 3; /* CH */
	assert_string_equal(ask_from("10.0.0.1", "x.err.test", "A"), "8005");
	fixture.class = 255;
	assert_string_equal(
	    ask_from("10.0.0.1", "x.err.test", "A"), "8480: x.err.test A " TTL " 10.9.9.9");
	assert_string_equal(ask_from("10.0.0.1", "x.test", "AXFR"), "8005");
	fixture_unload(&fixture);
}

/* All 64 nets count, each for itself. */
static void test_nets(void **state)
{
	char conf[8192] = "";
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 64; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len,
		    "net n%d 10.0.%d.0/24\nauth static n%d .z%d\nstatic A a.z%d 10.1.1.%d\n", i, i, i, i, i,
		    i);
	load(conf);
	for (int i = 0; i < 64; i++) {
		for (int j = 0; j < 64; j++) {
			char client[20], name[20];

			snprintf(client, sizeof(client), "10.0.%d.77", i);
			snprintf(name, sizeof(name), "a.z%d", j);
			ask_from(client, name, "A");
			assert_true((strstr(fixture.text, "10.1.1.") != NULL) == (i == j));
		}
	}
	fixture_unload(&fixture);
	snprintf(conf + len, sizeof(conf) - len, "net n64 ::/0\n");
	assert_false(fixture_load(&fixture, conf));
	assert_string_equal(fixture.log, "test.rc (line 193): net: there are 64 already\n");
}

/* RD and CD are copied, nothing else of the query's flags is. */
static void test_flags(void **state)
{
	(void)state;
	load(table);
	fixture.flags = 0x07f0 & ~0x0000;
	assert_string_equal(ask("none.example.org", "A"), "8513");
	fixture.flags = 0x0100;
	assert_string_equal(ask("www.example.org", "MX"), "8580");
	fixture.flags = 0x8100;
	assert_string_equal(ask("www.example.org", "MX"), "drop");
	fixture.flags = 0x2000;
	assert_string_equal(ask("www.example.org", "MX"), "a004");
	fixture_unload(&fixture);
}

static void test_truncation(void **state)
{
	static const char text[] =
	    "0123456789012345678901234567890123456789012345678901234567890123456789";
	char conf[4096] = "net w ::/0\nauth static w .\n";
	size_t len = strlen(conf);

	(void)state;
	for (int i = 0; i < 8; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len, "static TXT a.b %d%s\n", i, text);
	load(conf);
	fixture.flags = 0x0100;
	assert_string_equal(ask("a.b", "TXT"), "8380");
	assert_int_equal(fixture.reply_len, 21);
	fixture.tcp = true;
	assert_int_equal(
	    strlen(ask("a.b", "TXT")), 4 + 8 * strlen(": a.b TXT " TTL " \"0\"") + 8 * strlen(text));
	fixture.edns = true;
	assert_true(strlen(ask("a.b", "TXT")) > 600);
	fixture.edns = true;
	fixture.edns_size = 600;
	assert_string_equal(ask("a.b", "TXT"), "8280: + OPT 0 ");
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

static void test_minimal_any(void **state)
{
	(void)state;
	load("net w ::/0\ndns 192.0.2.1\nauth static w .org\nauth fwd w .\noption minimalany yes\n"
	     "static A a.org 10.0.0.1\nstatic AAAA a.org fc00::1\n");
	assert_string_equal(ask("a.org", "ANY"), "8480: a.org A " TTL " 10.0.0.1");
	assert_string_equal(ask("else", "ANY"), "8080: else HINFO 3600 \"RFC8482\"\"\"");
	fixture.tcp = true;
	assert_string_equal(ask("else", "ANY"), "forward");
	fixture_unload(&fixture);
}

/* The cache in its place among the records: a hit is an answer, a miss goes on. */
static void test_cache(void **state)
{
	static const uint8_t data[] = {0, 4, 10, 1, 2, 3};
	const struct named_cache_item item = {.kind = NAMED_CACHE_RRSET,
	    .type = NAMED_TYPE_A,
	    .count = 1,
	    .ttl = 100,
	    .data = data,
	    .len = sizeof(data)};
	struct named_name name;

	(void)state;
	load("net l 10.0.0.0/8\nnet w ::/0\ndns 192.0.2.1\nauth cache l .\nauth fwd w .\n");
	assert_int_equal(named_name_from_text(&name, "www.example.org"), 0);
	assert_int_equal(named_cache_put(fixture.shared.cache, &name, &item, fixture.now), 0);
	fixture.now += 40 * 1000000000ULL;
	fixture.flags = 0x0100;
	assert_string_equal(
	    ask_from("10.0.0.1", "WWW.example.org", "A"), "8180: WWW.example.org A 60 10.1.2.3");
	assert_false(fixture.request.wanted);
	assert_string_equal(ask_from("10.0.0.1", "www.example.org", "AAAA"), "forward");
	assert_true(fixture.request.wanted && fixture.request.cache);
	assert_string_equal(ask_from("11.0.0.1", "www.example.org", "A"), "forward");
	assert_false(fixture.request.cache);
	fixture.now += 60 * 1000000000ULL;
	assert_string_equal(ask_from("10.0.0.1", "www.example.org", "A"), "forward");
	fixture_unload(&fixture);
	load("net w ::/0\nauth accept w\nauth cache w .\n");
	assert_string_equal(ask("www.example.org", "A"), "8005");
	fixture_unload(&fixture);
}

/* What fits into no datagram: referrals without their glue, chains, names of addresses. */
static void test_more_truncation(void **state)
{
	char conf[8192] = "net w ::/0\nauth static w .\nstatic SOA t n.t m.t\n";
	size_t len = strlen(conf);

	(void)state;
	for (int i = 0; i < 20; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len,
		    "static NS few.t ns%d.few.t\nstatic NS many.t "
		    "a-rather-long-name-of-a-server-%d.many.t\n"
		    "static A ns%d.few.t 10.0.0.%d\nstatic AAAA ns%d.few.t fc00::%d\n"
		    "static CNAME c%d.chain.t c%d.chain.t\n",
		    i, i, i, i, i, i, i, i + 1);
	for (int i = 0; i < 9; i++)
		len += (size_t)snprintf(conf + len, sizeof(conf) - len,
		    "static CNAME %d%050d.l.t %d%050d.l.t\nstatic TXT any.t %0250d\n", i, 0, i + 1, 0, i);
	load(conf);
	assert_string_equal(ask("x.few.t", "A"), "8280");
	assert_string_equal(ask("x.many.t", "A"), "8280");
	assert_string_equal(ask("any.t", "ANY"), "8280");
	assert_string_equal(
	    ask("000000000000000000000000000000000000000000000000000.l.t", "A"), "8280");
	fixture.tcp = true;
	ask("x.few.t", "A");
	assert_int_equal(fixture.reply[9], 20);
	assert_int_equal(fixture.reply[11], 40);
	/* A chain ends somewhere, and says nothing of what follows. */
	fixture.tcp = true;
	ask("c0.chain.t", "A");
	assert_int_equal(strncmp(fixture.text, "8480: c0.chain.t CNAME", 22), 0);
	assert_int_equal(fixture.reply[7], NAMED_CHAIN_LEVELS + 1);
	assert_int_equal(fixture.reply[9], 0);
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

static void test_reload(void **state)
{
	struct named_conf *other;

	(void)state;
	load(table);
	other = named_conf_parse("b", "net w ::/0\nauth accept w", 24);
	assert_non_null(other);
	assert_false(named_core_accepts(&fixture.core, &(struct in6_addr){{{1}}}));
	named_core_set_conf(&fixture.core, other);
	named_conf_unref(other);
	assert_true(named_core_accepts(&fixture.core, &(struct in6_addr){{{1}}}));
	assert_string_equal(ask("www.example.org", "A"), "8005");
	fixture_unload(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_hrev_modes),
	    cmocka_unit_test(test_otip),
	    cmocka_unit_test(test_static),
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_selection),
	    cmocka_unit_test(test_nets),
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_truncation),
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_host4),
	    cmocka_unit_test(test_minimal_any),
	    cmocka_unit_test(test_cache),
	    cmocka_unit_test(test_more_truncation),
	    cmocka_unit_test(test_odd_names),
	    cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
