/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals by signalfd(2): see signals.h. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
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

static void take_signal(struct loop_source *source, uint32_t events)
{
	struct signals *signals = (struct signals *)source;
	struct signalfd_siginfo info;

	/* One a turn: its function may close the descriptor. */
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
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

int signals_open(
    struct signals *signals, struct loop *loop, signals_function *leave, signals_function *reload)
{
	sigset_t set;
	int fd, err;

	*signals = (struct signals){.leave = leave, .reload = reload};
	wanted(&set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = loop_add(loop, &signals->source, fd, EPOLLIN, take_signal);
	if (err)
		close(fd);
	return err;
}

void signals_close(struct signals *signals)
{
	if (!signals->source.loop)
		return;
	loop_remove(&signals->source);
	close(signals->source.fd);
}
