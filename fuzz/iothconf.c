/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines of iothconf against a peer that says anything at any time.
 *
 * Input: records of a byte that chooses what happens, a byte of length, and that many bytes: a
 * message to an engine (whose transaction number and identifier are put right, or nothing would
 * ever be looked at), time that passes, a call. After each: an engine that is at work has a
 * deadline or a lease without end, what it keeps is within its arrays, and it has not sent more
 * than one message for what came.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dad.h"
#include "dhcp4_client.h"
#include "dhcp6_client.h"
#include "discovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
static uint32_t dice;
static unsigned int sent;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t roll(void *context)
{
	return dice = dice * 1664525 + 1013904223;
}

static void send4(void *context, const uint8_t source[4], const uint8_t destination[4],
    const void *payload, size_t len)
{
	struct dhcp4_message message;

	sent++;
	require(dhcp4_parse(&message, payload, len) == 0);
}

static void probe4(void *context, const uint8_t address[4])
{
	sent++;
}

static void event4(void *context, enum dhcp4_event event)
{
}

static void send6(void *context, const void *payload, size_t len)
{
	struct dhcp6_message message;

	sent++;
	require(dhcp6_parse(&message, payload, len) == 0);
}

static void event6(void *context, enum dhcp6_event event)
{
}

static void solicit(void *context)
{
	sent++;
}

static void changed(void *context, enum discovery_event event)
{
}

static const struct dhcp4_ops ops4 = {roll, send4, probe4, event4};
static const struct dhcp6_ops ops6 = {roll, send6, event6};
static const struct discovery_ops discovery_ops = {roll, solicit, changed};

static struct dhcp4_client four;
static struct dhcp6_client six;
static struct discovery discovery;

static void input4(engine_time now, const uint8_t *data, size_t size)
{
	uint8_t packet[600];
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct dhcp4_header header = {.op = DHCP4_BOOTREPLY, .htype = 1, .hlen = 6, .xid = four.xid};

	if (size < 5)
		return;
	memcpy(header.yiaddr, data, 4);
	memcpy(header.chaddr, mac, sizeof(mac));
	dhcp4_put_header(&writer, &header);
	dhcp4_put_u8(&writer, DHCP4_MESSAGE_TYPE, data[4]);
	wire_put_bytes(&writer, data + 5, size - 5);
	dhcp4_client_input(&four, now, packet, writer.at);
}

static void input6(engine_time now, const uint8_t *data, size_t size)
{
	uint8_t packet[600];
	struct wire_writer writer = wire_writer(packet, sizeof(packet));

	if (size < 1)
		return;
	dhcp6_put_header(&writer, data[0], six.xid);
	dhcp6_put_duid(&writer, DHCP6_CLIENT_ID, &six.config.duid);
	wire_put_bytes(&writer, data + 1, size - 1);
	dhcp6_client_input(&six, now, packet, writer.at);
}

static void input_ra(engine_time now, const uint8_t *data, size_t size)
{
	static const uint8_t head[4] = {ND_ROUTER_ADVERT};
	uint8_t router[16] = {0xfe, 0x80}, packet[300];
	static struct ra ra;

	if (size < 1)
		return;
	router[15] = data[0];
	memcpy(packet, head, sizeof(head));
	memcpy(packet + sizeof(head), data + 1, size - 1);
	if (ra_parse(&ra, packet, sizeof(head) + size - 1) == 0)
		discovery_input(&discovery, now, router, &ra);
}

static void check(void)
{
	require(four.state < DHCP4_STATES && six.state < DHCP6C_STATES);
	require(four.lease.routers <= DHCP4_LIST_MAX && four.lease.dns <= DHCP4_LIST_MAX &&
	        four.lease.domains <= DHCP4_LIST_MAX && four.lease.routes <= DHCP4_LIST_MAX);
	require(four.deadline != ENGINE_NEVER || four.state == DHCP4_STOPPED ||
	        (four.state == DHCP4_BOUND && four.lease.seconds == DHCP4_FOREVER));
	require(six.lease.count <= DHCP6_ADDRESSES_MAX && six.lease.dns <= DHCP6_LIST_MAX &&
	        six.lease.domains <= DHCP6_LIST_MAX);
	require(six.deadline != ENGINE_NEVER || six.state == DHCP6C_STOPPED ||
	        six.state == DHCP6C_BOUND || six.state == DHCP6C_INFORMED);
	require(discovery.routers <= DISCOVERY_ROUTERS && discovery.prefixes <= RA_LIST_MAX &&
	        discovery.routes <= RA_LIST_MAX && discovery.servers <= RA_LIST_MAX &&
	        discovery.domains <= RA_LIST_MAX);
}

static void act(uint8_t what, engine_time *now, const uint8_t *data, size_t size)
{
	engine_time next = engine_min(engine_min(four.deadline, six.deadline), discovery.deadline);

	switch (what % 10) {
	case 0:
	case 1:
		input4(*now, data, size);
		break;
	case 2:
	case 3:
		input6(*now, data, size);
		break;
	case 4:
		input_ra(*now, data, size);
		break;
	case 5:
	case 6: /* to the next deadline */
		if (next != ENGINE_NEVER && next > *now)
			*now = next;
		break;
	case 7: /* further */
		*now += (engine_time)(size ? data[0] : 1) * 3600 * ENGINE_SECOND;
		break;
	case 8:
		if (what & 128)
			dhcp4_client_reboot(&four, *now);
		else
			dhcp6_client_confirm(&six, *now);
		break;
	default:
		if (size >= 14)
			dhcp4_client_arp(&four, *now, data, data + 6, data + 10);
		if (size >= 16)
			dhcp6_client_decline(&six, *now, data);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader reader = wire_reader(data, size);
	uint8_t flags = wire_u8(&reader);
	struct dhcp4_config config4 = {
	    .persistent = flags & 1, .probe = flags & 2, .rapid = flags & 4, .all_options = flags & 8};
	struct dhcp6_config config6 = {.duid = dhcp_duid_ll(mac),
	    .persistent = flags & 1,
	    .rapid = flags & 4,
	    .collect = flags & 8,
	    .information = flags & 16,
	    .iaid = 1};
	engine_time now = 1000000;

	memcpy(config4.mac, mac, sizeof(mac));
	dice = flags;
	dhcp4_client_init(&four, &config4, &ops4, NULL);
	dhcp6_client_init(&six, &config6, &ops6, NULL);
	discovery_init(&discovery, false, &discovery_ops, NULL);
	dhcp4_client_start(&four, now);
	dhcp6_client_start(&six, now);
	discovery_start(&discovery, now);
	while (wire_left(&reader) > 0) {
		uint8_t what = wire_u8(&reader);
		size_t len = wire_u8(&reader), left = wire_left(&reader);
		const uint8_t *bytes = wire_take(&reader, len < left ? len : left);

		sent = 0;
		act(what, &now, bytes, len < left ? len : left);
		require(sent <= 2); /* a decline of each is the most */
		dhcp4_client_timer(&four, now);
		dhcp6_client_timer(&six, now);
		discovery_timer(&discovery, now);
		require(sent <= 6);
		check();
	}
	return 0;
}
