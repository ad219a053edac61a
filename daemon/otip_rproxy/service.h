/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is offered: a port outside, and the server inside that stands behind it. */
#ifndef RPROXY_SERVICE_H
#define RPROXY_SERVICE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_HOST_MAX 255

struct service {
	int type; /* SOCK_STREAM or SOCK_DGRAM */
	uint16_t port;
	uint16_t inner_port;
	unsigned int proxy;              /* version of the PROXY protocol; 0: none */
	char host[SERVICE_HOST_MAX + 1]; /* inside: an address or a name */
	union service_address {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} inner;
	socklen_t inner_len; /* 0: not known yet */
};

#define SERVICE_WHY_SIZE 128

/* PORT,HOST,PORT[,proxy1|,proxy2]: 0, or -EINVAL and in `why` (NULL: no matter) what is wrong.
 * `type` is that of the socket; proxy is for TCP. */
int service_parse(struct service *service, int type, const char *text, char why[SERVICE_WHY_SIZE]);

#endif
