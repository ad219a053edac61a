/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Relays and lines: making them, ending them, asking about them, from any thread.
 *
 * What the loop looks at is its own while it runs: a line is added and removed by asking it, and
 * waiting until it has done so. A relay that is not running lets anyone do it.
 *
 * The program may close all descriptors (closefrom(3)) and open others with the same numbers. Then
 * the relay is lost: nobody waits for its loop, which cannot be woken any more, and nothing of it
 * is closed or written to. It is told by the inode of the socket that wakes the loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "relay_internal.h"

static const size_t incoming_size = (size_t)INCOMING_FRAMES * INCOMING_ROOM;

int relay_new(struct relay **result)
{
	struct relay *relay = calloc(1, sizeof *relay);
	struct stat status;
	int rc;

	if (relay == NULL)
		return -ENOMEM;
	relay->epoll_fd = relay->wake_fd[0] = relay->wake_fd[1] = -1;
	list_init(&relay->lines);
	list_init(&relay->requests);
	relay->join = malloc(offload_join_size());
	if (relay->join == NULL) {
		rc = -ENOMEM;
		goto fail;
	}
	/* By mmap: only what frames have touched takes memory, and few are longer than a page. */
	relay->incoming = mmap(NULL, incoming_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (relay->incoming == MAP_FAILED) {
		relay->incoming = NULL;
		rc = -ENOMEM;
		goto fail;
	}
	relay->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (relay->epoll_fd < 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, relay->wake_fd) < 0 ||
	    fstat(relay->wake_fd[1], &status) < 0) {
		rc = -errno;
		goto fail;
	}
	relay->wake_inode = status.st_ino;
	pthread_mutex_init(&relay->lock, NULL);
	pthread_cond_init(&relay->settled, NULL);
	*result = relay;
	return 0;
fail:
	for (int i = 0; i < 2; i++)
		if (relay->wake_fd[i] >= 0)
			close(relay->wake_fd[i]);
	if (relay->epoll_fd >= 0)
		close(relay->epoll_fd);
	if (relay->incoming != NULL)
		munmap(relay->incoming, incoming_size);
	free(relay->join);
	free(relay);
	return rc;
}

bool relay_is_lost(struct relay *relay)
{
	struct stat status;

	if (!atomic_load(&relay->lost) &&
	    (fstat(relay->wake_fd[1], &status) < 0 || !S_ISSOCK(status.st_mode) ||
	        status.st_ino != relay->wake_inode))
		atomic_store(&relay->lost, true);
	return atomic_load(&relay->lost);
}

/* False: it cannot be woken. */
static bool wake(struct relay *relay)
{
	int error = errno; /* a signal handler's caller has its own */
	bool lost = relay_is_lost(relay);

	/* If there is no room, it has been woken already. */
	if (!lost)
		(void)!send(relay->wake_fd[1], "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	errno = error;
	return !lost;
}

void relay_stop(struct relay *relay)
{
	atomic_store_explicit(&relay->stop, true, memory_order_release);
	wake(relay);
}

void relay_free(struct relay *relay)
{
	struct relay_line *line;

	while ((line = list_first(&relay->lines, struct relay_line, in_lines)) != NULL) {
		list_remove(&line->in_lines);
		line_drain(line);
		line_free(line);
	}
	free(relay->spare);
	close(relay->wake_fd[0]);
	close(relay->wake_fd[1]);
	close(relay->epoll_fd);
	munmap(relay->incoming, incoming_size);
	free(relay->join);
	pthread_cond_destroy(&relay->settled);
	pthread_mutex_destroy(&relay->lock);
	free(relay);
}

/* Asks the loop and waits for it; does the thing itself if it is not running. -ENETDOWN: the relay
 * is lost. */
static int request(struct relay *relay, struct relay_line *line, enum line_request what)
{
	int rc;

	pthread_mutex_lock(&relay->lock);
	if (relay_is_lost(relay)) {
		pthread_mutex_unlock(&relay->lock);
		return -ENETDOWN;
	}
	line->request = what;
	list_append(&relay->requests, &line->in_requests);
	if (relay->running) {
		wake(relay);
		while (line->request != LINE_NONE)
			pthread_cond_wait(&relay->settled, &relay->lock);
	} else {
		relay_settle(relay);
	}
	rc = line->result;
	if (what == LINE_REMOVE)
		list_remove(&line->in_lines);
	else if (what == LINE_ADD && rc == 0)
		list_append(&relay->lines, &line->in_lines);
	pthread_mutex_unlock(&relay->lock);
	return rc;
}

int relay_add(struct relay *relay, const struct netns_port *port, struct vdelink *link,
    struct relay_line **result)
{
	struct relay_line *line;
	int rc;

	if (port->vnet_hdr_len != sizeof(struct virtio_net_hdr))
		return -EINVAL;
	line = calloc(1, sizeof *line);
	if (line == NULL)
		return -ENOMEM;
	line->relay = relay;
	line->port = *port;
	line->port_ops = port->kind == NETNS_PORT_TAP ? &relay_tap_ops : &relay_packet_ops;
	line->link = link;
	line->port_watched = true;
	line->carrier = true;
	list_init(&line->in_lines);
	list_init(&line->in_requests);
	rc = request(relay, line, LINE_ADD);
	if (rc < 0) {
		free(line);
		return rc;
	}
	*result = line;
	return 0;
}

void relay_remove(struct relay *relay, struct relay_line *line)
{
	/* What belongs to a lost relay stays with it. */
	if (line->relay == relay && request(relay, line, LINE_REMOVE) == 0)
		line_free(line);
}

int relay_set_gate(
    struct relay *relay, struct relay_line *line, struct relay_gate *gate, uint64_t due)
{
	if (line->relay != relay)
		return -ENETDOWN; /* a lost one's */
	line->gate_wanted = gate;
	line->gate_wanted_due = due;
	return request(relay, line, LINE_GATE);
}

static uint64_t counted(const struct line_count *count)
{
	return atomic_load_explicit(&count->value, memory_order_relaxed);
}

void relay_get_stats(struct relay *relay, struct relay_line *line, struct relay_stats *stats)
{
	(void)relay;
	stats->to_network_frames = counted(&line->to_network_frames);
	stats->to_network_bytes = counted(&line->to_network_bytes);
	stats->to_network_dropped = counted(&line->to_network_dropped);
	stats->to_kernel_frames = counted(&line->to_kernel_frames);
	stats->to_kernel_bytes = counted(&line->to_kernel_bytes);
	stats->to_kernel_dropped = counted(&line->to_kernel_dropped);
	stats->joined = counted(&line->joined);
}
