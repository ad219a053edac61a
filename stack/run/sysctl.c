/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options named as sysctls: a table of names, places and limits. The names are those below
 * net.ipv4.tcp_ (and may begin with tcp_), net.ipv4 and net.core; picoxnet(7) lists them. */
#include "sysctl.h"

#include "cc.h"
#include "socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TRIPLE 3 /* tcp_rmem, tcp_wmem: least, first, most */

enum kind {
	KIND_BOOL,
	KIND_U8,
	KIND_U32,
	KIND_TRIPLE,
	KIND_MSEC_AS_USEC, /* rto_min, in milliseconds as ip-route(8) has it */
	KIND_CONGESTION,
};

struct sysctl {
	const char *name;
	enum kind kind;
	bool of_tcp; /* in struct tcp_sysctl, or in struct px_options */
	size_t offset;
	uint32_t min, max;
};

#define TCP(name, field, kind, min, max)                                                           \
	{                                                                                              \
		(name), (kind), true, offsetof(struct tcp_sysctl, field), (min), (max)                     \
	}
#define CORE(name, field, kind, min, max)                                                          \
	{                                                                                              \
		(name), (kind), false, offsetof(struct px_options, field), (min), (max)                    \
	}

static const struct sysctl table[] = {
    TCP("timestamps", timestamps, KIND_U8, 0, 2),
    TCP("sack", sack, KIND_BOOL, 0, 1),
    TCP("dsack", dsack, KIND_BOOL, 0, 1),
    TCP("window_scaling", window_scaling, KIND_BOOL, 0, 1),
    TCP("ecn", ecn, KIND_U8, 0, 2),
    TCP("ecn_fallback", ecn_fallback, KIND_BOOL, 0, 1),
    TCP("syncookies", syncookies, KIND_U8, 0, 2),
    TCP("frto", frto, KIND_U8, 0, 2),
    TCP("early_retrans", early_retrans, KIND_U8, 0, 4),
    TCP("recovery", recovery, KIND_U8, 0, 7),
    TCP("syn_retries", syn_retries, KIND_U8, 1, 127),
    TCP("synack_retries", synack_retries, KIND_U8, 0, 255),
    TCP("retries1", retries1, KIND_U8, 0, 255),
    TCP("retries2", retries2, KIND_U8, 0, 255),
    TCP("orphan_retries", orphan_retries, KIND_U8, 0, 255),
    TCP("fin_timeout", fin_timeout, KIND_U32, 0, 100000),
    TCP("keepalive_time", keepalive_time, KIND_U32, 1, 32767),
    TCP("keepalive_intvl", keepalive_intvl, KIND_U32, 1, 32767),
    TCP("keepalive_probes", keepalive_probes, KIND_U8, 1, 127),
    TCP("rto_min", rto_min_us, KIND_MSEC_AS_USEC, 1, 120000),
    TCP("rto_min_us", rto_min_us, KIND_U32, 1000, 120000000),
    TCP("rto_max_ms", rto_max_ms, KIND_U32, 1000, 120000),
    TCP("tw_reuse", tw_reuse, KIND_U8, 0, 2),
    TCP("max_tw_buckets", max_tw_buckets, KIND_U32, 0, INT32_MAX),
    TCP("max_orphans", max_orphans, KIND_U32, 0, INT32_MAX),
    TCP("challenge_ack_limit", challenge_ack_limit, KIND_U32, 0, INT32_MAX),
    TCP("invalid_ratelimit", invalid_ratelimit, KIND_U32, 0, INT32_MAX),
    TCP("max_syn_backlog", max_syn_backlog, KIND_U32, 1, INT32_MAX),
    TCP("somaxconn", somaxconn, KIND_U32, 0, INT32_MAX),
    TCP("abort_on_overflow", abort_on_overflow, KIND_BOOL, 0, 1),
    TCP("rfc1337", rfc1337, KIND_BOOL, 0, 1),
    TCP("slow_start_after_idle", slow_start_after_idle, KIND_BOOL, 0, 1),
    TCP("no_metrics_save", no_metrics_save, KIND_BOOL, 0, 1),
    TCP("moderate_rcvbuf", moderate_rcvbuf, KIND_BOOL, 0, 1),
    TCP("autocorking", autocorking, KIND_BOOL, 0, 1),
    TCP("stdurg", stdurg, KIND_BOOL, 0, 1),
    TCP("mtu_probing", mtu_probing, KIND_U8, 0, 2),
    TCP("base_mss", base_mss, KIND_U32, 48, 65535),
    TCP("min_snd_mss", min_snd_mss, KIND_U32, 48, 65535),
    TCP("rmem", rmem, KIND_TRIPLE, 1, INT32_MAX),
    TCP("wmem", wmem, KIND_TRIPLE, 1, INT32_MAX),
    TCP("notsent_lowat", notsent_lowat, KIND_U32, 0, UINT32_MAX),
    TCP("limit_output_bytes", limit_output_bytes, KIND_U32, 1, INT32_MAX),
    TCP("reordering", reordering, KIND_U8, 1, 255),
    TCP("max_reordering", max_reordering, KIND_U8, 1, 255),
    TCP("pacing", pacing, KIND_BOOL, 0, 1),
    TCP("congestion", congestion, KIND_CONGESTION, 0, 0),
    TCP("congestion_control", congestion, KIND_CONGESTION, 0, 0),
    CORE("ip_default_ttl", default_ttl, KIND_U8, 1, 255),
    CORE("icmp_echo_ignore_all", icmp_echo_ignore_all, KIND_BOOL, 0, 1),
    CORE("icmp_echo_ignore_broadcasts", icmp_echo_ignore_broadcasts, KIND_BOOL, 0, 1),
    CORE("rmem_default", rmem_default, KIND_U32, 2304, INT32_MAX),
    CORE("rmem_max", rmem_max, KIND_U32, 2304, INT32_MAX),
    CORE("wmem_default", wmem_default, KIND_U32, 4608, INT32_MAX),
    CORE("wmem_max", wmem_max, KIND_U32, 4608, INT32_MAX),
};

static const struct sysctl *find(const char *name, size_t len)
{
	static const char prefix[] = "tcp_";
	bool prefixed = len > strlen(prefix) && strncmp(name, prefix, strlen(prefix)) == 0;

	if (prefixed) {
		name += strlen(prefix);
		len -= strlen(prefix);
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].name) == len && strncmp(table[i].name, name, len) == 0)
			return !prefixed || table[i].of_tcp ? &table[i] : NULL;
	}
	return NULL;
}

/* A number within the limits, up to `end`; returns what is behind it, or NULL. */
static const char *read_number(
    const struct sysctl *sysctl, const char *text, const char *end, uint32_t *value)
{
	const char *at = text;
	uint64_t sum = 0;

	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		sum = sum * 10 + (uint64_t)(*at - '0');
		if (sum > sysctl->max)
			return NULL;
	}
	if (at == text || sum < sysctl->min)
		return NULL;
	*value = (uint32_t)sum;
	return at;
}

static bool read_triple(
    const struct sysctl *sysctl, const char *text, const char *end, uint32_t values[TRIPLE])
{
	for (unsigned int i = 0; i < TRIPLE; i++) {
		if (i && (text == end || *text++ != ':'))
			return false;
		text = read_number(sysctl, text, end, &values[i]);
		if (!text)
			return false;
	}
	return text == end && values[0] <= values[1] && values[1] <= values[2];
}

static void store(const struct sysctl *sysctl, struct px_stack *stack, const uint32_t *values)
{
	char *field =
	    (sysctl->of_tcp ? (char *)tcp_sysctl(stack) : (char *)&stack->options) + sysctl->offset;
	uint32_t usec = values[0] * 1000;

	switch (sysctl->kind) {
	case KIND_BOOL:
		*(bool *)field = values[0];
		break;
	case KIND_U8:
		*(uint8_t *)field = (uint8_t)values[0];
		break;
	case KIND_U32:
		memcpy(field, &values[0], sizeof(values[0]));
		break;
	case KIND_MSEC_AS_USEC:
		memcpy(field, &usec, sizeof(usec));
		break;
	case KIND_TRIPLE:
		memcpy(field, values, TRIPLE * sizeof(values[0]));
		break;
	case KIND_CONGESTION:
		break;
	}
}

static int set_number(const struct sysctl *sysctl, struct px_stack *stack, const char *text,
    const char *end, char *reason, size_t size)
{
	uint32_t values[TRIPLE];

	if (sysctl->kind == KIND_TRIPLE) {
		if (!read_triple(sysctl, text, end, values)) {
			snprintf(reason, size, "%s is three numbers of bytes, rising, with ':' between",
			    sysctl->name);
			return -EINVAL;
		}
	} else if (read_number(sysctl, text, end, values) != end) {
		snprintf(reason, size, "%s is a number from %u to %u", sysctl->name,
		    (unsigned int)sysctl->min, (unsigned int)sysctl->max);
		return -EINVAL;
	}
	if (stack)
		store(sysctl, stack, values);
	return 0;
}

static int set_congestion(
    struct px_stack *stack, const char *text, const char *end, char *reason, size_t size)
{
	char name[sizeof(tcp_sysctl(stack)->congestion)] = "";
	size_t len = (size_t)(end - text);

	if (len < sizeof(name))
		memcpy(name, text, len);
	if (!tcp_cc_find(name)) {
		int used = snprintf(reason, size, "congestion is one of");

		for (unsigned int i = 0; tcp_cc_listed(i) && used > 0 && (size_t)used < size; i++)
			used += snprintf(reason + used, size - (size_t)used, " %s", tcp_cc_listed(i)->name);
		return -EINVAL;
	}
	if (stack)
		memcpy(tcp_sysctl(stack)->congestion, name, sizeof(name));
	return 0;
}

int sysctl_set(struct px_stack *stack, const char *text, size_t len, char *reason, size_t size)
{
	const char *end = text + len, *equals = memchr(text, '=', len);
	const struct sysctl *sysctl = find(text, equals ? (size_t)(equals - text) : len);

	if (!sysctl)
		return -ENOENT;
	text = equals ? equals + 1 : end;
	if (sysctl->kind == KIND_CONGESTION)
		return set_congestion(stack, text, end, reason, size);
	return set_number(sysctl, stack, text, end, reason, size);
}

bool sysctl_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const struct sysctl *first = find(a, a_len), *second = find(b, b_len);

	return first && second && first->of_tcp == second->of_tcp && first->offset == second->offset;
}

void sysctl_set_all(struct px_stack *stack, const char *list)
{
	char unused[128];

	while (list && *list != '\0') {
		size_t len = strcspn(list, ",");

		(void)sysctl_set(stack, list, len, unused, sizeof(unused));
		list += len;
		list += *list == ',';
	}
}
