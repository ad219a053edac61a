/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses an address: the stack is asked for its sockets (sock_diag(7)), since a program opens and
 * closes its connections without telling us.
 *
 * A stack that does not know says nothing: then there are no flows but those that are counted. */
#include "place.h"

#include <errno.h>
#include <string.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <ioth.h>

#include "nlq_message.h"
#include "nlq_socket.h"

#define ALL_STATES UINT32_MAX
#define LISTENING  (1U << TCP_LISTEN)

/* The kernel's filter language (inet_diag.h): is the local address this one? It jumps by offsets;
 * the one that ends just behind the program is "yes", the one behind that "no". */
struct filter {
	struct inet_diag_bc_op op;
	struct inet_diag_hostcond condition;
	struct in6_addr address;
};

static int found(const struct nlmsghdr *message, void *argument)
{
	*(bool *)argument = true;
	return 0;
}

static int ask(const struct nlq_io *io, uint8_t protocol, const struct in6_addr *address, bool *is)
{
	const struct inet_diag_req_v2 request = {.sdiag_family = AF_INET6,
	    .sdiag_protocol = protocol,
	    .idiag_states = ALL_STATES & ~LISTENING};
	const struct inet_diag_bc_op op = {.code = INET_DIAG_BC_S_COND,
	    .yes = sizeof(struct filter),
	    .no = sizeof(struct filter) + sizeof(struct inet_diag_bc_op)};
	const struct inet_diag_hostcond condition = {
	    .family = AF_INET6, .prefix_len = 8 * sizeof(*address), .port = -1};
	uint8_t program[sizeof(struct filter)];
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct nlmsghdr *message;

	memcpy(program, &op, sizeof(op));
	memcpy(program + sizeof(op), &condition, sizeof(condition));
	memcpy(program + sizeof(op) + sizeof(condition), address, sizeof(*address));
	nlq_build_message(&builder, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &request, sizeof(request));
	nlq_build_attr(&builder, INET_DIAG_REQ_BYTECODE, program, sizeof(program));
	message = nlq_build_finish(&builder);
	return message ? nlq_dialog(io, message, found, is) : builder.error;
}

bool otip_place_in_use(void *context, const struct in6_addr *address)
{
	const struct otip_place *place = context;
	int fd = nlq_socket_fd(place->stack, NETLINK_SOCK_DIAG);
	struct nlq_io io;
	bool is = false;

	if (fd < 0)
		return false;
	io = nlq_socket_io(&fd);
	(void)ask(&io, IPPROTO_TCP, address, &is);
	if (!is)
		(void)ask(&io, IPPROTO_UDP, address, &is);
	ioth_close(fd);
	return is;
}
