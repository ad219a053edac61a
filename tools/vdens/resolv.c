/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/resolv.conf as the command sees it: a bind mount in the command's own mount namespace.
 *
 * The text made from addresses needs a file to be mounted. It is created in a tmpfs that is mounted
 * for a moment, in the private mount namespace, over a directory that always exists: so it never
 * has a name that others could see or that could be left behind, whenever vdens is killed, and no
 * directory must be writable. (The kernel does not bind a file that has no name at all, as of
 * O_TMPFILE or memfd_create: ENOENT, EINVAL.)
 */
#include "resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define RESOLV_CONF  "/etc/resolv.conf"
#define SCRATCH_DIR  "/tmp"
#define SCRATCH_FILE SCRATCH_DIR "/resolv.conf"

static const char keyword[] = "nameserver ";
static const char blanks[] = " \t";

/* An IPv4 address, or an IPv6 one that may have a zone ("fe80::1%vde0"), which resolv.conf(5)
 * takes too. */
static bool is_address(const char *item, size_t len)
{
	char copy[INET6_ADDRSTRLEN + 1 + IFNAMSIZ];
	unsigned char address[16];
	char *zone;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, item, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, address) == 1)
		return true;
	zone = strchr(copy, '%');
	if (zone) {
		*zone++ = '\0';
		if (*zone == '\0' || strlen(zone) >= IFNAMSIZ || strpbrk(zone, " \t\n%/"))
			return false;
	}
	return inet_pton(AF_INET6, copy, address) == 1;
}

int resolv_text(const char *addresses, char **text, const char **bad)
{
	size_t items = 1, len;
	const char *item;
	char *out;

	for (item = addresses; *item; item++)
		items += *item == ',';
	/* every item becomes a line; the separators pay for the newlines */
	*text = out = malloc(strlen(addresses) + items * sizeof(keyword) + 1);
	if (!out)
		return -ENOMEM;
	for (item = addresses;; item++) {
		item += strspn(item, blanks);
		len = strcspn(item, ",");
		*bad = item;
		while (len > 0 && strchr(blanks, item[len - 1]))
			len--;
		if (len > 0) {
			if (!is_address(item, len))
				goto invalid;
			out = stpcpy(out, keyword);
			out = mempcpy(out, item, len);
			*out++ = '\n';
		}
		item += strcspn(item, ",");
		if (*item == '\0')
			break;
	}
	*out = '\0';
	return 0;

invalid:
	free(*text);
	*text = NULL;
	return -EINVAL;
}

int resolv_mount_file(const char *path)
{
	return mount(path, RESOLV_CONF, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int write_scratch(const char *text)
{
	size_t len = strlen(text);
	ssize_t written;
	int fd, err = 0;

	fd = open(SCRATCH_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0)
		return -errno;
	written = write(fd, text, len);
	if (written < 0)
		err = -errno;
	else if ((size_t)written != len)
		err = -ENOSPC;
	close(fd);
	return err;
}

int resolv_mount_text(const char *text)
{
	int tree = -1, err;

	if (mount("vdens", SCRATCH_DIR, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return -errno;
	err = write_scratch(text);
	if (err == 0) {
		tree = open_tree(AT_FDCWD, SCRATCH_FILE, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (tree < 0)
			err = -errno;
	}
	/* Unmounted before the file is put in place, which may be below this directory. */
	if (umount2(SCRATCH_DIR, MNT_DETACH) < 0 && err == 0)
		err = -errno;
	if (err == 0 && move_mount(tree, "", AT_FDCWD, RESOLV_CONF,
	                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		err = -errno;
	if (tree >= 0)
		close(tree);
	return err;
}
