/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts: resolv.conf, hosts, services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "files.h"
#include "handle.h"

static const char *server_text(const struct config *config, unsigned int i)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(config->servers[i].family, config->servers[i].address, text, sizeof(text));
}

static const char *search_text(const struct config *config, unsigned int i)
{
	static char text[IOTHDNS_MAXNAME];

	assert_true(name_to_text(&config->search[i], text, sizeof(text)) >= 0);
	return text;
}

static void test_resolv_conf(void **state)
{
	struct config *config = config_from_string("# comment\n; another\n"
	                                           "  nameserver 10.0.0.1   # trailing\r\n"
	                                           "nameserver\tfe80::1%vde0 ; here\n"
	                                           "nameserver nonsense\n"
	                                           "nameserver\n"
	                                           "search one.example. two.example\n"
	                                           "search three.example\tfour.example.\r\n"
	                                           "options timeout:3 attempts:2 ndots:4 rotate\n"
	                                           "options use-vc 0x20 rfc6724 cache:7 unknown:1\n"
	                                           "sortlist 1.2.3.4\nlonely\n"
	                                           "nameserver 2001:db8::1\n"
	                                           "nameserver 10.0.0.4\n"
	                                           "search a b");

	(void)state;
	assert_non_null(config);
	assert_int_equal(config->n_servers, 3);
	assert_string_equal(server_text(config, 0), "10.0.0.1");
	assert_string_equal(server_text(config, 1), "fe80::1");
	assert_string_equal(config->servers[1].scope, "vde0");
	assert_string_equal(server_text(config, 2), "2001:db8::1");
	assert_int_equal(config->n_search, 2); /* the last line, without a newline */
	assert_string_equal(search_text(config, 0), "a");
	assert_string_equal(search_text(config, 1), "b");
	assert_int_equal(config->timeout_ms, 3000);
	assert_int_equal(config->attempts, 2);
	assert_int_equal(config->ndots, 4);
	assert_int_equal(config->cache, 7);
	assert_true(config->rotate && config->use_tcp && config->x20 && config->rfc6724);
	assert_true(config->edns);
	config_unref(config);
}

static void test_defaults_and_oddities(void **state)
{
	static const char *const texts[] = {
	    "", "nameserver 10.0.0.1", "search", "search \n", "\n\n\n", "options", "domain d.x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct config *config = config_from_string(texts[i]);

		assert_non_null(config);
		assert_int_equal(config->n_servers, i == 1);
		assert_int_equal(config->n_search, i == 6);
		assert_int_equal(config->timeout_ms, IOTHDNS_TIMEOUT_MS);
		assert_int_equal(config->attempts, 1);
		assert_int_equal(config->ndots, 1);
		config_unref(config);
	}
	assert_null(config_from_file("/nonexistent/resolv.conf"));
	assert_int_equal(errno, ENOENT);
}

/* The list of the documentation, a constant string with commas. */
static void test_list(void **state)
{
	struct config *config = config_from_string("8.8.8.8,80.80.80.80,2620:0:ccc::2");

	(void)state;
	assert_int_equal(config->n_servers, 3);
	assert_string_equal(server_text(config, 2), "2620:0:ccc::2");
	config_unref(config);
	config = config_from_string("fe80::1%vde0,,1.1.1.1,");
	assert_int_equal(config->n_servers, 2);
	assert_string_equal(config->servers[0].scope, "vde0");
	config_unref(config);
}

static void test_handle(void **state)
{
	char buffer[40], path[] = "/tmp/iothdns_config.XXXXXX";
	struct in_addr addr = {htonl(0x0a000001)};
	int fd = mkstemp(path);
	struct iothdns *dns;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "nameserver 1.2.3.4", 18), 18);
	dns = iothdns_init(NULL, path);
	assert_non_null(dns);
	assert_int_equal(iothdns_add_nameserver(dns, AF_INET, &addr), 0);
	assert_int_equal(iothdns_add_nameserver(dns, AF_UNIX, &addr), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(iothdns_add_nameserver(dns, AF_INET, &addr), 0);
	assert_int_equal(iothdns_add_nameserver(dns, AF_INET, &addr), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(iothdns_update_strcfg(dns, (char *)(uintptr_t) "search x"), 0);
	assert_int_equal(iothdns_add_nameserver(dns, AF_INET, &addr), 0);
	assert_int_equal(iothdns_update(dns, (char *)(uintptr_t) "/nonexistent"), -1);
	assert_int_equal(iothdns_getpath(dns, IOTHDNS_HOSTS, buffer, sizeof(buffer)), 10);
	assert_string_equal(buffer, "/etc/hosts");
	iothdns_setpath(dns, IOTHDNS_HOSTS, path);
	assert_int_equal(iothdns_getpath(dns, IOTHDNS_HOSTS, buffer, 3), (int)strlen(path));
	assert_string_equal(buffer, "/t");
	iothdns_setpath(dns, IOTHDNS_HOSTS, NULL);
	assert_int_equal(iothdns_getpath(dns, IOTHDNS_HOSTS, NULL, 0), 10);
	assert_int_equal(iothdns_getpath(dns, IOTHDNS_PATH_SIZE, buffer, 3), -1);
	iothdns_fini(dns);
	close(fd);
	unlink(path);
}

static void test_hosts(void **state)
{
	static const char text[] =
	    "127.0.0.1 localhost\n# 1.1.1.1 no\nbad line\n"
	    "::1\tlocalhost ip6-localhost\n10.0.0.1  One.Example one 1st # ten\r\n"
	    "10.0.0.2 one\nfe80::1%eth0 link.x.\nfd00::1 one two";
	struct text hosts = {text, sizeof(text) - 1};
	uint8_t address[16];
	char name[IOTHDNS_MAXNAME];

	(void)state;
	assert_true(hosts_find_name(&hosts, "ONE", AF_INET, address, name));
	assert_memory_equal(address, "\x0a\0\0\1", 4); /* the first line */
	assert_string_equal(name, "One.Example");
	assert_true(hosts_find_name(&hosts, "one.", AF_INET6, address, name));
	assert_int_equal(address[0], 0xfd);
	assert_true(hosts_find_name(&hosts, "1st", AF_INET, address, NULL));
	assert_true(hosts_find_name(&hosts, "link.x", AF_INET6, address, NULL));
	assert_true(hosts_find_name(&hosts, "two", AF_INET6, address, NULL));
	assert_false(hosts_find_name(&hosts, "two", AF_INET, address, NULL));
	assert_false(hosts_find_name(&hosts, "ten", AF_INET, address, NULL));
	assert_false(hosts_find_name(&hosts, "no", AF_INET, address, NULL));
	assert_false(hosts_find_name(&hosts, "", AF_INET, address, NULL));
	assert_true(hosts_find_address(&hosts, AF_INET, "\x0a\0\0\1", name, sizeof(name)));
	assert_string_equal(name, "One.Example");
	assert_false(hosts_find_address(&hosts, AF_INET, "\x0a\0\0\3", name, sizeof(name)));
}

static void test_services(void **state)
{
	static const char text[] = "http 80/tcp www # web\ndomain 53/tcp\ndomain 53/udp\n"
	                           "big 70000/tcp\nhalf 7\nx 5/\nntp\t123/udp\tclock time";
	struct text services = {text, sizeof(text) - 1};
	char name[20];
	uint16_t port;

	(void)state;
	assert_true(services_find_name(&services, "www", "tcp", &port));
	assert_int_equal(port, 80);
	assert_false(services_find_name(&services, "www", "udp", &port));
	assert_true(services_find_name(&services, "WWW", "tcp", &port));
	assert_true(services_find_name(&services, "time", "udp", &port));
	assert_false(services_find_name(&services, "big", "tcp", &port));
	assert_false(services_find_name(&services, "web", "tcp", &port));
	assert_true(services_find_port(&services, 53, "udp", name, sizeof(name)));
	assert_string_equal(name, "domain");
	assert_false(services_find_port(&services, 53, "sctp", name, sizeof(name)));
	assert_false(services_find_port(&services, 54, "udp", name, sizeof(name)));
}

/* Options of resolv.conf(5): the first server is another one each time. */
static void test_rotate(void **state)
{
	static const char *const options[] = {"", "rotate"};

	(void)state;
	for (unsigned int rotate = 0; rotate < 2; rotate++) {
		struct iothdns *dns;
		char config[100];

		snprintf(config, sizeof(config), "nameserver 10.0.0.1\nnameserver ::1\noptions %s",
		    options[rotate]);
		dns = iothdns_init_strcfg(NULL, config);
		assert_non_null(dns);
		for (unsigned int i = 0; i < 5; i++) {
			struct dialog dialog;

			assert_int_equal(handle_dialog(dns, &dialog, "a.x", IOTHDNS_TYPE_A, 0), 0);
			assert_int_equal(dialog.query.server, rotate ? i % 2 : 0);
			dialog_fini(&dialog);
		}
		iothdns_fini(dns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resolv_conf),
	    cmocka_unit_test(test_defaults_and_oddities),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_handle),
	    cmocka_unit_test(test_rotate),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
