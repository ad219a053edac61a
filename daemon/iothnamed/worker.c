/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What ties a core, a forwarder and their sockets together: see worker.h. */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "log.h"
#include "waiting.h"

/* ---- queries --------------------------------------------------------------------------------- */

static void forward_query(struct named_worker *worker, const struct named_path *path)
{
	const struct named_forward_request *request = &worker->request;
	const struct named_options *options = &worker->core.conf->options;
	struct named_forward_client client = {
	    .address = path->peer, .cached = request->cache, .cookie_len = request->cookie_len};

	if (!path->connection)
		client.udp_limit =
		    (uint16_t)named_query_udp_limit(&request->query, (size_t)options->ednssize);
	memcpy(client.cookie, request->cookie, request->cookie_len);
	memcpy(client.token, path, sizeof(*path));
	named_forward_query(worker->forward, &request->query, &client, loop_now(worker->loop));
}

static void send_reply(
    struct named_worker *worker, const struct named_path *path, const uint8_t *bytes, size_t len)
{
	if (path->connection)
		named_tcp_reply(worker->tcp, path, bytes, len);
	else
		named_udp_reply(worker->udp, path, bytes, len);
}

/* What the core has said besides a reply. True: it comes later. */
static bool follow(struct named_worker *worker, const struct named_path *path,
    enum named_verdict verdict, const uint8_t *bytes, size_t len)
{
	if (verdict == NAMED_WAIT)
		return named_waiting_add(worker->waiting, path, bytes, len);
	if (verdict == NAMED_FORWARD)
		forward_query(worker, path);
	else if (worker->request.wanted)
		named_forward_query(worker->forward, &worker->request.query, NULL, loop_now(worker->loop));
	else
		return false;
	named_worker_forwarded(worker);
	return verdict == NAMED_FORWARD;
}

bool named_worker_query(struct named_worker *worker, const struct named_path *path,
    const uint8_t *bytes, size_t len, uint8_t *reply, size_t *reply_len, bool *forwarded)
{
	const struct named_client client = {
	    .addr = path->peer, .port = path->port, .tcp = path->connection != 0};
	enum named_verdict verdict;

	worker->request.wanted = false;
	verdict = named_core_query(&worker->core, &client, bytes, len, loop_now(worker->loop),
	    time(NULL), reply, reply_len, &worker->request);
	*forwarded = follow(worker, path, verdict, bytes, len);
	return verdict == NAMED_REPLY;
}

bool named_worker_ask_again(struct named_worker *worker, const struct named_path *path,
    const uint8_t *bytes, size_t len, bool last)
{
	const struct named_client client = {.addr = path->peer,
	    .port = path->port,
	    .tcp = path->connection != 0,
	    .again = true,
	    .last = last};
	size_t reply_len = sizeof(worker->reply);
	enum named_verdict verdict;

	worker->request.wanted = false;
	verdict = named_core_query(&worker->core, &client, bytes, len, loop_now(worker->loop),
	    time(NULL), worker->reply, &reply_len, &worker->request);
	if (verdict == NAMED_WAIT)
		return false;
	(void)follow(worker, path, verdict, bytes, len);
	if (verdict == NAMED_REPLY)
		send_reply(worker, path, worker->reply, reply_len);
	return true;
}

/* ---- the forwarder --------------------------------------------------------------------------- */

static int io_udp_send(void *context, uint32_t slot, const struct named_endpoint *server,
    const uint8_t *bytes, size_t len)
{
	struct named_worker *worker = context;

	return named_upstream_udp_send(worker->upstream_udp, slot, server, bytes, len);
}

static void io_udp_close(void *context, uint32_t slot)
{
	struct named_worker *worker = context;

	named_upstream_udp_close(worker->upstream_udp, slot);
}

static int io_tcp_send(void *context, unsigned int number, const struct named_endpoint *server,
    const uint8_t *bytes, size_t len)
{
	struct named_worker *worker = context;

	return named_upstream_tcp_send(worker->upstream_tcp, number, server, bytes, len);
}

static void io_tcp_close(void *context, unsigned int number)
{
	struct named_worker *worker = context;

	named_upstream_tcp_close(worker->upstream_tcp, number);
}

static void io_reply(
    void *context, const struct named_forward_client *client, const uint8_t *bytes, size_t len)
{
	struct named_worker *worker = context;
	struct named_path path;

	memcpy(&path, client->token, sizeof(path));
	send_reply(worker, &path, bytes, len);
}

static int io_random(void *context, void *bytes, size_t len)
{
	return getrandom(bytes, len, 0) == (ssize_t)len ? 0 : -EIO;
}

static const struct named_forward_io forward_io = {.udp_send = io_udp_send,
    .udp_close = io_udp_close,
    .tcp_send = io_tcp_send,
    .tcp_close = io_tcp_close,
    .reply = io_reply,
    .random = io_random};

static void configure_forward(
    const struct named_worker *worker, struct named_forward_config *config)
{
	const struct named_conf *conf = worker->core.conf;

	*config = (struct named_forward_config){.server_count = conf->dns_count,
	    .table = (unsigned int)conf->options.fwdpending,
	    .patience = (uint64_t)conf->options.fwdtimeout * LOOP_MSEC,
	    .x20 = conf->options.fwd0x20 != 0,
	    .cookies = conf->options.fwdcookies != 0,
	    .cache = worker->core.shared->cache};
	for (unsigned int i = 0; i < conf->dns_count; i++)
		config->servers[i] = (struct named_endpoint){.address = conf->dns[i], .port = NAMED_PORT};
}

static void forward_expired(struct loop_timer *timer)
{
	struct named_worker *worker = timerq_entry(timer, struct named_worker, forward_timer);

	named_forward_expire(worker->forward, loop_now(worker->loop));
	named_worker_forwarded(worker);
}

static void set_forward_timer(struct loop_job *job)
{
	struct named_worker *worker =
	    (struct named_worker *)(void *)((char *)job - offsetof(struct named_worker, forward_job));

	loop_timer_at(&worker->forward_timer, named_forward_deadline(worker->forward));
}

void named_worker_forwarded(struct named_worker *worker)
{
	loop_later(worker->loop, &worker->forward_job);
}

/* ---- another configuration ------------------------------------------------------------------- */

static void use_conf(struct named_worker *worker, struct named_conf *conf)
{
	struct named_forward_config config;

	named_core_set_conf(&worker->core, conf);
	configure_forward(worker, &config);
	(void)named_forward_reconfigure(worker->forward, &config, loop_now(worker->loop));
	named_tcp_set_options(worker->tcp);
	named_waiting_look(worker->waiting);
	named_worker_forwarded(worker);
}

static void woken(struct loop_source *source, uint32_t events)
{
	struct named_worker *worker =
	    (struct named_worker *)(void *)((char *)source->loop -
	                                    offsetof(struct named_worker, own_loop));
	struct named_conf *conf = atomic_exchange(&worker->next_conf, NULL);

	if (conf) {
		use_conf(worker, conf);
		named_conf_unref(conf);
	}
}

void named_worker_set_conf(struct named_worker *worker, struct named_conf *conf)
{
	if (worker->loop != &worker->own_loop) {
		use_conf(worker, conf);
		return;
	}
	named_conf_unref(atomic_exchange(&worker->next_conf, named_conf_ref(conf)));
	loop_wake(worker->loop);
}

/* ---- begin, end ------------------------------------------------------------------------------ */

static void *worker_main(void *argument)
{
	struct named_worker *worker = argument;
	int err = loop_run(worker->loop);

	if (err)
		log_error("worker %u: event loop: %s", worker->number, strerror(-err));
	return NULL;
}

int named_worker_start(struct named_worker *worker)
{
	sigset_t all, before;
	char name[16];
	int err;

	if (worker->loop != &worker->own_loop)
		return 0;
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* that of the filter of system calls is told: sandbox.c */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		log_error("worker %u: thread: %s", worker->number, strerror(-err));
		return err;
	}
	worker->runs = true;
	snprintf(name, sizeof(name), "iothnamed-%u", worker->number);
	(void)pthread_setname_np(worker->thread, name);
	return 0;
}

static int open_parts(struct named_worker *worker)
{
	struct named_forward_config config;
	const char *what = "UDP port 53";
	int err = named_udp_new(&worker->udp, worker);

	if (!err) {
		what = "TCP port 53";
		err = named_tcp_new(&worker->tcp, worker);
	}
	if (!err) {
		what = "forwarding";
		err = named_upstream_udp_new(&worker->upstream_udp, worker);
	}
	if (!err)
		err = named_upstream_tcp_new(&worker->upstream_tcp, worker);
	if (!err) {
		what = "waiting room";
		err = named_waiting_new(&worker->waiting, worker);
	}
	configure_forward(worker, &config);
	if (!err)
		err = named_forward_new(&worker->forward, &config, &forward_io, worker);
	if (err)
		log_error("%s: %s", what, strerror(-err));
	return err;
}

int named_worker_new(struct named_worker **result, const struct named_worker_place *place,
    struct named_conf *conf, struct named_shared *shared)
{
	struct named_worker *worker = calloc(1, sizeof(*worker));
	int err;

	if (!worker)
		return -ENOMEM;
	worker->number = place->number;
	worker->request_stack = place->request;
	worker->forward_stack = place->forward;
	worker->sharing = place->sharing;
	worker->leads = place->leads;
	worker->loop = place->loop ? place->loop : &worker->own_loop;
	if (!place->loop) {
		err = loop_init(worker->loop);
		if (err) {
			free(worker);
			return err;
		}
		worker->own_loop.woken = woken;
	}
	loop_timer_init(worker->loop, &worker->forward_timer, forward_expired);
	loop_job_init(&worker->forward_job, set_forward_timer);
	named_core_init(&worker->core, conf, shared);
	err = open_parts(worker);
	if (err) {
		named_worker_free(worker);
		return err;
	}
	*result = worker;
	return 0;
}

void named_worker_free(struct named_worker *worker)
{
	if (!worker)
		return;
	if (worker->runs) {
		loop_stop(worker->loop);
		pthread_join(worker->thread, NULL);
	}
	named_waiting_free(worker->waiting);
	if (worker->forward)
		named_forward_free(worker->forward); /* closes what it has opened */
	named_upstream_tcp_free(worker->upstream_tcp);
	named_upstream_udp_free(worker->upstream_udp);
	named_tcp_free(worker->tcp);
	named_udp_free(worker->udp);
	loop_timer_cancel(&worker->forward_timer);
	loop_job_cancel(&worker->forward_job);
	named_core_fini(&worker->core);
	named_conf_unref(atomic_exchange(&worker->next_conf, NULL));
	if (worker->loop == &worker->own_loop)
		loop_fini(worker->loop);
	free(worker);
}
