/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack's control socket: another process sends rtnetlink requests and receives answers and
 * notifications (stack/ctl/ctl_protocol.h; iothip(1)).
 *
 * It has no thread (but see ctl_job.c): the stack's poller runs it, as an item of its own with one
 * descriptor, an epoll set of the listening socket and the connections. No lock is held while it
 * reads or writes, and nothing in here waits. There are CLIENTS_MAX connections at most; more are
 * told so, and closed.
 *
 * The socket is the user's: mode 0600, and whoever connects is asked for credentials besides. In a
 * forked child it does not exist.
 */
#include "ctl.h"

#include "ctl_client.h"
#include "ctl_socket.h"
#include "nlq_message.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>

#define CLIENTS_MAX 32
#define LISTENER    CLIENTS_MAX /* in epoll_event.data */
#define ACCEPTS_MAX 16          /* a round */
#define RETRY_TIME  PX_SEC      /* after a lack of descriptors */

struct ctl {
	struct ctl_host host;
	struct ctl_socket socket;
	_Atomic int epoll_fd, listen_fd;
	px_time retry; /* not listening until then; 0: listening */
	struct ctl_client clients[CLIENTS_MAX];
	uint32_t interest[CLIENTS_MAX]; /* what epoll knows; 0: it is not in the set */
};

/* ---- connections ---- */

static int control(struct ctl *ctl, int operation, int fd, uint32_t place, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = place};

	return epoll_ctl(ctl->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

/* Says why, as far as one record goes, and closes. */
static void refuse(int fd, int err)
{
	const struct nlmsgerr error = {.error = err};
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, NLMSG_ERROR, NLM_F_CAPPED, 0, 0);
	nlq_build_bytes(&builder, &error, sizeof(error));
	nlq_build_finish(&builder);
	(void)send(fd, buffer, builder.used, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static struct ctl_client *free_place(struct ctl *ctl)
{
	for (unsigned int i = 0; i < CLIENTS_MAX; i++) {
		if (ctl->clients[i].fd < 0)
			return &ctl->clients[i];
	}
	return NULL;
}

static void add_client(struct ctl *ctl, int fd)
{
	struct ctl_client *client = free_place(ctl);
	uint32_t place;
	int err;

	if (!ctl_socket_permits(&ctl->socket, fd)) {
		refuse(fd, -EPERM);
		return;
	}
	if (!client) {
		refuse(fd, -EUSERS);
		return;
	}
	place = (uint32_t)(client - ctl->clients);
	err = ctl_client_open(client, &ctl->host, fd);
	if (err) {
		refuse(fd, err);
		return;
	}
	ctl->interest[place] = EPOLLIN;
	if (control(ctl, EPOLL_CTL_ADD, fd, place, EPOLLIN))
		ctl_client_close(client);
}

/* Out of descriptors, a waiting connection would make the poller spin: it waits a while. */
static void pause_listening(struct ctl *ctl, px_time now)
{
	control(ctl, EPOLL_CTL_MOD, ctl->listen_fd, LISTENER, 0);
	ctl->retry = now + RETRY_TIME;
}

static void accept_some(struct ctl *ctl, px_time now)
{
	for (unsigned int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(ctl->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			add_client(ctl, fd);
		else if (errno != EINTR && errno != ECONNABORTED) {
			if (errno != EAGAIN)
				pause_listening(ctl, now);
			return;
		}
	}
}

/* Out of the set while nothing is waited for: a hang-up would be told for ever. */
static void set_interest(struct ctl *ctl, uint32_t place)
{
	const struct ctl_client *client = &ctl->clients[place];
	uint32_t before = ctl->interest[place], interest = ctl_client_interest(client);

	if (interest == before)
		return;
	control(ctl,
	    interest == 0 ? EPOLL_CTL_DEL
	    : before == 0 ? EPOLL_CTL_ADD
	                  : EPOLL_CTL_MOD,
	    client->fd, place, interest);
	ctl->interest[place] = interest;
}

static void run_client(struct ctl *ctl, uint32_t place)
{
	struct ctl_client *client = &ctl->clients[place];

	if (client->fd < 0)
		return;
	if (ctl_client_run(client))
		set_interest(ctl, place);
	else
		ctl_client_close(client);
}

/* ---- the poller's part ---- */

static void ctl_run(struct poll_item *item, px_time now)
{
	struct ctl *ctl = (struct ctl *)(void *)((char *)item - offsetof(struct ctl, host.item));
	struct epoll_event events[CLIENTS_MAX + 1];
	int count = epoll_wait(ctl->epoll_fd, events, CLIENTS_MAX + 1, 0);

	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 == LISTENER)
			accept_some(ctl, now);
		else
			run_client(ctl, events[i].data.u32);
	}
	/* Those who are to be told something. */
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		if (ctl->clients[i].news)
			run_client(ctl, i);
	}
	if (ctl->retry && now >= ctl->retry) {
		ctl->retry = 0;
		control(ctl, EPOLL_CTL_MOD, ctl->listen_fd, LISTENER, EPOLLIN);
	}
	if (ctl->retry)
		poller_deadline(&ctl->host.item, ctl->retry);
}

/* ---- life ---- */

static void close_descriptors(struct ctl *ctl)
{
	int fd;

	for (unsigned int i = 0; i < CLIENTS_MAX; i++) {
		fd = atomic_exchange(&ctl->clients[i].fd, -1);
		if (fd >= 0)
			close(fd);
	}
	fd = atomic_exchange(&ctl->listen_fd, -1);
	if (fd >= 0)
		close(fd);
	fd = atomic_exchange(&ctl->epoll_fd, -1);
	if (fd >= 0)
		close(fd);
}

int ctl_open(const char *path, struct picox *stack, struct ctl **result)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err;

	if (!ctl)
		return -ENOMEM;
	ctl->host.stack = stack;
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		ctl->clients[i].fd = -1;
	ctl->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ctl->epoll_fd < 0) {
		err = -errno;
		goto free_ctl;
	}
	err = ctl_socket_open(path, SOCK_SEQPACKET, &ctl->socket);
	if (err < 0)
		goto close_epoll;
	ctl->listen_fd = err;
	err = control(ctl, EPOLL_CTL_ADD, ctl->listen_fd, LISTENER, EPOLLIN);
	if (err)
		goto close_socket;
	poller_attach_beside(&ctl->host.item, &stack->item, ctl_run);
	err = poller_watch(&ctl->host.item, ctl->epoll_fd);
	if (err)
		goto detach;
	*result = ctl;
	return 0;

detach:
	poller_detach(&ctl->host.item);
close_socket:
	close(ctl->listen_fd);
	ctl_socket_unlink(&ctl->socket);
close_epoll:
	close(ctl->epoll_fd);
free_ctl:
	free(ctl);
	return err;
}

void ctl_close(struct ctl *ctl)
{
	if (!ctl)
		return;
	ctl_unlink(ctl);
	poller_unwatch(&ctl->host.item, ctl->epoll_fd);
	runtime_lock(ctl->host.stack);
	ctl->host.closing = true;
	runtime_unlock(ctl->host.stack);
	poller_detach(&ctl->host.item);
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		ctl_client_close(&ctl->clients[i]);
	close_descriptors(ctl);
	free(ctl);
}

void ctl_unlink(const struct ctl *ctl)
{
	if (ctl)
		ctl_socket_unlink(&ctl->socket);
}

void ctl_forget(struct ctl *ctl)
{
	if (ctl)
		close_descriptors(ctl);
}
