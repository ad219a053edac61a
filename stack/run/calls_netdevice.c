/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7): libnlq's, on the stack's own netlink server. */
#include "calls.h"

#include <stdlib.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "nlq_ioctl.h"
#include "nlq_server.h"

#define LIST_MAX (1 << 20) /* bytes of SIOCGIFCONF that are looked at: 26,000 addresses */

bool netdevice_knows(unsigned long cmd)
{
	return (cmd >= SIOCGIFNAME && cmd <= SIOCSIFTXQLEN) || cmd == SIOCGIFMAP || cmd == SIOCSIFMAP;
}

/* `argument` is a copy. */
static int ask(int fd, unsigned long cmd, void *argument)
{
	struct nlq_server_peer peer = {.answers = NULL};
	struct nlq_io io = nlq_io_server(&peer);
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	if (err)
		return err;
	peer.server = netlink_server(call.stack->px);
	err = nlq_dialog_ioctl(&io, cmd, argument);
	nlq_free(&peer.answers);
	return err;
}

/* The list is written behind the lock. */
static int ask_list(int fd, struct ifconf *user)
{
	struct ifconf list = *user;
	int err;

	if (list.ifc_len > LIST_MAX)
		list.ifc_len = LIST_MAX;
	if (user->ifc_buf) {
		list.ifc_buf = malloc(list.ifc_len > 0 ? (size_t)list.ifc_len : 1);
		if (!list.ifc_buf)
			return -ENOMEM;
	}
	err = ask(fd, SIOCGIFCONF, &list);
	if (!err) {
		if (user->ifc_buf && list.ifc_len > 0)
			memcpy(user->ifc_buf, list.ifc_buf, (size_t)list.ifc_len);
		user->ifc_len = list.ifc_len;
	}
	free(list.ifc_buf);
	return err;
}

int netdevice_ioctl(int fd, unsigned long cmd, void *argument)
{
	struct ifreq request;
	int err;

	if (cmd == SIOCGIFCONF)
		return ask_list(fd, argument);
	memcpy(&request, argument, sizeof(request));
	err = ask(fd, cmd, &request);
	if (!err)
		memcpy(argument, &request, sizeof(request));
	return err;
}
