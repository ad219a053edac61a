/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command string of vde_stackcmd, against what a shell makes of it. */
#include <command.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The words of all commands: "<word><word>;<word>;". */
static void print_list(const struct command_list *list, char *out, size_t size)
{
	const char *word = list->words;
	size_t n = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < list->commands; i++) {
		for (uint32_t j = 0; j < list->argc[i]; j++) {
			n += (size_t)snprintf(out + n, size - n, "<%s>", word);
			word += strlen(word) + 1;
		}
		n += (size_t)snprintf(out + n, size - n, ";");
	}
	assert_true(n < size);
	assert_ptr_equal(word, list->words + list->len);
}

static void expect(const char *text, const char *expected)
{
	struct command_list list;
	char seen[512];

	assert_int_equal(command_parse(text, &list), 0);
	print_list(&list, seen, sizeof(seen));
	assert_string_equal(seen, expected);
	command_list_free(&list);
}

static void expect_failure(const char *text)
{
	struct command_list list;

	assert_int_equal(command_parse(text, &list), -EINVAL);
}

static void test_words(void **state)
{
	expect("", "");
	expect(" \t\n", "");
	expect("/bin/true", "</bin/true>;");
	expect("  a  b\tc\nd ", "<a><b><c><d>;");
	expect("/bin/ip link set vde0 up;/bin/ip addr add 10.0.0.1/24 dev vde0",
	    "</bin/ip><link><set><vde0><up>;</bin/ip><addr><add><10.0.0.1/24><dev><vde0>;");
}

static void test_separators(void **state)
{
	expect(";", "");
	expect(";;a;;b;", "<a>;<b>;");
	expect("a ; b\n;c", "<a>;<b>;<c>;");
	expect("a';'b\";\"\\;", "<a;b;;>;");
}

static void test_single_quotes(void **state)
{
	expect("'a b' c", "<a b><c>;");
	expect("a'b'c", "<abc>;");
	expect("''", "<>;");
	expect("a '' b", "<a><><b>;");
	expect("'\\\"$x`'", "<\\\"$x`>;");
	expect_failure("'");
	expect_failure("a 'b");
	expect_failure("a'b;c");
}

static void test_double_quotes(void **state)
{
	expect("\"a b\" c", "<a b><c>;");
	expect("\"\"", "<>;");
	expect("\"it's\"", "<it's>;");
	expect("\"\\$\\`\\\"\\\\\"", "<$`\"\\>;");
	expect("\"\\a\\;\"", "<\\a\\;>;");
	expect("\"a\\\nb\"", "<ab>;");
	expect_failure("\"");
	expect_failure("\"a\\\"");
	expect_failure("\"a\\");
	expect_failure("a;b \"c;d");
}

static void test_backslash(void **state)
{
	expect("a\\ b", "<a b>;");
	expect("\\'a\\\"", "<'a\">;");
	expect("\\\\", "<\\>;");
	expect("a\\\nb", "<ab>;");
	expect("a \\\n b", "<a><b>;");
	expect("\\\n;a", "<a>;");
	expect_failure("\\");
	expect_failure("a \\");
}

static void test_nothing_is_expanded(void **state)
{
	expect("$HOME *.c ~ {a,b} a=b # c | d & e > f",
	    "<$HOME><*.c><~><{a,b}><a=b><#><c><|><d><&><e><>><f>;");
	expect("\xc3\xa9\xff", "<\xc3\xa9\xff>;");
}

/* The memory is sized by the text: the shortest words and commands are where it is tight. */
static void test_tight(void **state)
{
	struct command_list list;
	char text[2001];

	for (size_t len = 1; len <= 2000; len += 333) {
		for (size_t i = 0; i < len; i++)
			text[i] = i % 2 == 0 ? 'a' : ';';
		text[len] = '\0';
		assert_int_equal(command_parse(text, &list), 0);
		assert_int_equal(list.commands, (len + 1) / 2);
		assert_true(list.len <= len + 1);
		command_list_free(&list);
	}
}

static void test_block(void **state)
{
	char a[] = "A=1", empty[] = "", b[] = "B=two words";
	char *environment[] = {a, empty, b, NULL};
	static const char strings[] = "a\0b c\0d\0A=1\0\0B=two words";
	struct command_list list;
	struct command_block *block;

	assert_int_equal(command_parse("a 'b c'; d", &list), 0);
	assert_int_equal(command_block_new(&list, environment, &block), 0);
	assert_int_equal(block->commands, 2);
	assert_int_equal(block->argc[0], 2);
	assert_int_equal(block->argc[1], 1);
	assert_int_equal(block->environment, 3);
	assert_int_equal(block->size, sizeof(*block) + 2 * sizeof(uint32_t) + sizeof(strings));
	assert_memory_equal(&block->argc[2], strings, sizeof(strings));
	free(block);
	assert_int_equal(command_block_new(&list, NULL, &block), 0);
	assert_int_equal(block->environment, 0);
	free(block);
	command_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_separators),
	    cmocka_unit_test(test_single_quotes),
	    cmocka_unit_test(test_double_quotes),
	    cmocka_unit_test(test_backslash),
	    cmocka_unit_test(test_nothing_is_expanded),
	    cmocka_unit_test(test_tight),
	    cmocka_unit_test(test_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
