/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of one-time addresses take a tenth of a second or more each (hash.h): a thread of its own
 * makes them, at a lower priority, so that queries do not wait. */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "hash.h"

#define NICE 10

struct named_keymaker {
	struct loop loop;
	struct named_otip_keys *keys;
	pthread_t thread;
};

static void wake(void *argument)
{
	struct named_keymaker *keymaker = argument;

	loop_wake(&keymaker->loop);
}

static void woken(struct loop_source *source, uint32_t events)
{
	struct named_keymaker *keymaker = (struct named_keymaker *)source->loop;

	while (!atomic_load(&keymaker->loop.stopping) && named_otip_work(keymaker->keys))
		;
}

static void *keymaker_main(void *argument)
{
	struct named_keymaker *keymaker = argument;

	/* 0 is the calling thread: setpriority(2), NOTES. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	(void)loop_run(&keymaker->loop);
	return NULL;
}

int named_keymaker_new(struct named_keymaker **result, struct named_otip_keys *keys)
{
	struct named_keymaker *keymaker = calloc(1, sizeof(*keymaker));
	sigset_t all, before;
	int err;

	if (!keymaker)
		return -ENOMEM;
	keymaker->keys = keys;
	err = loop_init(&keymaker->loop);
	if (err)
		goto free_keymaker;
	keymaker->loop.woken = woken;
	named_otip_set_wake(keys, wake, keymaker);
	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* that of the filter of system calls is told: sandbox.c */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&keymaker->thread, NULL, keymaker_main, keymaker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		goto close_loop;
	loop_wake(&keymaker->loop); /* for what was asked for before */
	*result = keymaker;
	return 0;

close_loop:
	named_otip_set_wake(keys, NULL, NULL);
	loop_fini(&keymaker->loop);
free_keymaker:
	free(keymaker);
	return err;
}

void named_keymaker_free(struct named_keymaker *keymaker)
{
	if (!keymaker)
		return;
	named_otip_set_wake(keymaker->keys, NULL, NULL);
	loop_stop(&keymaker->loop);
	pthread_join(keymaker->thread, NULL);
	loop_fini(&keymaker->loop);
	free(keymaker);
}
