/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What iothdig prints of answers that others have written: whatever they hold, nothing gets to the
 * terminal but characters that can be printed, and nothing is read that is not there (a sanitizer
 * would tell). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "options.h"
#include "print.h"
#include "random.h"
#include "types.h"

static const uint16_t types[] = {1, 2, 5, 6, 10, 12, 13, 15, 16, 28, 29, 33, 35, 39, 41, 43, 44, 52,
    64, 65, 99, 256, 257, 65280};
#define TYPES    (sizeof(types) / sizeof(types[0]))
#define DATA_MAX 300

/* A reply with one record of these data. */
static struct iothdns_pkt *reply_with(uint16_t type, const void *data, uint16_t len)
{
	struct iothdns_header h = {7, IOTHDNS_RESPONSE, "a\\010\\.b.test", type, IOTHDNS_CLASS_IN};
	struct iothdns_rr rr = {"a\\010\\.b.test", type, IOTHDNS_CLASS_IN, 60, 0};
	struct iothdns_pkt *pkt = iothdns_put_header(&h);

	assert_non_null(pkt);
	iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
	iothdns_put_data(pkt, (void *)data, len);
	assert_int_equal(iothdns_error(pkt), 0);
	return pkt;
}

/* What is printed of a message: to be freed. */
static char *printed(const void *bytes, size_t len, int brief)
{
	FILE *terminal = stdout;
	char name[IOTHDNS_MAXNAME], *text = NULL, *copy = malloc(len + 1); /* of just that size */
	struct iothdns_header h;
	struct iothdns_pkt *pkt;
	size_t size;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	stdout = open_memstream(&text, &size);
	assert_non_null(stdout);
	pkt = iothdns_get_header(&h, copy, len, name);
	if (pkt && brief)
		print_brief(pkt);
	else if (pkt)
		print_answer(&h, pkt, SHOW_ALL);
	iothdns_free(pkt);
	fclose(stdout);
	stdout = terminal;
	free(copy);
	return text;
}

static void assert_printable(const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((*c < ' ' || *c > '~') && *c != '\n' && *c != '\t')
			fail_msg("byte %d in: %s", *c, text);
	}
}

static void print_both(const void *bytes, size_t len)
{
	for (int brief = 0; brief < 2; brief++) {
		char *text = printed(bytes, len, brief);

		assert_printable(text);
		free(text);
	}
}

/* Data of each length up to 300, for each type: too short, too long, of the wrong kind. */
static void any_data(void **state)
{
	static const uint8_t fills[] = {0, 1, 3, 0x1b, 0x3f, '"', '\\', 0xc0, 0xff};
	uint8_t data[DATA_MAX];
	uint64_t random = 1; /* the same bytes each time */

	(void)state;
	for (size_t i = 0; i < TYPES * (sizeof(fills) + 4); i++) {
		size_t pattern = i / TYPES;

		for (uint16_t len = 0; len < DATA_MAX; len += len < 50 ? 1 : 37) {
			struct iothdns_pkt *pkt;
			struct iovec message;

			if (pattern < sizeof(fills))
				memset(data, fills[pattern], sizeof(data));
			else
				random_fill(&random, data, sizeof(data));
			pkt = reply_with(types[i % TYPES], data, len);
			message = iothdns_getbuf(pkt);
			print_both(message.iov_base, message.iov_len);
			iothdns_free(pkt);
		}
	}
}

/* A message that ends early, at each of its bytes. */
static void cut_message(void **state)
{
	static const uint8_t data[] = {0, 1, 1, 'a', 0, 0, 1, 0, 3, 2, 'h', '2', 0, 3, 0, 2, 0, 80};

	(void)state;
	for (size_t i = 0; i < TYPES; i++) {
		struct iothdns_pkt *pkt = reply_with(types[i], data, sizeof(data));
		struct iovec message = iothdns_getbuf(pkt);

		for (size_t len = 0; len <= message.iov_len; len++)
			print_both(message.iov_base, len);
		iothdns_free(pkt);
	}
}

/* Sequences that a terminal would obey, and what would look like the end of a string or of a line.
 */
static void escapes(void **state)
{
	static const struct {
		uint16_t type;
		const char *data;
		uint16_t len;
		const char *text;
	} cases[] = {
	    {IOTHDNS_TYPE_TXT, "\x04\x1b[2J", 5, "\"\\027[2J\"\n"},
	    {IOTHDNS_TYPE_TXT, "\x03\"\\\n", 4, "\"\\\"\\\\\\010\"\n"},
	    {IOTHDNS_TYPE_TXT, "", 0, "\n"},
	    {IOTHDNS_TYPE_CNAME, "\x04\x1b]0;\x02\xff.\0", 9, "\\027]0\\;.\\255\\..\n"},
	    {IOTHDNS_TYPE_NS, "\0", 1, ".\n"},
	    {IOTHDNS_TYPE_A, "\1\2\3", 3, "\\# 3 010203\n"},
	    {IOTHDNS_TYPE_CAA, "\0\x05issue\x9b;", 9, "0 issue \"\\155;\"\n"},
	    {65280, "\x1b", 1, "\\# 1 1b\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct iothdns_pkt *pkt = reply_with(cases[i].type, cases[i].data, cases[i].len);
		struct iovec message = iothdns_getbuf(pkt);
		char *text = printed(message.iov_base, message.iov_len, 1);

		assert_string_equal(text, cases[i].text);
		free(text);
		iothdns_free(pkt);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_data),
	    cmocka_unit_test(cut_message),
	    cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
