/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mem://NAME and mem://NAME/uplink=VNL: a port of a network in memory as a link.
 *
 * Everything after "uplink=" is the VNL, slashes and all.
 */
#include "driver.h"
#include "mem_network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int mem_link_open(const struct px_link_config *config, void **link)
{
	static const char option[] = "/uplink=";
	const char *name = config->vnl + strlen("mem://");
	const char *uplink = strstr(name, option);
	char *copy = strdup(name);
	int err = -ENOMEM;

	if (!copy)
		return err;
	if (uplink) {
		copy[uplink - name] = '\0';
		uplink += strlen(option);
	}
	if (copy[0] == '\0' || strchr(copy, '/') || (uplink && *uplink == '\0'))
		err = -EINVAL;
	else
		err = mem_network_join(copy, uplink, config, (struct mem_port **)link);
	free(copy);
	return err;
}

static void mem_link_close(void *link)
{
	mem_network_leave(link);
}

static unsigned int mem_link_receive(void *link, struct px_pkt **pkts, unsigned int max)
{
	return mem_port_receive(link, pkts, max);
}

/* A full port loses frames, as a full port of a switch does: there is no one to wait for. */
static unsigned int mem_link_send(void *link, struct px_pkt *const *pkts, unsigned int count)
{
	mem_network_send(link, pkts, count);
	return count;
}

static void mem_link_want_write(void *link, bool want)
{
}

static int mem_link_fd(const void *link)
{
	return -1;
}

static bool mem_link_up(const void *link)
{
	return true;
}

static px_time mem_link_deadline(const void *link)
{
	return PX_TIME_NEVER;
}

static void mem_link_poll(void *link, px_time now)
{
}

static void mem_link_set_mtu(void *link, uint32_t mtu)
{
}

static uint32_t mem_link_caps(const void *link)
{
	/* What stays in memory needs no checksum, and is cut for nobody. */
	uint32_t inside = PX_LINK_CSUM_RX | PX_LINK_CSUM_TX | PX_LINK_SUPER;

	return PX_LINK_FILTER | PX_LINK_JUMBO | (mem_network_has_uplink(link) ? 0 : inside);
}

static int mem_link_filter(void *link, const struct px_link_filter *filter, bool wanted)
{
	return mem_port_filter(link, filter, wanted);
}

const struct px_link_ops link_mem = {
    .name = "mem",
    .open = mem_link_open,
    .close = mem_link_close,
    .receive = mem_link_receive,
    .send = mem_link_send,
    .want_write = mem_link_want_write,
    .fd = mem_link_fd,
    .up = mem_link_up,
    .deadline = mem_link_deadline,
    .poll = mem_link_poll,
    .set_mtu = mem_link_set_mtu,
    .caps = mem_link_caps,
    .filter = mem_link_filter,
};
