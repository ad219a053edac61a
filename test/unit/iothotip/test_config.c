/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service's text of options: what it says, also by the names that other programs have for it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "config.h"

static void test_names(void **state)
{
	int fd = memfd_create("password", MFD_CLOEXEC);
	static const char *const texts[] = {
	    "base=fc01::,name=A,period=5,preactive=1,postactive=2,digest=hmac-sha256,rounds=7,case="
	    "exact,"
	    "passfile=%s",
	    "baseaddr=fc01::,name=A,otip_period=5,otip_preactive=1,otip_postactive=2,"
	    "otip_digest=hmac-sha256,otip_rounds=7,case_exact,password_file=%s",
	    "base=fc01::,name=A,otip-period=5,otip-preactive=1,otip-postactive=2,"
	    "otip-digest=hmac-sha256,otip-rounds=7,case-exact,password-file=%s",
	    "base=fc01::,name=A,otipperiod=5,preactive=1,postactive=2,otipdigest=hmac-sha256,"
	    "otiprounds=7,hashcase=exact,passfile=%s",
	};

	(void)state;
	assert_int_equal(write(fd, "secret\n", 7), 7);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char path[64], text[300], why[OTIP_WHY_SIZE];
		struct otip_config config;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		snprintf(text, sizeof(text), texts[i], path);
		if (otip_config_parse(&config, text, why) != 0)
			fail_msg("%s: %s", text, why);
		assert_int_equal(config.schedule.period, 5);
		assert_int_equal(config.schedule.preactive, 1);
		assert_int_equal(config.schedule.postactive, 2);
		assert_int_equal(config.identity.digest, OTIP_HMAC_SHA256);
		assert_int_equal(config.identity.rounds, 7);
		assert_true(config.identity.case_exact);
		assert_string_equal(config.identity.name, "A");
		assert_string_equal(config.identity.password, "secret");
		otip_config_free(&config);
	}
	close(fd);
}

static void test_mistakes(void **state)
{
	static const char *const texts[][2] = {
	    {"base=fc01::,name=a,case_exacts", "'case_exacts' has no value (option 3)"},
	    {"base=fc01::,name=a,otip-period=x", "period: "},
	    {"base=fc01::,name=a,otip_perio=1", "otip_perio: there is no such option (option 3)"},
	    {"name=a", "base: it is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char why[OTIP_WHY_SIZE];
		struct otip_config config;

		assert_int_equal(otip_config_parse(&config, texts[i][0], why), -EINVAL);
		if (strncmp(why, texts[i][1], strlen(texts[i][1])) != 0)
			fail_msg("%s: %s", texts[i][0], why);
		otip_config_free(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
