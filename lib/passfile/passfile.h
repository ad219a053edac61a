/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A password in a file: its first line. The one reader of all programs and libraries that take one.
 *
 *     the line ends with LF, CR LF, or the end of the file, none of which belongs to it; what
 *         follows is no matter
 *     an empty line is the empty password; a file without a byte is a mistake (what was to write it
 *         has not)
 *     a byte of 0, or more than PASSFILE_MAX bytes, are no password
 *
 * The password is in one buffer alone, and whatever is not returned is wiped.
 */
#ifndef PASSFILE_H
#define PASSFILE_H

#include <stdbool.h>

#define PASSFILE_MAX      1024 /* bytes of a password */
#define PASSFILE_WHY_SIZE 80

/* Reads a regular file; nothing else, which could keep a daemon waiting (a FIFO, a terminal).
 * Returns 0 and the password, to be given to passfile_free; or -errno (-EINVAL: it is none), and in
 * `why` the reason in words, without the path.
 *
 * `exposed` (NULL: no matter): others than its reader may read it, too. That is everybody's right,
 * or that of a group that nobody has chosen: the file is the reader's own, with his own group. */
int passfile_read(const char *path, char **password, bool *exposed, char why[PASSFILE_WHY_SIZE]);

/* The same of a descriptor of any kind, which it may wait for. Reads no byte after the line. */
int passfile_read_from(int fd, char **password, char why[PASSFILE_WHY_SIZE]);

/* Wipes it. NULL: nothing. */
void passfile_free(char *password);

#endif
