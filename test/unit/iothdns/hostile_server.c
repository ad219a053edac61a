/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server of hostile_server.h: what it answers is told by the name that it is asked for. */
#include "hostile_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <ioth.h>
#include <iothdns.h>

struct ioth *hostile_client;
atomic_int hostile_queries, hostile_tcp_queries;
atomic_uint hostile_ports;
atomic_bool hostile_flooding;

static struct ioth *server;
static int udp4, udp6, tcp4, stop_pipe[2];
static pthread_t server_thread;

static bool begins(const char *name, const char *with)
{
	return strncasecmp(name, with, strlen(with)) == 0;
}

static void put(
    struct iothdns_pkt *pkt, int section, const char *name, uint16_t type, const char *data)
{
	struct iothdns_rr rr = {name, type, IOTHDNS_CLASS_IN, 300, 0};
	struct in6_addr addr;

	iothdns_put_rr(section, pkt, &rr);
	if (type == IOTHDNS_TYPE_A) {
		inet_pton(AF_INET, data, &addr);
		iothdns_put_a(pkt, &addr);
	} else if (type == IOTHDNS_TYPE_AAAA) {
		inet_pton(AF_INET6, data, &addr);
		iothdns_put_aaaa(pkt, &addr);
	} else if (type == IOTHDNS_TYPE_SOA) {
		iothdns_put_soa(pkt, &(struct iothdns_soa){"ns.x", "root.x", 1, 2, 3, 4, 300});
	} else {
		iothdns_put_name(pkt, data);
	}
}

/* OPT records that nobody should send: two of them, one that is not the root's, options that are
 * longer than the record. */
static void put_options(struct iothdns_pkt *pkt, const char *name)
{
	struct iothdns_rr opt = {name, IOTHDNS_TYPE_OPT, 0, 0x00ff8000, 0};

	for (int i = 0; i < 2; i++) {
		iothdns_put_rr(IOTHDNS_SEC_ADDITIONAL, pkt, &opt);
		iothdns_put_int16(pkt, 3);
		iothdns_put_int16(pkt, 0xffff);
		iothdns_put_int8(pkt, 1);
	}
}

static bool has_opt(const uint8_t *bytes)
{
	return bytes[11] != 0;
}

/* The reply to a request. `flags` are added. */
static struct iothdns_pkt *reply_to(const struct iothdns_header *request, bool tcp, bool edns)
{
	struct iothdns_header h = *request;
	const char *name = h.qname;
	struct iothdns_pkt *pkt;
	bool a = h.qtype == IOTHDNS_TYPE_A;

	h.flags |= IOTHDNS_RESPONSE | IOTHDNS_RA;
	if (begins(name, "never") || (begins(name, "dropedns") && edns))
		return NULL;
	if (begins(name, "nx"))
		h.flags |= IOTHDNS_RCODE_ENOENT;
	if (begins(name, "servfail") || (begins(name, "sixonly") && a))
		h.flags |= IOTHDNS_RCODE_EFAIL;
	if (begins(name, "refused"))
		h.flags |= IOTHDNS_RCODE_EPERM;
	if (begins(name, "formerr") && edns) {
		h.flags |= IOTHDNS_RCODE_EFMT;
		h.qname = NULL; /* as servers do that cannot read it */
	}
	if (!tcp && (begins(name, "trunc") || begins(name, "tcp_")))
		h.flags |= IOTHDNS_TRUNC;
	if (begins(name, "rcode11"))
		h.flags |= 11;
	pkt = iothdns_put_header(&h);
	if (begins(name, "nx") || begins(name, "nodata")) {
		put(pkt, IOTHDNS_SEC_AUTH, "x", IOTHDNS_TYPE_SOA, NULL);
	} else if (begins(name, "loop")) {
		put(pkt, 1, name, IOTHDNS_TYPE_CNAME, "loop2.x");
		put(pkt, 1, "loop2.x", IOTHDNS_TYPE_CNAME, name);
	} else if (begins(name, "endless")) {
		char next[40];

		snprintf(next, sizeof(next), "endless%d.x", atomic_load(&hostile_queries));
		put(pkt, 1, name, IOTHDNS_TYPE_CNAME, next);
	} else if (begins(name, "alias")) {
		put(pkt, 1, name, IOTHDNS_TYPE_CNAME, "chain2.x");
		put(pkt, 1, "evil.x", IOTHDNS_TYPE_A, "6.6.6.6");
		if (a)
			put(pkt, 1, "chain2.x", IOTHDNS_TYPE_A, "10.1.1.1");
	} else if (begins(name, "half")) { /* the alias alone */
		put(pkt, 1, name, IOTHDNS_TYPE_CNAME, "ok.x");
		put(pkt, 1, "other.x", IOTHDNS_TYPE_A, "6.6.6.6");
	} else if (begins(name, "evil")) { /* nothing of what was asked for */
		put(pkt, 1, "other.x", IOTHDNS_TYPE_A, "6.6.6.6");
	} else if (begins(name, "trunc") && tcp) {
		for (int i = 0; i < 3000; i++) {
			char text[INET_ADDRSTRLEN];

			snprintf(text, sizeof(text), "10.2.%d.%d", i / 256, i % 256);
			put(pkt, 1, name, IOTHDNS_TYPE_A, text);
		}
	} else if (begins(name, "tcp_largest") && tcp) {
		struct iothdns_rr pad = {name, IOTHDNS_TYPE_NULL, IOTHDNS_CLASS_IN, 1, 0};
		static char zeros[IOTHDNS_TCP_MAXBUF];
		size_t len;

		for (int i = 0; i < 4000; i++)
			put(pkt, 1, name, IOTHDNS_TYPE_A, "10.3.3.3");
		len = iothdns_getbuf(pkt).iov_len + 12;
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &pad);
		iothdns_put_data(pkt, zeros, (uint16_t)(65535 - len));
		assert_int_equal(iothdns_getbuf(pkt).iov_len, 65535);
	} else if (h.qtype == IOTHDNS_TYPE_PTR) {
		put(pkt, 1, name, IOTHDNS_TYPE_PTR,
		    begins(name, "1.0.") ? "host.one.x" : "\\010evil\\027.x");
	} else if (!begins(name, "servfail") && !begins(name, "refused")) {
		if ((a && !begins(name, "sixonly")) || h.qtype == IOTHDNS_TYPE_ANY) {
			put(pkt, 1, name, IOTHDNS_TYPE_A, "10.9.8.7");
			put(pkt, 1, name, IOTHDNS_TYPE_A, "10.9.8.6");
		}
		if (h.qtype == IOTHDNS_TYPE_AAAA || h.qtype == IOTHDNS_TYPE_ANY)
			put(pkt, 1, name, IOTHDNS_TYPE_AAAA, "fd00::9");
		if (begins(name, "opt"))
			put_options(pkt, name);
	}
	return pkt;
}

static void send_to(int fd, const void *bytes, size_t len, const struct sockaddr_storage *to)
{
	(void)!ioth_sendto(fd, bytes, len, 0, (const void *)to,
	    to->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}

/* What comes before the right answer for the name "guess": each of them has to be left out. */
static void send_guesses(int fd, const struct iovec *right, const struct sockaddr_storage *to)
{
	uint8_t bytes[512];
	int other = ioth_msocket(server, AF_INET, SOCK_DGRAM, 0);
	struct iothdns_header h;
	struct iothdns_pkt *pkt;
	char name[IOTHDNS_MAXNAME];
	struct iovec iov;

	/* From another port, which is right otherwise but for its address. */
	memcpy(bytes, right->iov_base, right->iov_len);
	bytes[right->iov_len - 1] = 66;
	send_to(other, bytes, right->iov_len, to);
	ioth_close(other);
	bytes[0] ^= 0x55; /* another id */
	send_to(fd, bytes, right->iov_len, to);
	bytes[0] ^= 0x55;
	bytes[2] &= 0x7f; /* a query */
	send_to(fd, bytes, right->iov_len, to);
	bytes[2] |= 0x80;
	bytes[13] ^= 1; /* another name */
	send_to(fd, bytes, right->iov_len, to);
	send_to(fd, bytes, 1, to);
	send_to(fd, bytes, 0, to);
	/* The right id, and a name that is a pointer to itself. */
	memcpy(bytes + 12, "\xc0\x0c\0\1\0\1", 6);
	send_to(fd, bytes, 18, to);
	/* Another type. */
	pkt = iothdns_get_header(&h, right->iov_base, right->iov_len, name);
	iothdns_free(pkt);
	h.qtype = IOTHDNS_TYPE_MX;
	pkt = iothdns_put_header(&h);
	iov = iothdns_getbuf(pkt);
	send_to(fd, iov.iov_base, iov.iov_len, to);
	iothdns_free(pkt);
}

/* What is not the answer, without end. */
static void flood(int fd, const struct sockaddr_storage *to)
{
	atomic_store(&hostile_flooding, true);
	while (atomic_load(&hostile_flooding))
		send_to(fd, "\0\0nothing", 9, to);
}

static void serve_udp(int fd)
{
	static uint8_t late[512];
	static size_t late_len;
	static in_port_t last_port;
	uint8_t bytes[4096];
	char name[IOTHDNS_MAXNAME];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t len = ioth_recvfrom(fd, bytes, sizeof(bytes), 0, (void *)&from, &from_len);
	in_port_t port = ((struct sockaddr_in *)&from)->sin_port;
	struct iothdns_header h;
	struct iothdns_pkt *request, *reply;
	struct iovec iov;

	if (len < 0)
		return;
	atomic_fetch_add(&hostile_queries, 1);
	atomic_fetch_add(&hostile_ports, port != last_port);
	last_port = port;
	request = iothdns_get_header(&h, bytes, (size_t)len, name);
	reply = request ? reply_to(&h, false, has_opt(bytes)) : NULL;
	iothdns_free(request);
	if (request && begins(name, "flood")) {
		iothdns_free(reply);
		if (has_opt(bytes)) /* once: the second query is without */
			flood(fd, &from);
		return;
	}
	if (!reply)
		return;
	iov = iothdns_getbuf(reply);
	if (begins(name, "malformed")) {
		iov.iov_len -= 3;
	} else if (begins(name, "late")) {
		/* The answer comes when the next question has been asked, from the old id. */
		if (late_len)
			send_to(fd, late, late_len, &from);
		memcpy(late, iov.iov_base, iov.iov_len);
		late_len = iov.iov_len;
		iov.iov_len = 0;
	} else if (begins(name, "guess")) {
		send_guesses(fd, &iov, &from);
	} else if (begins(name, "lowered")) {
		uint8_t *question = iov.iov_base;

		for (int i = 12; i < 22; i++)
			question[i] |= question[i] >= 'A' && question[i] <= 'Z' ? 0x20 : 0;
	}
	for (int i = begins(name, "many") ? 50 : 1; iov.iov_len && i > 0; i--)
		send_to(fd, iov.iov_base, iov.iov_len, &from);
	iothdns_free(reply);
}

/* Over a connection: what is sent in place of an answer, a byte at a time until the other one goes
 * or the bytes are over; then the connection is closed. */
struct bad_stream {
	const char *name;
	const char *bytes;
	size_t len;
	bool slow;
};

static const struct bad_stream bad_streams[] = {
    {"tcp_dribble", "\x10\0", 2, true},
    {"tcp_midlength", "\x10", 1, false},
    {"tcp_midanswer", "\x10\0abcdef", 8, false},
    {"tcp_empty", "\0\0", 2, false},
    {"tcp_short", "\0\5hello", 7, false},
    {"tcp_close", "", 0, false},
};

static struct iothdns_pkt *tcp_request(struct iothdns_header *h, void *arg)
{
	const struct bad_stream **bad = arg;

	atomic_fetch_add(&hostile_tcp_queries, 1);
	for (size_t i = 0; i < sizeof(bad_streams) / sizeof(bad_streams[0]); i++) {
		if (begins(h->qname, bad_streams[i].name))
			*bad = &bad_streams[i];
	}
	return *bad ? NULL : reply_to(h, true, true);
}

static void send_bad_stream(int fd, const struct bad_stream *bad)
{
	struct pollfd pfd = {fd, POLLIN, 0};

	if (bad->len > 0)
		(void)!ioth_send(fd, bad->bytes, bad->len, MSG_NOSIGNAL);
	/* The other end closes: that can be read. */
	while (bad->slow && poll(&pfd, 1, 20) == 0)
		(void)!ioth_send(fd, "", 1, MSG_NOSIGNAL);
}

static void serve_tcp(int fd)
{
	const struct bad_stream *bad = NULL;

	while (!bad && iothdns_tcp_process_request(fd, tcp_request, &bad) > 0)
		continue;
	if (bad)
		send_bad_stream(fd, bad);
	ioth_close(fd);
}

static void *serve(void *argument)
{
	struct pollfd pfds[] = {
	    {udp4, POLLIN, 0}, {udp6, POLLIN, 0}, {tcp4, POLLIN, 0}, {stop_pipe[0], POLLIN, 0}};

	(void)argument;
	for (;;) {
		poll(pfds, 4, -1);
		if (pfds[3].revents)
			return NULL;
		if (pfds[0].revents)
			serve_udp(udp4);
		if (pfds[1].revents)
			serve_udp(udp6);
		if (pfds[2].revents) {
			int fd = ioth_accept(tcp4, NULL, NULL);

			if (fd >= 0)
				serve_tcp(fd);
		}
	}
}

static struct ioth *new_stack(const char *vnl, const char *v4, const char *v6)
{
	struct ioth *stack = ioth_newstack("picox", vnl);
	struct in6_addr addr;
	int index;

	if (!stack)
		fail_msg("%s", ioth_error());
	index = ioth_if_nametoindex(stack, "vde0");
	assert_int_equal(ioth_linksetupdown(stack, (unsigned int)index, 1), 0);
	inet_pton(AF_INET, v4, &addr);
	assert_int_equal(ioth_ipaddr_add(stack, AF_INET, &addr, 24, (unsigned int)index), 0);
	inet_pton(AF_INET6, v6, &addr);
	/* IFA_F_NODAD: it is there at once. */
	assert_int_equal(
	    ioth_ipaddr_add(stack, AF_INET6, &addr, nl_addrdata2prefix(64, 2, 0), (unsigned int)index),
	    0);
	return stack;
}

static int new_socket(int family, int type)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	int fd = ioth_msocket(server, family, type, 0), one = 1;

	assert_true(fd >= 0);
	if (family == AF_INET6)
		ioth_setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	assert_int_equal(ioth_bind(fd, family == AF_INET ? (void *)&in4 : (void *)&in6,
	                     family == AF_INET ? sizeof(in4) : sizeof(in6)),
	    0);
	return fd;
}

int hostile_setup(void **state)
{
	char vnl[60];

	(void)state;
	snprintf(vnl, sizeof(vnl), "mem://iothdns_resolver_%d", (int)getpid());
	hostile_client = new_stack(vnl, "10.0.0.1", "fd00::1");
	server = new_stack(vnl, "10.0.0.53", "fd00::53");
	udp4 = new_socket(AF_INET, SOCK_DGRAM);
	udp6 = new_socket(AF_INET6, SOCK_DGRAM);
	tcp4 = new_socket(AF_INET, SOCK_STREAM);
	assert_int_equal(ioth_listen(tcp4, 5), 0);
	assert_int_equal(pipe(stop_pipe), 0);
	return pthread_create(&server_thread, NULL, serve, NULL);
}

int hostile_teardown(void **state)
{
	(void)state;
	assert_int_equal(write(stop_pipe[1], "", 1), 1);
	pthread_join(server_thread, NULL);
	ioth_close(udp4);
	ioth_close(udp6);
	ioth_close(tcp4);
	close(stop_pipe[0]);
	close(stop_pipe[1]);
	assert_int_equal(ioth_delstack(hostile_client), 0);
	assert_int_equal(ioth_delstack(server), 0);
	return 0;
}
