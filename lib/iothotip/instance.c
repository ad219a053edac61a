/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service: what is due, and when. It sleeps in epoll until the next window opens or closes, the
 * clock is set, or the stack has a word of its links; there is no period. All but the sleep happens
 * under the instance's lock, and nothing that happens under it waits for anybody but the stack's
 * configuration.
 *
 * The order in which things are done when windows change: the sockets hear the new addresses, which
 * are there a moment later; clients of datagrams get sockets of their own; addresses are added and
 * retired; the sockets hear the old ones no more. So nothing that comes to an open address is lost.
 */
#include "instance.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <ioth.h>

#include "clock.h"
#include "link_state.h"

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const struct otip_time otip_time_system = {otip_clock_now, monotonic};

/* ---- the interface --------------------------------------------------------------------------- */

static void tell(
    struct iothotip *instance, const char *what, const struct in6_addr *address, int result)
{
	char text[INET6_ADDRSTRLEN];

	if (!instance->teller.function && result >= 0)
		return;
	inet_ntop(AF_INET6, address, text, sizeof(text));
	if (result >= 0) {
		teller_say(&instance->teller, LOG_DEBUG, "%s is %s", text, what);
		return;
	}
	snprintf(instance->failure, sizeof(instance->failure), "%s cannot be %s: %s", text, what,
	    strerror(-result));
	teller_say(&instance->teller, LOG_WARNING, "%s", instance->failure);
}

static int add(void *context, const struct in6_addr *address)
{
	struct iothotip *instance = context;
	const struct otip_address *known = otip_keeper_find(&instance->keeper, address);
	int result = otip_place_add(&instance->place, address);

	if (known && known->state == OTIP_ADDRESS_OPEN && result == 0)
		return 0; /* only to make sure */
	instance->stats.windows += result == 0;
	instance->stats.failures += result < 0;
	tell(instance, "added", address, result);
	return result;
}

static int retire(void *context, const struct in6_addr *address)
{
	struct iothotip *instance = context;
	int result = otip_place_retire(&instance->place, address);

	instance->stats.failures += result < 0;
	tell(instance, "retired", address, result);
	return result;
}

static void remove_address(void *context, const struct in6_addr *address)
{
	struct iothotip *instance = context;

	otip_place_remove(&instance->place, address);
	tell(instance, "removed", address, 0);
}

static bool in_use(void *context, const struct in6_addr *address)
{
	struct iothotip *instance = context;

	return otip_place_in_use(&instance->place, address);
}

static const struct otip_keeper_ops keeper_ops = {add, retire, remove_address, in_use};

/* ---- what is due ----------------------------------------------------------------------------- */

static void set_filters(struct iothotip *instance, const struct otip_addresses *addresses)
{
	struct otip_listener *listener;

	if (otip_addresses_equal(&instance->heard, addresses))
		return;
	instance->heard = *addresses;
	list_for_each (listener, &instance->listeners, link)
		instance->stats.failures += otip_filter_set(listener->fd, addresses) < 0;
}

/* Those that are to be heard, or will be in a moment. */
static void hear_more(struct iothotip *instance, const struct otip_windows *windows)
{
	struct otip_addresses addresses = instance->heard;

	for (int64_t window = windows->first; window <= windows->last; window++) {
		struct in6_addr address = otip_identity_address(&instance->identity, window);

		otip_addresses_add(&addresses, &address);
	}
	set_filters(instance, &addresses);
}

/* Those that are heard from now on. An address that the stack looks after is heard for another
 * moment: who has begun to connect while it was open completes it, and to others the stack is
 * silent. */
static void hear_less(struct iothotip *instance)
{
	struct otip_addresses addresses = {.count = 0};
	struct otip_address *address;

	list_for_each (address, &instance->keeper.addresses, link) {
		if (address->state == OTIP_ADDRESS_OPEN || address->state == OTIP_ADDRESS_RELEASED)
			otip_addresses_add(&addresses, &address->address);
	}
	set_filters(instance, &addresses);
}

static void detach_clients(struct iothotip *instance, const struct otip_windows *windows)
{
	struct otip_listener *listener;
	struct otip_address *address;

	list_for_each (address, &instance->keeper.addresses, link) {
		if (address->state != OTIP_ADDRESS_OPEN || otip_windows_have(windows, address->window))
			continue;
		list_for_each (listener, &instance->listeners, link) {
			if (listener->type == SOCK_DGRAM)
				datagram_detach(listener, &address->address);
		}
	}
}

/* Datagram sockets of clients that have gone quiet. True: there are others. */
static bool expire_clients(struct iothotip *instance)
{
	struct otip_listener *listener;
	bool detached = false;

	list_for_each (listener, &instance->listeners, link) {
		if (listener->detached)
			otip_clients_expire(&listener->clients, instance->time.monotonic());
		detached = detached || listener->detached;
	}
	return detached;
}

/* What the stack says of its links. True: anything. */
static bool read_changes(struct iothotip *instance, bool *up)
{
	enum link_change change;
	bool any = false;

	while (instance->changes >= 0 && (change = link_read_change(instance->changes,
	                                      instance->place.ifindex)) != LINK_NOTHING) {
		any = true;
		*up = *up || change == LINK_UP;
	}
	return any;
}

static int64_t change_windows(struct iothotip *instance, int64_t now, bool again)
{
	const struct otip_windows windows = otip_schedule_at(&instance->keeper.schedule, now);
	int64_t next;

	hear_more(instance, &windows);
	detach_clients(instance, &windows);
	next = again ? otip_keeper_restore(&instance->keeper, now)
	             : otip_keeper_run(&instance->keeper, now);
	hear_less(instance);
	return next;
}

int instance_work(struct iothotip *instance)
{
	int64_t now = instance->time.wall(), next;
	bool up = false, again;

	otip_clock_read(instance->clock);
	again = read_changes(instance, &up);
	next = change_windows(instance, now, again);
	/* Our own changes are among what the stack tells: they are no reason to look again. But an
	 * interface that has come up meanwhile is. */
	up = false;
	if (read_changes(instance, &up) && up)
		next = change_windows(instance, now, true);
	if (expire_clients(instance) && next > now + 1)
		next = now + 1;
	(void)otip_clock_arm(instance->clock, next);
	if (!instance->keeper.error)
		instance->failure[0] = '\0';
	return instance->keeper.error;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *run(void *argument)
{
	struct iothotip *instance = argument;
	struct epoll_event event;
	bool stop = false;

	while (!stop) {
		(void)epoll_wait(instance->epoll, &event, 1, -1);
		pthread_mutex_lock(&instance->lock);
		stop = instance->stop;
		if (!stop)
			(void)instance_work(instance);
		pthread_mutex_unlock(&instance->lock);
	}
	return NULL;
}

static int watch(const struct iothotip *instance, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(instance->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int instance_start_thread(struct iothotip *instance)
{
	sigset_t all, before;
	int error;

	instance->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (instance->wake < 0)
		return -errno;
	error = watch(instance, instance->wake);
	if (error)
		goto close_wake;
	/* Signals are the program's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = -pthread_create(&instance->thread, NULL, run, instance);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		goto close_wake;
	return 0;

close_wake:
	close(instance->wake);
	instance->wake = -1;
	return error;
}

static void end_thread(struct iothotip *instance)
{
	pthread_mutex_lock(&instance->lock);
	instance->stop = true;
	pthread_mutex_unlock(&instance->lock);
	(void)eventfd_write(instance->wake, 1);
	pthread_join(instance->thread, NULL);
	close(instance->wake);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static int open_descriptors(struct iothotip *instance)
{
	int error;

	instance->clock = otip_clock_open();
	if (instance->clock < 0)
		return instance->clock;
	instance->epoll = epoll_create1(EPOLL_CLOEXEC);
	error = instance->epoll < 0 ? -errno : watch(instance, instance->clock);
	if (error)
		goto close_descriptors;
	/* A stack without netlink news has no links that come and go. */
	instance->changes = link_changes(instance->place.stack);
	if (instance->changes >= 0)
		error = watch(instance, instance->changes);
	if (error)
		goto close_changes;
	return 0;

close_changes:
	ioth_close(instance->changes);
close_descriptors:
	if (instance->epoll >= 0)
		close(instance->epoll);
	close(instance->clock);
	return error;
}

static void close_descriptors(struct iothotip *instance)
{
	if (instance->changes >= 0)
		ioth_close(instance->changes);
	close(instance->epoll);
	close(instance->clock);
}

int instance_new(struct iothotip **made, struct ioth *stack, const struct otip_config *config,
    const struct otip_time *time, char why[OTIP_WHY_SIZE])
{
	struct iothotip *instance = calloc(1, sizeof(*instance));
	int error;

	if (!instance)
		return -ENOMEM;
	instance->time = *time;
	instance->udp_time = config->udp_time;
	instance->udp_clients = config->udp_clients;
	instance->wake = -1;
	list_init(&instance->listeners);
	error = -pthread_mutex_init(&instance->lock, NULL);
	if (error)
		goto free_instance;
	error = otip_place_open(&instance->place, stack, config->interface);
	if (error) {
		snprintf(why, OTIP_WHY_SIZE, "interface %.50s: %s",
		    config->interface ? config->interface : "vde0", strerror(-error));
		goto destroy_lock;
	}
	error = otip_identity_init(&instance->identity, &config->identity);
	if (error)
		goto destroy_lock;
	error = open_descriptors(instance);
	if (error) {
		snprintf(why, OTIP_WHY_SIZE, "descriptors of clock, links, epoll: %s", strerror(-error));
		goto fini_identity;
	}
	otip_keeper_init(
	    &instance->keeper, &instance->identity, &config->schedule, &keeper_ops, instance);
	error = instance_work(instance);
	if (error) {
		memcpy(why, instance->failure, OTIP_WHY_SIZE);
		goto fini_keeper;
	}
	*made = instance;
	return 0;

fini_keeper:
	otip_keeper_fini(&instance->keeper);
	close_descriptors(instance);
fini_identity:
	otip_identity_fini(&instance->identity);
destroy_lock:
	pthread_mutex_destroy(&instance->lock);
free_instance:
	free(instance);
	return error;
}

void instance_free(struct iothotip *instance)
{
	struct otip_listener *listener;

	if (instance->wake >= 0)
		end_thread(instance);
	/* The addresses first: nobody hears of a socket that is closed. */
	otip_keeper_fini(&instance->keeper);
	while ((listener = list_first(&instance->listeners, struct otip_listener, link)))
		listener_close(listener);
	close_descriptors(instance);
	otip_identity_fini(&instance->identity);
	pthread_mutex_destroy(&instance->lock);
	free(instance);
}
