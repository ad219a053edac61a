/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket calls of a script, and what is asked of a socket: NAME CALL [ARGUMENT ...] = RESULT.
 */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

struct call {
	struct script *script;
	int index; /* of the socket */
	struct px_sock *sock;
	char **argument; /* behind the call's name; NULL at the end */
	char text[256];  /* a result that is no number */
};

static long number(const char *text, long otherwise)
{
	return text ? strtol(text, NULL, 0) : otherwise;
}

static socklen_t name_of(
    const struct script *script, bool peer, uint16_t port, struct sockaddr_storage *name)
{
	struct px_ip ip = script_address(script, peer);
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

	memset(name, 0, sizeof(*name));
	if (!script->ipv6) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = px_ip4_word(&ip);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, ip.b, 16);
	return sizeof(*in6);
}

/* ---- calls: the result, or -errno ---- */

static long call_socket(struct call *call)
{
	return px_sock_new(call->script->stack, call->script->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0,
	    &call->script->sockets[call->index].sock);
}

static long call_bind(struct call *call)
{
	struct sockaddr_storage name;
	socklen_t len =
	    name_of(call->script, false, (uint16_t)number(call->argument[0], OUR_PORT), &name);

	return px_sock_bind(call->sock, (struct sockaddr *)&name, len);
}

/* [BACKLOG]: with a socket of its own, bound to our port, if there is none yet. */
static long call_listen(struct call *call)
{
	long result = 0;
	int on = 1;

	if (!call->sock) {
		result = call_socket(call);
		call->sock = call->script->sockets[call->index].sock;
		if (result == 0)
			result = px_sock_setsockopt(call->sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (result == 0) {
			char *none[] = {NULL};
			struct call bind = *call;

			bind.argument = none;
			result = call_bind(&bind);
		}
	}
	return result ? result : px_sock_listen(call->sock, (int)number(call->argument[0], 128));
}

/* LISTENER */
static long call_accept(struct call *call)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	for (int i = 0; i < SCRIPT_SOCKETS; i++)
		if (call->argument[0] && strcmp(call->script->sockets[i].name, call->argument[0]) == 0)
			return px_sock_accept(call->script->sockets[i].sock,
			    &call->script->sockets[call->index].sock, &name, &len);
	return -EBADF;
}

/* [FLOW]; "none": AF_UNSPEC */
static long call_connect(struct call *call)
{
	struct sockaddr_storage name;
	socklen_t len;

	if (!call->sock) {
		long result = call_socket(call);

		if (result)
			return result;
		call->sock = call->script->sockets[call->index].sock;
	}
	len = name_of(call->script, true, (uint16_t)(PEER_PORT + number(call->argument[0], 0)), &name);
	if (call->argument[0] && strcmp(call->argument[0], "none") == 0)
		name.ss_family = AF_UNSPEC;
	return px_sock_connect(call->sock, (struct sockaddr *)&name, len);
}

static int message_flags(char *const *word)
{
	static const struct {
		const char *name;
		int flag;
	} known[] = {{"more", MSG_MORE}, {"oob", MSG_OOB}, {"peek", MSG_PEEK}, {"trunc", MSG_TRUNC}};
	int flags = 0;

	for (; *word; word++)
		for (unsigned int i = 0; i < 4; i++)
			if (strcmp(*word, known[i].name) == 0)
				flags |= known[i].flag;
	return flags;
}

/* LENGTH [more] [oob] */
static long call_send(struct call *call)
{
	size_t len = (size_t)number(call->argument[0], 0);
	uint32_t *position = &call->script->sockets[call->index].sent;
	uint8_t *bytes = malloc(len + 1);
	struct iovec iov = {bytes, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	long result;

	for (size_t i = 0; i < len; i++)
		bytes[i] = script_byte(*position + (uint32_t)i);
	result = px_sock_sendmsg(call->sock, &msg, message_flags(call->argument));
	if (result > 0)
		*position += (uint32_t)result;
	free(bytes);
	return result;
}

/* LENGTH [peek] [oob]: what comes must be the stream's next bytes. */
static long call_recv(struct call *call)
{
	size_t len = (size_t)number(call->argument[0], 0);
	uint32_t *position = &call->script->sockets[call->index].received;
	int flags = message_flags(call->argument);
	uint8_t *bytes = calloc(1, len + 1);
	struct iovec iov = {bytes, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	long result = px_sock_recvmsg(call->sock, &msg, flags);

	for (long i = 0; i < result && !(flags & (MSG_OOB | MSG_TRUNC)); i++)
		if (bytes[i] != script_byte(*position + (uint32_t)i))
			result = -EILSEQ;
	if (result > 0 && !(flags & (MSG_PEEK | MSG_OOB)))
		*position += (uint32_t)result;
	free(bytes);
	return result;
}

static long call_shutdown(struct call *call)
{
	static const char *const how[] = {"rd", "wr", "rdwr"};

	for (int i = 0; i < 3; i++)
		if (call->argument[0] && strcmp(call->argument[0], how[i]) == 0)
			return px_sock_shutdown(call->sock, i);
	return -EINVAL;
}

static long call_close(struct call *call)
{
	px_sock_free(call->sock);
	call->script->sockets[call->index].sock = NULL;
	call->script->sockets[call->index].name[0] = '\0';
	return 0;
}

/* An urgent byte was left out of the stream (or was in line and is none): the reader's position. */
static long call_skip(struct call *call)
{
	call->script->sockets[call->index].received += (uint32_t)number(call->argument[0], 0);
	return 0;
}

/* ---- options ---- */

static const struct {
	const char *name;
	int level, option;
} options[] = {
    {"nodelay", IPPROTO_TCP, TCP_NODELAY},
    {"cork", IPPROTO_TCP, TCP_CORK},
    {"maxseg", IPPROTO_TCP, TCP_MAXSEG},
    {"keepidle", IPPROTO_TCP, TCP_KEEPIDLE},
    {"keepintvl", IPPROTO_TCP, TCP_KEEPINTVL},
    {"keepcnt", IPPROTO_TCP, TCP_KEEPCNT},
    {"user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT},
    {"quickack", IPPROTO_TCP, TCP_QUICKACK},
    {"linger2", IPPROTO_TCP, TCP_LINGER2},
    {"defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT},
    {"syncnt", IPPROTO_TCP, TCP_SYNCNT},
    {"window_clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP},
    {"notsent_lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT},
    {"keepalive", SOL_SOCKET, SO_KEEPALIVE},
    {"reuseaddr", SOL_SOCKET, SO_REUSEADDR},
    {"reuseport", SOL_SOCKET, SO_REUSEPORT},
    {"sndbuf", SOL_SOCKET, SO_SNDBUF},
    {"rcvbuf", SOL_SOCKET, SO_RCVBUF},
    {"rcvlowat", SOL_SOCKET, SO_RCVLOWAT},
    {"oobinline", SOL_SOCKET, SO_OOBINLINE},
    {"max_pacing_rate", SOL_SOCKET, SO_MAX_PACING_RATE},
    {"error", SOL_SOCKET, SO_ERROR},
    {"acceptconn", SOL_SOCKET, SO_ACCEPTCONN},
    {"mtu_discover", IPPROTO_IP, IP_MTU_DISCOVER},
    {"recverr", IPPROTO_IP, IP_RECVERR},
    {"mtu", IPPROTO_IP, IP_MTU},
    {"tos", IPPROTO_IP, IP_TOS},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* NAME VALUE */
static long call_set(struct call *call)
{
	const char *name = call->argument[0], *text = name ? call->argument[1] : NULL;
	int value = (int)number(text, 0);
	struct linger linger = {value >= 0, value};

	if (!text)
		return -EINVAL;
	if (strcmp(name, "congestion") == 0)
		return px_sock_setsockopt(
		    call->sock, IPPROTO_TCP, TCP_CONGESTION, text, (socklen_t)strlen(text));
	if (strcmp(name, "linger") == 0)
		return px_sock_setsockopt(call->sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	for (unsigned int i = 0; i < OPTIONS; i++)
		if (strcmp(name, options[i].name) == 0)
			return px_sock_setsockopt(
			    call->sock, options[i].level, options[i].option, &value, sizeof(value));
	return -ENOSYS;
}

/* NAME */
static long call_get(struct call *call)
{
	socklen_t len = sizeof(int);
	int value = 0, result;

	if (!call->argument[0])
		return -EINVAL;
	if (strcmp(call->argument[0], "congestion") == 0) {
		len = sizeof(call->text);
		return px_sock_getsockopt(call->sock, IPPROTO_TCP, TCP_CONGESTION, call->text, &len);
	}
	for (unsigned int i = 0; i < OPTIONS; i++) {
		if (strcmp(call->argument[0], options[i].name) != 0)
			continue;
		result = px_sock_getsockopt(call->sock, options[i].level, options[i].option, &value, &len);
		/* SO_ERROR's value is an error: shown by its name. */
		return result ? result : options[i].option == SO_ERROR ? -value : value;
	}
	return -ENOSYS;
}

/* ---- questions ---- */

static long call_poll(struct call *call)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} bits[] = {{POLLIN, "IN"}, {POLLPRI, "PRI"}, {POLLOUT, "OUT"}, {POLLERR, "ERR"},
	    {POLLHUP, "HUP"}, {POLLRDHUP, "RDHUP"}};
	unsigned int mask = px_sock_poll(call->sock);

	strcpy(call->text, mask ? "" : "none");
	for (unsigned int i = 0; i < 6; i++)
		if (mask & bits[i].bit)
			sprintf(call->text + strlen(call->text), "%s%s", *call->text ? "|" : "", bits[i].name);
	return 0;
}

static const struct tcp_info *info_of(struct call *call)
{
	static struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	px_sock_getsockopt(call->sock, IPPROTO_TCP, TCP_INFO, &info, &len);
	return &info;
}

static long call_state(struct call *call)
{
	const char *text = tcp_state_text(info_of(call)->tcpi_state);

	snprintf(call->text, sizeof(call->text), "%s", text ? text : "?");
	return 0;
}

/* FIELD of struct tcp_info, without its prefix */
static long call_info(struct call *call)
{
	const struct tcp_info *info = info_of(call);
	const struct {
		const char *name;
		long value;
	} fields[] = {
	    {"ca_state", info->tcpi_ca_state},
	    {"retransmits", info->tcpi_retransmits},
	    {"probes", info->tcpi_probes},
	    {"backoff", info->tcpi_backoff},
	    {"options", info->tcpi_options},
	    {"snd_wscale", info->tcpi_snd_wscale},
	    {"rcv_wscale", info->tcpi_rcv_wscale},
	    {"rto", info->tcpi_rto},
	    {"ato", info->tcpi_ato},
	    {"snd_mss", info->tcpi_snd_mss},
	    {"rcv_mss", info->tcpi_rcv_mss},
	    {"unacked", info->tcpi_unacked},
	    {"sacked", info->tcpi_sacked},
	    {"lost", info->tcpi_lost},
	    {"retrans", info->tcpi_retrans},
	    {"pmtu", info->tcpi_pmtu},
	    {"ssthresh", info->tcpi_snd_ssthresh},
	    {"cwnd", info->tcpi_snd_cwnd},
	    {"advmss", info->tcpi_advmss},
	    {"reordering", info->tcpi_reordering},
	    {"rtt", info->tcpi_rtt},
	    {"rttvar", info->tcpi_rttvar},
	    {"min_rtt", info->tcpi_min_rtt},
	    {"total_retrans", info->tcpi_total_retrans},
	    {"bytes_acked", (long)info->tcpi_bytes_acked},
	    {"bytes_received", (long)info->tcpi_bytes_received},
	    {"bytes_retrans", (long)info->tcpi_bytes_retrans},
	    {"notsent", info->tcpi_notsent_bytes},
	    {"pacing_rate", (long)info->tcpi_pacing_rate},
	    {"delivery_rate", (long)info->tcpi_delivery_rate},
	    {"delivery_rate_app_limited", info->tcpi_delivery_rate_app_limited},
	    {"dsack_dups", info->tcpi_dsack_dups},
	    {"rcv_ooopack", info->tcpi_rcv_ooopack},
	    {"segs_out", info->tcpi_segs_out},
	};

	for (unsigned int i = 0; call->argument[0] && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, call->argument[0]) == 0)
			return fields[i].value;
	return -ENOSYS;
}

static long ioctl_of(struct call *call, unsigned long request)
{
	int value = 0;
	long result = px_sock_ioctl(call->sock, request, &value);

	return result ? result : value;
}

static long call_inq(struct call *call)
{
	return ioctl_of(call, SIOCINQ);
}

static long call_outq(struct call *call)
{
	return ioctl_of(call, SIOCOUTQ);
}

static long call_unsent(struct call *call)
{
	return ioctl_of(call, SIOCOUTQNSD);
}

static long call_atmark(struct call *call)
{
	return ioctl_of(call, SIOCATMARK);
}

/* ---- by name ---- */

static const struct {
	const char *name;
	bool makes; /* the socket need not be there */
	long (*run)(struct call *call);
} calls[] = {
    {"socket", true, call_socket},
    {"listen", true, call_listen},
    {"connect", true, call_connect},
    {"accept", true, call_accept},
    {"bind", false, call_bind},
    {"send", false, call_send},
    {"recv", false, call_recv},
    {"skip", false, call_skip},
    {"shutdown", false, call_shutdown},
    {"close", false, call_close},
    {"set", false, call_set},
    {"get", false, call_get},
    {"poll", false, call_poll},
    {"state", false, call_state},
    {"info", false, call_info},
    {"inq", false, call_inq},
    {"outq", false, call_outq},
    {"unsent", false, call_unsent},
    {"atmark", false, call_atmark},
};

/* The socket's place, by name; a new one where there is none. -1: too many. */
static int find(struct script *script, const char *name)
{
	int free_place = -1;

	for (int i = 0; i < SCRIPT_SOCKETS; i++) {
		if (strcmp(script->sockets[i].name, name) == 0)
			return i;
		if (free_place < 0 && !script->sockets[i].name[0])
			free_place = i;
	}
	if (free_place < 0)
		return -1;
	memset(&script->sockets[free_place], 0, sizeof(script->sockets[0]));
	snprintf(script->sockets[free_place].name, sizeof(script->sockets[0].name), "%s", name);
	return free_place;
}

static bool compare(struct script *script, const struct step *step, const char *text, long result)
{
	const char *error = result < 0 ? strerrorname_np((int)-result) : NULL;
	char seen[300];
	bool right;
	char *end = NULL;
	long expected = step->result ? strtol(step->result, &end, 0) : 0;

	if (error)
		snprintf(seen, sizeof(seen), "%s", error);
	else if (*text)
		snprintf(seen, sizeof(seen), "%s", text);
	else
		snprintf(seen, sizeof(seen), "%ld", result);
	if (!step->result)
		right = !error; /* nothing was expected but success */
	else if (error || *text || *end)
		right = strcmp(seen, step->result) == 0;
	else if (step->comparison == AT_LEAST)
		right = result >= expected;
	else if (step->comparison == AT_MOST)
		right = result <= expected;
	else
		right = result == expected;
	return right || script_failed(script, "the result is %s", seen);
}

bool script_call(struct script *script, const struct step *step)
{
	struct call call = {.script = script, .index = -1};

	if (strcmp(step->word[0], "mtu") == 0)
		return compare(
		    script, step, "", px_iface_set_mtu(script->iface, (uint32_t)number(step->word[1], 0)));
	for (unsigned int i = 0; step->words > 1 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		long result;

		if (strcmp(calls[i].name, step->word[1]) != 0)
			continue;
		call.index = find(script, step->word[0]);
		if (call.index < 0)
			return script_failed(script, "too many sockets");
		call.sock = script->sockets[call.index].sock;
		call.argument = (char **)step->word + 2;
		if (!call.sock && !calls[i].makes)
			return script_failed(script, "there is no socket %s", step->word[0]);
		result = calls[i].run(&call);
		if (!script->sockets[call.index].sock)
			script->sockets[call.index].name[0] = '\0';
		return compare(script, step, call.text, result);
	}
	return script_failed(script, "there is no such call");
}

void script_close_all(struct script *script)
{
	for (int i = 0; i < SCRIPT_SOCKETS; i++)
		if (script->sockets[i].sock)
			px_sock_free(script->sockets[i].sock);
}
