/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends a request to the control socket of a daemon, and prints the answer: iothdaemon(7).
 *
 *	DAEMONctl [-s SOCKET] VERB [ARGUMENT...]
 *
 * One source for all daemons: which one is meant (DAEMON) is compiled in, so that no two of the
 * programs are the same file, and so is where the socket lies, /run/DAEMON/control. What the verbs
 * are, the daemon knows. The protocol is told in daemon/common/control.h.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SOCKET "/run/" DAEMON "/control"

static const char ok[] = "ok\n";

static void usage(void)
{
	fputs("Usage: " DAEMON "ctl [OPTIONS] REQUEST [ARGUMENT]\n"
	      "Asks " DAEMON " for something; the request \"help\" lists what there is.\n"
	      "  -s, --socket SOCKET  where it listens (default: " SOCKET ")\n"
	      "  -h, --help           show this text\n"
	      "      --version        show the version\n",
	    stderr);
}

static FILE *dial(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *stream;

	if (strlen(path) >= sizeof(address.sun_path))
		errx(EXIT_FAILURE, "%s: %s", path, strerror(ENAMETOOLONG));
	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err(EXIT_FAILURE, "%s", path);
	stream = fdopen(fd, "r+");
	if (!stream)
		err(EXIT_FAILURE, "%s", path);
	return stream;
}

/* The first line tells how it went; what follows goes to stdout, or to stderr. */
static int print_answer(FILE *stream)
{
	char first[sizeof(ok)] = "";
	char buffer[BUFSIZ];
	FILE *to = stderr;
	size_t len = fread(first, 1, sizeof(ok) - 1, stream);

	if (len == 0)
		errx(EXIT_FAILURE, "no answer");
	if (strcmp(first, ok) == 0)
		to = stdout;
	else
		fputs(first, to);
	while ((len = fread(buffer, 1, sizeof(buffer), stream)) > 0)
		fwrite(buffer, 1, len, to);
	if (ferror(stream))
		err(EXIT_FAILURE, "the answer is not whole");
	if (fflush(to) != 0)
		err(EXIT_FAILURE, "stdout");
	return to == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	enum { OPT_VERSION = UCHAR_MAX + 1 };
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, OPT_VERSION},
	    {NULL, 0, NULL, 0}};
	const char *socket_path = SOCKET;
	FILE *stream;
	int opt;

	while ((opt = getopt_long(argc, argv, "+s:h", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			socket_path = optarg;
			break;
		case OPT_VERSION:
			puts(DAEMON "ctl " VERSION);
			return EXIT_SUCCESS;
		default:
			usage();
			return EXIT_FAILURE;
		}
	}
	if (optind >= argc) {
		usage();
		return EXIT_FAILURE;
	}
	stream = dial(socket_path);
	for (int i = optind; i < argc; i++)
		fprintf(stream, "%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	if (fflush(stream) != 0)
		err(EXIT_FAILURE, "%s", "request");
	return print_answer(stream);
}
