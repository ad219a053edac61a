/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A keeper in the loop: see epoch.h. */
#include "epoch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* Once for each thing that fails, and again when it works: the keeper tries every second. */
static void log_change(struct epoch *epoch)
{
	int error = epoch->keeper.error;

	if (error == epoch->error)
		return;
	epoch->error = error;
	if (error)
		log_error("addresses: %s", strerror(-error));
	else if (!epoch->keeper.drained) /* one that wants no addresses misses none */
		log_notice("addresses: well again");
}

static void look(struct epoch *epoch)
{
	int64_t next = otip_keeper_run(&epoch->keeper, otip_clock_now());
	int err = otip_clock_arm(epoch->clock.fd, next);

	if (err)
		log_error("clock: %s", strerror(-err));
	log_change(epoch);
}

static void clock_ready(struct loop_source *source, uint32_t events)
{
	struct epoch *epoch = (struct epoch *)(void *)((char *)source - offsetof(struct epoch, clock));

	otip_clock_read(source->fd);
	look(epoch);
}

static void put_off(struct loop_job *job)
{
	look((struct epoch *)(void *)((char *)job - offsetof(struct epoch, job)));
}

int epoch_begin(struct epoch **result, struct loop *loop, struct otip_identity *identity,
    const struct otip_schedule *schedule, const struct otip_keeper_ops *ops, void *context)
{
	struct epoch *epoch = calloc(1, sizeof(*epoch));
	int fd, err = -ENOMEM;

	if (!epoch)
		goto failed;
	fd = otip_clock_open();
	err = fd < 0 ? fd : loop_add(loop, &epoch->clock, fd, EPOLLIN, clock_ready);
	if (err)
		goto close_clock;
	epoch->identity = *identity;
	list_init(&epoch->link);
	loop_job_init(&epoch->job, put_off);
	otip_keeper_init(&epoch->keeper, &epoch->identity, schedule, ops, context);
	look(epoch);
	*result = epoch;
	return 0;

close_clock:
	if (fd >= 0)
		close(fd);
	free(epoch);
failed:
	log_error("clock: %s", strerror(-err));
	return err;
}

void epoch_end(struct epoch *epoch)
{
	int fd = epoch->clock.fd;

	loop_job_cancel(&epoch->job);
	loop_remove(&epoch->clock);
	close(fd);
	otip_keeper_fini(&epoch->keeper);
	otip_identity_fini(&epoch->identity);
	list_remove(&epoch->link);
	free(epoch);
}

void epoch_look(struct epoch *epoch)
{
	loop_later(epoch->clock.loop, &epoch->job);
}

void epoch_drain(struct epoch *epoch)
{
	otip_keeper_drain(&epoch->keeper);
	look(epoch);
}

bool epoch_is_over(const struct epoch *epoch)
{
	return epoch->keeper.drained && list_is_empty(&epoch->keeper.addresses);
}
