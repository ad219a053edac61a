/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a daemon, step by step: see daemon.h. */
#include "daemon_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drop.h"
#include "log.h"
#include "notify.h"
#include "sandbox.h"

/* ---- while it runs --------------------------------------------------------------------------- */

static void forget_pending(struct daemon *daemon)
{
	if (daemon->pending)
		daemon_settings_free(daemon, daemon->pending);
	free(daemon->pending);
	daemon->pending = NULL;
}

/* The settings are those that are pending. */
static int try_pending(struct daemon *daemon)
{
	struct daemon_settings *settings = daemon->pending;
	int err = daemon->program->reload(daemon, settings->configuration);

	if (err == -EINPROGRESS)
		return err;
	if (!err) {
		settings->configuration = NULL; /* taken */
		daemon_settings_use(daemon, settings);
	}
	forget_pending(daemon);
	return err;
}

static int reload(struct daemon *daemon)
{
	if (!daemon->program->reload) {
		log_error("%s cannot reload its configuration", daemon->program->name);
		return -EOPNOTSUPP;
	}
	daemon->pending = calloc(1, sizeof(*daemon->pending));
	if (!daemon->pending) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	if (daemon_settings_read(daemon, daemon->pending, daemon->options.directory) == SETTINGS_OK)
		return try_pending(daemon);
	forget_pending(daemon);
	return -EINVAL;
}

static void reload_ended(struct daemon *daemon, int err)
{
	if (err) {
		daemon->failed_reloads++;
		log_set_verbose(daemon->common.verbose);
		log_warning("the configuration was not reloaded; the old one stays in use");
	} else {
		daemon->reloads++;
		log_notice("the configuration was reloaded");
	}
	notify_ready(err ? "serving; the last reload failed" : "serving");
}

int daemon_reload(struct daemon *daemon)
{
	int err;

	if (daemon->pending)
		return -EBUSY;
	notify_reloading();
	err = reload(daemon);
	if (err != -EINPROGRESS)
		reload_ended(daemon, err);
	return err;
}

void daemon_reload_go_on(struct daemon *daemon)
{
	bool asked = daemon->reload_asked;
	char *text = NULL;
	size_t len;
	/* What the log gets is the end of the answer to a request. */
	FILE *answer = asked ? open_memstream(&text, &len) : NULL;
	int err;

	if (answer)
		log_set_copy(answer);
	err = try_pending(daemon);
	if (err != -EINPROGRESS)
		reload_ended(daemon, err);
	if (answer) {
		log_set_copy(NULL);
		fclose(answer);
	}
	if (err != -EINPROGRESS) {
		daemon->reload_asked = false;
		if (asked)
			control_answer(daemon->control, daemon->reload_asking, err, text ? text : "");
		if (daemon->reload_again) {
			daemon->reload_again = false;
			(void)daemon_reload(daemon);
		}
	}
	free(text);
}

static struct daemon *daemon_of(struct signals *signals)
{
	return (struct daemon *)(void *)((char *)signals - offsetof(struct daemon, signals));
}

static void leave(struct signals *signals)
{
	loop_stop(&daemon_of(signals)->loop);
}

static void hang_up(struct signals *signals)
{
	struct daemon *daemon = daemon_of(signals);

	if (daemon_reload(daemon) == -EBUSY)
		daemon->reload_again = true;
}

static int serve(struct daemon *daemon)
{
	int err;

	notify_ready("serving");
	log_info("serving");
	daemonize_end(&daemon->daemonize, EXIT_SUCCESS);
	if (daemon->in_background)
		log_set_targets(LOG_TO_SYSLOG);
	err = loop_run(&daemon->loop);
	if (err)
		log_error("event loop: %s", strerror(-err));
	notify_stopping();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the start, and back --------------------------------------------------------------------- */

static int open_control(struct daemon *daemon)
{
	const struct control_verbs parts[CONTROL_PARTS] = {
	    {.verbs = daemon->program->verbs, .count = daemon->program->verb_count}, daemon_verbs};
	int err;

	if (!daemon->common.control)
		return 0;
	err = control_open(&daemon->control, &daemon->loop, daemon->common.control, parts, daemon);
	if (err)
		log_error("control socket %s: %s", daemon->common.control, strerror(-err));
	return err;
}

/* A daemon without a filter serves; one that cannot have what was asked for says so. */
static void enter_sandbox(const struct daemon *daemon)
{
	const struct daemon_program *program = daemon->program;
	int err;

	if (daemon->common.no_filter || !program->may_be_filtered || !program->may_be_filtered(daemon))
		return;
	err = sandbox_enter(program->system_calls);
	if (err == -EOPNOTSUPP)
		log_debug("no filter of system calls here");
	else if (err)
		log_warning("filter of system calls: %s", strerror(-err));
}

static int create_pidfile(struct daemon *daemon)
{
	pid_t other;
	int err;

	if (!daemon->common.pidfile)
		return 0;
	err = pidfile_create(&daemon->pidfile, daemon->common.pidfile, &other);
	if (err == -EEXIST && other > 0)
		log_error("pid file %s: process %d has it", daemon->common.pidfile, (int)other);
	else if (err)
		log_error("pid file %s: %s", daemon->common.pidfile, strerror(-err));
	return err;
}

static int drop(const struct daemon *daemon)
{
	const struct daemon_program *program = daemon->program;
	int err =
	    drop_privileges(daemon->common.user, program->capabilities, program->capability_count);

	if (err)
		drop_log(daemon->common.user, err);
	return err;
}

/* All is checked; the configuration is taken, or freed. */
static int run(struct daemon *daemon, void *configuration)
{
	int status = EXIT_FAILURE;
	int err = loop_init(&daemon->loop);

	if (err) {
		log_error("event loop: %s", strerror(-err));
		goto free_configuration;
	}
	if (create_pidfile(daemon) < 0)
		goto close_loop;
	err = signals_open(&daemon->signals, &daemon->loop, leave, hang_up);
	if (err) {
		log_error("signals: %s", strerror(-err));
		goto remove_pidfile;
	}
	if (drop(daemon) < 0)
		goto close_signals;
	if (daemon->program->start(daemon, configuration) < 0) {
		/* It was asked to: that is an end in order, but for who waits until it serves. */
		if (daemon->signals.left_on) {
			daemonize_end(&daemon->daemonize, EXIT_FAILURE);
			status = EXIT_SUCCESS;
		}
		goto close_signals;
	}
	configuration = NULL;
	if (open_control(daemon) < 0)
		goto stop;
	enter_sandbox(daemon);
	status = serve(daemon);
	control_close(daemon->control);
	daemon->control = NULL;
	daemon->reload_asked = false;
stop:
	daemon->program->stop(daemon);
	forget_pending(daemon);
close_signals:
	signals_close(&daemon->signals);
remove_pidfile:
	pidfile_remove(&daemon->pidfile);
close_loop:
	loop_fini(&daemon->loop);
free_configuration:
	if (configuration)
		daemon->program->configuration_free(configuration);
	return status;
}

static int go_to_background(struct daemon *daemon)
{
	int err = daemonize_begin(&daemon->daemonize);

	if (err) {
		log_error("background: %s", strerror(-err));
		return err;
	}
	daemon->in_background = true;
	log_set_targets(LOG_TO_SYSLOG);
	log_notice("%s started", daemon->program->name);
	log_set_targets(LOG_TO_SYSLOG | LOG_TO_STDERR);
	return 0;
}

/* The first settings are there, and nothing has been done. */
static int begin(struct daemon *daemon, struct daemon_settings *settings)
{
	void *configuration = settings->configuration;
	int status = EXIT_FAILURE;

	settings->configuration = NULL;
	daemon_settings_use(daemon, settings);
	signals_block();
	if (daemon->common.daemon && go_to_background(daemon) < 0)
		daemon->program->configuration_free(configuration);
	else
		status = run(daemon, configuration);
	daemonize_end(&daemon->daemonize, status);
	options_fini(&daemon->options);
	free(daemon->values);
	return status;
}

/* What ps(1) shows is another copy. */
static void free_arguments(char **arguments)
{
	for (size_t i = 0; arguments && arguments[i]; i++) {
		explicit_bzero(arguments[i], strlen(arguments[i]));
		free(arguments[i]);
	}
	free(arguments);
}

static char **copy_arguments(int argc, char *argv[])
{
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));

	for (int i = 0; copy && i < argc; i++) {
		copy[i] = strdup(argv[i]);
		if (!copy[i]) {
			free_arguments(copy);
			return NULL;
		}
	}
	return copy;
}

static enum daemon_settings_result first_settings(
    struct daemon *daemon, struct daemon_settings *settings)
{
	char **copy = copy_arguments(daemon->argc, daemon->argv);
	enum daemon_settings_result result;

	if (!copy) {
		log_error("%s", strerror(ENOMEM));
		*settings = (struct daemon_settings){0};
		return SETTINGS_WRONG;
	}
	daemon->hides = true;
	result = daemon_settings_read(daemon, settings, NULL);
	daemon->hides = false;
	daemon->argv = copy;
	return result;
}

int daemon_main(const struct daemon_program *program, int argc, char *argv[])
{
	struct daemon daemon = {
	    .program = program, .argc = argc, .argv = argv, .daemonize = {.pipe = -1}};
	struct daemon_settings settings;
	int status = EXIT_FAILURE;

	log_init(program->name);
	daemon.started = loop_clock();
	switch (first_settings(&daemon, &settings)) {
	case SETTINGS_USAGE:
		options_usage(&settings.options, program->name, stderr);
		break;
	case SETTINGS_MISTAKEN:
		fprintf(stderr, "%s: --help tells the options\n", program->name);
		break;
	case SETTINGS_WRONG:
		break;
	case SETTINGS_OK:
		if (settings.common.version)
			printf("%s %s\n", program->name, program->version);
		else if (settings.common.check)
			log_debug("no mistakes");
		status = settings.common.version || settings.common.check ? EXIT_SUCCESS
		                                                          : begin(&daemon, &settings);
		break;
	}
	daemon_settings_free(&daemon, &settings);
	if (daemon.argv != argv)
		free_arguments(daemon.argv);
	return status;
}
