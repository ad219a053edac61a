/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests are answered under the stack's lock, read and sent without.
 *
 * What a client may cost is bounded: one that does not read gets no more answers, since its
 * requests wait in the kernel; notifications wait in its end up to NETLINK_RCVBUF, then they are
 * lost, which it is told (NLMSG_OVERRUN). Everything is on the stack's budget. A record that is
 * longer than a request can be ends the connection; what is no request is passed over, as netlink
 * sockets do.
 */
#include "ctl_client.h"

#include "ctl_job.h"
#include "ctl_protocol.h"
#include "nlq_message.h"
#include "pcap.h"
#include "port.h"

#include <errno.h>
#include <unistd.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>

#define ROUNDS_MAX   16  /* requests of one client before others have their turn */
#define COUNTER_SIZE 128 /* a message of CTL_COUNTERS: names have less than 40 characters */

/* ---- records of our own ---- */

static bool append(struct ctl_client *client, const void *data, size_t len)
{
	struct px_pkt *pkt = px_pkt_new(client->host->stack->px->mem, 0, len);

	if (!pkt)
		return false;
	memcpy(px_pkt_put(pkt, len), data, len);
	px_pktq_append(&client->out, pkt);
	return true;
}

static bool append_error(struct ctl_client *client, const struct nlmsghdr *request, int err)
{
	const struct nlmsgerr error = {.error = err, .msg = *request};
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, NLMSG_ERROR, NLM_F_CAPPED, request->nlmsg_seq, 0);
	nlq_build_bytes(&builder, &error, sizeof(error));
	nlq_build_finish(&builder);
	return append(client, buffer, builder.used);
}

static bool append_overrun(struct ctl_client *client)
{
	const struct nlmsghdr overrun = {.nlmsg_len = sizeof(overrun), .nlmsg_type = NLMSG_OVERRUN};

	return append(client, &overrun, sizeof(overrun));
}

/* ---- requests that netlink has not ---- */

static void put_counter(
    struct nlq_builder *builder, const struct nlmsghdr *request, const char *name, uint64_t value)
{
	nlq_build_message(builder, CTL_COUNTERS, NLM_F_MULTI, request->nlmsg_seq, 0);
	nlq_build_attr_string(builder, CTL_COUNTER_NAME, name);
	nlq_build_attr(builder, CTL_COUNTER_VALUE, &value, sizeof(value));
	nlq_build_finish(builder);
}

/* What nstat(8) does not know: the budget, and the record. */
static void put_own_counters(
    struct nlq_builder *builder, const struct nlmsghdr *request, const struct picox *stack)
{
	put_counter(builder, request, "PicoxMemUsed", px_mem_used(stack->px->mem));
	put_counter(builder, request, "PicoxMemLimit", px_mem_limit(stack->px->mem));
	put_counter(builder, request, "PicoxSockets", stack->open_files);
	if (stack->pcap) {
		struct pcap_count count = pcap_count(stack->pcap);

		put_counter(builder, request, "PicoxPcapFrames", count.frames);
		put_counter(builder, request, "PicoxPcapDrops", count.drops);
	}
}

static bool append_counters(struct ctl_client *client, const struct nlmsghdr *request)
{
	const struct px_stack *px = client->host->stack->px;
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const int zero = 0;

	_Static_assert((PX_COUNTER_COUNT + 6) * COUNTER_SIZE <= CTL_RECORD_MAX, "one record");
	for (unsigned int i = 0; i < PX_COUNTER_COUNT; i++)
		put_counter(&builder, request, px_counter_name(i), px_stats_get(&px->stats, i));
	put_own_counters(&builder, request, client->host->stack);
	nlq_build_message(&builder, NLMSG_DONE, NLM_F_MULTI, request->nlmsg_seq, 0);
	nlq_build_bytes(&builder, &zero, sizeof(zero));
	nlq_build_finish(&builder);
	return !builder.error && append(client, buffer, builder.used);
}

static bool set_groups(struct ctl_client *client, const struct nlmsghdr *request)
{
	const uint32_t *groups = nlq_message_body(request, sizeof(*groups));
	int err = groups ? 0 : -EINVAL;

	if (groups)
		client->end->groups = *groups;
	if (!err && !(request->nlmsg_flags & NLM_F_ACK))
		return true;
	return append_error(client, request, err);
}

/* ---- requests ---- */

static void take_answers(struct ctl_client *client)
{
	struct px_pkt *pkt;

	while ((pkt = netlink_take(client->end, false)))
		px_pktq_append(&client->out, pkt);
}

/* False: no memory for the answer. */
static bool answer(struct ctl_client *client, const void *data, size_t len)
{
	struct nlq_reader reader = nlq_reader(data, len);
	const struct nlmsghdr *first = nlq_next_message(&reader);
	bool ok = true;

	if (first && first->nlmsg_type == CTL_GROUPS)
		return set_groups(client, first);
	if (first && first->nlmsg_type == CTL_COUNTERS)
		return append_counters(client, first);
	client->inside = true;
	ok = netlink_request(client->end, data, len) == 0;
	client->inside = false;
	take_answers(client);
	return ok;
}

/* The lock is taken, and is free again. */
static bool handle(
    struct ctl_client *client, const void *data, size_t len, struct prepared *prepared)
{
	struct picox *stack = client->host->stack;
	bool ok, gone;

	runtime_lock(stack);
	stack->prepared = prepared;
	ok = answer(client, data, len);
	stack->prepared = NULL;
	gone = stack->ports_gone;
	runtime_leave(stack);
	if (gone)
		ports_reap(stack);
	return ok;
}

static bool finish_job(struct ctl_client *client)
{
	struct ctl_job *job = client->job;
	bool ok = handle(client, job->datagram->data, job->datagram->len, &job->prepared);

	client->job = NULL;
	ctl_job_free(job);
	return ok;
}

/* 1: a request was answered; 0: there is none; -1: the connection is over. */
static int receive(struct ctl_client *client)
{
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	ssize_t len = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (len == 0 || (size_t)len > sizeof(buffer))
		return -1;
	if (ctl_job_wanted(buffer, (size_t)len))
		return ctl_job_start(client, buffer, (size_t)len, &client->job) ? -1 : 0;
	return handle(client, buffer, (size_t)len, NULL) ? 1 : -1;
}

/* ---- sending ---- */

/* Notifications; and that some were lost. */
static bool take_news(struct ctl_client *client)
{
	bool ok = true;

	runtime_lock(client->host->stack);
	client->news = false;
	take_answers(client);
	if (client->end->error) {
		client->end->error = 0;
		ok = append_overrun(client);
	}
	runtime_unlock(client->host->stack);
	return ok;
}

static bool send_out(struct ctl_client *client)
{
	struct px_pkt *pkt;

	while ((pkt = client->out.first)) {
		if (send(client->fd, pkt->data, pkt->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		px_pkt_free(px_pktq_take(&client->out));
	}
	return true;
}

bool ctl_client_run(struct ctl_client *client)
{
	if (client->job && !client->job->done)
		return true;
	if (client->job && !finish_job(client))
		return false;
	for (unsigned int round = 0; round < ROUNDS_MAX; round++) {
		int received;

		if (!send_out(client))
			return false;
		if (client->out.first)
			return true;
		if (!take_news(client))
			return false;
		if (client->out.first)
			continue;
		received = receive(client);
		if (received < 0)
			return false;
		if (received == 0)
			return true;
	}
	return true; /* the rest makes the descriptor ready again */
}

uint32_t ctl_client_interest(const struct ctl_client *client)
{
	if (client->job)
		return 0;
	return client->out.first ? EPOLLOUT : EPOLLIN;
}

/* The stack's lock is held. */
static void told(struct netlink_end *end)
{
	struct ctl_client *client = end->owner;

	if (client->inside || client->host->closing || atomic_exchange(&client->news, true))
		return;
	poller_queue(&client->host->item);
}

/* ---- life ---- */

int ctl_client_open(struct ctl_client *client, struct ctl_host *host, int fd)
{
	struct picox *stack = host->stack;
	int err;

	*client = (struct ctl_client){.fd = -1, .host = host};
	runtime_lock(stack);
	err = netlink_new(stack->px, &client->end);
	if (!err) {
		netlink_bind(client->end, 0); /* whoever has no port is told nothing */
		client->end->ext_ack = client->end->cap_ack = true;
		client->end->event = told;
		client->end->owner = client;
	}
	runtime_unlock(stack);
	if (!err)
		atomic_store(&client->fd, fd);
	return err;
}

void ctl_client_close(struct ctl_client *client)
{
	/* First of all the number: a fork must not find one that means something else. */
	int fd = atomic_exchange(&client->fd, -1);

	if (fd < 0)
		return;
	shutdown(fd, SHUT_RDWR); /* a forked child may have a copy */
	close(fd);
	ctl_job_free(client->job);
	client->job = NULL;
	runtime_lock(client->host->stack);
	netlink_free(client->end);
	runtime_unlock(client->host->stack);
	px_pktq_clear(&client->out);
}
