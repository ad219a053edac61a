/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multicast groups: the host side that IGMP and MLD share (RFC 3376, RFC 3810, RFC 2236, RFC 2710).
 *
 * Each socket's membership has a filter (all sources but some, or only some). From all filters of a
 * group the interface's state is made (RFC 3376 section 3.2); when that changes, the routers are
 * told at once and again `robustness` - 1 times (section 5.1); queries are answered after a random
 * time (section 5.2). While an older querier is about, its protocol is spoken: reports of whole
 * groups, which hosts suppress for each other.
 *
 * A group with nobody left stays until its leaving has been told. This file keeps the state;
 * group_report.c talks.
 */
#include "group.h"

bool source_in_list(const struct px_ip *list, unsigned int count, const struct px_ip *ip)
{
	for (unsigned int i = 0; i < count; i++) {
		if (px_ip_eq(&list[i], ip))
			return true;
	}
	return false;
}

void source_set_add(struct source_set *set, const struct px_ip *ip)
{
	if (source_in_list(set->ip, set->count, ip))
		return;
	if (set->count == IP_GROUP_SOURCES_MAX)
		set->overflow = true;
	else
		set->ip[set->count++] = *ip;
}

void source_set_difference(struct source_set *set, const struct px_ip *a, unsigned int a_count,
    const struct px_ip *b, unsigned int b_count)
{
	for (unsigned int i = 0; i < a_count; i++) {
		if (!source_in_list(b, b_count, &a[i]))
			source_set_add(set, &a[i]);
	}
}

bool source_replace_list(struct px_stack *stack, struct px_ip **list, unsigned int *count,
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

struct ip_group *group_find(const struct px_iface *iface, const struct px_ip *address)
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

bool group_is_empty(const struct ip_group *group)
{
	return list_is_empty(&group->members) && !group->users;
}

void group_free(struct ip_group *group)
{
	struct px_stack *stack = group->iface->stack;

	px_timer_stop(stack, &group->change);
	px_timer_stop(stack, &group->answer);
	source_replace_list(stack, &group->sources, &group->source_count, NULL, 0);
	source_replace_list(stack, &group->allow, &group->allow_count, NULL, 0);
	source_replace_list(stack, &group->block, &group->block_count, NULL, 0);
	source_replace_list(stack, &group->asked, &group->asked_count, NULL, 0);
	list_remove(&group->node);
	stack->ip->group_count--;
	px_free(stack->mem, group, sizeof(*group));
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
				source_set_add(&included, &member->sources[i]);
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
			bool wanted = source_in_list(included.ip, included.count, ip);
			list_for_each (other, &group->members, group_node)
				wanted |=
				    other->exclude && !source_in_list(other->sources, other->source_count, ip);
			if (!wanted)
				source_set_add(set, ip);
		}
		break; /* the intersection is a part of the first one */
	}
}

/* Sources that changed join those still to be told again; what went the other way is forgotten. */
static void merge_changes(struct px_stack *stack, struct ip_group *group,
    const struct source_set *allow, const struct source_set *block)
{
	struct source_set merged_allow = *allow, merged_block = *block;

	source_set_difference(&merged_allow, group->allow, group->allow_count, block->ip, block->count);
	source_set_difference(&merged_block, group->block, group->block_count, allow->ip, allow->count);
	source_replace_list(
	    stack, &group->allow, &group->allow_count, merged_allow.ip, merged_allow.count);
	source_replace_list(
	    stack, &group->block, &group->block_count, merged_block.ip, merged_block.count);
}

/* After any change of members. True: the group is gone. */
static bool update(struct ip_group *group)
{
	struct px_stack *stack = group->iface->stack;
	struct source_set set = {0}, gone = {0}, come = {0};
	bool exclude;

	compute(group, &exclude, &set);
	source_set_difference(&come, set.ip, set.count, group->sources, group->source_count);
	source_set_difference(&gone, group->sources, group->source_count, set.ip, set.count);
	if (exclude == group->exclude && !come.count && !gone.count)
		return false;
	if (exclude != group->exclude) {
		group->mode_reports = GROUP_ROBUSTNESS;
		group->source_reports = 0;
		source_replace_list(stack, &group->allow, &group->allow_count, NULL, 0);
		source_replace_list(stack, &group->block, &group->block_count, NULL, 0);
	} else if (!group->mode_reports) {
		group->source_reports = GROUP_ROBUSTNESS;
		merge_changes(stack, group, exclude ? &gone : &come, exclude ? &come : &gone);
	}
	group->exclude = exclude;
	if (!source_replace_list(stack, &group->sources, &group->source_count, set.ip, set.count))
		group->exclude = true; /* no memory for the list: receive more than wanted */
	return group_tell_change(group);
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
	px_timer_init(&group->change, group_change_fired);
	px_timer_init(&group->answer, group_answer_fired);
	list_append(&groups->groups, &group->node);
	stack->ip->group_count++;
	return group;
}

static void tell_link(struct px_iface *iface, const struct px_ip *group, enum px_event event)
{
	struct px_group_event object = {px_iface_base(iface), group};

	px_event(iface->stack, event, &object);
}

int group_use(struct px_iface *iface, const struct px_ip *address)
{
	struct ip_group *group = group_get(iface, address);

	if (!group)
		return -ENOMEM;
	if (group_is_empty(group))
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
	if (group_is_empty(group))
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
		if (group_is_empty(group))
			tell_link(group->iface, &group->address, PX_EVENT_GROUP_LEAVE);
		update(group);
	}
	list_remove(&membership->node);
	px_free(stack->mem, membership->sources, membership->source_count * sizeof(struct px_ip));
	px_free(stack->mem, membership, sizeof(*membership));
}

bool ip_membership_wants(const struct ip_membership *membership, const struct px_ip *source)
{
	return source_in_list(membership->sources, membership->source_count, source) !=
	       membership->exclude;
}

bool ip_group_wanted(
    const struct px_iface *iface, const struct px_ip *address, const struct px_ip *source)
{
	const struct ip_group *group;

	if (group_is_silent(address) && (px_ip_is4(address) || address->b[15] == 1))
		return true; /* all nodes */
	group = group_find(iface, address);
	return group && !group_is_empty(group) &&
	       source_in_list(group->sources, group->source_count, source) != group->exclude;
}

/* ---- interfaces ---- */

static void general_fired(struct px_stack *stack, struct px_timer *timer)
{
	struct group_iface *groups = timerq_entry(timer, struct group_iface, general);
	struct px_iface *iface;

	list_for_each (iface, &stack->ifaces, node) {
		if (group_iface(iface, true) == groups || group_iface(iface, false) == groups)
			group_report_all(iface, groups);
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
			group->mode_reports = GROUP_ROBUSTNESS;
			group_tell_change(group);
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
			if (group_is_empty(group))
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
