/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of group membership share: state (group.c) and talk (group_report.c). */
#ifndef IP_GROUP_H
#define IP_GROUP_H

#include "ip_internal.h"

#define GROUP_ROBUSTNESS 2 /* how often a change is told: RFC 3376 section 8.1 */

struct source_set {
	unsigned int count;
	bool overflow;
	struct px_ip ip[IP_GROUP_SOURCES_MAX];
};

bool source_in_list(const struct px_ip *list, unsigned int count, const struct px_ip *ip);
void source_set_add(struct source_set *set, const struct px_ip *ip);

/* Adds what is in `a` and not in `b`. */
void source_set_difference(struct source_set *set, const struct px_ip *a, unsigned int a_count,
    const struct px_ip *b, unsigned int b_count);

/* Replaces a list that hangs off a group; on failure it is empty. */
bool source_replace_list(struct px_stack *stack, struct px_ip **list, unsigned int *count,
    const struct px_ip *fresh, unsigned int fresh_count);

struct ip_group *group_find(const struct px_iface *iface, const struct px_ip *address);
bool group_is_empty(const struct ip_group *group);
void group_free(struct ip_group *group);

/* Groups that everybody is in, of which nobody is told (RFC 3376 section 5, RFC 3810 section 6). */
bool group_is_silent(const struct px_ip *group);

/* Tells a change once, and arms the timer for the next time. True: the group is gone. */
bool group_tell_change(struct ip_group *group);
void group_change_fired(struct px_stack *stack, struct px_timer *timer);
void group_answer_fired(struct px_stack *stack, struct px_timer *timer);
void group_report_all(struct px_iface *iface, struct group_iface *groups);

#endif
