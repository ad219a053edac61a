/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is it a string that makes a stack? See stack_string.h. */
#include "stack_string.h"

#include "log.h"
#include "request.h"

bool stack_string_check(const char *text, enum stack_string kind, char why[STACK_STRING_WHY_SIZE])
{
	struct request request;

	if (request_parse(&request, text, kind == STACK_STRING_NEW ? REQUEST_NEWSTACK : REQUEST_CONFIG,
	        why, STACK_STRING_WHY_SIZE) < 0)
		return false;
	request_free(&request);
	return true;
}

bool stack_string_is(const char *text, const char *role)
{
	char why[STACK_STRING_WHY_SIZE];

	if (!text || stack_string_check(text, STACK_STRING_NEW, why))
		return true;
	log_error("%s: %s", role, why);
	return false;
}
