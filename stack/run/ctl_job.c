/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* To open a network may take seconds, for which no poller may wait. So this is the one thing that
 * costs the control socket a thread, as long as it lasts; the client is not read meanwhile. The
 * poller does the request itself then, with the link that is ready (links.c).
 */
#include "ctl_job.h"

#include "nlq_message.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <linux/rtnetlink.h>

bool ctl_job_wanted(const void *datagram, size_t len)
{
	struct nlq_reader reader = nlq_reader(datagram, len);
	const struct nlmsghdr *message;

	while ((message = nlq_next_message(&reader))) {
		if (message->nlmsg_type == RTM_NEWLINK && (message->nlmsg_flags & NLM_F_CREATE))
			return true;
	}
	return false;
}

static void *job_main(void *argument)
{
	struct ctl_job *job = argument;
	struct ctl_host *host = job->client->host;

	pthread_setname_np(pthread_self(), "picox-link");
	links_prepare(host->stack, job->datagram, &job->prepared);
	runtime_lock(host->stack);
	atomic_store(&job->done, true);
	atomic_store(&job->client->news, true);
	if (!host->closing)
		poller_queue(&host->item);
	runtime_unlock(host->stack);
	return NULL;
}

int ctl_job_start(
    struct ctl_client *client, const void *datagram, size_t len, struct ctl_job **result)
{
	struct ctl_job *job = calloc(1, sizeof(*job));
	sigset_t all, before;
	int err = -ENOMEM;

	if (!job)
		return err;
	job->client = client;
	job->datagram = px_pkt_new(client->host->stack->px->mem, 0, len);
	if (!job->datagram)
		goto free_job;
	memcpy(px_pkt_put(job->datagram, len), datagram, len);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&job->thread, NULL, job_main, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		goto free_datagram;
	*result = job;
	return 0;

free_datagram:
	px_pkt_free(job->datagram);
free_job:
	free(job);
	return err;
}

void ctl_job_free(struct ctl_job *job)
{
	if (!job)
		return;
	pthread_join(job->thread, NULL);
	links_release(&job->prepared);
	px_pkt_free(job->datagram);
	free(job);
}
