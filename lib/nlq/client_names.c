/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces by name and number, netdevice(7) and /proc/net/dev, of any stack. */
#include <libnlq.h>

#include <errno.h>

#include "nlq_ioctl.h"
#include "nlq_links.h"
#include "nlq_proc.h"
#include "nlq_socket.h"

unsigned int nlqx_if_nametoindex(struct ioth *stack, const char *ifname)
{
	int ifindex = ioth_if_nametoindex(stack, ifname);

	return ifindex < 0 ? 0 : (unsigned int)ifindex;
}

unsigned int nlq_if_nametoindex(const char *ifname)
{
	return nlqx_if_nametoindex(NULL, ifname);
}

char *nlqx_if_indextoname(struct ioth *stack, unsigned int ifindex, char *ifname)
{
	struct nlq_socket client;
	struct nlq_link link;
	int error = nlq_socket_open(&client, stack);

	if (!error) {
		error = nlq_dialog_link(&client.io, NULL, ifindex, &link);
		nlq_socket_close(&client);
	}
	if (error) {
		errno = error == -ENODEV ? ENXIO : -error; /* as if_indextoname(3) */
		return NULL;
	}
	return strcpy(ifname, link.name);
}

char *nlq_if_indextoname(unsigned int ifindex, char *ifname)
{
	return nlqx_if_indextoname(NULL, ifindex, ifname);
}

/* The strings lie behind the array, in the same piece of memory. */
static struct nlq_if_nameindex *to_nameindex(const struct nlq_names *names)
{
	struct nlq_if_nameindex *list = malloc((names->count + 1) * (sizeof(*list) + IF_NAMESIZE));
	char *text;

	if (!list)
		return NULL;
	text = (char *)(list + names->count + 1);
	for (size_t i = 0; i < names->count; i++, text += IF_NAMESIZE) {
		list[i].if_index = names->list[i].ifindex;
		list[i].if_name = strcpy(text, names->list[i].name);
	}
	list[names->count] = (struct nlq_if_nameindex){0, NULL};
	return list;
}

struct nlq_if_nameindex *nlqx_if_nameindex(struct ioth *stack)
{
	struct nlq_if_nameindex *list;
	struct nlq_names names;
	struct nlq_socket client;
	int error = nlq_socket_open(&client, stack);

	if (!error) {
		error = nlq_dialog_names(&client.io, &names);
		nlq_socket_close(&client);
	}
	if (error) {
		errno = -error;
		return NULL;
	}
	list = to_nameindex(&names);
	free(names.list);
	if (!list)
		errno = ENOMEM;
	return list;
}

struct nlq_if_nameindex *nlq_if_nameindex(void)
{
	return nlqx_if_nameindex(NULL);
}

void nlq_if_freenameindex(struct nlq_if_nameindex *list)
{
	free(list);
}

void nlqx_if_freenameindex(struct ioth *stack, struct nlq_if_nameindex *list)
{
	free(list);
}

int nlqx_ioctl(struct ioth *stack, unsigned long request, void *arg)
{
	struct nlq_socket client;
	int result = nlq_socket_open(&client, stack);

	if (!result) {
		result = nlq_dialog_ioctl(&client.io, request, arg);
		nlq_socket_close(&client);
	}
	return nlq_return_errno(result);
}

int nlq_ioctl_nofd(unsigned long request, void *arg)
{
	return nlqx_ioctl(NULL, request, arg);
}

int nlq_ioctl(int fd, unsigned long request, void *arg)
{
	return nlqx_ioctl(NULL, request, arg);
}

int nlqx_proc_net_dev(struct ioth *stack, FILE *file)
{
	struct nlq_socket client;
	int result = nlq_socket_open(&client, stack);

	if (!result) {
		result = nlq_dialog_proc_net_dev(&client.io, file);
		nlq_socket_close(&client);
	}
	return nlq_return_errno(result);
}

int nlq_proc_net_dev(FILE *file)
{
	return nlqx_proc_net_dev(NULL, file);
}
