/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text to steps. A line is: [+TIME] what. README.md has the grammar. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flags in the order in which they are shown. */
static const char flag_letters[] = "SFRPUEWA";
static const uint8_t flag_bits[] = {
    TCP_SYN, TCP_FIN, TCP_RST, TCP_PSH, TCP_URG, TCP_ECE, TCP_CWR, TCP_ACK};

static bool parse_flags(const char *text, uint8_t *flags)
{
	*flags = 0;
	if (strcmp(text, "0") == 0) /* none at all */
		return true;
	for (; *text; text++) {
		const char *at = strchr(flag_letters, *text);

		if (!at)
			return false;
		*flags |= flag_bits[at - flag_letters];
	}
	return true;
}

static bool parse_number(const char *text, int64_t *value)
{
	char *end;

	if (!text || !*text)
		return false;
	*value = strtoll(text, &end, 0);
	return *end == '\0';
}

/* "A-B,C-D" */
static bool parse_sacks(char *text, struct tcp_header_options *options)
{
	char *block;

	while ((block = strsep(&text, ","))) {
		char *left = strsep(&block, "-");
		int64_t from, to;

		if (options->sacks == TCP_SACK_BLOCKS || !parse_number(left, &from) ||
		    !parse_number(block, &to))
			return false;
		options->sack[options->sacks++] = (struct tcp_sack){(uint32_t)from, (uint32_t)to};
	}
	return true;
}

static bool parse_hex(const char *text, struct segment *segment)
{
	unsigned int byte;

	for (; text[0] && text[1]; text += 2) {
		if (segment->raw_len == sizeof(segment->raw) || sscanf(text, "%2x", &byte) != 1)
			return false;
		segment->raw[segment->raw_len++] = (uint8_t)byte;
	}
	return !*text;
}

/* The words behind flags and numbers; returns how many were used, 0: unknown. */
static unsigned int parse_word(char **word, struct segment *segment)
{
	struct tcp_header_options *options = &segment->options;
	int64_t n = 0, m = 0;
	bool number = parse_number(word[1], &n);

	if (strcmp(word[0], "win") == 0 && number) {
		segment->window = (int)n;
	} else if (strcmp(word[0], "urg") == 0 && number) {
		segment->urgent = (int)n;
	} else if (strcmp(word[0], "flow") == 0 && number && n >= 0 && n < SCRIPT_FLOWS) {
		segment->flow = (unsigned int)n;
	} else if (strcmp(word[0], "isn") == 0 && number) {
		segment->isn = (uint32_t)n;
	} else if (strcmp(word[0], "doff") == 0 && number) {
		segment->data_offset = (int)n;
	} else if (strcmp(word[0], "mss") == 0 && number) {
		options->mss = (uint16_t)n;
		segment->options_said = true;
	} else if (strcmp(word[0], "wscale") == 0 && number) {
		options->has_wscale = true;
		options->wscale = (uint8_t)n;
		segment->options_said = true;
	} else if (strcmp(word[0], "sack") == 0 && word[1]) {
		return parse_sacks(word[1], options) ? 2 : 0;
	} else if (strcmp(word[0], "hex") == 0 && word[1]) {
		return parse_hex(word[1], segment) ? 2 : 0;
	} else if (strcmp(word[0], "ts") == 0 && word[1]) {
		segment->has_ts = true;
		segment->ts_any = strcmp(word[1], "*") == 0;
		if (!segment->ts_any && !number)
			return 0;
		segment->ecr_said = parse_number(word[2], &m);
		options->tsval = (uint32_t)n;
		options->tsecr = (uint32_t)m;
		return segment->ecr_said ? 3 : 2;
	} else {
		static const char *const ecn[] = {"notect", "ect1", "ect0", "ce"};

		if (strcmp(word[0], "sackok") == 0)
			options->sack_permitted = segment->options_said = true;
		else if (strcmp(word[0], "nooptions") == 0)
			segment->options_said = true;
		else if (strcmp(word[0], "nots") == 0)
			segment->no_timestamp = true;
		else if (strcmp(word[0], "badsum") == 0)
			segment->bad_checksum = true;
		else {
			for (unsigned int i = 0; i < 4; i++)
				if (strcmp(word[0], ecn[i]) == 0)
					segment->ecn = (int)i;
			return segment->ecn >= 0;
		}
		return 1;
	}
	return 2;
}

/* FLAGS SEQ[+LEN] [ACK] [WORD ...] */
static const char *parse_segment(struct step *step)
{
	struct segment *segment = &step->segment;
	unsigned int i = 3;
	int64_t number;
	char *len;

	*segment = (struct segment){.window = -1, .urgent = -1, .ecn = -1, .data_offset = -1};
	if (step->words < 3 || !parse_flags(step->word[1], &segment->flags))
		return "expected flags and a sequence number";
	len = step->word[2];
	(void)strsep(&len, "+");
	if (!parse_number(step->word[2], &number))
		return "no sequence number";
	segment->seq = (uint32_t)number;
	if (len && !parse_number(len, &number))
		return "no length";
	segment->len = len ? (uint32_t)number : 0;
	if (segment->len > SCRIPT_PAYLOAD)
		return "too long";
	if (parse_number(step->word[i], &number)) {
		segment->ack = (uint32_t)number;
		i++;
	} else if (segment->flags & TCP_ACK) {
		return "an ACK without a number";
	}
	while (i < step->words) {
		unsigned int used = parse_word(&step->word[i], segment);

		if (!used)
			return "unknown word of a segment";
		i += used;
	}
	return NULL;
}

/* < icmp unreach CODE seq N | toobig MTU seq N [flow N] */
static const char *parse_icmp(struct step *step)
{
	int64_t number, seq, flow = 0;

	if (step->words < 6 || !parse_number(step->word[3], &number) ||
	    strcmp(step->word[4], "seq") != 0 || !parse_number(step->word[5], &seq))
		return "expected: icmp unreach CODE|toobig MTU seq N";
	if (step->words == 8 && strcmp(step->word[6], "flow") == 0 &&
	    (!parse_number(step->word[7], &flow) || flow < 0 || flow >= SCRIPT_FLOWS))
		return "no flow";
	step->kind = STEP_ICMP;
	step->icmp = (struct icmp_error){3, 4, 0, (uint32_t)seq, (unsigned int)flow};
	if (strcmp(step->word[2], "unreach") == 0)
		step->icmp.code = (uint8_t)number;
	else if (strcmp(step->word[2], "toobig") == 0)
		step->icmp.mtu = (uint32_t)number;
	else
		return "unreach or toobig";
	return NULL;
}

/* +S, +S..S, +* */
static bool parse_time(char *text, struct step *step)
{
	char *end, *range = strstr(text, "..");

	if (strcmp(text, "+*") == 0) {
		step->to = 1000000 * PX_SEC;
		return true;
	}
	if (range)
		*range = '\0'; /* or strtod would take the first dot */
	step->from = (px_time)(strtod(text + 1, &end) * 1e9 + 0.5);
	step->to = step->from + PX_MSEC; /* a rounding of the protocol's clock */
	if (range && *end == '\0')
		step->to = (px_time)(strtod(range + 2, &end) * 1e9 + 0.5);
	return *end == '\0' && step->to >= step->from;
}

static const char *parse_call(struct step *step)
{
	static const char *const comparisons[] = {"=", ">=", "<="};

	step->kind = strcmp(step->word[0], "quiet") == 0 ? STEP_QUIET : STEP_CALL;
	if (step->words < 3)
		return NULL;
	for (unsigned int c = 0; c < 3; c++) {
		if (strcmp(step->word[step->words - 2], comparisons[c]) != 0)
			continue;
		step->comparison = c;
		step->result = step->word[step->words - 1];
		step->words -= 2;
		step->word[step->words] = NULL;
		break;
	}
	return NULL;
}

static const char *add_step(struct script *script, const char *text, unsigned int line);

/* [+RTT] open [WORD ...]: a listener `l` and its connection `s`, which the peer opened. */
static const char *open_connection(
    struct script *script, const char *words, const char *time, unsigned int line)
{
	static const char *const lines[] = {"l listen", "< S 0 win 65535 mss 1460 %s", "> SA 0 1",
	    "%s < A 1 1 win 65535", "s accept l"};
	const char *problem = NULL;
	char text[256];

	for (unsigned int i = 0; i < 5 && !problem; i++) {
		snprintf(text, sizeof(text), lines[i], i == 1 ? words : time); /* NOLINT: ours */
		problem = add_step(script, text, line);
	}
	return problem;
}

/* SEQ+LENxN: N segments, one behind the other. Returns false if the text has no such word. */
static bool add_several(
    struct script *script, const char *text, unsigned int line, const char **problem)
{
	unsigned int seq, len, count;
	int begin = 0, end = 0;
	const char *at = text;

	while ((at = strpbrk(at, " \t"))) {
		at++;
		if (sscanf(at, "%u+%ux%u%n", &seq, &len, &count, &end) == 3)
			break;
	}
	if (!at)
		return false;
	begin = (int)(at - text);
	for (unsigned int i = 0; i < count && !*problem; i++) {
		/* The time, if there is one, is the first one's. */
		const char *start = i ? strpbrk(text, "<>") : text;
		char one[512];

		snprintf(one, sizeof(one), "%.*s%u+%u%s", begin - (int)(start - text), start, seq + i * len,
		    len, at + end);
		*problem = add_step(script, one, line);
	}
	return true;
}

static const char *add_step(struct script *script, const char *text, unsigned int line)
{
	const char *problem = NULL, *open;
	char *rest, *word, *time = NULL;
	struct step *step;

	if (add_several(script, text, line, &problem))
		return problem;
	step = calloc(1, sizeof(*step));
	step->line = line;
	step->text = strdup(text);
	step->to = PX_MSEC;
	rest = step->words_text = strdup(text);
	*script->last = step;
	script->last = &step->next;
	while (!problem && (word = strsep(&rest, " \t"))) {
		if (*word == '\0')
			continue;
		if (*word == '+' && !step->words && !time) {
			time = word;
			if (!parse_time(word, step))
				problem = "no time";
		} else if (step->words == SCRIPT_WORDS) {
			problem = "too many words";
		} else {
			step->word[step->words++] = word;
		}
	}
	if (problem)
		return problem;
	if (!step->words)
		return "nothing behind the time";
	if (strcmp(step->word[0], "open") == 0) {
		step->kind = STEP_QUIET; /* for no time at all */
		step->from = step->to = 0;
		open = strstr(text, "open") + 4;
		return open_connection(script, open, time ? time : "", line);
	}
	if (strcmp(step->word[0], "<") == 0 && step->words > 1 && strcmp(step->word[1], "icmp") == 0)
		return parse_icmp(step);
	if (strcmp(step->word[0], "<") != 0 && strcmp(step->word[0], ">") != 0)
		return parse_call(step);
	step->kind = *step->word[0] == '<' ? STEP_IN : STEP_OUT;
	return parse_segment(step);
}

/* What is said before the clock starts; true: this line was one. */
static bool parse_setting(struct script *script, const char *text)
{
	if (strcmp(text, "ipv6") == 0) {
		script->ipv6 = true;
		return true;
	}
	if (strncmp(text, "sysctl ", 7) == 0 && !script->steps) {
		free(script->sysctls);
		script->sysctls = strdup(text + 7);
		return true;
	}
	return false;
}

int script_parse(struct script *script, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int line = 0;
	char text[512];
	int result = 0;

	script->path = path;
	script->last = &script->steps;
	if (!file) {
		perror(path);
		return -1;
	}
	while (fgets(text, sizeof(text), file)) {
		const char *problem;
		size_t len;

		line++;
		text[strcspn(text, "#\n")] = '\0';
		len = strlen(text);
		while (len && strchr(" \t", text[len - 1]))
			text[--len] = '\0';
		if (!len || parse_setting(script, text))
			continue;
		problem = add_step(script, text, line);
		if (problem) {
			fprintf(stderr, "%s:%u: %s: %s\n", path, line, text, problem);
			result = -1;
			break;
		}
	}
	fclose(file);
	return result;
}

void script_free_steps(struct script *script)
{
	struct step *step;

	while ((step = script->steps)) {
		script->steps = step->next;
		free(step->text);
		free(step->words_text);
		free(step);
	}
	free(script->sysctls);
}
