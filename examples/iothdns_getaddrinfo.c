/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getaddrinfo and getnameinfo of libiothdns, and of the C library, side by side.
 *
 *	iothdns_getaddrinfo [WHERE] [OPTIONS] NODE [SERVICE]      (- for NULL)
 *	iothdns_getaddrinfo [WHERE] -l        each line of the input is OPTIONS NODE [SERVICE]
 *
 * Where:
 *	-r       /etc/resolv.conf, as without it
 *	-R FILE  another one
 *	-x       the C library
 *	-S STACK another stack, as ioth_newstackc(3) has it
 *
 * Options:
 *	-4 -6    the family                           -s -d    stream or datagram
 *	-e       the name of each address, too
 *	-p AI_PASSIVE  -c AI_CANONNAME  -n AI_NUMERICHOST  -N AI_NUMERICSERV  -m AI_V4MAPPED  -a AI_ALL
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#define WORDS_MAX 20

struct calls {
	struct iothdns *dns; /* NULL: the C library's */
	int names;
};

struct request {
	char *config, *stack;
	int native, lines;
	struct addrinfo hints;
	int names;
	const char *node, *service;
};

static int name_info(const struct calls *calls, const struct addrinfo *ai, char *host,
    socklen_t hostlen, char *serv, socklen_t servlen, int flags)
{
	if (calls->dns)
		return iothdns_getnameinfo(
		    calls->dns, ai->ai_addr, ai->ai_addrlen, host, hostlen, serv, servlen, flags);
	return getnameinfo(ai->ai_addr, ai->ai_addrlen, host, hostlen, serv, servlen, flags);
}

static void print(const struct calls *calls, const struct addrinfo *ai)
{
	char host[NI_MAXHOST], serv[NI_MAXSERV];

	for (; ai; ai = ai->ai_next) {
		int error = name_info(
		    calls, ai, host, sizeof(host), serv, sizeof(serv), NI_NUMERICHOST | NI_NUMERICSERV);

		printf("family %d type %d protocol %d address %s port %s", ai->ai_family, ai->ai_socktype,
		    ai->ai_protocol, error ? "?" : host, error ? "?" : serv);
		if (ai->ai_canonname)
			printf(" canonname %s", ai->ai_canonname);
		if (calls->names) {
			error = name_info(calls, ai, host, sizeof(host), serv, sizeof(serv), NI_NAMEREQD);
			if (error)
				printf(" name error %d", error);
			else
				printf(" name %s service %s", host, serv);
		}
		putchar('\n');
	}
}

/* Returns 0, or -1: this is not understood. */
static int parse(struct request *request, int argc, char *argv[])
{
	static const struct {
		char letter;
		int flag;
	} flags[] = {{'m', AI_V4MAPPED}, {'a', AI_ALL}, {'p', AI_PASSIVE}, {'c', AI_CANONNAME},
	    {'n', AI_NUMERICHOST}, {'N', AI_NUMERICSERV}};
	int letter;

	optind = 0;
	while ((letter = getopt(argc, argv, "+lrR:xS:46dsmapcnNe")) >= 0) {
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			request->hints.ai_flags |= letter == flags[i].letter ? flags[i].flag : 0;
		switch (letter) {
		case 'l':
			request->lines = 1;
			break;
		case 'r':
			request->config = NULL;
			break;
		case 'R':
			request->config = optarg;
			break;
		case 'x':
			request->native = 1;
			break;
		case 'S':
			request->stack = optarg;
			break;
		case '4':
			request->hints.ai_family = AF_INET;
			break;
		case '6':
			request->hints.ai_family = AF_INET6;
			break;
		case 'd':
			request->hints.ai_socktype = SOCK_DGRAM;
			break;
		case 's':
			request->hints.ai_socktype = SOCK_STREAM;
			break;
		case 'e':
			request->names = 1;
			break;
		case '?':
			return -1;
		default:
			break;
		}
	}
	if (optind >= argc)
		return request->lines ? 0 : -1;
	request->node = strcmp(argv[optind], "-") != 0 ? argv[optind] : NULL;
	request->service =
	    optind + 1 < argc && strcmp(argv[optind + 1], "-") != 0 ? argv[optind + 1] : NULL;
	return 0;
}

static void resolve(struct iothdns *dns, const struct request *request)
{
	struct calls calls = {dns, request->names};
	struct addrinfo *list = NULL;
	int error =
	    dns ? iothdns_getaddrinfo(dns, request->node, request->service, &request->hints, &list)
	        : getaddrinfo(request->node, request->service, &request->hints, &list);

	if (error) {
		printf("error %d\n", error);
		fprintf(stderr, "%s\n", dns ? iothdns_gai_strerror(error) : gai_strerror(error));
		return;
	}
	print(&calls, list);
	if (dns)
		iothdns_freeaddrinfo(list);
	else
		freeaddrinfo(list);
}

static void resolve_lines(struct iothdns *dns)
{
	char line[500];

	while (fgets(line, sizeof(line), stdin)) {
		struct request request = {.node = NULL};
		char name[] = "line", *words[WORDS_MAX + 1] = {name}, *rest = line;
		int count = 1;

		printf("%s", line);
		while (count < WORDS_MAX && (words[count] = strsep(&rest, " \n")) != NULL)
			count += *words[count] != '\0';
		words[count] = NULL;
		if (parse(&request, count, words) == 0)
			resolve(dns, &request);
	}
}

int main(int argc, char *argv[])
{
	struct request request = {.node = NULL};
	struct ioth *stack = NULL;
	struct iothdns *dns = NULL;

	if (parse(&request, argc, argv) < 0) {
		fprintf(stderr,
		    "usage: %s [-r] [-R FILE] [-x] [-S STACK] [-46dsmapcnNe] NODE [SERVICE]\n"
		    "       %s [-r] [-R FILE] [-x] [-S STACK] -l\n",
		    argv[0], argv[0]);
		return 1;
	}
	if (request.stack) {
		stack = ioth_newstackc(request.stack);
		if (!stack) {
			fprintf(stderr, "%s: %s\n", request.stack, ioth_config_error());
			return 1;
		}
	}
	if (!request.native) {
		dns = iothdns_init(stack, request.config);
		if (!dns) {
			perror(request.config ? request.config : IOTHDNS_DEFAULT_RESOLV_CONF);
			return 1;
		}
	}
	if (request.lines)
		resolve_lines(dns);
	else
		resolve(dns, &request);
	iothdns_fini(dns);
	if (stack)
		ioth_delstack(stack);
	return 0;
}
