/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users, groups, capabilities: see drop.h. */
#include "drop.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>

#include "log.h"

#define GROUPS_MAX 1024

struct identity {
	uid_t uid;
	gid_t gid;
	int group_count;
	gid_t groups[GROUPS_MAX];
};

static int parse_id(const char *text, unsigned int *id)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	/* (uid_t)-1 stands for no user: setuid(2). */
	if (*text < '0' || *text > '9' || *end || n >= (uid_t)-1)
		return -ENOENT;
	*id = (unsigned int)n;
	return 0;
}

static int find_group(const char *name, struct identity *identity)
{
	const struct group *group;

	/* cppcheck-suppress getgrnamCalled ; there is one thread */
	group = getgrnam(name);
	if (!group)
		return parse_id(name, &identity->gid);
	identity->gid = group->gr_gid;
	return 0;
}

static int find_user(const char *name, struct identity *identity)
{
	/* cppcheck-suppress getpwnamCalled ; there is one thread */
	const struct passwd *user = getpwnam(name);
	int err;

	if (!user) {
		err = parse_id(name, &identity->uid);
		identity->gid = identity->uid;
		return err;
	}
	identity->uid = user->pw_uid;
	identity->gid = user->pw_gid;
	identity->group_count = GROUPS_MAX;
	if (getgrouplist(name, user->pw_gid, identity->groups, &identity->group_count) < 0)
		return -E2BIG;
	return 0;
}

static int find_identity(const char *text, struct identity *identity)
{
	char *name = strdup(text);
	char *group;
	int err;

	if (!name)
		return -ENOMEM;
	group = strchr(name, ':');
	if (group)
		*group++ = '\0';
	err = find_user(name, identity);
	if (!err && group)
		err = find_group(group, identity);
	free(name);
	return err;
}

/* What is not in the bounding set can never be got again. */
static int bound_capabilities(const cap_value_t keep[], size_t count)
{
	for (cap_value_t value = 0; CAP_IS_SUPPORTED(value); value++) {
		bool kept = false;

		for (size_t i = 0; i < count; i++)
			kept |= keep[i] == value;
		if (!kept && cap_drop_bound(value) < 0)
			return -errno;
	}
	return 0;
}

static int set_capabilities(const cap_value_t keep[], size_t count)
{
	cap_t set = cap_init();
	int err = 0;

	if (!set)
		return -errno;
	if ((count > 0 && (cap_set_flag(set, CAP_PERMITTED, (int)count, keep, CAP_SET) < 0 ||
	                      cap_set_flag(set, CAP_EFFECTIVE, (int)count, keep, CAP_SET) < 0)) ||
	    cap_set_proc(set) < 0)
		err = -errno;
	cap_free(set);
	return err;
}

static int become(const struct identity *identity, const cap_value_t keep[], size_t count)
{
	int err = bound_capabilities(keep, count);

	if (err)
		return err;
	if (cap_setgroups(identity->gid, (size_t)identity->group_count, identity->groups) < 0)
		return -errno;
	if (cap_setuid(identity->uid) < 0) /* capabilities survive this */
		return -errno;
	return set_capabilities(keep, count);
}

int drop_check(const char *user)
{
	struct identity *identity = calloc(1, sizeof(*identity));
	int err = identity ? find_identity(user, identity) : -ENOMEM;

	free(identity);
	return err;
}

void drop_log(const char *user, int err)
{
	log_error("user %s: %s", user ? user : "(the same)",
	    err == -ENOENT ? "there is no such user or group" : strerror(-err));
}

int drop_privileges(const char *user, const cap_value_t keep[], size_t count)
{
	struct identity *identity;
	int err = 0;

	if (user) {
		identity = calloc(1, sizeof(*identity));
		if (!identity)
			return -ENOMEM;
		err = find_identity(user, identity);
		if (!err && identity->uid != geteuid())
			err = become(identity, keep, count);
		free(identity);
	}
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = -errno;
	return err;
}
