/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvdestack: network namespaces as objects of a program.
 *
 * A stack is a network namespace of its own, plugged into a VDE network: it has its own interfaces,
 * addresses, routes and ports. Sockets opened in it are the kernel's: all system calls work on
 * them, and they are inherited over fork(2), where parent and child both go on using them and can
 * both open new ones. No privilege is needed, only that the kernel lets users make user namespaces.
 *
 * All calls may be used by any thread. A stack belongs to the process that made it: when this
 * process ends or deletes the stack, its interface ends, and with it the stack for forked children.
 *
 * Source: vde_addstack(3) and its companions of VirtualSquare's libvdestack; binary-compatible.
 */
#ifndef VDESTACK_H
#define VDESTACK_H

#ifdef __cplusplus
extern "C" {
#endif

struct vdestack;

/* Creates a stack: `lo`, index 1, and one interface, both down.
 *
 * vdenet  The network: a VNL (virtual network locator: "vde:///tmp/sw", "vxvde://234.0.0.1", ...,
 *         see vde_plug(1)), or "=command", a command whose stdin and stdout carry a vde stream. It
 *         may name the interface: "eth0:vde:///tmp/sw". NULL or "": there is no interface but lo.
 * ifname  The interface's name; NULL: the name in `vdenet`, or else "vde0".
 *
 * The strings are not kept. May block, as connecting to a network may. Returns the stack, or NULL
 * and errno; nothing is left behind then:
 *     EINVAL        `ifname` is not a name for an interface
 *     ENAMETOOLONG  it is longer than IFNAMSIZ - 1 bytes
 *     EEXIST        it is taken (there is always a "lo")
 *     EPERM, ENOSPC user namespaces are not allowed here, or no more of them (user_namespaces(7))
 *     EACCES        the process changed its user id since it was executed, so that the kernel does
 *                   not let it map ids: make stacks before
 *     EMFILE, ENFILE, ENOMEM, EAGAIN
 * or why the network cannot be opened. */
struct vdestack *vde_addstack(char *vdenet, char *ifname);

/* Deletes a stack; NULL is none. Sockets that are still open live on without an interface. With the
 * last stack of the process the library's thread and helper process end. In the child of a fork it
 * frees only the child's view of the stack. */
void vde_delstack(struct vdestack *stack);

/* socket(2) in the stack: same arguments, SOCK_NONBLOCK and SOCK_CLOEXEC included; returns the
 * descriptor, or -1 and errno of socket(2); besides,
 *     EINVAL    `stack` is NULL
 *     ENETDOWN  the stack is gone: the process that made it has deleted it or has ended, or the
 *               library's own descriptors were closed (closefrom(3)). */
int vde_msocket(struct vdestack *stack, int domain, int type, int protocol);

/* Makes a stack the default: from now on the program's calls of socket(2), in whatever thread and
 * for whatever address family, open their socket there. NULL: back to the system's. Deleting the
 * default stack does that too. (The library exports `socket`; it must come before the C library in
 * the search order, as it does for a program that is linked with it.) */
void vde_default_stack(struct vdestack *stack);

/* Runs commands in the stack's network namespace, one after the other, and waits for them: mostly
 * for configuration.
 *
 * commands  Separated by ';'. Words and quoting as in a shell ('...', "...", \), nothing is
 *           expanded. Each command is the full path of a program.
 *
 * They get the caller's descriptors 0, 1 and 2, environment, working directory and signal mask, and
 * the capabilities CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE and CAP_NET_BROADCAST over the
 * namespace. No further command is run after one that fails.
 *
 * Returns the exit status of the last command run; 128 + n if signal n ended it; 127 if there is no
 * such program or its path is not a full one, 126 if it cannot be executed. Or -1 and errno:
 *     EINVAL    `stack` or `commands` is NULL; a quotation has no end
 *     ENETDOWN  as for vde_msocket
 *     EMFILE, ENFILE, ENOMEM, EAGAIN */
int vde_stackcmd(struct vdestack *stack, char *commands);

#ifdef __cplusplus
}
#endif

#endif
