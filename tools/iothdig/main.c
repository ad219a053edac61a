/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothdig: ask a name server, from any stack, and print its answer.
 *
 * The name servers are, in this order: @SERVER, the file of -r, what the configuration of the stack
 * has learnt (libiothconf), /etc/resolv.conf.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#include "options.h"
#include "print.h"

/* dig's: "no reply from server", "internal error". */
enum { STATUS_USAGE = 1, STATUS_NO_REPLY = 9, STATUS_INTERNAL = 10 };

struct result {
	const struct options *options;
	int error;
};

static void take(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	struct result *result = arg;

	(void)query;
	result->error = reply ? 0 : error;
	if (!reply)
		return;
	if (result->options->brief)
		print_brief(reply);
	else
		print_answer(header, reply);
}

/* The whole configuration as a text: that of a file or of the stack, then our options. NULL and
 * errno. */
static char *read_config(struct ioth *stack, const struct options *options)
{
	char *text = NULL, *learnt, *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size), *file = NULL;
	ssize_t len;

	if (!out)
		return NULL;
	learnt = stack && !options->config && !options->server ? ioth_resolvconf(stack, NULL) : NULL;
	if (options->server) {
		fprintf(out, "nameserver %s\n", options->server);
	} else if (learnt) {
		fputs(learnt, out);
	} else {
		file = fopen(options->config ? options->config : IOTHDNS_DEFAULT_RESOLV_CONF, "re");
		while (file && (len = getline(&line, &size, file)) >= 0)
			fwrite(line, 1, (size_t)len, out);
	}
	fprintf(out, "\noptions no-cache timeout:%u attempts:%u%s\n", options->timeout, options->tries,
	    options->edns ? "" : " no-edns0");
	if (file)
		fclose(file);
	free(line);
	free(learnt);
	fclose(out);
	if (!options->server && !learnt && !file) {
		free(text);
		return NULL;
	}
	return text;
}

static const char *reason(int error)
{
	switch (error) {
	case EREMOTEIO:
		return "the servers fail (SERVFAIL)";
	case EACCES:
		return "the servers refuse (REFUSED)";
	case ENOTSUP:
		return "the servers do not know such queries (NOTIMP)";
	case EDESTADDRREQ:
		return "no name server is configured";
	default:
		return strerror(error);
	}
}

static int ask(struct iothdns *dns, const struct options *options)
{
	unsigned int flags =
	    (options->tcp ? IOTHDNS_QUERY_TCP : 0) | (options->search ? 0 : IOTHDNS_QUERY_EXACT);
	struct result result = {options, 0};
	struct timespec begin, end;
	struct iothdns_query *query =
	    iothdns_query_start(dns, options->name, options->type, flags, take, &result);
	struct pollfd pfd;

	if (!query) {
		fprintf(stderr, "iothdig: %s: %s\n", options->name,
		    errno == EINVAL ? "this is not a name" : strerror(errno));
		return errno == EINVAL ? STATUS_USAGE : STATUS_INTERNAL;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pfd = (struct pollfd){iothdns_query_fd(query), POLLIN, 0};
	while (poll(&pfd, 1, -1) < 0 || !iothdns_query_process(query))
		continue;
	clock_gettime(CLOCK_MONOTONIC, &end);
	iothdns_query_free(query);
	if (result.error) {
		printf(";; no answer: %s\n", reason(result.error));
		return STATUS_NO_REPLY;
	}
	if (!options->brief)
		printf("\n;; Query time: %lld msec\n", (long long)(end.tv_sec - begin.tv_sec) * 1000 +
		                                           (end.tv_nsec - begin.tv_nsec) / 1000000);
	return 0;
}

int main(int argc, char *argv[])
{
	struct options options;
	struct ioth *stack = NULL;
	struct iothdns *dns;
	char *config;
	int status = options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	status = STATUS_INTERNAL;
	if (options.stack) {
		stack = ioth_newstackc(options.stack);
		if (!stack) {
			fprintf(stderr, "iothdig: no stack: %s (%s)\n", strerror(errno), ioth_config_error());
			return status;
		}
	}
	config = read_config(stack, &options);
	dns = config ? iothdns_init_strcfg(stack, config) : NULL;
	if (dns)
		status = ask(dns, &options);
	else
		fprintf(stderr, "iothdig: no configuration: %s\n", strerror(errno));
	iothdns_fini(dns);
	free(config);
	if (stack)
		ioth_delstack(stack);
	return status;
}
