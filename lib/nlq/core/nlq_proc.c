/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/net/dev, for programs that read it (ifconfig(8)).
 *
 * The lines are made in memory, and written when the dump is whole: if it has to be repeated,
 * nobody has seen half of it.
 */
#include "nlq_proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "nlq_links.h"
#include "nlq_message.h"

/* Of struct rtnl_link_stats64 as it was at first: a stack may send less than the newest. */
#define COUNTERS 23

/* The counters in their order in rtnl_link_stats and rtnl_link_stats64. */
enum counter {
	RX_PACKETS,
	TX_PACKETS,
	RX_BYTES,
	TX_BYTES,
	RX_ERRORS,
	TX_ERRORS,
	RX_DROPPED,
	TX_DROPPED,
	MULTICAST,
	COLLISIONS,
	RX_LENGTH,
	RX_OVER,
	RX_CRC,
	RX_FRAME,
	RX_FIFO,
	RX_MISSED,
	TX_ABORTED,
	TX_CARRIER,
	TX_FIFO,
	TX_HEARTBEAT,
	TX_WINDOW,
	RX_COMPRESSED,
	TX_COMPRESSED,
};

_Static_assert(
    offsetof(struct rtnl_link_stats64, tx_compressed) == sizeof(uint64_t) * TX_COMPRESSED, "order");
_Static_assert(
    offsetof(struct rtnl_link_stats, tx_compressed) == sizeof(uint32_t) * TX_COMPRESSED, "order");

struct lines {
	char *text;
	size_t len;
	FILE *file; /* writes them */
};

static void read_counters(
    const struct nlattr *stats64, const struct nlattr *stats, unsigned long long counters[COUNTERS])
{
	for (size_t i = 0; i < COUNTERS; i++) {
		uint64_t wide = 0;
		uint32_t narrow = 0;

		counters[i] = 0;
		if (stats64 && nlq_attr_len(stats64) >= (i + 1) * sizeof(wide)) {
			memcpy(&wide, (const char *)nlq_attr_data(stats64) + i * sizeof(wide), sizeof(wide));
			counters[i] = wide;
		} else if (!stats64 && stats && nlq_attr_len(stats) >= (i + 1) * sizeof(narrow)) {
			memcpy(
			    &narrow, (const char *)nlq_attr_data(stats) + i * sizeof(narrow), sizeof(narrow));
			counters[i] = narrow;
		}
	}
}

static int add_line(const struct nlmsghdr *message, void *argument)
{
	struct lines *lines = argument;
	const struct nlattr *attrs[IFLA_STATS64 + 1];
	unsigned long long c[COUNTERS];
	char name[IF_NAMESIZE];

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nlq_parse_attrs(
	        nlq_message_attrs(message, sizeof(struct ifinfomsg)), attrs, IFLA_STATS64) ||
	    nlq_attr_string(attrs[IFLA_IFNAME], name, sizeof(name)) <= 0)
		return -EBADMSG;
	read_counters(attrs[IFLA_STATS64], attrs[IFLA_STATS], c);
	fprintf(lines->file, "%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10llu %9llu ", name,
	    c[RX_BYTES], c[RX_PACKETS], c[RX_ERRORS], c[RX_DROPPED] + c[RX_MISSED], c[RX_FIFO],
	    c[RX_LENGTH] + c[RX_OVER] + c[RX_CRC] + c[RX_FRAME], c[RX_COMPRESSED], c[MULTICAST]);
	fprintf(lines->file, "%8llu %7llu %4llu %4llu %4llu %5llu %7llu %10llu\n", c[TX_BYTES],
	    c[TX_PACKETS], c[TX_ERRORS], c[TX_DROPPED], c[TX_FIFO], c[COLLISIONS],
	    c[TX_CARRIER] + c[TX_ABORTED] + c[TX_WINDOW] + c[TX_HEARTBEAT], c[TX_COMPRESSED]);
	return ferror(lines->file) ? -ENOMEM : 0;
}

static void rewind_lines(void *argument)
{
	struct lines *lines = argument;

	rewind(lines->file);
	fputs("Inter-|   Receive                                                |  Transmit\n"
	      " face |bytes    packets errs drop fifo frame compressed multicast|"
	      "bytes    packets errs drop fifo colls carrier compressed\n",
	    lines->file);
}

int nlq_dialog_proc_net_dev(const struct nlq_io *io, FILE *file)
{
	struct lines lines = {.text = NULL};
	int error;

	lines.file = open_memstream(&lines.text, &lines.len);
	if (!lines.file)
		return -errno;
	error = nlq_dialog_dump(io, RTM_GETLINK, AF_UNSPEC, add_line, rewind_lines, &lines);
	if (fclose(lines.file) && error >= 0)
		error = -ENOMEM;
	if (error >= 0) {
		errno = EIO;
		error = fwrite(lines.text, 1, lines.len, file) == lines.len ? 0 : -errno;
	}
	free(lines.text);
	return error;
}
