/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces as a stack describes them: one by name or index, or the names of all. */
#ifndef NLQ_LINKS_H
#define NLQ_LINKS_H

#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <linux/if_link.h>

#include "nlq_dialog.h"

#define NLQ_MAC_MAX 32

struct nlq_link {
	unsigned int ifindex;
	unsigned int flags;
	uint16_t type; /* ARPHRD_... */
	uint32_t mtu;
	uint32_t txqlen;
	char name[IF_NAMESIZE];
	unsigned char mac[NLQ_MAC_MAX];
	size_t mac_len;
	struct rtnl_link_ifmap map;
};

/* `name` NULL: by index. Returns 0, or -ENODEV, or what nlq_dialog returns. */
int nlq_dialog_link(
    const struct nlq_io *io, const char *name, unsigned int ifindex, struct nlq_link *link);

struct nlq_name {
	unsigned int ifindex;
	char name[IF_NAMESIZE];
};

struct nlq_names {
	struct nlq_name *list; /* malloc'ed, the caller's */
	size_t count;
};

/* Returns 0, or -ENOMEM, or what nlq_dialog returns; then there is no list. */
int nlq_dialog_names(const struct nlq_io *io, struct nlq_names *names);

/* The name of an index, or "". */
const char *nlq_names_find(const struct nlq_names *names, unsigned int ifindex);

/* Asks for a dump of `type` (RTM_GET...) with a family header that is zero but for `family`. What
 * was dumped while it changed (-EINTR) is asked for again, a few times; `restart`, which may be
 * NULL, makes `answer` forget what it has seen. */
int nlq_dialog_dump(const struct nlq_io *io, uint16_t type, int family, nlq_answer *answer,
    void (*restart)(void *argument), void *argument);

#endif
