/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A proxy, its client, its servers: see live.h. */
#include "live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/eventfd.h>
#include <ioth.h>
#include <iothaddr.h>

#include "allocations.h"
#include "conf.h"
#include "daemon.h"
#include "live_linked.h"
#include "live_servers.h"
#include "log.h"
#include "schedule.h"
#include "server.h"
#include "stacks.h"
#include "words.h"

static struct daemon proxy;
static struct ioth *client, *servers;
static char outside[STACKS_VNL], inside[STACKS_VNL], directory[] = "/tmp/rproxy_live-XXXXXX";

/* ---- turns ----------------------------------------------------------------------------------- */

void live_turn(void)
{
	/* A job that was put off at a turn's end runs in the next. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_turn(&proxy.loop, 0), 0);
}

static void wake(struct loop_source *source, uint32_t events)
{
}

static uint64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* The loop turns until a descriptor is ready. False: it never was. */
static bool becomes(int fd, short events)
{
	uint64_t end = seconds_now() + LIVE_PATIENCE;
	struct pollfd item = {.fd = fd, .events = events};
	struct loop_source source = {0};
	bool ready;

	assert_int_equal(loop_add(&proxy.loop, &source, fd, (uint32_t)events, wake), 0);
	while (!(ready = poll(&item, 1, 0) == 1) && seconds_now() < end)
		assert_int_equal(loop_turn(&proxy.loop, LOOP_SEC), 0);
	loop_remove(&source);
	return ready;
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static const char *environment(const char *name)
{
	const char *text = getenv(name);

	return text ? text : "picox";
}

bool live_outer_is(const char *stack)
{
	return strcmp(environment("TEST_OUTER"), stack) == 0;
}

static void leave(const char *reason)
{
	printf("SKIP: %s\n", reason);
	rmdir(directory);
	exit(77);
}

static struct ioth *new_stack(const char *vnl, const char *address)
{
	struct ioth *stack = ioth_newstack("picox", vnl);

	assert_non_null(stack);
	stacks_configure(stack, address);
	return stack;
}

static void need_stack(const char *name, const char *vnl)
{
	struct ioth *stack = ioth_newstack(name, vnl);

	if (!stack)
		leave(ioth_error());
	assert_int_equal(ioth_delstack(stack), 0);
}

static bool inner_is_kernel(void)
{
	return strcmp(environment("TEST_INNER"), "kernel") == 0;
}

static void be_quiet(int level, const char *text, void *argument)
{
	if (level <= LOG_ERR || getenv("TEST_VERBOSE"))
		print_message("%s\n", text);
}

int live_begin(void **state)
{
	assert_non_null(mkdtemp(directory));
	log_set_hook(be_quiet, NULL);
	log_set_verbose(getenv("TEST_VERBOSE"));
	stacks_network(outside, environment("TEST_OUTER"), directory, "outside");
	stacks_network(inside, environment("TEST_INNER"), directory, "inside");
	if (live_outer_is("vdestack"))
		need_stack("vdestack", outside);
	assert_int_equal(loop_init(&proxy.loop), 0);
	client = new_stack(outside, "fd01::1");
	if (!inner_is_kernel())
		servers = new_stack(inside, "fd00::1");
	servers_start(&proxy.loop, servers);
	return 0;
}

int live_end(void **state)
{
	char command[100];
	uint64_t end = seconds_now() + LIVE_PATIENCE;

	/* The proxy's connections have ended with it; the servers are about to hear of that. */
	while (servers_connections > 0 && seconds_now() < end)
		assert_int_equal(loop_turn(&proxy.loop, LOOP_MSEC), 0);
	assert_int_equal(servers_connections, 0);
	servers_stop();
	loop_fini(&proxy.loop);
	assert_int_equal(ioth_delstack(client), 0);
	if (servers)
		assert_int_equal(ioth_delstack(servers), 0);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	assert_int_equal(system(command), 0);
	return 0;
}

/* ---- the proxy ------------------------------------------------------------------------------- */

static struct rproxy_conf *configuration(const struct live_schedule *schedule, const char *name)
{
	struct rproxy_values values = {0};
	char outer[200], inner[200], tcp[100], down[100], udp[100];
	const char *server = servers ? "fd00::1" : "::1";
	char *tcps[] = {tcp, down}, *udps[] = {udp};
	struct rproxy_conf *conf;

	rproxy_option_defaults(&values);
	snprintf(outer, sizeof(outer), "stack=%s,vnl=%s", environment("TEST_OUTER"), outside);
	snprintf(inner, sizeof(inner), "stack=%s,vnl=%s,eth,ip=fd00::2/64,nodad",
	    environment("TEST_INNER"), inside);
	snprintf(tcp, sizeof(tcp), "%d,%s,%u", LIVE_PORT, server, servers_port);
	snprintf(down, sizeof(down), "%d,%s,1", LIVE_DOWN, server);
	snprintf(udp, sizeof(udp), "%d,%s,%u", LIVE_PORT, server, servers_port);
	values.extstack = outer;
	values.intstack = inner_is_kernel() ? NULL : inner;
	values.name = (char *)(uintptr_t)name;
	values.base = (char *)(uintptr_t) "fd01::";
	values.passwd = (char *)(uintptr_t)LIVE_PASSWORD;
	values.tcp = (struct option_list){2, tcps};
	values.udp = (struct option_list){1, udps};
	values.tcp_timeout = 0;
	values.drain = LIVE_DRAIN;
	values.otip_period = schedule->period;
	values.otip_preactive = schedule->preactive;
	values.otip_postactive = schedule->postactive;
	conf = rproxy_configure(NULL, NULL, &values);
	assert_non_null(conf);
	return conf;
}

static bool has_failed;

bool live_allocation_failed(void)
{
	return has_failed;
}

/* A daemon's own part of a start or a reload: a configuration that was not taken is freed. */
static bool take(int (*function)(struct daemon *daemon, void *configuration),
    struct rproxy_conf *conf, int failing_allocation)
{
	int err;

	allocations_fail_at(failing_allocation);
	err = function(&proxy, conf);
	has_failed = allocations_have_failed();
	allocations_fail_at(-1);
	if (err) {
		rproxy_conf_free(conf);
		return false;
	}
	live_turn();
	return true;
}

bool live_start_without(const struct live_schedule *schedule, const char *name,
    int64_t first_second, int failing_allocation)
{
	live_wall = first_second;
	live_stack_count = 0;
	return take(server_start, configuration(schedule, name), failing_allocation);
}

void live_start(const struct live_schedule *schedule, const char *name, int64_t first_second)
{
	assert_true(live_start_without(schedule, name, first_second, -1));
}

bool live_reload_without(
    const struct live_schedule *schedule, const char *name, int failing_allocation)
{
	return take(server_reload, configuration(schedule, name), failing_allocation);
}

void live_reload(const struct live_schedule *schedule, const char *name)
{
	assert_true(live_reload_without(schedule, name, -1));
}

void live_stop(void)
{
	server_stop(&proxy);
	live_turn();
}

/* ---- time ------------------------------------------------------------------------------------ */

int64_t live_now(void)
{
	return live_wall;
}

static int64_t next_due(void)
{
	int64_t next = OTIP_NEVER;

	for (int fd = 0; fd < LIVE_CLOCKS; fd++) {
		if (live_is_clock[fd] && live_armed[fd] < next)
			next = live_armed[fd];
	}
	return next;
}

static void ring(bool all)
{
	for (int fd = 0; fd < LIVE_CLOCKS; fd++) {
		if (live_is_clock[fd] && (all || live_armed[fd] <= live_wall))
			assert_int_equal(eventfd_write(fd, 1), 0);
	}
	live_turn();
}

void live_set(int64_t now)
{
	while (live_wall < now) {
		int64_t next = next_due();

		/* It is due later than now, always: otip_keeper_run. */
		assert_true(next > live_wall);
		if (next > now)
			next = now;
		live_passed += (uint64_t)(next - live_wall);
		live_wall = next;
		ring(false);
	}
}

void live_step(int64_t now)
{
	live_wall = now;
	ring(true);
}

/* ---- clients --------------------------------------------------------------------------------- */

struct in6_addr live_address(const char *name, const char *password, int64_t window)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, "fd01::", &address), 1);
	iothaddr_hash(&address, name, password, (uint32_t)window);
	return address;
}

static void wait_for_address(const struct in6_addr *address)
{
	if (!live_outer_is("picox"))
		stacks_wait_for_address(live_stacks[0], address);
}

static int client_socket(int type, const struct in6_addr *address, uint16_t port)
{
	struct sockaddr_in6 name = {
	    .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons(port)};
	int fd = ioth_msocket(client, AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (ioth_connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

int live_call(const struct in6_addr *address, uint16_t port)
{
	return client_socket(SOCK_STREAM, address, port);
}

int live_state_of(int fd)
{
	struct pollfd item = {.fd = fd, .events = POLLOUT};
	int err = 0;
	socklen_t len = sizeof(err);

	(void)poll(&item, 1, 0);
	assert_int_equal(ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	if (err)
		return -err;
	return item.revents & POLLOUT && !(item.revents & POLLHUP);
}

bool live_echoes(int fd)
{
	char byte = 0;

	return ioth_send(fd, "a", 1, MSG_NOSIGNAL) == 1 && becomes(fd, POLLIN) &&
	       ioth_recv(fd, &byte, 1, 0) == 1 && byte == 'a';
}

void live_fill(int fd)
{
	char bytes[1024] = {0};
	int quiet = 0;

	while (quiet < 10) {
		quiet = ioth_send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0 ? 0 : quiet + 1;
		live_turn();
	}
}

struct nibbler {
	struct loop_timer timer;
	int fd;
	size_t count;
};

static struct nibbler nibbler;

static void nibble(struct loop_timer *timer)
{
	nibbler.count += ioth_send(nibbler.fd, "n", 1, MSG_NOSIGNAL) == 1;
	loop_timer_after(timer, LOOP_SEC / 10);
}

void live_nibble(int fd)
{
	nibbler.fd = fd;
	nibbler.count = 0;
	loop_timer_init(&proxy.loop, &nibbler.timer, nibble);
	loop_timer_after(&nibbler.timer, LOOP_SEC / 10);
}

size_t live_nibbled(void)
{
	loop_timer_cancel(&nibbler.timer);
	return nibbler.count;
}

void live_hang_up(int fd)
{
	const struct linger reset = {.l_onoff = 1};

	assert_int_equal(ioth_setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	ioth_close(fd);
}

int live_connect(const struct in6_addr *address)
{
	int fd;

	wait_for_address(address);
	fd = live_call(address, LIVE_PORT);
	if (becomes(fd, POLLOUT) && live_state_of(fd) == 1 && live_echoes(fd))
		return fd;
	live_hang_up(fd);
	return -1;
}

bool live_asks_again(int fd)
{
	char byte = 0;

	return ioth_send(fd, "d", 1, 0) == 1 && becomes(fd, POLLIN) &&
	       ioth_recv(fd, &byte, 1, 0) == 1 && byte == 'd';
}

int live_ask(const struct in6_addr *address)
{
	int fd;

	wait_for_address(address);
	fd = client_socket(SOCK_DGRAM, address, LIVE_PORT);
	if (live_asks_again(fd))
		return fd;
	ioth_close(fd);
	return -1;
}

void live_forget(int fd)
{
	ioth_close(fd);
}

/* ---- figures --------------------------------------------------------------------------------- */

const char *live_status(void)
{
	static char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	server_print_status(&proxy, out);
	fclose(out);
	return text;
}

uint64_t live_metric(const char *name)
{
	static char text[16384];
	char key[100];
	FILE *out = fmemopen(text, sizeof(text), "w");
	const char *line;

	assert_non_null(out);
	server_print_stats(&proxy, out);
	fclose(out);
	snprintf(key, sizeof(key), "\notip_rproxy_%s ", name);
	line = strstr(text, key);
	assert_non_null(line);
	return strtoull(line + strlen(key), NULL, 10);
}

bool live_comes_to(const char *name, uint64_t value)
{
	uint64_t end = seconds_now() + LIVE_PATIENCE;

	while (live_metric(name) != value && seconds_now() < end)
		assert_int_equal(loop_turn(&proxy.loop, LOOP_MSEC), 0);
	return live_metric(name) == value;
}

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size, pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu %lu", &size, &pages), 2);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

struct live_usage live_usage(void)
{
	return (struct live_usage){stacks_descriptors(), stacks_threads(),
	    stacks_addresses(live_stacks[0]), allocations_blocks, resident()};
}

/* ---- the interface outside ------------------------------------------------------------------- */

void live_outer_link(bool up)
{
	int index = ioth_if_nametoindex(live_stacks[0], "vde0");

	assert_true(index > 0);
	assert_int_equal(ioth_linksetupdown(live_stacks[0], (unsigned int)index, up), 0);
}

bool live_outer_has(const struct in6_addr *address)
{
	struct ifaddrs *list;
	bool has = false;

	assert_int_equal(ioth_getifaddrs(live_stacks[0], &list), 0);
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		struct sockaddr_in6 name;

		if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&name, item->ifa_addr, sizeof(name));
		has = has || IN6_ARE_ADDR_EQUAL(&name.sin6_addr, address);
	}
	ioth_freeifaddrs(list);
	return has;
}

bool live_outer_comes_to(const struct in6_addr *address, bool is_there)
{
	uint64_t end = seconds_now() + LIVE_PATIENCE;

	while (live_outer_has(address) != is_there && seconds_now() < end)
		assert_int_equal(loop_turn(&proxy.loop, LOOP_MSEC), 0);
	return live_outer_has(address) == is_there;
}

void live_outer_lose(const struct in6_addr *address)
{
	struct in6_addr copy = *address;
	int index = ioth_if_nametoindex(live_stacks[0], "vde0");

	assert_int_equal(ioth_ipaddr_del(live_stacks[0], AF_INET6, &copy, 64, (unsigned int)index), 0);
}
