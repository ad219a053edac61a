/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 clients, very many of them, on a VDE network and without a stack: for tests and for the
 * figures. All that they know is their names.
 *
 *     dhcp6_load VNL exchange NAMES SECONDS [RATE]
 *             SOLICIT, ADVERTISE, REQUEST, REPLY by the clients h0.hash.local, h1.hash.local, ...
 * in turn: WINDOW of them at a time, or RATE a second, evenly. An exchange is lost that has not
 * ended within a second; nothing is sent twice. Prints, as JSON, how many ended, how many were
 * lost, and how long they took. dhcp6_load VNL flood RATE SECONDS RATE solicitations a second, each
 * of another client with another name, fN.flood.local; whatever is answered is not looked at.
 * Prints: sent N
 */
#include <poll.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "../../bench/bench.h"
#include "dhcp6.h"
#include "nd_packet.h"
#include "udp_packet.h"
#include "vdelink.h"

#define WINDOW      64
#define SLOTS       4096 /* exchanges at most: what a second of RATE_MAX may be late for */
#define RATE_MAX    4000 /* of exchanges */
#define BURST       32
#define HEADER      14
#define FRAME       1514
#define SECOND      1000000000u
#define SAMPLES_MAX 4000000

static const uint8_t all_servers[16] = {0xff, 2, [13] = 1, [15] = 2};

struct exchange {
	uint64_t begun; /* 0: none */
	uint32_t client, xid;
	bool requested;
};

static struct vdelink *net;
static struct exchange exchanges[SLOTS];
static uint32_t names, next_client, next_slot;
static const char *format = "h%u.hash.local";
static unsigned int under_way;
static uint64_t lost, *samples;
static size_t ended;

static struct out {
	uint8_t bytes[FRAME];
	size_t len;
} outs[BURST];
static unsigned int waiting;

/* ---- frames ---------------------------------------------------------------------------------- */

static void flush(void)
{
	struct vdelink_frame frames[BURST];
	struct iovec pieces[BURST];
	unsigned int done = 0;

	for (unsigned int i = 0; i < waiting; i++) {
		pieces[i] = (struct iovec){.iov_base = outs[i].bytes, .iov_len = outs[i].len};
		frames[i] = (struct vdelink_frame){.piece = &pieces[i], .pieces = 1};
	}
	while (done < waiting) {
		struct pollfd item = {.fd = vdelink_fd(net), .events = POLLIN};

		done += vdelink_send(net, frames + done, waiting - done);
		if (done == waiting)
			break;
		vdelink_want_write(net, true);
		(void)poll(&item, 1, 10);
		vdelink_poll(net, bench_now());
	}
	vdelink_want_write(net, false);
	waiting = 0;
}

static void client_mac(uint8_t mac[6], uint32_t client)
{
	const uint8_t bytes[6] = {2, 0xcc, (uint8_t)(client >> 24), (uint8_t)(client >> 16),
	    (uint8_t)(client >> 8), (uint8_t)client};

	memcpy(mac, bytes, 6);
}

static void send_message(const uint8_t mac[6], const struct wire_writer *message)
{
	struct udp_packet udp = {.source_port = DHCP6_CLIENT_PORT,
	    .destination_port = DHCP6_SERVER_PORT,
	    .ttl = 1,
	    .payload = message->data,
	    .len = message->at};
	struct out *out = &outs[waiting];

	if (message->error)
		bench_die(1, "message");
	nd_link_local(udp.source, mac);
	memcpy(udp.destination, all_servers, 16);
	nd_group_mac(out->bytes, all_servers);
	memcpy(out->bytes + 6, mac, 6);
	memcpy(out->bytes + 12, "\x86\xdd", 2);
	out->len = HEADER + udp_packet_put6(out->bytes + HEADER, FRAME - HEADER, &udp);
	if (++waiting == BURST)
		flush();
}

/* ---- messages -------------------------------------------------------------------------------- */

/* `server`, `address`: of the ADVERTISE; NULL in SOLICIT. */
static void send_exchange(
    const struct exchange *exchange, const struct wire_reader *server, const uint8_t *address)
{
	uint8_t bytes[512], mac[6];
	struct wire_writer message = wire_writer(bytes, sizeof(bytes));
	struct dhcp_duid duid;
	char name[32];
	size_t ia;

	client_mac(mac, exchange->client);
	duid = dhcp_duid_ll(mac);
	snprintf(name, sizeof(name), format, exchange->client);
	dhcp6_put_header(&message, server ? DHCP6_REQUEST : DHCP6_SOLICIT, exchange->xid);
	dhcp6_put_duid(&message, DHCP6_CLIENT_ID, &duid);
	if (server)
		dhcp6_put(&message, DHCP6_SERVER_ID, server->data, server->len);
	dhcp6_put_u16(&message, DHCP6_ELAPSED_TIME, 0);
	dhcp6_put_fqdn(&message, 0, name);
	ia = dhcp6_begin(&message, DHCP6_IA_NA);
	wire_put_u32(&message, exchange->client);
	wire_put_zeros(&message, 8);
	if (address)
		dhcp6_put_address(&message, address, 0, 0);
	wire_end_u16(&message, ia);
	send_message(mac, &message);
}

static void begin(uint64_t now)
{
	struct exchange *exchange = &exchanges[next_slot % SLOTS];

	if (exchange->begun) { /* whoever has it is late by more than a second */
		lost++;
		under_way--;
	}
	*exchange = (struct exchange){
	    .begun = now, .client = next_client++ % names, .xid = next_slot++ & 0xffffff};
	under_way++;
	send_exchange(exchange, NULL, NULL);
}

static void take(const uint8_t *frame, size_t len, uint64_t now)
{
	struct dhcp6_message message;
	struct exchange *exchange;
	struct wire_reader server;
	struct udp_packet udp;
	struct dhcp6_ia ia;

	if (len < HEADER + ND_IPV6_HEADER || (frame[0] & 1) ||
	    !udp_packet_get6(&udp, frame + HEADER, len - HEADER, false) ||
	    dhcp6_parse(&message, udp.payload, udp.len) < 0)
		return;
	exchange = &exchanges[message.xid % SLOTS];
	if (!exchange->begun || exchange->xid != message.xid ||
	    message.type != (exchange->requested ? DHCP6_REPLY : DHCP6_ADVERTISE) ||
	    dhcp6_get_ia(message.options, exchange->client, &ia) < 0 || ia.count == 0 ||
	    !dhcp6_find(message.options, DHCP6_SERVER_ID, &server))
		return;
	if (!exchange->requested) {
		exchange->requested = true;
		send_exchange(exchange, &server, ia.addresses[0].address);
		return;
	}
	if (ended < SAMPLES_MAX)
		samples[ended++] = now - exchange->begun;
	exchange->begun = 0;
	under_way--;
}

static void receive(uint64_t now)
{
	static uint8_t room[BURST][2048];
	struct iovec frames[BURST];
	unsigned int got;

	vdelink_poll(net, now);
	for (size_t i = 0; i < BURST; i++)
		frames[i] = (struct iovec){.iov_base = room[i], .iov_len = sizeof(room[i])};
	got = vdelink_recv(net, frames, BURST);
	for (unsigned int i = 0; i < got; i++)
		take(frames[i].iov_base, frames[i].iov_len, now);
}

static void give_up_old(uint64_t now)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (!exchanges[i].begun || now - exchanges[i].begun < SECOND)
			continue;
		exchanges[i].begun = 0;
		under_way--;
		lost++;
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Until the next exchange is due; all that is under way may end it earlier. */
static void wait_for_frames(uint64_t until)
{
	struct pollfd item = {.fd = vdelink_fd(net), .events = POLLIN};
	uint64_t now = bench_now();
	struct timespec left = {.tv_nsec = until > now ? (long)(until - now) : 0};

	(void)ppoll(&item, 1, &left, NULL);
}

static void run(double seconds, double rate)
{
	uint64_t start = bench_now(), end = start + (uint64_t)(seconds * SECOND), now, looked = start;
	uint64_t interval = rate > 0 ? (uint64_t)(SECOND / rate) : 0, due = start;

	while ((now = bench_now()) < end || (under_way > 0 && now < end + SECOND)) {
		receive(now);
		while (now < end && (interval ? due <= now : under_way < WINDOW)) {
			begin(interval ? due : now); /* one that is late counts from when it was due */
			due += interval;
		}
		flush();
		if (now - looked > SECOND / 10) {
			give_up_old(now);
			looked = now;
		}
		wait_for_frames(interval && due < now + SECOND / 100 ? due : now + SECOND / 100);
	}
	lost += under_way;
	printf("{\"exchanges\": %zu, \"lost\": %llu, \"per_s\": %.0f}\n", ended,
	    (unsigned long long)lost, (double)ended / seconds);
	bench_print_times("exchange", samples, ended);
}

static void flood(uint64_t rate, double seconds)
{
	uint64_t start = bench_now(), end = start + (uint64_t)(seconds * SECOND), now, sent = 0;

	format = "f%u.flood.local";
	while ((now = bench_now()) < end) {
		for (; sent * SECOND < rate * (now - start); sent++) {
			const struct exchange exchange = {
			    .client = next_client++, .xid = next_slot++ & 0xffffff};

			send_exchange(&exchange, NULL, NULL);
		}
		flush();
		receive(now); /* of nobody's exchange */
		wait_for_frames(now + SECOND / 1000);
	}
	printf("sent %llu\n", (unsigned long long)sent);
}

int main(int argc, char *argv[])
{
	double first, seconds;
	int error;

	if (argc < 5)
		bench_die(1, "VNL exchange NAMES SECONDS [RATE], or VNL flood RATE SECONDS");
	first = bench_number(argv[3], 1, 1e6);
	seconds = bench_number(argv[4], 0.1, 600);
	/* Touched as it is used: the figures of a short run need few pages. */
	samples = mmap(NULL, SAMPLES_MAX * sizeof(*samples), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (samples == MAP_FAILED)
		bench_die(1, "mmap");
	error = vdelink_open(argv[1], "dhcp6_load", &net);
	if (error) {
		errno = -error;
		bench_die(1, "%s", argv[1]);
	}
	names = (uint32_t)first;
	if (strcmp(argv[2], "flood") == 0)
		flood((uint64_t)first, seconds);
	else
		run(seconds, argc > 5 ? bench_number(argv[5], 1, RATE_MAX) : 0);
	vdelink_close(net);
	return 0;
}
