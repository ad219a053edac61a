/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command line and files of iothradvd: what they make, and what is said of mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>
#include <iothradvd.h>

#include "conf.h"
#include "daemon.h"
#include "instance.h" /* struct iothradvd_config */
#include "log.h"
#include "words.h"

static struct world {
	char directory[32], path[64], own[64];
	char said[4096];
	struct daemon daemon;
	struct options options;
	struct radvd_values values;
	unsigned int errors; /* of the file */
} world;

static void listen_to(int level, const char *text, void *argument)
{
	size_t len = strlen(world.said);

	snprintf(world.said + len, sizeof(world.said) - len, "%s\n", text);
}

static int setup(void **state)
{
	memset(&world, 0, sizeof(world));
	strcpy(world.directory, "/tmp/ioth_radvd.XXXXXX");
	if (!mkdtemp(world.directory))
		return -1;
	snprintf(world.path, sizeof(world.path), "%s/rc", world.directory);
	snprintf(world.own, sizeof(world.own), "%s/own", world.directory);
	log_init("test");
	log_set_hook(listen_to, NULL);
	return options_init(&world.options, world.directory, "[PREFIX...]", NULL);
}

static int teardown(void **state)
{
	options_fini(&world.options);
	unlink(world.path);
	unlink(world.own);
	return rmdir(world.directory);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* What the daemon does: command line (words separated by blanks), file, configuration. */
static struct radvd_conf *configure(const char *command, const char *file)
{
	static char line[512];
	char *argv[32] = {(char[]){"iothradvd"}};
	char *rest;
	int argc = 1;

	snprintf(line, sizeof(line), "%s", command);
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	world.options.groups[0] = (struct option_group){
	    .specs = radvd_options, .count = radvd_option_count, .values = &world.values};
	assert_int_equal(options_parse_arguments(&world.options, argc, argv), 0);
	if (file) {
		write_file(world.path, file);
		world.errors = options_read_file(&world.options, world.path);
	}
	return radvd_configure(&world.daemon, &world.options, &world.values);
}

static const struct settings *settings_of(const struct radvd_conf *conf, size_t interface)
{
	assert_non_null(conf);
	assert_true(interface < conf->count);
	return &conf->interfaces[interface].config->settings;
}

/* The line of the scenarios. */
static void test_command_line(void **state)
{
	struct radvd_conf *conf = configure(
	    "-s vde:///tmp/hub -P 10 -m 80:01:01:01:01:01 -L 1800 -H 64 -F MOh -M 1400 -r 30000 "
	    "-R 0x3e8 fc00::/64/LA/86400/14400 fc01::",
	    NULL);
	const struct settings *settings = settings_of(conf, 0);

	assert_true(conf->is_vnl && conf->has_mac);
	assert_int_equal(conf->count, 1);
	assert_string_equal(conf->interfaces[0].name, "vde:///tmp/hub");
	assert_int_equal(settings->period, 10);
	assert_int_equal(settings->lifetime, 1800);
	assert_int_equal(settings->hop_limit, 64);
	assert_int_equal(settings->flags, 0xc8);
	assert_int_equal(settings->mtu, 1400);
	assert_int_equal(settings->reachable, 30000);
	assert_int_equal(settings->retrans, 1000);
	assert_int_equal(settings->count, 2);
	assert_int_equal(settings->item[0].flags, 0xc0);
	radvd_conf_free(conf);
}

/* All zero: solicited advertisements only, of no default router. */
static void test_defaults(void **state)
{
	struct radvd_conf *conf = configure("fc00::", NULL);
	const struct settings *settings = settings_of(conf, 0);

	assert_null(conf->stack);
	assert_string_equal(conf->interfaces[0].name, "vde0");
	assert_int_equal(
	    settings->period | settings->lifetime | settings->hop_limit | settings->flags, 0);
	assert_int_equal(settings->mtu, 0);
	radvd_conf_free(conf);
}

/* Upstream took any string with "://" in it for a network. */
static void test_network(void **state)
{
	static const struct {
		const char *stack;
		bool is_vnl;
	} stacks[] = {{"vde:///tmp/hub", true}, {"vde://a=b", true},
	    {"stack=vdestack,vnl=vde:///x", false}, {"vnl=vde:///x", false},
	    {"eth,vnl=vde:///x", false}, {"stack=kernel", false}};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		struct radvd_conf *conf;
		char line[64];

		snprintf(line, sizeof(line), "-s %s fc00::", stacks[i].stack);
		conf = configure(line, NULL);
		assert_non_null(conf);
		assert_int_equal(conf->is_vnl, stacks[i].is_vnl);
		radvd_conf_free(conf);
		free(world.values.stack);
		memset(&world.values, 0, sizeof(world.values));
		memset(world.options.on_command_line, 0, sizeof(world.options.on_command_line));
	}
}

/* The command line counts more than the file, for each option; its prefixes take the place of those
 * in the file. In the file the first mention counts, and blanks before it do no harm. */
static void test_both(void **state)
{
	struct radvd_conf *conf = configure("-P 10 fc00::/64/L",
	    "# a file\n\n  period 20\nprefix fc01::/64/LA\nprefix fc02::\nhoplimit 64\nhoplimit 63\n"
	    "rdnss fc00::53\nrdnss fc00::54\n");
	const struct settings *settings = settings_of(conf, 0);

	assert_int_equal(world.errors, 0);
	assert_int_equal(settings->period, 10);
	assert_int_equal(settings->hop_limit, 64);
	assert_int_equal(settings->count, 3);
	assert_int_equal(settings->item[0].address[1], 0);
	radvd_conf_free(conf);
}

/* Several interfaces: the same for all, or a file of its own. */
static void test_interfaces(void **state)
{
	struct radvd_conf *conf;

	world.daemon.in_background = true; /* paths are those of the directory that it began in */
	write_file(world.own, "period 30\nprefix fc09::/64/LA\n");
	conf = configure(
	    "-s stack=picox,vnl=vde:///a,vnl=vde:///b,eth -i vde0 -i vde1=own -P 10 fc00::", NULL);
	assert_int_equal(settings_of(conf, 0)->period, 10);
	assert_int_equal(settings_of(conf, 1)->period, 30);
	assert_int_equal(conf->count, 2);
	assert_string_equal(conf->interfaces[1].name, "vde1");
	assert_int_equal(conf->interfaces[1].config->settings.item[0].address[1], 9);
	radvd_conf_free(conf);
}

static void assert_said(const char *what)
{
	if (!strstr(world.said, what))
		fail_msg("'%s' is not in '%s'", what, world.said);
}

/* All of them in one go, with their lines. */
static void test_mistakes(void **state)
{
	assert_null(configure("-i vde0 -i vde0 -i vde2=nothing fc00::/64/Q",
	    "period x\ncolour blue\nflags\nprefix fc00::/64/L/1/2\niface =\nmacaddr 1\n"));
	assert_int_equal(world.errors, 6);
	assert_said("rc (line 1): period: 'x' is not a number from 0 to 65535");
	assert_said("rc (line 2): unknown option 'colour'");
	assert_said("rc (line 3): 'flags' needs a value");
	assert_said("rc (line 4): prefix: the preferred lifetime is longer than the valid one");
	assert_said("rc (line 5): iface: '=' is not NAME or NAME=FILE");
	assert_said("rc (line 6): macaddr: '1' is not the MAC address of a node");
	assert_said("prefix: 'Q' are no flags of a prefix (L, A, R)");
	assert_said("iface: vde0 is given twice");
	assert_said("nothing");
}

/* Right, and of no use. */
static void test_prefix_without_flags(void **state)
{
	struct radvd_conf *conf = configure("fc00::/64/L fc01:: fc02::/64/A/100", NULL);

	assert_non_null(conf);
	assert_string_equal(world.said, "prefix fc01:: has no flags (L, A, as in fd00::/64/LA): hosts "
	                                "make nothing of it\n");
	radvd_conf_free(conf);
}

/* Each right by itself. */
static void test_together(void **state)
{
	assert_null(configure("-P 10 --minperiod 9 fc00::", NULL));
	assert_said("minperiod: at most three quarters of the period");
	assert_null(configure("fc00:: fc00::", NULL));
	assert_said("prefix: given twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_command_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_network, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_both, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_interfaces, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mistakes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_prefix_without_flags, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
