/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip stats: the counters of the stack, under the names of nstat(8). */
#include "iothip.h"

#include "ctl_protocol.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

struct filter {
	struct iothip *ip;
	const struct args *patterns;
	bool zeros;
};

static bool wanted(const struct filter *filter, const char *name, uint64_t value)
{
	if (value == 0 && !filter->zeros)
		return false;
	for (char **pattern = filter->patterns->word; *pattern; pattern++) {
		if (fnmatch(*pattern, name, FNM_CASEFOLD) == 0)
			return true;
	}
	return args_end(filter->patterns);
}

static int show_one(const struct nlmsghdr *message, void *argument)
{
	const struct filter *filter = argument;
	const struct nlattr *table[CTL_COUNTER_VALUE + 1] = {NULL};
	struct output *out = &filter->ip->out;
	uint64_t value = 0;
	char name[64];

	nlq_parse_attrs(nlq_message_attrs(message, 0), table, CTL_COUNTER_VALUE);
	if (nlq_attr_string(table[CTL_COUNTER_NAME], name, sizeof(name)) < 0)
		return 0;
	if (table[CTL_COUNTER_VALUE] && nlq_attr_len(table[CTL_COUNTER_VALUE]) == sizeof(value))
		memcpy(&value, nlq_attr_data(table[CTL_COUNTER_VALUE]), sizeof(value));
	if (!wanted(filter, name, value))
		return 0;
	if (!out->json)
		fprintf(out->file, "%-32s%" PRIu64 "\n", name, value);
	out_number(out, name, NULL, value, NULL);
	return 0;
}

void stats_command(struct iothip *ip, struct args *args)
{
	struct filter filter = {.ip = ip, .patterns = args};
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	args_take(args, "show");
	filter.zeros = args_take(args, "all");
	nlq_build_message(&builder, CTL_COUNTERS, NLM_F_REQUEST | NLM_F_ACK, 0, 0);
	out_object(&ip->out, NULL);
	ask(ip, &builder, show_one, &filter);
	out_object_end(&ip->out);
	if (ip->out.json)
		fputc('\n', ip->out.file);
}
