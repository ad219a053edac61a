/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink for a network stack that has none: a table of interfaces and one of addresses, which
 * knows nothing of sockets, is configured and queried as the kernel is.
 *
 * What the stack has to bring is the two tables of functions at "handlers". What it gets: requests
 * in any form that netlink clients send, dumps, acknowledgements, the ioctls of netdevice(7), and
 * the text of /proc/net/dev.
 *
 *     gcc -o nlq_ministack nlq_ministack.c $(pkg-config --cflags --libs nlq)
 *     ./nlq_ministack [COMMAND...]
 *
 * Each argument is a command, in words like those of ip(8); without arguments a few are shown:
 *
 *     "link"  "link set mini0 up|down"  "link set mini0 mtu 1400"
 *     "addr"  "addr add 10.0.0.1/24 dev mini0"  "addr del 10.0.0.1/24 dev mini0"
 *     "ifconfig mini0"  by ioctls         "dev"  as in /proc/net/dev
 *     "socket"          a client in another process, which sees nothing but a socket
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <libnlq_server.h>

/* ---- the stack ------------------------------------------------------------------------------ */

#define LINKS 2
#define ADDRS 8

struct link {
	const char *name;
	unsigned short type;
	unsigned int flags;
	unsigned int mtu;
	unsigned char mac[6];
};

struct addr {
	int ifindex; /* 0: free */
	unsigned char prefixlen;
	struct in_addr local;
};

struct ministack {
	struct link links[LINKS]; /* interface i + 1 */
	struct addr addrs[ADDRS];
};

/* ---- handlers ------------------------------------------------------------------------------- */

/* Attributes of a fixed size and names have been checked when a handler is called. */
#define VALUE(attr) ((const void *)((attr) + 1))

static void *search_link(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);
	struct ministack *stack = stackinfo;

	for (int i = 0; i < LINKS; i++) {
		if (header->ifi_index == i + 1)
			return &stack->links[i];
		if (header->ifi_index == 0 && attr[IFLA_IFNAME] &&
		    strcmp(VALUE(attr[IFLA_IFNAME]), stack->links[i].name) == 0)
			return &stack->links[i];
	}
	return NULL; /* ENODEV */
}

static void describe_link(const struct ministack *stack, const struct link *link, uint32_t seq,
    struct nlq_msg **reply_msgq)
{
	struct nlq_msg *msg = nlq_createmsg(RTM_NEWLINK, 0, seq, 0);

	nlq_addstruct(msg, ifinfomsg, .ifi_type = link->type,
	    .ifi_index = (int)(link - stack->links) + 1, .ifi_flags = link->flags);
	nlq_addattr(msg, IFLA_IFNAME, link->name, (unsigned short)(strlen(link->name) + 1));
	nlq_addattr(msg, IFLA_MTU, &link->mtu, sizeof(link->mtu));
	nlq_addattr(msg, IFLA_ADDRESS, link->mac, sizeof(link->mac));
	nlq_complete_enqueue(msg, reply_msgq);
}

static int get_link(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	const struct ministack *stack = stackinfo;

	for (int i = 0; i < LINKS; i++) {
		if (entry == NULL || entry == &stack->links[i]) /* NULL: all of them */
			describe_link(stack, &stack->links[i], msg->nlmsg_seq, reply_msgq);
	}
	return 0;
}

static int set_link(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);
	struct link *link = entry;
	unsigned int mtu = link->mtu;

	if (attr[IFLA_MTU])
		memcpy(&mtu, VALUE(attr[IFLA_MTU]), sizeof(mtu));
	if (mtu < 68 || mtu > 65536)
		return nlq_error(attr, -EINVAL, "MTU out of range", attr[IFLA_MTU]);
	link->mtu = mtu;
	link->flags = (link->flags & ~header->ifi_change) | (header->ifi_flags & header->ifi_change);
	return 0;
}

static void *search_addr(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	struct ministack *stack = stackinfo;

	if (header->ifa_family != AF_INET || !attr[IFA_LOCAL]) {
		nlq_error(attr, -EINVAL, "an IPv4 address is wanted", NULL);
		return NULL;
	}
	for (int i = 0; i < ADDRS; i++) {
		struct addr *addr = &stack->addrs[i];

		if (addr->ifindex && addr->ifindex == (int)header->ifa_index &&
		    addr->prefixlen == header->ifa_prefixlen &&
		    memcmp(&addr->local, VALUE(attr[IFA_LOCAL]), sizeof(addr->local)) == 0)
			return addr;
	}
	nlq_error(attr, -EADDRNOTAVAIL, NULL, NULL); /* in place of ENODEV */
	return NULL;
}

static int get_addr(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	const struct ministack *stack = stackinfo;

	for (int i = 0; i < ADDRS; i++) {
		const struct addr *addr = &stack->addrs[i];
		struct nlq_msg *reply;

		if (addr->ifindex == 0 || (entry && entry != addr))
			continue;
		reply = nlq_createmsg(RTM_NEWADDR, 0, msg->nlmsg_seq, 0);
		nlq_addstruct(reply, ifaddrmsg, .ifa_family = AF_INET, .ifa_prefixlen = addr->prefixlen,
		    .ifa_index = (unsigned int)addr->ifindex);
		nlq_addattr(reply, IFA_LOCAL, &addr->local, sizeof(addr->local));
		nlq_addattr(reply, IFA_ADDRESS, &addr->local, sizeof(addr->local));
		nlq_complete_enqueue(reply, reply_msgq);
	}
	return 0;
}

static int new_addr(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	struct ministack *stack = stackinfo;

	if (header->ifa_family != AF_INET || !attr[IFA_LOCAL] || header->ifa_prefixlen > 32)
		return nlq_error(attr, -EINVAL, "an IPv4 address is wanted", NULL);
	if (header->ifa_index < 1 || header->ifa_index > LINKS)
		return -ENODEV;
	for (int i = 0; i < ADDRS; i++) {
		struct addr *addr = &stack->addrs[i];

		if (addr->ifindex)
			continue;
		addr->ifindex = (int)header->ifa_index;
		addr->prefixlen = header->ifa_prefixlen;
		memcpy(&addr->local, VALUE(attr[IFA_LOCAL]), sizeof(addr->local));
		return 0;
	}
	return -ENOBUFS;
}

static int del_addr(void *entry, struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	struct addr *addr = entry;

	addr->ifindex = 0;
	return 0;
}

static nlq_request_handlers_table handlers = {
    [RTMF_LINK] = {search_link, get_link, NULL, NULL, set_link},
    [RTMF_ADDR] = {search_addr, get_addr, new_addr, del_addr, NULL},
};

/* ---- queries -------------------------------------------------------------------------------- */

static const char *name_of(const struct ministack *stack, unsigned int ifindex)
{
	return ifindex >= 1 && ifindex <= LINKS ? stack->links[ifindex - 1].name : "?";
}

static int print_link(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);
	unsigned int mtu = 0;

	if (attr[IFLA_MTU])
		memcpy(&mtu, VALUE(attr[IFLA_MTU]), sizeof(mtu));
	printf("%d: %s: %s mtu %u\n", header->ifi_index,
	    attr[IFLA_IFNAME] ? (const char *)VALUE(attr[IFLA_IFNAME]) : "?",
	    header->ifi_flags & IFF_UP ? "UP" : "DOWN", mtu);
	return 0;
}

static int print_addr(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	char text[INET_ADDRSTRLEN] = "?";

	if (attr[IFA_LOCAL])
		inet_ntop(AF_INET, VALUE(attr[IFA_LOCAL]), text, sizeof(text));
	printf("inet %s/%d dev %s\n", text, header->ifa_prefixlen, name_of(argin, header->ifa_index));
	return 0;
}

/* Asks the stack, and says what is wrong. */
static int ask(struct ministack *stack, struct nlq_msg *request, nlq_doit_f print)
{
	int result = nlq_server_rtdialog(request, handlers, stack, print, stack, NULL, NULL);

	if (result < 0)
		printf("error: %s\n", strerror(-result));
	return result;
}

static int change_link(
    struct ministack *stack, const char *name, const char *what, unsigned int mtu)
{
	struct nlq_msg *request = nlq_createmsg(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 0);
	bool up = strcmp(what, "up") == 0;

	nlq_addstruct(request, ifinfomsg, .ifi_flags = up ? IFF_UP : 0,
	    .ifi_change = up || strcmp(what, "down") == 0 ? IFF_UP : 0);
	nlq_addattr(request, IFLA_IFNAME, name, (unsigned short)(strlen(name) + 1));
	if (strcmp(what, "mtu") == 0)
		nlq_addattr(request, IFLA_MTU, &mtu, sizeof(mtu));
	return ask(stack, request, nlq_process_null_cb);
}

static int change_addr(
    struct ministack *stack, bool add, const char *text, unsigned int prefixlen, const char *name)
{
	struct nlq_msg *request = nlq_createmsg(add ? RTM_NEWADDR : RTM_DELADDR,
	    NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0), 0, 0);
	struct ifreq ifr = {.ifr_ifindex = 0};
	struct in_addr address = {0};

	/* The index by the name: an ioctl serves as well as a message. */
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (nlq_server_ioctl(handlers, stack, SIOCGIFINDEX, &ifr) < 0)
		perror(name);
	inet_pton(AF_INET, text, &address);
	nlq_addstruct(request, ifaddrmsg, .ifa_family = AF_INET,
	    .ifa_prefixlen = (unsigned char)prefixlen, .ifa_index = (unsigned int)ifr.ifr_ifindex);
	nlq_addattr(request, IFA_LOCAL, &address, sizeof(address));
	nlq_addattr(request, IFA_ADDRESS, &address, sizeof(address));
	return ask(stack, request, nlq_process_null_cb);
}

static int dump(struct ministack *stack, unsigned short type, nlq_doit_f print)
{
	struct nlq_msg *request = nlq_createmsg(type, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);

	nlq_addstruct(request, rtgenmsg, .rtgen_family = AF_UNSPEC);
	return ask(stack, request, print);
}

/* As older programs do it. */
static int ifconfig(struct ministack *stack, const char *name)
{
	struct ifreq ifr = {.ifr_flags = 0};
	struct sockaddr_in address;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (nlq_server_ioctl(handlers, stack, SIOCGIFFLAGS, &ifr) < 0) {
		printf("error: %s\n", strerror(errno));
		return -1;
	}
	printf("%s: %s", name, ifr.ifr_flags & IFF_UP ? "UP" : "DOWN");
	if (nlq_server_ioctl(handlers, stack, SIOCGIFMTU, &ifr) == 0)
		printf(" mtu %d", ifr.ifr_mtu);
	ifr.ifr_addr.sa_family = AF_UNSPEC;
	if (nlq_server_ioctl(handlers, stack, SIOCGIFADDR, &ifr) == 0) {
		memcpy(&address, &ifr.ifr_addr, sizeof(address));
		printf(" inet %s", inet_ntoa(address.sin_addr));
	}
	if (nlq_server_ioctl(handlers, stack, SIOCGIFNETMASK, &ifr) == 0) {
		memcpy(&address, &ifr.ifr_netmask, sizeof(address));
		printf(" netmask %s", inet_ntoa(address.sin_addr));
	}
	printf("\n");
	return 0;
}

/* ---- another process ------------------------------------------------------------------------ */

/* Answers one datagram from a socket: the heart of a stack's AF_NETLINK. */
static void serve(struct ministack *stack, int fd)
{
	const struct nlq_server server = {.handlers = handlers, .stackinfo = stack};
	struct nlq_msg *replies = NULL;
	struct nlq_msg *msg;
	char buffer[8192];
	ssize_t len = recv(fd, buffer, sizeof(buffer), 0);

	if (len > 0 && nlq_process_datagram(&server, buffer, (size_t)len, &replies) < 0)
		perror("nlq_process_datagram");
	while ((msg = nlq_dequeue(&replies)) != NULL) {
		if (send(fd, msg->nlq_packet, msg->nlq_size, 0) < 0)
			perror("send");
		nlq_freemsg(msg);
	}
}

/* Needs no libnlq: sends what getifaddrs(3) would, and counts the messages until NLMSG_DONE. */
static int client(int fd)
{
	const struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
	    .header = {sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
	};
	struct nlmsghdr reply[512];
	int links = 0;

	if (send(fd, &request, sizeof(request), 0) < 0)
		return 1;
	while (recv(fd, reply, sizeof(reply), 0) > 0 && reply->nlmsg_type == RTM_NEWLINK)
		links++;
	printf("%d links, then %s\n", links, reply->nlmsg_type == NLMSG_DONE ? "NLMSG_DONE" : "?");
	fflush(stdout);
	return 0;
}

static int over_a_socket(struct ministack *stack)
{
	int fds[2];
	int status = 1;
	pid_t child;

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	child = fork();
	if (child == 0)
		_exit(client(fds[1]));
	close(fds[1]);
	if (child > 0) {
		serve(stack, fds[0]);
		waitpid(child, &status, 0);
	}
	close(fds[0]);
	return status == 0 ? 0 : -1;
}

/* ---- commands ------------------------------------------------------------------------------- */

static int run(struct ministack *stack, const char *command)
{
	char name[IFNAMSIZ];
	char what[8];
	char address[INET_ADDRSTRLEN];
	char number[8] = "0";

	printf("> %s\n", command);
	if (strcmp(command, "link") == 0)
		return dump(stack, RTM_GETLINK, print_link);
	if (strcmp(command, "addr") == 0)
		return dump(stack, RTM_GETADDR, print_addr);
	if (strcmp(command, "dev") == 0)
		return nlq_server_proc_net_dev(handlers, stack, stdout);
	if (strcmp(command, "socket") == 0)
		return over_a_socket(stack);
	if (sscanf(command, "ifconfig %15s", name) == 1)
		return ifconfig(stack, name);
	if (sscanf(command, "link set %15s %7s %7s", name, what, number) >= 2)
		return change_link(stack, name, what, (unsigned int)strtoul(number, NULL, 10));
	if (sscanf(command, "addr %7s %15[0-9.]/%7[0-9] dev %15s", what, address, number, name) == 4)
		return change_addr(stack, strcmp(what, "add") == 0, address,
		    (unsigned int)strtoul(number, NULL, 10), name);
	printf("error: what is that?\n");
	return -1;
}

int main(int argc, char *argv[])
{
	static const char *const some[] = {"link", "link set mini0 up",
	    "addr add 10.0.0.1/24 dev mini0", "addr", "ifconfig mini0", "dev", "socket"};
	struct ministack stack = {
	    .links =
	        {
	            {"lo", ARPHRD_LOOPBACK, IFF_LOOPBACK, 65536, {0}},
	            {"mini0", ARPHRD_ETHER, IFF_BROADCAST, 1500, {2, 0, 0, 0, 0, 1}},
	        },
	};
	const char *const *commands = argc > 1 ? (const char *const *)argv + 1 : some;
	int count = argc > 1 ? argc - 1 : (int)(sizeof(some) / sizeof(some[0]));
	int failures = 0;

	for (int i = 0; i < count; i++)
		failures += run(&stack, commands[i]) < 0;
	return failures ? 1 : 0;
}
