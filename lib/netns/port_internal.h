/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What port.c and its two kinds of port share. Async-signal-safe throughout, as netns.h says. */
#ifndef PORT_INTERNAL_H
#define PORT_INTERNAL_H

#include <stddef.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "netns.h"

/* Linux 6.2; the headers of Debian 12 are older than the kernels it runs. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* Both create the interface, down, and fill in `port`; -errno and nothing left behind on failure.
 * `name` is a valid interface name. */
int port_open_tap(const char *name, unsigned int mtu, struct netns_port *port);
int port_open_veth(const char *name, unsigned int mtu, struct netns_port *port);

/* Switches off the features of interface `name` that a virtio_net_hdr cannot express: the kernel
 * then does that work itself. `uso`: whether it can express UDP segmentation. */
int port_features_trim(int control_fd, const char *name, bool uso);

#endif
