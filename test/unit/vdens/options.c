/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of vdens. */
#include <options.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define WORDS_MAX 64

static struct vdens_options options;
static char *words[WORDS_MAX];

static enum vdens_parsed parse_words(const char *const list[])
{
	int count = 0;

	words[count++] = (char *)(uintptr_t) "vdens";
	while (*list && count < WORDS_MAX - 1)
		words[count++] = (char *)(uintptr_t)*list++;
	words[count] = NULL;
	return options_parse(count, words, &options);
}

/* Parses the words that follow, up to a NULL. */
#define parse(...) parse_words((const char *const[]){__VA_ARGS__})

static int set_up(void **state)
{
	(void)state;
	setenv("SHELL", "/bin/testshell", 1);
	unsetenv("VDE_RESOLVCONF");
	unsetenv("VDE_RESOLVADDR");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	options_free(&options);
	return 0;
}

static void assert_network(unsigned int n, const char *ifname, const char *vnl)
{
	assert_true(n < options.network_count);
	assert_string_equal(options.networks[n].ifname, ifname);
	assert_string_equal(options.networks[n].vnl, vnl);
}

static void nothing_given_is_the_shell_without_network(void **state)
{
	assert_int_equal(parse(NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 0);
	assert_string_equal(options.command[0], "/bin/testshell");
	assert_null(options.command[1]);
	assert_int_equal(options.netns_fd, -1);
	assert_int_equal(options.mtu, 0);
	assert_int_equal(options.method, VDENS_ANY);
	assert_false(options.up || options.map_root || options.pid || options.sysadm);
	assert_null(options.resolv_text);
	assert_null(options.resolvconf);
	assert_null(options.hostname);
}

static void no_shell_is_an_error_only_where_it_is_needed(void **state)
{
	unsetenv("SHELL");
	assert_int_equal(parse("vde:///tmp/sw", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("vde:///tmp/sw", "true", NULL), VDENS_RUN);
}

static void options_end_at_the_network(void **state)
{
	assert_int_equal(parse("-s", "vde:///tmp/sw", "ls", "-l", "--pid", NULL), VDENS_RUN);
	assert_true(options.sysadm);
	assert_false(options.pid);
	assert_int_equal(options.network_count, 1);
	assert_network(0, "vde0", "vde:///tmp/sw");
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[2], "--pid");
	assert_null(options.command[3]);
}

static void a_double_dash_before_the_network_is_passed_over(void **state)
{
	assert_int_equal(parse("--", "-", "true", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 0);
	assert_string_equal(options.command[0], "true");
}

static void words_for_no_network(void **state)
{
	static const char *const none[] = {"", "-", "no"};
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(parse(none[i], "true", NULL), VDENS_RUN);
		assert_int_equal(options.network_count, 0);
		assert_string_equal(options.command[0], "true");
		options_free(&options);
	}
	assert_int_equal(parse("nothing", "true", NULL), VDENS_RUN);
	assert_network(0, "vde0", "nothing");
}

static void several_networks(void **state)
{
	assert_int_equal(parse("-m", "vde:///tmp/a", "vde:///tmp/b", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 2);
	assert_network(0, "vde0", "vde:///tmp/a");
	assert_network(1, "vde1", "vde:///tmp/b");
	assert_string_equal(options.command[0], "/bin/testshell");
}

static void several_networks_and_a_command(void **state)
{
	assert_int_equal(
	    parse("--multi", "-i", "eth", "a://", "-", "c://", "--", "ls", "--", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 2);
	assert_network(0, "eth0", "a://");
	assert_network(1, "eth2", "c://"); /* interface n is connected to the n-th VNL */
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "--");
}

/* Upstream's table was one entry short: the sanitizers watch this one. */
static void as_many_networks_as_words(void **state)
{
	int i;

	words[0] = (char *)(uintptr_t) "vdens";
	words[1] = (char *)(uintptr_t) "-m";
	for (i = 2; i < WORDS_MAX - 1; i++)
		words[i] = (char *)(uintptr_t) "vde:///tmp/sw";
	words[i] = NULL;
	assert_int_equal(options_parse(i, words, &options), VDENS_RUN);
	assert_int_equal(options.network_count, WORDS_MAX - 3);
	assert_network(WORDS_MAX - 4, "vde60", "vde:///tmp/sw");
}

static void multi_without_network(void **state)
{
	assert_int_equal(parse("-m", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 0);
	options_free(&options);
	assert_int_equal(parse("-m", "--", "ls", "--", "-l", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 0);
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "--");
	options_free(&options);
	assert_int_equal(parse("-m", "--", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 0);
	assert_string_equal(options.command[0], "/bin/testshell");
	options_free(&options);
	assert_int_equal(parse("-mi", "--", "-", "b://", "--", "ls", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 1); /* that "--" is the argument of -i */
	assert_network(0, "--1", "b://");
	assert_string_equal(options.command[0], "ls");
}

/* Upstream takes a "--" in front of the networks, too. */
static void a_double_dash_before_several_networks(void **state)
{
	assert_int_equal(parse("-m", "--", "a://", "b", "--", "ls", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 2);
	assert_network(1, "vde1", "b");
	assert_string_equal(options.command[0], "ls");
}

static void a_double_dash_after_one_network(void **state)
{
	assert_int_equal(parse("a://", "--", "ls", "--", NULL), VDENS_RUN);
	assert_int_equal(options.network_count, 1);
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "--");
	options_free(&options);
	assert_int_equal(parse("a://", "--", NULL), VDENS_RUN);
	assert_string_equal(options.command[0], "/bin/testshell");
}

static void named_interfaces(void **state)
{
	assert_int_equal(parse("-m", "eth0:vde:///tmp/sw", "lan:/tmp/sw", "x:=cmd a:b", "vde://[a:b]",
	                     "/tmp/a:b", "=cmd x:/y", "a:b", "udp://1.2.3.4:5000/5.6.7.8:5000", NULL),
	    VDENS_RUN);
	assert_int_equal(options.network_count, 8);
	assert_network(0, "eth0", "vde:///tmp/sw");
	assert_network(1, "lan", "/tmp/sw");
	assert_network(2, "x", "=cmd a:b");
	assert_network(3, "vde3", "vde://[a:b]");
	assert_network(4, "vde4", "/tmp/a:b");
	assert_network(5, "vde5", "=cmd x:/y");
	assert_network(6, "vde6", "a:b");
	assert_network(7, "vde7", "udp://1.2.3.4:5000/5.6.7.8:5000");
}

static void bad_names_of_interfaces(void **state)
{
	static const char *const bad[] = {
	    "a name:vde://", "sixteen_letters_:vde://", "..:vde://", ".:vde://", "x%d:vde://"};
	char prefix[70000];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i], "true", NULL), VDENS_ERROR);
		options_free(&options);
	}
	assert_int_equal(parse("-i", "a/b", "vde://", "true", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("-i", "fifteen_letters", "vde://", "true", NULL), VDENS_ERROR);
	options_free(&options);
	memset(prefix, 'x', sizeof(prefix) - 1);
	prefix[sizeof(prefix) - 1] = '\0';
	assert_int_equal(parse("-i", prefix, "vde://", "true", NULL), VDENS_ERROR);
	options_free(&options);
	memcpy(prefix + sizeof(prefix) - 8, ":vde://", 7);
	assert_int_equal(parse(prefix, "true", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("-m", "vde1:a://", "b://", NULL), VDENS_ERROR); /* vde1 twice */
	options_free(&options);
	assert_int_equal(parse("-i", "fourteen_lette", "vde://", "true", NULL), VDENS_RUN);
	assert_network(0, "fourteen_lette0", "vde://");
}

static void methods(void **state)
{
	assert_int_equal(parse("-c", NULL), VDENS_RUN);
	assert_int_equal(options.method, VDENS_CLONE);
	options_free(&options);
	assert_int_equal(parse("--unshare", NULL), VDENS_RUN);
	assert_int_equal(options.method, VDENS_UNSHARE);
	options_free(&options);
	assert_int_equal(parse("--clone", "-u", NULL), VDENS_RUN);
	assert_int_equal(options.method, VDENS_CLONE);
}

static void numbers(void **state)
{
	static const char *const bad[] = {
	    "", "x", "9x", "-1", "67", "65536", "1e3", "99999999999999999999"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse("--mtu", bad[i], NULL), VDENS_ERROR);
		options_free(&options);
	}
	assert_int_equal(parse("--netns-fd", "-1", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("--netns-fd", "three", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("--netns-fd", "3", "-c", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("--mtu", "9000", "--netns-fd=3", NULL), VDENS_RUN);
	assert_int_equal(options.mtu, 9000);
	assert_int_equal(options.netns_fd, 3);
}

static void switches(void **state)
{
	assert_int_equal(parse("--up", "--map-root", "--pid", "-s", "-H", "name", NULL), VDENS_RUN);
	assert_true(options.up && options.map_root && options.pid && options.sysadm);
	assert_string_equal(options.hostname, "name");
}

static void resolver(void **state)
{
	assert_int_equal(parse("-r", "/dev/zero", NULL), VDENS_RUN);
	assert_string_equal(options.resolvconf, "/dev/zero");
	assert_null(options.resolv_text);
	options_free(&options);

	assert_int_equal(parse("-R", "9.9.9.9", "-r", "/dev/zero", NULL), VDENS_RUN);
	assert_string_equal(options.resolv_text, "nameserver 9.9.9.9\n");
	options_free(&options);

	assert_int_equal(parse("-r", "/nonexistent", NULL), VDENS_ERROR);
	options_free(&options);
	assert_int_equal(parse("-r", "/nonexistent", "-R", "9.9.9.9", NULL), VDENS_RUN); /* -R wins */
	options_free(&options);

	assert_int_equal(parse("-R", "nine.nine", NULL), VDENS_ERROR);
	assert_null(options.resolv_text);
}

static void resolver_of_the_environment(void **state)
{
	setenv("VDE_RESOLVCONF", "/dev/null", 1);
	assert_int_equal(parse(NULL), VDENS_RUN);
	assert_string_equal(options.resolvconf, "/dev/null");
	options_free(&options);
	assert_int_equal(parse("-r", "/dev/zero", NULL), VDENS_RUN);
	assert_string_equal(options.resolvconf, "/dev/zero");
	options_free(&options);

	setenv("VDE_RESOLVADDR", "::1", 1);
	assert_int_equal(parse(NULL), VDENS_RUN);
	assert_string_equal(options.resolv_text, "nameserver ::1\n");
	options_free(&options);
	assert_int_equal(parse("-R", "::2", NULL), VDENS_RUN);
	assert_string_equal(options.resolv_text, "nameserver ::2\n");
	options_free(&options);

	setenv("VDE_RESOLVADDR", "", 1);
	setenv("VDE_RESOLVCONF", "", 1);
	assert_int_equal(parse(NULL), VDENS_RUN);
	assert_null(options.resolv_text);
	assert_null(options.resolvconf);
}

static void what_is_shown(void **state)
{
	assert_int_equal(parse("-h", NULL), VDENS_HELP);
	assert_int_equal(parse("--help", "x", NULL), VDENS_HELP);
	assert_int_equal(parse("--version", NULL), VDENS_VERSION);
	assert_int_equal(parse("--nonsense", NULL), VDENS_ERROR);
	assert_int_equal(parse("-Z", NULL), VDENS_ERROR);
	assert_int_equal(parse("-i", NULL), VDENS_ERROR); /* no argument */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_given_is_the_shell_without_network),
	    TEST(no_shell_is_an_error_only_where_it_is_needed),
	    TEST(options_end_at_the_network),
	    TEST(a_double_dash_before_the_network_is_passed_over),
	    TEST(words_for_no_network),
	    TEST(several_networks),
	    TEST(several_networks_and_a_command),
	    TEST(as_many_networks_as_words),
	    TEST(multi_without_network),
	    TEST(a_double_dash_before_several_networks),
	    TEST(a_double_dash_after_one_network),
	    TEST(named_interfaces),
	    TEST(bad_names_of_interfaces),
	    TEST(methods),
	    TEST(numbers),
	    TEST(switches),
	    TEST(resolver),
	    TEST(resolver_of_the_environment),
	    TEST(what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
