/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of the configuration can fail: there is none then, a mistake was told, and
 * nothing is left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "allocations.h"
#include "conf.h"
#include "log.h"

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
