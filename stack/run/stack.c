/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and ending stacks; the process's end; the child of a fork.
 *
 * A stack ends only when no descriptor of it is open. What it still has to send may take until
 * linger=; so it is at the normal end of the process, for all stacks together. In a forked child a
 * stack of the parent can only be deleted: its memory is left alone (threads that are not in the
 * child may have been changing it), and nothing is sent or unlinked.
 */
#include "ctl.h"
#include "lead.h"
#include "options.h"
#include "pcap.h"
#include "pool.h"
#include "port.h"
#include "readiness_stream.h"
#include "sysctl.h"
#include "vdelink.h"
#include "vnl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For the process's end: stacks need no registry but then. */
static struct {
	pthread_mutex_t lock;
	struct list stacks;
} all = {PTHREAD_MUTEX_INITIALIZER, LIST_INIT(all.stacks)};

static void fork_prepare(void)
{
	pthread_mutex_lock(&all.lock);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&all.lock);
}

static void fork_child(void)
{
	const struct picox *stack;

	list_for_each (stack, &all.stacks, node)
		ctl_forget(stack->ctl);
	list_init(&all.stacks);
	pthread_mutex_unlock(&all.lock);
}

static void hook_fork(void)
{
	process_hook_fork(); /* whose locks are taken behind this one: so ours comes first in fork */
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

/* ---- making ---- */

static int open_core(const struct options *options, const char *text, struct picox *stack)
{
	struct px_config config = {
	    .allocator = &pool_allocator, .mem_limit = options->mem, .now = process_now()};
	int err = px_open(&config, &stack->px);

	if (err)
		return err;
	stack->px->owner = stack;
	netlink_set_links(stack->px, &run_links);
	sysctl_set_all(stack->px, text);
	err = px_layer_attach(stack->px, &run_layer);
	if (err)
		px_stack_free(stack->px);
	return err;
}

/* Closing may block: not under the lock, for which a poller may be waiting. Networks in memory
 * call runtime_notify until their port is closed: the stack still has its poller. */
static void close_ports(struct picox *stack)
{
	struct list ports;
	struct port *port;

	list_init(&ports);
	runtime_lock(stack);
	list_append_all(&ports, &stack->ports);
	list_for_each (port, &ports, node)
		port_detach(port);
	runtime_unlock(stack);
	list_for_each_safe (port, &ports, node)
		port_close(port);
}

static void free_stack(struct picox *stack)
{
	lead_free(stack);
	readiness_release();
	if (stack->event_fd >= 0)
		close(stack->event_fd);
	pthread_cond_destroy(&stack->file_freed);
	pthread_mutex_destroy(&stack->lock);
	free(stack);
}

static void set_switches(struct px_stack *px, const struct options *options)
{
	px->options.ip_forward = px->options.ip6_forwarding = options->forwarding;
	px->options.accept_ra = options->accept_ra;
	px->options.arp_probe = options->arp_probe;
	px->options.optimistic_dad = options->optimistic_dad;
	px->options.tso = options->tso;
	px->options.gro = options->gro;
}

/* Where the number alone would not tell what is wrong. */
static void vnl_reason(const char *vnl, int err, char *reason, size_t size)
{
	const char *network, *what = NULL, *own = "";
	char name[IFNAMSIZ], why[384];

	if (vnl_split(vnl, name, &network) < 0)
		what = "what stands before the colon is not the name of an interface";
	else if (err == -EINVAL && strncmp(network, "mem://", 6) == 0)
		what = "mem://NAME or mem://NAME/uplink=VNL is wanted, with one uplink for a network";
	else if (err == -EEXIST && name[0])
		what = "there is an interface of this name";
	if (!what) {
		vdelink_reason(network, err, why, sizeof(why));
		what = why;
	}
	if (err == -EPROTONOSUPPORT)
		own = ", and mem";
	snprintf(reason, size, "%.300s: %s%s", vnl, what, own);
}

static int open_stack(const char *const *vnlv, const struct options *options, const char *text,
    char *reason, size_t size, struct picox *stack)
{
	int err = open_core(options, text, stack);

	if (err) {
		snprintf(reason, size, "the stack cannot be made: %s", strerrordesc_np(-err));
		return err;
	}
	set_switches(stack->px, options);
	err = poller_attach(&stack->item, runtime_poll, options->pollers);
	if (err) {
		snprintf(reason, size, "no thread: %s", strerrordesc_np(-err));
		goto close_core;
	}
	if (options->pcap && (err = pcap_open(options->pcap, &stack->pcap)) < 0) {
		snprintf(reason, size, "pcap=%.300s: %s", options->pcap,
		    err == -ENXIO ? "nobody reads this FIFO" : strerrordesc_np(-err));
		goto detach;
	}
	if (stack->pcap) {
		runtime_lock(stack);
		pcap_start(stack->pcap, stack->px);
		runtime_unlock(stack);
	}
	for (; *vnlv; vnlv++) {
		if (**vnlv == '\0')
			continue;
		err = port_open(stack, *vnlv);
		if (err) {
			vnl_reason(*vnlv, err, reason, size);
			goto close_ports;
		}
	}
	if (options->ctl && (err = ctl_open(options->ctl, stack, &stack->ctl)) < 0) {
		snprintf(reason, size, "ctl=%.300s: %s", options->ctl,
		    err == -EEXIST ? "what is there is no socket" : strerrordesc_np(-err));
		goto close_ports;
	}
	return 0;

close_ports:
	close_ports(stack);
detach:
	poller_detach(&stack->item);
	pcap_close(stack->pcap);
close_core:
	px_stack_free(stack->px);
	return err;
}

int stack_new(
    const char *const *vnlv, const char *text, char *reason, size_t size, struct picox **result)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct options options;
	struct picox *stack;
	int err = options_parse(text, &options, reason, size);

	if (err)
		return err;
	stack = calloc(1, sizeof(*stack));
	if (!stack) {
		options_free(&options);
		return -ENOMEM;
	}
	pthread_once(&once, hook_fork);
	process_init_lock(&stack->lock);
	readiness_hold();
	pthread_cond_init(&stack->file_freed, NULL);
	list_init(&stack->ports);
	list_init(&stack->files);
	list_init(&stack->waiters);
	stack->generation = process_generation();
	stack->event_fd = -1;
	stack->armed = true;
	stack->linger = options.linger;
	stack->busy_poll = options.busy_poll;
	spin_init(&stack->spin, options.spin, process_processors());
	err = open_stack(vnlv, &options, text, reason, size, stack);
	options_free(&options);
	if (err) {
		free_stack(stack);
		return err;
	}
	pthread_mutex_lock(&all.lock);
	list_append(&all.stacks, &stack->node);
	pthread_mutex_unlock(&all.lock);
	*result = stack;
	return 0;
}

/* ---- ending ---- */

/* Queued frames leave, closed connections finish; who does not is reset. The lock is held. */
static void linger(struct picox *stack, px_time until)
{
	runtime_settle(stack);
	wait_drained(stack, until);
	tcp_abort_orphans(stack->px);
	runtime_settle(stack);
}

static void drop_pool(void)
{
	pthread_mutex_lock(&all.lock);
	if (list_is_empty(&all.stacks))
		pool_clear();
	pthread_mutex_unlock(&all.lock);
}

int stack_free(struct picox *stack)
{
	int cancel_state;

	if (stack->generation != process_generation())
		return 0;
	runtime_lock(stack);
	file_sweep(stack);
	if (stack->open_files) {
		runtime_leave(stack);
		return -EBUSY;
	}
	linger(stack, process_now() + stack->linger);
	/* Calls that were inside when their descriptor was closed. */
	cancel_state = stack->cancel_state;
	while (stack->file_count)
		pthread_cond_wait(&stack->file_freed, &stack->lock);
	stack->cancel_state = cancel_state; /* others had the lock */
	runtime_leave(stack);
	pthread_mutex_lock(&all.lock);
	list_remove(&stack->node);
	pthread_mutex_unlock(&all.lock);

	ctl_close(stack->ctl);
	close_ports(stack);
	poller_detach(&stack->item);
	pcap_close(stack->pcap);
	px_stack_free(stack->px);
	free_stack(stack);
	drop_pool();
	return 0;
}

static void settle_ports(const struct picox *stack)
{
	const struct port *port;

	list_for_each (port, &stack->ports, node) {
		if (port->ops->settle)
			port->ops->settle(port->link);
	}
}

/* The normal end of the process. Other threads may still be inside calls: nothing is freed. */
__attribute__((destructor)) static void at_exit(void)
{
	px_time now = process_now();
	struct picox *stack;

	pthread_mutex_lock(&all.lock);
	list_for_each (stack, &all.stacks, node) {
		runtime_lock(stack);
		file_abandon(stack);
		linger(stack, now + stack->linger);
		settle_ports(stack);
		pcap_flush(stack->pcap);
		runtime_unlock(stack);
		ctl_unlink(stack->ctl);
	}
	pthread_mutex_unlock(&all.lock);
	process_stop();
}
