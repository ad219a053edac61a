/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What routers are told of our groups: changes, and answers to their queries, in the protocol that
 * the oldest querier about speaks. See group.c.
 */
#include "group.h"

#define UNSOLICITED_MS      1000           /* RFC 3376 section 8.11 */
#define UNSOLICITED_OLD_MS  10000          /* RFC 2236 section 8.10 */
#define OLD_QUERIER_PRESENT (260 * PX_SEC) /* RFC 3376 section 8.12: 2 * 125 s + 10 s */
#define RECORDS_MAX         32             /* that one report is made of; more go into the next */

bool group_is_silent(const struct px_ip *group)
{
	static const struct px_ip all_nodes = {.b = {0xff, 0x02, [15] = 1}};

	if (px_ip_is4(group))
		return px_ip4_value(group) == 0xe0000001;
	return px_ip6_multicast_scope(group) < 2 || px_ip_eq(group, &all_nodes);
}

static bool group_can_report(const struct ip_group *group)
{
	return !group_is_silent(&group->address) && !px_iface_is_loopback(group->iface) &&
	       px_iface_is_running(group->iface) &&
	       (px_ip_is4(&group->address) || group->iface->ip6->running);
}

/* 3 speaks of sources: IGMPv3 and MLDv2 (as "3"). */
static unsigned int spoken(const struct ip_group *group)
{
	const struct group_iface *groups = group_iface(group->iface, px_ip_is4(&group->address));
	px_time now = group->iface->stack->now;

	if (now < groups->v1_until)
		return 1;
	return now < groups->v2_until ? 2 : 3;
}

/* ---- sending ---- */

struct px_pkt *group_report_packet(struct px_iface *iface, uint8_t type, size_t room,
    const struct group_record **records, unsigned int *count)
{
	const struct group_record *record = *records;
	size_t len = 8, address_len = *count ? px_ip_len(&record->group) : 0;
	unsigned int fit = 0;
	struct wire_writer writer;
	struct px_pkt *pkt;

	while (fit < *count) {
		size_t more = 4 + address_len * (1 + (size_t)record[fit].count);
		if (len + more > room)
			break;
		len += more;
		fit++;
	}
	if (!fit)
		return NULL;
	pkt = px_pkt_alloc(iface->stack, len);
	if (!pkt)
		return NULL;
	*records += fit;
	*count -= fit;
	writer = wire_writer(px_pkt_put(pkt, len), len);
	wire_put_u32(&writer, (uint32_t)type << 24);
	wire_put_u16(&writer, 0);
	wire_put_u16(&writer, (uint16_t)fit);
	for (; fit; fit--, record++) {
		wire_put_u8(&writer, (uint8_t)record->type);
		wire_put_u8(&writer, 0);
		wire_put_u16(&writer, (uint16_t)record->count);
		wire_put_bytes(&writer, px_ip_bytes(&record->group), address_len);
		for (unsigned int i = 0; i < record->count; i++)
			wire_put_bytes(&writer, px_ip_bytes(&record->sources[i]), address_len);
	}
	return pkt;
}

static void report(struct px_iface *iface, const struct px_ip *group,
    const struct group_record *records, unsigned int count)
{
	if (px_ip_is4(group))
		igmp_report(iface, records, count);
	else
		mld_report(iface, records, count);
}

static void old_report(struct ip_group *group, unsigned int version, bool leave)
{
	if (px_ip_is4(&group->address))
		igmp_old_report(group->iface, &group->address, version, leave);
	else
		mld_old_report(group->iface, &group->address, leave);
	if (!leave)
		group->last_reporter = true;
}

bool group_tell_change(struct ip_group *group)
{
	struct px_stack *stack = group->iface->stack;
	struct group_record records[2];
	unsigned int count = 0, version = spoken(group);
	bool empty = group_is_empty(group), more;

	if (!group_can_report(group)) {
		group->mode_reports = group->source_reports = 0;
	} else if (version < 3) {
		if (group->mode_reports || group->source_reports) {
			if (!empty)
				old_report(group, version, false);
			else if (version == 2 || !px_ip_is4(&group->address)) {
				if (group->last_reporter)
					old_report(group, version, true);
				group->mode_reports = 0; /* told once */
			}
		}
		group->source_reports = 0;
	} else if (group->mode_reports) {
		records[count++] =
		    (struct group_record){group->exclude ? GROUP_TO_EXCLUDE : GROUP_TO_INCLUDE,
		        group->address, group->source_count, group->sources};
	} else if (group->source_reports) {
		if (group->allow_count)
			records[count++] = (struct group_record){
			    GROUP_ALLOW_NEW, group->address, group->allow_count, group->allow};
		if (group->block_count)
			records[count++] = (struct group_record){
			    GROUP_BLOCK_OLD, group->address, group->block_count, group->block};
	}
	if (count)
		report(group->iface, &group->address, records, count);
	if (group->mode_reports)
		group->mode_reports--;
	else if (group->source_reports)
		group->source_reports--;
	more = group->mode_reports || group->source_reports;
	if (!more) {
		source_replace_list(stack, &group->allow, &group->allow_count, NULL, 0);
		source_replace_list(stack, &group->block, &group->block_count, NULL, 0);
		px_timer_stop(stack, &group->change);
		if (empty) {
			group_free(group);
			return true;
		}
		return false;
	}
	px_timer_after(stack, &group->change,
	    (1 + px_random_below(&stack->random, version < 3 ? UNSOLICITED_OLD_MS : UNSOLICITED_MS)) *
	        PX_MSEC);
	return false;
}

void group_change_fired(struct px_stack *stack, struct px_timer *timer)
{
	group_tell_change(timerq_entry(timer, struct ip_group, change));
}

/* The current state, or of it what was asked for (RFC 3376 section 5.2). */
void group_answer_fired(struct px_stack *stack, struct px_timer *timer)
{
	struct ip_group *group = timerq_entry(timer, struct ip_group, answer);
	struct group_record record = {group->exclude ? GROUP_IS_EXCLUDE : GROUP_IS_INCLUDE,
	    group->address, group->source_count, group->sources};
	struct source_set asked = {0};

	if (group_is_empty(group) || !group_can_report(group))
		return;
	if (spoken(group) < 3) {
		old_report(group, spoken(group), false);
		return;
	}
	if (group->asked_count) {
		for (unsigned int i = 0; i < group->asked_count; i++) {
			if (source_in_list(group->sources, group->source_count, &group->asked[i]) !=
			    group->exclude)
				source_set_add(&asked, &group->asked[i]);
		}
		record = (struct group_record){GROUP_IS_INCLUDE, group->address, asked.count, asked.ip};
		source_replace_list(stack, &group->asked, &group->asked_count, NULL, 0);
		if (!asked.count)
			return;
	} else if (!group->exclude && !group->source_count) {
		return;
	}
	report(group->iface, &group->address, &record, 1);
}

void group_report_all(struct px_iface *iface, struct group_iface *groups)
{
	struct group_record records[RECORDS_MAX];
	unsigned int count = 0;
	struct ip_group *group, *last = NULL;

	list_for_each (group, &groups->groups, node) {
		if (group_is_empty(group) || !group_can_report(group))
			continue;
		last = group;
		records[count++] =
		    (struct group_record){group->exclude ? GROUP_IS_EXCLUDE : GROUP_IS_INCLUDE,
		        group->address, group->source_count, group->sources};
		if (count == RECORDS_MAX) {
			report(iface, &group->address, records, count);
			count = 0;
		}
	}
	if (count)
		report(iface, &last->address, records, count);
}

/* ---- queries ---- */

static void ask_group(struct ip_group *group, const struct group_query *query, bool is4)
{
	struct px_stack *stack = group->iface->stack;
	struct source_set asked = {0};
	px_time when = stack->now +
	               px_random_below(&stack->random, (uint32_t)query->max_response_ms + 1) * PX_MSEC;
	bool pending = px_timer_pending(&group->answer);

	if (group_is_empty(group))
		return;
	/* A pending answer for the whole group answers for its sources too; sources asked for one
	 * after another are answered together (section 5.2). */
	if (query->source_count && (!pending || group->asked_count)) {
		source_set_difference(&asked, group->asked, group->asked_count, NULL, 0);
		for (size_t i = 0; i < query->source_count && i < 2 * (size_t)IP_GROUP_SOURCES_MAX; i++) {
			struct px_ip ip =
			    is4 ? px_ip4_load(query->sources + i * 4) : px_ip6_load(query->sources + i * 16);
			source_set_add(&asked, &ip);
		}
	}
	if (asked.overflow)
		asked.count = 0; /* too many to remember: for all */
	source_replace_list(stack, &group->asked, &group->asked_count, asked.ip, asked.count);
	if (!pending || when < group->answer.deadline)
		px_timer_set(stack, &group->answer, when);
}

void group_query_received(struct px_iface *iface, bool is4, const struct group_query *query)
{
	struct px_stack *stack = iface->stack;
	struct group_iface *groups = group_iface(iface, is4);
	px_time when = stack->now +
	               px_random_below(&stack->random, (uint32_t)query->max_response_ms + 1) * PX_MSEC;
	bool general = px_ip_is_any(&query->group);
	struct ip_group *group;

	if (!groups)
		return;
	if (query->version == 1)
		groups->v1_until = stack->now + OLD_QUERIER_PRESENT;
	else if (is4 && query->version == 2)
		groups->v2_until = stack->now + OLD_QUERIER_PRESENT;
	if (!general) {
		group = group_find(iface, &query->group);
		if (group)
			ask_group(group, query, is4);
		return;
	}
	if (stack->now < groups->v1_until || stack->now < groups->v2_until) {
		list_for_each (group, &groups->groups, node)
			ask_group(group, query, is4);
		return;
	}
	if (!px_timer_pending(&groups->general) || when < groups->general.deadline)
		px_timer_set(stack, &groups->general, when);
}

void group_report_heard(struct px_iface *iface, const struct px_ip *address)
{
	struct ip_group *group = group_find(iface, address);

	/* Another host answered (RFC 2236 section 3): our answer is not needed. */
	if (group && spoken(group) < 3) {
		px_timer_stop(iface->stack, &group->answer);
		group->last_reporter = false;
	}
}
