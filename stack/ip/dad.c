/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Duplicate address detection (RFC 4862 section 5.4, RFC 4429, RFC 7527).
 *
 * An address starts tentative (optimistic_dad: usable with care). After a random delay of up to a
 * second it is asked for dad_transmits times; an answer, or somebody who asks for it from :: too,
 * and it has failed; silence for RetransTimer after the last question, and it is ours.
 *
 * A nonce in the question tells our own that a hub reflected from another's.
 *
 * An address that was found to be ours is announced (RFC 4861 section 7.2.6), once as Linux does
 * with ndisc_notify: neighbours that knew it at another MAC address, of a node that was here
 * before, learn at once. Not so one without detection (IFA_F_NODAD): nobody on the link was asked
 * for it, and nobody needs to hear of it who does not ask. One-time addresses count on that.
 */
#include "ip_internal.h"

#define DELAY_MS 1000 /* MAX_RTR_SOLICITATION_DELAY */

static void ask(struct px_stack *stack, struct px_dad *dad)
{
	struct px_address *address = dad->address;
	struct px_ip node = px_ip6_solicited_node(&address->ip), none = PX_IP_NONE;
	struct px_pkt *pkt = px_pkt_alloc(stack, 32);
	struct wire_writer writer;

	if (!pkt)
		return;
	writer = wire_writer(px_pkt_put(pkt, 32), 32);
	wire_put_u32(&writer, (uint32_t)ICMP6_NEIGHBOUR_SOLICITATION << 24);
	wire_put_u32(&writer, 0);
	wire_put_bytes(&writer, address->ip.b, 16);
	wire_put_u8(&writer, ND_OPT_NONCE);
	wire_put_u8(&writer, 1);
	wire_put_bytes(&writer, dad->nonce, sizeof(dad->nonce));
	icmp6_send(stack, address->iface, pkt, &none, &node, 255);
}

static void finish(struct px_address *address)
{
	px_dad_end(address);
	px_address_set_flags(address, 0, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
	/* Reports of groups want a link-local source, and so do router solicitations. */
	if (px_ip_is_link_local(&address->ip)) {
		group_iface_up(address->iface);
		nd_router_start(address->iface);
	}
}

static void fire(struct px_stack *stack, struct px_timer *timer)
{
	struct px_dad *dad = timerq_entry(timer, struct px_dad, timer);
	struct px_address *address = dad->address;

	if (dad->probes >= address->iface->ip6->config.dad_transmits) {
		finish(address);
		nd_announce(address);
		return;
	}
	dad->probes++;
	ask(stack, dad);
	px_timer_after(stack, timer, address->iface->neighbour[1].retrans * PX_MSEC);
}

void dad_start(struct px_address *address)
{
	struct px_iface *iface = address->iface;
	struct px_stack *stack = iface->stack;
	struct ip6_config *config = &iface->ip6->config;
	uint64_t nonce = px_random64(&stack->random);
	struct px_dad *dad;

	px_dad_end(address);
	if (px_iface_is_loopback(iface) || (iface->flags & IFF_NOARP) || config->dad_transmits == 0 ||
	    (address->flags & IFA_F_NODAD)) {
		finish(address);
		return;
	}
	px_address_set_flags(address,
	    IFA_F_TENTATIVE | (config->optimistic_dad ? (uint32_t)IFA_F_OPTIMISTIC : 0),
	    IFA_F_DADFAILED);
	if (!iface->ip6->running || !iface->carrier)
		return; /* waits for the link: ip.c starts it again */
	dad = px_dad_begin(address, fire);
	if (!dad) {
		finish(address); /* rather used without detection than not at all */
		return;
	}
	memcpy(dad->nonce, &nonce, sizeof(dad->nonce));
	px_timer_after(stack, &dad->timer, px_random_below(&stack->random, DELAY_MS) * PX_MSEC);
}

static void failed(struct px_address *address)
{
	px_dad_end(address);
	px_address_set_flags(address, IFA_F_TENTATIVE | IFA_F_DADFAILED, IFA_F_OPTIMISTIC);
}

bool dad_solicited(struct px_address *address, const uint8_t *nonce)
{
	if (!(address->flags & IFA_F_TENTATIVE))
		return false;
	if (nonce && address->dad &&
	    memcmp(nonce, address->dad->nonce, sizeof(address->dad->nonce)) == 0)
		return true; /* our own question */
	failed(address);
	return true;
}

bool dad_advertised(struct px_address *address)
{
	if (!(address->flags & IFA_F_TENTATIVE))
		return false; /* in use: section 5.4.4 leaves it; so do we */
	failed(address);
	return true;
}
