/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the commands of vde_stackcmd.
 *
 * Between the helper, which goes on serving, and a command there is a process that runs one command
 * after the other and exits with the last status. It, and with it the command, ends with the helper
 * (PR_SET_PDEATHSIG: the helper has one thread); a daemon that a command leaves behind does not.
 * Signal handlers become the defaults with execve; what the program ignored when its helper was
 * started stays ignored.
 *
 * Async-signal-safe: a descendant of the helper, until execve.
 */
#include "helper_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "command.h"
#include "outside.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif

#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127

/* The block, its strings found; everything in it was checked against its size. */
struct script {
	unsigned int commands;
	const uint32_t *argc;
	char **word;        /* of all commands, a NULL behind each command's */
	char **environment; /* with a NULL at the end */
};

/* The block was filled in by the program, or by whoever writes in its place. */
static int script_load(int fd, struct script *script)
{
	const struct command_block *block;
	struct stat st;
	size_t size, words = 0, strings, i, n = 0;
	const char *end;
	char **pointer, *text;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(*block) || st.st_size > INT32_MAX)
		return -EBADMSG;
	size = (size_t)st.st_size;
	block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (block == MAP_FAILED)
		return -errno;
	if (block->size != size || block->commands > (size - sizeof(*block)) / sizeof(block->argc[0]))
		return -EBADMSG;
	for (i = 0; i < block->commands; i++) {
		if (block->argc[i] == 0)
			return -EBADMSG;
		words += block->argc[i];
		if (words > size)
			return -EBADMSG;
	}
	strings = words + block->environment;
	text = (char *)&block->argc[block->commands];
	end = (const char *)block + size;
	if (strings > (size_t)(end - text))
		return -EBADMSG;
	pointer = mmap(NULL, (strings + block->commands + 1) * sizeof(*pointer), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pointer == MAP_FAILED)
		return -errno;
	script->commands = block->commands;
	script->argc = block->argc;
	script->word = pointer;
	script->environment = pointer + words + block->commands;
	for (i = 0, words = 0; n < strings; n++) {
		*pointer++ = text;
		text = memchr(text, '\0', (size_t)(end - text));
		if (text == NULL)
			return -EBADMSG;
		text++;
		if (i < block->commands && ++words == block->argc[i]) {
			pointer++; /* to the NULL */
			words = 0;
			i++;
		}
	}
	return 0;
}

/* The caller's 0, 1 and 2, and nothing else. All those received lie above 2 (keep_only). */
static int take_descriptors(unsigned int standard, const int *descriptors, unsigned int count)
{
	unsigned int number, next = 0;

	for (number = 0; number <= 2; number++) {
		if ((standard & (1U << number)) == 0) {
			close((int)number);
			continue;
		}
		if (next >= count)
			return -EBADMSG;
		if (dup2(descriptors[next++], (int)number) < 0)
			return -errno;
	}
	return syscall(SYS_close_range, 3U, ~0U, 0U) < 0 ? -errno : 0;
}

/* Ends the process with its parent, which has one thread, and which may have ended already. */
static void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
	if (getppid() != parent)
		helper_exit(STATUS_NOT_EXECUTABLE);
}

/* The process of one command. */
static _Noreturn void command_exec(char **argv, char **environment, const sigset_t *signal_mask)
{
	/* Raw: the C library hides two real-time signals from masks, this one is passed as it was. */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, signal_mask, NULL, sizeof(uint64_t));
	if (argv[0][0] == '/') {
		execve(argv[0], argv, environment);
		helper_exit(errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
	}
	helper_exit(STATUS_NOT_FOUND);
}

/* Runs one command; returns its exit status. */
static int command_run(char **argv, char **environment, const sigset_t *signal_mask)
{
	int status;
	pid_t pid, ended, self = getpid();

	pid = helper_clone(SIGCHLD, NULL);
	if (pid == 0) {
		end_with(self);
		command_exec(argv, environment, signal_mask);
	}
	if (pid < 0)
		return STATUS_NOT_EXECUTABLE;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return STATUS_NOT_EXECUTABLE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The process between. */
static int run_script(const struct helper_request *request, const int *descriptors,
    unsigned int count, const struct helper_program *program)
{
	struct script script = {0};
	unsigned int i;
	char **word;
	int status = 0;

	outside_leave(program->timer_slack);
	if (count < HELPER_COMMAND_STANDARD ||
	    script_load(descriptors[HELPER_COMMAND_BLOCK], &script) < 0 ||
	    fchdir(descriptors[HELPER_COMMAND_DIRECTORY]) < 0 ||
	    take_descriptors(request->u.command.standard, descriptors + HELPER_COMMAND_STANDARD,
	        count - HELPER_COMMAND_STANDARD) < 0 ||
	    prlimit(0, RLIMIT_NOFILE, &program->files, NULL) < 0 ||
	    netns_raise_ambient(NETNS_CAPS_NET) < 0)
		return STATUS_NOT_EXECUTABLE;
	word = script.word;
	for (i = 0; i < script.commands && status == 0; i++) {
		status = command_run(word, script.environment, &request->u.command.signal_mask);
		word += script.argc[i] + 1;
	}
	return status;
}

int helper_run(const struct helper_request *request, const int *descriptors, unsigned int count,
    const struct helper_program *program)
{
	int pidfd = -1;
	pid_t pid, self = getpid();

	pid = helper_clone(CLONE_PIDFD | SIGCHLD, &pidfd);
	if (pid == 0) {
		end_with(self);
		helper_exit(run_script(request, descriptors, count, program));
	}
	return pid < 0 ? (int)pid : pidfd;
}

pid_t helper_clone(unsigned long flags, int *pidfd)
{
	long pid;

#if defined(__s390__) || defined(__s390x__)
	pid = syscall(SYS_clone, NULL, flags, pidfd, NULL, NULL);
#else
	pid = syscall(SYS_clone, flags, NULL, pidfd, NULL, NULL);
#endif
	return pid < 0 ? -errno : (pid_t)pid;
}

_Noreturn void helper_exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}
