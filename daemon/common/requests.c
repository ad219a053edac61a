/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every daemon answers at its control socket. */
#include "daemon_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"

static int run_status(void *context, const char *argument, FILE *answer)
{
	struct daemon *daemon = context;
	loop_time age = loop_clock() - daemon->started;

	fprintf(answer, "program: %s %s\n", daemon->program->name, daemon->program->version);
	fprintf(answer, "pid: %d\n", (int)getpid());
	fprintf(answer, "uptime: %" PRIu64 " s\n", age / LOOP_SEC);
	fprintf(answer, "reloads: %u, and %u with mistakes\n", daemon->reloads, daemon->failed_reloads);
	if (daemon->program->print_status)
		daemon->program->print_status(daemon, answer);
	return 0;
}

static int run_stats(void *context, const char *argument, FILE *answer)
{
	struct daemon *daemon = context;
	struct timespec now;
	double age = (double)(loop_clock() - daemon->started) / 1e9;

	clock_gettime(CLOCK_REALTIME, &now);
	metric_print_one(answer, "process_start_time_seconds", "Start of the process, since 1970.",
	    METRIC_GAUGE, (double)now.tv_sec + (double)now.tv_nsec / 1e9 - age);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	metric_print_one(answer, "process_cpu_seconds_total", "Processor time of the process.",
	    METRIC_COUNTER, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
	if (daemon->program->print_stats)
		daemon->program->print_stats(daemon, answer);
	return 0;
}

/* What the log gets meanwhile is the answer. */
static int run_reload(void *context, const char *argument, FILE *answer)
{
	struct daemon *daemon = context;
	int err;

	log_set_copy(answer);
	err = daemon_reload(daemon);
	log_set_copy(NULL);
	if (err == -EBUSY)
		fprintf(answer, "a reload is under way\n");
	if (err != -EINPROGRESS)
		return err;
	daemon->reload_asked = true;
	daemon->reload_asking = control_asking(daemon->control);
	return CONTROL_LATER;
}

static const struct control_verb verbs[] = {
    {"status", NULL, "how the daemon is", run_status},
    {"stats", NULL, "counters, as Prometheus reads them", run_stats},
    {"reload", NULL, "read the configuration again", run_reload},
};

const struct control_verbs daemon_verbs = {
    .verbs = verbs, .count = sizeof(verbs) / sizeof(verbs[0])};
