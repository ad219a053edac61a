/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options, a table: name, meaning, parser. */
#include "options.h"
#include "sysctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINGER_DEFAULT 2 /* seconds */
#define LINGER_MAX     3600
#define BUSY_MAX       1000000
#define SPIN_DEFAULT   50 /* microseconds: what sleeping and being woken takes */
#define SPIN_MAX       1000
#define POLLERS_LIMIT  64
#define MEM_MIN        (64 << 10)
#define SECOND         UINT64_C(1000000000)

/* The number at the start of `text`; the rest is in *end. */
static bool number(const char *text, size_t len, uint64_t max, uint64_t *value, size_t *used)
{
	*value = 0;
	for (*used = 0; *used < len && text[*used] >= '0' && text[*used] <= '9'; (*used)++) {
		*value = *value * 10 + (uint64_t)(text[*used] - '0');
		if (*value > max)
			return false;
	}
	return *used > 0;
}

static int set_mem(struct options *options, const char *text, size_t len)
{
	uint64_t value;
	size_t used;

	if (!number(text, len, SIZE_MAX >> 31, &value, &used) || len - used > 1)
		return -EINVAL;
	switch (len > used ? text[used] : '\0') {
	case '\0':
		break;
	case 'k':
	case 'K':
		value <<= 10;
		break;
	case 'm':
	case 'M':
		value <<= 20;
		break;
	case 'g':
	case 'G':
		value <<= 30;
		break;
	default:
		return -EINVAL;
	}
	if (value < MEM_MIN)
		return -EINVAL;
	options->mem = (size_t)value;
	return 0;
}

static int set_linger(struct options *options, const char *text, size_t len)
{
	uint64_t value;
	size_t used;

	if (!number(text, len, LINGER_MAX, &value, &used) || used != len)
		return -EINVAL;
	options->linger = value * SECOND;
	return 0;
}

static int set_busy_poll(struct options *options, const char *text, size_t len)
{
	uint64_t value;
	size_t used;

	if (!number(text, len, BUSY_MAX, &value, &used) || used != len)
		return -EINVAL;
	options->busy_poll = (uint32_t)value;
	return 0;
}

static int set_spin(struct options *options, const char *text, size_t len)
{
	uint64_t value;
	size_t used;

	if (!number(text, len, SPIN_MAX, &value, &used) || used != len)
		return -EINVAL;
	options->spin = (uint32_t)value;
	return 0;
}

static int set_pollers(struct options *options, const char *text, size_t len)
{
	uint64_t value;
	size_t used;

	if (!number(text, len, POLLERS_LIMIT, &value, &used) || used != len || value == 0)
		return -EINVAL;
	options->pollers = (uint32_t)value;
	return 0;
}

static int set_path(char **path, const char *text, size_t len)
{
	if (len == 0)
		return -EINVAL;
	free(*path); /* given twice: refused afterwards */
	*path = strndup(text, len);
	return *path ? 0 : -ENOMEM;
}

static int set_pcap(struct options *options, const char *text, size_t len)
{
	return set_path(&options->pcap, text, len);
}

static int set_ctl(struct options *options, const char *text, size_t len)
{
	return set_path(&options->ctl, text, len);
}

static int set_switch(bool *value, const char *text, size_t len)
{
	if (len != 1 || (text[0] != '0' && text[0] != '1'))
		return -EINVAL;
	*value = text[0] == '1';
	return 0;
}

static int set_forwarding(struct options *options, const char *text, size_t len)
{
	return set_switch(&options->forwarding, text, len);
}

static int set_accept_ra(struct options *options, const char *text, size_t len)
{
	return set_switch(&options->accept_ra, text, len);
}

static int set_arp_probe(struct options *options, const char *text, size_t len)
{
	return set_switch(&options->arp_probe, text, len);
}

static int set_optimistic_dad(struct options *options, const char *text, size_t len)
{
	return set_switch(&options->optimistic_dad, text, len);
}

static int set_tso(struct options *options, const char *text, size_t len)
{
	return set_switch(&options->tso, text, len);
}

static int set_gro(struct options *options, const char *text, size_t len)
{
	return set_switch(&options->gro, text, len);
}

static const struct {
	const char *name, *meaning;
	int (*set)(struct options *options, const char *text, size_t len);
} table[] = {
    {"mem", "a number of bytes, at least 64K; K, M and G may follow", set_mem},
    {"linger", "a number of seconds up to 3600", set_linger},
    {"busy_poll", "a number of microseconds up to 1000000", set_busy_poll},
    {"spin", "a number of microseconds up to 1000", set_spin},
    {"pollers", "a number of threads from 1 to 64", set_pollers},
    {"pcap", "the name of a file", set_pcap},
    {"ctl", "the path of a socket to be made", set_ctl},
    {"forwarding", "0 or 1", set_forwarding},
    {"accept_ra", "0 or 1", set_accept_ra},
    {"arp_probe", "0 or 1", set_arp_probe},
    {"optimistic_dad", "0 or 1", set_optimistic_dad},
    {"tso", "0 or 1", set_tso},
    {"gro", "0 or 1", set_gro},
};

static void unknown(const char *text, size_t len, char *reason, size_t size)
{
	int used = snprintf(reason, size, "%.*s: unknown option; there are", (int)len, text);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (used >= 0 && (size_t)used < size)
			used +=
			    snprintf(reason + used, size - (size_t)used, "%s %s", i ? "," : "", table[i].name);
	}
	if (used >= 0 && (size_t)used < size)
		snprintf(reason + used, size - (size_t)used, ", and the sysctls that picoxnet(7) lists");
}

static int set_option(
    const char *text, size_t len, struct options *options, char *reason, size_t size)
{
	const char *equals = memchr(text, '=', len);
	size_t name = equals ? (size_t)(equals - text) : len;
	char expected[128];
	int err;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].name) != name || strncmp(table[i].name, text, name) != 0)
			continue;
		err = equals ? table[i].set(options, equals + 1, len - name - 1) : -EINVAL;
		if (err == -EINVAL)
			snprintf(
			    reason, size, "%.*s: %s is %s", (int)len, text, table[i].name, table[i].meaning);
		return err;
	}
	/* One of the many that have names of sysctls: checked here, set when the stack is there. */
	err = sysctl_set(NULL, text, len, expected, sizeof(expected));
	if (err == -EINVAL)
		snprintf(reason, size, "%.*s: %s", (int)len, text, expected);
	if (err != -ENOENT)
		return err;
	unknown(text, len, reason, size);
	return -EINVAL;
}

static size_t name_len(const char *option)
{
	return strcspn(option, "=,");
}

/* Whether an option of `list` before `option`, which is in it, has its name. */
static bool was_given(const char *list, const char *option)
{
	while (list < option) {
		size_t len = name_len(option);

		if ((name_len(list) == len && strncmp(list, option, len) == 0) ||
		    sysctl_same(list, name_len(list), option, len))
			return true;
		list += strcspn(list, ",") + 1;
	}
	return false;
}

int options_parse(const char *text, struct options *options, char *reason, size_t size)
{
	const char *list = text;

	*options = (struct options){
	    .linger = LINGER_DEFAULT * SECOND, .spin = SPIN_DEFAULT, .tso = true, .gro = true};
	while (text && *text != '\0') {
		size_t len = strcspn(text, ",");
		int err = len ? set_option(text, len, options, reason, size) : 0;

		/* Which of the two was meant? */
		if (!err && len && was_given(list, text)) {
			snprintf(reason, size, "%.*s: %.*s is given twice", (int)len, text, (int)name_len(text),
			    text);
			err = -EINVAL;
		}
		if (err) {
			options_free(options);
			return err;
		}
		text += len;
		text += *text == ',';
	}
	return 0;
}

void options_free(struct options *options)
{
	free(options->pcap);
	free(options->ctl);
	options->pcap = options->ctl = NULL;
}
