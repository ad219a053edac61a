/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks after a stack: see stack_watch.h.
 *
 * News only make us look: what counts is what the stack shows then, so that it does not matter
 * which messages were read, and which were lost. */
#include "stack_watch.h"

#include <errno.h>
#include <ifaddrs.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <ioth.h>
#include <iothconf.h>

#include "link_state.h"
#include "log.h"
#include "metrics.h"
#include "static_items.h"

#define INTERFACES 64 /* bits of `lost` */
#define MESSAGES   64 /* a turn: a bound for who floods the interface with changes */

/* ---- networks -------------------------------------------------------------------------------- */

/* The bit of an interface that has a network; 0: it is something else. */
static uint64_t bit_of(const struct ifaddrs *item)
{
	struct sockaddr_ll name;

	if (!item->ifa_addr || item->ifa_addr->sa_family != AF_PACKET ||
	    item->ifa_flags & IFF_LOOPBACK || !(item->ifa_flags & IFF_UP))
		return 0;
	memcpy(&name, item->ifa_addr, sizeof(name));
	return name.sll_ifindex > 0 && name.sll_ifindex < INTERFACES ? UINT64_C(1) << name.sll_ifindex
	                                                             : 0;
}

/* True: one is back. */
static bool look_at_networks(struct stack_watch *watch, const struct ifaddrs *list)
{
	uint64_t before = watch->lost;

	watch->lost = 0;
	for (; list; list = list->ifa_next) {
		uint64_t bit = bit_of(list);

		if (bit && !(list->ifa_flags & IFF_RUNNING))
			watch->lost |= bit;
		if (watch->lost & bit & ~before)
			log_warning("%s: %s: the network is lost", watch->role, list->ifa_name);
		else if (bit & before & ~watch->lost)
			log_notice("%s: %s: the network is there", watch->role, list->ifa_name);
	}
	return before & ~watch->lost;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void print_item(const struct static_item *item, char text[ADDRTEXT_PREFIX_SIZE])
{
	text[0] = '\0';
	(void)addrtext_print_prefix(text, ADDRTEXT_PREFIX_SIZE, &item->prefix);
}

/* Those that are there are looked after no more. */
static void drop_there(struct stack_watch *watch, const struct ifaddrs *list, bool tells)
{
	char text[ADDRTEXT_PREFIX_SIZE];
	struct static_item *item;

	if (watch->tries) /* its thread has them */
		return;
	list_for_each_safe (item, &watch->missing, link) {
		if (!static_item_is_there(item, list))
			continue;
		print_item(item, text);
		if (tells)
			log_notice("%s: %s is there", watch->role, text);
		static_item_free(item);
	}
}

static void *try_all(void *argument)
{
	struct stack_watch *watch = argument;
	const struct static_item *item;
	uint64_t one = 1;

	list_for_each (item, &watch->missing, link) {
		if (ioth_config(watch->stack, item->again) < 0 || *ioth_config_error())
			log_debug("%s: %s", watch->role, ioth_config_error());
	}
	(void)!write(watch->tried.fd, &one, sizeof(one));
	return NULL;
}

static void begin_try(struct stack_watch *watch)
{
	sigset_t all, before;
	int err;

	if (!watch->tried.loop || list_is_empty(&watch->missing))
		return;
	loop_timer_after(&watch->again, STACK_WATCH_TRY);
	if (watch->tries)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&watch->thread, NULL, try_all, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	watch->tries = err == 0;
	if (err)
		log_debug("%s: %s", watch->role, strerror(err));
}

/* ---- looks ----------------------------------------------------------------------------------- */

static void look(struct stack_watch *watch, bool tells)
{
	struct ifaddrs *list;
	bool is_back;

	watch->next = loop_now(watch->look.loop) + STACK_WATCH_PAUSE;
	if (ioth_getifaddrs(watch->stack, &list) < 0) {
		log_debug("%s: %s", watch->role, strerror(errno));
		return;
	}
	is_back = look_at_networks(watch, list);
	drop_there(watch, list, tells);
	ioth_freeifaddrs(list);
	if (is_back)
		begin_try(watch);
}

static void look_again(struct loop_timer *timer)
{
	look(timerq_entry(timer, struct stack_watch, look), true);
}

static void try_again(struct loop_timer *timer)
{
	begin_try(timerq_entry(timer, struct stack_watch, again));
}

static void end_try(struct stack_watch *watch)
{
	uint64_t count;

	if (!watch->tries)
		return;
	(void)pthread_join(watch->thread, NULL);
	(void)!read(watch->tried.fd, &count, sizeof(count));
	watch->tries = false;
}

static void try_ended(struct loop_source *source, uint32_t events)
{
	struct stack_watch *watch =
	    (struct stack_watch *)(void *)((char *)source - offsetof(struct stack_watch, tried));

	end_try(watch);
	look(watch, true);
}

static void news_came(struct loop_source *source, uint32_t events)
{
	struct stack_watch *watch =
	    (struct stack_watch *)(void *)((char *)source - offsetof(struct stack_watch, news));

	for (int i = 0; i < MESSAGES && link_read_change(source->fd, 0) != LINK_NOTHING; i++)
		;
	if (!timerq_is_armed(&watch->look.timer))
		loop_timer_at(&watch->look, watch->next);
}

/* ---- begin and end --------------------------------------------------------------------------- */

/* The descriptor is the loop's, or closed. 0 or -errno. */
static int add_source(
    struct loop *loop, struct loop_source *source, int fd, loop_source_function *function)
{
	int err = fd < 0 ? fd : loop_add(loop, source, fd, EPOLLIN, function);

	if (err && fd >= 0)
		ioth_close(fd);
	return err;
}

static void tell_missing(const struct stack_watch *watch)
{
	char text[ADDRTEXT_PREFIX_SIZE];
	const struct static_item *item;

	list_for_each (item, &watch->missing, link) {
		print_item(item, text);
		log_warning("%s: %s is missing: it is tried again each minute", watch->role, text);
	}
}

void stack_watch_open(struct stack_watch *watch, struct loop *loop, struct ioth *stack,
    const char *role, const char *const lines[], size_t count)
{
	int event_fd, err;

	*watch = (struct stack_watch){.stack = stack, .role = role, .is_open = true};
	list_init(&watch->missing);
	loop_timer_init(loop, &watch->look, look_again);
	loop_timer_init(loop, &watch->again, try_again);
	err = add_source(loop, &watch->news, link_changes(stack), news_came);
	if (err)
		log_debug("%s: changes of the link are not seen: %s", role, strerror(-err));
	err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = static_items_read(&watch->missing, lines[i]);
	if (err)
		log_error("%s: %s", role, strerror(-err));
	look(watch, false);
	if (list_is_empty(&watch->missing))
		return;
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = add_source(loop, &watch->tried, event_fd < 0 ? -errno : event_fd, try_ended);
	if (err) {
		log_error("%s: addresses are not tried again: %s", role, strerror(-err));
		return;
	}
	tell_missing(watch);
	loop_timer_after(&watch->again, STACK_WATCH_TRY);
}

static void close_source(struct loop_source *source)
{
	int fd = source->fd;

	if (!source->loop)
		return;
	loop_remove(source);
	ioth_close(fd);
}

void stack_watch_close(struct stack_watch *watch)
{
	if (!watch->is_open)
		return;
	end_try(watch);
	loop_timer_cancel(&watch->look);
	loop_timer_cancel(&watch->again);
	close_source(&watch->news);
	close_source(&watch->tried);
	static_items_free(&watch->missing);
	watch->is_open = false;
}

/* ---- what is amiss --------------------------------------------------------------------------- */

static unsigned int count_lost(const struct stack_watch *watch)
{
	return (unsigned int)__builtin_popcountll(watch->lost);
}

static unsigned int count_missing(const struct stack_watch *watch)
{
	const struct static_item *item;
	unsigned int count = 0;

	if (!watch->is_open)
		return 0;
	list_for_each (item, &watch->missing, link)
		count++;
	return count;
}

void stack_watches_print_stats(
    const struct stack_watch *const watches[], size_t count, const char *program, FILE *out)
{
	unsigned int lost = 0, missing = 0;
	char name[64];

	for (size_t i = 0; i < count; i++) {
		lost += count_lost(watches[i]);
		missing += count_missing(watches[i]);
	}
	(void)snprintf(name, sizeof(name), "%s_networks_lost", program);
	metric_print_one(
	    out, name, "Networks of stacks (not the kernel's) that are lost, now.", METRIC_GAUGE, lost);
	(void)snprintf(name, sizeof(name), "%s_addresses_missing", program);
	metric_print_one(out, name,
	    "Static addresses that stacks (not the kernel's) were refused, now.", METRIC_GAUGE,
	    missing);
}

void stack_watch_print(const struct stack_watch *watch, FILE *out)
{
	char text[ADDRTEXT_PREFIX_SIZE];
	const struct static_item *item;
	unsigned int lost = count_lost(watch);

	if (!watch->is_open)
		return;
	if (lost == 0 && list_is_empty(&watch->missing))
		fprintf(out, "%s: well\n", watch->role);
	if (lost > 0)
		fprintf(out, "%s: the network is lost\n", watch->role);
	list_for_each (item, &watch->missing, link) {
		print_item(item, text);
		fprintf(out, "%s: %s is missing: it is tried again each minute\n", watch->role, text);
	}
}
