/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of options: command line, file, which of them counts, what is said about mistakes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "log.h"
#include "log_lines.h"
#include "options.h"

struct common {
	bool daemon, help;
	char *pidfile;
};

struct own {
	int64_t period;
	char *stack, *base;
	struct option_list udp, prefix;
};

static const struct option_spec common_specs[] = {
    {.name = "daemon",
        .letter = 'd',
        .type = OPTION_FLAG,
        .help = "go to the background",
        .offset = offsetof(struct common, daemon)},
    {.name = "pidfile",
        .letter = 'p',
        .type = OPTION_PATH,
        .value = "FILE",
        .help = "write the process id to FILE",
        .offset = offsetof(struct common, pidfile)},
    {.name = "help",
        .letter = 'h',
        .type = OPTION_FLAG,
        .help = "show this text",
        .place = OPTION_COMMAND_LINE,
        .offset = offsetof(struct common, help)},
};

static const struct option_spec own_specs[] = {
    {.name = "otip_period",
        .type = OPTION_NUMBER,
        .value = "SECONDS",
        .min = 1,
        .max = 65535,
        .help = "length of a window",
        .offset = offsetof(struct own, period)},
    {.name = "stack",
        .letter = 's',
        .type = OPTION_STRING,
        .value = "STACK",
        .help = "the stack",
        .offset = offsetof(struct own, stack)},
    {.name = "base",
        .aliases = "baseaddr base-addr",
        .letter = 'b',
        .type = OPTION_STRING,
        .value = "ADDRESS",
        .help = "the base",
        .offset = offsetof(struct own, base)},
    {.name = "udp",
        .letter = 'u',
        .type = OPTION_LIST,
        .value = "PORT,ADDRESS,PORT",
        .help = "forward a port",
        .offset = offsetof(struct own, udp)},
    {.name = "prefix",
        .type = OPTION_LIST,
        .place = OPTION_FILE,
        .offset = offsetof(struct own, prefix)},
};

static struct common common;
static struct own own;
static struct options options;
static char said[4096]; /* on stderr */

/* Parses a command line; what is told on stderr is kept. */
static int parse(const char *synopsis, const char *argv[])
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	int argc = 0, result;
	size_t len;

	while (argv[argc])
		argc++;
	common = (struct common){0};
	own = (struct own){.period = 32};
	assert_int_equal(options_init(&options, NULL, synopsis, "Does this and that."), 0);
	options.groups[0] = (struct option_group){own_specs, 5, &own};
	options.groups[1] = (struct option_group){common_specs, 3, &common};
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	result = options_parse_arguments(&options, argc, (char **)argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	len = fread(said, 1, sizeof(said) - 1, file);
	said[len] = '\0';
	fclose(file);
	return result;
}

#define ARGV(...)                                                                                  \
	(const char *[])                                                                               \
	{                                                                                              \
		"prog", __VA_ARGS__, NULL                                                                  \
	}

static unsigned int read_text(const char *text, struct log_lines *lines)
{
	char path[] = "/tmp/test_options.XXXXXX";
	int fd = mkstemp(path);
	unsigned int errors;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	*lines = (struct log_lines){0};
	log_set_hook(log_lines_keep, lines);
	errors = options_read_file(&options, path);
	log_set_hook(NULL, NULL);
	unlink(path);
	return errors;
}

static void test_arguments(void **state)
{
	char *directory = getcwd(NULL, 0);
	char *absolute;

	assert_int_equal(parse("FILE", ARGV("-d", "one", "--stack=picox", "-ux", "--udp", "y",
	                                   "--otip_period", "0x10", "-p", "run/pid", "two")),
	    0);
	assert_true(common.daemon);
	assert_false(common.help);
	assert_string_equal(own.stack, "picox");
	assert_null(own.base);
	assert_int_equal(own.period, 16);
	assert_int_equal(own.udp.count, 2);
	assert_string_equal(own.udp.values[0], "x");
	assert_string_equal(own.udp.values[1], "y");
	assert_true(asprintf(&absolute, "%s/run/pid", directory) > 0);
	assert_string_equal(common.pidfile, absolute);
	assert_int_equal(options.argument_count, 2);
	assert_string_equal(options.arguments[0], "one");
	assert_string_equal(options.arguments[1], "two");
	options_fini(&options);
	assert_null(own.stack);
	assert_int_equal(own.udp.count, 0);
	free(absolute);
	free(directory);
}

/* The first mention counts; the others are checked. */
static void test_twice(void **state)
{
	assert_int_equal(
	    parse(NULL, ARGV("-s", "first", "-s", "second", "--baseaddr", "a", "-b", "b")), 0);
	assert_string_equal(own.stack, "first");
	assert_string_equal(own.base, "a");
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("--otip_period", "5", "--otip_period", "x")), -EINVAL);
	assert_string_equal(said, "prog: --otip_period: 'x' is not a number from 1 to 65535\n");
	options_fini(&options);
}

/* Other names, and `-` for `_`, on both sides. */
static void test_spellings(void **state)
{
	struct log_lines lines;

	assert_int_equal(parse(NULL, ARGV("--otip-period", "5", "--base_addr=a")), 0);
	assert_int_equal(own.period, 5);
	assert_string_equal(own.base, "a");
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("--otip-p", "6", "--ba", "a")), 0); /* abbreviated */
	assert_int_equal(own.period, 6);
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("--otip-period", "x")), -EINVAL);
	assert_string_equal(said, "prog: --otip_period: 'x' is not a number from 1 to 65535\n");
	options_fini(&options);
	assert_int_equal(parse(NULL, (const char *[]){"prog", NULL}), 0);
	assert_int_equal(read_text("otip-period 9\nbase_addr b\n", &lines), 0);
	assert_int_equal(own.period, 9);
	assert_string_equal(own.base, "b");
	assert_true(options_mention(&options, "otip_period"));
	assert_int_equal(read_text("otip-perio 9\notip-period- 9\notip 9\n-stack 9\n", &lines), 4);
	options_fini(&options);
}

/* A secret is read, and then nobody sees it among the arguments. */
static void test_secrets(void **state)
{
	char prog[] = "prog", first[] = "--pass=hello", second[] = "-wworld", w[] = "-w",
	     third[] = "again";
	char *argv[] = {prog, first, second, w, third, NULL};
	static const struct option_spec spec = {.name = "password",
	    .letter = 'w',
	    .type = OPTION_LIST,
	    .secret = true,
	    .offset = offsetof(struct own, udp)};

	for (int hide = 0; hide < 2; hide++) {
		own = (struct own){0};
		assert_int_equal(options_init(&options, NULL, NULL, NULL), 0);
		options.groups[0] = (struct option_group){&spec, 1, &own};
		options.hide = hide;
		assert_int_equal(options_parse_arguments(&options, 5, argv), 0);
		assert_int_equal(own.udp.count, 3);
		assert_string_equal(own.udp.values[0], "hello");
		assert_string_equal(own.udp.values[1], "world");
		assert_string_equal(own.udp.values[2], "again");
		assert_string_equal(first, hide ? "--pass=" : "--pass=hello");
		options_fini(&options);
	}
	for (size_t i = strlen(first); i < sizeof(first); i++)
		assert_int_equal(first[i], 0);
	assert_string_equal(second, "-w");
	assert_string_equal(third, "");
}

/* Where a service manager puts what is secret. */
static void test_credentials(void **state)
{
	const char *wanted[] = {"/run/credentials/x/file", "$CREDENTIALS_DIRECTORY/file"};
	char *absolute;

	assert_int_equal(options_init(&options, "/d", NULL, NULL), 0);
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	for (size_t i = 0; i < 2; i++) {
		absolute = options_absolute(&options, "$CREDENTIALS_DIRECTORY/file");
		assert_string_equal(absolute, wanted[i]);
		free(absolute);
		unsetenv("CREDENTIALS_DIRECTORY");
	}
	absolute = options_absolute(&options, "$CREDENTIALS/file");
	assert_string_equal(absolute, "/d/$CREDENTIALS/file");
	free(absolute);
	options_fini(&options);
}

static void test_wrong_arguments(void **state)
{
	assert_int_equal(parse(NULL, ARGV("--nonesuch", "-d")), -EINVAL);
	assert_string_equal(said, "prog: unrecognized option '--nonesuch'\n");
	assert_true(common.daemon);
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("-x")), -EINVAL);
	assert_string_equal(said, "prog: invalid option -- 'x'\n");
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("--stack")), -EINVAL);
	assert_string_equal(said, "prog: option '--stack' requires an argument\n");
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("word")), -EINVAL);
	assert_string_equal(said, "prog: unexpected argument 'word'\n");
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("--nonesuch", "5")), -EINVAL); /* which may be its value */
	assert_string_equal(said, "prog: unrecognized option '--nonesuch'\n");
	options_fini(&options);
	assert_int_equal(parse(NULL, ARGV("--prefix", "x")), -EINVAL); /* of the file alone */
	options_fini(&options);
}

static void test_numbers(void **state)
{
	static const char *const wrong[] = {"", " 1", "1x", "-", "0x", "1.5", "one", "--1"};
	int64_t number;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(option_number(wrong[i], 0, 10, &number), -EINVAL);
	assert_int_equal(option_number("11", 0, 10, &number), -ERANGE);
	assert_int_equal(option_number("-1", 0, 10, &number), -ERANGE);
	assert_int_equal(option_number("99999999999999999999", 0, INT64_MAX, &number), -ERANGE);
	assert_int_equal(option_number("010 \t", 0, 10, &number), 0);
	assert_int_equal(number, 8);
	assert_int_equal(option_number("-0x10", -20, 10, &number), 0);
	assert_int_equal(number, -16);
}

static void test_file(void **state)
{
	struct log_lines lines;

	assert_int_equal(parse(NULL, ARGV("-s", "line", "-u", "a", "-p", "/x")), 0);
	assert_int_equal(
	    read_text("stack file\nbaseaddr one\nbase two\nudp\tb # c\nudp d\nprefix fc00::\n"
	              "otip_period 0x20\ndaemon\n",
	        &lines),
	    0);
	assert_string_equal(own.stack, "line");
	assert_string_equal(own.base, "one");
	assert_int_equal(own.udp.count, 3);
	assert_string_equal(own.udp.values[0], "a");
	assert_string_equal(own.udp.values[1], "b # c");
	assert_string_equal(own.udp.values[2], "d");
	assert_string_equal(own.prefix.values[0], "fc00::");
	assert_int_equal(own.period, 32);
	assert_true(common.daemon);
	options_fini(&options);
}

static void test_wrong_file(void **state)
{
	struct log_lines lines;

	assert_int_equal(parse(NULL, ARGV("--otip_period", "7")), 0);
	assert_int_equal(
	    read_text("help\nsta x\notip_period 0\ndaemon yes\nstack\nstack fine\n", &lines), 5);
	assert_non_null(strstr(lines.all, " (line 1): unknown option 'help'\n"));
	assert_non_null(strstr(lines.all, " (line 2): unknown option 'sta'\n"));
	assert_non_null(
	    strstr(lines.all, " (line 3): otip_period: '0' is not a number from 1 to 65535\n"));
	assert_non_null(strstr(lines.all, " (line 4): 'daemon' has no value\n"));
	assert_non_null(strstr(lines.all, " (line 5): 'stack' needs a value\n"));
	assert_string_equal(own.stack, "fine");
	assert_int_equal(own.period, 7);
	options_fini(&options);
}

static void test_usage(void **state)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(parse("FILE", ARGV("one")), 0);
	options_usage(&options, "prog", to);
	fclose(to);
	assert_string_equal(text, "Usage: prog [OPTIONS] FILE\n"
	                          "Does this and that.\n"
	                          "      --otip_period SECONDS    length of a window\n"
	                          "  -s, --stack STACK            the stack\n"
	                          "  -b, --base ADDRESS           the base\n"
	                          "  -u, --udp PORT,ADDRESS,PORT  forward a port\n"
	                          "  -d, --daemon                 go to the background\n"
	                          "  -p, --pidfile FILE           write the process id to FILE\n"
	                          "  -h, --help                   show this text\n");
	free(text);
	options_fini(&options);
}

static bool is_short_of_memory(
    const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	static unsigned int calls;

	return calls++ > 0;
}

/* A check that lacked memory, and then does not, has nothing to say of the value. */
static void test_no_memory(void **state)
{
	static const struct option_spec spec = {.name = "base",
	    .type = OPTION_STRING,
	    .offset = offsetof(struct own, base),
	    .check = is_short_of_memory};
	struct log_lines lines;

	own = (struct own){0};
	assert_int_equal(options_init(&options, NULL, NULL, NULL), 0);
	options.groups[0] = (struct option_group){&spec, 1, &own};
	assert_int_equal(read_text("base fc01::\n", &lines), 1);
	assert_non_null(strstr(lines.all, " (line 1): base: Cannot allocate memory\n"));
	options_fini(&options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_arguments),
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_credentials),
	    cmocka_unit_test(test_wrong_arguments),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_wrong_file),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
