/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Destinations that differ from their route: a smaller path MTU (RFC 1191, RFC 8201), another first
 * hop (redirects of RFC 1122 section 3.2.2.2 and RFC 4861 section 8).
 *
 * Bounded, the oldest goes first. A learned MTU is forgotten after ten minutes, so that a larger
 * one is tried again (RFC 1191 section 6.3, RFC 8201 section 4); it never grows by a message.
 */
#include "ip_internal.h"

#define EXCEPTIONS_MAX 1024
#define MTU_LIFETIME   (600 * PX_SEC)
#define IP4_MIN_PMTU   552 /* net.ipv4.route.min_pmtu: smaller is not believed */

static uint64_t exception_hash(const struct px_stack *stack, const struct px_ip *dst)
{
	return siphash_1_3(&stack->random.hash_key, dst->b, sizeof(dst->b));
}

static void exception_free(struct px_stack *stack, struct ip_exception *exception)
{
	px_table_remove(&stack->ip->exceptions, &exception->hash);
	list_remove(&exception->lru);
	px_free(stack->mem, exception, sizeof(*exception));
}

static struct ip_exception *find(struct px_stack *stack, const struct px_ip *dst, uint32_t oif)
{
	uint64_t hash = exception_hash(stack, dst);
	struct px_tnode *node = px_table_chain(&stack->ip->exceptions, hash);

	for (; node; node = node->next) {
		struct ip_exception *exception = (struct ip_exception *)node;
		if (node->hash == hash && px_ip_eq(&exception->dst, dst) && exception->oif == oif)
			return exception;
	}
	return NULL;
}

const struct ip_exception *ip_exception_find(
    struct px_stack *stack, const struct px_ip *dst, uint32_t oif)
{
	struct ip_exception *exception = find(stack, dst, oif);

	if (exception && exception->mtu && exception->mtu_expires <= stack->now) {
		exception->mtu = 0;
		exception->mtu_locked = false;
		if (px_ip_is_zero(&exception->gateway)) {
			exception_free(stack, exception);
			return NULL;
		}
	}
	return exception;
}

static struct ip_exception *get(struct px_stack *stack, const struct px_ip *dst, uint32_t oif)
{
	struct ip_exception *exception = find(stack, dst, oif);

	if (exception) {
		list_remove(&exception->lru);
		list_append(&stack->ip->exception_lru, &exception->lru);
		return exception;
	}
	if (stack->ip->exceptions.count >= EXCEPTIONS_MAX) {
		exception = list_first(&stack->ip->exception_lru, struct ip_exception, lru);
		if (exception)
			exception_free(stack, exception);
	}
	exception = px_zalloc(stack->mem, sizeof(*exception));
	if (!exception)
		return NULL;
	exception->dst = *dst;
	exception->oif = oif;
	list_append(&stack->ip->exception_lru, &exception->lru);
	px_table_insert(
	    &stack->ip->exceptions, stack->mem, &exception->hash, exception_hash(stack, dst));
	return exception;
}

/* Old routers give no MTU (RFC 1191 section 7.1): the next plateau below what was sent. */
static uint32_t plateau(uint32_t sent)
{
	static const uint16_t plateaus[] = {
	    65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

	for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
		if (plateaus[i] < sent)
			return plateaus[i];
	}
	return 68;
}

void ip_pmtu_update(struct px_stack *stack, const struct ip_error *error)
{
	bool is4 = px_ip_is4(&error->dst), locked = false;
	uint32_t mtu = error->info;
	struct ip_flow flow = {.src = error->src, .dst = error->dst};
	struct ip_exception *exception;
	struct ip_dst dst;

	if (px_ip_needs_scope(&error->dst))
		flow.oif = error->iface->index;
	if (ip_route(stack, &flow, &dst) < 0 || dst.type != RTN_UNICAST)
		return;
	if (is4) {
		if (mtu < 68)
			mtu = plateau(dst.mtu);
		if (mtu < IP4_MIN_PMTU) {
			mtu = IP4_MIN_PMTU;
			locked = true;
		}
	} else if (mtu < IP6_MIN_MTU) {
		return; /* RFC 8201 section 4 */
	}
	if (mtu > dst.mtu || (mtu == dst.mtu && !locked))
		return;
	exception = get(stack, &error->dst, dst.iface->index);
	if (!exception)
		return;
	exception->mtu = mtu;
	exception->mtu_locked = locked;
	exception->mtu_expires = stack->now + MTU_LIFETIME;
	stack->generation++;
}

void ip_redirect(struct px_iface *iface, const struct px_ip *dst, const struct px_ip *gateway)
{
	struct px_stack *stack = iface->stack;
	struct ip_exception *exception = get(stack, dst, iface->index);

	if (!exception)
		return;
	exception->gateway = *gateway;
	stack->generation++;
}

void ip_exceptions_flush(struct px_stack *stack)
{
	struct ip_exception *exception;

	while ((exception = list_first(&stack->ip->exception_lru, struct ip_exception, lru)))
		exception_free(stack, exception);
	stack->generation++;
}
