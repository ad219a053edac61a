/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7) as dialogs. */
#ifndef NLQ_IOCTL_H
#define NLQ_IOCTL_H

#include "nlq_dialog.h"

struct ifreq;
struct ifconf;

/* `argument` is what ioctl(2) takes: a struct ifreq, or a struct ifconf for SIOCGIFCONF. Returns 0,
 * or -errno: -ENOTTY for a request that is none of netdevice(7). */
int nlq_dialog_ioctl(const struct nlq_io *io, unsigned long request, void *argument);

/* Those about IPv4 addresses (nlq_ioctl_addr.c). */
int nlq_dialog_ioctl_addr(const struct nlq_io *io, unsigned long request, struct ifreq *ifr);
int nlq_dialog_ifconf(const struct nlq_io *io, struct ifconf *ifconf);

/* SIOCSIFFLAGS for an alias ("eth0:1"): without IFF_UP its address goes. */
int nlq_dialog_alias_flags(const struct nlq_io *io, const struct ifreq *ifr);

#endif
