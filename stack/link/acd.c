/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 address conflict detection (RFC 5227), by option (options.arp_probe).
 *
 * With it, a new address is tentative: three probes at random times, then it is used and announced
 * twice. Somebody else's packet with this sender, or his probe for it meanwhile, and the address
 * has failed (IFA_F_DADFAILED). In use, one conflict is answered by an announcement; a second one
 * within ten seconds and we give up (section 2.4 (b)).
 *
 * Without it, as on Linux, an address is used at once; it is announced once, so that neighbours
 * that knew it elsewhere learn (arp_notify).
 */
#include "ether.h"
#include "link.h"

/* RFC 5227 section 1.1. */
#define PROBE_WAIT_MS     1000
#define PROBE_NUM         3
#define PROBE_MIN_MS      1000
#define PROBE_MAX_MS      2000
#define ANNOUNCE_WAIT_MS  2000
#define ANNOUNCE_NUM      2
#define ANNOUNCE_INTERVAL (2 * PX_SEC)
#define DEFEND_INTERVAL   (10 * PX_SEC)

static void fire(struct px_stack *stack, struct px_timer *timer)
{
	struct px_dad *dad = timerq_entry(timer, struct px_dad, timer);
	struct px_address *address = dad->address;
	struct px_iface *iface = address->iface;
	struct px_ip none = px_ip4(0);

	if (address->flags & IFA_F_TENTATIVE) {
		if (dad->probes < PROBE_NUM) {
			arp_solicit(iface, &address->ip, &none, NULL);
			dad->probes++;
			if (dad->probes < PROBE_NUM)
				px_timer_after(stack, timer,
				    (PROBE_MIN_MS + px_random_below(&stack->random, PROBE_MAX_MS - PROBE_MIN_MS)) *
				        PX_MSEC);
			else
				px_timer_after(stack, timer, ANNOUNCE_WAIT_MS * PX_MSEC);
			return;
		}
		px_address_set_flags(address, 0, IFA_F_TENTATIVE);
	}
	arp_announce(iface, &address->ip);
	if (++dad->announcements < ANNOUNCE_NUM)
		px_timer_after(stack, timer, ANNOUNCE_INTERVAL);
}

void acd_start(struct px_address *address)
{
	struct px_iface *iface = address->iface;
	struct px_stack *stack = iface->stack;
	struct px_dad *dad;

	if (!px_iface_is_running(iface) || px_iface_is_loopback(iface) || (iface->flags & IFF_NOARP))
		return;
	if (!stack->options.arp_probe || (address->flags & IFA_F_NODAD)) {
		arp_announce(iface, &address->ip);
		return;
	}
	dad = px_dad_begin(address, fire);
	if (!dad) {
		arp_announce(iface, &address->ip); /* rather used without a probe than not at all */
		return;
	}
	px_address_set_flags(address, IFA_F_TENTATIVE, IFA_F_DADFAILED);
	px_timer_after(stack, &dad->timer, px_random_below(&stack->random, PROBE_WAIT_MS) * PX_MSEC);
}

static void give_up(struct px_address *address)
{
	px_timer_stop(address->iface->stack, &address->dad->timer);
	px_address_set_flags(address, IFA_F_TENTATIVE | IFA_F_DADFAILED, 0);
}

void acd_arp_received(struct px_iface *iface, const struct arp_packet *arp)
{
	struct px_stack *stack = iface->stack;
	struct px_address *address;
	struct px_dad *dad;

	address = px_address_find(stack, &arp->sender, iface);
	if (!address && px_ip_is_any(&arp->sender)) {
		/* Section 2.1.1: somebody else probes for what we probe for. */
		address = px_address_find(stack, &arp->target, iface);
		if (address && !(address->flags & IFA_F_TENTATIVE))
			return;
	}
	dad = address ? address->dad : NULL;
	if (!dad || (address->flags & IFA_F_DADFAILED))
		return;
	if (address->flags & IFA_F_TENTATIVE) {
		give_up(address);
		return;
	}
	if (dad->defended && stack->now - dad->defended < DEFEND_INTERVAL) {
		give_up(address);
		return;
	}
	dad->defended = stack->now;
	arp_announce(iface, &address->ip);
}
