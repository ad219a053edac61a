/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothconf: configures the network that the caller sees, of a shell in a vdens for one, by a string
 *of libiothconf: iothconf(1).
 *
 *	report.c    what the string asks for, what came of it
 *	stay.c      with the tag thread: renewing, until the end
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <iothconf.h>

#include "iothconf_tool.h"

static const char usage[] =
    "Usage: iothconf [OPTIONS] STRING\n"
    "Configures the network as STRING says: iothconf(7). With the tag \"thread\" it stays\n"
    "to renew leases and to follow routers.\n"
    "  -r, --resolvconf FILE  write the name servers to FILE, and keep it up to date\n"
    "  -b, --background       return when all is configured; stay in the background\n"
    "  -w, --while PID        end when this process has ended\n"
    "  -q, --quiet            say what has failed only\n"
    "  -h, --help             show this text\n"
    "      --version          show the version\n";

/* Who reads what was said, "$(iothconf -b ...)" or a pipe, waits for its end. */
static void leave_standard_streams(void)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

/* In the background the caller waits for the first byte of the pipe: the exit status. */
static int configure(struct tool *tool, int pipe)
{
	unsigned char status = EXIT_SUCCESS;
	int done = ioth_config(NULL, tool->config);

	if (done < 0) {
		warnx("%s", *ioth_config_error() ? ioth_config_error() : strerror(errno));
		status = EXIT_FAILURE;
	} else {
		report(tool, (unsigned int)done);
		stay_write_resolvconf(tool);
		if (tool->wanted & ~(unsigned int)done)
			status = 2;
	}
	if (pipe >= 0) {
		if (write(pipe, &status, 1) != 1)
			return EXIT_FAILURE;
		close(pipe);
		leave_standard_streams();
	}
	/* What has failed is tried again, if that is wanted. */
	return done < 0 || !tool->thread ? status : stay(tool);
}

static int configure_in_background(struct tool *tool)
{
	unsigned char status = EXIT_FAILURE;
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0) {
		warn("pipe");
		return EXIT_FAILURE;
	}
	pid = fork();
	if (pid < 0) {
		warn("fork");
		return EXIT_FAILURE;
	}
	if (pid == 0) {
		close(ends[0]);
		setsid(); /* not the terminal's */
		_exit(configure(tool, ends[1]));
	}
	close(ends[1]);
	if (read(ends[0], &status, 1) != 1)
		status = EXIT_FAILURE; /* it has ended without a word */
	return status;
}

int main(int argc, char *argv[])
{
	enum { OPT_VERSION = UCHAR_MAX + 1 };
	static const struct option options[] = {{"resolvconf", required_argument, NULL, 'r'},
	    {"background", no_argument, NULL, 'b'}, {"while", required_argument, NULL, 'w'},
	    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, OPT_VERSION}, {NULL, 0, NULL, 0}};
	struct tool tool = {0};
	int opt;

	while ((opt = getopt_long(argc, argv, "r:bw:qh", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			tool.resolvconf = optarg;
			break;
		case 'b':
			tool.background = true;
			break;
		case 'w':
			tool.companion = (pid_t)strtol(optarg, NULL, 10);
			if (tool.companion <= 0)
				errx(EXIT_FAILURE, "--while: '%s' is not the number of a process", optarg);
			break;
		case 'q':
			tool.quiet = true;
			break;
		case 'h':
			return fputs(usage, stdout) < 0;
		case OPT_VERSION:
			return puts("iothconf " VERSION) < 0;
		default:
			fputs("Try 'iothconf --help'\n", stderr);
			return EXIT_FAILURE;
		}
	}
	if (optind + 1 != argc) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	tool.config = argv[optind];
	if (report_read_config(&tool) < 0)
		errx(EXIT_FAILURE, "no memory");
	return tool.background ? configure_in_background(&tool) : configure(&tool, -1);
}
