/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper process, from the program: starting it, asking it, ending it. */
#include "helper.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "channel.h"
#include "helper_server.h"
#include "sanitizer.h"

/* ThreadSanitizer has to know of a fork, or a lock of its own may be held for ever in the child.
 * The functions are those of <sanitizer/linux_syscall_hooks.h>, which gcc does not install. */
#ifdef SANITIZER_THREAD
void __sanitizer_syscall_pre_impl_fork(void);
void __sanitizer_syscall_post_impl_fork(long result);
#define before_fork()     __sanitizer_syscall_pre_impl_fork()
#define after_fork(child) __sanitizer_syscall_post_impl_fork(child)
#else
#define before_fork()     ((void)0)
#define after_fork(child) ((void)0)
#endif

struct helper {
	unsigned int references;
	pid_t pid;
	channel_t requests;        /* the socket that carries new channels */
	atomic_bool lost;          /* it did not answer */
	struct channel_pool *pool; /* empty in a forked child */
};

/* ---- asking ---------------------------------------------------------------------------------- */

static bool is_end(int err)
{
	return err == -EPIPE || err == -ECONNRESET || err == -ENOTCONN || err == -EBADF ||
	       err == -ENOTSOCK;
}

/* One exchange. *usable: the channel can be used for another. */
static int exchange(int channel, const struct helper_request *request, const int *descriptors,
    unsigned int count, struct helper_reply *reply, int *fd, int flags, bool *usable)
{
	int received[HELPER_DESCRIPTORS_MAX];
	unsigned int n;
	size_t len = sizeof(*reply);
	int err;

	err = helper_send(channel, request, sizeof(*request), descriptors, count, 0);
	if (err < 0) {
		*usable = !is_end(err);
		return err;
	}
	err = helper_receive(channel, reply, &len, received, &n, flags);
	*usable = err == -EMFILE;
	if (err < 0)
		return err;
	if (fd != NULL && n > 0)
		*fd = received[--n];
	while (n > 0)
		close(received[--n]);
	if (len != sizeof(*reply))
		return -EPIPE;
	*usable = true;
	return reply->result;
}

int helper_ask(struct helper *helper, const struct helper_request *request, const int *descriptors,
    unsigned int count, struct helper_reply *reply, int *fd, int flags)
{
	channel_t channel;
	bool usable;
	int cancel_state, err;

	/* Opening a socket is no cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (fd != NULL)
		*fd = -1;
	err = channel_take(helper->pool, helper->requests, &channel);
	if (err == 0) {
		err = exchange(channel_fd(channel), request, descriptors, count, reply, fd, flags, &usable);
		if (usable)
			channel_keep(helper->pool, channel);
		else
			close(channel_fd(channel));
	}
	if (is_end(err)) {
		atomic_store(&helper->lost, true);
		err = -ENETDOWN;
	}
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

bool helper_is_own(const struct helper *helper)
{
	return atomic_load(&helper->pool->own);
}

bool helper_is_alive(const struct helper *helper)
{
	return !atomic_load(&helper->lost) && channel_is_valid(helper->requests);
}

/* ---- start and end --------------------------------------------------------------------------- */

/* Makes the process. Signals and cancellation are off: neither a handler of the program nor a
 * pending cancellation is to act in the helper. Its exit signal is 0, `flags` without a signal:
 * wait(2) then does not see the process, and no SIGCHLD is sent. */
static pid_t spawn(unsigned long flags, const struct helper_inherited *inherited)
{
	sigset_t all, before;
	int cancel_state;
	pid_t pid;

	sigfillset(&all);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	before_fork();
	pid = helper_clone(flags, NULL);
	after_fork(pid);
	if (pid == 0)
		helper_server(inherited);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_setcancelstate(cancel_state, NULL);
	return pid;
}

/* The helper's first message says how its start went. */
static int await_start(int channel)
{
	struct helper_reply reply;
	int descriptors[HELPER_DESCRIPTORS_MAX];
	unsigned int count;
	size_t len = sizeof(reply);
	int err;

	err = helper_receive(channel, &reply, &len, descriptors, &count, 0);
	if (err < 0)
		return err;
	return len == sizeof(reply) ? reply.result : -EIO;
}

/* The program may have reaped it itself (a loop of waitpid(-1, ..., __WALL) does); then there is
 * nothing to wait for. */
static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/* Starts the process with the helper's ends of the two sockets. */
static int start(struct helper *helper, int requests, int channel)
{
	struct helper_inherited inherited = {
	    .requests = requests,
	    .channel = channel,
	    .uid = geteuid(),
	    .gid = getegid(),
	};

	inherited.program = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (inherited.program < 0)
		return -errno;
	inherited.user_namespace = true;
	helper->pid = spawn(CLONE_NEWUSER, &inherited);
	/* Where user namespaces are not to be had, a privileged program does without. */
	if (helper->pid < 0 && inherited.uid == 0) {
		inherited.user_namespace = false;
		helper->pid = spawn(0, &inherited);
	}
	close(inherited.program);
	return helper->pid < 0 ? (int)helper->pid : 0;
}

int helper_start(struct helper **helper)
{
	struct helper *h;
	int requests[2], channel[2], err;

	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	h->pool = channel_pool_new();
	if (h->pool == NULL) {
		err = -errno;
		goto fail_pool;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) < 0) {
		err = -errno;
		goto fail_requests;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0) {
		err = -errno;
		close(requests[1]);
		goto fail_channel;
	}
	err = start(h, requests[1], channel[1]);
	close(requests[1]);
	close(channel[1]);
	if (err < 0)
		goto fail_start;
	err = await_start(channel[0]);
	if (err < 0)
		goto fail_await;
	h->references = 1;
	h->requests = channel_of(requests[0]);
	channel_keep(h->pool, channel_of(channel[0]));
	*helper = h;
	return 0;

fail_await:
	reap(h->pid); /* having failed to start, it ends */
fail_start:
	close(channel[0]);
fail_channel:
	close(requests[0]);
fail_requests:
	channel_pool_free(h->pool);
fail_pool:
	free(h);
	return err;
}

/* A helper that cannot be told to quit is killed, which the kernel does not let a program do that
 * has changed its user id since. As long as waitpid knows the process, its number has not been
 * given to another. */
static void end_process(pid_t pid, bool told)
{
	if (waitpid(pid, NULL, __WALL | WNOHANG) != 0)
		return;
	if (told || kill(pid, SIGKILL) == 0)
		reap(pid);
}

static void end(struct helper *helper)
{
	struct helper_request request = {.op = HELPER_QUIT};
	struct helper_reply reply;
	bool reachable = helper_is_alive(helper);

	end_process(helper->pid,
	    helper_ask(helper, &request, NULL, 0, &reply, NULL, 0) == -ENETDOWN && reachable);
}

void helper_ref(struct helper *helper)
{
	helper->references++;
}

bool helper_is_last(const struct helper *helper)
{
	return helper->references == 1;
}

void helper_unref(struct helper *helper)
{
	if (--helper->references > 0)
		return;
	if (helper_is_own(helper))
		end(helper);
	channel_pool_free(helper->pool);
	channel_close(helper->requests);
	free(helper);
}
