/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is told what a library sees: a function of the program's. A library prints nothing by itself.
 */
#ifndef BASE_TELLER_H
#define BASE_TELLER_H

#define TELLER_LINE 256 /* bytes of a message and its NUL; longer ones are cut */

struct teller {
	/* One line without a newline; the level is one of syslog(3)'s. NULL: nobody is told. */
	void (*function)(int level, const char *message, void *argument);
	void *argument;
};

__attribute__((format(printf, 3, 4))) void teller_say(
    const struct teller *teller, int level, const char *format, ...);

#endif
