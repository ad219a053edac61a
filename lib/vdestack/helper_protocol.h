/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the program and its helper process say to each other.
 *
 * There is one request socket a helper. All that ever passes it is a byte that carries, by
 * SCM_RIGHTS, one end of a fresh socket pair: a channel. On a channel there is one request at a
 * time and its answer, so that neither threads nor forked children, who share the request socket,
 * can mix up their answers. Whoever dies in between leaves a channel at end of file.
 *
 * The sockets are SOCK_SEQPACKET: a message is whole or it is not there. Both sides are the same
 * build of this library, so that a message is a struct; its length is checked all the same, and
 * what does not fit ends the channel.
 */
#ifndef HELPER_PROTOCOL_H
#define HELPER_PROTOCOL_H

#include <stdint.h>
#include <signal.h>
#include <net/if.h>

#include <netns.h>

/* Names a stack to the helper: the descriptor that the helper has for its namespace, and a number
 * that is never used again. */
struct helper_stack {
	uint32_t slot;
	uint32_t generation; /* 0: none */
};

enum helper_op {
	HELPER_NEW,       /* -> a new namespace: reply.stack */
	HELPER_DELETE,    /* forget stack */
	HELPER_SOCKET,    /* -> a socket */
	HELPER_ACCEPT_RA, /* -> what it was (accept_ra.h) */
	HELPER_PORT,      /* create an interface -> reply.port and its descriptor */
	HELPER_COMMAND,   /* run commands; descriptors: below -> reply.result is the exit status */
	HELPER_QUIT,      /* no answer but the end of the channel */
};

struct helper_request {
	uint32_t op;
	struct helper_stack stack;
	union {
		struct {
			int domain, type, protocol;
		} socket;
		struct {
			char name[IFNAMSIZ];
			unsigned int mtu, flags; /* as of netns_port_open */
		} port;
		struct {
			unsigned int ifindex;
			int accept;
		} accept_ra;
		struct {
			unsigned int standard; /* bit n: the caller's descriptor n was open, and is sent */
			sigset_t signal_mask;
		} command;
	} u;
};

/* Descriptors of HELPER_COMMAND, in this order; then those of 0, 1 and 2 that were open. */
enum helper_command_descriptor {
	HELPER_COMMAND_BLOCK,     /* a file: struct command_block (command.h) */
	HELPER_COMMAND_DIRECTORY, /* the working directory */
	HELPER_COMMAND_STANDARD,
};

struct helper_reply {
	int32_t result; /* 0 or more, or -errno */
	union {
		struct helper_stack stack;
		struct netns_port port; /* its descriptor is sent along */
	} u;
};

#define HELPER_DESCRIPTORS_MAX (HELPER_COMMAND_STANDARD + 3)

/* One message with up to HELPER_DESCRIPTORS_MAX descriptors. Both return 0 or -errno, and restart
 * after signals. Async-signal-safe. */
int helper_send(
    int fd, const void *data, size_t len, const int *descriptors, unsigned int count, int flags);

/* Sets *len to the length received, 0 at end of file, and *count to the number of descriptors. A
 * message longer than its room is -EMSGSIZE. -EMFILE: a descriptor could not be received because
 * the process has no number left for it (the message is consumed). No descriptor is left open on
 * failure. `flags` are those of recvmsg(2). */
int helper_receive(
    int fd, void *data, size_t *len, int *descriptors, unsigned int *count, int flags);

#endif
