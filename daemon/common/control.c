/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections to the control socket, and their requests: see control.h. */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "ctl_socket.h"

#define ACCEPTS_MAX 16 /* a turn */

struct client {
	struct loop_source source; /* .loop NULL: free */
	struct control *control;
	struct loop_timer patience;
	uint64_t number; /* the smaller, the older */
	char request[CONTROL_REQUEST_MAX];
	size_t request_len;
	bool waits; /* the answer comes later; what there is of it: */
	char *begun;
	char *answer; /* NULL: the request is not whole, or waits */
	size_t answer_len, sent;
};

struct control {
	struct loop *loop;
	struct ctl_socket socket;
	struct loop_source listener;
	struct loop_timer retry; /* after a lack of descriptors */
	struct control_verbs parts[CONTROL_PARTS];
	void *context;
	uint64_t accepted, asking;
	struct client clients[CONTROL_CLIENTS];
};

static void close_client(struct client *client)
{
	int fd = client->source.fd;

	if (!client->source.loop)
		return;
	loop_remove(&client->source);
	loop_timer_cancel(&client->patience);
	free(client->answer);
	free(client->begun);
	client->answer = client->begun = NULL;
	client->waits = false;
	close(fd);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void print_help(const struct control *control, FILE *answer)
{
	for (size_t part = 0; part < CONTROL_PARTS; part++) {
		for (size_t i = 0; i < control->parts[part].count; i++) {
			const struct control_verb *verb = &control->parts[part].verbs[i];

			fprintf(answer, "%s%s%s\t%s\n", verb->name, verb->argument ? " " : "",
			    verb->argument ? verb->argument : "", verb->help);
		}
	}
}

static const struct control_verb *find_verb(const struct control *control, const char *word)
{
	for (size_t part = 0; part < CONTROL_PARTS; part++) {
		for (size_t i = 0; i < control->parts[part].count; i++) {
			if (strcmp(control->parts[part].verbs[i].name, word) == 0)
				return &control->parts[part].verbs[i];
		}
	}
	return NULL;
}

/* The text of an answer, without its first line. 0 or -errno. */
static int run_request(const struct control *control, char *request, FILE *text)
{
	char *argument = request + strcspn(request, " \t");
	const struct control_verb *verb;
	size_t len;

	if (*argument)
		*argument++ = '\0';
	argument += strspn(argument, " \t");
	len = strlen(argument);
	while (len > 0 && (argument[len - 1] == ' ' || argument[len - 1] == '\t'))
		argument[--len] = '\0';
	if (strcmp(request, "help") == 0) {
		print_help(control, text);
		return 0;
	}
	verb = find_verb(control, request);
	if (!verb) {
		fprintf(text, "unknown request '%s'; 'help' lists those that there are\n", request);
		return -EINVAL;
	}
	if (!verb->argument && *argument) {
		fprintf(text, "'%s' has no argument\n", verb->name);
		return -EINVAL;
	}
	if (verb->argument && !*argument) {
		fprintf(text, "'%s' needs an argument: %s\n", verb->name, verb->argument);
		return -EINVAL;
	}
	if (verb->argument && strpbrk(argument, " \t")) {
		fprintf(text, "'%s' has one argument: %s\n", verb->name, verb->argument);
		return -EINVAL;
	}
	return verb->run(control->context, argument, text);
}

/* Makes client->answer. 0 or -ENOMEM. */
static int make_answer(struct client *client, int err, const char *text, const char *more)
{
	char *answer = NULL;
	size_t len;
	FILE *stream = open_memstream(&answer, &len);
	int failed;

	if (!stream)
		return -ENOMEM;
	fputs(!err ? "ok\n" : "error: ", stream);
	if (err && !*text && !*more)
		fprintf(stream, "%s\n", strerror(-err));
	fputs(text, stream);
	fputs(more, stream);
	failed = ferror(stream);
	if (fclose(stream) != 0 || failed) {
		free(answer);
		return -ENOMEM;
	}
	client->answer = answer;
	client->answer_len = len;
	client->sent = 0;
	return 0;
}

/* 0 or -ENOMEM. */
static int run_client(struct client *client)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	int err, failed;

	if (!stream)
		return -ENOMEM;
	client->control->asking = client->number;
	err = run_request(client->control, client->request, stream);
	failed = ferror(stream);
	if (fclose(stream) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	if (err == CONTROL_LATER) {
		client->waits = true;
		client->begun = text;
		loop_timer_cancel(&client->patience);
		return loop_want(&client->source, 0);
	}
	err = make_answer(client, err, text, "");
	free(text);
	return err;
}

/* ---- one connection -------------------------------------------------------------------------- */

static void send_answer(struct client *client)
{
	ssize_t len = send(client->source.fd, client->answer + client->sent,
	    client->answer_len - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (len < 0 && errno != EAGAIN && errno != EINTR) {
		close_client(client);
		return;
	}
	client->sent += len > 0 ? (size_t)len : 0;
	if (client->sent == client->answer_len || loop_want(&client->source, EPOLLOUT) < 0)
		close_client(client);
}

static void read_request(struct client *client)
{
	char *place = client->request + client->request_len;
	ssize_t len =
	    recv(client->source.fd, place, sizeof(client->request) - client->request_len, MSG_DONTWAIT);
	char *newline;

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		close_client(client);
		return;
	}
	newline = memchr(place, '\n', (size_t)len);
	client->request_len += (size_t)len;
	if (!newline) {
		if (client->request_len == sizeof(client->request))
			close_client(client);
		return;
	}
	if (newline > client->request && newline[-1] == '\r')
		newline--;
	*newline = '\0';
	if (run_client(client) < 0)
		close_client(client);
	else if (!client->waits)
		send_answer(client);
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct client *client = (struct client *)source;

	if (client->answer)
		send_answer(client);
	else if (client->waits)
		close_client(client); /* it has hung up */
	else
		read_request(client);
}

static void client_expired(struct loop_timer *timer)
{
	close_client(timerq_entry(timer, struct client, patience));
}

uint64_t control_asking(const struct control *control)
{
	return control->asking;
}

void control_answer(struct control *control, uint64_t asking, int err, const char *text)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control->clients[i];

		if (!client->source.loop || !client->waits || client->number != asking)
			continue;
		client->waits = false;
		loop_timer_after(&client->patience, CONTROL_PATIENCE);
		if (make_answer(client, err, client->begun, text) < 0)
			close_client(client);
		else
			send_answer(client);
		return;
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

static struct client *find_place(struct control *control)
{
	struct client *oldest = &control->clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control->clients[i];

		if (!client->source.loop)
			return client;
		if (client->number < oldest->number)
			oldest = client;
	}
	close_client(oldest);
	return oldest;
}

static void add_client(struct control *control, int fd)
{
	struct client *client;

	if (!ctl_socket_permits(&control->socket, fd)) {
		close(fd);
		return;
	}
	client = find_place(control);
	client->control = control;
	client->number = control->accepted++;
	client->request_len = 0;
	if (loop_add(control->loop, &client->source, fd, EPOLLIN, client_ready) < 0) {
		close(fd);
		return;
	}
	loop_timer_init(control->loop, &client->patience, client_expired);
	loop_timer_after(&client->patience, CONTROL_PATIENCE);
}

static void listener_ready(struct loop_source *source, uint32_t events)
{
	struct control *control =
	    (struct control *)(void *)((char *)source - offsetof(struct control, listener));

	for (unsigned int i = 0; i < ACCEPTS_MAX; i++) {
		/* cppcheck-suppress nullPointer ; accept(2) need not say who connects */
		int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			add_client(control, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			/* It would be ready all the time. */
			(void)loop_want(source, 0);
			loop_timer_after(&control->retry, LOOP_SEC);
		}
		return;
	}
}

static void listen_again(struct loop_timer *timer)
{
	(void)loop_want(&timerq_entry(timer, struct control, retry)->listener, EPOLLIN);
}

int control_open(struct control **result, struct loop *loop, const char *path,
    const struct control_verbs parts[CONTROL_PARTS], void *context)
{
	struct control *control = calloc(1, sizeof(*control));
	int fd, err;

	if (!control)
		return -ENOMEM;
	control->loop = loop;
	control->context = context;
	memcpy(control->parts, parts, sizeof(control->parts));
	loop_timer_init(loop, &control->retry, listen_again);
	fd = ctl_socket_open(path, SOCK_STREAM, &control->socket);
	if (fd < 0) {
		free(control);
		return fd;
	}
	err = loop_add(loop, &control->listener, fd, EPOLLIN, listener_ready);
	if (err) {
		ctl_socket_unlink(&control->socket);
		close(fd);
		free(control);
		return err;
	}
	*result = control;
	return 0;
}

void control_close(struct control *control)
{
	int fd;

	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		close_client(&control->clients[i]);
	fd = control->listener.fd;
	loop_timer_cancel(&control->retry);
	loop_remove(&control->listener);
	ctl_socket_unlink(&control->socket);
	close(fd);
	free(control);
}
