/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of a link, and its states.
 *
 *               transport fails                deadline
 *        UP --------------------> LOST ------------------> REOPENING
 *        ^                         ^                        |     |
 *        |                         +------- refused --------+     |
 *        +------------------------------- opened -----------------+
 *
 * UP: a transport. LOST: perhaps a dead transport that the next opener closes; `deadline` set.
 * REOPENING: the opener's thread runs; the eventfd tells when it is done.
 *
 * The owner polls one epoll descriptor that holds the transport's descriptors and the eventfd.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "epoll_sleep.h"
#include "link.h"

#define BACKOFF_FIRST 100000000ULL  /* 100 ms */
#define BACKOFF_LAST  5000000000ULL /* 5 s */
#define NEVER         UINT64_MAX
#define EVENTS        8 /* a set has hardly as many descriptors */

struct vdelink {
	enum vdelink_state state;
	struct transport *transport; /* up: in use; lost: dead or NULL */
	int epoll_fd, event_fd;
	bool want_write, direct;
	int direct_fd;
	int doze_fd; /* the data descriptor while it is out of the set; or -1 */
	bool dozing; /* somebody is inside recv(2): it may not be closed */
	uint64_t deadline, backoff;
	size_t frame_max;
	struct vdelink_stats stats;
	char *vnl, *description;
	struct opener *opener; /* while reopening */
};

static uint64_t monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static int install(struct vdelink *link, struct transport *transport)
{
	int rc;

	transport->stats = &link->stats;
	rc = transport->ops->watch(transport, link->epoll_fd);
	if (rc < 0)
		return rc;
	link->transport = transport;
	link->frame_max = transport->frame_max;
	link->state = VDELINK_UP;
	link->backoff = BACKOFF_FIRST;
	link->deadline = NEVER;
	if (link->want_write)
		transport->ops->want_write(transport, true);
	link->direct_fd =
	    link->direct && transport->ops->direct != NULL ? transport->ops->direct(transport) : -1;
	return 0;
}

/* The next attempt after the back-off, a quarter of it left to chance: the clients of a switch that
 * was started again should not all come at once. */
static void schedule_attempt(struct vdelink *link)
{
	uint32_t chance = 0;

	link->state = VDELINK_LOST;
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
		chance = 0;
	link->deadline = monotonic_now() + link->backoff - chance % (link->backoff / 4);
	link->backoff = link->backoff * 2 < BACKOFF_LAST ? link->backoff * 2 : BACKOFF_LAST;
}

static void lost(struct vdelink *link)
{
	link->stats.losses++;
	link->direct_fd = link->doze_fd = -1;
	/* It stays open until the opener closes it, and its descriptors may stay readable. */
	link->transport->ops->unwatch(link->transport);
	schedule_attempt(link);
}

static void attempt(struct vdelink *link)
{
	/* The old one is closed first; a moment later nobody is inside of it. */
	if (link->dozing) {
		schedule_attempt(link);
		return;
	}
	if (opener_start(link->vnl, link->description, link->transport, link->event_fd, &link->opener) <
	    0) {
		schedule_attempt(link);
		return;
	}
	link->transport = NULL;
	link->deadline = NEVER;
	link->state = VDELINK_REOPENING;
}

static void attempt_done(struct vdelink *link)
{
	struct transport *opened;
	int rc = opener_join(link->opener, &opened);

	if (rc == 0) {
		rc = install(link, opened);
		if (rc == 0) {
			link->stats.reopenings++;
			return;
		}
		link->transport = opened; /* the next attempt closes it */
	}
	schedule_attempt(link);
}

int vdelink_open(const char *vnl, const char *description, struct vdelink **result)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TRANSPORT_LINK};
	struct vdelink *link = calloc(1, sizeof *link);
	struct transport *opened;
	int rc;

	if (link == NULL)
		return -ENOMEM;
	link->epoll_fd = link->event_fd = link->direct_fd = link->doze_fd = -1;
	link->vnl = vnl_absolute(vnl);
	link->description = strdup(description);
	if (link->vnl == NULL || link->description == NULL) {
		rc = -ENOMEM;
		goto fail;
	}
	link->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	link->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (link->epoll_fd < 0 || link->event_fd < 0 ||
	    epoll_ctl(link->epoll_fd, EPOLL_CTL_ADD, link->event_fd, &event) < 0) {
		rc = -errno;
		goto fail;
	}
	rc = opener_start(link->vnl, link->description, NULL, link->event_fd, &link->opener);
	if (rc < 0)
		goto fail;
	rc = opener_join(link->opener, &opened);
	if (rc < 0)
		goto fail;
	rc = install(link, opened);
	if (rc < 0) {
		link->transport = opened;
		goto fail;
	}
	*result = link;
	return 0;
fail:
	vdelink_close(link);
	return rc;
}

void vdelink_close(struct vdelink *link)
{
	if (link->state == VDELINK_REOPENING)
		opener_end(link->opener, &link->transport);
	if (link->transport != NULL)
		link->transport->ops->close(link->transport);
	if (link->event_fd >= 0)
		close(link->event_fd);
	if (link->epoll_fd >= 0)
		close(link->epoll_fd);
	free(link->description);
	free(link->vnl);
	free(link);
}

void vdelink_settle(const struct vdelink *link)
{
	if (link->state == VDELINK_UP && link->transport->ops->settle)
		link->transport->ops->settle(link->transport);
}

int vdelink_fd(const struct vdelink *link)
{
	return link->epoll_fd;
}

void vdelink_set_direct(struct vdelink *link)
{
	link->direct = true;
	if (link->state == VDELINK_UP && link->transport->ops->direct != NULL)
		link->direct_fd = link->transport->ops->direct(link->transport);
}

int vdelink_direct_fd(const struct vdelink *link)
{
	return link->direct_fd;
}

int vdelink_state_fd(const struct vdelink *link)
{
	return link->direct_fd >= 0 ? link->transport->state_fd : link->epoll_fd;
}

int vdelink_set_wake(struct vdelink *link, int wake_fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = TRANSPORT_WAKE};

	return epoll_ctl(link->epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) < 0 ? -errno : 0;
}

int vdelink_wait(const struct vdelink *link, const struct timespec *timeout)
{
	struct epoll_event events[EVENTS];
	int count = epoll_sleep(link->epoll_fd, events, EVENTS, timeout), news = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 == TRANSPORT_WAKE) {
			news |= VDELINK_WOKEN;
			continue;
		}
		if (events[i].data.u32 == TRANSPORT_DATA && (events[i].events & EPOLLIN))
			news |= VDELINK_FRAMES;
		if (events[i].data.u32 != TRANSPORT_DATA || (events[i].events & ~(uint32_t)EPOLLIN))
			news |= VDELINK_EVENTS;
	}
	return news;
}

/* ---- sleeping in recv(2) ---- */

int vdelink_doze_begin(struct vdelink *link)
{
	if (link->doze_fd < 0 && link->state == VDELINK_UP && link->transport->ops->doze != NULL)
		link->doze_fd = link->transport->ops->doze(link->transport);
	link->dozing = link->doze_fd >= 0;
	return link->doze_fd;
}

ssize_t vdelink_doze(int fd, const struct iovec *frame, bool wait)
{
	int flags = wait ? MSG_TRUNC : MSG_TRUNC | MSG_DONTWAIT;
	ssize_t result = recv(fd, frame->iov_base, frame->iov_len, flags);

	return result < 0 ? -errno : result;
}

bool vdelink_doze_end(struct vdelink *link, struct iovec *frame, ssize_t result)
{
	int count;

	link->dozing = false;
	if (link->state != VDELINK_UP || result == -EINTR || result == -EAGAIN)
		return false;
	count = link->transport->ops->received(link->transport, frame, result);
	if (count < 0)
		lost(link);
	return count > 0;
}

void vdelink_watch(struct vdelink *link)
{
	if (link->doze_fd < 0)
		return;
	link->doze_fd = -1;
	if (link->transport->ops->rewatch(link->transport) < 0)
		lost(link);
}

enum vdelink_state vdelink_state(const struct vdelink *link)
{
	return link->state;
}

size_t vdelink_frame_max(const struct vdelink *link)
{
	return link->frame_max;
}

unsigned int vdelink_recv(struct vdelink *link, struct iovec *frames, unsigned int max)
{
	int count;

	if (link->state != VDELINK_UP)
		return 0;
	count = link->transport->ops->recv(link->transport, frames, max);
	if (count >= 0)
		return (unsigned int)count;
	lost(link);
	return 0;
}

unsigned int vdelink_send(
    struct vdelink *link, const struct vdelink_frame *frames, unsigned int count)
{
	int taken;

	if (link->state == VDELINK_UP) {
		taken = link->transport->ops->send(link->transport, frames, count);
		if (taken >= 0)
			return (unsigned int)taken;
		lost(link);
	}
	link->stats.tx_dropped += count;
	return count;
}

void vdelink_want_write(struct vdelink *link, bool want)
{
	if (link->want_write == want)
		return;
	link->want_write = want;
	if (link->state == VDELINK_UP)
		link->transport->ops->want_write(link->transport, want);
}

uint64_t vdelink_deadline(const struct vdelink *link)
{
	return link->deadline;
}

void vdelink_poll(struct vdelink *link, uint64_t now)
{
	struct epoll_event events[EVENTS];
	int count;

	if (link->state == VDELINK_LOST && now >= link->deadline)
		attempt(link);
	count = epoll_wait(link->epoll_fd, events, EVENTS, 0);
	for (int i = 0; i < count; i++) {
		uint64_t unused;

		if (events[i].data.u32 == TRANSPORT_LINK) {
			if (read(link->event_fd, &unused, sizeof unused) < 0 && errno == EAGAIN)
				continue;
			if (link->state == VDELINK_REOPENING && opener_done(link->opener))
				attempt_done(link);
		} else if (events[i].data.u32 != TRANSPORT_WAKE && link->state == VDELINK_UP) {
			bool control = events[i].data.u32 == TRANSPORT_CONTROL;

			if (link->transport->ops->event(link->transport, events[i].events, control) < 0)
				lost(link);
		}
	}
}

void vdelink_get_stats(const struct vdelink *link, struct vdelink_stats *stats)
{
	*stats = link->stats;
}
