/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* web: as much of HTTP as a test needs, on any stack, by calls that block.
 *
 *     web STACK VNL CONFIG serve FILE
 *     web STACK VNL CONFIG get ADDRESS PORT PATH >FILE
 *     web STACK VNL CONFIG put ADDRESS PORT PATH <FILE
 *     web STACK VNL CONFIG throw ADDRESS PORT HOW <FILE
 *
 * The server gives the file to who GETs, and answers who PUTs by length and sum of the body (that
 * of cksum(1)); its port is 80. What is thrown is the file alone, after which the process ends;
 * HOW: close, or exit with the socket open.
 *
 * STACK, VNL, CONFIG: examples/own_address.h. The server has a thread for each connection, prints
 * "listening" when it is ready, and goes on until SIGTERM comes.
 */
#include "../../examples/own_address.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include <netinet/in.h>

#define PORT        80
#define HEADER_MAX  8192
#define BUFFER_SIZE 262144

static const char *file_name;

struct client {
	int fd;
	char header[HEADER_MAX + 1]; /* and what was read behind it */
	size_t len, used;            /* bytes there; those of the header */
};

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = ioth_send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* Reads up to the empty line; false: the connection ended before. */
static bool read_header(struct client *client)
{
	client->len = client->used = 0;
	for (;;) {
		char *end;
		ssize_t len =
		    ioth_recv(client->fd, client->header + client->len, HEADER_MAX - client->len, 0);

		if (len <= 0)
			return false;
		client->len += (size_t)len;
		client->header[client->len] = '\0';
		end = strstr(client->header, "\r\n\r\n");
		if (end) {
			*end = '\0';
			client->used = (size_t)(end - client->header) + 4;
			return true;
		}
	}
}

static long long content_length(const struct client *client)
{
	const char *field = strcasestr(client->header, "\r\nContent-Length:");

	return field ? atoll(field + strlen("\r\nContent-Length:")) : -1;
}

/* The next bytes of the body. */
static ssize_t read_body(struct client *client, char *bytes, size_t room)
{
	size_t len = client->len - client->used;

	if (len == 0)
		return ioth_recv(client->fd, bytes, room, 0);
	if (len > room)
		len = room;
	memcpy(bytes, client->header + client->used, len);
	client->used += len;
	return (ssize_t)len;
}

/* ---- the server ---- */

static void give_file(struct client *client, char *buffer)
{
	char header[256];
	FILE *file = fopen(file_name, "r");
	size_t len;

	if (!file)
		return;
	fseek(file, 0, SEEK_END);
	snprintf(header, sizeof(header),
	    "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\nConnection: close\r\n\r\n", ftell(file));
	rewind(file);
	if (send_all(client->fd, header, strlen(header))) {
		while ((len = fread(buffer, 1, BUFFER_SIZE, file)) > 0 && send_all(client->fd, buffer, len))
			;
	}
	fclose(file);
}

static uint32_t crc_table[256];

static void make_crc_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		crc_table[i] = i << 24;
		for (int j = 0; j < 8; j++)
			crc_table[i] = crc_table[i] << 1 ^ (crc_table[i] & 0x80000000 ? 0x04c11db7 : 0);
	}
}

static uint32_t crc(uint32_t sum, uint8_t byte)
{
	return sum << 8 ^ crc_table[sum >> 24 ^ byte];
}

static void take_body(struct client *client, char *buffer)
{
	long long length = content_length(client), done = 0;
	char answer[256], text[64];
	uint32_t sum = 0;

	if (strcasestr(client->header, "Expect: 100-continue") &&
	    !send_all(client->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25))
		return;
	while (done < length) {
		ssize_t len = read_body(client, buffer, BUFFER_SIZE);

		if (len <= 0)
			return;
		for (ssize_t i = 0; i < len; i++)
			sum = crc(sum, (uint8_t)buffer[i]);
		done += len;
	}
	for (long long rest = length; rest; rest >>= 8)
		sum = crc(sum, (uint8_t)rest);
	snprintf(text, sizeof(text), "%u %lld\n", ~sum, length);
	snprintf(answer, sizeof(answer),
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(text),
	    text);
	send_all(client->fd, answer, strlen(answer));
}

static void *serve_one(void *argument)
{
	struct client *client = argument;
	char *buffer = malloc(BUFFER_SIZE);

	if (buffer && read_header(client)) {
		if (strncmp(client->header, "GET ", 4) == 0)
			give_file(client, buffer);
		else
			take_body(client, buffer);
	}
	ioth_close(client->fd);
	free(buffer);
	free(client);
	return NULL;
}

static int serve(struct ioth *stack)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int listener = ioth_msocket(stack, AF_INET6, SOCK_STREAM, 0), on = 1;
	pthread_attr_t detached;

	ioth_setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ioth_bind(listener, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    ioth_listen(listener, 100) < 0)
		return -1;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	puts("listening");
	fflush(stdout);
	for (;;) {
		int fd = ioth_accept(listener, NULL, NULL);
		struct client *client = fd < 0 ? NULL : malloc(sizeof(*client));
		pthread_t thread;

		if (!client)
			return -1;
		client->fd = fd;
		if (pthread_create(&thread, &detached, serve_one, client) != 0) {
			free(client);
			return -1;
		}
	}
}

/* ---- the client ---- */

static int connect_to(struct ioth *stack, const char *address, uint16_t port)
{
	struct sockaddr_storage peer;
	socklen_t len = own_peer(address, port, &peer);
	int fd = len ? ioth_msocket(stack, peer.ss_family, SOCK_STREAM, 0) : -1;

	return fd >= 0 && ioth_connect(fd, (struct sockaddr *)&peer, len) == 0 ? fd : -1;
}

static bool send_request(int fd, const char *method, const char *path, long length)
{
	char request[1024];

	snprintf(request, sizeof(request),
	    "%s %s HTTP/1.0\r\nHost: test\r\nContent-Length: %ld\r\nConnection: close\r\n\r\n", method,
	    path, length);
	return send_all(fd, request, strlen(request));
}

/* The whole of a file on stdin. */
static bool send_file(int fd)
{
	static char buffer[BUFFER_SIZE];
	size_t len;

	while ((len = fread(buffer, 1, sizeof(buffer), stdin)) > 0) {
		if (!send_all(fd, buffer, len))
			return false;
	}
	return true;
}

static int request(struct ioth *stack, const char *method, char *argv[])
{
	static char buffer[BUFFER_SIZE];
	static struct client client;
	bool put = strcmp(method, "PUT") == 0;
	long length = 0;
	long long expected, done = 0;
	ssize_t len;

	if (put) {
		fseek(stdin, 0, SEEK_END);
		length = ftell(stdin);
		rewind(stdin);
	}
	client.fd = connect_to(stack, argv[0], (uint16_t)atoi(argv[1]));
	if (client.fd < 0 || !send_request(client.fd, method, argv[2], length) ||
	    (put && !send_file(client.fd)) || !read_header(&client))
		return -1;
	if (!strstr(client.header, " 200 ")) {
		errno = EPROTO;
		return -1;
	}
	expected = content_length(&client);
	while ((len = read_body(&client, buffer, sizeof(buffer))) > 0) {
		fwrite(buffer, 1, (size_t)len, stdout);
		done += len;
	}
	ioth_close(client.fd);
	errno = EPROTO;
	return len == 0 && (expected < 0 || done == expected) ? 0 : -1;
}

/* What was sent is delivered though the process ends. */
static int throw(struct ioth * stack, char *argv[])
{
	int fd = connect_to(stack, argv[0], (uint16_t)atoi(argv[1]));

	if (fd < 0 || !send_file(fd))
		return -1;
	if (strcmp(argv[2], "close") == 0)
		ioth_close(fd);
	exit(0);
}

int main(int argc, char *argv[])
{
	struct ioth *stack;
	int result = -1;

	if (argc < 6)
		return 2;
	stack = own_stack(argv[1], argv[2], argv[3]);
	if (!stack)
		return 1;
	file_name = argv[5];
	make_crc_table();
	if (strcmp(argv[4], "serve") == 0)
		result = serve(stack);
	else if (argc == 8 && strcmp(argv[4], "throw") == 0)
		result = throw(stack, argv + 5);
	else if (argc == 8)
		result = request(stack, strcmp(argv[4], "put") == 0 ? "PUT" : "GET", argv + 5);
	if (result < 0)
		perror(argv[4]);
	return result < 0 || ioth_delstack(stack) < 0;
}
