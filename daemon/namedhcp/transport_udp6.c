/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 by a UDP socket of a stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <ioth.h>

#include "dhcp6.h"
#include "link_watch.h"
#include "log.h"
#include "socket_source.h"
#include "transport.h"

#define MESSAGE_MAX 2048

struct udp6 {
	struct transport transport; /* first */
	struct socket_source socket;
	struct link_watch link;
};

union receive_control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static bool is_unicast(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct in6_pktinfo info;

	if (!control || control->cmsg_level != IPPROTO_IPV6 || control->cmsg_type != IPV6_PKTINFO ||
	    control->cmsg_len < CMSG_LEN(sizeof(info)))
		return false;
	memcpy(&info, CMSG_DATA(control), sizeof(info));
	return info.ipi6_addr.s6_addr[0] != 0xff;
}

static ssize_t receive(struct socket_source *socket)
{
	struct udp6 *udp = (struct udp6 *)(void *)((char *)socket - offsetof(struct udp6, socket));
	uint8_t bytes[MESSAGE_MAX];
	struct sockaddr_in6 from = {0};
	union receive_control control;
	struct iovec piece = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &piece,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	ssize_t got = ioth_recvmsg(socket->fd, &message, MSG_DONTWAIT);
	struct peer peer = {.port = ntohs(from.sin6_port), .scope = from.sin6_scope_id};

	if (got < 0 || (message.msg_flags & MSG_TRUNC) || message.msg_namelen < sizeof(from))
		return got;
	memcpy(peer.address, &from.sin6_addr, 16);
	peer.is_unicast = is_unicast(&message);
	transport_received(&udp->transport, &peer, bytes, (size_t)got);
	return got;
}

static void reply(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len)
{
	struct udp6 *udp = (struct udp6 *)transport;
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_port = htons(peer->port), .sin6_scope_id = peer->scope};

	memcpy(&to.sin6_addr, peer->address, 16);
	if (ioth_sendto(udp->socket.fd, payload, len, MSG_DONTWAIT | MSG_NOSIGNAL,
	        (struct sockaddr *)&to, sizeof(to)) < 0) {
		transport->send_errors++;
		log_debug("sending: %s", strerror(errno));
	}
}

static void close_udp(struct transport *transport)
{
	struct udp6 *udp = (struct udp6 *)transport;

	link_watch_close(&udp->link);
	socket_source_close(&udp->socket);
	free(udp);
}

static const struct transport_ops udp6_ops = {reply, close_udp};

static int set(int fd, int level, int option, int value)
{
	return ioth_setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* RFC 8415, 7.1: All_DHCP_Relay_Agents_and_Servers, and All_DHCP_Servers, which relays send to. */
static int join(int fd, unsigned int ifindex)
{
	static const char *const groups[] = {"ff02::1:2", "ff05::1:3"};

	for (size_t i = 0; i < 2; i++) {
		struct ipv6_mreq request = {.ipv6mr_interface = ifindex};

		inet_pton(AF_INET6, groups[i], &request.ipv6mr_multiaddr);
		if (ioth_setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)) < 0 &&
		    i == 0)
			return -errno;
	}
	return 0;
}

/* Sets up the socket; the name of what failed is in *what. */
static int prepare(int fd, const char *interface, unsigned int ifindex, const char **what)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(DHCP6_SERVER_PORT)};
	int err;

	/* The port is not shared (SO_REUSEADDR, SO_REUSEPORT): two servers on one interface, with two
	 * identifiers, are a mistake of who started the second one. */
	(void)set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	(void)set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1);
	(void)set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	*what = "interface";
	if (ioth_setsockopt(
	        fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) < 0)
		return -errno;
	*what = "port 547";
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	*what = "group ff02::1:2";
	err = join(fd, ifindex);
	return err;
}

/* The socket, in the loop. 0 or -errno, which has been logged. */
static int open_socket(struct udp6 *udp, struct loop *loop, struct ioth *stack,
    const char *interface, unsigned int ifindex)
{
	const char *what = "socket";
	int fd = ioth_msocket(stack, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = fd < 0 ? -errno : prepare(fd, interface, ifindex, &what);

	if (!err)
		err = socket_source_open(&udp->socket, loop, fd, receive);
	if (!err)
		return 0;
	if (fd >= 0)
		ioth_close(fd);
	log_error("%s: %s: %s", interface, what, strerror(-err));
	return err;
}

static int open_again(struct link_watch *watch, unsigned int ifindex)
{
	struct udp6 *udp = (struct udp6 *)(void *)((char *)watch - offsetof(struct udp6, link));

	socket_source_close(&udp->socket);
	return open_socket(udp, udp->transport.loop, watch->stack, watch->interface, ifindex);
}

int transport_udp6_open(struct transport **transport, struct loop *loop, struct ioth *stack,
    const char *interface, transport_input *input, void *context)
{
	int ifindex = ioth_if_nametoindex(stack, interface), err;
	struct udp6 *udp;

	if (ifindex <= 0) {
		log_error("%s: %s", interface, strerror(ENODEV));
		return -ENODEV;
	}
	udp = calloc(1, sizeof(*udp));
	if (!udp) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	err = open_socket(udp, loop, stack, interface, (unsigned int)ifindex);
	if (err) {
		free(udp);
		return err;
	}
	link_watch_open(&udp->link, loop, stack, interface, (unsigned int)ifindex, open_again);
	udp->transport =
	    (struct transport){.ops = &udp6_ops, .loop = loop, .input = input, .context = context};
	*transport = &udp->transport;
	return 0;
}
