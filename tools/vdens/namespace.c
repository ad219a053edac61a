/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering the namespaces that the options ask for.
 *
 * New ones are a user, a network and a UTS namespace, and a mount namespace where something is to
 * be mounted or CAP_SYS_ADMIN is granted for that purpose. The user's ids are mapped one to one, or
 * to 0 (--map-root).
 *
 * --netns-fd joins a network namespace instead. The right to do so comes from the user namespace
 * that owns it: where that is another than ours (the network namespace of another vdens of the same
 * user), it is joined first, which gives all capabilities in it; where it is our own, the caller
 * must have CAP_SYS_ADMIN already (root, on the namespaces of ip-netns(8)).
 */
#include "namespace.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/nsfs.h>
#include "netns.h"
#include "resolv.h"

static bool wants_mounts(const struct vdens_options *options)
{
	return options->sysadm || options->resolvconf || options->resolv_text || options->pid;
}

/* What is new even when a network namespace is joined. */
static int own_flags(const struct vdens_options *options)
{
	return CLONE_NEWUTS | (wants_mounts(options) ? CLONE_NEWNS : 0);
}

int namespace_flags(const struct vdens_options *options)
{
	return CLONE_NEWUSER | CLONE_NEWNET | own_flags(options);
}

/* The number in a file of /proc/sys, or -1 if this kernel has no such file. */
static long read_sysctl(const char *path)
{
	char text[32];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	return strtol(text, NULL, 10);
}

void namespace_warn(int err)
{
	warnx("cannot create the namespaces: %s", strerror(-err));
	if (read_sysctl("/proc/sys/user/max_user_namespaces") == 0)
		warnx("user namespaces are not permitted: sysctl user.max_user_namespaces is 0");
	else if (read_sysctl("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		warnx("user namespaces are not permitted: sysctl kernel.unprivileged_userns_clone is 0");
	else if (read_sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		warnx("user namespaces are restricted: "
		      "sysctl kernel.apparmor_restrict_unprivileged_userns is 1");
	else if (err == -ENOSPC)
		warnx("too many namespaces: see the sysctl variables user.max_*_namespaces");
	else if (err == -EINVAL)
		warnx("this kernel may lack user namespaces (CONFIG_USER_NS)");
}

int namespace_map_ids(const struct vdens_options *options, const struct namespace_ids *ids)
{
	int err = netns_map_ids(ids->uid, ids->gid, options->map_root);

	if (err < 0)
		namespace_warn(err);
	return err;
}

static bool same_namespace(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int join(const struct vdens_options *options)
{
	const int fd = options->netns_fd;
	int owner = -1, err;

	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		errno = fcntl(fd, F_GETFD) < 0 ? errno : EINVAL;
		err = -errno;
		warn("descriptor %d (--netns-fd) is not a network namespace", fd);
		return err;
	}
	owner = ioctl(fd, NS_GET_USERNS); /* close-on-exec: ioctl_ns(2) */
	if (owner < 0)
		goto failed;
	if (!same_namespace(owner, "/proc/self/ns/user") && setns(owner, CLONE_NEWUSER) < 0)
		goto failed;
	if (setns(fd, CLONE_NEWNET) < 0 || unshare(own_flags(options)) < 0)
		goto failed;
	close(owner);
	return 0;

failed:
	err = -errno;
	warn("cannot join the network namespace of descriptor %d (--netns-fd)", fd);
	if (owner >= 0)
		close(owner);
	return err;
}

int namespace_enter(
    const struct vdens_options *options, const struct namespace_ids *ids, bool *unshare_failed)
{
	int err;

	*unshare_failed = false;
	if (options->netns_fd >= 0)
		return join(options);
	if (unshare(namespace_flags(options)) < 0) {
		err = -errno;
		if (options->method == VDENS_ANY)
			*unshare_failed = true;
		else
			namespace_warn(err);
		return err;
	}
	return namespace_map_ids(options, ids);
}

int namespace_furnish(const struct vdens_options *options)
{
	int err = 0;

	if (options->hostname && sethostname(options->hostname, strlen(options->hostname)) < 0) {
		err = -errno;
		warn("cannot set the host name '%s'", options->hostname);
		return err;
	}
	/* Mounts made outside later still come in; those made inside stay inside. */
	if (wants_mounts(options) && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) {
		err = -errno;
		warn("cannot make the mounts private");
		return err;
	}
	if (options->resolv_text) {
		err = resolv_mount_text(options->resolv_text);
		if (err < 0)
			warnx("cannot replace /etc/resolv.conf: %s", strerror(-err));
	} else if (options->resolvconf) {
		err = resolv_mount_file(options->resolvconf);
		if (err < 0)
			warnx("cannot put %s in the place of /etc/resolv.conf: %s", options->resolvconf,
			    strerror(-err));
	}
	return err;
}
