/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The base, as an address or by DNS: see base.h.
 *
 * The name servers are, in this order: those of --dns, what the configuration of the stack has
 * learnt (libiothconf), /etc/resolv.conf. Of several addresses the first one is the base.
 */
#include "base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#include "addrtext.h"
#include "log.h"

static const char *describe(int error)
{
	switch (error) {
	case ENOENT:
		return "there is no such name";
	case EINVAL:
		return "this is not a name";
	case EDESTADDRREQ:
		return "there is no name server to ask";
	case ETIMEDOUT:
		return "no name server has answered";
	case EREMOTEIO:
		return "the name server has failed";
	case EACCES:
		return "the name server refuses";
	case EPROTO:
	case ENOTSUP:
		return "the name server does not understand, or is not understood";
	case ELOOP:
		return "its aliases go in a circle";
	default:
		return strerror(error);
	}
}

static bool look_up(struct iothdns *dns, const struct request *request, struct in6_addr *base)
{
	const char *host = request->base;
	int count = iothdns_lookup_aaaa(dns, host, base, 1);

	if (count > 0)
		return true;
	if (count == 0)
		log_error("base '%s': the name has no IPv6 address (AAAA)", host);
	else if (errno == EDESTADDRREQ && request->dns)
		log_error("dns '%s': there is no address of a name server in it", request->dns);
	else
		log_error("base '%s': %s", host, describe(errno));
	return false;
}

static bool look_up_on(struct ioth *stack, const struct request *request, struct in6_addr *base)
{
	char *learnt = stack && !request->dns ? ioth_resolvconf(stack, NULL) : NULL;
	char *config = request->dns ? request->dns : learnt;
	struct iothdns *dns = iothdns_init_strcfg(stack, config);
	bool found = false;

	if (dns)
		found = look_up(dns, request, base);
	else
		log_error("base '%s': " IOTHDNS_DEFAULT_RESOLV_CONF ": %s", request->base, strerror(errno));
	iothdns_fini(dns);
	free(learnt);
	return found;
}

bool base_find(const struct request *request, struct in6_addr *base)
{
	struct addrtext_prefix given;
	struct ioth *stack = NULL;
	bool found;

	if (strchr(request->base, '/')) {
		log_error("base '%s': an address without a length is expected; 64 bits of it count",
		    request->base);
		return false;
	}
	if (strchr(request->base, ':')) {
		if (addrtext_parse_ip(request->base, &given) < 0 || given.family != AF_INET6) {
			log_error("base '%s': invalid address", request->base);
			return false;
		}
		memcpy(base, given.address, sizeof(*base));
		return true;
	}
	if (request->dnsstack) {
		stack = ioth_newstackc(request->dnsstack);
		if (!stack) {
			log_error("dnsstack '%s': %s", request->dnsstack,
			    *ioth_config_error() ? ioth_config_error() : strerror(errno));
			return false;
		}
	}
	found = look_up_on(stack, request, base);
	if (stack)
		ioth_delstack(stack);
	return found;
}
