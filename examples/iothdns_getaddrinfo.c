/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getaddrinfo and getnameinfo of libiothdns, and of the C library, side by side.
 *
 *	iothdns_getaddrinfo [OPTIONS] NODE [SERVICE]      (- for NULL)
 *
 *	-r       /etc/resolv.conf, as without it      -R FILE  another one
 *	-x       the C library                        -e       the name of each address, too
 *	-4 -6    the family                           -s -d    stream or datagram
 *	-p AI_PASSIVE  -c AI_CANONNAME  -n AI_NUMERICHOST  -N AI_NUMERICSERV  -m AI_V4MAPPED  -a AI_ALL
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <iothdns.h>

struct calls {
	struct iothdns *dns; /* NULL: the C library's */
	int names;
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

int main(int argc, char *argv[])
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC}, *list = NULL;
	struct calls calls = {NULL, 0};
	const char *node, *service;
	char *config = NULL;
	int letter, native = 0, error;

	while ((letter = getopt(argc, argv, "rR:x46dsmapcnNe")) >= 0) {
		switch (letter) {
		case 'r':
			config = NULL;
			break;
		case 'R':
			config = optarg;
			break;
		case 'x':
			native = 1;
			break;
		case '4':
			hints.ai_family = AF_INET;
			break;
		case '6':
			hints.ai_family = AF_INET6;
			break;
		case 'd':
			hints.ai_socktype = SOCK_DGRAM;
			break;
		case 's':
			hints.ai_socktype = SOCK_STREAM;
			break;
		case 'm':
			hints.ai_flags |= AI_V4MAPPED;
			break;
		case 'a':
			hints.ai_flags |= AI_ALL;
			break;
		case 'p':
			hints.ai_flags |= AI_PASSIVE;
			break;
		case 'c':
			hints.ai_flags |= AI_CANONNAME;
			break;
		case 'n':
			hints.ai_flags |= AI_NUMERICHOST;
			break;
		case 'N':
			hints.ai_flags |= AI_NUMERICSERV;
			break;
		case 'e':
			calls.names = 1;
			break;
		default:
			return 1;
		}
	}
	if (optind >= argc) {
		fprintf(stderr, "usage: %s [-r] [-R FILE] [-x46dsmapcnNe] NODE [SERVICE]\n", argv[0]);
		return 1;
	}
	node = strcmp(argv[optind], "-") != 0 ? argv[optind] : NULL;
	service = optind + 1 < argc && strcmp(argv[optind + 1], "-") != 0 ? argv[optind + 1] : NULL;
	if (!native) {
		calls.dns = iothdns_init(NULL, config);
		if (!calls.dns) {
			perror(config ? config : IOTHDNS_DEFAULT_RESOLV_CONF);
			return 1;
		}
	}
	error = calls.dns ? iothdns_getaddrinfo(calls.dns, node, service, &hints, &list)
	                  : getaddrinfo(node, service, &hints, &list);
	if (error) {
		printf("error %d\n", error);
		fprintf(stderr, "%s\n", calls.dns ? iothdns_gai_strerror(error) : gai_strerror(error));
	} else {
		print(&calls, list);
	}
	if (calls.dns) {
		iothdns_freeaddrinfo(list);
		iothdns_fini(calls.dns);
	} else if (list) {
		freeaddrinfo(list);
	}
	return 0;
}
