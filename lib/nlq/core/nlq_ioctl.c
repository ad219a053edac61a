/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7) that are about an interface itself.
 *
 * Each asks for the interface by its name, which gives ENODEV where there is none, and answers from
 * its description or sends one request to change it. What the kernel checks before the interface's
 * driver is asked is checked here, so that the error numbers are those of the kernel whatever the
 * stack answers.
 *
 * Before a lookup a name is cut at its colon, as in the kernel, which does so for the older
 * notation of alias addresses ("eth0:1").
 */
#include "nlq_ioctl.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "nlq_links.h"
#include "nlq_message.h"

#define REQUEST_SIZE 256

/* What SIOCSIFFLAGS can change. The others tell what the interface is. */
#define CHANGEABLE                                                                                 \
	(IFF_UP | IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST | IFF_PORTSEL | \
	    IFF_AUTOMEDIA | IFF_PROMISC | IFF_ALLMULTI)

static int find(const struct nlq_io *io, const struct ifreq *ifr, struct nlq_link *link)
{
	char name[IFNAMSIZ];

	memcpy(name, ifr->ifr_name, sizeof(name));
	name[IFNAMSIZ - 1] = '\0';
	name[strcspn(name, ":")] = '\0';
	return nlq_dialog_link(io, name, 0, link);
}

/* Changes one attribute of an interface. */
static int change(const struct nlq_io *io, const struct nlq_link *link, uint16_t type,
    const void *data, size_t len)
{
	const struct ifinfomsg header = {.ifi_index = (int)link->ifindex};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	int result;

	nlq_build_message(&builder, RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, type, data, len);
	result = nlq_dialog(io, nlq_build_finish(&builder), NULL, NULL);
	return result < 0 ? result : 0;
}

static int change_u32(
    const struct nlq_io *io, const struct nlq_link *link, uint16_t type, uint32_t value)
{
	return change(io, link, type, &value, sizeof(value));
}

static int change_flags(const struct nlq_io *io, const struct nlq_link *link, unsigned int flags)
{
	const struct ifinfomsg header = {
	    .ifi_index = (int)link->ifindex,
	    .ifi_flags = flags & CHANGEABLE,
	    .ifi_change = CHANGEABLE,
	};
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	int result;

	nlq_build_message(&builder, RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	result = nlq_dialog(io, nlq_build_finish(&builder), NULL, NULL);
	return result < 0 ? result : 0;
}

static int change_mac(const struct nlq_io *io, const struct nlq_link *link, uint16_t type,
    const struct sockaddr *address)
{
	size_t len =
	    link->mac_len < sizeof(address->sa_data) ? link->mac_len : sizeof(address->sa_data);

	if (address->sa_family != link->type)
		return -EINVAL;
	return change(io, link, type, address->sa_data, len);
}

static int change_name(const struct nlq_io *io, const struct nlq_link *link, const char *new_name)
{
	size_t len = strnlen(new_name, IFNAMSIZ - 1);

	if (len == 0)
		return -EINVAL;
	return change(io, link, IFLA_IFNAME, new_name, len);
}

static void give_mac(const struct nlq_link *link, struct sockaddr *address)
{
	size_t len =
	    link->mac_len < sizeof(address->sa_data) ? link->mac_len : sizeof(address->sa_data);

	address->sa_family = link->type;
	if (len == 0)
		memset(address->sa_data, 0, sizeof(address->sa_data));
	memcpy(address->sa_data, link->mac, len);
}

static void give_map(const struct nlq_link *link, struct ifmap *map)
{
	map->mem_start = (unsigned long)link->map.mem_start;
	map->mem_end = (unsigned long)link->map.mem_end;
	map->base_addr = (unsigned short)link->map.base_addr;
	map->irq = (unsigned char)link->map.irq;
	map->dma = (unsigned char)link->map.dma;
	map->port = (unsigned char)link->map.port;
}

static int get_link(const struct nlq_io *io, unsigned long request, struct ifreq *ifr)
{
	struct nlq_link link;
	int error = find(io, ifr, &link);

	if (error)
		return error;
	switch (request) {
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = (int)link.ifindex;
		return 0;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)link.flags; /* those above have no place here */
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)link.mtu;
		return 0;
	case SIOCGIFHWADDR:
		give_mac(&link, &ifr->ifr_hwaddr);
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = (int)link.txqlen;
		return 0;
	case SIOCGIFMAP:
		give_map(&link, &ifr->ifr_map);
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0; /* "currently not implemented" (netdevice(7)) */
		return 0;
	default: /* SIOCGIFSLAVE: not implemented in the kernel either */
		return -EINVAL;
	}
}

static int set_link(const struct nlq_io *io, unsigned long request, const struct ifreq *ifr)
{
	struct nlq_link link;
	int error = find(io, ifr, &link);
	char new_name[IFNAMSIZ];

	if (error)
		return error;
	switch (request) {
	case SIOCSIFFLAGS:
		if (memchr(ifr->ifr_name, ':', IFNAMSIZ - 1))
			return nlq_dialog_alias_flags(io, ifr);
		return change_flags(io, &link, (unsigned short)ifr->ifr_flags);
	case SIOCSIFMTU:
		return change_u32(io, &link, IFLA_MTU, (uint32_t)ifr->ifr_mtu);
	case SIOCSIFTXQLEN:
		if (ifr->ifr_qlen < 0)
			return -EINVAL;
		return change_u32(io, &link, IFLA_TXQLEN, (uint32_t)ifr->ifr_qlen);
	case SIOCSIFHWADDR:
		return change_mac(io, &link, IFLA_ADDRESS, &ifr->ifr_hwaddr);
	case SIOCSIFHWBROADCAST:
		return change_mac(io, &link, IFLA_BROADCAST, &ifr->ifr_hwaddr);
	case SIOCSIFNAME:
		memcpy(new_name, ifr->ifr_newname, sizeof(new_name));
		new_name[IFNAMSIZ - 1] = '\0';
		return change_name(io, &link, new_name);
	default: /* SIOCSIFMAP, SIOCADDMULTI ...: netlink has no request for them */
		return -EOPNOTSUPP;
	}
}

static int get_name(const struct nlq_io *io, struct ifreq *ifr)
{
	struct nlq_link link;
	int error = nlq_dialog_link(io, NULL, (unsigned int)ifr->ifr_ifindex, &link);

	if (!error)
		memcpy(ifr->ifr_name, link.name, sizeof(ifr->ifr_name));
	return error;
}

int nlq_dialog_ioctl(const struct nlq_io *io, unsigned long request, void *argument)
{
	if (!argument)
		return -EFAULT;
	switch (request) {
	case SIOCGIFCONF:
		return nlq_dialog_ifconf(io, argument);
	case SIOCGIFNAME:
		return get_name(io, argument);
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
	case SIOCGIFMETRIC:
	case SIOCGIFSLAVE:
		return get_link(io, request, argument);
	case SIOCSIFFLAGS:
	case SIOCSIFMTU:
	case SIOCSIFTXQLEN:
	case SIOCSIFHWADDR:
	case SIOCSIFHWBROADCAST:
	case SIOCSIFNAME:
	case SIOCSIFMAP:
	case SIOCSIFMETRIC:
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return set_link(io, request, argument);
	case SIOCGIFADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
		return nlq_dialog_ioctl_addr(io, request, argument);
	default:
		return -ENOTTY;
	}
}
