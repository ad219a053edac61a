/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Socket addresses. */
#include "socket_internal.h"

int sock_name_read(int family, const struct sockaddr *name, socklen_t len, struct sock_name *result)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6 = {0};
	sa_family_t given;

	memset(result, 0, sizeof(*result));
	if (len < sizeof(given))
		return -EINVAL;
	memcpy(&given, name, sizeof(given));
	if (given == AF_UNSPEC) {
		result->unspecified = true;
		if (len < sizeof(in) || family != AF_INET)
			return 0;
		given = AF_INET; /* read what it would be: bind(2) and sendto(2) of IPv4 allow it */
	}
	if (given == AF_INET) {
		if (len < sizeof(in))
			return -EINVAL;
		memcpy(&in, name, sizeof(in));
		result->ip = px_ip4(in.sin_addr.s_addr);
		result->port = ntohs(in.sin_port);
		return 0;
	}
	if (given != AF_INET6 || family == AF_INET)
		return -EAFNOSUPPORT;
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	memcpy(&in6, name, len < sizeof(in6) ? len : sizeof(in6));
	result->ip = px_ip6_load(&in6.sin6_addr);
	result->port = ntohs(in6.sin6_port);
	result->zone = in6.sin6_scope_id;
	result->flow_info = ntohl(in6.sin6_flowinfo) & 0xfffff;
	return 0;
}

int sock_name_read_bind(const struct px_sock *sock, const struct sockaddr *name, socklen_t len,
    struct sock_name *result)
{
	int err;

	if (sock->domain == AF_INET6 && len < SIN6_LEN_RFC2133)
		return -EINVAL;
	err = sock_name_read(sock->domain, name, len, result);
	if (err)
		return err;
	/* AF_UNSPEC means AF_INET if the address is any (Linux, for old programs). */
	if (result->unspecified &&
	    (sock->domain != AF_INET || len < sizeof(struct sockaddr_in) || !px_ip_is_any(&result->ip)))
		return -EAFNOSUPPORT;
	if (sock->domain == AF_INET6 && name->sa_family == AF_INET)
		return -EAFNOSUPPORT;
	if (sock->endpoint->v6only && px_ip_is4(&result->ip))
		return -EINVAL;
	return 0;
}

socklen_t sock_name_write(
    int family, const struct px_ip *ip, uint16_t port, uint32_t zone, struct sockaddr_storage *name)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(name, 0, sizeof(*name));
	if (family == AF_INET) {
		in.sin_addr.s_addr = px_ip4_word(ip); /* 0 for "any" */
		memcpy(name, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, ip->b, 16);
	if (px_ip_needs_scope(ip))
		in6.sin6_scope_id = zone;
	memcpy(name, &in6, sizeof(in6));
	return sizeof(in6);
}

void sock_name_copy(const struct sockaddr_storage *name, socklen_t real, void *room, socklen_t *len)
{
	if (room)
		memcpy(room, name, *len < real ? *len : real);
	*len = real;
}
