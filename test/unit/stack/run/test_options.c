/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stack is made with: options, those named as sysctls, and VNLs; what is wrong is said. */
#include "host.h"

#include "tcp.h"

static void test_options(void **state)
{
	static const char *const bad[] = {"unknown", "mem", "mem=", "mem=1", "mem=12X", "linger=x",
	    "busy_poll=-1", "spin=", "spin=1001", "ctl=", "mem=16MM", "accept_ra=2",
	    "forwarding=", "arp_probe=yes", "pollers=0", "pollers=65", "tso=2", "gro=yes"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(picox_newstackv(NULL, bad[i]));
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(picox_error(), bad[i]));
	}
	struct picox *stack = picox_newstackv(NULL, "mem=16M,,linger=0,busy_poll=10,spin=1000");
	assert_non_null(stack);
	assert_false(stack->px->options.ip_forward || stack->px->options.accept_ra);
	assert_true(stack->px->options.tso && stack->px->options.gro);
	assert_int_equal(picox_delstack(stack), 0);
	stack = picox_newstackv(NULL, "tso=0,gro=0");
	assert_non_null(stack);
	assert_false(stack->px->options.tso || stack->px->options.gro);
	assert_int_equal(picox_delstack(stack), 0);
	stack = picox_newstackv(NULL, "spin=0");
	assert_non_null(stack);
	assert_int_equal(stack->spin.limit, 0);
	assert_int_equal(picox_delstack(stack), 0);
	stack = picox_newstackv(NULL, "forwarding=1,accept_ra=1,arp_probe=1,optimistic_dad=0");
	assert_non_null(stack);
	assert_true(stack->px->options.ip_forward && stack->px->options.ip6_forwarding);
	assert_true(stack->px->options.accept_ra && stack->px->options.arp_probe);
	assert_false(stack->px->options.optimistic_dad);
	assert_int_equal(picox_delstack(stack), 0);
	if (HOST_HAS_VDEPLUG)
		assert_null(picox_newstack((char *)(uintptr_t) "/nowhere/there"));
	assert_int_equal(picox_delstack(NULL), -1);
	assert_int_equal(errno, EINVAL);
}

/* The words say what the number leaves open. */
static void test_vnls(void **state)
{
	static const struct {
		const char *vnlv[3];
		int err;
		const char *words;
	} bad[] = {
	    {{"mem://"}, EINVAL, "mem://: mem://NAME or "},
	    {{"mem://a/b"}, EINVAL, "mem://NAME/uplink=VNL"},
	    {{"mem://a", "eth0:mem://a/uplink=vde:///x"}, EINVAL, "one uplink for a network"},
	    {{"sixteencharacter:mem://a"}, ENAMETOOLONG, "not the name of an interface"},
	    {{"a%d:mem://a"}, EINVAL, "not the name of an interface"},
	    {{":mem://a"}, EINVAL, "not the name of an interface"},
	    {{"a:mem://a", "a:mem://b"}, EEXIST, "a:mem://b: there is an interface"},
	    {{"lo:mem://a"}, EEXIST, "there is an interface"},
	    {{"nomodule://x"}, EPROTONOSUPPORT,
	        "nomodule://x: libvdeplug knows no network of the kind 'nomodule'"},
	    {{"eth0:nomodule://x"}, EPROTONOSUPPORT, ", ptp, "},
	    {{"nomodule://x"}, EPROTONOSUPPORT, ", and mem"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (bad[i].err == EPROTONOSUPPORT && !HOST_HAS_VDEPLUG)
			continue;
		assert_null(picox_newstackv(bad[i].vnlv, NULL));
		assert_int_equal(errno, bad[i].err);
		assert_non_null(strstr(picox_error(), bad[i].words));
	}
}

/* Of two that say the same thing none is obeyed. */
static void test_repeated(void **state)
{
	static const char *const bad[][2] = {
	    {"pcap=/nowhere/x,pcap=/nowhere/y", "pcap=/nowhere/y: pcap is given twice"},
	    {"mem=8M,linger=1,mem=8M", "mem=8M: mem is given twice"},
	    {"sack=1,ecn=1,tcp_sack=0", "tcp_sack=0: tcp_sack is given twice"},
	    {"congestion=reno,congestion_control=cubic", "congestion_control is given twice"},
	    {"rto_min=200,rto_min_us=200000", "rto_min_us is given twice"},
	    {"rmem=4096:8192:8192,,rmem=4096:8192:8192", "rmem is given twice"},
	};
	struct picox *stack;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(picox_newstackv(NULL, bad[i][0]));
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(picox_error(), bad[i][1]));
	}
	/* A name that is the beginning of another one. */
	stack = picox_newstackv(NULL, "rmem=4096:8192:8192,rmem_max=5000,ecn=1,ecn_fallback=0,"
	                              "max_reordering=9,reordering=4");
	assert_non_null(stack);
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_sysctls(void **state)
{
	static const char *const bad[] = {"timestamps=3", "timestamps=", "timestamps", "ecn=x",
	    "congestion=vegas", "congestion=", "rmem=1:2", "rmem=3:2:1", "rmem=1:2:3:4",
	    "fin_timeout=-1", "fin_timeout=99999999999999999999", "rto_min=0", "rto_min_us=999",
	    "tcp_mem=1", "tcp_rmem_max=5000"};
	struct picox *stack;
	char name[16];
	socklen_t len = sizeof(name);
	int fd;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(picox_newstackv(NULL, bad[i]));
		assert_int_equal(errno, EINVAL);
		assert_non_null(strstr(picox_error(), bad[i]));
	}
	stack = picox_newstackv(
	    NULL, "timestamps=0,tcp_ecn=1,congestion=reno,rto_min=100,rmem=4096:50000:60000,mem=8M");
	assert_non_null(stack);
	assert_int_equal(tcp_sysctl(stack->px)->timestamps, 0);
	assert_int_equal(tcp_sysctl(stack->px)->ecn, 1);
	assert_int_equal(tcp_sysctl(stack->px)->rto_min_us, 100000);
	assert_int_equal(tcp_sysctl(stack->px)->rmem[1], 50000);
	fd = picox_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(picox_getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, "reno");
	picox_close(fd);
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_vnls),
	    cmocka_unit_test(test_repeated),
	    cmocka_unit_test(test_sysctls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
