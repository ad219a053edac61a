/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name server that knows one name: test.fake has the address 10.20.30.40.
 *
 *	iothdns_server [STACK VNL CONFIG]
 *
 * It answers at port 53, over UDP and TCP, on the native stack or on one of its own. In a vdens:
 * host test.fake 127.0.0.1
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/time.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

static struct iothdns_pkt *answer(struct iothdns_header *h, void *arg)
{
	struct iothdns_rr rr = {h->qname, IOTHDNS_TYPE_A, IOTHDNS_CLASS_IN, 60, 0};
	struct in_addr addr;
	struct iothdns_pkt *pkt;

	(void)arg;
	h->flags = IOTHDNS_RESPONSE | IOTHDNS_AA | (h->flags & IOTHDNS_RD);
	if (strcasecmp(h->qname, "test.fake") != 0)
		h->flags |= IOTHDNS_RCODE_ENOENT;
	pkt = iothdns_put_header(h);
	if (pkt && IOTHDNS_GET_RCODE(h->flags) == IOTHDNS_RCODE_OK && h->qtype == IOTHDNS_TYPE_A) {
		inet_pton(AF_INET, "10.20.30.40", &addr);
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
		iothdns_put_a(pkt, &addr);
	}
	return pkt;
}

static int open_socket(struct ioth *stack, int type)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	int fd = ioth_msocket(stack, AF_INET6, type, 0), one = 1;

	if (fd < 0)
		return -1;
	ioth_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ioth_bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -1;
	return type == SOCK_STREAM && ioth_listen(fd, 5) < 0 ? -1 : fd;
}

/* One request a connection, and no client keeps the others waiting for ever. */
static void serve_connection(int fd)
{
	struct timeval timeout = {2, 0};

	if (fd < 0)
		return;
	ioth_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	iothdns_tcp_process_request(fd, answer, NULL);
	ioth_close(fd);
}

int main(int argc, char *argv[])
{
	struct ioth *stack = NULL;
	struct pollfd pfds[2];

	if (argc != 1 && argc != 4) {
		fprintf(stderr, "usage: %s [STACK VNL CONFIG]\n", argv[0]);
		return 1;
	}
	if (argc == 4) {
		stack = ioth_newstack(argv[1], argv[2]);
		if (!stack || ioth_config(stack, argv[3]) < 0) {
			fprintf(stderr, "%s: %s %s\n", argv[1], ioth_error(), ioth_config_error());
			return 1;
		}
	}
	pfds[0] = (struct pollfd){open_socket(stack, SOCK_DGRAM), POLLIN, 0};
	pfds[1] = (struct pollfd){open_socket(stack, SOCK_STREAM), POLLIN, 0};
	if (pfds[0].fd < 0 || pfds[1].fd < 0) {
		perror("port 53");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	for (;;) {
		if (poll(pfds, 2, -1) < 0)
			continue;
		if (pfds[0].revents)
			iothdns_udp_process_request(pfds[0].fd, answer, NULL);
		if (pfds[1].revents)
			serve_connection(ioth_accept(pfds[1].fd, NULL, NULL));
	}
}
