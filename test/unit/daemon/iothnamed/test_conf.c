/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration's grammar: what each line means, each mistake and where it is told, the example
 * configurations of the ecosystem. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "core_ask.h"
#include "net.h"

/* Each on line 2, behind a net and whatever else is right. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
	    {"nonsense x",
	        "\"nonsense\": stack, rstack, fstack, dns, net, auth, static or option is expected"},
	    {"= x", "syntax error: a word of letters and digits is expected first"},
	    {"stack", "stack: the string of a stack is expected"},
	    {"dns", "dns: one address, IPv4 or IPv6, is expected"},
	    {"dns 1.2.3.4 1.2.3.5", "dns: one address, IPv4 or IPv6, is expected"},
	    {"dns one.one.one.one", "dns: one address, IPv4 or IPv6, is expected"},
	    {"dns 1.2.3.4 # remark", "dns: one address, IPv4 or IPv6, is expected"},
	    {"net x", "net: NAME PREFIX is expected"},
	    {"net x 10.0.0.0", "net: a prefix, ADDRESS/LENGTH, is expected, not \"10.0.0.0\""},
	    {"net x 10.0.0.0/129", "net: a prefix, ADDRESS/LENGTH, is expected, not \"10.0.0.0/129\""},
	    {"net x ::/-1", "net: a prefix, ADDRESS/LENGTH, is expected, not \"::/-1\""},
	    {"net x ::/", "net: a prefix, ADDRESS/LENGTH, is expected, not \"::/\""},
	    {"net x,y ::/0", "net: NAME PREFIX is expected"},
	    {"auth", "auth: accept, error, static, hash, otip, cache, hrev or fwd is expected"},
	    {"auth stati w .",
	        "auth: accept, error, static, hash, otip, cache, hrev or fwd is expected"},
	    {"auth accept", "auth: accept NETS is expected"},
	    {"auth accept w .", "auth: accept NETS is expected"},
	    {"auth static w", "auth: static NETS NAME is expected"},
	    {"auth hash w .x", "auth: hash NETS NAME BASE is expected"},
	    {"auth hash w .x fc00:: pw", "auth: hash NETS NAME BASE is expected"},
	    {"auth otip w .x fc00::",
	        "auth: otip NETS NAME BASE PASSWORD|password_file FILE is expected"},
	    {"auth otip w .x fc00:: a b",
	        "auth: otip NETS NAME BASE PASSWORD|password_file FILE is expected"},
	    {"auth otip w .x fc00:: passfile /nonexistent/p",
	        "auth: password_file /nonexistent/p: No such file or directory"},
	    {"auth otip w .x fc00:: password-file /dev/null",
	        "auth: password_file /dev/null: it is no regular file"},
	    {"auth fwd w . x", "auth: fwd NETS NAME is expected"},
	    {"auth accept w,z", "auth: there is no net \"z\" above"},
	    {"auth accept W", "auth: there is no net \"W\" above"},
	    {"auth accept w,", "auth: there is no net \"\" above"},
	    {"auth static w a..b", "auth: \"a..b\" is not a domain name"},
	    {"auth static w ..a", "auth: \"..a\" is not a domain name"},
	    {"auth static w 10.0.0.0/33", "auth: \"10.0.0.0/33\": a length up to 32 is expected"},
	    {"auth static w fc00::/129", "auth: \"fc00::/129\": a length up to 128 is expected"},
	    {"auth static w fc00::/x", "auth: \"fc00::/x\": a length up to 128 is expected"},
	    {"auth hrev w host.x/64",
	        "auth: host.x cannot be resolved: it is not static, and there is no `dns`"},
	    {"auth hash w .x host.x",
	        "auth: host.x cannot be resolved: it is not static, and there is no `dns`"},
	    {"auth hash w .x a..b", "auth: \"a..b\" is neither an address nor a name"},
	    {"auth hash w .x .", "auth: \".\" is neither an address nor a name"},
	    {"static", "static: a type is expected: A, AAAA, PTR, NS, CNAME, TXT, MX, SRV, CAA or SOA"},
	    {"static AAA x ::1",
	        "static: a type is expected: A, AAAA, PTR, NS, CNAME, TXT, MX, SRV, CAA or SOA"},
	    {"static TXT x 'half a text", "static: a quote is not closed"},
	    {"net \"n 10.0.0.0/8", "net: a quote is not closed"},
	    {"static A x", "static: A NAME ADDRESS"},
	    {"static A x 1.2.3.4 # remark", "static: A NAME ADDRESS"},
	    {"static A x 1.2.3", "static: an IPv4 address is expected"},
	    {"static A x ::1", "static: an IPv4 address is expected"},
	    {"static AAAA x 1.2.3.4", "static: an IPv6 address is expected"},
	    {"static A x..y 1.2.3.4", "static: a domain name is expected"},
	    {"static NS x y..z", "static: a domain name is expected"},
	    {"static MX x mail", "static: MX NAME PREFERENCE TARGET"},
	    {"static MX x 65536 mail", "static: a number is expected, or it is too large"},
	    {"static MX x ten mail", "static: a number is expected, or it is too large"},
	    {"static TXT x", "static: TXT NAME STRING..."},
	    {"static SRV x 1 2 3", "static: SRV NAME PRIORITY WEIGHT PORT TARGET"},
	    {"static CAA x 0 iss-ue y", "static: a tag of letters and digits is expected"},
	    {"static CAA x 256 issue y", "static: a number is expected, or it is too large"},
	    {"static SOA x y",
	        "static: SOA NAME SERVER MAILBOX [SERIAL [REFRESH [RETRY [EXPIRE [MINIMUM]]]]]"},
	    {"static SOA x y z 4294967296", "static: a number is expected, or it is too large"},
	    {"static A ttl=x y 1.2.3.4", "static: ttl=NUMBER is expected, up to 2147483647"},
	    {"static A ttl=2147483648 y 1.2.3.4", "static: ttl=NUMBER is expected, up to 2147483647"},
	    {"option", "option: NAME VALUE is expected"},
	    {"option hashttl", "option: NAME VALUE is expected"},
	    {"option hashttl 1 2", "option: NAME VALUE is expected"},
	    {"option nothing 1", "option: there is no \"nothing\""},
	    {"option hashttl ten", "option hashttl: a number is expected, not \"ten\""},
	    {"option hrevmode some",
	        "option hrevmode: always, net, same or never is expected, not \"some\""},
	    {"option cookies 1", "option cookies: no or yes is expected, not \"1\""},
	    {"auth hrev w v4.x/64\nstatic A v4.x 1.2.3.4",
	        "auth: the host has an IPv4 address: a length up to 32 is expected"},
	    {"auth hrev w a..b/64", "auth: \"a..b\" is neither an address nor a name"},
	    {"net x 1234567890123456789012345678901234567890123456789012345678901234/8",
	        "net: a prefix, ADDRESS/LENGTH, is expected, not "
	        "\"1234567890123456789012345678901234567890123456789012345678901234/8\""},
	    {"option cookiesecret 00", "option cookiesecret: 32 hexadecimal digits are expected"},
	    {"auth otip w .x fc00:: password-file", "auth: password-file FILE is expected"},
	    {"auth hash w .x fc00::/64",
	        "auth: \"fc00::/64\": an address without a length is expected; 64 bits of it count"},
	    {"option otip-period -1", "option otipperiod: 0 to 2147483647 is expected, not -1"},
	    {"option otip_periods 1", "option: there is no \"otip_periods\""},
	    {"option ednssize 511", "option ednssize: 512 to 65535 is expected, not 511"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char conf[400], expected[400];

		snprintf(conf, sizeof(conf), "net w ::/0\n%s\nauth accept w\n", cases[i].line);
		snprintf(expected, sizeof(expected), "test.rc (line 2): %s\n", cases[i].message);
		if (fixture_load(&fixture, conf))
			fail_msg("%s: no mistake", cases[i].line);
		if (strcmp(fixture.log, expected) != 0)
			fail_msg("%s: %s", cases[i].line, fixture.log);
	}
}

/* All of them are told, with their lines. */
static void test_all_mistakes(void **state)
{
	(void)state;
	assert_false(fixture_load(&fixture,
	    "\nnet\n#\nauth x\n  dns 8.8.8.8\n\tdns x\nauth fwd w .\nrstack eth\n"
	    "stack eth\ndns ::1\ndns ::2\ndns ::3"));
	assert_string_equal(fixture.log,
	    "test.rc (line 2): net: NAME PREFIX is expected\n"
	    "test.rc (line 4): auth: accept, error, static, hash, otip, cache, hrev or fwd is "
	    "expected\n"
	    "test.rc (line 6): dns: one address, IPv4 or IPv6, is expected\n"
	    "test.rc (line 7): auth: there is no net \"w\" above\n"
	    "test.rc (line 9): stack can be defined only once: there is `stack` for both, or `rstack` "
	    "and "
	    "`fstack`\n"
	    "test.rc (line 12): dns: there are 3 already\n");
	assert_false(fixture_load_file(&fixture, "/nowhere/at/all.rc"));
	assert_non_null(strstr(fixture.log, "/nowhere/at/all.rc"));
}

/* A set that no message has room for is a mistake; the largest one that is none can be asked for.
 */
static void test_large_sets(void **state)
{
	enum { RECORDS = 5000, LINE = 40 };
	char *conf = malloc((RECORDS + (size_t)3) * LINE);
	unsigned int first;
	char *end;

	(void)state;
	assert_non_null(conf);
	end = conf + sprintf(conf, "net w ::/0\nauth static w .\n");
	for (unsigned int i = 0; i < RECORDS; i++)
		end += sprintf(end, "static A h 10.0.%u.%u\n", i >> 8, i & 0xff);
	assert_false(fixture_load(&fixture, conf));
	assert_int_equal(
	    sscanf(fixture.log, "test.rc (line %u): static: no message has room", &first), 1);
	assert_in_range(first, 4000, 4100);
	end = conf;
	for (unsigned int line = 1; line < first; line++)
		end = strchr(end, '\n') + 1;
	*end = '\0'; /* up to the last one that was taken */
	load(conf);
	fixture.tcp = true;
	fixture_ask(&fixture, "::1", "h", "A");
	assert_int_equal(fixture.reply[2] & 2, 0); /* no TC */
	assert_int_equal(fixture.reply[6] << 8 | fixture.reply[7], first - 3);
	fixture_unload(&fixture);
	free(conf);
}

static void test_stacks(void **state)
{
	(void)state;
	load("");
	assert_false(fixture.conf->one_stack);
	assert_int_equal(fixture.conf->request.count + fixture.conf->forward.count, 0);
	fixture_unload(&fixture);
	load(" STACK stack=vdestack,vnl=vde:///tmp/hub \nstack 'eth ip=10.0.0.1/24'\t\nstack eth rd  "
	     "rapid "
	     "\r\n");
	assert_true(fixture.conf->one_stack);
	assert_int_equal(fixture.conf->request.count, 3);
	assert_string_equal(fixture.conf->request.lines[0], "stack=vdestack,vnl=vde:///tmp/hub");
	assert_string_equal(fixture.conf->request.lines[1], "eth ip=10.0.0.1/24");
	assert_string_equal(fixture.conf->request.lines[2], "eth rd  rapid");
	fixture_unload(&fixture);
	load("fstack stack=picox\nrstack stack=kernel\nfstack eth\n");
	assert_false(fixture.conf->one_stack);
	assert_int_equal(fixture.conf->request.count, 1);
	assert_int_equal(fixture.conf->forward.count, 2);
	assert_string_equal(fixture.conf->forward.lines[1], "eth");
	fixture_unload(&fixture);
	assert_false(fixture_load(&fixture, "stack eth\nfstack eth\n"));
}

/* What is no string of a stack is told with its line, and where stack= and vnl= may stand. */
static void test_stack_strings(void **state)
{
	(void)state;
	assert_false(fixture_load(&fixture,
	    "rstack stack=picox,vnl=vde:///x,ehh\nrstack ip=10.0.0.1/33\nrstack vnl=vde:///y\n"));
	assert_non_null(strstr(fixture.log, "test.rc (line 1): rstack: unknown tag 'ehh'; there are"));
	assert_non_null(
	    strstr(fixture.log, "test.rc (line 2): rstack: ip wants an address, or ADDRESS/LENGTH"));
	assert_non_null(strstr(fixture.log, "test.rc (line 3): rstack: unknown tag 'vnl'"));
}

static uint64_t nets_of(const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return named_nets_of(fixture.conf->nets, &address);
}

static void test_nets(void **state)
{
	(void)state;
	load(
	    "net all ::/0\nnet four 10.0.0.0/8\nnet four 192.168.1.77/24\nnet mapped 10.0.0.0/104\n"
	    "net host fc00::1/128\nnet six fc00::/7\nnet six fc00::/16\nnet none 10.0.0.0/33\n"
	    "net top ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127\nnet v4 0.0.0.0/0\nnet Four ::/128\n");
	assert_int_equal(nets_of("2001::1"), 1);
	assert_int_equal(nets_of("::ffff:10.0.0.0"), 1 | 32 | 2 | 4 | 128);
	assert_int_equal(nets_of("::ffff:10.255.255.255"), 1 | 32 | 2 | 4 | 128);
	assert_int_equal(nets_of("::ffff:11.0.0.0"), 1 | 32 | 128);
	assert_int_equal(nets_of("::ffff:9.255.255.255"), 1 | 32 | 128);
	assert_int_equal(nets_of("::ffff:192.168.1.0"), 1 | 32 | 2 | 128);
	assert_int_equal(nets_of("::ffff:192.168.2.0"), 1 | 32 | 128);
	assert_int_equal(nets_of("fc00::1"), 1 | 8 | 16);
	assert_int_equal(nets_of("fc00::2"), 1 | 16);
	assert_int_equal(nets_of("fd00::"), 1 | 16);
	assert_int_equal(nets_of("fe00::"), 1);
	assert_int_equal(nets_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 1 | 64);
	assert_int_equal(nets_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffd"), 1);
	assert_int_equal(nets_of("::"), 1 | 32 | 256);
	assert_int_equal(nets_of("0:0:7fff::"), 1 | 32);
	assert_int_equal(nets_of("0:0:8000::"), 1);
	fixture_unload(&fixture);
}

/* spec 5.4: addresses as names. */
static void test_names(void **state)
{
	static const char long_name[] =
	    "x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.2.ip6.arpa";
	static const struct {
		const char *name, *matches, *fails;
	} cases[] = {
	    {"10.20.30.40", "40.30.20.10.in-addr.arpa", "x.40.30.20.10.in-addr.arpa"},
	    {"10.20.30.40/32", "40.30.20.10.IN-ADDR.arpa", "41.30.20.10.in-addr.arpa"},
	    {"10.20.30.0/24", "1.30.20.10.in-addr.arpa", "30.20.10.in-addr.arpa"},
	    {"10.20.30.0/25", "1.30.20.10.in-addr.arpa", "1.31.20.10.in-addr.arpa"},
	    {"10.0.0.0/8", "1.2.3.10.in-addr.arpa", "1.2.3.11.in-addr.arpa"},
	    {"10.0.0.0/12", "9.10.in-addr.arpa", "10.in-addr.arpa"},
	    {"0.0.0.0/0", "1.in-addr.arpa", "in-addr.arpa"},
	    {"fc00::/64", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa",
	        "1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa"},
	    {"2001:760:2e00:ff00::/64", "x.0.0.f.f.0.0.e.2.0.6.7.0.1.0.0.2.ip6.arpa",
	        "x.1.0.f.f.0.0.e.2.0.6.7.0.1.0.0.2.ip6.arpa"},
	    {"2001::/62", "x.0.0.0.0.0.0.0.0.0.0.0.1.0.0.2.ip6.arpa",
	        "0.0.0.0.0.0.0.0.0.0.0.1.0.0.2.ip6.arpa"},
	    {"2001::3:4/124",
	        "x.0.0.0.3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.2.ip6.arpa", long_name},
	    {"::/0", "1.ip6.arpa", "1.in-addr.arpa"},
	    {"base.x/64", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa", "1.ip6.arpa"},
	    {"four.x/24", "9.1.168.192.in-addr.arpa", "9.2.168.192.in-addr.arpa"},
	    {"four.x/32", "7.1.168.192.in-addr.arpa", "8.1.168.192.in-addr.arpa"},
	    {"foo.bar.", "Foo.Bar", "x.foo.bar"},
	    {".foo.bar", "x.y.FOO.bar", "foo.bar"},
	    {".foo.bar", "x.foo.bar", "xfoo.bar"},
	    {".", "anything", NULL},
	    {".", ".", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char conf[400];

		snprintf(conf, sizeof(conf),
		    "net w ::/0\nauth error w xx\nauth static w %s\nstatic AAAA base.x fc00::\n"
		    "static A four.x 192.168.1.7\n",
		    cases[i].name);
		load(conf);
		if (strcmp(fixture_ask(&fixture, "::1", cases[i].matches, "MX"), "8403") != 0)
			fail_msg("%s, %s: %s", cases[i].name, cases[i].matches, fixture.text);
		if (cases[i].fails &&
		    strcmp(fixture_ask(&fixture, "::1", cases[i].fails, "MX"), "8005") != 0)
			fail_msg("%s, %s: %s", cases[i].name, cases[i].fails, fixture.text);
		fixture_unload(&fixture);
	}
}

/* Words: the first 8 bytes count, quotes and backslashes; odd values that have always been ignored.
 */
static void test_words(void **state)
{
	(void)state;
	load("NET w ::/0\nOption tcplisten 7\noption HREVMODE Never\noption tcptimeoutsomething 0\n"
	     "option tcplistenbacklog -1\noption hashttl -5\noption hashttl 0x10\nauth Static w .\n"
	     "static txt a.b \"c d\"' e' f\\ g h\\\"\\\\\n");
	assert_int_equal(fixture.conf->options.tcplistenbacklog, 7);
	assert_int_equal(fixture.conf->options.tcptimeout, 60);
	assert_int_equal(fixture.conf->options.hrevmode, NAMED_HREV_NEVER);
	assert_int_equal(fixture.conf->options.hashttl, 16);
	assert_string_equal(fixture.log,
	    "test.rc (line 4): option: \"tcptimeoutsomething\" is taken as tcptimeout\n"
	    "test.rc (line 4): option tcptimeout: 0 is ignored, 1 to 2147483647 is expected\n"
	    "test.rc (line 5): option tcplistenbacklog: -1 is ignored, 0 to 2147483647 is expected\n"
	    "test.rc (line 6): option hashttl: -5 is ignored, 0 to 2147483647 is expected\n");
	assert_string_equal(fixture_ask(&fixture, "::1", "a.b", "TXT"),
	    "8480: a.b TXT 2147483647 \"c d e\"\"f g\"\"h\"\\\"");
	fixture_unload(&fixture);
}

/* Each answers as its comments say (spec 15, 2). */
static void test_examples(void **state)
{
	static const struct {
		const char *file, *client, *name, *type, *reply;
	} cases[] = {
	    {"iothnamed", "10.0.0.1", "a.test", "A", "8005"},
	    {"local+forward", "192.168.1.1", "one.test.local", "A",
	        "8480: one.test.local A 2147483647 192.168.1.1"},
	    {"local+forward", "192.168.1.1", "2.1.168.192.in-addr.arpa", "PTR",
	        "8480: 2.1.168.192.in-addr.arpa PTR 2147483647 two.test.local"},
	    {"local+forward", "192.168.1.1", "www.example.org", "A", "forward"},
	    {"local+forward", "192.168.2.1", "one.test.local", "A", "8005"},
	    {"delegated", "10.0.0.1", "one.dom.v2.cs.unibo.it", "A",
	        "8480: one.dom.v2.cs.unibo.it A 2147483647 192.168.1.1"},
	    {"delegated", "10.0.0.1", "one.dom.v2.cs.unibo.it", "AAAA",
	        "8480: one.dom.v2.cs.unibo.it AAAA 2147483647 fc00::1"},
	    {"delegated", "10.0.0.1", "www.example.org", "A", "8005"},
	    {"localhash+forward", "fc00::1", "hic_sunt_leones.hash.local", "AAAA",
	        "8480: hic_sunt_leones.hash.local AAAA 600 fc00::9c8f:74b4:705f:6512"},
	    {"localhash+forward", "fc00::1", "hash.local", "AAAA",
	        "8480: hash.local AAAA 2147483647 fc00::"},
	    {"localhash+forward", "fc00::1", "hash.local", "A", "8480"},
	    {"delegated+hash", "10.0.0.1", "renzo.hash.v2.cs.unibo.it", "AAAA",
	        "8480: renzo.hash.v2.cs.unibo.it AAAA 600 2001:760:2e00:ff00:6066:4f84:db3e:c9cb"},
	    {"delegated+hash", "10.0.0.1", "lucia.hash.v2.cs.unibo.it", "AAAA",
	        "8480: lucia.hash.v2.cs.unibo.it AAAA 600 2001:760:2e00:ff00:cf1:1fe9:aad4:e838"},
	    {"delegated+hash", "10.0.0.1", "whatever-you-want.hash.v2.cs.unibo.it", "AAAA",
	        "8480: whatever-you-want.hash.v2.cs.unibo.it AAAA 600 "
	        "2001:760:2e00:ff00:542d:ffcb:17e:8fa7"},
	    {"otip+forward", "192.168.1.1", "renzo.otip", "AAAA",
	        "8480: renzo.otip AAAA 1 2001:760:2e00:ff00:8ce3:a148:b648:6c83"},
	    {"iothnamed_otip", "fc01::1", "renzo.otip", "AAAA",
	        "8480: renzo.otip AAAA 1 fc01::8ce3:a148:b648:6c83"},
	    {"iothnamed_otip", "fc02::1", "renzo.otip", "AAAA", "8005"},
	};
	const char *directory = getenv("NAMED_EXAMPLES");

	(void)state;
	assert_non_null(directory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[1000];

		snprintf(path, sizeof(path), "%s/%s.rc", directory, cases[i].file);
		if (!fixture_load_file(&fixture, path) || fixture.log[0])
			fail_msg("%s: %s", cases[i].file, fixture.log);
		fixture_ask(&fixture, cases[i].client, cases[i].name, cases[i].type);
		if (strcmp(fixture.text, cases[i].reply) != 0)
			fail_msg("%s: %s: %s", cases[i].file, cases[i].name, fixture.text);
		fixture_unload(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_all_mistakes),
	    cmocka_unit_test(test_large_sets),
	    cmocka_unit_test(test_stacks),
	    cmocka_unit_test(test_stack_strings),
	    cmocka_unit_test(test_nets),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
