/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network whose loss is noticed by sending alone: its switch keeps the control connection open,
 * but its data socket is gone, so that only ECONNREFUSED tells. The line is to open it again.
 *
 *     namespace
 *       vde0 -- port -- line -- vde:// -- a switch with one port, a thread of the test
 */
#include "hosts.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <cmocka.h>

#include <nlq_dialog.h>
#include <vdelink.h>

#define CONNECTIONS 16
#define TRIES       600 /* of 50 ms each */

static const unsigned char frame[60] = {[0 ... 5] = 0xff, [6] = 2, [11] = 1, [12] = 0x88, 0xb5};

/* What libvdeplug sends on the control connection (vde_switch's request, version 3). The answer is
 * the address of the switch's data socket. */
struct request {
	uint32_t magic, version;
	uint32_t type;
	struct sockaddr_un client;
	char description[256];
} __attribute__((packed));

struct fake_switch {
	char place[64];
	int listening;
	int control[CONNECTIONS]; /* kept open, whatever happens to the data */
	int connections;
	pthread_mutex_t lock;
	int data;                   /* the socket of the next connection, under the lock */
	struct sockaddr_un address; /* its own */
	atomic_int opened;          /* connections that were answered */
	pthread_t thread;
};

/* Answers until the listening socket is shut down. */
static void *fake_switch_serve(void *argument)
{
	struct fake_switch *fake = argument;
	int fd;

	while ((fd = accept4(fake->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct sockaddr_un client;
		struct request request;
		ssize_t len = recv(fd, &request, sizeof request, 0);

		CHECK(fake->connections < CONNECTIONS);
		fake->control[fake->connections++] = fd;
		CHECK(len >= (ssize_t)offsetof(struct request, description));
		CHECK(request.magic == 0xfeedface && request.version == 3);
		fake->opened++;
		/* The client removes the name when it has the answer. */
		pthread_mutex_lock(&fake->lock);
		memcpy(&client, &request.client, sizeof client); /* in the message it is not aligned */
		CHECK(connect(fake->data, (struct sockaddr *)&client, sizeof client) == 0);
		CHECK(send(fd, &fake->address, sizeof fake->address, MSG_NOSIGNAL) == sizeof fake->address);
		pthread_mutex_unlock(&fake->lock);
	}
	return NULL;
}

/* A data socket of this name for the next connection. */
static void fake_switch_open(struct fake_switch *fake, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	memset(&fake->address, 0, sizeof fake->address);
	fake->address.sun_family = AF_UNIX;
	snprintf(fake->address.sun_path, sizeof fake->address.sun_path, "%s/%s", fake->place, name);
	CHECK(bind(fd, (struct sockaddr *)&fake->address, sizeof fake->address) == 0);
	fake->data = fd;
}

/* The data socket goes, the control connections stay. The next one is there before: the relay may
 * notice at once, by a frame of the kernel's. */
static void fake_switch_renew(struct fake_switch *fake, const char *name)
{
	struct sockaddr_un address = fake->address;
	int data = fake->data;

	pthread_mutex_lock(&fake->lock);
	fake_switch_open(fake, name);
	pthread_mutex_unlock(&fake->lock);
	close(data);
	CHECK(unlink(address.sun_path) == 0);
}

static void fake_switch_start(struct fake_switch *fake)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(fake->place, sizeof fake->place, "%s/switch", hosts_directory());
	snprintf(address.sun_path, sizeof address.sun_path, "%s/ctl", fake->place);
	CHECK(mkdir(fake->place, 0700) == 0);
	fake->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fake->listening, (struct sockaddr *)&address, sizeof address) == 0);
	CHECK(listen(fake->listening, 4) == 0);
	fake_switch_open(fake, "data0");
	CHECK(pthread_create(&fake->thread, NULL, fake_switch_serve, fake) == 0);
}

static void fake_switch_stop(struct fake_switch *fake)
{
	char path[80];

	CHECK(shutdown(fake->listening, SHUT_RD) == 0);
	CHECK(pthread_join(fake->thread, NULL) == 0);
	close(fake->listening);
	close(fake->data);
	CHECK(unlink(fake->address.sun_path) == 0);
	for (int i = 0; i < fake->connections; i++)
		close(fake->control[i]);
	snprintf(path, sizeof path, "%s/ctl", fake->place);
	CHECK(unlink(path) == 0);
	CHECK(rmdir(fake->place) == 0);
}

/* A socket on vde0, which is set up. */
static int packet_socket(unsigned int ifindex)
{
	struct sockaddr_ll address = {
	    .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)ifindex};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1;
	struct nlq_io io = nlq_io_fd(&fd);

	CHECK(nlq_dialog_link_updown(&io, (int)ifindex, 1) == 0);
	close(fd);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) == 0);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

static bool is_ours(int fd)
{
	unsigned char got[2048];

	return recv(fd, got, sizeof got, 0) == sizeof frame && memcmp(got, frame, sizeof frame) == 0;
}

static void send_from_host(int packet)
{
	/* ENETDOWN: a tap without a carrier. */
	CHECK(send(packet, frame, sizeof frame, 0) == sizeof frame || errno == ENETDOWN ||
	      errno == ENOBUFS);
}

/* Frames pass from the host to the switch, then back: while the network is lost, or the interface
 * not up yet, they may be dropped. */
static void await_passage(struct fake_switch *fake, int packet)
{
	struct pollfd at_switch = {.fd = fake->data, .events = POLLIN};
	struct pollfd at_host = {.fd = packet, .events = POLLIN};
	bool passed = false;

	for (int i = 0; i < TRIES && !passed; i++) {
		send_from_host(packet);
		while (!passed && poll(&at_switch, 1, 50) == 1) {
			pthread_mutex_lock(&fake->lock); /* the other thread connects it */
			passed = is_ours(fake->data);
			pthread_mutex_unlock(&fake->lock);
		}
	}
	CHECK(passed); /* from the host to the switch */
	passed = false;
	for (int i = 0; i < TRIES && !passed; i++) {
		CHECK(send(fake->data, frame, sizeof frame, MSG_NOSIGNAL) == sizeof frame);
		while (!passed && poll(&at_host, 1, 50) == 1)
			passed = is_ours(packet);
	}
	CHECK(passed); /* from the switch to the host */
}

static void silent_loss(unsigned int port_flags)
{
	struct fake_switch fake = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct netns_port port;
	struct vdelink *link;
	struct relay *relay;
	struct relay_line *line;
	char vnl[80];
	pthread_t thread;
	int packet;

	hosts_enter_private();
	fake_switch_start(&fake);
	snprintf(vnl, sizeof vnl, "vde://%s", fake.place);
	CHECK(vdelink_open(vnl, "test", &link) == 0);
	CHECK(relay_new(&relay) == 0);
	CHECK(netns_port_open("vde0", 0, port_flags, &port) == 0);
	packet = packet_socket(port.ifindex);
	CHECK(relay_add(relay, &port, link, &line) == 0);
	CHECK(pthread_create(&thread, NULL, hosts_relay_thread, relay) == 0);
	await_passage(&fake, packet);
	for (int i = 1; i <= 2; i++) {
		fake_switch_renew(&fake, i % 2 ? "data1" : "data0");
		await_passage(&fake, packet);
		CHECK(fake.opened == 1 + i);
	}
	relay_stop(relay);
	CHECK(pthread_join(thread, NULL) == 0);
	relay_free(relay);
	close(packet);
	fake_switch_stop(&fake);
}

static void test_silent_loss(void **state)
{
	(void)state;
	hosts_run(silent_loss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_silent_loss),
	};

	hosts_skip_unless_possible();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
