/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lifetimes of IPv6 addresses (RFC 4862, 5.5.4): the stack itself deprecates an address when it is
 * not preferred any more, so that new connections use another one, and ends it when it is not
 * valid. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "nlq_message.h"
#include "nlq_socket.h"
#include "session.h"

void session_time_record(const struct session *session, struct record *record, engine_time now,
    engine_time preferred, engine_time valid)
{
	record->timed = session->stays & record->source;
	record->preferred = record->timed ? engine_left(now, preferred) : ENGINE_FOREVER;
	record->valid = record->timed ? engine_left(now, valid) : ENGINE_FOREVER;
	if (record->valid == 0)
		record->valid = 1; /* 0 is refused; the engine is about to take it away */
}

void session_set_lifetimes(struct session *session, const struct record *record)
{
	const struct ifaddrmsg header = {
	    .ifa_family = AF_INET6, .ifa_prefixlen = record->len, .ifa_index = session->ifindex};
	const struct ifa_cacheinfo lifetimes = {
	    .ifa_prefered = record->preferred, .ifa_valid = record->valid};
	NLQ_BUFFER(buffer, 128);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct nlq_socket netlink;
	struct nlmsghdr *message;

	nlq_build_message(&builder, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, IFA_LOCAL, record->address, 16);
	nlq_build_attr(&builder, IFA_ADDRESS, record->address, 16);
	nlq_build_attr_u32(&builder, IFA_FLAGS, IFA_F_NODAD);
	nlq_build_attr(&builder, IFA_CACHEINFO, &lifetimes, sizeof(lifetimes));
	message = nlq_build_finish(&builder);
	if (!message || nlq_socket_open(&netlink, session->stack) < 0)
		return;
	(void)nlq_dialog(&netlink.io, message, NULL, NULL);
	nlq_socket_close(&netlink);
}
