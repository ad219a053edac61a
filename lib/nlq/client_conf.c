/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration. What libioth has, too, is libioth's. */
#include <libnlq.h>

#include <errno.h>

#include "nlq_socket.h"

#define DATA_MAX 16     /* of one new interface */
#define TAG_MAX  0x3fff /* NLA_TYPE_MASK in 16 bits */

int nlqx_linksetupdown(struct ioth *stack, unsigned int ifindex, int updown)
{
	return ioth_linksetupdown(stack, ifindex, updown);
}

int nlq_linksetupdown(unsigned int ifindex, int updown)
{
	return ioth_linksetupdown(NULL, ifindex, updown);
}

int nlqx_ipaddr_add(struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex)
{
	return ioth_ipaddr_add(stack, family, addr, prefixlen, ifindex);
}

int nlq_ipaddr_add(int family, void *addr, int prefixlen, unsigned int ifindex)
{
	return ioth_ipaddr_add(NULL, family, addr, prefixlen, ifindex);
}

int nlqx_ipaddr_del(struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex)
{
	return ioth_ipaddr_del(stack, family, addr, prefixlen, ifindex);
}

int nlq_ipaddr_del(int family, void *addr, int prefixlen, unsigned int ifindex)
{
	return ioth_ipaddr_del(NULL, family, addr, prefixlen, ifindex);
}

int nlqx_iproute_add(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex)
{
	return ioth_iproute_add(stack, family, dst, dst_prefixlen, gw, ifindex);
}

int nlq_iproute_add(int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex)
{
	return ioth_iproute_add(NULL, family, dst, dst_prefixlen, gw, ifindex);
}

int nlqx_iproute_del(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex)
{
	return ioth_iproute_del(stack, family, dst, dst_prefixlen, gw, ifindex);
}

int nlq_iproute_del(int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex)
{
	return ioth_iproute_del(NULL, family, dst, dst_prefixlen, gw, ifindex);
}

int nlqx_iplink_add(struct ioth *stack, const char *ifname, unsigned int ifindex, const char *type,
    const struct nlq_iplink_data *ifd, int nifd)
{
	struct nlq_link_data data[DATA_MAX];
	struct nlq_socket client;
	int result;

	if (nifd < 0 || nifd > DATA_MAX || (nifd && !ifd))
		return nlq_return_errno(-EINVAL);
	for (int i = 0; i < nifd; i++) {
		if (ifd[i].tag <= 0 || ifd[i].tag > TAG_MAX || ifd[i].len < 0)
			return nlq_return_errno(-EINVAL);
		data[i] = (struct nlq_link_data){
		    .type = (uint16_t)ifd[i].tag,
		    .data = ifd[i].data,
		    .len = (size_t)ifd[i].len,
		};
	}
	result = nlq_socket_open(&client, stack);
	if (!result) {
		result = nlq_dialog_link_add_data(&client.io, ifname, ifindex, type, data, (size_t)nifd);
		nlq_socket_close(&client);
	}
	return nlq_return_errno(result);
}

int nlq_iplink_add(const char *ifname, unsigned int ifindex, const char *type,
    const struct nlq_iplink_data *ifd, int nifd)
{
	return nlqx_iplink_add(NULL, ifname, ifindex, type, ifd, nifd);
}

int nlqx_iplink_del(struct ioth *stack, const char *ifname, unsigned int ifindex)
{
	return ioth_iplink_del(stack, ifname, ifindex);
}

int nlq_iplink_del(const char *ifname, unsigned int ifindex)
{
	return ioth_iplink_del(NULL, ifname, ifindex);
}
