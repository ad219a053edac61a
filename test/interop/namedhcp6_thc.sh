#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# thc-ipv6 against namedhcp and iothradvd: its fuzzers of DHCPv6 servers and of neighbour discovery, its floods. Both
# daemons go on, in the memory that they had, and serve an honest client. The argument is where they are: vnl, picox.
#
#	host (thc-ipv6), libiothconf ---- hub ---- home: iothnamed; namedhcp, iothradvd
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/namedhcp6_lib.sh"
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$LD_LIBRARY_PATH"
radvd=$BUILD/daemon/iothradvd/iothradvd
need_program "$radvd"
need_command atk6-fuzz_dhcps6 atk6-flood_dhcpc6 atk6-fuzz_ip6 atk6-flood_rs6 timeout

net_start hub hub
home_start
host_start host
serve --lease forever
where=(-s "stack=picox,vnl=$vnl,eth")
[ "$mode" != vnl ] || where=(-s "$vnl")
start radvd "$radvd" "${where[@]}" --control "$dir/radvd.ctl" -P 600 -L 1800 fc00::/64/L
router=$pid
wait_for test -S "$dir/radvd.ctl"

memory() # PID
{
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}
solicited()
{
	"$BUILD/tools/daemonctl/iothradvdctl" -s "$dir/radvd.ctl" stats |
		sed -n 's/^iothradvd_solicitations_total{.*} //p'
}
# An honest client: an address by one, a router by the other.
honest()
{
	run "$CLIENT" "stack=picox,vnl=$vnl" +eth,rd,dhcp6,nodad,fqdn=one.test.local addresses
	[[ $out == *"config 26"* && $out == *"address fc00::1"* ]]
}
wait_for honest

# attack SECONDS COMMAND...: as long as it takes, or so long. (What it says of itself is its own affair.)
attack()
{
	local seconds=$1
	shift
	inside host timeout -s KILL "$seconds" "$@" >>"$dir/attacks.log" 2>&1 </dev/null || :
}

# --- each type of message with each byte wrong

for type in 1 2 3 4 5 6 7 8; do
	attack 20 atk6-fuzz_dhcps6 -$type -e 150 vde0
done
attack 20 atk6-fuzz_dhcps6 -m -e 300 vde0
attack 20 atk6-fuzz_dhcps6 -1 -d -e 300 vde0 test.local
wait_for received_more other 0
wait_for honest
fuzz_neighbours() # TYPE
{
	attack 10 atk6-fuzz_ip6 -a "-$1" vde0 ff02::1
	attack 10 atk6-fuzz_ip6 -a -I "-$1" vde0 ff02::2
}
fuzz_neighbours 2 # solicitations
fuzz_neighbours 3 # advertisements of neighbours
# The routers are for our daemons only. A kernel would note the thousands of them as neighbours (even with accept_ra=0),
# in a table that is one for all namespaces of the machine: where it is full, nobody can send any more. (So would that of a
# veth's other end, if it could not be told to ignore IPv6.)
if have_tun || kernel_obeys; then
	inside home ip link set vde0 down
	fuzz_neighbours 4
	inside home ip link set vde0 up
	home_address
fi
wait_for honest

# --- floods

dhcp_memory=$(memory "$server")
router_memory=$(memory "$router")
before=$(received solicit)
flooded()
{
	attack 2 atk6-flood_dhcpc6 -d test.local vde0
	attack 2 atk6-flood_dhcpc6 -1 -d test.local vde0
	received_more solicit $((before + 100))
}
wait_for flooded
before=$(solicited)
flooded_by_hosts()
{
	attack 2 atk6-flood_rs6 -S vde0
	[ "$(solicited)" -gt $((before + 100)) ]
}
wait_for flooded_by_hosts
wait_for honest
# (A sanitizer's memory is its own.)
if ! ldd "$SERVER" | grep -E 'lib(asan|tsan)' >/dev/null; then
	[ $(($(memory "$server") - dhcp_memory)) -lt 8192 ] || fail "namedhcp: from $dhcp_memory to $(memory "$server") kilobytes"
	[ $(($(memory "$router") - router_memory)) -lt 8192 ] || fail "iothradvd: from $router_memory to $(memory "$router")"
fi
kill -TERM "$router"
await "$router"
assert_equal 0 "$status" "iothradvd's status"
server_stop
pass
