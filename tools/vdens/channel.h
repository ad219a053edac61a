/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages between vdens, which stays outside and holds the networks, and the process that enters
 * the namespaces and becomes the command (or, with --pid, the init process above it).
 *
 *	inside                                 vdens
 *	  ENTERED, or UNSHARE_FAILED    ->       (then tries clone)
 *	  PORT + descriptor, each       ->
 *	  READY                         ->
 *	                                <-     GO: the networks are connected
 *	  --pid: STARTED + pidfd        ->
 *	  --pid: STATUS, each           ->
 *
 * A process that fails says why on stderr and exits: the other side sees end of file.
 */
#ifndef VDENS_CHANNEL_H
#define VDENS_CHANNEL_H

#include <sys/types.h>
#include "netns.h"

enum channel_type {
	CHANNEL_UNSHARE_FAILED = 1,
	CHANNEL_ENTERED, /* the namespaces are there */
	CHANNEL_PORT,    /* the outside end of interface number `value` */
	CHANNEL_READY,   /* the sender waits for CHANNEL_GO; with --pid, it is the init process */
	CHANNEL_GO,      /* run the command */
	CHANNEL_STARTED, /* the sender is the command, about to be executed; its pidfd */
	CHANNEL_STATUS,  /* value: wait status of the command: stopped, continued, ended */
};

struct channel_message {
	enum channel_type type;
	int value;
	struct netns_port port; /* of CHANNEL_PORT; its fd counts on the sender's side alone */
	int fd;                 /* the descriptor that travels with the message, or -1 */
	pid_t sender;           /* received: process id as seen here */
};

/* A pair of connected ends, close-on-exec: 0 or -errno. */
int channel_new(int ends[2]);

/* 0 or -errno. `message->fd` stays open here. */
int channel_send(int end, const struct channel_message *message);

/* 1, 0 at end of file, or -errno; a received descriptor is the caller's. */
int channel_receive(int end, struct channel_message *message);

#endif
