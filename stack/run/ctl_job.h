/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request of a control socket that makes an interface: its link is opened by a thread of its own.
 */
#ifndef RUN_CTL_JOB_H
#define RUN_CTL_JOB_H

#include "ctl_client.h"

struct ctl_job {
	pthread_t thread;
	struct ctl_client *client;
	struct px_pkt *datagram;
	struct prepared prepared;
	_Atomic bool done;
};

/* Whether a datagram asks for such a thing. */
bool ctl_job_wanted(const void *datagram, size_t len);

/* Starts one; `news` of the client is set, and its item queued, when it is done. 0 or -errno. */
int ctl_job_start(
    struct ctl_client *client, const void *datagram, size_t len, struct ctl_job **job);

/* Waits for its end; NULL is allowed. */
void ctl_job_free(struct ctl_job *job);

#endif
