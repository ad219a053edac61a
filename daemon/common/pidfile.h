/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that tells a daemon's process id: `PID\n`, mode 0644.
 *
 * It appears whole, and only where no file was (link(2) of a temporary one). One that is found
 * there is replaced if no process has its number, and refused otherwise. Two that start at once,
 * and find the same stale file, take it away under its lock, one after the other, so that one of
 * them wins and the other sees its file. At the end it is removed if it is still the same file.
 */
#ifndef DAEMON_PIDFILE_H
#define DAEMON_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

struct pidfile {
	char *path; /* owned; NULL: there is none */
	int fd;     /* as long as it is open, no other file gets the inode */
};

/* 0; -EEXIST if a living process has it, whose number is in *other; or another -errno. `path` is
 * absolute. */
int pidfile_create(struct pidfile *pidfile, const char *path, pid_t *other);

/* Removes it; harmless if there is none. */
void pidfile_remove(struct pidfile *pidfile);

#endif
