/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals by signalfd(2): see signals.h. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/signalfd.h>

#include "log.h"

/* What is read from the descriptor. */
static void wanted(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void signals_block(void)
{
	sigset_t set;

	wanted(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void take(struct signals *signals, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		signals->reload(signals);
		return;
	}
	log_notice("(%d) leaving on signal %u", (int)getpid(), info.ssi_signo);
	if (!signals->left_on)
		signals->left_on = (int)info.ssi_signo;
	signals->leave(signals);
}

/* One a turn: its function may close the descriptor. */
static void take_signal(struct loop_source *source, uint32_t events)
{
	take((struct signals *)source, source->fd);
}

static void take_meanwhile(struct loop_source *source, uint32_t events)
{
	take((struct signals *)(void *)((char *)source - offsetof(struct signals, meanwhile)),
	    source->fd);
}

static int open_source(struct loop_source *source, struct loop *loop, const sigset_t *set,
    loop_source_function *function)
{
	int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	err = loop_add(loop, source, fd, EPOLLIN, function);
	if (err)
		close(fd);
	return err;
}

static void close_source(struct loop_source *source)
{
	if (!source->loop)
		return;
	loop_remove(source);
	close(source->fd);
}

int signals_open(
    struct signals *signals, struct loop *loop, signals_function *leave, signals_function *reload)
{
	sigset_t set;

	*signals = (struct signals){.leave = leave, .reload = reload};
	wanted(&set);
	return open_source(&signals->source, loop, &set, take_signal);
}

void signals_close(struct signals *signals)
{
	close_source(&signals->source);
}

int signals_hear(struct signals *signals, struct loop *loop)
{
	sigset_t set;

	wanted(&set);
	sigdelset(&set, SIGHUP);
	return open_source(&signals->meanwhile, loop, &set, take_meanwhile);
}

void signals_unhear(struct signals *signals)
{
	close_source(&signals->meanwhile);
}
