/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Socket options: tables that say for each what it is, and the few that need more than a value.
 *
 * What is in no table is ENOPROTOOPT, as on Linux. Options without effect in a user-space stack are
 * accepted (OPTION_IGNORED): programs set them and do not ask.
 */
#include "socket_internal.h"

int option_int(const void *value, socklen_t len, int *result)
{
	uint8_t byte;

	if (len >= sizeof(*result)) {
		memcpy(result, value, sizeof(*result));
		return 0;
	}
	if (len < 1)
		return -EINVAL;
	memcpy(&byte, value, 1);
	*result = byte;
	return 0;
}

int option_give(void *value, socklen_t *len, const void *from, size_t size)
{
	if (*len > size)
		*len = (socklen_t)size;
	if (*len)
		memcpy(value, from, *len);
	return 0;
}

int option_refused(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	return -ENOPROTOOPT;
}

static const struct sock_option *find(const struct px_sock *sock, int level, int name)
{
	for (const struct sock_option *const *table = sock->ops->options; *table; table++) {
		/* Names begin at 1 but for IPPROTO_IP's nothing; an empty row ends. */
		for (const struct sock_option *option = *table; option->name; option++) {
			if (option->level == level && option->name == name)
				return option;
		}
	}
	return NULL;
}

static int set_value(
    struct px_sock *sock, const struct sock_option *option, const void *value, socklen_t len)
{
	void *field = (char *)(option->kind == OPTION_SOCK_INT || option->kind == OPTION_SOCK_BOOL
	                           ? (void *)sock
	                           : (void *)sock->endpoint) +
	              option->offset;
	int number, err = option_int(value, len, &number);

	if (err)
		return err;
	switch (option->kind) {
	case OPTION_FLAG:
		if (number)
			sock->endpoint->flags |= option->mask;
		else
			sock->endpoint->flags &= ~option->mask;
		return 0;
	case OPTION_SOCK_BOOL:
	case OPTION_BOOL:
		*(bool *)field = number;
		return 0;
	case OPTION_U8:
		if (number < option->min || number > option->max)
			return -EINVAL;
		*(uint8_t *)field = (uint8_t)number;
		return 0;
	case OPTION_SOCK_INT:
		if (number < option->min || number > option->max)
			return -EINVAL;
		memcpy(field, &number, sizeof(number));
		return 0;
	default:
		return 0;
	}
}

/* At these levels Linux asks for an int before it looks at the name; but for names (of devices, of
 * congestion control). */
static bool is_short(const struct px_sock *sock, int level, int name, socklen_t len)
{
	if (level == SOL_SOCKET)
		return len < sizeof(int) && name != SO_BINDTODEVICE;
	return level == IPPROTO_TCP && sock->protocol == IPPROTO_TCP && len < sizeof(int) &&
	       name != TCP_CONGESTION;
}

int px_sock_setsockopt(struct px_sock *sock, int level, int name, const void *value, socklen_t len)
{
	const struct sock_option *option = find(sock, level, name);
	bool of_socket;

	if (len > INT32_MAX || is_short(sock, level, name, len))
		return -EINVAL;
	if (!option)
		return -ENOPROTOOPT;
	/* IPv6's options are of IPv6 sockets; IPv4's are of both (mapped addresses). */
	if (level == IPPROTO_IPV6 && sock->domain != AF_INET6)
		return -ENOPROTOOPT;
	of_socket = option->kind == OPTION_SOCK_INT || option->kind == OPTION_SOCK_BOOL;
	if (!value && len)
		return -EFAULT;
	if (!value)
		value = ""; /* of no bytes, but one that may be copied from */
	if (option->kind == OPTION_IGNORED)
		return 0;
	if (option->kind == OPTION_CALL)
		return option->set(sock, name, value, len);
	if (!of_socket && !sock->endpoint)
		return 0; /* packet sockets have no use for it */
	return level == SOL_SOCKET && len < sizeof(int) ? -EINVAL : set_value(sock, option, value, len);
}

static int get_value(
    struct px_sock *sock, const struct sock_option *option, void *value, socklen_t *len)
{
	const void *field =
	    (const char *)(option->kind == OPTION_SOCK_INT || option->kind == OPTION_SOCK_BOOL
	                       ? (const void *)sock
	                       : (const void *)sock->endpoint) +
	    option->offset;
	int number = 0;

	switch (option->kind) {
	case OPTION_FLAG:
		number = (sock->endpoint->flags & option->mask) != 0;
		break;
	case OPTION_SOCK_BOOL:
	case OPTION_BOOL:
		number = *(const bool *)field;
		break;
	case OPTION_U8:
		number = *(const uint8_t *)field;
		break;
	case OPTION_SOCK_INT:
		memcpy(&number, field, sizeof(number));
		break;
	default:
		break;
	}
	/* IP options fit a byte if that is what there is room for (ip(7)). */
	if (option->level != SOL_SOCKET && *len > 0 && *len < sizeof(number) && number >= 0 &&
	    number <= 255) {
		uint8_t byte = (uint8_t)number;
		return option_give(value, len, &byte, 1);
	}
	return option_give(value, len, &number, sizeof(number));
}

int px_sock_getsockopt(struct px_sock *sock, int level, int name, void *value, socklen_t *len)
{
	const struct sock_option *option = find(sock, level, name);

	if (!len || (!value && *len))
		return -EFAULT;
	if (*len > INT32_MAX)
		return -EINVAL;
	if (level == IPPROTO_IPV6 && sock->domain != AF_INET6)
		option = NULL;
	if (!option) /* Linux's ip_getsockopt, of levels that are not IPv4's */
		return sock->domain == AF_INET && level != IPPROTO_IP && level != SOL_SOCKET &&
		               level != sock->protocol
		           ? -EOPNOTSUPP
		           : -ENOPROTOOPT;
	if (option->kind == OPTION_CALL)
		return option->get ? option->get(sock, name, value, len) : -ENOPROTOOPT;
	if (!sock->endpoint && option->kind != OPTION_SOCK_INT && option->kind != OPTION_SOCK_BOOL) {
		int zero = 0;
		return option_give(value, len, &zero, sizeof(zero));
	}
	return get_value(sock, option, value, len);
}
