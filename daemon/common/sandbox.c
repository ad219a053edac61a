/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of system calls that are allowed: see sandbox.h. */
#include "sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "log.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

/* What event loops, sockets, the C library's memory, clocks, threads and syslog(3) come down to;
 * and the files of a reload. Names that an architecture has not are passed over. */
static const char *const calls[] = {
    /* loops */
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
    "eventfd2", "signalfd4", "timerfd_create", "timerfd_settime", "pipe2", "select", "pselect6",
    /* sockets */
    "socket", "socketpair", "bind", "listen", "accept", "accept4", "connect", "getsockname",
    "getpeername", "getsockopt", "setsockopt", "shutdown", "recvfrom", "recvmsg", "recvmmsg",
    "sendto", "sendmsg", "sendmmsg", "recv", "send", "ioctl", "fcntl", "fcntl64", "dup", "dup2",
    "dup3", "close",
    /* files */
    "open", "openat", "read", "readv", "pread64", "write", "writev", "lseek", "_llseek", "fstat",
    "stat", "lstat", "newfstatat", "fstatat64", "fstat64", "statx", "fchmod", "unlink", "unlinkat",
    "getcwd", "readlink", "readlinkat", "access", "faccessat", "faccessat2", "umask",
    /* memory */
    "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "brk",
    /* time, random numbers */
    "clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "gettimeofday",
    "nanosleep", "time", "getrandom",
    /* threads, signals, the end */
    "futex", "futex_time64", "clone", "clone3", "set_robust_list", "rseq", "gettid", "getpid",
    "getppid", "getuid", "geteuid", "getgid", "getegid", "sched_yield", "setpriority",
    "sched_getaffinity", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
    "sigaltstack", "tgkill", "restart_syscall", "membarrier", "prctl", "prlimit64", "getrlimit",
    "uname", "sysinfo", "exit", "exit_group", NULL};

static void refused(int number, siginfo_t *info, void *context)
{
	static const char unknown[] = "?";
	char *name = seccomp_syscall_resolve_num_arch(info->si_arch, info->si_syscall);

	log_error(
	    "seccomp: system call %d (%s) is not permitted", info->si_syscall, name ? name : unknown);
	/* The handler was for once: this ends the process as the kernel would have. */
	(void)raise(SIGSYS);
	_exit(1);
}

static int allow(scmp_filter_ctx filter, const char *const names[])
{
	for (size_t i = 0; names && names[i]; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int err;

		if (number == __NR_SCMP_ERROR)
			continue;
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (err && err != -EEXIST && err != -EDOM)
			return err;
	}
	return 0;
}

static int load(const char *const more[])
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int err;

	if (!filter)
		return -ENOMEM;
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = allow(filter, calls);
	if (!err)
		err = allow(filter, more);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

int sandbox_enter(const char *const more[])
{
	struct sigaction action = {
	    .sa_sigaction = refused, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND | SA_NODEFER};

#ifdef SANITIZED
	return -EOPNOTSUPP; /* its run time makes calls of its own */
#endif
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return -errno;
	return load(more);
}
