/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of the configuration can fail: there is none then, a mistake was told, and
 * nothing is left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "conf.h"
#include "log.h"

void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strndup(const char *text, size_t len);

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return __wrap_realloc(memory, count * size);
}

char *__wrap_strndup(const char *text, size_t len)
{
	char *copy = __wrap_malloc(strnlen(text, len) + 1);

	if (copy) {
		len = strnlen(text, len);
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

static void count_line(int level, const char *text, void *argument)
{
	(void)text;
	*(unsigned int *)argument += level == LOG_ERR;
}

static bool read_conf(void)
{
	static const char text[] =
	    "stack stack=picox\nstack eth\ndns 1.1.1.1\nnet w ::/0\nnet l 10.0.0.0/8\n"
	    "net l 11.0.0.0/8\nauth static w,l .test\nauth hash w .h host.x\n"
	    "auth hrev w host.x/64\nauth hrev w other.x/32\n"
	    "auth otip w .o base.test pw\nstatic AAAA base.test fc00::\n"
	    "static TXT a.b.c.test x y z\nstatic SOA test n.test m.test\n"
	    "auth static l fc00::/64\noption hashttl 5\n";
	unsigned int mistakes = 0;
	struct named_conf *conf;

	log_set_hook(count_line, &mistakes);
	conf = named_conf_parse("test.rc", text, sizeof(text) - 1);
	log_set_hook(NULL, NULL);
	assert_true((conf == NULL) == (mistakes > 0));
	named_conf_unref(conf);
	return conf != NULL;
}

static void test_conf(void **state)
{
	(void)state;
	assert_true(fail_each(read_conf) > 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
