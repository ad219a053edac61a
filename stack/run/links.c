/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces that netlink makes and deletes: RTM_NEWLINK of the kind "vde", whose data is a VNL.
 *
 *     IFLA_LINKINFO { IFLA_INFO_KIND "vde", IFLA_INFO_DATA "vde:///tmp/sw" or { 1: "vde:///tmp/sw"
 * } }
 *
 * (nlinline sends the bare string, nlq_iplink_strdata an attribute. A text is not taken for an
 * attribute: its first two letters would be a length beyond any message.) Everything that a stack
 * can be made with is a VNL here, mem:// too.
 *
 * To open a network may take seconds, and no lock may be held then. So a datagram of requests is
 * looked through before it is handled, and the link that it asks for is opened; the handler finds
 * it ready. There is one in a datagram: a second one is refused (EBUSY). Links of interfaces that
 * were deleted are closed when the call is over (ports_reap).
 */
#include "port.h"

#include <errno.h>
#include <stdlib.h>
#include <linux/if_link.h>

#include "nlq_message.h"

#define VNL_MAX 4096
#define TAG_VNL 1 /* in IFLA_INFO_DATA, when it is a nest */

/* The VNL in IFLA_INFO_DATA; "" if there is none. */
static int read_vnl(const struct nlattr *data, char vnl[VNL_MAX])
{
	const struct nlattr *table[TAG_VNL + 1] = {NULL};
	int err;

	vnl[0] = '\0';
	if (!data)
		return 0;
	if (nlq_attr_len(data) >= NLA_HDRLEN &&
	    nlq_parse_attrs(nlq_nested_attrs(data), table, TAG_VNL) == 0)
		data = table[TAG_VNL];
	err = nlq_attr_string(data, vnl, VNL_MAX);
	return err < 0 ? -EINVAL : 0;
}

static bool asks_for_link(const struct nlmsghdr *message, const struct nlattr **data)
{
	const struct nlattr *attr[IFLA_LINKINFO + 1], *info[IFLA_INFO_DATA + 1];
	char kind[sizeof(NETLINK_KIND)];

	if (message->nlmsg_type != RTM_NEWLINK || !(message->nlmsg_flags & NLM_F_CREATE) ||
	    nlq_parse_attrs(
	        nlq_message_attrs(message, sizeof(struct ifinfomsg)), attr, IFLA_LINKINFO) ||
	    !attr[IFLA_LINKINFO] ||
	    nlq_parse_attrs(nlq_nested_attrs(attr[IFLA_LINKINFO]), info, IFLA_INFO_DATA) ||
	    nlq_attr_string(info[IFLA_INFO_KIND], kind, sizeof(kind)) < 0 ||
	    strcmp(kind, NETLINK_KIND) != 0)
		return false;
	*data = info[IFLA_INFO_DATA];
	return true;
}

static int open_link(struct picox *stack, const struct nlattr *data, struct port **port)
{
	char *vnl = malloc(VNL_MAX);
	int err, before;

	if (!vnl)
		return -ENOMEM;
	err = read_vnl(data, vnl);
	/* Waits in the C library, which knows nothing of what there is to be undone. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	if (!err)
		err = vnl[0] ? port_new(stack, vnl, port) : -EINVAL;
	pthread_setcancelstate(before, NULL);
	free(vnl);
	return err;
}

void links_prepare(struct picox *stack, const struct px_pkt *datagram, struct prepared *prepared)
{
	const struct nlmsghdr *message;
	const struct nlattr *data;
	struct nlq_reader reader;
	void *copy = malloc(datagram->total ? datagram->total : 1); /* in one piece, aligned */

	prepared->err = -ENOMEM;
	if (!copy)
		return;
	reader = nlq_reader(copy, px_pkt_read(datagram, 0, copy, datagram->total));
	prepared->err = -EBUSY;
	while ((message = nlq_next_message(&reader))) {
		if (asks_for_link(message, &data)) {
			prepared->err = open_link(stack, data, &prepared->port);
			break;
		}
	}
	free(copy);
}

void links_release(struct prepared *prepared)
{
	if (prepared->port)
		port_close(prepared->port);
}

/* ---- for the handlers of netlink/ ---- */

static int make(struct px_stack *px, const char *kind, const void *data, size_t len,
    const char *name, uint32_t index)
{
	struct picox *stack = px->owner;
	struct prepared *prepared = stack->prepared;
	struct port *port;
	int err;

	if (strcmp(kind, NETLINK_KIND) != 0 || !prepared)
		return -EOPNOTSUPP;
	port = prepared->port;
	if (!port)
		return prepared->err;
	err = port_attach(port, name && name[0] ? name : NULL, index);
	if (err)
		return err;
	prepared->port = NULL;
	prepared->err = -EBUSY;
	return (int)port->iface->index;
}

static int remove_link(struct px_iface *iface)
{
	px_iface_del(iface);
	return 0;
}

const struct netlink_links run_links = {make, remove_link};
