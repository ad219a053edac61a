/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon that does nothing, for the tests of the skeleton: test_daemon.c starts it.
 *
 * Its configuration is its options. `value 13` is refused by configure, 14 by start and reload; a
 * reload with 15 or 16 waits for the verb `go`, and with 16 it fails then. A verb makes a system
 * call that no daemon makes. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "daemon.h"
#include "log.h"
#include "metrics.h"

struct values {
	int64_t value;
};

struct configuration {
	int64_t value;
};

static const struct option_spec specs[] = {
    {.name = "value",
        .type = OPTION_NUMBER,
        .value = "N",
        .min = 0,
        .max = 100,
        .help = "a number",
        .offset = offsetof(struct values, value)},
};

static void *configure(
    const struct daemon *daemon, const struct options *options, const void *values)
{
	const struct values *tiny = values;
	struct configuration *configuration;

	if (tiny->value == 13) {
		log_error("13 brings bad luck");
		return NULL;
	}
	configuration = malloc(sizeof(*configuration));
	if (configuration)
		configuration->value = tiny->value;
	return configuration;
}

static bool may_go_on;

static int take(struct daemon *daemon, void *configuration)
{
	const struct configuration *new = configuration;

	if (new->value >= 15 && daemon->state && !may_go_on) {
		log_notice("waiting with %d", (int)new->value);
		return -EINPROGRESS;
	}
	may_go_on = false;
	if (new->value == 16) {
		log_error("16 was waited for in vain");
		return -EINVAL;
	}

	if (new->value == 14) {
		log_error("14 cannot be served");
		return -EINVAL;
	}
	free(daemon->state);
	daemon->state = configuration;
	return 0;
}

static void stop(struct daemon *daemon)
{
	log_info("stopped");
	free(daemon->state);
}

static bool may_be_filtered(const struct daemon *daemon)
{
	return true;
}

static void print_status(struct daemon *daemon, FILE *out)
{
	const struct configuration *configuration = daemon->state;

	fprintf(out, "value: %d\nuid: %d\n", (int)configuration->value, (int)getuid());
}

static void print_stats(struct daemon *daemon, FILE *out)
{
	const struct configuration *configuration = daemon->state;

	metric_print_one(out, "tiny_value", "The value.", METRIC_GAUGE, (double)configuration->value);
}

static int run_forbidden(void *context, const char *argument, FILE *answer)
{
	return syscall(SYS_sethostname, "", -1) < 0 ? -errno : 0;
}

static int run_echo(void *context, const char *argument, FILE *answer)
{
	fprintf(answer, "%s\n", argument);
	return 0;
}

static int run_go(void *context, const char *argument, FILE *answer)
{
	may_go_on = true;
	daemon_reload_go_on(context);
	return 0;
}

static const struct control_verb verbs[] = {
    {"echo", "WORD", "says it again", run_echo},
    {"forbidden", NULL, "makes a system call", run_forbidden},
    {"go", NULL, "ends the wait of a reload", run_go},
};

int main(int argc, char *argv[])
{
	static const struct daemon_program program = {
	    .name = "tiny",
	    .purpose = "Does nothing.",
	    .version = "1",
	    .rcfile = true,
	    .options = specs,
	    .option_count = sizeof(specs) / sizeof(specs[0]),
	    .values_size = sizeof(struct values),
	    .verbs = verbs,
	    .verb_count = sizeof(verbs) / sizeof(verbs[0]),
	    .configure = configure,
	    .configuration_free = free,
	    .start = take,
	    .reload = take,
	    .stop = stop,
	    .may_be_filtered = may_be_filtered,
	    .print_status = print_status,
	    .print_stats = print_stats,
	};

	return daemon_main(&program, argc, argv);
}
