#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about iothdns: its ways to make a resolver, its example programs, and the options of the last of them. The argument
# is the stack of the page's resolver that is not the native one (vdestack: the page's own words).
#
#     dnsmasq 8.8.8.8, 80.80.80.80, 2620:0:ccc::2, 1.1.1.1 (lo of a private namespace)
#        |
#     vdens 10.0.0.1 and 1.1.1.1 -------- vxvde://234.0.0.1 -------- 10.0.0.53, a stack
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command gcc pkg-config host
need_program "$EXAMPLES/iothdns_query" "$EXAMPLES/iothdns_server" "$EXAMPLES/iothdns_getaddrinfo"
records=("--host-record=www.example.org,192.0.2.80,2001:db8::80" "--host-record=host.my.domain.org,192.0.2.81"
	"--cname=alias.example.org,www.example.org" --local=/my.domain.org/)
public_servers "${records[@]}"

# The calls as they are shown, and what follows from them.
file calls.c <<END_C
#include <stdio.h>
#include <arpa/inet.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

static void ask(struct iothdns *dns, const char *name)
{
	struct in_addr addr;
	char text[INET_ADDRSTRLEN];

	if (dns != NULL && iothdns_lookup_a(dns, name, &addr, 1) > 0)
		puts(inet_ntop(AF_INET, &addr, text, sizeof(text)));
	else
		perror(name);
	if (dns != NULL)
		iothdns_fini(dns);
}

int main(void)
{
	struct iothdns *dns = iothdns_init(NULL, NULL);
	struct ioth *stack;

	if (dns == NULL)
		perror("iothdns_init");
	else
		iothdns_fini(dns);
	ask(iothdns_init_strcfg(NULL, "search my.domain.org\\nnameserver 80.80.80.80"), "host");
	ask(iothdns_init_strcfg(NULL, "8.8.8.8,80.80.80.80,2620:0:ccc::2"), "www.example.org");

	stack = ioth_newstack("$stack", "vxvde://234.0.0.1");
	if (stack == NULL || ioth_config(stack, "eth,ip=10.0.0.53/24,gw=10.0.0.1") < 0) {
		printf("%s\\n", stack == NULL ? ioth_error() : ioth_config_error());
		return 1;
	}
	ask(iothdns_init_strcfg(stack, "nameserver 1.1.1.1"), "www.example.org");
	return ioth_delstack(stack);
}
END_C
if ldd "$BUILD/lib/ioth/libioth.so" | grep -E 'lib(asan|tsan)' >/dev/null; then
	echo "(the calls are left out: programs compiled by hand do not run with the libraries of a sanitizer)"
else
	# shellcheck disable=SC2046 # several words
	gcc -Wall -Werror -o "$dir/calls" "$dir/calls.c" $(pkg-config --cflags --libs iothdns iothconf ioth)
	line gateway "vdens vxvde://234.0.0.1 sh -c 'ip link set lo up; ip addr add 1.1.1.1/32 dev lo; ip addr add 10.0.0.1/24 dev vde0
		ip link set vde0 up; exec dnsmasq --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user= --group= --pid-file= \
		--listen-address=1.1.1.1 --bind-interfaces ${records[*]}'"
	wait_for says gateway 'started'
	calls()
	{
		run "$dir/calls"
		[ "$status" = 0 ] && [ "$out" = $'192.0.2.81\n192.0.2.80\n192.0.2.80' ]
	}
	wait_for calls
fi

# The programs. "query NAME" asks whom /etc/resolv.conf says: in a vdens that is our business.
echo 'options timeout:20' >"$dir/resolv.conf"
echo 'nameserver 10.0.0.1' >>"$dir/resolv.conf"
line net 'vde_plug null:// hub:///tmp/hub'
wait_for unix_listening "$dir/hub/ctl"
line servers "vdens vde:///tmp/hub sh -c 'ip addr add 10.0.0.1/24 dev vde0; ip link set vde0 up; ip link set lo up
	exec dnsmasq --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user= --group= --pid-file= \
	--listen-address=10.0.0.1 --bind-interfaces ${records[*]}'"
wait_for says servers 'started'
terminal shell 'vdens -r /tmp/resolv.conf vde:///tmp/hub'
at shell 'ip addr add 10.0.0.2/24 dev vde0'
at shell 'ip link set vde0 up'
at shell 'ip link set lo up'
at_last shell 'iothdns_query www.example.org >/tmp/answer; grep -x "A 192.0.2.80" /tmp/answer'
at shell 'cat /tmp/answer'
assert_match '^AAAA 2001:db8::80$' "$out" "the IPv6 address"
at_last shell 'iothdns_query alias.example.org | grep CNAME'
assert_match '^CNAME alias.example.org -> www.example.org$' "$out" "the alias"
at_last shell "iothdns_query www.example.org $stack vde:///tmp/hub eth,ip=10.0.0.9/24,dns=10.0.0.1 | grep -x 'A 192.0.2.80'"

terminal fake 'vdens'
at fake 'ip link set lo up'
at fake 'iothdns_server >/tmp/fake.out & echo $! >/tmp/fake.pid'
at_last fake 'grep listening /tmp/fake.out'
at_last fake 'host test.fake 127.0.0.1'
assert_match '^test\.fake has address 10\.20\.30\.40$' "$out" "over UDP"
at_last fake 'host -T -t A test.fake 127.0.0.1'
assert_match '^test\.fake has address 10\.20\.30\.40$' "$out" "over TCP"
at_last fake 'host -t A other.fake 127.0.0.1 | grep "not found: 3(NXDOMAIN)$"'
at fake 'kill $(cat /tmp/fake.pid)'

# Each option, beside the C library's answer (test/interop/iothdns_glibc.sh has hundreds of these).
both()
{
	at_last shell "iothdns_getaddrinfo $* | sed s,.canonname,\\\\ncanonname, | sort >/tmp/ours; iothdns_getaddrinfo -x $* | sed s,.canonname,\\\\ncanonname, | sort >/tmp/theirs; diff /tmp/theirs /tmp/ours"
}
for options in -4 -6 -s -d '-6 -m' '-6 -m -a' '-s -p' '-s -c' '-N -s' '-s -e' '-r -s' '-R /tmp/resolv.conf -s'; do
	both "$options www.example.org 80"
done
both '-n -s 192.0.2.80 80'
pass
