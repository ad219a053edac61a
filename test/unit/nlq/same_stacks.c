/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <net/if.h>
#include <linux/if_addr.h>

#include "namespace.h"
#include "same_stacks.h"

#define LINES 512

struct ioth *same_stacks[STACKS];
const char *const same_names[STACKS] = {"kernel", "picox"};

static void switch_on(const char *sysctl)
{
	int error = write_file(sysctl, "1");

	if (error) {
		printf("SKIP: %s: %s\n", sysctl, strerror(-error));
		exit(EXIT_SKIP);
	}
}

void same_stacks_open(void)
{
	enter_namespaces_or_skip();
	/* As the stack is, and as distributions set the kernel. */
	switch_on("/proc/sys/net/ipv4/conf/all/promote_secondaries");
	switch_on("/proc/sys/net/ipv6/conf/all/keep_addr_on_down");
	same_stacks[KERNEL] = ioth_newstack("kernel");
	same_stacks[PICOX] = ioth_newstack("picox", NULL);
	for (int i = 0; i < STACKS; i++) {
		if (!same_stacks[i]) {
			printf("%s: %s\n", same_names[i], ioth_error());
			exit(1);
		}
	}
	if (ioth_linksetupdown(same_stacks[KERNEL], 1, 1) < 0 ||
	    ioth_iplink_add(same_stacks[KERNEL], "a0", A0, "veth", NULL) < 0 ||
	    ioth_linksetupdown(same_stacks[KERNEL],
	        (unsigned int)ioth_if_nametoindex(same_stacks[KERNEL], "veth0"), 1) < 0 ||
	    ioth_iplink_add(same_stacks[PICOX], "a0", A0, "vde", "mem://same") < 0) {
		perror("a0");
		exit(1);
	}
}

void same_stacks_close(void)
{
	for (int i = 0; i < STACKS; i++) {
		if (ioth_delstack(same_stacks[i]) < 0) {
			perror(same_names[i]);
			exit(1);
		}
	}
}

/* ---- the state ---- */

struct lines {
	size_t count;
	char line[LINES][200];
};

static const char *ip_text(int family, const struct nlattr *attr, char text[INET6_ADDRSTRLEN])
{
	return attr ? inet_ntop(family, attr + 1, text, INET6_ADDRSTRLEN) : "-";
}

static unsigned int number(const struct nlattr *attr, unsigned int otherwise)
{
	if (attr)
		memcpy(&otherwise, attr + 1, sizeof(otherwise));
	return otherwise;
}

/* IPv6's own addresses of a link, and its groups: they come and go by themselves. */
static int of_link(int family, const struct nlattr *attr)
{
	const unsigned char *bytes = (const unsigned char *)(attr + 1);

	return family == AF_INET6 && attr &&
	       (bytes[0] == 0xff || (bytes[0] == 0xfe && bytes[1] == 0x80));
}

static int same_iface(unsigned int index)
{
	return index == 1 || index == A0;
}

static int add_address(
    struct nlmsghdr *msg, struct nlattr **attr, const void *in, void *out, void *env)
{
	const struct ifaddrmsg *header = NLMSG_DATA(msg);
	char one[INET6_ADDRSTRLEN], two[INET6_ADDRSTRLEN], three[INET6_ADDRSTRLEN];
	struct lines *lines = out;
	int family = header->ifa_family;
	struct ifa_cacheinfo info = {0};

	if (attr[IFA_CACHEINFO])
		memcpy(&info, attr[IFA_CACHEINFO] + 1, sizeof(info));
	if (msg->nlmsg_type != RTM_NEWADDR || !same_iface(header->ifa_index) ||
	    of_link(family, attr[IFA_ADDRESS]))
		return 0;
	assert_true(lines->count < LINES);
	/* Duplicates are looked for in a time of its own. */
	snprintf(lines->line[lines->count++], sizeof(lines->line[0]),
	    "address %d: %s/%u peer %s broadcast %s label %s flags %#x scope %u metric %u "
	    "for ever %d %d",
	    header->ifa_index, ip_text(family, attr[attr[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS], one),
	    header->ifa_prefixlen, ip_text(family, attr[IFA_ADDRESS], two),
	    ip_text(family, attr[IFA_BROADCAST], three),
	    attr[IFA_LABEL] ? (const char *)(attr[IFA_LABEL] + 1) : "-",
	    number(attr[IFA_FLAGS], header->ifa_flags) & ~(unsigned int)IFA_F_TENTATIVE,
	    header->ifa_scope, number(attr[IFA_RT_PRIORITY], 0), info.ifa_valid == UINT32_MAX,
	    info.ifa_prefered == UINT32_MAX);
	return 0;
}

static int add_route(
    struct nlmsghdr *msg, struct nlattr **attr, const void *in, void *out, void *env)
{
	const struct rtmsg *header = NLMSG_DATA(msg);
	char one[INET6_ADDRSTRLEN], two[INET6_ADDRSTRLEN], three[INET6_ADDRSTRLEN];
	struct lines *lines = out;
	int family = header->rtm_family;

	if (msg->nlmsg_type != RTM_NEWROUTE || !same_iface(number(attr[RTA_OIF], 1)) ||
	    of_link(family, attr[RTA_DST]))
		return 0;
	/* What is local follows from the addresses (the kernel: also those of a link that is down). */
	if (header->rtm_table == RT_TABLE_LOCAL &&
	    (family == AF_INET6 || header->rtm_type == RTN_LOCAL))
		return 0;
	assert_true(lines->count < LINES);
	snprintf(lines->line[lines->count++], sizeof(lines->line[0]),
	    "route %s/%u via %s dev %u source %s table %u type %u scope %u protocol %u metric %u",
	    attr[RTA_DST]       ? ip_text(family, attr[RTA_DST], one)
	    : family == AF_INET ? "any4"
	                        : "any6",
	    header->rtm_dst_len, ip_text(family, attr[RTA_GATEWAY], two), number(attr[RTA_OIF], 0),
	    ip_text(family, attr[RTA_PREFSRC], three), header->rtm_table, header->rtm_type,
	    header->rtm_scope, header->rtm_protocol, number(attr[RTA_PRIORITY], 0));
	return 0;
}

static int by_text(const void *one, const void *two)
{
	return strcmp(one, two);
}

char *same_state(struct ioth *stack)
{
	struct nlq_msg *addresses = nlq_createmsg(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	struct nlq_msg *routes = nlq_createmsg(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	struct lines *lines = calloc(1, sizeof(*lines));
	char *text = malloc(sizeof(lines->line));
	size_t used = 0;

	assert_non_null(lines);
	assert_non_null(text);
	nlq_addstruct(addresses, ifaddrmsg, .ifa_family = AF_UNSPEC);
	assert_int_equal(nlqx_rtdialog(stack, addresses, add_address, NULL, lines, NULL), 0);
	nlq_addstruct(routes, rtmsg, .rtm_family = AF_UNSPEC);
	assert_int_equal(nlqx_rtdialog(stack, routes, add_route, NULL, lines, NULL), 0);
	qsort(lines->line, lines->count, sizeof(lines->line[0]), by_text);
	text[0] = '\0';
	for (size_t i = 0; i < lines->count; i++)
		used += (size_t)sprintf(text + used, "%s\n", lines->line[i]);
	free(lines);
	return text;
}

/* ---- steps ---- */

/* Prints lines that only one has, each once; returns how many. */
static int print_difference(const char *step, char *texts[STACKS])
{
	static char seen[STACKS][65536];
	int count = 0;

	for (int i = 0; i < STACKS; i++) {
		char *copy = strdup(texts[i]), *rest = copy, *line;

		while ((line = strsep(&rest, "\n"))) {
			if (!*line || strstr(texts[!i], line) || strstr(seen[i], line))
				continue;
			printf("%s, only in %s: %s\n", step, same_names[i], line);
			count++;
			if (strlen(seen[i]) + strlen(line) < sizeof(seen[i]))
				strcat(seen[i], line);
		}
		free(copy);
	}
	return count;
}

int same_run(const struct same_step *steps, size_t count)
{
	int differences = 0;

	for (size_t i = 0; i < count; i++) {
		int result[STACKS], error[STACKS];
		char *text[STACKS];

		for (int j = 0; j < STACKS; j++) {
			errno = 0;
			result[j] = steps[i].call(same_stacks[j]);
			error[j] = result[j] < 0 ? errno : 0;
			text[j] = same_state(same_stacks[j]);
		}
		if ((result[KERNEL] > 0) != (result[PICOX] > 0) || error[KERNEL] != error[PICOX]) {
			printf("%s: kernel %d %s, picox %d %s\n", steps[i].name, result[KERNEL],
			    strerror(error[KERNEL]), result[PICOX], strerror(error[PICOX]));
			differences++;
		}
		differences += print_difference(steps[i].name, text);
		for (int j = 0; j < STACKS; j++)
			free(text[j]);
	}
	return differences;
}
