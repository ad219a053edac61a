/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core: the static table, as it is and as a zone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core_ask.h"

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

/* RFC 1034, 3.6.2; RFC 2181, 10.1. The line is named, whichever of the two is the second one. */
static void test_alias_alone(void **state)
{
	static const char *const wrong[] = {
	    "static CNAME a.b c\nstatic A a.b 10.0.0.1\n",
	    "static A A.b 10.0.0.1\nstatic CNAME a.B c\n",
	    "static CNAME a.b c\nstatic CNAME a.b d\n",
	    "static SOA a.b n m\nstatic CNAME a.b c\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(fixture_load(&fixture, wrong[i]));
		assert_non_null(strstr(fixture.log, "(line 2): static: a name that is an alias"));
	}
	load("static CNAME a.b c\nstatic CNAME A.B c\nstatic A x.a.b 10.0.0.1\n");
	fixture_unload(&fixture);
	/* One alias, spelled in two ways: RFC 4343, 3. So are other names in data, and no text is. */
	load("static CNAME a.b c.d\nstatic CNAME a.b C.d\nstatic MX m 7 c.d\nstatic MX m 7 C.D\n"
	     "static MX m 8 C.D\nstatic TXT m x\nstatic TXT m X\nnet w ::/0\nauth static w .\n");
	assert_string_equal(ask("a.b", "CNAME"), "8480: a.b CNAME 2147483647 c.d");
	assert_string_equal(ask("m", "MX"), "8480: m MX 2147483647 7 c.d: m MX 2147483647 8 c.d");
	assert_string_equal(ask("m", "TXT"), "8480: m TXT 2147483647 \"x\": m TXT 2147483647 \"X\"");
	fixture_unload(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_static),
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_minimal_any),
	    cmocka_unit_test(test_alias_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
