/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of otip_rproxy: VirtualSquare's file, what is wrong in others; and the small parts: the
 * PROXY protocol's bytes, counts by source. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "conf.h"
#include "log.h"
#include "proxy_header.h"
#include "words.h"

static char told[4096]; /* all that was logged */

static void take_log(int level, const char *text, void *argument)
{
	strncat(told, text, sizeof(told) - strlen(told) - 2);
	strcat(told, "\n");
}

/* The configuration that a file gives, by its path; NULL: mistakes. */
static struct rproxy_conf *load(const char *path)
{
	struct rproxy_values values = {0};
	struct options options;
	struct rproxy_conf *conf;
	unsigned int mistakes;

	told[0] = '\0';
	log_set_hook(take_log, NULL);
	assert_int_equal(options_init(&options, "/d", NULL, NULL), 0);
	rproxy_option_defaults(&values);
	options.groups[0] = (struct option_group){
	    .specs = rproxy_options, .count = rproxy_option_count, .values = &values};
	mistakes = options_read_file(&options, path);
	conf = rproxy_configure(NULL, &options, &values);
	if (mistakes > 0) {
		rproxy_conf_free(conf);
		conf = NULL;
	}
	options_fini(&options);
	log_set_hook(NULL, NULL);
	return conf;
}

static struct rproxy_conf *load_text(const char *text)
{
	int fd = memfd_create("rc", MFD_CLOEXEC);
	struct rproxy_conf *conf;
	char path[64];

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	conf = load(path);
	close(fd);
	return conf;
}

static void assert_told(const char *text, const char *reason)
{
	struct rproxy_conf *conf = load_text(text);

	if (conf || !strstr(told, reason))
		fail_msg("expected '%s' of:\n%s\nseen: %s", reason, text, told);
}

#define ENOUGH "extstack stack=picox,vnl=vde:///tmp/hub\nname a\nbase fc01::\ntcp 1,::1,2\n"

/* Section 13: preactive and postactive are not swapped. */
static void test_upstream_file(void **state)
{
	struct rproxy_conf *conf = load(UPSTREAM_RC);

	assert_non_null(conf);
	assert_string_equal(conf->outer, "stack=vdestack,vnl=vde:///tmp/hub");
	assert_string_equal(conf->inner, "stack=kernel");
	assert_string_equal(conf->interface, "vde0");
	assert_string_equal(conf->name, "renzo.otip");
	assert_string_equal(conf->base, "fc01::");
	assert_string_equal(conf->password, "mypassword");
	assert_string_equal(conf->dns, "80.80.80.80");
	assert_int_equal(conf->schedule.period, 32);
	assert_int_equal(conf->service_count, 3);
	assert_int_equal(conf->services[1].type, SOCK_STREAM);
	assert_int_equal(conf->services[1].port, 22);
	assert_string_equal(conf->services[1].host, "::1");
	assert_int_equal(conf->services[2].type, SOCK_DGRAM);
	assert_int_equal(conf->services[2].inner_port, 8484);
	assert_int_equal(conf->limits.backlog, 5);
	assert_int_equal(conf->limits.tcp_timeout, 120 * LOOP_SEC);
	assert_int_equal(conf->limits.udp_timeout, 8 * LOOP_SEC);
	assert_false(conf->all_kernel);
	rproxy_conf_free(conf);
}

/* The file of the password: whose it is else, and one without a password. */
static void test_password_file(void **state)
{
	int fd = memfd_create("password", MFD_CLOEXEC);
	struct rproxy_conf *conf;
	char text[200];

	snprintf(text, sizeof(text), ENOUGH "password_file /proc/self/fd/%d\n", fd);
	assert_told(text, "it is empty");
	assert_int_equal(write(fd, "a secret\r\nmore", 14), 14);
	assert_int_equal(fchmod(fd, 0600), 0);
	conf = load_text(text);
	assert_non_null(conf);
	assert_string_equal(conf->password, "a secret");
	assert_string_equal(told, "");
	rproxy_conf_free(conf);
	assert_int_equal(fchmod(fd, 0604), 0);
	conf = load_text(text);
	assert_non_null(conf);
	assert_non_null(strstr(told, "others may read it"));
	rproxy_conf_free(conf);
	assert_int_equal(pwrite(fd, "\n", 1, 0), 1);
	conf = load_text(text);
	assert_non_null(conf);
	assert_non_null(strstr(told, "passwd: there is none"));
	rproxy_conf_free(conf);
	close(fd);
}

static void test_periods_are_not_swapped(void **state)
{
	struct rproxy_conf *conf = load_text(ENOUGH "otip_preactive 3\notip_postactive 0x5\n");

	assert_non_null(conf);
	assert_int_equal(conf->schedule.preactive, 3);
	assert_int_equal(conf->schedule.postactive, 5);
	assert_int_equal(otip_schedule_opens(&conf->schedule, 10), 320 - 3);
	assert_int_equal(otip_schedule_closes(&conf->schedule, 10), 352 + 5);
	rproxy_conf_free(conf);
}

static void test_stacks(void **state)
{
	struct rproxy_conf *conf = load_text(
	    "extstack stack=kernel,iface=lo,rd,ip=fc00::1/64\nintstack kernel\nname a\nbase fc01::\n"
	    "udp 1,localhost,2\n");

	assert_non_null(conf);
	assert_string_equal(conf->outer, "stack=kernel,iface=lo,rd,ip=fc00::1/64,eth,thread");
	assert_string_equal(conf->inner, "stack=kernel");
	assert_string_equal(conf->interface, "lo");
	assert_true(conf->all_kernel);
	rproxy_conf_free(conf);
}

/* A router is no matter of the stack's beginning. */
static void test_gateway(void **state)
{
	struct rproxy_conf *conf = load_text(
	    "extstack stack=vdestack,gw=fc01::1,vnl='a,b \\c',gw=10.0.0.1,ip=10.0.0.9/24,iface=v0\n"
	    "name a\nbase fc01::\nudp 1,localhost,2\n");

	assert_non_null(conf);
	assert_string_equal(
	    conf->outer, "stack=vdestack,vnl=a\\,b\\ \\\\c,ip=10.0.0.9/24,iface=v0,,eth");
	assert_string_equal(conf->gateway, "gw=fc01::1,gw=10.0.0.1,iface=v0,");
	rproxy_conf_free(conf);
}

static void test_mistakes(void **state)
{
	assert_told("", "extstack: a stack is expected");
	/* Section 13: a missing name. */
	assert_told("extstack stack=picox,vnl=x\nbase fc01::\ntcp 1,::1,2\n", "name: it is needed");
	assert_told("extstack stack=picox,vnl=x\nname a\ntcp 1,::1,2\n", "base: it is needed");
	assert_told("extstack stack=picox,vnl=x\nname a\nbase fc01::\n", "at least one service");
	assert_told(ENOUGH "extstack dhcp\n", "'dhcp' is not stack=");
	assert_told(ENOUGH "tcp 1,::1,3\n", "tcp: port 1 is given twice");
	assert_told(ENOUGH "tcp 65536,::1,3\n", "is not PORT,HOST,PORT");
	assert_told(ENOUGH "tcp 5,::1\n", "is not PORT,HOST,PORT[,proxy1|,proxy2]: there are 2 parts");
	assert_told(ENOUGH "tcp 5,::1,70000\n", "port '70000' is not a number from 1 to 65535");
	assert_told(ENOUGH "udp 5,a..b,7\n", "'a..b' is neither an address nor a name");
	assert_told(ENOUGH "udp 5,::1,6,proxy1\n", "there are 4 parts");
	assert_told(ENOUGH "tcp 5,::1,6,proxy\n", "'proxy' is neither proxy1 nor proxy2");
	assert_told(ENOUGH "extstack stack=picox\n", "extstack: stack=picox needs a network: vnl=VNL");
	assert_told(ENOUGH "extstack stack=kernel,iface=sixteen-letters-\n", "is too long");
	assert_told(ENOUGH "base fc01::/48\n", "'fc01::/48': an address without a length");
	assert_told(ENOUGH "base 10.0.0.1\n", "'10.0.0.1': a network of IPv6 is expected");
	assert_told(ENOUGH "tcp 5,::1,6,proxy3\n", "is not PORT,HOST,PORT");
	assert_told(ENOUGH "udp 5,::1,6,proxy1\n", "is not PORT,HOST,PORT");
	assert_told(ENOUGH "tcp 5,fd77::zz,6\n", "is not PORT,HOST,PORT");
	assert_told(ENOUGH "udp 5,192.0.2.300,6\n", "is not PORT,HOST,PORT");
	assert_told(ENOUGH "dns fd77::zz\n", "dns: 'fd77::zz' is not ADDRESS");
	assert_told(ENOUGH "intstack stack=picox,ehh\n", "intstack: unknown tag 'ehh'");
	assert_told("extstack stack=picox,vnl=x,ip=10.0.0.1/33\nname a\nbase fc01::\ntcp 1,::1,2\n",
	    "extstack: ip wants an address, or ADDRESS/LENGTH");
	assert_told(ENOUGH "otip_period -1\n", "otip_period");
	assert_told(ENOUGH "otip_period 99999999999\n", "otip_period");
	assert_told(ENOUGH "otip_period 1\notip_postactive 2147483647\n", "windows would be open");
	assert_told(ENOUGH "digest sha1\n", "md5 or hmac-sha256");
	assert_told(ENOUGH "rounds 5\n", "rounds: it is for `digest hmac-sha256`");
	assert_told(ENOUGH "digest hmac-sha256\nrounds 0\n", "'0' is not a number from 1 to");
	assert_told(ENOUGH "passwd a\npassword_file /dev/null\n", "only one of them");
	assert_told(ENOUGH "password_file /nonexistent/password\n", "password_file");
	assert_told(ENOUGH "password_file /dev/null\n", "/dev/null: it is no regular file");
	assert_told(
	    "extstack stack=picox,vnl=x\nname a\nbase 1.2.3.4:5\ntcp 1,::1,2\n", "not an IPv6 address");
}

/* What was there, and wrong, is not said to be missing. */
static void test_told_once(void **state)
{
	assert_null(load_text("extstack dhcp\nname .\nbase fd77::zz\ntcp 1\n"));
	assert_non_null(strstr(told, "(line 4): tcp: "));
	assert_null(strstr(told, "needed"));
	assert_null(strstr(told, "expected"));
}

static void test_proxy_header(void **state)
{
	struct sockaddr_in6 client = {.sin6_family = AF_INET6, .sin6_port = htons(65535)},
	                    local = client;
	uint8_t header[PROXY_HEADER_MAX];
	size_t len;

	local.sin6_port = htons(22);
	inet_pton(AF_INET6, "2001:db8::1", &client.sin6_addr);
	inet_pton(AF_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &local.sin6_addr);
	len = proxy_header_write(header, 1, &client, &local);
	assert_int_equal(len, strlen("PROXY TCP6 2001:db8::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	                             "65535 22\r\n"));
	assert_memory_equal(
	    header, "PROXY TCP6 2001:db8::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 22\r\n", len);
	len = proxy_header_write(header, 2, &client, &local);
	assert_int_equal(len, 52);
	assert_memory_equal(header, "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0d\xb8", 20);
	assert_memory_equal(header + 48, "\xff\xff\0\x16", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_upstream_file),
	    cmocka_unit_test(test_password_file),
	    cmocka_unit_test(test_periods_are_not_swapped),
	    cmocka_unit_test(test_stacks),
	    cmocka_unit_test(test_gateway),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_told_once),
	    cmocka_unit_test(test_proxy_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
