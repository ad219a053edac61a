/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls. A string is parsed whole; then the steps are taken in one order, whatever the
 * order of the tags: undo (static, rd, dhcp6, dhcp, eth), link, protocols, static items.
 *
 * The protocols run at the same time, in one loop: each waits for its own answer only. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <iothconf.h>
#include <ioth.h>

#include "link_state.h"
#include "reasons.h"
#include "registry.h"
#include "request.h"
#include "session.h"
#include "socket.h"

static struct reasons reasons = REASONS_INIT;

__attribute__((format(printf, 1, 2))) static void set_problem(const char *format, ...)
{
	char text[REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	reasons_set(&reasons, text);
}

const char *ioth_config_error(void)
{
	return reasons_get(&reasons);
}

/* Parses a string; there is no problem any more, or it is that of the string. 0 or -errno. */
static int parse(struct request *request, const char *config, enum request_form form)
{
	char text[REASON_SIZE];
	int error = request_parse(request, config, form, text, sizeof(text));

	reasons_set(&reasons, error ? text : NULL);
	return error;
}

static int to_public(int error)
{
	errno = -error;
	return -1;
}

/* The index of the interface that a request names, and its name. 0 or -ENODEV. */
static int find_interface(
    struct ioth *stack, const struct request *request, unsigned int *ifindex, char *name)
{
	struct ifreq query = {.ifr_ifindex = (int)request->ifindex};
	int found, fd;

	if (request->ifindex == 0) {
		found =
		    strlen(request->iface) < IF_NAMESIZE ? ioth_if_nametoindex(stack, request->iface) : 0;
		if (found <= 0) {
			set_problem("the stack has no interface '%.40s'", request->iface);
			return -ENODEV;
		}
		*ifindex = (unsigned int)found;
		memcpy(name, request->iface, strlen(request->iface) + 1);
		return 0;
	}
	fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	found = fd < 0 ? -1 : ioth_ioctl(fd, SIOCGIFNAME, &query);
	if (fd >= 0)
		ioth_close(fd);
	if (found < 0) {
		set_problem("the stack has no interface with index %u", request->ifindex);
		return -ENODEV;
	}
	*ifindex = request->ifindex;
	memcpy(name, query.ifr_name, IF_NAMESIZE);
	name[IF_NAMESIZE - 1] = '\0';
	return 0;
}

static int acquire(struct session **session, struct ioth *stack, const struct request *request)
{
	char name[IF_NAMESIZE];
	unsigned int ifindex;
	int error = find_interface(stack, request, &ifindex, name);

	if (error)
		return error;
	error = registry_acquire(session, stack, ifindex);
	if (error) {
		set_problem("no memory");
		return error;
	}
	memcpy((*session)->interface, name, sizeof(name));
	return 0;
}

/* The secret of RFC 7217: the user's, or the machine's, or one that lasts as long as the process.
 */
static void get_secret(uint8_t secret[SLAAC_SECRET_LEN], const char *text)
{
	static const char label[] = "iothconf";
	char machine[sizeof(label) + 64] = "";
	static uint8_t own[SLAAC_SECRET_LEN];
	FILE *file;

	if (text) {
		slaac_secret(secret, text);
		return;
	}
	file = fopen("/etc/machine-id", "re");
	if (file) {
		/* Hashed with a word of ours: the number itself is not to be shown (machine-id(5)). */
		memcpy(machine, label, sizeof(label) - 1);
		if (!fgets(machine + sizeof(label) - 1, (int)(sizeof(machine) - sizeof(label)), file))
			machine[0] = '\0';
		(void)fclose(file);
	}
	if (strlen(machine) > sizeof(label) + 8) {
		slaac_secret(secret, machine);
		return;
	}
	if (own[0] == 0 && own[1] == 0)
		(void)!getrandom(own, sizeof(own), 0);
	memcpy(secret, own, sizeof(own));
}

/* What all steps go by. */
static void prepare(struct session *session, const struct request *request)
{
	session->nodad = request->nodad;
	session->rfcdelay = request->rfcdelay;
	memcpy(session->fqdn, request->fqdn, sizeof(session->fqdn));
	memcpy(session->folded, request->folded, sizeof(session->folded));
	if (ioth_linkgetaddr(session->stack, session->ifindex, session->mac) < 0)
		memset(session->mac, 0, sizeof(session->mac)); /* lo: there is nothing to run there */
}

static void prepare_slaac(struct session *session, const struct request *request)
{
	session->slaac.kind = request->slaac;
	session->slaac.fqdn = session->folded;
	session->slaac.interface = session->interface;
	memcpy(session->slaac.mac, session->mac, sizeof(session->mac));
	if (request->slaac == SLAAC_OPAQUE)
		get_secret(session->slaac.secret, request->secret);
}

/* Waits for the protocols. */
static void wait_for_answers(struct session *session)
{
	while (session_pending(session)) {
		engine_time deadline = session_deadline(session), now = session_now();
		struct pollfd items[SESSION_FDS];
		int timeout = -1;

		for (int i = 0; i < SESSION_FDS; i++)
			items[i] =
			    (struct pollfd){.fd = i == SESSION_UDP4 ? -1 : session->fd[i], .events = POLLIN};
		if (deadline != ENGINE_NEVER)
			timeout = deadline <= now            ? 0
			          : deadline - now > INT_MAX ? INT_MAX
			                                     : (int)(deadline - now);
		(void)poll(items, SESSION_FDS, timeout);
		session_run(session);
	}
}

static void dump(struct session *session)
{
	static const char *const kinds[] = {"address", "route", "dns", "domain", "mtu"};
	static const char *const states[] = {"waiting", "applied", "refused", "duplicate"};
	const struct record *record;

	fprintf(stderr, "%s (%u):\n", session->interface, session->ifindex);
	list_for_each (record, &session->records.list, link) {
		char text[ADDRTEXT_IP_SIZE] = "", gateway[ADDRTEXT_IP_SIZE] = "";

		(void)addrtext_print_ip(text, sizeof(text), record->family, record->address);
		if (record->has_gateway)
			(void)addrtext_print_ip(gateway, sizeof(gateway), record->family, record->gateway);
		fprintf(stderr, "\t%s %s %s%s/%u%s%s %s%s\n",
		    record->source == SOURCE_STATIC  ? "static"
		    : record->source == SOURCE_DHCP4 ? "dhcp"
		    : record->source == SOURCE_DHCP6 ? "dhcp6"
		                                     : "rd",
		    kinds[record->kind], record->domain ? record->domain : "", text,
		    record->kind == RECORD_MTU ? record->mtu : record->len, gateway[0] ? " via " : "",
		    gateway, states[record->state], record->ours ? "" : " (not ours)");
	}
}

/* True: all of them are set. */
static bool configure_static(struct session *session, const struct request *request)
{
	struct session_problem problem = {0};

	session_static(session, request, &problem);
	wait_for_answers(session);
	session_static_finish(session, request, &problem);
	if (problem.error)
		set_problem("%s", problem.text);
	return problem.error == 0;
}

static int configure(struct ioth *stack, const struct request *request)
{
	unsigned int protocols = request->run & (SOURCE_RD | SOURCE_DHCP6 | SOURCE_DHCP4);
	struct session *session;
	int done = 0, error;

	error = acquire(&session, stack, request);
	if (error)
		return to_public(error);
	prepare(session, request);
	session_clean(session, request->clean);
	if (request->run & SOURCE_ETH && session_eth(session, request) == 0)
		done |= IOTHCONF_ETH;
	if (protocols) {
		registry_duid(session, &request->duid);
		prepare_slaac(session, request);
		session_start(session, request);
		wait_for_answers(session);
		done |= (int)session_finish(session);
		if (protocols & ~(unsigned int)done && !link_is(session->stack, session->interface, IFF_UP))
			set_problem("%s is down; the tag eth brings it up", session->interface);
	}
	if (request->run & SOURCE_STATIC && configure_static(session, request))
		done |= IOTHCONF_STATIC;
	if (request->debug)
		dump(session);
	registry_release(session);
	return done;
}

int ioth_config(struct ioth *stack, const char *config)
{
	struct request request;
	int error, done;

	if (!stack)
		stack = ioth_get_defstack();
	error = parse(&request, config, REQUEST_CONFIG);
	if (error)
		return to_public(error);
	done = request.list.count ? configure(stack, &request) : 0;
	error = errno;
	request_free(&request);
	errno = error;
	return done;
}

/* Then most stacks have no interface at all. */
static bool no_network(const struct request *request)
{
	return request->ifindex == 0 && (!request->vnlv || !request->vnlv[0]);
}

struct ioth *ioth_newstackc(const char *stack_config)
{
	struct request request;
	struct ioth *stack = NULL;
	int error;

	error = parse(&request, stack_config, REQUEST_NEWSTACK);
	if (error) {
		errno = -error;
		return NULL;
	}
	stack = ioth_newstackv(request.stack, request.vnlv);
	if (!stack) {
		set_problem("%s", ioth_error());
		goto out;
	}
	/* A stack without anything to configure needs no interface. */
	if ((request.run || request.clean || request.debug) && configure(stack, &request) < 0) {
		error = errno;
		if (error == ENODEV && no_network(&request))
			set_problem("the stack has no interface '%.40s': there is no vnl=", request.iface);
		(void)ioth_delstack(stack);
		errno = error;
		stack = NULL;
	}
out:
	error = errno;
	request_free(&request);
	errno = error;
	return stack;
}

char *ioth_resolvconf(struct ioth *stack, const char *config)
{
	struct request request;
	struct session *session;
	char *text = NULL;
	int error;

	if (!stack)
		stack = ioth_get_defstack();
	error = parse(&request, config, REQUEST_RESOLV);
	if (error)
		goto out;
	error = acquire(&session, stack, &request);
	request_free(&request);
	if (error)
		goto out;
	registry_heard(stack);
	if (session->records.resolver_changed) {
		text = records_resolvconf(&session->records);
		error = text ? 0 : -ENOMEM;
		session->records.resolver_changed = !text;
	}
	registry_release(session);
out:
	errno = -error;
	return text;
}

int ioth_config_notify(struct ioth *stack, ioth_config_function *function, void *argument)
{
	int error = registry_notify(stack ? stack : ioth_get_defstack(), function, argument);

	reasons_set(&reasons, NULL);
	return error ? to_public(error) : 0;
}

int ioth_config_fd(struct ioth *stack)
{
	int fd = registry_fd(stack ? stack : ioth_get_defstack());

	reasons_set(&reasons, NULL);
	return fd < 0 ? to_public(fd) : fd;
}
