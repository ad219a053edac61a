/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process inside: it enters the namespaces, makes the interfaces and becomes the command.
 *
 * It is made before any network is opened, so that it inherits neither threads nor descriptors of
 * libvdeplug's plugins, and dies with vdens outside: by the end of file on the channel first, by
 * PR_SET_PDEATHSIG once it is about to run the command. (Not earlier, since changes of credentials
 * clear that setting. So does the execution of a program with file capabilities: prctl(2).)
 *
 * With --pid, the process makes an init process in a new PID namespace and ends; the init process
 * has vdens for its parent (CLONE_PARENT) and takes over.
 */
#include "inside.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "channel.h"
#include "configure.h"
#include "hints.h"
#include "init.h"
#include "interface.h"
#include "netns.h"
#include "process.h"

#define SETUP_FAILED   1   /* the status of vdens for its own failures */
#define CANNOT_EXECUTE 126 /* as of the shell and env(1): POSIX, 2.8.2 */
#define NOT_FOUND      127

void inside_exec(const struct inside *inside)
{
	const struct vdens_options *options = inside->options;
	uint64_t capabilities = NETNS_CAPS_NET | (options->sysadm ? NETNS_CAP_SYS_ADMIN : 0);
	int err = netns_raise_ambient(capabilities);

	if (err < 0) {
		warnx("cannot grant the capabilities: %s", strerror(-err));
		return;
	}
	if (configure(options) < 0)
		_exit(SETUP_FAILED);
	if (inside->sigchld)
		sigaction(SIGCHLD, inside->sigchld, NULL);
	execvp(options->command[0], options->command);
	err = errno;
	warn("cannot run %s", options->command[0]);
	hint_command(options);
	_exit(err == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

static int prepare(const struct inside *inside, bool *unshare_failed)
{
	int err;

	*unshare_failed = false;
	if (inside->cloned)
		err = namespace_map_ids(inside->options, &inside->ids);
	else
		err = namespace_enter(inside->options, &inside->ids, unshare_failed);
	if (err == 0)
		err = namespace_furnish(inside->options);
	if (err == 0 && inside->options->up)
		err = interface_up("lo");
	return err;
}

bool inside_execute(const struct inside *inside)
{
	bool unshare_failed;

	if (prepare(inside, &unshare_failed) == 0)
		inside_exec(inside);
	return unshare_failed;
}

int inside_tell(const struct inside *inside, enum channel_type type, int value)
{
	struct channel_message message = {.type = type, .value = value, .fd = -1};

	return channel_send(inside->channel, &message);
}

/* Makes the interfaces and hands their outside ends over. */
static int make_interfaces(const struct inside *inside)
{
	const struct vdens_options *options = inside->options;
	struct channel_message message;
	unsigned int n;
	int err;

	for (n = 0; n < options->network_count; n++) {
		message = (struct channel_message){.type = CHANNEL_PORT, .value = (int)n};
		err = interface_create(options, &options->networks[n], &message.port);
		if (err < 0)
			return err;
		message.fd = message.port.fd;
		err = channel_send(inside->channel, &message);
		close(message.port.fd);
		if (err == 0 && options->up)
			err = interface_up(options->networks[n].ifname);
		if (err < 0)
			return err;
	}
	return 0;
}

void inside_await_go(const struct inside *inside)
{
	struct channel_message message;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (inside_tell(inside, CHANNEL_READY, 0) < 0 ||
	    channel_receive(inside->channel, &message) <= 0 || message.type != CHANNEL_GO)
		_exit(SETUP_FAILED); /* vdens has said why, or is dead */
}

void inside_main(const struct inside *inside)
{
	bool unshare_failed;
	pid_t pid;

	if (prepare(inside, &unshare_failed) < 0) {
		if (unshare_failed)
			inside_tell(inside, CHANNEL_UNSHARE_FAILED, 0);
		_exit(SETUP_FAILED);
	}
	if (inside_tell(inside, CHANNEL_ENTERED, 0) < 0 || make_interfaces(inside) < 0)
		_exit(SETUP_FAILED);
	if (inside->options->pid) {
		pid = process_clone(CLONE_NEWPID | CLONE_PARENT);
		if (pid == 0)
			init_main(inside);
		if (pid < 0)
			warnx("cannot create the PID namespace: %s", strerror(-pid));
		_exit(pid < 0 ? SETUP_FAILED : EXIT_SUCCESS);
	}
	inside_await_go(inside);
	inside_exec(inside);
	_exit(SETUP_FAILED);
}
