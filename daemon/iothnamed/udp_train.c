/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies in trains: see udp_train.h. */
#include "udp_train.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A train is one datagram on its way: longer than an IPv4 datagram it cannot be. */
#define TRAIN_MAX 65000

static bool same_way(const struct msghdr *a, const struct msghdr *b)
{
	return a->msg_iov->iov_len == b->msg_iov->iov_len && a->msg_namelen == b->msg_namelen &&
	       a->msg_controllen == b->msg_controllen &&
	       memcmp(a->msg_name, b->msg_name, a->msg_namelen) == 0 &&
	       memcmp(a->msg_control, b->msg_control, a->msg_controllen) == 0;
}

/* The length of a car, behind the control messages that are there. */
static void say_length(struct msghdr *train)
{
	struct cmsghdr *cmsg = (void *)((char *)train->msg_control + train->msg_controllen);
	uint16_t len = (uint16_t)train->msg_iov->iov_len;

	memset(cmsg, 0, UDP_TRAIN_CONTROL);
	cmsg->cmsg_level = IPPROTO_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof(len));
	memcpy(CMSG_DATA(cmsg), &len, sizeof(len));
	train->msg_controllen += UDP_TRAIN_CONTROL;
}

void udp_couple(struct udp_trains *trains, const struct mmsghdr *replies, unsigned int count)
{
	struct iovec *car = trains->cars;
	uint32_t coupled = 0; /* bitmap of replies */

	trains->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		const struct msghdr *first = &replies[i].msg_hdr;
		struct msghdr *train;

		if (coupled >> i & 1)
			continue;
		train = &trains->messages[trains->count++].msg_hdr;
		*train = *first;
		train->msg_iov = car;
		*car++ = *first->msg_iov;
		for (unsigned int j = i + 1; j < count; j++) {
			const struct msghdr *next = &replies[j].msg_hdr;

			if (coupled >> j & 1 || !same_way(first, next) ||
			    (size_t)(car - train->msg_iov + 1) * car[-1].iov_len > TRAIN_MAX)
				continue;
			coupled |= 1U << j;
			*car++ = *next->msg_iov;
		}
		train->msg_iovlen = (size_t)(car - train->msg_iov);
		if (train->msg_iovlen > 1)
			say_length(train);
	}
}

void udp_uncouple(struct udp_trains *trains, unsigned int at)
{
	struct msghdr train = trains->messages[at].msg_hdr;
	unsigned int more = (unsigned int)train.msg_iovlen - 1;

	if (more == 0)
		return;
	/* There are as many places as there were replies. */
	memmove(&trains->messages[at + more + 1], &trains->messages[at + 1],
	    (trains->count - at - 1) * sizeof(trains->messages[0]));
	trains->count += more;
	train.msg_controllen -= UDP_TRAIN_CONTROL;
	train.msg_iovlen = 1;
	for (unsigned int i = 0; i <= more; i++) {
		trains->messages[at + i].msg_hdr = train;
		train.msg_iov++;
	}
}
