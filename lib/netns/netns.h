/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User and network namespaces: entering them, id maps, capabilities, interfaces.
 *
 * Everything here runs in a process that was made for it (vdens's child, libvdestack's helper). The
 * helper is cloned from a program that may have threads, past the C library's fork handlers, so
 * these functions are async-signal-safe: no malloc, no stdio, no locks; system calls and the stack.
 * They return 0 or a descriptor, or -errno.
 */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <sys/types.h>

/* Enters a new user namespace together with the namespaces in `flags` (CLONE_NEWNET, CLONE_NEWUTS,
 * CLONE_NEWNS, or 0) and maps `uid` to itself, or to 0 if `as_root`; setgroups is denied. The
 * caller must be single-threaded. uid and gid are the effective ones, read before the call. */
int netns_enter_user(int flags, uid_t uid, gid_t gid, bool as_root);

/* The second half of it alone: writes the maps of the calling process's user namespace, for a
 * process that clone(2) made in a new one. */
int netns_map_ids(uid_t uid, gid_t gid, bool as_root);

/* Makes the calling thread's process a member of a new network namespace; returns its descriptor
 * (close-on-exec). lo is there and down. */
int netns_new(void);

/* Raises the ambient set for the capabilities in the mask (bit numbers of <linux/capability.h>), so
 * that they survive execve of a program that is not root's. */
int netns_raise_ambient(uint64_t capabilities);
#define NETNS_CAPS_NET                                                                             \
	((1ULL << 10 /* NET_BIND_SERVICE */) | (1ULL << 11 /* NET_BROADCAST */) |                      \
	    (1ULL << 12 /* NET_ADMIN */) | (1ULL << 13 /* NET_RAW */))
#define NETNS_CAP_SYS_ADMIN (1ULL << 21)

/* How frames reach the kernel's side of an interface. */
enum netns_port_kind {
	NETNS_PORT_TAP,    /* /dev/net/tun, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR */
	NETNS_PORT_PACKET, /* veth; AF_PACKET socket on its peer, PACKET_VNET_HDR + PACKET_AUXDATA */
};

/* The outside end of an interface. A port is a descriptor and facts about it: it can be sent to
 * another process (SCM_RIGHTS), and the interface lives as long as the descriptor is open. */
struct netns_port {
	int fd; /* O_NONBLOCK | O_CLOEXEC */
	enum netns_port_kind kind;
	unsigned int vnet_hdr_len; /* sizeof(struct virtio_net_hdr); 0: no offload at all */
	unsigned int offloads;     /* TUN_F_* that the kernel accepted, tried downwards */
	unsigned int ifindex;      /* inside the namespace */
};

/* Restrictions of netns_port_open, for tests and benches that want one kind (0: any). */
#define NETNS_PORT_NO_TAP  1U
#define NETNS_PORT_NO_VETH 2U

/* Creates interface `name` in the calling process's network namespace, down, with the given MTU
 * (0: the default, 1500). Tries /dev/net/tun; where that is not usable, a veth whose peer sits in a
 * second private network namespace (the caller is back in its own on return). EEXIST if the name is
 * taken, ENAMETOOLONG or EINVAL if it is none. */
int netns_port_open(
    const char *name, unsigned int mtu, unsigned int flags, struct netns_port *port);

/* The NETNS_PORT_ flags that a value of the environment variable IOTH_NETNS_PORT ("tap", "veth")
 * stands for; 0 for anything else, NULL included. The callers of netns_port_open read the variable,
 * unless the program is set-user-ID. */
unsigned int netns_port_flags(const char *value);

#endif
