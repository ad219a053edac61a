/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies of a burst, coupled into trains: those that go the same way (to one client's port, from
 * one address of ours) and are of one length become one message, which the stack cuts again
 * (UDP_SEGMENT, udp(7)). It goes through routing and queues once, which is most of what a reply
 * costs; to clients that ask many things from one port, as forwarders do, a third less. No I/O. */
#ifndef NAMED_UDP_TRAIN_H
#define NAMED_UDP_TRAIN_H

#include <sys/socket.h>

#define UDP_TRAIN_MESSAGES 32
/* Bytes that must be free behind each reply's control messages. */
#define UDP_TRAIN_CONTROL  CMSG_SPACE(sizeof(uint16_t))

struct udp_trains {
	unsigned int count;
	struct mmsghdr messages[UDP_TRAIN_MESSAGES];
	struct iovec cars[UDP_TRAIN_MESSAGES];
};

/* Couples up to UDP_TRAIN_MESSAGES replies, each with a name, control messages and one piece of
 * bytes. What they point to is borrowed; the control messages of some get another one behind them.
 */
void udp_couple(struct udp_trains *trains, const struct mmsghdr *replies, unsigned int count);

/* A message that the stack would not cut: its replies one by one, over the messages that there are.
 * `at` is the number of the message. */
void udp_uncouple(struct udp_trains *trains, unsigned int at);

#endif
