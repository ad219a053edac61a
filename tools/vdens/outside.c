/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vdens outside: it holds the networks and waits for the command.
 *
 *	             networks
 *	                |            relay thread: frames
 *	   vdens  ------+--------    main thread: signals, the command's end
 *	     |          | ports
 *	   command   interfaces      in the namespaces
 *
 * The process inside is made first, from a single thread; then the networks are opened, here, so
 * that their plugins use the network outside; then the ports arrive from inside, are joined to the
 * networks, and the command may run.
 */
#include "outside.h"

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "channel.h"
#include "command.h"
#include "hints.h"
#include "inside.h"
#include "process.h"
#include "relay.h"
#include "terminal.h"
#include "vdelink.h"

#define SETUP_FAILED 1

struct outside {
	struct vdens_options *options;
	struct inside inside;
	struct sigaction sigchld; /* as inherited, for the command */
	struct terminal terminal;
	struct command command; /* child: 0 when there is none */
	struct vdelink **links; /* one for each network; NULL once the relay owns it */
	struct relay *relay;
	pthread_t relay_thread;
	bool relay_runs;
	int signal_fd;
};

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Makes the process inside, which reports when it has entered the namespaces. */
static int clone_inside(struct outside *outside)
{
	bool clone = outside->options->method == VDENS_CLONE;
	int ends[2], err;
	pid_t pid;

	err = channel_new(ends);
	if (err < 0) {
		warnx("cannot create a socket: %s", strerror(-err));
		return err;
	}
	outside->inside.cloned = clone;
	outside->inside.channel = ends[1];
	pid = process_clone(clone ? (uint64_t)namespace_flags(outside->options) : 0);
	if (pid == 0) {
		close(ends[0]); /* or the end of vdens would be no end of file to it */
		inside_main(&outside->inside);
	}
	close(ends[1]);
	if (pid < 0) {
		if (clone)
			namespace_warn(pid);
		else
			warnx("cannot create a process: %s", strerror(-pid));
		close(ends[0]);
		return pid;
	}
	outside->command.child = pid;
	outside->command.channel = ends[0];
	return 0;
}

static int start_inside(struct outside *outside)
{
	struct command *command = &outside->command;
	struct channel_message message;
	int err;

	err = clone_inside(outside);
	if (err < 0)
		return err;
	if (channel_receive(command->channel, &message) <= 0)
		return -EPIPE; /* it has said why */
	if (message.type == CHANNEL_ENTERED)
		return 0;
	/* CHANNEL_UNSHARE_FAILED, and it ends */
	close(command->channel);
	command->channel = -1;
	reap(command->child);
	command->child = 0;
	outside->options->method = VDENS_CLONE;
	err = clone_inside(outside);
	if (err < 0)
		return err;
	return channel_receive(command->channel, &message) <= 0 ? -EPIPE : 0;
}

static int open_networks(struct outside *outside)
{
	const struct vdens_options *options = outside->options;
	char reason[512];
	unsigned int n;
	int err;

	for (n = 0; n < options->network_count; n++) {
		err = vdelink_open(options->networks[n].vnl, "vdens", &outside->links[n]);
		if (err < 0) {
			vdelink_reason(options->networks[n].vnl, err, reason, sizeof reason);
			warnx("cannot open network %s: %s", options->networks[n].vnl, reason);
			hint_network(options, options->networks[n].vnl);
			return err;
		}
	}
	return 0;
}

static int connect_port(struct outside *outside, struct channel_message *message)
{
	const unsigned int n = (unsigned int)message->value;
	struct relay_line *line;
	int err = -EBADMSG;

	message->port.fd = message->fd;
	if (message->fd >= 0 && n < outside->options->network_count && outside->links[n])
		err = relay_add(outside->relay, &message->port, outside->links[n], &line);
	if (err < 0) {
		warnx("cannot connect interface number %u: %s", n, strerror(-err));
		if (message->fd >= 0)
			close(message->fd);
		return err;
	}
	outside->links[n] = NULL;
	return 0;
}

/* Receives the ports until the process inside is ready. */
static int connect_ports(struct outside *outside)
{
	struct channel_message message;
	int err;

	for (;;) {
		err = channel_receive(outside->command.channel, &message);
		if (err <= 0)
			return -EPIPE; /* it has said why */
		switch (message.type) {
		case CHANNEL_PORT:
			err = connect_port(outside, &message);
			break;
		case CHANNEL_READY:
			if (message.sender != outside->command.child) { /* the init process, our child too */
				reap(outside->command.child);
				outside->command.child = message.sender;
			}
			return 0;
		default:
			err = -EBADMSG;
			break;
		}
		if (err < 0)
			return err;
	}
}

static void *relay_main(void *arg)
{
	int err = relay_run(arg);

	if (err < 0)
		warnx("no frames pass any more: %s", strerror(-err));
	return NULL;
}

static int start_relay(struct outside *outside)
{
	int err;

	if (outside->options->network_count == 0)
		return 0;
	err = -pthread_create(&outside->relay_thread, NULL, relay_main, outside->relay);
	if (err < 0)
		warnx("cannot create a thread: %s", strerror(-err));
	outside->relay_runs = err == 0;
	return err;
}

/* Lets the command run. */
static int start_command(struct outside *outside)
{
	struct channel_message message = {.type = CHANNEL_GO, .fd = -1};
	struct command *command = &outside->command;

	if (!outside->options->pid) {
		command->pid = command->child;
		command->pidfd = pidfd_open(command->child, 0);
		if (command->pidfd < 0) {
			warn("cannot open a pidfd");
			return -errno;
		}
	}
	if (channel_send(command->channel, &message) < 0)
		return -EPIPE;
	if (!outside->options->pid) {
		close(command->channel);
		command->channel = -1;
		return 0;
	}
	if (channel_receive(command->channel, &message) <= 0 || message.type != CHANNEL_STARTED)
		return -EPIPE;
	command->pid = message.sender;
	command->pidfd = message.fd;
	return 0;
}

static int set_up(struct outside *outside)
{
	static const struct sigaction by_default = {.sa_handler = SIG_DFL};
	int err;

	/* Children of a process that ignores SIGCHLD leave no status behind. */
	sigaction(SIGCHLD, &by_default, &outside->sigchld);
	outside->inside.sigchld = &outside->sigchld;
	err = start_inside(outside);
	if (err < 0)
		return err;
	process_drop_descriptors(outside->command.channel); /* nothing else of ours is open yet */
	outside->links = calloc(outside->options->network_count + 1, sizeof(*outside->links));
	err = outside->links ? relay_new(&outside->relay) : -ENOMEM;
	if (err < 0) {
		warnx("cannot create the relay: %s", strerror(-err));
		return err;
	}
	terminal_init(&outside->terminal);
	err = open_networks(outside);
	if (err == 0)
		err = connect_ports(outside);
	if (err < 0)
		return err;
	outside->signal_fd = command_take_signals();
	if (outside->signal_fd < 0) {
		warnx("cannot take signals: %s", strerror(-outside->signal_fd));
		return outside->signal_fd;
	}
	err = start_relay(outside);
	return err < 0 ? err : start_command(outside);
}

static void clean_up(struct outside *outside)
{
	unsigned int n;

	if (outside->relay_runs) {
		relay_stop(outside->relay);
		pthread_join(outside->relay_thread, NULL);
	}
	if (outside->relay)
		relay_free(outside->relay);
	for (n = 0; outside->links && n < outside->options->network_count; n++)
		if (outside->links[n])
			vdelink_close(outside->links[n]);
	free(outside->links);
	if (outside->command.pidfd >= 0)
		close(outside->command.pidfd);
	if (outside->command.channel >= 0)
		close(outside->command.channel);
	if (outside->signal_fd >= 0)
		close(outside->signal_fd);
	if (outside->terminal.fd >= 0)
		close(outside->terminal.fd);
}

int outside_run(struct vdens_options *options, const struct namespace_ids *ids)
{
	struct outside outside = {
	    .options = options,
	    .inside = {.options = options, .ids = *ids},
	    .terminal = {.fd = -1},
	    .command = {.pidfd = -1, .channel = -1},
	    .signal_fd = -1,
	};
	int status = -1;

	if (set_up(&outside) == 0) {
		status = command_wait(&outside.command, outside.signal_fd, &outside.terminal);
		terminal_recover(&outside.terminal);
	} else if (outside.command.child > 0) {
		kill(outside.command.child, SIGKILL);
	}
	clean_up(&outside);
	/* The command was reaped by command_wait; the init process of --pid was not. */
	if (outside.command.child > 0)
		reap(outside.command.child);
	return command_pass_status(status);
}
