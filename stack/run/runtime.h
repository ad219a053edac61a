/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack that runs: the protocol core with a lock, links, descriptors, and those who wait.
 *
 * Who drives. A call of the program runs the protocol in its own thread, under the stack's lock;
 * leaving (runtime_leave) sends what it made. Somebody must wait for what the links bring:
 *
 *     a caller about to block is the leader: it waits for the links itself, so that one wake-up
 *     lies between the wire and the reader; other callers wait for it on a futex (wait.c)
 *     a poller, while no caller is blocked (process.c)
 *     the program's event loop, if it offered to (lead.c)
 *
 * A leader does not take the links out of the poller's set, which would cost a system call on each
 * side of each wait. The poller does that when it is woken in vain, and then looks again after
 * WATCH_TIME: as long as callers keep coming it leaves the links to them, else it takes them back;
 * a caller that leaves after the poller stopped looking gives them back itself.
 *
 * Where links have no descriptor, the poller is told of what they have only if no leader is
 * expected back: one left a moment ago, as one had before (DRIVER_EXPECTED); then the poller looks
 * later, too. In the midst of a conversation a leader sleeps in the link itself (doze.c), and where
 * answers come soon it looks for a moment before it sleeps at all (spin.c, look.c).
 *
 * Timers are the poller's, whoever drives.
 *
 * Locks. The stack's lock is held during link calls, which do not block, and never while waiting.
 * Behind it come those of networks in memory and of pollers. Link calls are system calls that POSIX
 * makes cancellation points; with the lock a thread is not cancelled, while it waits it can be.
 */
#ifndef RUN_RUNTIME_H
#define RUN_RUNTIME_H

#include "driver.h"
#include "process.h"
#include "readiness.h"
#include "socket.h"
#include "spin.h"

#include <pthread.h>
#include <sys/types.h>

struct ctl;
struct lead;
struct pcap;

/* An interface's link. */
struct port {
	struct list node; /* picox.ports */
	struct picox *stack;
	struct px_iface *iface; /* NULL: deleted, the link waits to be closed */
	const struct px_link_ops *ops;
	void *link;
	char name[IFNAMSIZ]; /* that the VNL gives its interface */
	/* What a filtering link was told. */
	uint8_t mac[PX_MAC_LEN];
	bool mac_told, all_told;
	bool wakes; /* its `wait` ends when the stack's event_fd is readable */
};

enum driver {
	DRIVER_POLLER,
	DRIVER_EXPECTED,    /* none: one that led a moment ago is coming back, else the poller looks */
	DRIVER_SPINS,       /* a leader that looks all the time, or for a moment */
	DRIVER_FUTEX,       /* a leader asleep on `news`: no link has a descriptor */
	DRIVER_DESCRIPTORS, /* a leader asleep on the links' descriptors and event_fd */
	DRIVER_DOZES,       /* a leader asleep in a link, for a moment: out of reach */
};

enum news {
	NEWS_LINK = 1,  /* a link without a descriptor has something */
	NEWS_READY = 2, /* the leader's own */
};

#define WAKES_MAX     16
#define RUNTIME_LARGE 1024 /* bytes of a frame */

struct picox {
	pthread_mutex_t lock;
	int cancel_state; /* of who holds the lock, before */
	struct px_stack *px;
	px_time day_known;       /* when px->realtime_offset was read */
	unsigned int generation; /* of the process that made it */
	struct list node;        /* of all stacks */
	struct poll_item item;
	struct list ports;
	struct port *adding;       /* its interface is being made */
	unsigned int descriptors;  /* links that have one */
	bool ports_gone;           /* some wait to be closed */
	struct prepared *prepared; /* for the netlink request under way: links.c */

	struct list files;
	unsigned int open_files, file_count; /* open; not freed yet */
	pthread_cond_t file_freed;           /* or a link that is to be closed is left */
	bool file_died;                      /* some file's program end is gone */
	bool starved; /* somebody waits for room in a transmit queue, or for its end */
	bool ending;  /* ... and for connections to finish */

	struct list waiters; /* in the order in which they came */
	struct waiter *leader;
	const struct port *slept_on; /* the link that the leader sleeps in */
	_Atomic enum driver driver;
	_Atomic uint32_t news; /* enum news; what a leader without descriptors sleeps on */
	int event_fd;          /* -1 until a leader sleeps on descriptors */
	px_time input_at;      /* when a leader received last, and how much */
	unsigned int input_count;
	/* doze.c */
	struct px_doze doze;           /* of the leader */
	_Atomic bool missed;           /* somebody could not reach it */
	px_time doze_from, doze_pause; /* not before; and how long it was put off the last time */
	struct spin spin;
	bool input_large; /* the last frame: bulk, no conversation */
	bool links_asked; /* since their deadlines were looked at */
	px_time left_at;  /* when the last leader left */
	bool armed;       /* the links are in the poller's set */
	bool watching;    /* the poller is going to look */
	uint64_t calls, calls_seen;

	/* Threads to be woken once the lock is free. */
	_Atomic uint32_t *wake[WAKES_MAX];
	unsigned int wakes;
	bool wake_leader;

	px_time linger;
	uint32_t busy_poll; /* microseconds */
	struct lead *lead;  /* NULL: no event loop of the program's leads */
	struct pcap *pcap;
	struct ctl *ctl;
};

/* ---- runtime.c ---- */

/* Reads the clock, once for all that is done under the lock. Nobody is cancelled while he has it.
 */
void runtime_lock(struct picox *stack);

/* Runs and sends what the call made; then unlocks and wakes whoever has to look. */
void runtime_settle(struct picox *stack);
void runtime_unlock(struct picox *stack);
static inline void runtime_leave(struct picox *stack)
{
	runtime_settle(stack);
	runtime_unlock(stack);
}

/* Takes at most `max` of what each link has; returns how much there was. `states`: looks after
 * those that have nothing, too. The lock is held. */
unsigned int runtime_receive(struct picox *stack, unsigned int max, bool states);

/* A link without descriptor has something. No lock is held that the stack could want. */
void runtime_notify(void *stack);

/* The leader is ready. The lock is held. */
void runtime_wake_leader(struct picox *stack);

void runtime_poll(struct poll_item *item, px_time now);
/* Whether the poller waits for the links. */
void runtime_arm(struct picox *stack, bool armed);
/* A leader waits for them, in its own way: the poller is to look later whether one still does. */
void runtime_hand_over(struct picox *stack);
/* Nobody leads who would be meant. */
void runtime_forget_wakes(struct picox *stack);
/* The last leader leaves. Whether the next one is waited for, before the poller is told anything.
 */
bool runtime_expect_leader(struct picox *stack);

/* Whether a transmit queue is full: senders wait, until a quarter of it is free. */
bool runtime_congested(const struct picox *stack);
bool runtime_has_room(const struct picox *stack);
/* Whether nothing waits to be sent. */
bool runtime_drained(const struct picox *stack);

/* ---- descriptors: file.c ---- */

struct file {
	struct list node;   /* picox.files */
	struct list hidden; /* lead.c */
	struct picox *stack;
	struct px_sock *sock; /* NULL: closed */
	int domain;
	bool stream;
	bool opening; /* accepted, and not yet in the table */
	bool closing; /* close(2) lingers */
	int fd;       /* that a call used last */
	struct readiness readiness;
	unsigned int mask;    /* that the socket told last */
	unsigned int waiting; /* waiters */
	/* Of the descriptor: now, and when it was made. The stream's may be renewed
	 * (readiness_stream.h); duplicates that were made before keep the old one. */
	_Atomic ino_t inode;
	ino_t inode_made;
	_Atomic unsigned int numbers; /* descriptors that mean it */
	_Atomic unsigned int refs;    /* numbers, and calls inside */
};

/* A new socket and its descriptor, or -errno. */
int file_open(struct picox *stack, int domain, int type, int protocol);

/* Takes a connection that waits; the lock is held. 0, -EAGAIN or -errno. Its descriptor is found by
 * others after file_publish, without the lock. */
struct accepted {
	struct file *file;
	int fd;
};
int file_accept(struct file *listener, bool nonblocking, struct sockaddr_storage *name,
    socklen_t *len, struct accepted *accepted);
void file_publish(const struct accepted *accepted);

/* Makes a stream's descriptor able to show what comes (readiness_pair); the lock is held. */
int file_pair(struct file *file, int fd);

/* readiness_show. */
void file_show(struct file *file, int fd, unsigned int mask);

/* The process ends: closes what is still open; the descriptors stay. */
void file_abandon(struct picox *stack);

/* The file of a descriptor, referenced; NULL: none. */
struct file *file_get(int fd);
void file_unref(struct file *file);

/* The stack that a number means a socket of, whatever was done to it by close(2), dup2(2); NULL.
 * Takes no lock that is held for long. */
struct picox *file_stack(int fd);
int file_close(int fd);

/* Removes files whose descriptors were closed by close(2). The lock is held. */
void file_sweep(struct picox *stack);
void file_drop_dead(struct picox *stack);

/* ---- blocked callers: wait.c ---- */

struct waiter {
	struct list node;  /* picox.waiters */
	struct file *file; /* NULL: waits for the stack's output to drain */
	unsigned int events;
	bool ready, asleep;
	_Atomic uint32_t word;
};

/* A call on a descriptor, from entry to return; left by the cleanup attribute, so that it is when
 * the thread is cancelled while it waits. */
struct call {
	struct picox *stack; /* NULL: not inside */
	struct file *file;
	int fd;
	unsigned int looks; /* before it slept: LOOKS_MAX at most (look.h) */
	bool locked, waiting;
	struct waiter
	    waiter; /* here, since call_wait's frame is gone when call_leave is run by a cancel */
};
#define CALL_SCOPE struct call __attribute__((cleanup(call_leave)))

/* Refers to the descriptor's file; takes the lock, too. 0 or -EBADF. */
int call_find(struct call *call, int fd);
int call_lock(struct call *call);
int call_enter(struct call *call, int fd);
void call_leave(struct call *call);
/* Leaves before its scope ends; after this it may be entered no more. */
void call_end(struct call *call);
/* Sends what there is and releases the lock, if it is held: call_lock takes it again. */
void call_pause(struct call *call);

/* Waits for one of `events` (POLLIN, POLLOUT), until `until`. The lock is held before and after. 0:
 * try again; -EAGAIN: time is over; -EINTR (`restartable`: only if a handler wants it); -EBADF. */
int call_wait(struct call *call, unsigned int events, px_time until, bool restartable);

/* Something of a file has changed: its waiters. Returns for which events somebody is going to look;
 * 0: nobody is. */
unsigned int waiters_tell(struct file *file, unsigned int mask);
void waiters_close(struct file *file);
/* A first link with a descriptor comes: whoever leads must be within reach then. The lock is held.
 * 0 or -errno. */
int wait_for_descriptors(struct picox *stack);
/* Looks whether there is room for those who wait for it. */
void waiters_room(struct picox *stack);

/* Waits until everything is sent, at most until `until`. The lock is held before and after. */
void wait_drained(struct picox *stack, px_time until);

/* ---- sleeping in a link: doze.c. The lock is held. ---- */

/* The leader may sleep in stack->slept_on by its `doze`, without the lock, until `until`, and look
 * for `busy` nanoseconds before. */
bool doze_begin(struct picox *stack, px_time until, px_time busy);
/* It did, from `began` on: takes in what came. 0 or -EINTR. */
int doze_end(struct picox *stack, px_time began, ssize_t result);
/* The same, but what came is the caller's, or NULL. For one who was cancelled. */
struct px_pkt *doze_leave(struct picox *stack, ssize_t result);

/* Whether all handlers that may have run ask for calls to be restarted (restart.c). */
bool signals_restart(void);

/* ---- stack.c ---- */

int stack_new(
    const char *const *vnlv, const char *options, char *reason, size_t size, struct picox **stack);
int stack_free(struct picox *stack); /* 0, or -EBUSY */

/* ---- interfaces made by netlink: links.c ---- */

/* The link of a new interface, opened before the lock is taken, since that may block. */
struct prepared {
	struct port *port; /* NULL: there is none, or an interface took it */
	int err;
};

/* Opens what a datagram of requests asks for. No lock is held. */
void links_prepare(struct picox *stack, const struct px_pkt *datagram, struct prepared *prepared);
/* Closes what no interface took. */
void links_release(struct prepared *prepared);

extern const struct netlink_links run_links;

/* Tells filtering links whether broadcasts have listeners. The lock is held. */
void stack_listeners_changed(struct picox *stack, bool first);

#endif
