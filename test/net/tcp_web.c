/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tcp_web: just enough of HTTP/1.0 on any stack for curl and python's http.server to talk to.
 *
 *     tcp_web STACK VNL CONFIG serve FILE    port 8000: GET gives the file, PUT /x is copied to
 * FILE.put tcp_web STACK VNL CONFIG get ADDRESS   what is at http://ADDRESS:8000/file, to stdout
 *
 * Blocking calls, one connection after the other. */
#include "../../examples/own_address.h"

#include <fcntl.h>
#include <unistd.h>
#include <netinet/in.h>

#define PORT 8000

static char buffer[65536];

static int send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = ioth_send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent < 0)
			return -1;
		bytes += sent;
		len -= (size_t)sent;
	}
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);

		if (written < 0)
			return -1;
		bytes += written;
		len -= (size_t)written;
	}
	return 0;
}

/* Reads a header into `buffer`; returns its length and in *got how many bytes there are. */
static size_t read_header(int fd, size_t *got)
{
	*got = 0;
	while (*got < sizeof(buffer) - 1) {
		ssize_t n = ioth_recv(fd, buffer + *got, sizeof(buffer) - 1 - *got, 0);
		char *end;

		if (n <= 0)
			return 0;
		*got += (size_t)n;
		buffer[*got] = '\0';
		end = strstr(buffer, "\r\n\r\n");
		if (end)
			return (size_t)(end - buffer) + 4;
	}
	return 0;
}

/* The body: what came with the header, and the rest, up to `left` bytes or the end. 0 or -1. */
static int read_body(int fd, int out, size_t header, size_t got, unsigned long long left)
{
	ssize_t n = (ssize_t)(got - header);

	if (write_all(out, buffer + header, (size_t)n) < 0)
		return -1;
	left -= (unsigned long long)n;
	while (left > 0 && (n = ioth_recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		if (write_all(out, buffer, (size_t)n) < 0)
			return -1;
		left -= (unsigned long long)n;
	}
	return left ? -1 : 0;
}

static unsigned long long content_length(void)
{
	const char *text = strcasestr(buffer, "\r\nContent-Length:");

	return text ? strtoull(text + 17, NULL, 10) : 0;
}

static void answer(int fd, const char *path)
{
	static const char created[] = "HTTP/1.0 201 Created\r\nContent-Length: 0\r\n\r\n";
	static const char expected[] = "HTTP/1.1 100 Continue\r\n\r\n";
	char name[512], head[128];
	size_t got, header = read_header(fd, &got);
	ssize_t n;
	int file;

	if (!header)
		return;
	if (strncmp(buffer, "PUT ", 4) == 0) {
		snprintf(name, sizeof(name), "%s.put", path);
		file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (strcasestr(buffer, "100-continue"))
			send_all(fd, expected, strlen(expected));
		if (read_body(fd, file, header, got, content_length()) == 0)
			send_all(fd, created, strlen(created));
	} else {
		file = open(path, O_RDONLY | O_CLOEXEC);
		snprintf(head, sizeof(head), "HTTP/1.0 200 OK\r\nContent-Length: %lld\r\n\r\n",
		    (long long)lseek(file, 0, SEEK_END));
		lseek(file, 0, SEEK_SET);
		n = send_all(fd, head, strlen(head));
		while (n >= 0 && (n = read(file, buffer, sizeof(buffer))) > 0)
			n = send_all(fd, buffer, (size_t)n);
	}
	close(file);
}

static int serve(struct ioth *stack, const char *path)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int listener = ioth_msocket(stack, AF_INET6, SOCK_STREAM, 0), fd;

	if (listener < 0 || ioth_bind(listener, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    ioth_listen(listener, 10) < 0) {
		perror("listen");
		return EXIT_FAILURE;
	}
	printf("listening\n");
	fflush(stdout);
	while ((fd = ioth_accept(listener, NULL, NULL)) >= 0) {
		answer(fd, path);
		ioth_close(fd);
	}
	return EXIT_FAILURE;
}

static int get(struct ioth *stack, const char *address)
{
	static const char request[] = "GET /file HTTP/1.0\r\n\r\n";
	struct sockaddr_storage peer;
	socklen_t len = own_peer(address, PORT, &peer);
	int fd = ioth_msocket(stack, peer.ss_family, SOCK_STREAM, 0), result;
	size_t got, header;

	if (!len || fd < 0 || ioth_connect(fd, (struct sockaddr *)&peer, len) < 0 ||
	    send_all(fd, request, strlen(request)) < 0) {
		perror(address);
		return EXIT_FAILURE;
	}
	header = read_header(fd, &got);
	result = header ? read_body(fd, STDOUT_FILENO, header, got, content_length()) : -1;
	ioth_close(fd);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct ioth *stack;
	int status;

	if (argc != 6) {
		fprintf(stderr, "usage: tcp_web STACK VNL CONFIG serve FILE | get ADDRESS\n");
		return EXIT_FAILURE;
	}
	stack = own_stack(argv[1], argv[2], argv[3]);
	if (!stack)
		return EXIT_FAILURE;
	status = strcmp(argv[4], "serve") == 0 ? serve(stack, argv[5]) : get(stack, argv[5]);
	ioth_delstack(stack);
	return status;
}
