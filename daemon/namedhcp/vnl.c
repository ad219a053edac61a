/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VDE network in the loop: see vnl.h. */
#include "vnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "vdelink.h"

#define BURST  32
#define BURSTS 8 /* at a time: then others have their turn */

static bool is_ours(const struct vnl *vnl, const uint8_t *frame, size_t len)
{
	return len >= VNL_HEADER && !(frame[6] & 1) &&
	       ((frame[0] & 1) || memcmp(frame, vnl->mac, 6) == 0);
}

static void watch(struct vnl *vnl)
{
	bool is_up = vdelink_state(vnl->link) == VDELINK_UP;

	loop_timer_at(&vnl->timer, vdelink_deadline(vnl->link));
	if (is_up == vnl->is_up)
		return;
	vnl->is_up = is_up;
	if (is_up)
		log_notice("the network is there");
	else
		log_warning("the network is lost");
	vnl->ops->changed(vnl, is_up);
}

static void receive(struct vnl *vnl)
{
	struct iovec frames[BURST];
	unsigned int got;

	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		for (size_t i = 0; i < BURST; i++)
			frames[i] = (struct iovec){.iov_base = vnl->room[i], .iov_len = sizeof(vnl->room[i])};
		got = vdelink_recv(vnl->link, frames, BURST);
		for (unsigned int i = 0; i < got; i++) {
			/* Not room[i]: the link reorders them. */
			if (is_ours(vnl, frames[i].iov_base, frames[i].iov_len))
				vnl->ops->frame(vnl, frames[i].iov_base, frames[i].iov_len);
		}
		if (got < BURST)
			break;
	}
}

static void work(struct vnl *vnl)
{
	vdelink_poll(vnl->link, loop_now(vnl->loop));
	watch(vnl);
	receive(vnl);
	watch(vnl); /* receiving is how a loss is noticed */
}

static void ready(struct loop_source *source, uint32_t events)
{
	work((struct vnl *)(void *)((char *)source - offsetof(struct vnl, source)));
}

static void due(struct loop_timer *timer)
{
	work((struct vnl *)(void *)((char *)timer - offsetof(struct vnl, timer)));
}

void vnl_make_mac(struct vnl *vnl)
{
	loop_time now = loop_clock();

	if (getrandom(vnl->mac, sizeof(vnl->mac), 0) < 0)
		memcpy(vnl->mac, &now, sizeof(vnl->mac));
	vnl->mac[0] = (uint8_t)((vnl->mac[0] & 0xfc) | 2);
}

int vnl_open(struct vnl *vnl, struct loop *loop, const char *name, const char *description,
    const uint8_t *mac, const struct vnl_ops *ops)
{
	char why[256];
	int err = -ENOMEM;

	*vnl = (struct vnl){.ops = ops, .loop = loop, .has_random_mac = !mac};
	loop_timer_init(loop, &vnl->timer, due);
	if (mac)
		memcpy(vnl->mac, mac, 6);
	else
		vnl_make_mac(vnl);
	vnl->room = calloc(BURST, sizeof(*vnl->room));
	if (!vnl->room)
		goto failed;
	err = vdelink_open(name, description, &vnl->link);
	if (err)
		goto free_room;
	err = loop_add(loop, &vnl->source, vdelink_fd(vnl->link), EPOLLIN, ready);
	if (err)
		goto close_link;
	watch(vnl);
	return 0;

close_link:
	vdelink_close(vnl->link);
free_room:
	free(vnl->room);
failed:
	vdelink_reason(name, err, why, sizeof(why));
	log_error("%s: %s", name, why);
	return err;
}

void vnl_close(struct vnl *vnl)
{
	loop_timer_cancel(&vnl->timer);
	loop_remove(&vnl->source);
	vdelink_close(vnl->link);
	free(vnl->room);
}

int vnl_send(
    struct vnl *vnl, uint8_t *frame, const uint8_t destination[6], uint16_t ethertype, size_t len)
{
	struct iovec piece = {.iov_base = frame, .iov_len = VNL_HEADER + len};
	const struct vdelink_frame sent = {.piece = &piece, .pieces = 1};

	if (len == 0 || len > VNL_PACKET_MAX)
		return -EMSGSIZE;
	memcpy(frame, destination, 6);
	memcpy(frame + 6, vnl->mac, 6);
	frame[12] = (uint8_t)(ethertype >> 8);
	frame[13] = (uint8_t)ethertype;
	if (vdelink_state(vnl->link) != VDELINK_UP)
		return -ENETDOWN;
	return vdelink_send(vnl->link, &sent, 1) == 1 ? 0 : -EAGAIN;
}
