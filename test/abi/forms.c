/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How programs and plugins in C and in C++ use the headers. Compiled, not run. */
#include <libioth.h>
#include <ioth.h>
#include <libnlq.h>

/* The address of ioth_newstack, in each way to take it. */
struct ioth *(*const form_pointer)(const char *, const char *) = ioth_newstack;
struct ioth *(*const form_address)(const char *, const char *) = &ioth_newstack;

struct form_table {
	struct ioth *(*ioth_newstack)(const char *, const char *);
};
const struct form_table form_table = {ioth_newstack};

/* Types of plugins' functions, as seed pages and plugins write them. */
static getstackdata_prototype *form_getstackdata;
newstack_prototype form_newstack;
delstack_prototype form_delstack;

int form_calls(const char *vnlv[]);

int form_calls(const char *vnlv[])
{
	struct ioth *stack[] = {
	    ioth_newstack("kernel"),
	    ioth_newstack("kernel", NULL),
	    (ioth_newstack)("kernel", NULL),
	    ioth_newstack(vnlv ? "kernel" : (const char *)NULL),
	    form_pointer("kernel", "vde://"),
	    form_address("kernel", "vde://"),
	    form_table.ioth_newstack("kernel", "vde://"),
	    ioth_newstacki("kernel", "vde://"),
	    ioth_newstackl("kernel", "vde://", "eth1:vde://", (char *)NULL),
	    ioth_newstackv("kernel", vnlv),
	};
	unsigned char mac[6];
	char text[MAC_ADDRSTRLEN];

	if (ioth_macton("02:00:00:00:00:01", mac) && ioth_ntomac(mac, text, sizeof(text)))
		return ioth_ipaddr_add(
		    stack[0], AF_INET, mac, nl_addrdata2prefix(24, 0, 0), (unsigned int)text[0]);
	return ioth_iproute_add(stack[0], AF_INET, NULL, nl_routedata2prefix(0, 1, 0), NULL, 1) +
	       ioth_fcntl(0, 1) + ioth_fcntl(0, 2, 1L) + ioth_ioctl(0, 1UL) + ioth_ioctl(0, 1UL, mac);
}

static void *form_search(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	return attr[IFLA_IFNAME] && msg ? stackinfo : NULL;
}

static int form_get(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	struct nlq_msg *reply = nlq_createmsg(RTM_NEWLINK, 0, msg->nlmsg_seq, 0);

#ifndef __cplusplus /* before C++20 */
	nlq_addstruct(reply, ifinfomsg, .ifi_family = AF_UNSPEC, .ifi_index = 1);
#endif
	nlq_complete_enqueue(reply, reply_msgq);
	return entry && attr && stackinfo ? 0 : 1;
}

static int form_new(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	return stackinfo ? 0 : nlq_error(attr, -EINVAL, "no", attr[IFLA_MTU]) + (int)msg->nlmsg_len;
}

#ifdef __cplusplus
static_assert(offsetof(struct nlq_request_handlers, new_) == 2 * sizeof(void *), "new_");
#endif

/* Handlers by position: the same in C and in C++, whatever the third member is called. */
int form_netlink(struct nlmsghdr *msg, void *stackinfo);

int form_netlink(struct nlmsghdr *msg, void *stackinfo)
{
	nlq_request_handlers_table table = {{form_search, form_get, form_new, NULL, NULL}};
	struct nlq_msg *queue = nlq_process_rtrequest(msg, table, stackinfo);

	while (queue != NULL)
		nlq_freemsg(nlq_dequeue(&queue));
#ifdef __cplusplus
	if (table[RTMF_LINK].new_ == form_new)
#else
	if (table[RTMF_LINK].new == form_new)
#endif
		return nlq_iplink_add("vde0", 0, "vde", nlq_iplink_strdata(1, "vde://"));
	return nlq_iplink_add("vde0", (unsigned int)-1, "dummy", NULL, 0);
}

void *form_newstack(const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	form_getstackdata = functions->getstackdata;
	functions->socket = socket;
	functions->bind = bind;
	functions->connect = connect;
	functions->accept = accept;
	functions->getsockname = getsockname;
	functions->recvfrom = recvfrom;
	functions->sendto = sendto;
	functions->recvmsg = recvmsg;
	functions->readv = readv;
	return vnlv && options ? form_getstackdata() : NULL;
}

int form_delstack(void *stackdata)
{
	return stackdata == NULL;
}
