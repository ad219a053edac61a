/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering namespaces, from a child made for it: what holds inside is its exit status. */
#include <netns.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "check.h"

static void run_in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void enter_as_self(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	CHECK(netns_enter_user(CLONE_NEWNET, uid, gid, false) == 0);
	CHECK(geteuid() == uid && getegid() == gid);
	CHECK(setgroups(0, NULL) == -1 && errno == EPERM);
	CHECK(if_nametoindex("lo") == 1);
}

static void enter_as_root(void)
{
	CHECK(netns_enter_user(0, geteuid(), getegid(), true) == 0);
	CHECK(geteuid() == 0 && getegid() == 0);
}

static void make_two_networks(void)
{
	struct stat a, b;
	int first, second;

	CHECK(netns_enter_user(0, geteuid(), getegid(), false) == 0);
	first = netns_new();
	second = netns_new();
	CHECK(first >= 0 && second >= 0);
	CHECK(fcntl(first, F_GETFD) == FD_CLOEXEC);
	CHECK(fstat(first, &a) == 0 && fstat(second, &b) == 0);
	CHECK(a.st_ino != b.st_ino);
	CHECK(setns(first, CLONE_NEWNET) == 0);
}

static void raise_ambient(void)
{
	CHECK(netns_enter_user(CLONE_NEWNET, geteuid(), getegid(), false) == 0);
	CHECK(netns_raise_ambient(NETNS_CAPS_NET) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 12UL, 0UL, 0UL) == 1);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 21UL, 0UL, 0UL) == 0);
}

/* What the capability is for: it survives the execve of an ordinary program. */
static void ambient_survives_exec(void)
{
	uid_t uid = geteuid() == 0 ? 65534 : geteuid();
	int status;
	pid_t pid;

	if (geteuid() == 0)
		CHECK(setgid(65534) == 0 && setuid(65534) == 0 && prctl(PR_SET_DUMPABLE, 1UL) == 0);
	CHECK(netns_enter_user(CLONE_NEWNET, uid, getegid(), false) == 0);
	CHECK(netns_raise_ambient(NETNS_CAPS_NET) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "grep -qx 'CapEff:\t0*3c00' /proc/self/status", (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);
}

static void new_without_privilege(void)
{
	if (geteuid() == 0)
		CHECK(setgid(65534) == 0 && setuid(65534) == 0);
	CHECK(netns_new() == -EPERM);
}

static void raise_without_privilege(void)
{
	if (geteuid() == 0)
		CHECK(setgid(65534) == 0 && setuid(65534) == 0);
	CHECK(netns_raise_ambient(NETNS_CAPS_NET) == -EPERM);
}

#define IN_CHILD(name)                                                                             \
	static void test_##name(void **state)                                                          \
	{                                                                                              \
		(void)state;                                                                               \
		run_in_child(name);                                                                        \
	}
IN_CHILD(enter_as_self)
IN_CHILD(enter_as_root)
IN_CHILD(make_two_networks)
IN_CHILD(raise_ambient)
IN_CHILD(ambient_survives_exec)
IN_CHILD(new_without_privilege)
IN_CHILD(raise_without_privilege)

static void skip_without_namespaces(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		puts("SKIP: user namespaces are not allowed here");
		exit(77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_enter_as_self),
	    cmocka_unit_test(test_enter_as_root),
	    cmocka_unit_test(test_make_two_networks),
	    cmocka_unit_test(test_raise_ambient),
	    cmocka_unit_test(test_ambient_survives_exec),
	    cmocka_unit_test(test_new_without_privilege),
	    cmocka_unit_test(test_raise_without_privilege),
	};

	skip_without_namespaces();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
