/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outer interface: see outside.h. */
#include "outside.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <ioth.h>

#include "link_state.h"
#include "log.h"
#include "window.h"

static bool is_up(const struct ifaddrs *list, const char *interface)
{
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		if (strcmp(item->ifa_name, interface) == 0)
			return item->ifa_flags & IFF_UP;
	}
	return false;
}

static bool has(const struct ifaddrs *list, const char *interface, const struct in6_addr *address)
{
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		struct sockaddr_in6 name;

		if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET6 ||
		    strcmp(item->ifa_name, interface) != 0)
			continue;
		memcpy(&name, item->ifa_addr, sizeof(name));
		if (IN6_ARE_ADDR_EQUAL(&name.sin6_addr, address))
			return true;
	}
	return false;
}

/* 0 or -errno. */
static int mend(struct outside *outside, const struct window *window)
{
	int err = otip_place_add(&outside->place, &window->address);

	if (!err && window->closed)
		err = otip_place_retire(&outside->place, &window->address);
	return err < 0 ? err : 0;
}

/* One that was made again has its name from before, and is not up yet. */
static int find_interface(struct outside *outside)
{
	int index = ioth_if_nametoindex(outside->place.stack, outside->interface);

	if (index < 0)
		return -errno;
	if ((unsigned int)index == outside->place.ifindex)
		return 0;
	return otip_place_open(&outside->place, outside->place.stack, outside->interface);
}

/* Adds the addresses of windows that are open, or of those that are over, where they are missing.
 * How many were, and in *error the -errno of the last one that could not be. */
static size_t mend_all(struct outside *outside, const struct ifaddrs *list, bool closed, int *error)
{
	struct window *window;
	size_t missing = 0;

	list_for_each (window, &outside->flows->windows, link) {
		int err;

		if (window->closed != closed || has(list, outside->interface, &window->address))
			continue;
		missing++;
		err = mend(outside, window);
		if (err)
			*error = err;
	}
	return missing;
}

/* 0, or the -errno of the last thing that failed. An interface that is down needs nothing: that it
 * comes up is news. What a stack has retired it need not show (picox does not), so the addresses of
 * windows that are over are taken for missing only where others are. */
static int look(struct outside *outside)
{
	struct ifaddrs *list;
	int err = find_interface(outside);

	if (err)
		return err;
	if (ioth_getifaddrs(outside->place.stack, &list) < 0)
		return -errno;
	if (is_up(list, outside->interface) && mend_all(outside, list, false, &err) > 0)
		(void)mend_all(outside, list, true, &err);
	ioth_freeifaddrs(list);
	return err;
}

static void look_now(struct outside *outside)
{
	int err = look(outside);

	outside->next = loop_now(outside->timer.loop) + OUTSIDE_PAUSE;
	if (err != outside->error && err)
		log_error("interface %s: %s", outside->interface, strerror(-err));
	else if (err != outside->error)
		log_notice("interface %s: well again", outside->interface);
	outside->error = err;
	if (err)
		loop_timer_after(&outside->timer, OUTSIDE_PAUSE);
	else if (!outside->news.loop)
		loop_timer_after(&outside->timer, OUTSIDE_POLL);
}

static void put_off(struct loop_job *job)
{
	look_now((struct outside *)(void *)((char *)job - offsetof(struct outside, job)));
}

static void expired(struct loop_timer *timer)
{
	look_now(timerq_entry(timer, struct outside, timer));
}

static void news_came(struct loop_source *source, uint32_t events)
{
	struct outside *outside =
	    (struct outside *)(void *)((char *)source - offsetof(struct outside, news));
	bool came_up = false;
	enum link_change change;

	while ((change = link_read_change(source->fd, outside->place.ifindex)) != LINK_NOTHING)
		came_up = came_up || change == LINK_UP;
	/* Addresses that we add and take away ourselves are among the news. */
	if (came_up)
		loop_later(source->loop, &outside->job);
	else if (!timerq_is_armed(&outside->timer.timer))
		loop_timer_at(&outside->timer, outside->next);
}

int outside_open(struct outside *outside, struct ioth *stack, const char *interface)
{
	int err = otip_place_open(&outside->place, stack, interface);

	if (!err) /* then it is no longer than that */
		(void)snprintf(outside->interface, sizeof(outside->interface), "%s", interface);
	else
		log_error("extstack: interface %s: %s", interface, strerror(-err));
	return err;
}

int outside_watch(struct outside *outside, struct loop *loop, struct flows *flows)
{
	int fd = link_changes(outside->place.stack), err;

	outside->flows = flows;
	loop_job_init(&outside->job, put_off);
	loop_timer_init(loop, &outside->timer, expired);
	if (fd < 0) { /* a stack that tells nothing */
		loop_timer_after(&outside->timer, OUTSIDE_POLL);
		return 0;
	}
	err = loop_add(loop, &outside->news, fd, EPOLLIN, news_came);
	if (!err)
		return 0;
	ioth_close(fd);
	outside->flows = NULL;
	log_error("interface %s: %s", outside->interface, strerror(-err));
	return err;
}

void outside_unwatch(struct outside *outside)
{
	int fd = outside->news.fd;

	if (!outside->flows)
		return;
	loop_job_cancel(&outside->job);
	loop_timer_cancel(&outside->timer);
	outside->flows = NULL;
	if (!outside->news.loop)
		return;
	loop_remove(&outside->news);
	ioth_close(fd);
}
