/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* script [-v] FILE...: runs packet scripts, tells of each that fails where and why.
 *
 * The clock jumps from deadline to deadline of the stack; nothing takes real time. A segment that
 * comes out must be the next one that the script expects, at the time that it says: one that nobody
 * expects fails the script at the next line that is no ">", or at its end. -v shows every segment
 * as a line of a script. */
#include "script.h"

#include "link.h"
#include "sysctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool script_failed(struct script *script, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(script->error, sizeof(script->error), format, list); /* NOLINT: started */
	va_end(list);
	return false;
}

static double seconds(const struct script *script, px_time time)
{
	return (double)(time - script->begin) / 1e9;
}

/* ---- the stack and its clock ---- */

static bool open_stack(struct script *script)
{
	uint64_t seed[2] = {1, 2};
	struct px_config config = {.seed = seed, .now = 1000 * PX_SEC};
	struct px_address_config address = {.scope = -1, .flags = IFA_F_NODAD};

	script->begin = script->now = config.now;
	if (px_open(&config, &script->stack) < 0 ||
	    px_iface_add(script->stack, &ethernet_type, "vde%d", 0, NULL, &script->iface) < 0)
		return false;
	script->iface->flags |= IFF_NOARP;
	if (px_iface_up(script->iface) < 0)
		return false;
	address.ip = script_address(script, false);
	address.prefix = script->ipv6 ? 64 : PX_IP4_OFFSET + 24;
	if (px_address_add(script->iface, &address, NULL) < 0)
		return false;
	for (char *rest = script->sysctls, *one; (one = strsep(&rest, ", "));) {
		char reason[128];

		if (*one && sysctl_set(script->stack, one, strlen(one), reason, sizeof(reason)) < 0)
			return script_failed(script, "sysctl %s", one);
	}
	for (unsigned int i = 0; i < SCRIPT_FLOWS; i++) {
		script->flows[i].our_port = OUR_PORT;
		script->flows[i].isn = PEER_ISN;
		script->flows[i].peer_ts = 1000;
	}
	return true;
}

static void show(const struct script *script, const char *direction, const struct segment *segment)
{
	char text[256];

	script_segment_text(segment, text, sizeof(text));
	printf("%10.6f %s %s\n", seconds(script, script->now), direction, text);
}

/* What the stack has sent. */
static void drain(struct script *script)
{
	static uint8_t bytes[PX_PKT_MAX + 64];
	struct px_pkt *frames[PX_BURST];
	struct px_iface *iface;

	while ((iface = px_tx_next(script->stack))) {
		unsigned int count = px_tx_take(iface, frames, PX_BURST);

		for (unsigned int i = 0; i < count; i++) {
			size_t len = px_pkt_read(frames[i], 0, bytes, sizeof(bytes));

			if (script_capture(script, bytes, len) && script->verbose)
				show(script, ">", &script->captured[(script->came - 1) % SCRIPT_CAPTURED].segment);
			px_pkt_free(frames[i]);
		}
		px_run(script->stack, script->now); /* who waited for room goes on */
	}
}

static void settle(struct script *script)
{
	px_run(script->stack, script->now);
	drain(script);
}

/* Runs the stack until `end`, or until a segment has come out that was not matched yet. */
static void advance(struct script *script, px_time end, bool until_segment)
{
	settle(script);
	while (!(until_segment && script->came != script->matched)) {
		px_time deadline = px_deadline(script->stack);

		if (deadline > end)
			break;
		if (deadline > script->now)
			script->now = deadline;
		settle(script);
	}
	if (!(until_segment && script->came != script->matched) && script->now < end)
		script->now = end;
	px_set_time(script->stack, script->now);
}

/* ---- matching ---- */

static bool same_options(const struct segment *expected, const struct segment *seen)
{
	const struct tcp_header_options *a = &expected->options, *b = &seen->options;

	if (expected->options_said &&
	    (a->mss != b->mss || a->sack_permitted != b->sack_permitted ||
	        a->has_wscale != b->has_wscale || (a->has_wscale && a->wscale != b->wscale)))
		return false;
	if ((expected->has_ts && !seen->has_ts) || (expected->no_timestamp && seen->has_ts) ||
	    (expected->has_ts && !expected->ts_any && a->tsval != b->tsval) ||
	    (expected->has_ts && expected->ecr_said && a->tsecr != b->tsecr))
		return false;
	if (a->sacks != b->sacks)
		return false;
	for (unsigned int i = 0; i < a->sacks; i++)
		if (a->sack[i].left != b->sack[i].left || a->sack[i].right != b->sack[i].right)
			return false;
	return true;
}

static bool same(const struct segment *expected, const struct segment *seen)
{
	return expected->flow == seen->flow && expected->flags == seen->flags &&
	       expected->seq == seen->seq && expected->len == seen->len &&
	       (!(expected->flags & TCP_ACK) || expected->ack == seen->ack) &&
	       (expected->window < 0 || expected->window == seen->window) &&
	       (expected->urgent < 0 || expected->urgent == seen->urgent) &&
	       (expected->ecn < 0 || expected->ecn == seen->ecn) && same_options(expected, seen);
}

static bool nothing_came(struct script *script)
{
	const struct captured *seen = &script->captured[script->matched % SCRIPT_CAPTURED];
	char text[256];

	if (script->came == script->matched)
		return true;
	script_segment_text(&seen->segment, text, sizeof(text));
	return script_failed(script, "not expected, at %.6f: > %s", seconds(script, seen->time), text);
}

/* A ">": the next segment, at its time. */
static bool expect(struct script *script, const struct step *step)
{
	px_time from = script->now + step->from, to = script->now + step->to;
	const struct captured *seen = &script->captured[script->matched % SCRIPT_CAPTURED];
	char text[256];

	advance(script, to, true);
	if (script->came == script->matched)
		return script_failed(script, "nothing came until %.6f", seconds(script, to));
	script->matched++;
	script_segment_text(&seen->segment, text, sizeof(text));
	if (!same(&step->segment, &seen->segment))
		return script_failed(script, "this came, at %.6f: > %s", seconds(script, seen->time), text);
	if (seen->wrong_data)
		return script_failed(script, "wrong bytes or checksum in: > %s", text);
	/* What came with an earlier line is at its time already; it is late at most by that. */
	if (seen->time < from && step->from)
		return script_failed(
		    script, "this came too early, at %.6f: > %s", seconds(script, seen->time), text);
	return true;
}

static bool run_step(struct script *script, const struct step *step)
{
	if (step->kind == STEP_OUT)
		return expect(script, step);
	advance(script, script->now + step->from, false);
	if (!nothing_came(script))
		return false;
	switch (step->kind) {
	case STEP_IN:
		if (script->verbose)
			show(script, "<", &step->segment);
		script_inject(script, &step->segment);
		break;
	case STEP_ICMP:
		script_inject_icmp(script, &step->icmp);
		break;
	case STEP_CALL:
		if (script->verbose)
			printf("%10.6f %s\n", seconds(script, script->now), step->text);
		if (!script_call(script, step))
			return false;
		break;
	default:
		return true;
	}
	settle(script);
	return true;
}

/* ---- all of them ---- */

static bool run_script(const char *path, bool verbose)
{
	struct script *script = calloc(1, sizeof(*script));
	const struct step *step = NULL;
	bool good = script_parse(script, path) == 0;

	script->verbose = verbose;
	if (good && !open_stack(script)) {
		good = false;
		printf("%s: no stack: %s\n", path, script->error);
	}
	for (step = good ? script->steps : NULL; step && good; step = step->next) {
		good = run_step(script, step);
		if (!good)
			printf("%s:%u: %s\n\t%s\n", path, step->line, step->text, script->error);
	}
	if (good && !nothing_came(script)) {
		good = false;
		printf("%s: at its end\n\t%s\n", path, script->error);
	}
	if (script->stack) {
		script_close_all(script);
		px_stack_free(script->stack);
	}
	script_free_steps(script);
	free(script);
	return good;
}

int main(int argc, char *argv[])
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	int failed = 0, count = 0;

	for (int i = 1 + verbose; i < argc; i++, count++)
		failed += !run_script(argv[i], verbose);
	printf("%d scripts, %d failed\n", count, failed);
	return failed || !count ? EXIT_FAILURE : EXIT_SUCCESS;
}
