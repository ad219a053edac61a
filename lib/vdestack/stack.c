/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack: a namespace of the helper's, and interfaces that the relay joins to their networks.
 *
 * The networks are opened first, in the program, so that they are reached from the network the
 * program is in, and since they are what fails most often. */
#include "vdestack_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <vdelink.h>

#include "command.h"
#include "outside.h"
#include "process.h"
#include "retire.h"
#include "standard.h"
#include "vnl.h"

struct vdestack {
	struct helper *helper;
	struct helper_stack id;
	pthread_mutex_t retiring; /* of `retire` */
	struct retire *retire;    /* NULL: nothing was */
	unsigned int lines;
	struct relay_line *line[];
};

/* An interface that is being made. */
struct attachment {
	char name[IFNAMSIZ];
	const char *network;
	unsigned int number; /* in the configuration */
	struct vdelink *link;
};

/* ---- interfaces ------------------------------------------------------------------------------ */

/* The configuration's interfaces, names settled; those without a network are left out. */
static int name_interfaces(const struct vdestack_config *config, struct attachment *attachment,
    unsigned int *count, unsigned int *failed)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < config->count; i++) {
		const struct vdestack_interface *interface = &config->interface[i];
		struct attachment *a = &attachment[*count];

		if (interface->vnl == NULL || interface->vnl[0] == '\0')
			continue;
		err = vnl_split(interface->vnl, a->name, &a->network);
		if (err == 0 && interface->name != NULL) {
			err = vnl_check_name(interface->name, strlen(interface->name));
			if (err == 0)
				strcpy(a->name, interface->name);
		} else if (err == 0 && a->name[0] == '\0') {
			snprintf(a->name, sizeof(a->name), "vde%u", *count);
		}
		if (err < 0) {
			*failed = i;
			return err;
		}
		a->number = i;
		(*count)++;
	}
	return 0;
}

/* The mark is for the threads that the network starts. They have all signals blocked, since they
 * descend from one of vdelink's; the caller has not, and can be ended while it waits. */
static int open_link(struct attachment *attachment)
{
	unsigned long mark = outside_enter();
	int err = vdelink_open(attachment->network, "vdestack", &attachment->link);

	outside_leave(mark);
	if (err < 0)
		attachment->link = NULL;
	return err;
}

static void close_links(struct attachment *attachment, unsigned int count)
{
	unsigned long mark = outside_enter();

	while (count > 0)
		if (attachment[--count].link != NULL)
			vdelink_close(attachment[count].link);
	outside_leave(mark);
}

/* Has the helper make the interface, and gives it and the link to the relay. */
static int plug(struct vdestack *stack, struct attachment *attachment, unsigned int mtu)
{
	struct helper_request request = {.op = HELPER_PORT, .stack = stack->id};
	struct helper_reply reply;
	struct relay *relay;
	int fd, err;

	strcpy(request.u.port.name, attachment->name);
	request.u.port.mtu = mtu;
	request.u.port.flags = netns_port_flags(secure_getenv("IOTH_NETNS_PORT"));
	err = helper_ask(stack->helper, &request, NULL, 0, &reply, &fd, MSG_CMSG_CLOEXEC);
	if (err < 0)
		return err;
	reply.u.port.fd = fd;
	err = process_relay(&relay);
	if (err == 0)
		err = relay_add(relay, &reply.u.port, attachment->link, &stack->line[stack->lines]);
	if (err < 0) {
		close(fd);
		return err;
	}
	attachment->link = NULL; /* the relay's */
	stack->lines++;
	return 0;
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static int namespace_new(struct vdestack *stack)
{
	struct helper_request request = {.op = HELPER_NEW};
	struct helper_reply reply;
	int err = helper_ask(stack->helper, &request, NULL, 0, &reply, NULL, 0);

	stack->id = reply.u.stack;
	return err;
}

static void namespace_delete(struct vdestack *stack)
{
	struct helper_request request = {.op = HELPER_DELETE, .stack = stack->id};
	struct helper_reply reply;

	helper_ask(stack->helper, &request, NULL, 0, &reply, NULL, 0);
}

static void remove_lines(struct vdestack *stack)
{
	unsigned long mark = outside_enter();

	while (stack->lines > 0)
		process_remove_line(stack->line[--stack->lines]);
	outside_leave(mark);
}

static int stack_new(struct attachment *attachment, unsigned int count, unsigned int mtu,
    struct vdestack **stack, unsigned int *failed)
{
	struct vdestack *s;
	unsigned int i;
	int err;

	s = calloc(1, sizeof(*s) + count * sizeof(s->line[0]));
	if (s == NULL)
		return -ENOMEM;
	pthread_mutex_init(&s->retiring, NULL);
	err = process_join(&s->helper);
	if (err < 0)
		goto fail_join;
	err = namespace_new(s);
	if (err < 0)
		goto fail_namespace;
	for (i = 0; i < count; i++) {
		err = plug(s, &attachment[i], mtu);
		if (err < 0) {
			*failed = attachment[i].number;
			goto fail_plug;
		}
	}
	*stack = s;
	return 0;

fail_plug:
	remove_lines(s);
	namespace_delete(s);
fail_namespace:
	process_leave(s->helper);
fail_join:
	pthread_mutex_destroy(&s->retiring);
	free(s);
	return err;
}

int vdestack_new(
    const struct vdestack_config *config, struct vdestack **stack, unsigned int *failed)
{
	struct attachment *attachment;
	struct standard_held held;
	unsigned int count = 0, dummy = 0, i;
	int cancel_state, err;

	failed = failed != NULL ? failed : &dummy;
	*failed = config->count;
	attachment = calloc(config->count + 1U, sizeof(*attachment));
	if (attachment == NULL)
		return -ENOMEM;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	standard_hold(&held);
	err = name_interfaces(config, attachment, &count, failed);
	for (i = 0; err == 0 && i < count; i++) {
		err = open_link(&attachment[i]);
		if (err < 0)
			*failed = attachment[i].number;
	}
	if (err == 0)
		err = stack_new(attachment, count, config->mtu, stack, failed);
	close_links(attachment, count);
	standard_release(&held);
	pthread_setcancelstate(cancel_state, NULL);
	free(attachment);
	return err;
}

void vdestack_free(struct vdestack *stack)
{
	int cancel_state;

	if (stack == NULL)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	/* A forked child has no relay; the namespace is its parent's to delete. */
	if (helper_is_own(stack->helper)) {
		remove_lines(stack);
		namespace_delete(stack);
	}
	retire_free(stack->retire);
	process_leave(stack->helper);
	pthread_setcancelstate(cancel_state, NULL);
	pthread_mutex_destroy(&stack->retiring);
	free(stack);
}

/* ---- use ------------------------------------------------------------------------------------- */

int vdestack_socket(struct vdestack *stack, int domain, int type, int protocol)
{
	struct helper_request request = {
	    .op = HELPER_SOCKET,
	    .stack = stack->id,
	    .u.socket = {.domain = domain, .type = type, .protocol = protocol},
	};
	struct helper_reply reply;
	int fd, err;

	err = helper_ask(stack->helper, &request, NULL, 0, &reply, &fd,
	    (type & SOCK_CLOEXEC) != 0 ? MSG_CMSG_CLOEXEC : 0);
	return err < 0 ? err : fd;
}

int vdestack_accept_ra(struct vdestack *stack, unsigned int ifindex, int accept)
{
	struct helper_request request = {
	    .op = HELPER_ACCEPT_RA,
	    .stack = stack->id,
	    .u.accept_ra = {.ifindex = ifindex, .accept = accept},
	};
	struct helper_reply reply;

	return helper_ask(stack->helper, &request, NULL, 0, &reply, NULL, 0);
}

static bool may_be_retired(const struct in6_addr *address)
{
	return !IN6_IS_ADDR_LINKLOCAL(address) && !IN6_IS_ADDR_LOOPBACK(address);
}

int vdestack_ipaddr_retire(
    struct vdestack *stack, int family, const void *address, int prefixlen, unsigned int ifindex)
{
	struct in6_addr copy;
	struct relay *relay;
	int cancel_state, err;

	if (address == NULL)
		return -EFAULT;
	if (family != AF_INET6)
		return family == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT;
	memcpy(&copy, address, sizeof(copy));
	/* A forked child has no relay; without an interface nobody comes. */
	if (!may_be_retired(&copy) || stack->lines == 0 || !helper_is_own(stack->helper))
		return -EOPNOTSUPP;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = process_relay(&relay);
	if (err == 0) {
		pthread_mutex_lock(&stack->retiring);
		err = retire_address(&stack->retire, stack, relay, stack->line, stack->lines, copy.s6_addr,
		    prefixlen, ifindex);
		pthread_mutex_unlock(&stack->retiring);
	}
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

int vdestack_ipaddr_reopen(
    struct vdestack *stack, int family, const void *address, int prefixlen, unsigned int ifindex)
{
	struct in6_addr copy;
	int cancel_state, err;

	if (address == NULL || family != AF_INET6 || !helper_is_own(stack->helper))
		return -EADDRNOTAVAIL;
	memcpy(&copy, address, sizeof(copy));
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	pthread_mutex_lock(&stack->retiring);
	err = retire_reopen(stack->retire, copy.s6_addr, prefixlen, ifindex);
	pthread_mutex_unlock(&stack->retiring);
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

/* The block as a file that can be sent. */
static int block_file(const struct command_block *block)
{
	const char *data = (const char *)block;
	size_t left = block->size;
	int fd, err;

	fd = memfd_create("vdestack command", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (left > 0) {
		ssize_t n = write(fd, data, left);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			err = -errno;
			close(fd);
			return err;
		}
		data += n;
		left -= (size_t)n;
	}
	return fd;
}

/* Those of the descriptors 0, 1 and 2 that are open, as bits. */
static unsigned int standard_descriptors(void)
{
	unsigned int open = 0;
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			open |= 1U << fd;
	return open;
}

static int ask_to_run(struct vdestack *stack, unsigned int standard, int block)
{
	struct helper_request request = {.op = HELPER_COMMAND, .stack = stack->id};
	struct helper_reply reply;
	int descriptor[HELPER_DESCRIPTORS_MAX], fd, err;
	unsigned int count = HELPER_COMMAND_STANDARD;

	descriptor[HELPER_COMMAND_BLOCK] = block;
	descriptor[HELPER_COMMAND_DIRECTORY] = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (descriptor[HELPER_COMMAND_DIRECTORY] < 0)
		return -errno;
	request.u.command.standard = standard;
	for (fd = 0; fd <= 2; fd++)
		if ((standard & (1U << fd)) != 0)
			descriptor[count++] = fd;
	pthread_sigmask(SIG_SETMASK, NULL, &request.u.command.signal_mask);
	err = helper_ask(stack->helper, &request, descriptor, count, &reply, NULL, 0);
	close(descriptor[HELPER_COMMAND_DIRECTORY]);
	return err;
}

int vdestack_command(struct vdestack *stack, const char *commands)
{
	struct command_list list;
	struct command_block *block;
	unsigned int standard = standard_descriptors(); /* before ours can take their numbers */
	int cancel_state, fd, err;

	err = command_parse(commands, &list);
	if (err < 0)
		return err;
	if (list.commands == 0) {
		command_list_free(&list);
		return 0;
	}
	err = command_block_new(&list, environ, &block);
	command_list_free(&list);
	if (err < 0)
		return err;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	fd = block_file(block);
	free(block);
	err = fd;
	if (fd >= 0) {
		err = ask_to_run(stack, standard, fd);
		close(fd);
	}
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}
