/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reason of a failure, and the log. */
#ifndef IOTH_ERROR_H
#define IOTH_ERROR_H

/* Sets, or clears, what ioth_error() returns in this thread. errno is preserved. */
__attribute__((format(printf, 1, 2))) void error_set(const char *format, ...);
void error_clear(void);

/* Tells the program's log function, if there is one. `level` is syslog(3)'s. errno is preserved;
 * no lock is held. */
__attribute__((format(printf, 2, 3))) void ioth_log(int level, const char *format, ...);

#endif
