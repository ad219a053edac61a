/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multicast groups: the host side that IGMP and MLD share (RFC 3376, RFC 3810, RFC 2236, RFC 2710).
 *
 * Each socket's membership has a filter (all sources but some, or only some). From all filters of a
 * group the interface's state is made (RFC 3376 section 3.2); when that changes, the routers are
 * told at once and again `robustness` - 1 times (section 5.1); queries are answered after a random
 * time (section 5.2). While an older querier is about, its protocol is spoken: reports of whole
 * groups, which hosts suppress for each other.
 *
 * A group with nobody left stays until its leaving has been told.
 */
#include "ip_internal.h"

#define ROBUSTNESS          2
#define UNSOLICITED_MS      1000           /* section 8.11 */
#define UNSOLICITED_OLD_MS  10000          /* RFC 2236 section 8.10 */
#define OLD_QUERIER_PRESENT (260 * PX_SEC) /* section 8.12: 2 * 125 s + 10 s */
#define RECORDS_MAX         32             /* that one report is made of; more go into the next */

struct source_set {
	unsigned int count;
	bool overflow;
	struct px_ip ip[IP_GROUP_SOURCES_MAX];
};

static bool in_list(const struct px_ip *list, unsigned int count, const struct px_ip *ip)
{
	for (unsigned int i = 0; i < count; i++) {
		if (px_ip_eq(&list[i], ip))
			return true;
	}
	return false;
}

static void set_add(struct source_set *set, const struct px_ip *ip)
{
	if (in_list(set->ip, set->count, ip))
		return;
	if (set->count == IP_GROUP_SOURCES_MAX)
		set->overflow = true;
	else
		set->ip[set->count++] = *ip;
}

/* What is in `a` and not in `b`. */
static void set_difference(struct source_set *set, const struct px_ip *a, unsigned int a_count,
    const struct px_ip *b, unsigned int b_count)
{
	for (unsigned int i = 0; i < a_count; i++) {
		if (!in_list(b, b_count, &a[i]))
			set_add(set, &a[i]);
	}
}

/* Replaces a list that hangs off a group; on failure it is empty. */
static bool replace_list(struct px_stack *stack, struct px_ip **list, unsigned int *count,
    const struct px_ip *fresh, unsigned int fresh_count)
{
	struct px_ip *copy = NULL;

	if (fresh_count) {
		copy = px_alloc(stack->mem, fresh_count * sizeof(*copy));
		if (copy)
			memcpy(copy, fresh, fresh_count * sizeof(*copy));
	}
	px_free(stack->mem, *list, *count * sizeof(**list));
	*list = copy;
	*count = copy ? fresh_count : 0;
	return copy || !fresh_count;
}

struct group_iface *group_iface(const struct px_iface *iface, bool is4)
{
	if (is4)
		return iface->ip4 ? &iface->ip4->groups : NULL;
	return iface->ip6 ? &iface->ip6->groups : NULL;
}

static struct ip_group *group_find(const struct px_iface *iface, const struct px_ip *address)
{
	struct group_iface *groups = group_iface(iface, px_ip_is4(address));
	struct ip_group *group;

	if (!groups)
		return NULL;
	list_for_each (group, &groups->groups, node) {
		if (px_ip_eq(&group->address, address))
			return group;
	}
	return NULL;
}

/* Groups that everybody is in, of which nobody is told (RFC 3376 section 5, RFC 3810 section 6). */
static bool is_silent(const struct px_ip *group)
{
	static const struct px_ip all_nodes = {.b = {0xff, 0x02, [15] = 1}};

	if (px_ip_is4(group))
		return px_ip4_value(group) == 0xe0000001;
	return px_ip6_multicast_scope(group) < 2 || px_ip_eq(group, &all_nodes);
}

static bool can_report(const struct ip_group *group)
{
	return !is_silent(&group->address) && !px_iface_is_loopback(group->iface) &&
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

static bool is_empty(const struct ip_group *group)
{
	return list_is_empty(&group->members) && !group->users;
}

static void group_free(struct ip_group *group)
{
	struct px_stack *stack = group->iface->stack;

	px_timer_stop(stack, &group->change);
	px_timer_stop(stack, &group->answer);
	replace_list(stack, &group->sources, &group->source_count, NULL, 0);
	replace_list(stack, &group->allow, &group->allow_count, NULL, 0);
	replace_list(stack, &group->block, &group->block_count, NULL, 0);
	replace_list(stack, &group->asked, &group->asked_count, NULL, 0);
	list_remove(&group->node);
	stack->ip->group_count--;
	px_free(stack->mem, group, sizeof(*group));
}

/* ---- sending ---- */

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

/* Tells a change once, and arms the timer for the next time. True: the group is gone. */
static bool tell_change(struct ip_group *group)
{
	struct px_stack *stack = group->iface->stack;
	struct group_record records[2];
	unsigned int count = 0, version = spoken(group);
	bool empty = is_empty(group), more;

	if (!can_report(group)) {
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
		replace_list(stack, &group->allow, &group->allow_count, NULL, 0);
		replace_list(stack, &group->block, &group->block_count, NULL, 0);
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

static void change_fired(struct px_stack *stack, struct px_timer *timer)
{
	tell_change(timerq_entry(timer, struct ip_group, change));
}

/* The current state, or of it what was asked for (RFC 3376 section 5.2). */
static void answer_fired(struct px_stack *stack, struct px_timer *timer)
{
	struct ip_group *group = timerq_entry(timer, struct ip_group, answer);
	struct group_record record = {group->exclude ? GROUP_IS_EXCLUDE : GROUP_IS_INCLUDE,
	    group->address, group->source_count, group->sources};
	struct source_set asked = {0};

	if (is_empty(group) || !can_report(group))
		return;
	if (spoken(group) < 3) {
		old_report(group, spoken(group), false);
		return;
	}
	if (group->asked_count) {
		for (unsigned int i = 0; i < group->asked_count; i++) {
			if (in_list(group->sources, group->source_count, &group->asked[i]) != group->exclude)
				set_add(&asked, &group->asked[i]);
		}
		record = (struct group_record){GROUP_IS_INCLUDE, group->address, asked.count, asked.ip};
		replace_list(stack, &group->asked, &group->asked_count, NULL, 0);
		if (!asked.count)
			return;
	} else if (!group->exclude && !group->source_count) {
		return;
	}
	report(group->iface, &group->address, &record, 1);
}

static void report_all(struct px_iface *iface, struct group_iface *groups)
{
	struct group_record records[RECORDS_MAX];
	unsigned int count = 0;
	struct ip_group *group, *last = NULL;

	list_for_each (group, &groups->groups, node) {
		if (is_empty(group) || !can_report(group))
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

/* ---- state ---- */

static void compute(const struct ip_group *group, bool *exclude, struct source_set *set)
{
	const struct ip_membership *member, *other;
	struct source_set included = {0};

	*exclude = group->users > 0;
	list_for_each (member, &group->members, group_node) {
		if (member->exclude)
			*exclude = true;
		else
			for (unsigned int i = 0; i < member->source_count; i++)
				set_add(&included, &member->sources[i]);
	}
	set->count = 0;
	if (!*exclude) {
		if (included.overflow)
			*exclude = true; /* all, rather than not all of those wanted */
		else
			*set = included;
		return;
	}
	if (group->users)
		return;
	/* Excluded by all who exclude, included by nobody. */
	list_for_each (member, &group->members, group_node) {
		if (!member->exclude)
			continue;
		for (unsigned int i = 0; i < member->source_count; i++) {
			const struct px_ip *ip = &member->sources[i];
			bool wanted = in_list(included.ip, included.count, ip);
			list_for_each (other, &group->members, group_node)
				wanted |= other->exclude && !in_list(other->sources, other->source_count, ip);
			if (!wanted)
				set_add(set, ip);
		}
		break; /* the intersection is a part of the first one */
	}
}

/* Sources that changed join those still to be told again; what went the other way is forgotten. */
static void merge_changes(struct px_stack *stack, struct ip_group *group,
    const struct source_set *allow, const struct source_set *block)
{
	struct source_set merged_allow = *allow, merged_block = *block;

	set_difference(&merged_allow, group->allow, group->allow_count, block->ip, block->count);
	set_difference(&merged_block, group->block, group->block_count, allow->ip, allow->count);
	replace_list(stack, &group->allow, &group->allow_count, merged_allow.ip, merged_allow.count);
	replace_list(stack, &group->block, &group->block_count, merged_block.ip, merged_block.count);
}

/* After any change of members. True: the group is gone. */
static bool update(struct ip_group *group)
{
	struct px_stack *stack = group->iface->stack;
	struct source_set set = {0}, gone = {0}, come = {0};
	bool exclude;

	compute(group, &exclude, &set);
	set_difference(&come, set.ip, set.count, group->sources, group->source_count);
	set_difference(&gone, group->sources, group->source_count, set.ip, set.count);
	if (exclude == group->exclude && !come.count && !gone.count)
		return false;
	if (exclude != group->exclude) {
		group->mode_reports = ROBUSTNESS;
		group->source_reports = 0;
		replace_list(stack, &group->allow, &group->allow_count, NULL, 0);
		replace_list(stack, &group->block, &group->block_count, NULL, 0);
	} else if (!group->mode_reports) {
		group->source_reports = ROBUSTNESS;
		merge_changes(stack, group, exclude ? &gone : &come, exclude ? &come : &gone);
	}
	group->exclude = exclude;
	if (!replace_list(stack, &group->sources, &group->source_count, set.ip, set.count))
		group->exclude = true; /* no memory for the list: receive more than wanted */
	return tell_change(group);
}

static struct ip_group *group_get(struct px_iface *iface, const struct px_ip *address)
{
	struct px_stack *stack = iface->stack;
	struct group_iface *groups = group_iface(iface, px_ip_is4(address));
	struct ip_group *group = group_find(iface, address);

	if (group || !groups)
		return group;
	if (stack->ip->group_count >= IP_GROUPS_MAX)
		return NULL;
	group = px_zalloc(stack->mem, sizeof(*group));
	if (!group)
		return NULL;
	group->iface = iface;
	group->address = *address;
	list_init(&group->members);
	px_timer_init(&group->change, change_fired);
	px_timer_init(&group->answer, answer_fired);
	list_append(&groups->groups, &group->node);
	stack->ip->group_count++;
	return group;
}

static void tell_link(struct px_iface *iface, const struct px_ip *group, enum px_event event)
{
	struct px_group_event object = {iface, group};

	px_event(iface->stack, event, &object);
}

int group_use(struct px_iface *iface, const struct px_ip *address)
{
	struct ip_group *group = group_get(iface, address);

	if (!group)
		return -ENOMEM;
	if (is_empty(group))
		tell_link(iface, address, PX_EVENT_GROUP_JOIN);
	group->users++;
	update(group);
	return 0;
}

void group_unuse(struct px_iface *iface, const struct px_ip *address)
{
	struct ip_group *group = group_find(iface, address);

	if (!group || !group->users)
		return;
	if (--group->users == 0 && list_is_empty(&group->members))
		tell_link(iface, address, PX_EVENT_GROUP_LEAVE);
	update(group);
}

/* ---- sockets ---- */

/* The list is copied; an update of the group is the caller's. */
static int set_filter(struct px_stack *stack, struct ip_membership *membership, bool exclude,
    const struct px_ip *sources, unsigned int count)
{
	struct px_ip *copy = NULL;

	if (count > IP_GROUP_SOURCES_MAX)
		return -ENOBUFS;
	if (count) {
		copy = px_alloc(stack->mem, count * sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, sources, count * sizeof(*copy));
	}
	px_free(stack->mem, membership->sources, membership->source_count * sizeof(*copy));
	membership->sources = copy;
	membership->source_count = count;
	membership->exclude = exclude;
	return 0;
}

int ip_group_join(struct px_stack *stack, struct px_iface *iface, const struct px_ip *address,
    bool exclude, const struct px_ip *sources, unsigned int count, struct ip_membership **result)
{
	struct ip_membership *membership;
	struct ip_group *group;
	int err;

	if (!px_ip_is_multicast(address))
		return -EINVAL;
	membership = px_zalloc(stack->mem, sizeof(*membership));
	if (!membership)
		return -ENOMEM;
	err = set_filter(stack, membership, exclude, sources, count);
	if (err)
		goto free_membership;
	group = group_get(iface, address);
	err = -ENOBUFS;
	if (!group)
		goto free_sources;
	if (is_empty(group))
		tell_link(iface, address, PX_EVENT_GROUP_JOIN);
	list_init(&membership->node);
	membership->group = group;
	membership->ifindex = iface->index;
	membership->address = *address;
	list_append(&group->members, &membership->group_node);
	update(group);
	*result = membership;
	return 0;

free_sources:
	px_free(stack->mem, membership->sources, membership->source_count * sizeof(struct px_ip));
free_membership:
	px_free(stack->mem, membership, sizeof(*membership));
	return err;
}

int ip_group_filter(struct px_stack *stack, struct ip_membership *membership, bool exclude,
    const struct px_ip *sources, unsigned int count)
{
	int err = set_filter(stack, membership, exclude, sources, count);

	if (!err && membership->group)
		update(membership->group);
	return err;
}

void ip_group_leave(struct px_stack *stack, struct ip_membership *membership)
{
	struct ip_group *group = membership->group;

	if (group) { /* else its interface is gone */
		list_remove(&membership->group_node);
		if (is_empty(group))
			tell_link(group->iface, &group->address, PX_EVENT_GROUP_LEAVE);
		update(group);
	}
	list_remove(&membership->node);
	px_free(stack->mem, membership->sources, membership->source_count * sizeof(struct px_ip));
	px_free(stack->mem, membership, sizeof(*membership));
}

bool ip_membership_wants(const struct ip_membership *membership, const struct px_ip *source)
{
	return in_list(membership->sources, membership->source_count, source) != membership->exclude;
}

bool ip_group_wanted(
    const struct px_iface *iface, const struct px_ip *address, const struct px_ip *source)
{
	const struct ip_group *group;

	if (is_silent(address) && (px_ip_is4(address) || address->b[15] == 1))
		return true; /* all nodes */
	group = group_find(iface, address);
	return group && !is_empty(group) &&
	       in_list(group->sources, group->source_count, source) != group->exclude;
}

/* ---- queries ---- */

static void ask_group(struct ip_group *group, const struct group_query *query, bool is4)
{
	struct px_stack *stack = group->iface->stack;
	struct source_set asked = {0};
	px_time when = stack->now +
	               px_random_below(&stack->random, (uint32_t)query->max_response_ms + 1) * PX_MSEC;
	bool pending = px_timer_pending(&group->answer);

	if (is_empty(group))
		return;
	/* A pending answer for the whole group answers for its sources too; sources asked for one
	 * after another are answered together (section 5.2). */
	if (query->source_count && (!pending || group->asked_count)) {
		set_difference(&asked, group->asked, group->asked_count, NULL, 0);
		for (size_t i = 0; i < query->source_count && i < 2 * (size_t)IP_GROUP_SOURCES_MAX; i++) {
			struct px_ip ip =
			    is4 ? px_ip4_load(query->sources + i * 4) : px_ip6_load(query->sources + i * 16);
			set_add(&asked, &ip);
		}
	}
	if (asked.overflow)
		asked.count = 0; /* too many to remember: for all */
	replace_list(stack, &group->asked, &group->asked_count, asked.ip, asked.count);
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

/* ---- interfaces ---- */

static void general_fired(struct px_stack *stack, struct px_timer *timer)
{
	struct group_iface *groups = timerq_entry(timer, struct group_iface, general);
	struct px_iface *iface;

	list_for_each (iface, &stack->ifaces, node) {
		if (group_iface(iface, true) == groups || group_iface(iface, false) == groups)
			report_all(iface, groups);
	}
}

void group_iface_init(struct group_iface *groups)
{
	list_init(&groups->groups);
	px_timer_init(&groups->general, general_fired);
}

/* The link came up: what was told before may be forgotten. */
void group_iface_up(struct px_iface *iface)
{
	for (unsigned int is4 = 0; is4 < 2; is4++) {
		struct group_iface *groups = group_iface(iface, is4);
		struct ip_group *group;
		if (!groups)
			continue;
		list_for_each_safe (group, &groups->groups, node) {
			group->mode_reports = ROBUSTNESS;
			tell_change(group);
		}
	}
}

void group_iface_down(struct px_iface *iface)
{
	for (unsigned int is4 = 0; is4 < 2; is4++) {
		struct group_iface *groups = group_iface(iface, is4);
		struct ip_group *group;
		if (!groups)
			continue;
		px_timer_stop(iface->stack, &groups->general);
		list_for_each_safe (group, &groups->groups, node) {
			px_timer_stop(iface->stack, &group->answer);
			px_timer_stop(iface->stack, &group->change);
			group->mode_reports = group->source_reports = 0;
			if (is_empty(group))
				group_free(group);
		}
	}
}

/* Members stay, of nothing, until their sockets leave. */
void group_iface_fini(struct px_iface *iface)
{
	for (unsigned int is4 = 0; is4 < 2; is4++) {
		struct group_iface *groups = group_iface(iface, is4);
		struct ip_group *group;
		if (!groups)
			continue;
		px_timer_stop(iface->stack, &groups->general);
		list_for_each_safe (group, &groups->groups, node) {
			while (!list_is_empty(&group->members)) {
				struct ip_membership *member =
				    list_first(&group->members, struct ip_membership, group_node);
				list_remove(&member->group_node);
				member->group = NULL;
			}
			group_free(group);
		}
	}
}
