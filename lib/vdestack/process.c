/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stacks of a process share.
 *
 * The state belongs to the process, not to its forked children: they have neither the thread nor
 * the right to end the helper, and the lock may have been held when they were made. It lies in
 * memory that the kernel empties for a child (MADV_WIPEONFORK), who thus starts afresh and can make
 * stacks of its own: all bytes zero is an unlocked mutex in every C library of Linux
 * (PTHREAD_MUTEX_INITIALIZER), and no stack, helper or thread.
 *
 * A helper that is lost (somebody killed it, or closed the library's descriptors) stays with the
 * stacks that it had; the next stack starts another one. The same goes for the relay.
 */
#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "outside.h"

struct process {
	pthread_mutex_t lock;
	unsigned int stacks;
	struct helper *helper; /* for the next stack, NULL: none; its references are the stacks' */
	struct relay *relay;   /* NULL: there is none, and no thread */
	pthread_t thread;
};

/* Set once, when the library is loaded. */
static struct process *process;

__attribute__((constructor)) static void process_init(void)
{
	struct process *p;

	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return;
	if (madvise(p, sizeof(*p), MADV_WIPEONFORK) == 0)
		process = p;
	else
		munmap(p, sizeof(*p));
}

static void *relay_thread(void *relay)
{
	outside_enter();
	relay_run(relay);
	return NULL;
}

static int relay_start(struct process *p)
{
	sigset_t all, before;
	int err;

	err = relay_new(&p->relay);
	if (err < 0)
		return err;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&p->thread, NULL, relay_thread, p->relay);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err < 0) {
		relay_free(p->relay);
		p->relay = NULL;
	}
	return err;
}

/* A lost relay is left alone, and forgotten. */
static void relay_forget(struct process *p)
{
	pthread_detach(p->thread);
	p->relay = NULL;
}

static void relay_end(struct process *p)
{
	if (p->relay == NULL)
		return;
	relay_stop(p->relay);
	if (relay_is_lost(p->relay)) {
		relay_forget(p);
		return;
	}
	pthread_join(p->thread, NULL);
	relay_free(p->relay);
	p->relay = NULL;
}

/* At exit the thread ends before the libraries that it uses are finished, and the links are closed
 * in order, since some have files to remove. (Not so where exit was called with the lock held, in a
 * signal handler.) */
__attribute__((destructor)) static void process_fini(void)
{
	if (process == NULL || pthread_mutex_trylock(&process->lock) != 0)
		return;
	relay_end(process);
	pthread_mutex_unlock(&process->lock);
}

int process_join(struct helper **helper)
{
	int err = 0;

	if (process == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&process->lock);
	if (process->helper != NULL && helper_is_alive(process->helper))
		helper_ref(process->helper);
	else
		err = helper_start(&process->helper);
	if (err == 0) {
		process->stacks++;
		*helper = process->helper;
	}
	pthread_mutex_unlock(&process->lock);
	return err;
}

int process_relay(struct relay **relay)
{
	int err = 0;

	pthread_mutex_lock(&process->lock);
	if (process->relay != NULL && relay_is_lost(process->relay))
		relay_forget(process);
	if (process->relay == NULL)
		err = relay_start(process);
	*relay = process->relay;
	pthread_mutex_unlock(&process->lock);
	return err;
}

void process_remove_line(struct relay_line *line)
{
	struct relay *relay;

	pthread_mutex_lock(&process->lock);
	relay = process->relay;
	pthread_mutex_unlock(&process->lock);
	if (relay != NULL)
		relay_remove(relay, line);
}

void process_leave(struct helper *helper)
{
	pthread_mutex_lock(&process->lock);
	if (helper_is_own(helper) && --process->stacks == 0)
		relay_end(process);
	if (process->helper == helper && helper_is_last(helper))
		process->helper = NULL;
	helper_unref(helper);
	pthread_mutex_unlock(&process->lock);
}
