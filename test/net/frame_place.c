/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending and receiving whole frames: see frame_place.h. */
#include "frame_place.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "vdelink.h"

#define BURST       32
#define FRAME_MAX   2048
#define MILLISECOND (FRAME_PLACE_SECOND / 1000)
#define ROOM        (4 << 20)

uint64_t frame_place_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * FRAME_PLACE_SECOND + (uint64_t)time.tv_nsec;
}

static void open_interface(struct frame_place *place, const char *name, uint16_t ethertype)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(ethertype),
	    .sll_ifindex = (int)if_nametoindex(name)};
	const int room = ROOM;

	place->packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (address.sll_ifindex == 0 || place->packet_fd < 0 ||
	    bind(place->packet_fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", name);
	(void)setsockopt(place->packet_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

void frame_place_open(
    struct frame_place *place, const char *name, const char *who, uint16_t ethertype)
{
	int error;

	*place = (struct frame_place){.packet_fd = -1};
	if (!strstr(name, "://")) {
		open_interface(place, name, ethertype);
		return;
	}
	error = vdelink_open(name, who, &place->net);
	if (error)
		errx(1, "%s: %s", name, strerror(-error));
}

void frame_place_close(struct frame_place *place)
{
	if (place->net)
		vdelink_close(place->net);
	else
		close(place->packet_fd);
}

/* Milliseconds; negative: until something is there. */
static void sleep_at_most(const struct frame_place *place, int timeout)
{
	struct pollfd item = {
	    .fd = place->net ? vdelink_fd(place->net) : place->packet_fd, .events = POLLIN};

	(void)poll(&item, 1, timeout);
}

static bool send_now(struct frame_place *place, const uint8_t *frame, size_t len)
{
	struct iovec piece = {.iov_base = (void *)(uintptr_t)frame, .iov_len = len};
	const struct vdelink_frame one = {.piece = &piece, .pieces = 1};

	if (place->net)
		return vdelink_send(place->net, &one, 1) == 1;
	return send(place->packet_fd, frame, len, 0) >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

void frame_place_send(struct frame_place *place, const uint8_t *frame, size_t len)
{
	while (!send_now(place, frame, len))
		sleep_at_most(place, 1); /* what has come meanwhile is looked at later */
}

void frame_place_receive(struct frame_place *place, void (*take)(const uint8_t *frame, size_t len))
{
	static uint8_t room[BURST][FRAME_MAX];
	struct iovec frames[BURST];
	unsigned int got;
	ssize_t len;

	if (!place->net) {
		while ((len = recv(place->packet_fd, room[0], sizeof(room[0]), 0)) >= 0)
			take(room[0], (size_t)len);
		return;
	}
	vdelink_poll(place->net, frame_place_now());
	do {
		for (size_t i = 0; i < BURST; i++)
			frames[i] = (struct iovec){.iov_base = room[i], .iov_len = sizeof(room[i])};
		got = vdelink_recv(place->net, frames, BURST);
		for (unsigned int i = 0; i < got; i++)
			take(frames[i].iov_base, frames[i].iov_len);
	} while (got > 0);
}

void frame_place_wait(const struct frame_place *place, uint64_t until)
{
	uint64_t now = frame_place_now(), left = until > now ? until - now : 0;

	sleep_at_most(place, until == UINT64_MAX ? -1 : (int)((left + MILLISECOND - 1) / MILLISECOND));
}
