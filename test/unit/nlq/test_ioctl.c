/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7) made of dialogs, and the kernel's own: the same results.
 *
 *   a0 <---> a1    changed by ioctl(2)          b0 <---> b1    changed by dialogs
 *
 * All four have the same MAC address, and are otherwise alike: after each change a0 and b0 must be.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "namespace.h"
#include "nlq_attrs.h"
#include "nlq_ioctl.h"
#include "nlq_links.h"
#include "nlq_message.h"
#include "nlq_server.h"
#include "small_stack.h"

static int netlink_fd = -1;
static int udp_fd = -1;
static struct nlq_io io;

static int by_ioctl(unsigned long request, void *argument)
{
	return ioctl(udp_fd, request, argument) < 0 ? -errno : 0;
}

static int by_dialog(unsigned long request, void *argument)
{
	return nlq_dialog_ioctl(&io, request, argument);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void compare_get(unsigned long request, const char *name, const struct ifreq *template)
{
	struct ifreq kernel = *template;
	struct ifreq ours;
	int error;

	strncpy(kernel.ifr_name, name, IFNAMSIZ);
	ours = kernel;
	print_message("request 0x%lx of %s\n", request, name);
	error = by_ioctl(request, &kernel);
	assert_int_equal(by_dialog(request, &ours), error);
	assert_memory_equal(&kernel, &ours, sizeof(ours));
}

static const unsigned long gets[] = {SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFMTU, SIOCGIFHWADDR,
    SIOCGIFTXQLEN, SIOCGIFMAP, SIOCGIFMETRIC, SIOCGIFSLAVE, SIOCGIFADDR, SIOCGIFNETMASK,
    SIOCGIFBRDADDR, SIOCGIFDSTADDR};

static void test_get(void **state)
{
	static const char *const names[] = {
	    "lo", "a0", "b0", "b0:7", "b0:8", "b0:", ":", "", "none", "none:1", "abcdefghijklmnop"};
	struct ifreq template;

	for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			memset(&template, 0x5a, sizeof(template)); /* a family that is none */
			compare_get(gets[i], names[j], &template);
			memset(&template, 0, sizeof(template));
			compare_get(gets[i], names[j], &template);
		}
	}
}

/* With several addresses of a name, the one that is asked for. */
static void test_get_by_address(void **state)
{
	static const char *const addresses[] = {"10.1.0.1", "10.1.0.2", "10.3.0.1", "10.9.9.9"};

	for (size_t i = 0; i < 4; i++) {
		struct ifreq template = {.ifr_flags = 0};
		struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 77};

		inet_pton(AF_INET, addresses[i], &address.sin_addr);
		memcpy(&template.ifr_addr, &address, sizeof(address));
		compare_get(SIOCGIFADDR, "b0", &template);
		compare_get(SIOCGIFNETMASK, "b0", &template);
		compare_get(SIOCGIFBRDADDR, "b0", &template);
		compare_get(SIOCGIFDSTADDR, "b0:7", &template);
	}
}

static void test_get_name(void **state)
{
	static const int indexes[] = {1, 2, 3, 4, 5, 6, 0, -1, 99};

	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		struct ifreq kernel = {.ifr_ifindex = indexes[i]};
		struct ifreq ours = kernel;

		assert_int_equal(by_dialog(SIOCGIFNAME, &ours), by_ioctl(SIOCGIFNAME, &kernel));
		assert_string_equal(ours.ifr_name, kernel.ifr_name);
	}
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ifreq));
}

static void test_ifconf(void **state)
{
	static const int rooms[] = {
	    0, 1, sizeof(struct ifreq), 3 * sizeof(struct ifreq) + 5, 64 * sizeof(struct ifreq), -1};
	struct ifconf kernel = {.ifc_buf = NULL};
	struct ifconf ours = {.ifc_buf = NULL};

	assert_int_equal(by_ioctl(SIOCGIFCONF, &kernel), 0);
	assert_int_equal(by_dialog(SIOCGIFCONF, &ours), 0);
	assert_int_equal(ours.ifc_len, kernel.ifc_len);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct ifreq from_kernel[64];
		struct ifreq from_us[64];
		int error;

		memset(from_kernel, 0x55, sizeof(from_kernel));
		memset(from_us, 0x55, sizeof(from_us));
		kernel = (struct ifconf){.ifc_len = rooms[i], .ifc_req = from_kernel};
		ours = (struct ifconf){.ifc_len = rooms[i], .ifc_req = from_us};
		error = by_ioctl(SIOCGIFCONF, &kernel);
		assert_int_equal(by_dialog(SIOCGIFCONF, &ours), error);
		assert_int_equal(ours.ifc_len, kernel.ifc_len);
		if (rooms[i] != (int)sizeof(from_us))
			continue;
		/* Interfaces may come in another order. */
		qsort(from_kernel, 64, sizeof(struct ifreq), by_bytes);
		qsort(from_us, 64, sizeof(struct ifreq), by_bytes);
		assert_memory_equal(from_us, from_kernel, sizeof(from_us));
	}
}

/* ---- changing ------------------------------------------------------------------------------- */

struct picture {
	char text[4096];
	size_t len;
	unsigned int ifindex;
	char own; /* the first letter of its name, which is left out */
};

static void draw(struct picture *picture, const char *label, const void *data, size_t len)
{
	const unsigned char *byte = data;

	picture->len += (size_t)snprintf(
	    picture->text + picture->len, sizeof(picture->text) - picture->len, "%s ", label);
	while (len-- && picture->len < sizeof(picture->text) - 3)
		picture->len += (size_t)snprintf(
		    picture->text + picture->len, sizeof(picture->text) - picture->len, "%02x", *byte++);
}

static int draw_address(const struct nlmsghdr *message, void *argument)
{
	static const struct {
		uint16_t type;
		const char *name;
	} parts[] = {{IFA_LOCAL, " local"}, {IFA_ADDRESS, " peer"}, {IFA_BROADCAST, " broadcast"},
	    {IFA_FLAGS, " flags"}};
	struct picture *picture = argument;
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *attrs[IFA_MAX + 1];
	char label[IFNAMSIZ] = "?";

	if (header->ifa_index != picture->ifindex)
		return 0;
	assert_int_equal(
	    nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attrs, IFA_MAX), 0);
	assert_true(nlq_attr_string(attrs[IFA_LABEL], label, sizeof(label)) > 0);
	draw(picture, "\n", &header->ifa_prefixlen, 1);
	draw(picture, " scope", &header->ifa_scope, 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct nlattr *attr = attrs[parts[i].type];

		draw(
		    picture, parts[i].name, attr ? nlq_attr_data(attr) : "", attr ? nlq_attr_len(attr) : 0);
	}
	draw(picture, " label", label + 1, strlen(label) - 1);
	return 0;
}

static void take_picture(const char *name, struct picture *picture)
{
	struct nlq_link link;

	assert_int_equal(nlq_dialog_link(&io, name, 0, &link), 0);
	*picture = (struct picture){.ifindex = link.ifindex};
	/* Whether the other end has a carrier is told with a delay. */
	link.flags &= ~(unsigned int)(IFF_RUNNING | 1U << 16);
	draw(picture, "flags", &link.flags, sizeof(link.flags));
	draw(picture, " mtu", &link.mtu, sizeof(link.mtu));
	draw(picture, " queue", &link.txqlen, sizeof(link.txqlen));
	draw(picture, " mac", link.mac, link.mac_len);
	assert_int_equal(nlq_dialog_dump(&io, RTM_GETADDR, AF_INET, draw_address, NULL, picture), 0);
}

enum value { NOTHING, NUMBER, ADDRESS, MAC, NEW_NAME };

struct change {
	unsigned long request;
	const char *alias; /* behind the name */
	enum value kind;
	int number; /* or the family, or the type */
	const char *text;
};

#define SET_ADDR(alias, text)                                                                      \
	{                                                                                              \
		SIOCSIFADDR, alias, ADDRESS, AF_INET, text                                                 \
	}
#define SET_MASK(alias, text)                                                                      \
	{                                                                                              \
		SIOCSIFNETMASK, alias, ADDRESS, AF_INET, text                                              \
	}
#define SET_BRD(alias, text)                                                                       \
	{                                                                                              \
		SIOCSIFBRDADDR, alias, ADDRESS, AF_INET, text                                              \
	}
#define SET_DST(alias, text)                                                                       \
	{                                                                                              \
		SIOCSIFDSTADDR, alias, ADDRESS, AF_INET, text                                              \
	}
#define SET_FLAGS(alias, number)                                                                   \
	{                                                                                              \
		SIOCSIFFLAGS, alias, NUMBER, number, NULL                                                  \
	}
#define SET_MTU(number)                                                                            \
	{                                                                                              \
		SIOCSIFMTU, "", NUMBER, number, NULL                                                       \
	}
#define SET_QUEUE(number)                                                                          \
	{                                                                                              \
		SIOCSIFTXQLEN, "", NUMBER, number, NULL                                                    \
	}

static const struct change changes[] = {
    SET_MASK("", "255.255.255.0"), /* no address yet */
    SET_BRD("", "10.0.0.255"),
    SET_DST("", "10.0.0.9"),
    SET_ADDR("", "10.0.0.1"),
    SET_ADDR("", "10.0.0.1"),
    SET_MASK("", "255.255.255.0"),
    SET_MASK("", "255.255.255.0"),
    SET_MASK("", "255.0.255.0"),
    SET_MASK("", "255.255.255.255"),
    SET_MASK("", "255.255.0.0"),
    SET_BRD("", "10.0.7.255"),
    SET_BRD("", "0.0.0.0"),
    SET_MASK("", "255.255.255.128"), /* the broadcast address is not that of a mask now */
    SET_BRD("", "10.0.0.127"),
    SET_DST("", "10.0.0.77"),
    SET_DST("", "224.0.0.1"),
    SET_ADDR("", "224.0.0.1"),
    SET_ADDR("", "172.16.5.1"),
    SET_ADDR(":1", "192.168.3.4"),
    SET_ADDR(":2", "192.168.3.5"),
    SET_MASK(":2", "255.255.255.252"),
    SET_MASK(":9", "255.255.255.252"),
    SET_FLAGS(":1", IFF_UP),
    SET_FLAGS(":1", 0),
    SET_FLAGS(":1", 0),
    SET_ADDR("", "250.1.2.3"),
    SET_ADDR("", "127.0.0.9"),
    SET_ADDR("", "0.0.0.0"),
    SET_ADDR("", "0.0.0.0"),
    SET_ADDR("", "10.0.0.1"),
    {SIOCSIFADDR, "", ADDRESS, AF_INET6, "10.0.0.2"},
    {SIOCSIFNETMASK, "", ADDRESS, AF_UNSPEC, "255.0.0.0"},
    SET_FLAGS("", IFF_UP),
    SET_FLAGS("", IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_NOARP | IFF_LOOPBACK),
    SET_FLAGS("", IFF_UP | IFF_MULTICAST | IFF_POINTOPOINT),
    SET_FLAGS("", 0),
    SET_MTU(1400),
    SET_MTU(1),
    SET_MTU(-1),
    SET_MTU(70000),
    SET_MTU(1500),
    SET_QUEUE(55),
    SET_QUEUE(-1),
    SET_QUEUE(0),
    {SIOCSIFHWADDR, "", MAC, ARPHRD_ETHER, "\2\1\1\1\1\1"},
    {SIOCSIFHWADDR, "", MAC, ARPHRD_ETHER, "\1\1\1\1\1\1"}, /* a multicast address */
    {SIOCSIFHWADDR, "", MAC, ARPHRD_LOOPBACK, "\2\1\1\1\1\2"},
    {SIOCSIFHWBROADCAST, "", MAC, ARPHRD_ETHER, "\xff\xff\xff\1\1\2"},
    {SIOCSIFHWBROADCAST, "", MAC, ARPHRD_LOOPBACK, "\xff\xff\xff\1\1\2"},
    {SIOCSIFMETRIC, "", NUMBER, 3, NULL},
    {SIOCSIFNAME, "", NEW_NAME, 0, "lo"},
    {SIOCSIFNAME, "", NEW_NAME, 0, ""},
    {SIOCSIFNAME, "", NEW_NAME, 0, "a/b"},
    {SIOCSIFMTU, ":1", NUMBER, 1400, NULL},
};

static void fill(struct ifreq *ifr, const struct change *change, const char *name)
{
	struct sockaddr_in address = {.sin_family = (sa_family_t)change->number};

	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, IFNAMSIZ, "%s%s", name, change->alias);
	switch (change->kind) {
	case NUMBER:
		if (change->request == SIOCSIFFLAGS)
			ifr->ifr_flags = (short)change->number;
		else
			ifr->ifr_mtu = change->number;
		break;
	case ADDRESS:
		assert_int_equal(inet_pton(AF_INET, change->text, &address.sin_addr), 1);
		memcpy(&ifr->ifr_addr, &address, sizeof(address));
		break;
	case MAC:
		ifr->ifr_hwaddr.sa_family = (sa_family_t)change->number;
		memcpy(ifr->ifr_hwaddr.sa_data, change->text, 6);
		break;
	case NEW_NAME:
		strcpy(ifr->ifr_newname, change->text);
		break;
	default:
		break;
	}
}

static void test_set(void **state)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct picture kernel;
		struct picture ours;
		struct ifreq ifr;
		int error;
		int our_error;

		fill(&ifr, &changes[i], "a0");
		error = by_ioctl(changes[i].request, &ifr);
		/* Some ioctls want the rights of the first user namespace; netlink is content with ours. */
		if (error == -EPERM)
			error = by_dialog(changes[i].request, &ifr);
		fill(&ifr, &changes[i], "b0");
		our_error = by_dialog(changes[i].request, &ifr);
		take_picture("a0", &kernel);
		take_picture("b0", &ours);
		if (error != our_error || strcmp(kernel.text, ours.text) != 0)
			printf("change %zu, request 0x%lx, %s: kernel %s, ours %s\n", i, changes[i].request,
			    changes[i].text ? changes[i].text : "", strerror(-error), strerror(-our_error));
		assert_int_equal(our_error, error);
		assert_string_equal(ours.text, kernel.text);
	}
}

static void test_set_name(void **state)
{
	struct ifreq ifr = {.ifr_name = "b1"};

	strcpy(ifr.ifr_newname, "c1");
	assert_int_equal(by_dialog(SIOCSIFNAME, &ifr), 0);
	assert_int_equal(if_nametoindex("b1"), 0);
	assert_int_not_equal(if_nametoindex("c1"), 0);
}

static void test_others(void **state)
{
	struct ifreq ifr = {.ifr_name = "a0"};

	assert_int_equal(by_dialog(SIOCGIFADDR, NULL), -EFAULT);
	assert_int_equal(by_dialog(FIONREAD, &ifr), -ENOTTY);
	assert_int_equal(by_dialog(SIOCSIFMAP, &ifr), -EOPNOTSUPP); /* veth has no such setting */
	assert_int_equal(by_dialog(SIOCADDMULTI, &ifr), -EOPNOTSUPP);
}

/* The same on a stack of tables, which has no kernel behind it. */
static void test_server(void **state)
{
	static struct small_stack stack;
	struct ifreq ifr = {.ifr_name = "a0"};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a000001)}};
	char misaligned[1 + 3 * sizeof(struct ifreq)];
	struct ifconf ifconf = {.ifc_len = sizeof(misaligned) - 1, .ifc_buf = misaligned + 1};

	small_stack_init(&stack);
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCGIFINDEX, &ifr), 0);
	assert_int_equal(ifr.ifr_ifindex, 5);
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCGIFADDR, &ifr), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	memcpy(&ifr.ifr_addr, &address, sizeof(address));
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCSIFADDR, &ifr), 0);
	address.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr.ifr_addr, &address, sizeof(address));
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCSIFNETMASK, &ifr), 0);
	assert_int_equal(stack.addrs[0].prefixlen, 24);
	assert_memory_equal(stack.addrs[0].broadcast, "\12\0\0\xff", 4);
	stack.addrs[0].label[0] = '\0'; /* a stack that knows no labels */
	ifr.ifr_addr.sa_family = AF_UNSPEC;
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCGIFADDR, &ifr), 0);
	memcpy(&address, &ifr.ifr_addr, sizeof(address));
	assert_int_equal(ntohl(address.sin_addr.s_addr), 0x0a000001);
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCGIFCONF, &ifconf), 0);
	assert_int_equal(ifconf.ifc_len, sizeof(ifr));
	assert_string_equal(misaligned + 1, "a0");
	ifr.ifr_mtu = 1;
	assert_int_equal(nlq_server_ioctl(small_handlers, &stack, SIOCSIFMTU, &ifr), -1);
	assert_int_equal(errno, EINVAL);
}

static int setup(void **state)
{
	static const char *const names[] = {"a0", "a1", "b0", "b1"};
	static const unsigned char mac[6] = {2, 0, 0, 0, 0, 1};
	int here;

	netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(netlink_fd >= 0 && udp_fd >= 0 && here >= 0);
	io = nlq_io_fd(&netlink_fd);
	assert_int_equal(nlq_dialog_veth_add(&io, "a0", "a1", here, 0), 0);
	assert_int_equal(nlq_dialog_veth_add(&io, "b0", "b1", here, 0), 0);
	close(here);
	for (size_t i = 0; i < 4; i++) {
		unsigned int ifindex = (unsigned int)nlq_dialog_ifindex(&io, names[i]);

		assert_int_equal(nlq_dialog_link_setaddr(&io, ifindex, mac), 0);
		assert_int_equal(nlq_dialog_link_no_ipv6_addr(&io, ifindex), 0);
	}
	return 0;
}

/* Several addresses, with and without labels, peers and broadcast addresses. */
static int setup_addresses(void **state)
{
	static const char *const commands[] = {"link set lo up", "link set b0 up",
	    "addr add 10.1.0.1/24 brd + dev b0", "addr add 10.1.0.2/24 dev b0",
	    "addr add 10.2.0.1/16 brd 10.2.255.255 dev b0 label b0:7",
	    "addr add 10.3.0.1 peer 10.3.0.2 dev b0", "addr add 10.4.0.1/32 dev lo label lo:x"};
	char command[128];

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(command, sizeof(command), "ip %s", commands[i]);
		assert_int_equal(system(command), 0);
	}
	return 0;
}

static int teardown_addresses(void **state)
{
	assert_int_equal(
	    system(
	        "ip addr flush dev b0; ip addr flush dev lo; ip link set b0 down; ip link set lo down"),
	    0);
	return 0;
}

static int teardown(void **state)
{
	close(udp_fd);
	close(netlink_fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_get, setup_addresses, teardown_addresses),
	    cmocka_unit_test_setup_teardown(test_get_by_address, setup_addresses, teardown_addresses),
	    cmocka_unit_test(test_get_name),
	    cmocka_unit_test_setup_teardown(test_ifconf, setup_addresses, teardown_addresses),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_set_name),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_server),
	};

	enter_namespaces_or_skip();
	return cmocka_run_group_tests(tests, setup, teardown);
}
