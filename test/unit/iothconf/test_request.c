/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration strings: every tag, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "request.h"

static struct request request;
static char problem[1000];

static int parse(const char *text, enum request_form form)
{
	return request_parse(&request, text, form, problem, sizeof(problem));
}

static void accepts(const char *text)
{
	assert_int_equal(parse(text, REQUEST_CONFIG), 0);
	assert_string_equal(problem, "");
}

static void test_documented(void **state)
{
	accepts("eth,ip=10.0.0.1/24,gw=10.0.0.254");
	assert_int_equal(request.run, SOURCE_ETH | SOURCE_STATIC);
	assert_string_equal(request.iface, "vde0");
	assert_int_equal(request.items, 2);
	assert_int_equal(request.item[0].kind, ITEM_ADDRESS);
	assert_int_equal(request.item[0].prefix.len, 24);
	assert_int_equal(request.item[1].kind, ITEM_GATEWAY);
	request_free(&request);
	accepts("eth,dhcp");
	assert_int_equal(request.run, SOURCE_ETH | SOURCE_DHCP4);
	request_free(&request);
	accepts("eth,dhcp,dhcp6,rd,fqdn=host.v2.cs.unibo.it");
	assert_int_equal(request.run, SOURCE_ETH | SOURCE_DHCP4 | SOURCE_DHCP6 | SOURCE_RD);
	assert_string_equal(request.fqdn, "host.v2.cs.unibo.it");
	request_free(&request);
	accepts("auto,fqdn=host.v2.cs.unibo.it");
	assert_int_equal(request.run, SOURCE_ETH | SOURCE_DHCP4 | SOURCE_DHCP6 | SOURCE_RD);
	assert_int_equal(request.slaac, SLAAC_NONE); /* not implied */
	request_free(&request);
	accepts("ip=10.0.0.100/24");
	request_free(&request);
	accepts("ip=2001:760:1:2::100/64");
	assert_int_equal(request.item[0].prefix.family, AF_INET6);
	request_free(&request);
	assert_int_equal(parse("stack=vdestack,vnl=vxvde://234.0.0.1,eth,ip=10.0.0.1/24,gw=10.0.0.254",
	                     REQUEST_NEWSTACK),
	    0);
	assert_string_equal(request.stack, "vdestack");
	assert_string_equal(request.vnlv[0], "vxvde://234.0.0.1");
	assert_null(request.vnlv[1]);
	request_free(&request);
}

static void test_empty(void **state)
{
	static const char *const empty[] = {NULL, "", " ,;", "# nothing"};

	for (size_t i = 0; i < 4; i++) {
		accepts(empty[i]);
		assert_int_equal(request.list.count, 0);
		assert_int_equal(request.run | request.clean, 0);
		request_free(&request);
	}
}

static void test_synonyms(void **state)
{
	static const struct {
		const char *text;
		unsigned int run, clean;
	} tags[] = {{"dhcp4", SOURCE_DHCP4, 0}, {"dhcpv4", SOURCE_DHCP4, 0}, {"dhcp6", SOURCE_DHCP6, 0},
	    {"dhcpv6", SOURCE_DHCP6, 0}, {"rd6", SOURCE_RD, 0}, {"auto4", SOURCE_ETH | SOURCE_DHCP4, 0},
	    {"autov4", SOURCE_ETH | SOURCE_DHCP4, 0},
	    {"auto6", SOURCE_ETH | SOURCE_DHCP6 | SOURCE_RD, 0},
	    {"autov6", SOURCE_ETH | SOURCE_DHCP6 | SOURCE_RD, 0}, {"-static", 0, SOURCE_STATIC},
	    {"-eth", 0, SOURCE_ETH}, {"-dhcp", 0, SOURCE_DHCP4}, {"-dhcp4", 0, SOURCE_DHCP4},
	    {"-dhcpv4", 0, SOURCE_DHCP4}, {"-dhcp6", 0, SOURCE_DHCP6}, {"-dhcpv6", 0, SOURCE_DHCP6},
	    {"-rd", 0, SOURCE_RD}, {"-rd6", 0, SOURCE_RD},
	    {"-auto", 0, SOURCE_ETH | SOURCE_DHCP4 | SOURCE_DHCP6 | SOURCE_RD},
	    {"-all", 0, SOURCE_ETH | SOURCE_DHCP4 | SOURCE_DHCP6 | SOURCE_RD},
	    {"-auto4", 0, SOURCE_ETH | SOURCE_DHCP4}, {"-autov4", 0, SOURCE_ETH | SOURCE_DHCP4},
	    {"-auto6", 0, SOURCE_ETH | SOURCE_DHCP6 | SOURCE_RD},
	    {"-autov6", 0, SOURCE_ETH | SOURCE_DHCP6 | SOURCE_RD}};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		accepts(tags[i].text);
		assert_int_equal(request.run, tags[i].run);
		assert_int_equal(request.clean, tags[i].clean);
		request_free(&request);
	}
}

static void test_values(void **state)
{
	accepts(
	    "iface=vde1,ifindex=7,mac=0a-c0-de-ad-be-ef,fqdn=Host.Example,slaac=opaque,secret='a b',"
	    "duid=00030001,clientid=duid,thread,rfcdelay,rapid,probe,nodad,alloptions,fqdnwire,debug");
	assert_string_equal(request.iface, "vde1");
	assert_int_equal(request.ifindex, 7);
	assert_true(request.has_mac);
	assert_int_equal(request.mac[5], 0xef);
	assert_string_equal(request.fqdn, "Host.Example");
	assert_string_equal(request.folded, "host.example"); /* RFC 4343 */
	assert_int_equal(request.slaac, SLAAC_OPAQUE);
	assert_string_equal(request.secret, "a b");
	assert_int_equal(request.duid.len, 4);
	assert_true(request.duid_client_id && request.thread && request.rfcdelay && request.rapid &&
	            request.probe && request.nodad && request.alloptions && request.fqdnwire &&
	            request.debug);
	request_free(&request);
	accepts("macaddr=0a:c0:de:ad:be:ef,slaac,clientid=mac");
	assert_int_equal(request.slaac, SLAAC_USUAL);
	assert_false(request.duid_client_id);
	request_free(&request);
}

static void test_items(void **state)
{
	accepts("ip=10.0.0.1;ip=fc00::1 dns=1.1.1.1 "
	        "dns=::1,domain=a.b,-ip=10.0.0.1/8,-gw=10.0.0.2,-dns=::1,"
	        "-domain=c");
	assert_int_equal(request.items, 9);
	assert_int_equal(request.item[0].prefix.len, 24); /* what is not said */
	assert_int_equal(request.item[1].prefix.len, 64);
	assert_string_equal(request.item[4].domain, "a.b");
	assert_false(request.item[4].remove);
	assert_true(request.item[5].remove);
	assert_int_equal(request.item[5].prefix.len, 8);
	request_free(&request);
}

static void test_eight_letters(void **state)
{
	accepts("rfcdelays,fqdnwires"); /* the rule of the ecosystem's keywords */
	assert_true(request.rfcdelay);
	request_free(&request);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"nonsense", "ETH", "ip", "ip=", "ip=10.0.0", "ip=10.0.0.1/33",
	    "ip=fc00::1/129", "gw=10.0.0.1/24", "gw=x", "dns", "-dns", "dns=", "-dns=", "-dns=x",
	    "domain", "domain=", "domain='a b'", "-domain=a/b", "mac", "mac=", "mac=1:2:3",
	    "mac=01:00:00:00:00:01", "mac=00:00:00:00:00:00", "fqdn", "fqdn=", "fqdn=a..b",
	    "fqdn='a\nb'", "iface", "iface=", "ifindex", "ifindex=0", "ifindex=-1", "ifindex=1x",
	    "ifindex=99999999999", "slaac=", "slaac=x", "clientid", "clientid=x", "duid", "duid=0",
	    "duid=xx", "duid=0003", "secret", "stack=x", "vnl=x", "eth,,dhcpx"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i], REQUEST_CONFIG), -EINVAL);
		assert_string_not_equal(problem, "");
		assert_null(strchr(problem, '\n'));
	}
	assert_int_equal(parse("stack", REQUEST_NEWSTACK), -EINVAL);
	assert_int_equal(parse("vnl", REQUEST_NEWSTACK), -EINVAL);
}

/* It names the tag, and what is allowed. */
static void test_words(void **state)
{
	assert_int_equal(parse("eth,dhpc", REQUEST_CONFIG), -EINVAL);
	assert_non_null(strstr(problem, "'dhpc'"));
	assert_non_null(strstr(problem, " dhcp6 "));
	assert_null(strstr(problem, " stack"));
	assert_int_equal(parse("eth,dhpc", REQUEST_NEWSTACK), -EINVAL);
	assert_non_null(strstr(problem, " stack "));
	assert_non_null(strstr(problem, " secret"));
	assert_int_equal(parse("gw=10.0.0.256", REQUEST_CONFIG), -EINVAL);
	assert_string_equal(problem, "gw wants an address, not '10.0.0.256'");
}

static void test_resolv(void **state)
{
	assert_int_equal(parse("iface=vde1", REQUEST_RESOLV), 0);
	request_free(&request);
	assert_int_equal(parse("ifindex=2", REQUEST_RESOLV), 0);
	request_free(&request);
	assert_int_equal(parse(NULL, REQUEST_RESOLV), 0);
	request_free(&request);
	assert_int_equal(parse("eth", REQUEST_RESOLV), -EINVAL);
	assert_non_null(strstr(problem, "there are iface ifindex"));
	assert_int_equal(parse("stack=x", REQUEST_RESOLV), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_documented),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_synonyms),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_items),
	    cmocka_unit_test(test_eight_letters),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_resolv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
