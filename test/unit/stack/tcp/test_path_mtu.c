/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream whose path becomes narrower while it is on its way, and later as wide as it was.
 *
 *     a -- r -- b     the wire behind the router: first 1500 bytes, then less
 *
 * What is in the router then is lost, and it says so (RFC 1191, RFC 8201). Segments that TCP left
 * to the link to cut are cut anew. No byte is lost, and no time-out has to pass.
 */
#include "stream.h"

#define TOTAL UINT64_C(3000000)
#define STEP  (2 * PX_MSEC)
#define RATE  UINT64_C(2000000) /* bytes a second behind the router */
#define WIDE  1500

struct path {
	struct pair pair;
	struct px_iface *r; /* of the router, towards b */
	struct sim_wire *far;
	size_t longest; /* IP packet of a's on the first wire, since it was set to 0 */
};

static bool look_at_first_wire(struct sim_wire *unused, const struct sim_port *from,
    const uint8_t *frame, size_t len, void *argument)
{
	struct path *path = argument;

	if (from && from->iface == path->pair.ia && len - ETHER_HEADER > path->longest)
		path->longest = len - ETHER_HEADER;
	return true;
}

static void add_host(struct px_iface *iface, const char *ip4, const char *ip6)
{
	struct px_address_config config = {
	    .ip = px_ip_parse(ip6), .prefix = 64, .scope = -1, .flags = IFA_F_NODAD};

	net_address(iface, ip4, 24);
	assert_int_equal(px_address_add(iface, &config, NULL), 0);
}

static void path_open(struct path *path, const char *to, bool tso)
{
	struct px_iface *near;
	struct sim_node *router;

	memset(path, 0, sizeof(*path));
	path->far = sim_wire_new(sim);
	path->pair.ia = net_host(tcp_host_attach, 1);
	near = net_host(net_attach, 0xfe);
	router = ((struct sim_port *)near->link)->owner;
	path->r = sim_connect(router, &ethernet_type, path->far, 0xfd);
	add_host(path->r, "10.1.0.1", "2001:db8:1::1");
	path->pair.ib = sim_connect(sim_node_new(sim, tcp_host_attach), &ethernet_type, path->far, 2);
	add_host(path->pair.ib, "10.1.0.2", "2001:db8:1::2");
	router->stack->options.ip_forward = router->stack->options.ip6_forwarding = true;
	net_route(path->pair.ia, "0.0.0.0", 0, "10.0.0.254");
	net_route(path->pair.ia, "::", 0, "2001:db8::fe");
	net_route(path->pair.ib, "0.0.0.0", 0, "10.1.0.1");
	net_route(path->pair.ib, "::", 0, "2001:db8:1::1");
	path->pair.ia->stack->options.tso = tso;
	if (tso)
		path->pair.ia->caps |= PX_LINK_CUT;
	path->pair.listener = listener_on(path->pair.ib, 7000, 10);
	sim_run(sim, 3 * PX_SEC);
	wire->delay = path->far->delay = 5 * PX_MSEC;
	path->far->rate = RATE;
	path->far->queue = 100000;
	pair_connect(&path->pair, to);
	wire->probe = look_at_first_wire;
	wire->argument = path;
	path->pair.ab.total = TOTAL;
}

static void stream_until(struct path *path, uint64_t received)
{
	struct pair *pair = &path->pair;

	for (unsigned int i = 0; i < 10000 && pair->ab.received < received; i++) {
		stream_pump(pair->a, &pair->ab, 20000);
		sim_run(sim, STEP);
		stream_read(pair->b, &pair->ab, SIZE_MAX);
	}
	assert_true(pair->ab.received >= received);
}

static void narrower(const char *to, bool tso, const uint32_t *mtu, unsigned int count)
{
	struct path path;
	struct tcp_info info;

	path_open(&path, to, tso);
	for (unsigned int i = 0; i < count; i++) {
		stream_until(&path, TOTAL / (count + 2) * (i + 1));
		assert_int_equal(path.longest, i ? mtu[i - 1] : WIDE);
		assert_int_equal(px_iface_set_mtu(path.r, mtu[i]), 0);
		/* What was sent before arrives at the router, and it answers. */
		stream_until(&path, path.pair.ab.received + 200000);
		path.longest = 0;
	}
	stream_until(&path, TOTAL);
	assert_int_equal(path.longest, mtu[count - 1]);
	tcp_get_info(path.pair.a, &info);
	assert_int_equal(net_stat(path.pair.ia, PX_TcpExtTCPTimeouts), 0);
	/* What was in flight at each turn, and what the queue lost in slow start. */
	assert_in_range(info.tcpi_total_retrans, 1, TOTAL / 1240 / 4);
	/* No longer than ten minutes after the last word of the router it is tried again. */
	assert_int_equal(px_iface_set_mtu(path.r, WIDE), 0);
	path.longest = 0;
	sim_run(sim, 660 * PX_SEC);
	path.pair.ab.total += TOTAL / 4;
	stream_until(&path, path.pair.ab.total);
	assert_int_equal(path.longest, WIDE);
}

static void test_narrower(void **state)
{
	static const uint32_t once[] = {1300}, twice[] = {1420, 1280};

	for (int tso = 0; tso < 2; tso++) {
		narrower("10.1.0.2", tso, once, 1);
		net_teardown(state);
		net_setup(state);
		narrower("10.1.0.2", tso, twice, 2);
		net_teardown(state);
		net_setup(state);
		narrower("2001:db8:1::2", tso, once, 1);
		net_teardown(state);
		net_setup(state);
		narrower("2001:db8:1::2", tso, twice, 2);
		net_teardown(state);
		net_setup(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_narrower, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
