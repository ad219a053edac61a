/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Retired addresses (ip/retired.c): flows go on, everybody else meets nothing.
 *
 *      peer ::1 ---+
 *                  +--- wire --- server ::2, and ::c:2, which is retired
 *  stranger ::3 ---+
 *     router ::4 --+
 *        |
 *      far wire --- far peer 2001:db8:f::1
 */
#include "stream.h"
#include "udp.h"

#include <linux/if_ether.h>

#define RETIRED "2001:db8::c:2"

static struct px_iface *server, *peer, *stranger;
static struct tcp_end *listener;
static struct udp_end *everybody; /* bound to no address */
static uint64_t from_server;      /* frames */

static int attach(struct px_stack *stack)
{
	int err = tcp_host_attach(stack);

	return err ? err : udp_attach(stack);
}

static bool count(struct sim_wire *at, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	(void)at;
	(void)frame;
	(void)len;
	(void)argument;
	if (from && from->iface == server)
		from_server++;
	return true;
}

static struct udp_end *datagrams(struct px_iface *iface, const char *local, uint16_t port)
{
	struct px_ip ip = local ? px_ip_parse(local) : PX_IP_NONE;
	struct udp_end *end;

	assert_int_equal(udp_new(iface->stack, AF_INET6, &end), 0);
	end->endpoint.flags |= ENDPOINT_REUSEADDR;
	assert_int_equal(udp_bind(end, &ip, port, 0), 0);
	return end;
}

static void talk_to(struct udp_end *end, const char *to, uint16_t port)
{
	struct px_ip ip = px_ip_parse(to);

	assert_int_equal(udp_connect(end, &ip, port, 0), 0);
}

static void say(struct udp_end *end)
{
	const struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct px_pkt *pkt = px_pkt_alloc(end->endpoint.stack, 100);

	memset(px_pkt_put(pkt, 100), 'x', 100);
	(void)udp_send(end, pkt, &send);
}

/* Datagrams that wait, taken. */
static unsigned int heard(struct udp_end *end)
{
	unsigned int heard_now = 0;
	struct px_pkt *pkt;

	while ((pkt = px_pktq_take(&end->endpoint.rx))) {
		px_pkt_free(pkt);
		heard_now++;
	}
	end->endpoint.rx_truesize = 0;
	return heard_now;
}

static struct px_address *address(void)
{
	struct px_ip ip = px_ip_parse(RETIRED);

	return px_address_find(server->stack, &ip, server);
}

static void add(void)
{
	struct px_address_config config = {
	    .ip = px_ip_parse(RETIRED), .prefix = 64, .scope = -1, .flags = IFA_F_NODAD};

	assert_int_equal(px_address_add(server, &config, NULL), 0);
}

static void retire(void)
{
	assert_int_equal(ip_retire(address()), 0);
	px_run(server->stack, server->stack->now);
	assert_null(address());
}

static void hosts(void)
{
	server = net_host(attach, 2);
	peer = net_host(attach, 1);
	stranger = net_host(attach, 3);
	add();
	listener = listener_on(server, 7000, 10);
	everybody = datagrams(server, NULL, 7000);
	wire->probe = count;
	sim_run(sim, 5 * PX_SEC);
}

/* Whoever knows where the address was: his frames do arrive. */
static void knows(struct px_iface *iface)
{
	static const uint8_t mac[PX_MAC_LEN] = {2, 0, 0, 0, 0, 2};
	struct px_ip ip = px_ip_parse(RETIRED);

	neighbour_update(neighbour_get(iface, &ip), mac, NEIGHBOUR_PERMANENT);
}

/* Each thing that one can do to an address; the server does not say a word. */
static void meets_nothing(struct px_iface *who)
{
	struct tcp_end *new = new_end(who, AF_INET6);
	struct udp_end *datagram = datagrams(who, NULL, 0), *closed = datagrams(who, NULL, 0);
	uint64_t before, pongs = net_pongs(who);

	sim_run(sim, 40 * PX_SEC); /* what others had to say to each other */
	before = from_server;
	assert_int_equal(connect_text(new, RETIRED, 7000), -EINPROGRESS);
	talk_to(datagram, RETIRED, 7000);
	talk_to(closed, RETIRED, 9);
	say(datagram);
	say(closed);
	net_ping(who, RETIRED, 10, NULL);
	net_send(who, RETIRED, 253, 100, NULL); /* a protocol that there is not */
	net_send(who, RETIRED, IPPROTO_FRAGMENT, 100, NULL);
	net_send(who, RETIRED, IPPROTO_HOPOPTS, 100, NULL); /* options that make no sense */
	net_send(who, RETIRED, IPPROTO_ROUTING, 100, NULL);
	net_ping(who, "ff02::1:ff0c:2", 10, NULL); /* the group of its solicitations */
	net_send(who, "ff02::1:ff0c:2", IPPROTO_DSTOPTS, 100, NULL);
	sim_run(sim, 4 * PX_SEC);
	assert_int_equal(from_server, before);
	/* No neighbour, or no answer; not refused. */
	if (new->state != TCP_STATE_SYN_SENT)
		assert_int_equal(new->endpoint.error, EHOSTUNREACH);
	assert_int_not_equal(closed->endpoint.error, ECONNREFUSED);
	assert_int_equal(heard(everybody), 0);
	assert_int_equal(net_pongs(who), pongs);
	tcp_abort(new);
	udp_free(datagram);
	udp_free(closed);
	px_run(who->stack, who->stack->now);
}

static void connect_to(struct pair *pair, struct px_iface *from)
{
	memset(pair, 0, sizeof(*pair));
	pair->ia = from;
	pair->ib = server;
	pair->listener = listener;
	pair_connect(pair, RETIRED);
}

/* `total` bytes more each way. */
static void transfer(struct pair *pair, uint64_t total)
{
	pair->ab.total += total;
	pair->ba.total += total;
	for (unsigned int i = 0;
	     i < 60000 && (pair->ab.received < pair->ab.total || pair->ba.received < pair->ba.total);
	     i++) {
		stream_pump(pair->a, &pair->ab, 8192);
		stream_pump(pair->b, &pair->ba, 8192);
		sim_run(sim, 10 * PX_MSEC);
		stream_read(pair->b, &pair->ab, 1 << 20);
		stream_read(pair->a, &pair->ba, 1 << 20);
	}
	assert_int_equal(pair->ab.received, pair->ab.total);
	assert_int_equal(pair->ba.received, pair->ba.total);
}

static void finish(struct pair *pair)
{
	tcp_close(pair->b);
	tcp_close(pair->a);
	sim_run(sim, PX_SEC);
}

static void test_flow_goes_on(void **state)
{
	struct pair pair;

	hosts();
	connect_to(&pair, peer);
	transfer(&pair, 100000);
	retire();
	transfer(&pair, 100000);
	assert_non_null(server->stack->retired);
	meets_nothing(stranger); /* who asks for it, and is not answered */
	knows(stranger);
	meets_nothing(stranger);
	knows(peer);
	meets_nothing(peer); /* with whom it goes on, */
	transfer(&pair, 100000);
	tcp_close(listener); /* and without the listener */
	transfer(&pair, 1000);
	/* The server closed first: TIME-WAIT keeps the address, and ends. */
	finish(&pair);
	assert_non_null(server->stack->retired);
	sim_run(sim, 61 * PX_SEC);
	assert_null(server->stack->retired);
	knows(peer);
	meets_nothing(peer);
}

/* The neighbour forgets, asks, probes. */
static void test_solicitations(void **state)
{
	uint8_t solicitation[32] = {ICMP6_NEIGHBOUR_SOLICITATION};
	struct px_ip ip = px_ip_parse(RETIRED);
	uint64_t before;
	struct pair pair;

	hosts();
	connect_to(&pair, peer);
	transfer(&pair, 1000);
	retire();
	/* The peer asks by multicast. */
	for (unsigned int i = 0; i < 3; i++) {
		neighbour_delete(neighbour_find(peer, &ip));
		transfer(&pair, 1000);
	}
	/* With its own address, with its link-local address from its MAC; not others. */
	memcpy(solicitation + 8, ip.b, 16);
	memcpy(solicitation + 24, (uint8_t[]){ND_OPT_SOURCE_MAC, 1, 2, 0, 0, 0, 0, 1}, 8);
	sim_run(sim, 40 * PX_SEC);
	before = from_server;
	net_inject6("2001:db8::1", RETIRED, IPPROTO_ICMPV6, 255, solicitation, 32);
	sim_run(sim, PX_SEC);
	assert_int_equal(from_server, before + 1);
	net_inject6("fe80::ff:fe00:1", RETIRED, IPPROTO_ICMPV6, 255, solicitation, 32);
	sim_run(sim, PX_SEC);
	assert_int_equal(from_server, before + 2);
	net_inject6("fe80::ff:fe00:1", "ff02::1:ff0c:2", IPPROTO_ICMPV6, 255, solicitation, 32);
	sim_run(sim, PX_SEC);
	assert_int_equal(from_server, before + 3);
	solicitation[31] = 3;
	sim_run(sim, 40 * PX_SEC);
	before = from_server;
	net_inject6("fe80::ff:fe00:3", RETIRED, IPPROTO_ICMPV6, 255, solicitation, 32);
	net_inject6("2001:db8::3", "ff02::1:ff0c:2", IPPROTO_ICMPV6, 255, solicitation, 32);
	net_inject6("::", "ff02::1:ff0c:2", IPPROTO_ICMPV6, 255, solicitation, 24);
	sim_run(sim, 10 * PX_SEC);
	assert_int_equal(from_server, before);
	/* After the end nobody's. */
	tcp_abort(pair.b);
	sim_run(sim, 40 * PX_SEC);
	assert_null(server->stack->retired);
	before = from_server;
	solicitation[31] = 1;
	net_inject6("2001:db8::1", RETIRED, IPPROTO_ICMPV6, 255, solicitation, 32);
	sim_run(sim, PX_SEC);
	assert_int_equal(from_server, before);
}

/* Peers of the UDP kind, and those who are none. */
static void test_datagrams(void **state)
{
	struct udp_end *near, *other, *connected;

	hosts();
	near = datagrams(peer, "2001:db8::1", 5000);
	other = datagrams(peer, "2001:db8::1", 5001);
	connected = datagrams(server, RETIRED, 7000);
	talk_to(connected, "2001:db8::1", 5000);
	talk_to(near, RETIRED, 7000);
	talk_to(other, RETIRED, 7000);
	retire();
	for (unsigned int i = 0; i < 3; i++) {
		say(near);
		say(connected);
		say(other);
		sim_run(sim, 60 * PX_SEC);
		assert_int_equal(heard(connected), 1);
		assert_int_equal(heard(near), 1);
		assert_int_equal(heard(everybody) + heard(other), 0);
		assert_int_equal(other->endpoint.error, 0);
	}
	meets_nothing(stranger);
	knows(stranger);
	meets_nothing(stranger);
	/* To somebody else: the address goes. */
	talk_to(connected, "2001:db8::3", 5000);
	px_run(server->stack, server->stack->now);
	say(near);
	sim_run(sim, PX_SEC);
	assert_int_equal(heard(connected), 0);
	udp_free(connected);
	sim_run(sim, PX_SEC);
	assert_null(server->stack->retired);
	say(near);
	sim_run(sim, PX_SEC);
	assert_int_equal(near->endpoint.error, 0);
}

/* A router between, whose far link carries less: solicitations and errors are its. */
static void test_router(void **state)
{
	struct sim_wire *far_wire = sim_wire_new(sim);
	struct px_iface *router, *far_side, *far;
	struct pair pair;

	hosts();
	router = net_host(attach, 4);
	router->stack->options.ip6_forwarding = true;
	far_side = sim_connect(
	    sim_node_new(sim, attach), &ethernet_type, far_wire, 5); /* takes the far peer's place */
	far = far_side;
	{
		struct sim_node *node = list_last(&sim->nodes, struct sim_node, node);
		struct px_address_config config = {
		    .ip = px_ip_parse("2001:db8:f::1"), .prefix = 64, .scope = -1, .flags = IFA_F_NODAD};

		(void)node;
		assert_int_equal(px_address_add(far, &config, NULL), 0);
		list_for_each (node, &sim->nodes, node) {
			if (node->stack == router->stack)
				break;
		}
		far_side = sim_connect(node, &ethernet_type, far_wire, 6);
		config.ip.b[15] = 4;
		assert_int_equal(px_address_add(far_side, &config, NULL), 0);
	}
	assert_int_equal(px_iface_set_mtu(far_side, 1300), 0);
	net_route(far, "::", 0, "2001:db8:f::4");
	net_route(server, "2001:db8:f::", 64, "2001:db8::4");
	sim_run(sim, 5 * PX_SEC);
	connect_to(&pair, far);
	retire();
	transfer(&pair, 100000); /* the router says "too big" to the address that is no more */
	sim_run(sim, 120 * PX_SEC);
	neighbours_flush(router, true);
	transfer(&pair, 100000);
	sim_run(sim, 120 * PX_SEC); /* stale: the router probes from where it likes */
	transfer(&pair, 100000);
	meets_nothing(stranger);
	meets_nothing(far); /* the router can reach it, and yet */
	transfer(&pair, 1000);
	finish(&pair);
	sim_run(sim, 61 * PX_SEC);
	assert_null(server->stack->retired);
}

/* It was the last address: the route of its prefix stays for the flows, and goes with them. */
static void test_last_address(void **state)
{
	struct px_ip own = px_ip_parse("2001:db8::2"), ip = px_ip_parse("2001:db8::1");
	struct pair pair;

	hosts();
	connect_to(&pair, peer);
	px_address_del(px_address_find(server->stack, &own, server));
	retire();
	transfer(&pair, 10000);
	px_iface_down(server);
	sim_run(sim, PX_SEC);
	assert_int_equal(px_iface_up(server), 0);
	sim_run(sim, 5 * PX_SEC);
	transfer(&pair, 10000);
	tcp_abort(pair.b);
	sim_run(sim, PX_SEC);
	assert_null(server->stack->retired);
	assert_null(px_route_lookup(server->stack, &ip, 0, 0));
}

/* What was begun is brought to its end. */
static void test_half_open(void **state)
{
	struct tcp_end *a, *b = NULL;

	hosts();
	a = new_end(peer, AF_INET6);
	assert_int_equal(connect_text(a, RETIRED, 7000), -EINPROGRESS);
	for (unsigned int i = 0; i < 1000 && !px_table_next(&server->stack->tcp->connections, NULL);
	     i++)
		sim_run(sim, PX_MSEC / 10);
	assert_int_equal(tcp_accept(listener, &b), -EAGAIN);
	retire();
	assert_non_null(server->stack->retired);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(tcp_accept(listener, &b), 0);
	assert_int_equal(a->state, TCP_STATE_ESTABLISHED);
	assert_int_equal(b->state, TCP_STATE_ESTABLISHED);
	tcp_abort(b);
	px_run(server->stack, server->stack->now);
	assert_null(server->stack->retired);
}

/* No flow, no record; an address that comes back is an ordinary one; what cannot be retired. */
static void test_life(void **state)
{
	struct px_ip link_local = px_ip_parse("fe80::ff:fe00:2"), ip4 = px_ip_parse("10.0.0.2");
	struct pair pair;

	hosts();
	retire();
	assert_null(server->stack->retired);
	add();
	connect_to(&pair, peer);
	retire();
	add();
	assert_null(server->stack->retired);
	transfer(&pair, 10000);
	assert_int_equal(net_ping(stranger, RETIRED, 10, NULL), 0);
	sim_run(sim, PX_SEC);
	assert_int_equal(net_pongs(stranger), 1);
	retire();
	transfer(&pair, 10000);
	assert_int_equal(ip_retire(px_address_find(server->stack, &link_local, server)), -EOPNOTSUPP);
	assert_int_equal(ip_retire(px_address_find(server->stack, &ip4, server)), -EOPNOTSUPP);
	/* The interface takes all with it. */
	px_iface_del(server);
	assert_null(peer->stack->retired);
	server = NULL;
}

/* Many windows: what a flow leaves behind is nothing. */
static void test_memory(void **state)
{
	size_t before = 0;

	hosts();
	for (unsigned int i = 0; i < 50; i++) {
		struct pair pair;

		connect_to(&pair, i % 2 ? peer : stranger);
		retire();
		transfer(&pair, 1000);
		tcp_abort(pair.b);
		tcp_abort(pair.a);
		sim_run(sim, 200 * PX_SEC);
		assert_null(server->stack->retired);
		if (i == 9)
			before = px_mem_used(server->stack->mem);
		add();
		sim_run(sim, PX_SEC);
	}
	retire();
	sim_run(sim, 200 * PX_SEC);
	assert_true(px_mem_used(server->stack->mem) <= before);
}

/* Loss, duplicates and disorder, while addresses come and go under ten connections. */
static void test_loss(void **state)
{
	struct pair pairs[10];

	hosts();
	wire->loss = 30000;
	wire->duplicate = 20000;
	wire->jitter = 2 * PX_MSEC;
	for (unsigned int i = 0; i < 10; i++) {
		connect_to(&pairs[i], i % 2 ? peer : stranger);
		transfer(&pairs[i], 5000);
		retire();
		transfer(&pairs[i], 5000);
		for (unsigned int j = 0; j < i; j += 3)
			transfer(&pairs[j], 3000);
		add();
	}
	retire();
	for (unsigned int i = 0; i < 10; i++) {
		transfer(&pairs[i], 20000);
		finish(&pairs[i]);
	}
	sim_run(sim, 300 * PX_SEC);
	assert_null(server->stack->retired);
}

/* Refused memory: it stays, or it goes, whole. */
static void refused(struct sim_node *node)
{
	struct px_iface *iface = sim_connect(node, &ethernet_type, wire, 9);
	struct px_address_config config = {
	    .ip = px_ip_parse("2001:db8::c:9"), .prefix = 64, .scope = -1, .flags = IFA_F_NODAD};
	struct px_ip remote = px_ip_parse("2001:db8::1");
	struct px_address *mine = NULL;
	struct udp_end *end;
	int err;

	if (!iface || px_address_add(iface, &config, &mine) || udp_new(node->stack, AF_INET6, &end))
		return;
	if (udp_bind(end, &config.ip, 7000, 0) || udp_connect(end, &remote, 5000, 0))
		return;
	err = ip_retire(mine);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_ptr_equal(px_address_find(node->stack, &config.ip, iface), mine);
		assert_null(node->stack->retired);
	} else {
		assert_null(px_address_find(node->stack, &config.ip, iface));
		assert_non_null(node->stack->retired);
	}
	udp_free(end);
	px_run(node->stack, node->stack->now);
	assert_null(node->stack->retired);
}

static void test_refused(void **state)
{
	net_refuse(120, 1, attach, refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_flow_goes_on, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_solicitations, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_datagrams, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_router, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_last_address, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_half_open, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_life, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_memory, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_loss, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_refused, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
