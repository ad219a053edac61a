/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tcp_flood: a hostile host on the network of a server, by frames of its own making (AF_PACKET).
 *
 *     tcp_flood INTERFACE SERVER-MAC peers    opens connections and misbehaves on them; ends
 *     tcp_flood INTERFACE SERVER-MAC floods   forges, round after round, until SIGTERM comes
 *
 * The server is 10.0.0.1, port 5000; its router is this host, so that what it answers to forged
 * hosts (20.0.0.0/8) comes here. Its client is 10.0.0.2, with ports from 40000 on: what is forged
 * in its name guesses the numbers alone. A round has BURST frames of each kind; says "round N"
 * behind each.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

#define BURST        64
#define PAUSE_NS     1000000 /* between bursts: the machine has others to serve */
#define SERVER       0x0a000001u
#define CLIENT       0x0a000002u
#define SERVER_PORT  5000
#define CLIENT_PORT  40000
#define CLIENT_PORTS 64
#define PEER         0x14000042u /* of the connections that are opened */
#define PEERS        48u
#define IP_HEADER    20
#define TCP_HEADER   20
#define FIN          0x01
#define SYN          0x02
#define RST          0x04
#define ACK          0x10
#define URG          0x20

struct segment {
	uint32_t src, seq, ack;
	uint16_t sport, window, urgent;
	uint8_t flags;
	const uint8_t *options;
	size_t options_len, len; /* multiples of 4; bytes of data */
};

static struct {
	int fd;
	uint8_t mac[6], server[6];
	uint64_t random;
} host;

static volatile sig_atomic_t ended;

static uint32_t random32(void)
{
	host.random ^= host.random << 13;
	host.random ^= host.random >> 7;
	host.random ^= host.random << 17;
	return (uint32_t)(host.random >> 16);
}

/* ---- frames ---- */

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t put_ip(uint8_t *to, uint32_t src, uint32_t dst, uint8_t protocol, size_t len)
{
	memset(to, 0, IP_HEADER);
	to[0] = 0x45;
	put16(to + 2, (uint32_t)(IP_HEADER + len));
	to[8] = 64;
	to[9] = protocol;
	put32(to + 12, src);
	put32(to + 16, dst);
	put16(to + 10, folded(add(0, to, IP_HEADER)));
	return IP_HEADER;
}

static void send_packet(const uint8_t *packet, size_t len)
{
	uint8_t frame[ETHER_HDR_LEN + 1500];

	memcpy(frame, host.server, 6);
	memcpy(frame + 6, host.mac, 6);
	put16(frame + 12, ETHERTYPE_IP);
	memcpy(frame + ETHER_HDR_LEN, packet, len);
	/* A full queue drops it: that is a flood's nature. */
	(void)!send(host.fd, frame, ETHER_HDR_LEN + len, 0);
}

static void send_segment(const struct segment *s)
{
	uint8_t packet[1500] = {0}, *tcp = packet + IP_HEADER;
	size_t header = TCP_HEADER + s->options_len, len = header + s->len;

	put_ip(packet, s->src, SERVER, IPPROTO_TCP, len);
	put16(tcp, s->sport);
	put16(tcp + 2, SERVER_PORT);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = s->flags;
	put16(tcp + 14, s->window);
	put16(tcp + 18, s->urgent);
	if (s->options_len)
		memcpy(tcp + TCP_HEADER, s->options, s->options_len);
	put16(tcp + 16, folded(add(add(IPPROTO_TCP + (uint32_t)len, packet + 12, 8), tcp, len)));
	send_packet(packet, IP_HEADER + len);
}

/* ---- floods ---- */

static uint16_t client_port(void)
{
	return (uint16_t)(CLIENT_PORT + random32() % CLIENT_PORTS);
}

/* In the name of the client, or of nobody. */
static struct segment forged(uint8_t flags)
{
	bool client = random32() & 1;

	return (struct segment){.src = client ? CLIENT : 0x14000000u | (random32() & 0xffffff),
	    .sport = client ? client_port() : (uint16_t)random32(),
	    .seq = random32(),
	    .ack = random32(),
	    .window = (uint16_t)random32(),
	    .flags = flags};
}

static void flood_syn(void)
{
	static const uint8_t options[] = {
	    2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 14};
	struct segment s = forged(SYN);

	s.src = 0x14000000u | (random32() & 0xffffff);
	s.options = options;
	s.options_len = random32() & 1 ? sizeof(options) : 0;
	send_segment(&s);
}

/* On the client's connections: RFC 5961 section 4. */
static void flood_syn_again(void)
{
	struct segment s = forged(SYN);

	s.src = CLIENT;
	s.sport = client_port();
	send_segment(&s);
}

static void flood_synack(void)
{
	struct segment s = forged(SYN | ACK);

	send_segment(&s);
}

static void flood_rst(void)
{
	struct segment s = forged(random32() & 1 ? RST : RST | ACK);

	send_segment(&s);
}

static void flood_ack(void)
{
	struct segment s = forged(ACK);

	send_segment(&s);
}

static void flood_fin(void)
{
	struct segment s = forged(FIN | ACK);

	send_segment(&s);
}

static void flood_data(void)
{
	struct segment s = forged(ACK | URG);

	s.urgent = (uint16_t)random32();
	s.len = random32() % 1000;
	send_segment(&s);
}

static void flood_nonsense(void)
{
	uint8_t options[40];
	struct segment s = forged((uint8_t)random32());

	for (size_t i = 0; i < sizeof(options); i++)
		options[i] = (uint8_t)(random32() % 12);
	s.options = options;
	s.options_len = (size_t)4 * (random32() % 11);
	send_segment(&s);
}

/* An ICMP error about what the server sends to its client (RFC 5927). */
static void send_error(uint8_t type, uint8_t code, uint32_t rest)
{
	uint8_t packet[IP_HEADER + 8 + IP_HEADER + 8] = {0}, *icmp = packet + IP_HEADER;
	uint8_t *quoted = icmp + 8 + put_ip(icmp + 8, SERVER, CLIENT, IPPROTO_TCP, 1000);

	put_ip(packet, 0x14000001u, SERVER, IPPROTO_ICMP, sizeof(packet) - IP_HEADER);
	icmp[0] = type;
	icmp[1] = code;
	put32(icmp + 4, rest);
	put16(quoted, SERVER_PORT);
	put16(quoted + 2, client_port());
	put32(quoted + 4, random32());
	put16(icmp + 2, folded(add(0, icmp, sizeof(packet) - IP_HEADER)));
	send_packet(packet, sizeof(packet));
}

static void flood_unreachable(void)
{
	send_error(3, (uint8_t)(random32() % 16), 0);
}

static void flood_too_big(void)
{
	send_error(3, 4, random32() % 1600);
}

static void flood_other_errors(void)
{
	static const uint8_t types[] = {4, 5, 11, 12};

	send_error(types[random32() % sizeof(types)], (uint8_t)(random32() % 4), random32());
}

static void on_signal(int number)
{
	ended = 1;
}

static int floods(void)
{
	static void (*const kinds[])(void) = {flood_syn, flood_syn_again, flood_synack, flood_rst,
	    flood_ack, flood_fin, flood_data, flood_nonsense, flood_unreachable, flood_too_big,
	    flood_other_errors};

	for (unsigned int round = 1; !ended; round++) {
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
			for (unsigned int i = 0; i < BURST; i++)
				kinds[kind]();
			nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
		}
		printf("round %u\n", round);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}

/* ---- connections that misbehave ---- */

/* What the server said about the last one. */
static void drain(void)
{
	uint8_t byte;

	while (recv(host.fd, &byte, 1, MSG_DONTWAIT) >= 0)
		;
}

/* The server's SYN-ACK to this port: true, and its number. */
static bool wait_synack(uint16_t port, uint32_t *seq)
{
	struct pollfd ready = {.fd = host.fd, .events = POLLIN};
	uint8_t frame[2048];
	const uint8_t *ip = frame + ETHER_HDR_LEN, *tcp = ip + IP_HEADER;

	while (poll(&ready, 1, 200) > 0) {
		ssize_t len = recv(host.fd, frame, sizeof(frame), 0);

		if (len < ETHER_HDR_LEN + IP_HEADER + TCP_HEADER || frame[12] != 8 || frame[13] != 0 ||
		    ip[0] != 0x45 || ip[9] != IPPROTO_TCP || get32(ip + 12) != SERVER ||
		    get32(ip + 16) != PEER || (tcp[2] << 8 | tcp[3]) != port || tcp[13] != (SYN | ACK))
			continue;
		*seq = get32(tcp + 4);
		return true;
	}
	return false;
}

/* Less data in order than tcp_peer wants for a header: 20 bytes, so it goes on waiting. */
static void misbehave(struct segment *s, unsigned int which)
{
	static const uint16_t pointers[] = {0, 1, 2, 20, 5000, 65535};
	uint8_t sack[] = {1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0};
	uint32_t first = s->seq;

	/* The urgent pointer back and forth, over data that comes again and again. */
	for (unsigned int i = 0; i < 20; i++) {
		s->flags = ACK | URG;
		s->urgent = pointers[(i + which) % 6];
		s->seq = first + i / 2;
		s->len = 1 + i % 2;
		send_segment(s);
	}
	/* Single bytes with gaps between them, to the end of any window; nothing at 20. */
	s->flags = ACK;
	for (unsigned int i = 0; i < 600; i++) {
		s->seq = first + 25 + 2 * i + (i > 500 ? i * 100 : 0);
		s->len = 1;
		send_segment(s);
	}
	/* Windows of nothing and of a byte, SACKs of what was never sent, ACKs of more. */
	s->len = 0;
	s->seq = first + 11;
	for (unsigned int i = 0; i < 20; i++) {
		put32(sack + 4, s->ack + random32() % 1000);
		put32(sack + 8, s->ack + random32() % 100000);
		s->options = sack;
		s->options_len = sizeof(sack);
		s->window = (uint16_t)(i % 2);
		s->ack += i == 19;
		send_segment(s);
	}
}

static int peers(void)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		static const uint8_t options[] = {2, 4, 0, 1, 1, 3, 3, 14, 4, 2, 1, 1};
		struct segment s = {.src = PEER,
		    .sport = (uint16_t)(20000 + i),
		    .seq = random32(),
		    .window = 65535,
		    .flags = SYN,
		    .options = options,
		    .options_len = sizeof(options)};
		uint32_t seq;
		unsigned int tries = 0;

		do {
			if (tries++ == 500) {
				fprintf(stderr, "no SYN-ACK\n");
				return EXIT_FAILURE;
			}
			drain();
			send_segment(&s);
		} while (!wait_synack(s.sport, &seq));
		s.options = NULL;
		s.options_len = 0;
		s.flags = ACK;
		s.seq++;
		s.ack = seq + 1;
		send_segment(&s);
		misbehave(&s, i);
	}
	printf("opened %u\n", PEERS);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct sigaction action = {.sa_handler = on_signal};
	struct sockaddr_ll name = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	struct ifreq request = {.ifr_name = ""};
	uint8_t *m = host.server;

	if (argc != 4 || sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &m[0], &m[1], &m[2], &m[3],
	                     &m[4], &m[5]) != 6) {
		fprintf(stderr, "usage: tcp_flood INTERFACE SERVER-MAC peers|floods\n");
		return EXIT_FAILURE;
	}
	sigaction(SIGTERM, &action, NULL);
	host.random = (uint64_t)time(NULL) << 20 | (uint64_t)getpid() | 1;
	host.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", argv[1]);
	name.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (host.fd < 0 || ioctl(host.fd, SIOCGIFHWADDR, &request) < 0 ||
	    bind(host.fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	memcpy(host.mac, request.ifr_hwaddr.sa_data, sizeof(host.mac));
	return strcmp(argv[3], "peers") == 0 ? peers() : floods();
}
