/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libnlq's client calls, on the program's own stack and on another one, in a network namespace;
 * what they did is looked at with ip(8), the C library and /proc.
 *
 *   lo   c0 <---> c1
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <libnlq.h>

#include "namespace.h"

/* The output of a command; valid until the next call. */
static const char *output_of(const char *command)
{
	static char text[65536];
	FILE *pipe = popen(command, "re");
	size_t len;

	assert_non_null(pipe);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	assert_int_equal(pclose(pipe), 0);
	text[len] = '\0';
	return text;
}

#define assert_shows(command, text)    assert_non_null(strstr(output_of("ip -j " command), text))
#define assert_shows_no(command, text) assert_null(strstr(output_of("ip -j " command), text))

static void test_configuration(void **state)
{
	unsigned int ifindex = nlq_if_nametoindex("c0");
	unsigned char address[4] = {10, 0, 0, 1};
	unsigned char gateway[4] = {10, 0, 0, 2};
	unsigned char network[4] = {10, 9, 0, 0};
	unsigned char address6[16] = {0xfd, [15] = 1};

	assert_int_equal(ifindex, if_nametoindex("c0"));
	assert_int_equal(nlq_linksetupdown(ifindex, 1), 0);
	assert_shows("link show dev c0", "\"UP\"");
	assert_int_equal(nlq_ipaddr_add(AF_INET, address, 24, ifindex), 0);
	assert_int_equal(nlq_ipaddr_add(AF_INET, address, 24, ifindex), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(
	    nlq_ipaddr_add(AF_INET6, address6, nlq_addrdata2prefix(64, 0x02, 0), ifindex), 0);
	assert_shows("addr show dev c0", "\"local\":\"10.0.0.1\",\"prefixlen\":24");
	assert_shows("addr show dev c0", "\"local\":\"fd00::1\",\"prefixlen\":64");
	assert_int_equal(nlq_iproute_add(AF_INET, NULL, 0, gateway, 0), 0);
	assert_shows("route", "\"dst\":\"default\",\"gateway\":\"10.0.0.2\",\"dev\":\"c0\"");
	assert_int_equal(nlq_iproute_add(AF_INET, network, 16, gateway, 0), 0);
	assert_int_equal(nlq_iproute_del(AF_INET, network, 16, gateway, 0), 0);
	assert_int_equal(nlq_iproute_del(AF_INET, network, 16, gateway, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(nlq_iproute_del(AF_INET, NULL, 0, gateway, 0), 0);
	assert_shows_no("route", "default");
	assert_int_equal(nlq_ipaddr_del(AF_INET6, address6, 64, ifindex), 0);
	assert_int_equal(nlq_ipaddr_del(AF_INET, address, 24, ifindex), 0);
	assert_shows_no("addr show dev c0", "10.0.0.1");
	assert_int_equal(nlq_linksetupdown(ifindex, 0), 0);
	assert_shows_no("link show dev c0", "\"UP\"");
	assert_int_equal(nlq_linksetupdown(9999, 0), -1);
	assert_int_equal(errno, ENODEV);
}

static void test_names(void **state)
{
	struct if_nameindex *expected = if_nameindex();
	struct nlq_if_nameindex *list = nlq_if_nameindex();
	char name[IF_NAMESIZE];
	size_t i;

	assert_non_null(expected);
	assert_non_null(list);
	for (i = 0; expected[i].if_index; i++) {
		assert_int_equal(list[i].if_index, expected[i].if_index);
		assert_string_equal(list[i].if_name, expected[i].if_name);
		assert_ptr_equal(nlq_if_indextoname(list[i].if_index, name), name);
		assert_string_equal(name, expected[i].if_name);
		assert_int_equal(nlq_if_nametoindex(name), expected[i].if_index);
	}
	assert_int_equal(list[i].if_index, 0);
	assert_null(list[i].if_name);
	if_freenameindex(expected);
	nlq_if_freenameindex(list);
	nlq_if_freenameindex(NULL);

	assert_int_equal(nlq_if_nametoindex("none"), 0);
	assert_int_equal(errno, ENODEV);
	assert_null(nlq_if_indextoname(9999, name));
	assert_int_equal(errno, ENXIO);
	assert_null(nlq_if_indextoname(0, name));
	assert_int_equal(errno, ENXIO);
}

static void test_iplink(void **state)
{
	struct {
		struct ifinfomsg header;
		struct nlattr attr;
		char name[4];
	} peer = {.attr = {NLA_HDRLEN + 4, IFLA_IFNAME}, .name = "d1"};
	const struct nlq_iplink_data data = {VETH_INFO_PEER, sizeof(peer), &peer};
	int ifindex;

	assert_int_equal(nlq_iplink_add("d0", 0, "veth", &data, 1), 0);
	assert_shows("-d link show dev d1", "\"info_kind\":\"veth\"");
	assert_int_equal(nlq_iplink_add("d0", 0, "veth", NULL, 0), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(nlq_iplink_del("d0", 0), 0);
	assert_int_equal(nlq_if_nametoindex("d1"), 0);
	ifindex = nlq_iplink_add("d2", (unsigned int)-1, "veth", NULL, 0);
	assert_true(ifindex > 0);
	assert_int_equal(nlq_if_nametoindex("d2"), ifindex);
	assert_int_equal(nlq_iplink_del(NULL, (unsigned int)ifindex), 0);
	assert_int_equal(nlq_iplink_add("d3", 0, "nosuchkind", nlq_iplink_strdata(1, "vde://")), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(nlq_iplink_add("d3", 0, "veth", NULL, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(nlq_iplink_add("d3", 0, "veth", NULL, -1), -1);
	assert_int_equal(errno, EINVAL);
}

static int take_index(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv)
{
	const struct ifinfomsg *header = NLMSG_DATA(msg);
	int *ifindex = argout;

	if (attr[IFLA_IFNAME] && strcmp(argin, (const char *)(attr[IFLA_IFNAME] + 1)) == 0)
		*ifindex = header->ifi_index;
	return argenv ? -EXFULL : 0;
}

static struct nlq_msg *get_link(uint16_t flags, const char *name)
{
	struct nlq_msg *msg = nlq_createmsg(RTM_GETLINK, NLM_F_REQUEST | flags, 0, 0);

	nlq_addstruct(msg, ifinfomsg, .ifi_family = AF_UNSPEC);
	if (name)
		nlq_addattr(msg, IFLA_IFNAME, name, (unsigned short)(strlen(name) + 1));
	return msg;
}

static void test_rtdialog(void **state)
{
	int expected = (int)if_nametoindex("c0");
	int ifindex = 0;
	struct nlq_msg *msg;

	assert_int_equal(nlq_rtdialog(get_link(0, "c0"), take_index, "c0", &ifindex, NULL), 0);
	assert_int_equal(ifindex, expected);
	ifindex = 0;
	assert_int_equal(nlq_rtdialog(get_link(NLM_F_DUMP, NULL), take_index, "c0", &ifindex, NULL), 0);
	assert_int_equal(ifindex, expected);
	assert_int_equal(
	    nlq_rtdialog(get_link(NLM_F_DUMP, NULL), take_index, "c0", &ifindex, &ifindex), -EXFULL);
	assert_int_equal(nlq_rtdialog(get_link(0, "none"), take_index, "c0", &ifindex, NULL), -ENODEV);
	assert_int_equal(nlq_rtdialog(NULL, take_index, "c0", &ifindex, NULL), -ENOMEM);
	assert_int_equal(
	    nlq_general_rtdialog(get_link(0, "c0"), NULL, NULL, take_index, "c0", &ifindex, NULL), 0);
	/* A change without NLM_F_ACK is acknowledged all the same: who waits is not left waiting. */
	msg = nlq_createmsg(RTM_SETLINK, NLM_F_REQUEST, 0, 0);
	nlq_addstruct(msg, ifinfomsg, .ifi_index = expected);
	assert_int_equal(nlq_rtdialog(msg, nlq_process_null_cb, NULL, NULL, NULL), 0);
	assert_int_equal(nlq_return_errno(-EXFULL), -1);
	assert_int_equal(errno, EXFULL);
	assert_int_equal(nlq_return_errno(7), 7);
}

/* The dialog in its parts. */
static void test_parts(void **state)
{
	int fd = nlq_open(NETLINK_ROUTE);
	int ifindex = 0;
	struct nlq_msg *msg = get_link(0, "c0");

	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(nlq_sendmsg(fd, msg), -1); /* not complete */
	assert_int_equal(errno, EINVAL);
	nlq_complete(msg);
	assert_int_equal(nlq_sendmsg(fd, msg), msg->nlq_size);
	nlq_freemsg(msg);
	assert_int_equal(nlq_recv_process_rtreply(fd, take_index, "c0", &ifindex, NULL), 0);
	assert_int_equal(ifindex, if_nametoindex("c0"));
	assert_true(nlq_complete_send_freemsg(fd, get_link(NLM_F_DUMP, NULL)) > 0);
	ifindex = 0;
	assert_int_equal(nlq_recv_process_rtreply(fd, take_index, "lo", &ifindex, NULL), 0);
	assert_int_equal(ifindex, 1);
	assert_true(nlq_complete_send_freemsg(fd, get_link(0, "none")) > 0);
	assert_int_equal(nlq_recv_process_rtreply(fd, take_index, "", &ifindex, NULL), -ENODEV);
	assert_int_equal(nlq_complete_send_freemsg(fd, NULL), -1);
	assert_int_equal(errno, ENOMEM);
	ioth_close(fd);
	assert_int_equal(nlq_open(-1), -1);
	assert_int_equal(nlq_recv_process_rtreply(-1, take_index, "", NULL, NULL), -EBADF);
}

static void test_ioctl(void **state)
{
	struct ifreq ifr = {.ifr_name = "c0"};

	assert_int_equal(nlq_ioctl(-1, SIOCGIFINDEX, &ifr), 0);
	assert_int_equal(ifr.ifr_ifindex, if_nametoindex("c0"));
	assert_int_equal(nlq_ioctl_nofd(SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 1500);
	assert_int_equal(nlq_ioctl_nofd(FIONREAD, &ifr), -1);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(nlqx_ioctl(NULL, SIOCGIFMTU, NULL), -1);
	assert_int_equal(errno, EFAULT);
}

static void test_proc_net_dev(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *file;

	/* Something to count; then all is quiet. */
	assert_int_equal(system("ip link set lo up; ping -q -c 3 -i 0.01 127.0.0.1 >/dev/null"), 0);
	file = open_memstream(&text, &len);
	assert_non_null(file);
	assert_int_equal(nlq_proc_net_dev(file), 0);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, output_of("cat /proc/self/net/dev"));
	free(text);
	file = fopen("/dev/full", "we");
	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(nlq_proc_net_dev(file), -1);
	assert_int_equal(errno, ENOSPC);
	fclose(file);
}

/* Another stack: a namespace of its own, without c0. */
static void test_other_stack(void **state)
{
	struct ioth *stack = ioth_newstack("vdestack", NULL);
	struct nlq_if_nameindex *list;
	char name[IF_NAMESIZE];
	char *text = NULL;
	size_t len;
	FILE *file;
	int ifindex;

	if (!stack) {
		printf("vdestack: %s\n", ioth_error());
		skip();
	}
	assert_int_equal(nlqx_if_nametoindex(stack, "c0"), 0);
	ifindex = nlqx_iplink_add(stack, "e0", (unsigned int)-1, "veth", NULL, 0);
	assert_true(ifindex > 0);
	assert_int_equal(nlq_if_nametoindex("e0"), 0);
	assert_string_equal(nlqx_if_indextoname(stack, (unsigned int)ifindex, name), "e0");
	assert_int_equal(nlqx_linksetupdown(stack, (unsigned int)ifindex, 1), 0);
	list = nlqx_if_nameindex(stack);
	assert_non_null(list);
	assert_string_equal(list[0].if_name, "lo");
	nlqx_if_freenameindex(stack, list);
	assert_int_equal(
	    nlqx_ipaddr_add(stack, AF_INET, (unsigned char[]){10, 0, 0, 1}, 24, (unsigned int)ifindex),
	    0);
	assert_int_equal(
	    nlqx_iproute_add(stack, AF_INET, NULL, 0, (unsigned char[]){10, 0, 0, 2}, 0), 0);
	assert_int_equal(
	    nlqx_iproute_del(stack, AF_INET, NULL, 0, (unsigned char[]){10, 0, 0, 2}, 0), 0);
	assert_int_equal(
	    nlqx_ipaddr_del(stack, AF_INET, (unsigned char[]){10, 0, 0, 1}, 24, (unsigned int)ifindex),
	    0);
	file = open_memstream(&text, &len);
	assert_int_equal(nlqx_proc_net_dev(stack, file), 0);
	fclose(file);
	assert_non_null(strstr(text, "    e0:"));
	free(text);
	assert_int_equal(nlqx_iplink_del(stack, "e0", 0), 0);

	/* The default stack is where the calls without a stack go. */
	ioth_set_defstack(stack);
	assert_int_equal(nlq_if_nametoindex("c0"), 0);
	ioth_set_defstack(NULL);
	assert_int_not_equal(nlq_if_nametoindex("c0"), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

static int setup(void **state)
{
	return system("ip link add c0 type veth peer name c1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_configuration),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_iplink),
	    cmocka_unit_test(test_rtdialog),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_ioctl),
	    cmocka_unit_test(test_proc_net_dev),
	    cmocka_unit_test(test_other_stack),
	};

	enter_namespaces_or_skip();
	return cmocka_run_group_tests(tests, setup, NULL);
}
