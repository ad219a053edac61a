/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of a connection, with the limits and units of tcp(7). */
#include "tcp_internal.h"

#define MAX_KEEPIDLE  32767
#define MAX_KEEPINTVL 32767
#define MAX_KEEPCNT   127
#define MAX_SYNCNT    127
#define LINGER2_MAX   120 /* seconds: TCP_FIN_TIMEOUT_MAX */

/* TCP_DEFER_ACCEPT is given in seconds, kept in SYN-ACKs (1 s, 3 s, 7 s, ... together). */
static uint8_t seconds_to_retries(int seconds)
{
	px_time total = 0, wait = 1;
	uint8_t count = 0;

	while (seconds > 0 && total < (px_time)seconds && count < UINT8_MAX) {
		total += wait;
		wait = wait < 120 ? 2 * wait : 120;
		count++;
	}
	return count;
}

static int retries_to_seconds(uint8_t count)
{
	int total = 0, wait = 1;

	while (count--) {
		total += wait;
		wait = wait < 60 ? 2 * wait : 120;
	}
	return total;
}

static int in_range(int value, int min, int max)
{
	return value < min || value > max ? -EINVAL : 0;
}

static int set_maxseg(struct tcp_end *end, int value)
{
	if (value && (value < 88 || value > 32767)) /* TCP_MIN_MSS, MAX_TCP_WINDOW */
		return -EINVAL;
	end->user_mss = (uint16_t)value;
	return 0;
}

static int set_window_clamp(struct tcp_end *end, int value)
{
	if (value == 0) {
		if (end->state != TCP_STATE_CLOSED)
			return -EINVAL;
		end->window_clamp = 0;
		return 0;
	}
	if (value < 0)
		return -EINVAL;
	end->window_clamp = value < 2048 ? 2048 : (uint32_t)value; /* SOCK_MIN_RCVBUF / 2 */
	return 0;
}

int tcp_set_option(struct tcp_end *end, int name, int value)
{
	int err = 0;

	switch (name) {
	case TCP_NODELAY:
		end->nodelay = value != 0;
		if (end->nodelay)
			tcp_output(end);
		break;
	case TCP_CORK:
		end->cork = value != 0;
		if (!end->cork)
			tcp_push(end);
		break;
	case TCP_MAXSEG:
		return set_maxseg(end, value);
	case TCP_KEEPIDLE:
		err = in_range(value, 1, MAX_KEEPIDLE);
		if (err)
			return err;
		end->keepalive_time = (uint16_t)value;
		tcp_keepalive_start(end);
		break;
	case TCP_KEEPINTVL:
		err = in_range(value, 1, MAX_KEEPINTVL);
		if (!err)
			end->keepalive_intvl = (uint16_t)value;
		break;
	case TCP_KEEPCNT:
		err = in_range(value, 1, MAX_KEEPCNT);
		if (!err)
			end->keepalive_probes = (uint8_t)value;
		break;
	case TCP_SYNCNT:
		err = in_range(value, 1, MAX_SYNCNT);
		if (!err)
			end->syn_retries = (uint8_t)value;
		break;
	case TCP_LINGER2:
		end->linger2 = (int16_t)(value < 0 ? -1 : value > LINGER2_MAX ? LINGER2_MAX : value);
		break;
	case TCP_DEFER_ACCEPT:
		end->defer_accept = seconds_to_retries(value);
		break;
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(end, value);
	case TCP_QUICKACK:
		/* tcp(7): not permanent; Linux leaves the mode when an answer is sent. */
		end->pingpong = !value;
		end->quickack = value != 0 && !(value & 1);
		if (value) {
			tcp_quick_acks(end, TCP_QUICK_ACKS);
			if (end->deadline[TCP_TIMER_DELACK] != PX_TIME_NEVER)
				tcp_todo(end, TCP_TODO_ACK_NOW);
		} else {
			end->quick_acks = 0;
		}
		break;
	case TCP_USER_TIMEOUT:
		err = in_range(value, 0, INT32_MAX);
		if (!err)
			end->user_timeout = (uint32_t)value;
		break;
	case TCP_NOTSENT_LOWAT:
		end->notsent_lowat = (uint32_t)value;
		tcp_tell_writable(end);
		break;
	default:
		return -ENOPROTOOPT;
	}
	return err;
}

static int maxseg(const struct tcp_end *end)
{
	if (tcp_in_state(end, TCP_IN(CLOSED) | TCP_IN(LISTEN)))
		return end->user_mss ? end->user_mss : TCP_MSS_DEFAULT4;
	return (int)end->cc.mss;
}

int tcp_get_option(const struct tcp_end *end, int name, int *value)
{
	const struct tcp_sysctl *ctl = tcp_ctl(end);

	switch (name) {
	case TCP_NODELAY:
		*value = end->nodelay;
		break;
	case TCP_CORK:
		*value = end->cork;
		break;
	case TCP_MAXSEG:
		*value = maxseg(end);
		break;
	case TCP_KEEPIDLE:
		*value = (int)(end->keepalive_time ? end->keepalive_time : ctl->keepalive_time);
		break;
	case TCP_KEEPINTVL:
		*value = (int)(end->keepalive_intvl ? end->keepalive_intvl : ctl->keepalive_intvl);
		break;
	case TCP_KEEPCNT:
		*value = end->keepalive_probes ? end->keepalive_probes : ctl->keepalive_probes;
		break;
	case TCP_SYNCNT:
		*value = end->syn_retries ? end->syn_retries : ctl->syn_retries;
		break;
	case TCP_LINGER2:
		*value = end->linger2 ? end->linger2 : (int)ctl->fin_timeout;
		break;
	case TCP_DEFER_ACCEPT:
		*value = retries_to_seconds(end->defer_accept);
		break;
	case TCP_WINDOW_CLAMP:
		*value = (int)end->window_clamp;
		break;
	case TCP_QUICKACK:
		*value = !end->pingpong;
		break;
	case TCP_USER_TIMEOUT:
		*value = (int)end->user_timeout;
		break;
	case TCP_NOTSENT_LOWAT:
		*value = (int)end->notsent_lowat;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return 0;
}

int tcp_set_congestion(struct tcp_end *end, const char *name)
{
	const struct tcp_cc_ops *ops = tcp_cc_find(name);
	struct tcp_cc_env env = tcp_cc_env(end);

	return ops ? tcp_cc_change(&end->cc, ops, &env) : -ENOENT;
}

const char *tcp_get_congestion(const struct tcp_end *end)
{
	return end->cc.ops->name;
}

size_t tcp_get_cc_info(const struct tcp_end *end, union tcp_cc_info *info)
{
	return tcp_cc_info(&end->cc, info);
}

void tcp_set_max_pacing(struct tcp_end *end, uint64_t rate)
{
	end->cc.pacing_max = rate == UINT64_MAX ? 0 : rate ? rate : 1;
	tcp_output(end); /* it may be more than it was */
}

uint64_t tcp_get_max_pacing(const struct tcp_end *end)
{
	return end->cc.pacing_max ? end->cc.pacing_max : UINT64_MAX;
}

void tcp_set_keepalive(struct tcp_end *end, bool on)
{
	end->keepalive = on;
	tcp_keepalive_start(end);
}

void tcp_set_oobinline(struct tcp_end *end, bool on)
{
	end->oobinline = on;
}

void tcp_rcvbuf_set(struct tcp_end *end)
{
	end->rcvbuf_locked = true;
}

void tcp_sndbuf_set(struct tcp_end *end)
{
	end->sndbuf_locked = true;
	tcp_tell_writable(end);
}
