/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothdig: ask a name server, from any stack, and print its answer.
 *
 * The name servers are, in this order: @SERVER, the file of -r, what the configuration of the stack
 * has learnt (libiothconf), /etc/resolv.conf. A @SERVER that is a name is looked up by the others.
 */
#include <arpa/inet.h>
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
#include "types.h"

/* dig's: "no reply from server", "internal error". */
enum { STATUS_USAGE = 1, STATUS_NO_REPLY = 9, STATUS_INTERNAL = 10 };

struct result {
	const struct options *options;
	int error;
	size_t size; /* of the answer */
};

static void take(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *arg)
{
	struct result *result = arg;

	(void)query;
	result->error = reply ? 0 : error;
	if (!reply)
		return;
	result->size = iothdns_getbuf(reply).iov_len;
	if (result->options->brief)
		print_brief(reply);
	else
		print_answer(header, reply, result->options->show);
}

/* ---- the configuration ------------------------------------------------------------------------
 */

/* The text of a file or of the stack's configuration. NULL and errno. */
static char *read_config(struct ioth *stack, const char *path)
{
	char *text = stack && !path ? ioth_resolvconf(stack, NULL) : NULL, *line = NULL;
	size_t size = 0, text_size;
	FILE *file, *out;
	int error = 0;
	ssize_t len;

	if (text)
		return text;
	file = fopen(path ? path : IOTHDNS_DEFAULT_RESOLV_CONF, "re");
	if (!file)
		return NULL;
	out = open_memstream(&text, &text_size);
	while (out && (len = getline(&line, &size, file)) >= 0)
		fwrite(line, 1, (size_t)len, out);
	if (!out || ferror(file)) /* a directory, for one */
		error = errno;
	free(line);
	fclose(file);
	if (out)
		fclose(out);
	if (!error)
		return text;
	free(text);
	errno = error;
	return NULL;
}

/* The address of a server that was given by its name. 0, or an EAI_ value. */
static int find_server(
    struct ioth *stack, const struct options *options, char *address, socklen_t size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
	char *config = read_config(stack, options->config);
	struct iothdns *dns = config ? iothdns_init_strcfg(stack, config) : NULL;
	int error = dns ? iothdns_getaddrinfo(dns, options->server, NULL, &hints, &found) : EAI_NONAME;

	if (error == 0)
		error = iothdns_getnameinfo(
		    dns, found->ai_addr, found->ai_addrlen, address, size, NULL, 0, NI_NUMERICHOST);
	iothdns_freeaddrinfo(found);
	iothdns_fini(dns);
	free(config);
	return error;
}

/* The whole configuration: servers, search list, our options. NULL: it was said why. */
static char *make_config(struct ioth *stack, const struct options *options)
{
	char server[IOTHDNS_MAXNAME + 40], *text = NULL, *learnt = NULL;
	size_t size = 0;
	FILE *out;
	int error;

	if (options->server) {
		error = find_server(stack, options, server, sizeof(server));
		if (error) {
			fprintf(stderr, "iothdig: no address for the server '%s': %s\n", options->server,
			    iothdns_gai_strerror(error));
			return NULL;
		}
	} else {
		learnt = read_config(stack, options->config);
		if (!learnt) {
			fprintf(stderr, "iothdig: %s: %s\n",
			    options->config ? options->config : IOTHDNS_DEFAULT_RESOLV_CONF, strerror(errno));
			return NULL;
		}
	}
	out = open_memstream(&text, &size);
	if (out) {
		if (options->server)
			fprintf(out, "nameserver %s", server);
		else
			fputs(learnt, out);
		fprintf(out, "\noptions no-cache timeout:%u attempts:%u%s\n", options->timeout,
		    options->tries, options->edns ? "" : " no-edns0");
		fclose(out);
	}
	if (!text)
		perror("iothdig");
	free(learnt);
	return text;
}

/* "10.0.0.1#53, fe80::1%vde0#53": the servers of a configuration, as the library takes them. */
static void print_servers(const char *config)
{
	int count = 0;

	for (const char *line = config; line; line = strchr(line, '\n')) {
		char server[64];

		line += *line == '\n';
		if (sscanf(line, " nameserver %63s", server) == 1 && count < IOTHDNS_MAXNS)
			printf("%s%s#%d", count++ ? ", " : "", server, IOTHDNS_DEFAULT_PORT);
	}
}

/* ---- the query --------------------------------------------------------------------------------
 */

/* What a server has said with an error code; -1: it has said nothing that could be understood. */
static int rcode_of(int error)
{
	switch (error) {
	case EREMOTEIO:
		return IOTHDNS_RCODE_EFAIL;
	case EACCES:
		return IOTHDNS_RCODE_EPERM;
	case ENOTSUP:
		return IOTHDNS_RCODE_ENOSUP;
	default:
		return -1;
	}
}

static int report(int error, const char *config, const struct options *options)
{
	int rcode = rcode_of(error);

	if (error == EDESTADDRREQ) {
		puts(";; no name server is configured");
		return STATUS_NO_REPLY;
	}
	if (rcode >= 0) {
		if (!options->brief && (options->show & SHOW_COMMENTS)) {
			printf(";; ->>HEADER<<- opcode: QUERY, status: %s\n;; from ",
			    rcode_name((unsigned int)rcode));
			print_servers(config);
			putchar('\n');
		}
		return 0;
	}
	printf(";; no answer from ");
	print_servers(config);
	printf(": %s\n", error == EPROTO ? "what came could not be understood" : strerror(error));
	return STATUS_NO_REPLY;
}

static void print_stats(
    const struct timespec *begin, const char *config, const struct result *result)
{
	struct timespec end;
	time_t now = time(NULL);
	char when[64];
	struct tm tm;

	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("\n;; Query time: %lld msec\n;; SERVER: ",
	    (long long)(end.tv_sec - begin->tv_sec) * 1000 + (end.tv_nsec - begin->tv_nsec) / 1000000);
	print_servers(config);
	if (localtime_r(&now, &tm) && strftime(when, sizeof(when), "%a %b %d %H:%M:%S %Z %Y", &tm))
		printf("\n;; WHEN: %s", when);
	printf("\n;; MSG SIZE  rcvd: %zu\n\n", result->size);
}

static int ask(struct iothdns *dns, const char *config, const struct options *options)
{
	unsigned int flags =
	    (options->tcp ? IOTHDNS_QUERY_TCP : 0) | (options->search ? 0 : IOTHDNS_QUERY_EXACT);
	struct result result = {options, 0, 0};
	struct timespec begin;
	struct iothdns_query *query;
	struct pollfd pfd;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	query = iothdns_query_start(dns, options->name, options->type, flags, take, &result);
	if (!query) {
		fprintf(stderr, "iothdig: '%s': %s\n", options->name,
		    errno == EINVAL ? "this is not a name" : strerror(errno));
		return errno == EINVAL ? STATUS_USAGE : STATUS_INTERNAL;
	}
	pfd = (struct pollfd){iothdns_query_fd(query), POLLIN, 0};
	while (poll(&pfd, 1, -1) < 0 || !iothdns_query_process(query))
		continue;
	iothdns_query_free(query);
	if (result.error)
		return report(result.error, config, options);
	if (!options->brief && (options->show & SHOW_STATS))
		print_stats(&begin, config, &result);
	return 0;
}

static void print_command(int argc, char *argv[])
{
	printf("\n; <<>> iothdig " VERSION " <<>>");
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	putchar('\n');
}

static int run(const struct options *options, int argc, char *argv[])
{
	struct ioth *stack = NULL;
	struct iothdns *dns = NULL;
	int status = STATUS_INTERNAL;
	char *config;

	if (options->stack) {
		stack = ioth_newstackc(options->stack);
		if (!stack) {
			fprintf(stderr, "iothdig: no stack: %s (%s)\n", strerror(errno), ioth_config_error());
			return status;
		}
		if (*ioth_config_error()) /* the question goes out all the same, if it can */
			fprintf(stderr, "iothdig: %s\n", ioth_config_error());
	}
	config = make_config(stack, options);
	if (config) {
		if (!options->brief && (options->show & SHOW_COMMAND))
			print_command(argc, argv);
		dns = iothdns_init_strcfg(stack, config);
		if (dns)
			status = ask(dns, config, options);
		else
			perror("iothdig");
	}
	iothdns_fini(dns);
	free(config);
	if (stack)
		ioth_delstack(stack);
	return status;
}

int main(int argc, char *argv[])
{
	struct options options;
	int status = options_parse(&options, argc, argv);

	if (status < 0)
		status = run(&options, argc, argv);
	if (fflush(stdout) != 0 ||
	    ferror(stdout)) { /* a full disk: the answer is not where it should be */
		perror("iothdig");
		return STATUS_INTERNAL;
	}
	return status;
}
