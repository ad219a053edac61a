/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The general transport: any module of libvdeplug, through vde_recv and vde_send.
 *
 * vde_send may block, so a thread of this transport calls it; frames wait in a bounded queue.
 * vde_recv is called by the link's user when the data descriptor is readable: libvdeplug(3)
 * promises that it does not block then. One mutex keeps the two calls apart. The user never waits
 * for it: if the sender is inside vde_send, the data descriptor is taken out of the set and the
 * sender wakes the user when it comes out.
 *
 * A module can block in vde_send (cmd:// whose command does not read) or in vde_close (the same,
 * until its command ends), and nothing can end that call. So the sender closes the connection, too,
 * and who closes the link waits for that for a moment only, then leaves the rest to the sender.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "thread.h"
#include "transport.h"

#define QUEUE_BYTES   (256 << 10)
#define ERRORS_MAX    16 /* failing vde_recv calls in a row: a network that is gone */
#define CLOSE_SECONDS 1

struct queued_frame {
	struct queued_frame *next;
	size_t len;
	unsigned char bytes[];
};

struct plugin {
	struct transport transport;
	VDECONN *conn;
	pthread_mutex_t connection; /* held inside vde_recv and vde_send */

	/* The user's side. */
	int data_fd, control_fd, epoll_fd;
	int wake_fd; /* eventfd: the sender left vde_send, or made room */
	bool data_watched;
	unsigned int errors;

	/* Shared, under `lock`. */
	pthread_mutex_t lock;
	pthread_cond_t work, ended;
	struct queued_frame *first, **last;
	size_t queued;
	bool want_write, quit, has_ended, abandoned, send_failed;

	atomic_bool recv_waits; /* the user found the connection busy */
	bool has_sender;
	pthread_t sender;
};

static struct plugin *plugin_of(struct transport *transport)
{
	return (struct plugin *)transport;
}

static void wake_user(struct plugin *plugin)
{
	const uint64_t one = 1;

	while (write(plugin->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

static void plugin_free(struct plugin *plugin)
{
	struct queued_frame *frame;

	while ((frame = plugin->first) != NULL) {
		plugin->first = frame->next;
		free(frame);
	}
	close(plugin->wake_fd);
	pthread_cond_destroy(&plugin->ended);
	pthread_cond_destroy(&plugin->work);
	pthread_mutex_destroy(&plugin->lock);
	pthread_mutex_destroy(&plugin->connection);
	free(plugin);
}

/* One frame, without `lock`. Returns whether the network took it. */
static bool send_one(struct plugin *plugin, const struct queued_frame *frame)
{
	ssize_t sent;

	pthread_mutex_lock(&plugin->connection);
	sent = vde_send(plugin->conn, frame->bytes, frame->len, 0);
	if (sent < 0)
		sent =
		    errno == EPIPE || errno == ENOTCONN || errno == ECONNRESET || errno == EBADF ? -1 : 0;
	pthread_mutex_unlock(&plugin->connection);
	if (atomic_exchange(&plugin->recv_waits, false))
		wake_user(plugin);
	return sent >= 0;
}

static void *sender_main(void *argument)
{
	struct plugin *plugin = argument;
	bool abandoned;

	pthread_mutex_lock(&plugin->lock);
	while (!plugin->quit) {
		struct queued_frame *frame = plugin->first;
		bool sent;

		if (frame == NULL) {
			pthread_cond_wait(&plugin->work, &plugin->lock);
			continue;
		}
		plugin->first = frame->next;
		if (plugin->first == NULL)
			plugin->last = &plugin->first;
		pthread_mutex_unlock(&plugin->lock);
		sent = send_one(plugin, frame);
		pthread_mutex_lock(&plugin->lock);
		plugin->queued -= frame->len;
		free(frame);
		if (!sent)
			plugin->send_failed = true;
		if (!sent || (plugin->want_write && plugin->queued <= QUEUE_BYTES / 2))
			wake_user(plugin);
	}
	pthread_mutex_unlock(&plugin->lock);
	transport_close_conn(plugin->conn);
	pthread_mutex_lock(&plugin->lock);
	plugin->has_ended = true;
	abandoned = plugin->abandoned;
	pthread_cond_signal(&plugin->ended);
	pthread_mutex_unlock(&plugin->lock);
	if (abandoned)
		plugin_free(plugin);
	return NULL;
}

/* Enters or leaves the data descriptor in the set. */
static void watch_data(struct plugin *plugin, bool watch)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TRANSPORT_DATA};

	if (plugin->data_watched == watch)
		return;
	if (epoll_ctl(
	        plugin->epoll_fd, watch ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, plugin->data_fd, &event) == 0)
		plugin->data_watched = watch;
}

/* The connection for vde_recv, or false: the sender has it, and will wake us. */
static bool take_connection(struct plugin *plugin)
{
	if (pthread_mutex_trylock(&plugin->connection) == 0)
		return true;
	atomic_store(&plugin->recv_waits, true);
	/* It may have been released before the sender could see that. */
	if (pthread_mutex_trylock(&plugin->connection) == 0) {
		atomic_store(&plugin->recv_waits, false);
		return true;
	}
	watch_data(plugin, false);
	return false;
}

/* One frame: its length, 0 if none is waiting or it is none, or -errno: lost. */
static ssize_t recv_one(struct plugin *plugin, struct iovec *frame, bool *none)
{
	struct pollfd pollfd = {.fd = plugin->data_fd, .events = POLLIN};
	ssize_t len;

	*none = poll(&pollfd, 1, 0) <= 0;
	if (*none)
		return 0;
	errno = 0;
	len = vde_recv(plugin->conn, frame->iov_base, frame->iov_len, 0);
	if (len > 0) {
		plugin->errors = 0;
		return len;
	}
	/* An error may pass (a datagram socket's peer refused), an end of file comes again. */
	if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
		*none = true;
		return 0;
	}
	return ++plugin->errors < ERRORS_MAX ? 0 : -ENETDOWN;
}

static int plugin_recv(struct transport *transport, struct iovec *frames, unsigned int max)
{
	struct plugin *plugin = plugin_of(transport);
	struct vdelink_stats *stats = transport->stats;
	unsigned int count = 0, calls = 0;
	ssize_t len = 0;

	if (!take_connection(plugin))
		return 0;
	/* Modules that do more than receive (hub://, switch://) also need calls that give nothing. */
	while (count < max && calls++ < 2 * max) {
		bool none;

		len = recv_one(plugin, &frames[count], &none);
		if (len < 0 || none)
			break;
		if (len < FRAME_MIN || (size_t)len > frames[count].iov_len) {
			stats->rx_dropped += len > 1;
			continue;
		}
		frames[count++].iov_len = (size_t)len;
		stats->rx_bytes += (size_t)len;
	}
	pthread_mutex_unlock(&plugin->connection);
	stats->rx_frames += count;
	return len < 0 && count == 0 ? (int)len : (int)count;
}

static int start_sender(struct plugin *plugin)
{
	int rc = thread_start(&plugin->sender, sender_main, plugin);

	plugin->has_sender = rc == 0;
	return rc;
}

static struct queued_frame *queued_frame_new(const struct vdelink_frame *frame, size_t len)
{
	struct queued_frame *queued = malloc(sizeof *queued + len);
	size_t at = 0;

	if (queued == NULL)
		return NULL;
	queued->next = NULL;
	queued->len = len;
	for (unsigned int i = 0; i < frame->pieces; i++) {
		memcpy(queued->bytes + at, frame->piece[i].iov_base, frame->piece[i].iov_len);
		at += frame->piece[i].iov_len;
	}
	return queued;
}

static int plugin_send(
    struct transport *transport, const struct vdelink_frame *frames, unsigned int count)
{
	struct plugin *plugin = plugin_of(transport);
	struct vdelink_stats *stats = transport->stats;
	unsigned int done = 0;
	bool failed;

	if (!plugin->has_sender && start_sender(plugin) < 0) {
		stats->tx_dropped += count;
		return (int)count;
	}
	pthread_mutex_lock(&plugin->lock);
	failed = plugin->send_failed;
	for (; !failed && done < count && plugin->queued < QUEUE_BYTES; done++) {
		size_t len = frame_len(&frames[done]);
		struct queued_frame *frame = queued_frame_new(&frames[done], len);

		if (frame == NULL) {
			stats->tx_dropped++;
			continue;
		}
		*plugin->last = frame;
		plugin->last = &frame->next;
		plugin->queued += len;
		stats->tx_frames++;
		stats->tx_bytes += len;
	}
	pthread_cond_signal(&plugin->work);
	pthread_mutex_unlock(&plugin->lock);
	return failed ? -ENETDOWN : (int)done;
}

static void plugin_want_write(struct transport *transport, bool want)
{
	struct plugin *plugin = plugin_of(transport);

	pthread_mutex_lock(&plugin->lock);
	if (want && !plugin->want_write && plugin->queued <= QUEUE_BYTES / 2)
		wake_user(plugin); /* there is room already, and nobody else would say so */
	plugin->want_write = want;
	pthread_mutex_unlock(&plugin->lock);
}

static int plugin_event(struct transport *transport, uint32_t events, bool control)
{
	struct plugin *plugin = plugin_of(transport);
	uint64_t wakes;
	char byte;
	bool failed;

	(void)events;
	if (control) {
		ssize_t len = read(plugin->control_fd, &byte, 1);

		return len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : -ENETDOWN;
	}
	if (read(plugin->wake_fd, &wakes, sizeof wakes) == (ssize_t)sizeof wakes)
		watch_data(plugin, true);
	pthread_mutex_lock(&plugin->lock);
	failed = plugin->send_failed;
	pthread_mutex_unlock(&plugin->lock);
	return failed ? -ENETDOWN : 0;
}

static int plugin_watch(struct transport *transport, int epoll_fd)
{
	struct plugin *plugin = plugin_of(transport);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TRANSPORT_DATA};

	plugin->epoll_fd = epoll_fd;
	watch_data(plugin, true);
	if (!plugin->data_watched)
		return -errno;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, plugin->wake_fd, &event) < 0)
		return -errno;
	event.data.u32 = TRANSPORT_CONTROL;
	if (plugin->control_fd >= 0 && plugin->control_fd != plugin->data_fd &&
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, plugin->control_fd, &event) < 0)
		return -errno;
	return 0;
}

static void plugin_unwatch(struct transport *transport)
{
	struct plugin *plugin = plugin_of(transport);

	watch_data(plugin, false);
	epoll_ctl(plugin->epoll_fd, EPOLL_CTL_DEL, plugin->wake_fd, NULL);
	if (plugin->control_fd >= 0 && plugin->control_fd != plugin->data_fd)
		epoll_ctl(plugin->epoll_fd, EPOLL_CTL_DEL, plugin->control_fd, NULL);
}

static void plugin_close(struct transport *transport)
{
	struct plugin *plugin = plugin_of(transport);
	struct timespec until;
	bool ended;

	if (!plugin->has_sender && start_sender(plugin) < 0) {
		transport_close_conn(plugin->conn);
		plugin_free(plugin);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += CLOSE_SECONDS;
	pthread_mutex_lock(&plugin->lock);
	plugin->quit = true;
	pthread_cond_signal(&plugin->work);
	while (!plugin->has_ended)
		if (pthread_cond_timedwait(&plugin->ended, &plugin->lock, &until) == ETIMEDOUT)
			break;
	ended = plugin->has_ended;
	plugin->abandoned = !ended;
	if (!ended)
		pthread_detach(plugin->sender);
	pthread_mutex_unlock(&plugin->lock);
	if (!ended)
		return;
	pthread_join(plugin->sender, NULL);
	plugin_free(plugin);
}

static const struct transport_ops plugin_ops = {
    .recv = plugin_recv,
    .send = plugin_send,
    .watch = plugin_watch,
    .unwatch = plugin_unwatch,
    .want_write = plugin_want_write,
    .event = plugin_event,
    .close = plugin_close,
};

int transport_plugin_new(VDECONN *conn, struct transport **transport)
{
	struct plugin *plugin;
	pthread_condattr_t monotonic;

	if (vde_datafd(conn) < 0)
		return -EINVAL;
	plugin = calloc(1, sizeof *plugin);
	if (plugin == NULL)
		return -ENOMEM;
	plugin->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (plugin->wake_fd < 0) {
		int rc = -errno;

		free(plugin);
		return rc;
	}
	plugin->transport.ops = &plugin_ops;
	plugin->conn = conn;
	plugin->data_fd = vde_datafd(conn);
	plugin->control_fd = vde_ctlfd(conn);
	plugin->last = &plugin->first;
	pthread_mutex_init(&plugin->connection, NULL);
	pthread_mutex_init(&plugin->lock, NULL);
	pthread_cond_init(&plugin->work, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&plugin->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*transport = &plugin->transport;
	return 0;
}
