/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins: names, the search, what can be wrong with one, the two-argument form, licences. */
#include "test.h"

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

static const char *plugins; /* the directory where ours were built */

static char *sandbox; /* a directory of this process */

/* DIR/NAME becomes a link to one of the built plugins. */
static void install(const char *dir, const char *name, const char *plugin)
{
	char path[2 * PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sandbox, dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", sandbox, dir, name);
	snprintf(target, sizeof(target), "%s/%s", plugins, plugin);
	unlink(path);
	assert_ok(symlink(target, path));
}

static void set_path(const char *variable, const char *value)
{
	char text[3 * PATH_MAX];

	/* Every '@' becomes the sandbox. */
	text[0] = '\0';
	for (; *value; value++) {
		size_t len = strlen(text);

		if (*value == '@')
			snprintf(text + len, sizeof(text) - len, "%s", sandbox);
		else
			snprintf(text + len, sizeof(text) - len, "%c", *value);
	}
	setenv(variable, text, 1);
}

static int set_up(void **state)
{
	static char directory[] = "/tmp/ioth_plugin.XXXXXX";

	sandbox = mkdtemp(directory);
	return sandbox ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *position)
{
	return remove(path);
}

static int tear_down(void **state)
{
	return nftw(sandbox, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void test_names(void **state)
{
	const size_t huge = 65536;
	char *name = malloc(huge + 1);

	assert_non_null(name);
	memset(name, 'a', huge);
	name[huge] = '\0';
	assert_no_stack(ioth_newstack(name), ENAMETOOLONG);
	name[200] = ',';
	assert_no_stack(ioth_newstack(name), ENOENT);
	memcpy(name, "counting,", 9);
	assert_ok(ioth_delstack(make_stack(name))); /* long options are the plugin's business */
	free(name);

	assert_no_stack(ioth_newstack("no_such_stack"), ENOENT);
	assert_non_null(strstr(ioth_error(), "no_such_stack"));
	assert_no_stack(ioth_newstack(","), EINVAL);
	assert_no_stack(ioth_newstack(",mem=16M"), EINVAL);
	assert_no_stack(ioth_newstack("../plugins/ioth_counting"), EINVAL);
	assert_no_stack(ioth_newstack("/counting"), EINVAL);
	assert_no_stack(ioth_newstack("counting-r"), EINVAL);
	assert_no_stack(ioth_newstack("count ing"), EINVAL);
	assert_no_stack(ioth_newstack("caf\xc3\xa9"), EINVAL);
	assert_no_stack(ioth_newstack("%s%n"), EINVAL);
}

static void test_broken(void **state)
{
	FILE *file;
	char path[PATH_MAX];

	assert_no_stack(ioth_newstack("nothing"), ENOEXEC);
	assert_non_null(strstr(ioth_error(), "ioth_nothing_newstack"));
	assert_no_stack(ioth_newstack("unloadable"), ENOEXEC);
	assert_non_null(strstr(ioth_error(), "a_function_that_nobody_has"));

	set_path("IOTH_PLUGIN_PATH", "@/broken");
	install("broken", "ioth_other-r.so", "ioth_counting-r.so");
	assert_no_stack(ioth_newstack("other"), ENOEXEC); /* its symbols have another name */
	snprintf(path, sizeof(path), "%s/broken/ioth_text-r.so", sandbox);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("this is no shared object\n", file);
	fclose(file);
	assert_no_stack(ioth_newstack("text"), ENOEXEC);
	snprintf(path, sizeof(path), "%s/broken/ioth_dir-r.so", sandbox);
	assert_ok(mkdir(path, 0700));
	assert_no_stack(ioth_newstack("dir"), ENOEXEC);
	/* The user's bytes reach a terminal as text, if they are text. */
	install("\033\xc3\xa9\xff\xc2\x9b", "ioth_text-r.so", "ioth_nothing-r.so");
	set_path("IOTH_PLUGIN_PATH", "@/\033\xc3\xa9\xff\xc2\x9b");
	assert_no_stack(ioth_newstack("text"), ENOEXEC);
	assert_non_null(strstr(ioth_error(), "/\\033\xc3\xa9\\377\\302\\233/"));
	assert_null(strpbrk(ioth_error(), "\033\xff\x9b"));
	set_path("IOTH_PLUGIN_PATH", "@/broken");
	/* A link that leads nowhere is no plugin. */
	install("broken", "ioth_dangling-r.so", "does-not-exist");
	assert_no_stack(ioth_newstack("dangling"), ENOENT);
	setenv("IOTH_PLUGIN_PATH", plugins, 1);
}

static void test_search(void **state)
{
	struct ioth *stack;
	const char *home = getenv("HOME");
	char saved[PATH_MAX], path[PATH_MAX];

	snprintf(saved, sizeof(saved), "%s", home ? home : "");
	unsetenv("IOTH_PLUGIN_PATH");
	set_path("HOME", "@/home");
	assert_no_stack(ioth_newstack("counting"), ENOENT);
	snprintf(path, sizeof(path), ": %s/home/.ioth, /", sandbox);
	assert_non_null(strstr(ioth_error(), path)); /* and ioth/ beside the library, absolute */
	set_path("IOTH_PLUGIN_PATH", "::relative:@/none");
	assert_no_stack(ioth_newstack("counting"), ENOENT);
	snprintf(path, sizeof(path), ": relative, %s/none, %s/home/.ioth, /", sandbox, sandbox);
	assert_non_null(strstr(ioth_error(), path));
	unsetenv("IOTH_PLUGIN_PATH");

	install("home", "unused", "ioth_counting-r.so");
	install("home/.ioth", "ioth_counting-r.so", "ioth_counting-r.so");
	assert_ok(ioth_delstack(make_stack("counting")));

	/* The path comes before the home directory, and its first element before the next; elements
	 * that are empty or do not exist are passed over. */
	install("first", "ioth_counting-r.so", "ioth_nothing-r.so");
	set_path("IOTH_PLUGIN_PATH", "::/no/such/directory:@/first:@/second");
	assert_no_stack(ioth_newstack("counting"), ENOEXEC);
	install("second", "ioth_counting-r.so", "ioth_nothing-r.so");
	install("first", "ioth_counting-r.so", "ioth_counting-r.so");
	stack = make_stack("counting");
	assert_ok(ioth_delstack(stack));

	/* The re-entrant plugin comes before the plain one in a directory, not across directories. */
	install("first", "ioth_counting.so", "ioth_nothing-r.so");
	assert_ok(ioth_delstack(make_stack("counting")));
	install("third", "ioth_gpl.so", "ioth_nothing-r.so");
	install("second", "ioth_gpl-r.so", "ioth_gpl-r.so");
	set_path("IOTH_PLUGIN_PATH", "@/third:@/second");
	if (!SANITIZED)
		assert_no_stack(ioth_newstack("gpl"), ENOEXEC);

	/* A home directory that is not absolute is none. */
	unsetenv("IOTH_PLUGIN_PATH");
	setenv("HOME", ".", 1);
	assert_no_stack(ioth_newstack("counting"), ENOENT);
	/* Without HOME the user database is asked. What it says is not ours to choose. */
	unsetenv("HOME");
	assert_no_stack(ioth_newstack("no_such_stack"), ENOENT);

	setenv("HOME", saved, 1);
	setenv("IOTH_PLUGIN_PATH", plugins, 1);
}

static void test_two_arguments(void **state)
{
	struct ioth *stack = ioth_newstackl("twoargs,options", "a", "b", "c", (char *)NULL);
	int fd;

	assert_non_null(stack);
	fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(ioth_listen(fd, 0), 3);
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
}

static void test_license(void **state)
{
	assert_no_stack(ioth_newstack("gpl"), EPERM);
	assert_non_null(strstr(ioth_error(), "GPL-2.0-only"));
	ioth_set_license("GPL-3.0-or-later"); /* the two never meet */
	assert_no_stack(ioth_newstack("gpl"), EPERM);
	ioth_set_license("my own");
	assert_no_stack(ioth_newstack("gpl"), EPERM);
	ioth_set_license("GPL-2.0-or-later");
	assert_ok(ioth_delstack(make_stack("gpl")));
	ioth_set_license(NULL);
	assert_no_stack(ioth_newstack("gpl"), EPERM);
	assert_ok(ioth_delstack(make_stack("kernel"))); /* the LGPL is for anybody */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_two_arguments),
	    cmocka_unit_test(test_license),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_search),
	};

	plugins = getenv("IOTH_TEST_PLUGINS");
	if (!plugins) {
		fprintf(stderr, "IOTH_TEST_PLUGINS is not set: run by meson test\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
