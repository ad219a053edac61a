/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line to who listens: see teller.h. */
#include "teller.h"

#include <stdarg.h>
#include <stdio.h>

void teller_say(const struct teller *teller, int level, const char *format, ...)
{
	char text[TELLER_LINE];
	va_list arguments;

	if (!teller->function)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	teller->function(level, text, teller->argument);
}
