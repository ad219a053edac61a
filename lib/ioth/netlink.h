/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A NETLINK_ROUTE socket of a stack, for a dialog. */
#ifndef IOTH_NETLINK_H
#define IOTH_NETLINK_H

#include <nlq_dialog.h>

struct ioth;

struct netlink {
	int fd;
	struct nlq_io io; /* borrows fd: do not copy the struct */
};

/* 0 or -errno. NULL is the default stack. */
int netlink_open(struct netlink *netlink, struct ioth *stack);
void netlink_close(struct netlink *netlink);

#endif
