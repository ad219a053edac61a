#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothip on a stack of a running program, by its control socket: the same commands as ip(8) in a
# namespace of the kernel's give the same JSON; errors; what monitor tells; counters; the end.

in_private_net_args=("$@")
. "$(dirname "$0")/lib.sh"
in_private_net "${in_private_net_args[@]}"

need_command ip python3
: "${PICOX_HOST:=$BUILD/test/net/picox_host}"
: "${IOTHIP:=$BUILD/tools/iothip/iothip}"
need_program "$PICOX_HOST" "$IOTHIP"

export IOTHIP_CTL=$dir/ctl
# The interface of the one is a veth with its peer beside it, of the other a port of mem://.
PICOX_OPTIONS="ctl=$IOTHIP_CTL" start host "$PICOX_HOST" mem://iothip
host=$pid
wait_for says host ready
ip link add vde0 type veth peer name peer0
ip link set peer0 up
ip link set lo multicast off
ip route del 224.0.0.0/4

start monitor "$IOTHIP" monitor
start monitor_json "$IOTHIP" -j monitor
start monitor_link "$IOTHIP" monitor link
monitors() { [ "$("$IOTHIP" -j stats PicoxMemUsed | wc -l)" = 1 ]; }
wait_for monitors

# --- the same commands for both -------------------------------------------------------------

both()
{
	run ip "$@"
	local expected=$status
	run "$IOTHIP" "$@"
	assert_equal "$expected" "$status" "$*"
}

# A monitor that listens tells of the first change; until all do, the change is made again.
heard()
{
	"$IOTHIP" link set vde0 mtu 1400
	"$IOTHIP" link set vde0 mtu 1500
	says monitor 'vde0: .*mtu 1400' && says monitor_json '"mtu":1400' && says monitor_link 'mtu 1400'
}
wait_for heard

both link set dev vde0 up
both addr add 10.0.0.1/24 brd + dev vde0
both addr add 10.1.0.1/16 dev vde0 valid_lft 5000 preferred_lft 4000
both -6 addr add fd00::1/64 dev vde0 nodad
both addr add fd01::1/64 dev vde0 noprefixroute nodad
both a a 10.2.0.1 peer 10.2.0.9/32 dev vde0
both addr del 10.1.0.1/16 dev vde0
both addr add 10.0.0.1/24 dev vde0              # it is there
both addr del 10.7.0.1/24 dev vde0              # it is not
both addr replace 10.0.0.1/24 dev vde0
both route add default via 10.0.0.254 metric 5 mtu 1400
both route add 10.8.0.0/16 via 10.0.0.253 src 10.0.0.1 proto static
both route add unreachable 10.9.0.0/16
both route add 10.10.0.0/16 dev vde0
both route add 10.11.0.0/16 via 172.16.0.1      # nobody there
both route add 10.12.0.0/16 via 172.16.0.1 dev vde0 onlink
both route replace 10.8.0.0/16 via 10.0.0.252
both route del 10.10.0.0/16
both route del 10.10.0.0/16
both route add 10.32/11 via 10.0.0.252
both route add 7/8 via 10.0.0.252
both route del 7/8
both route add 0/0 via 10.0.0.252 metric 9
both -6 route add fd08::/64 via fd00::9 metric 77
both -6 route add default via fd00::8 dev vde0 pref high
both neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev vde0
both neigh add fd00::7 lladdr 02:00:00:00:00:08 dev vde0 router
both neigh replace 10.0.0.7 lladdr 02:00:00:00:00:09 dev vde0
both neigh add 10.0.0.7 lladdr 02:00:00:00:00:0a dev vde0
both neigh add 10.0.0.8 lladdr 02:00:00:00:00:0b nud stale dev vde0
both neigh del 10.0.0.8 dev vde0
both neigh del 10.0.0.77 dev vde0
both link set vde0 mtu 20
both link set vde0 promisc on
both link set vde0 promisc off

compare()
{
	local kind=$1
	shift
	ip -j "$@" >"$dir/kernel.json"
	"$IOTHIP" -j "$@" >"$dir/stack.json" || fail "iothip -j $*"
	python3 "$(dirname "$0")/iothip.py" "$kind" "$dir/kernel.json" "$dir/stack.json" ||
		fail "iothip -j $* differs from ip -j $*"
}

# Link-local addresses are random, as the interfaces' are; the one that is duplicate-detected gets on.
settled()
{
	! ip -6 addr show dev vde0 tentative | grep . >/dev/null &&
		! "$IOTHIP" -6 addr show dev vde0 | grep tentative >/dev/null
}
wait_for settled
for stack in ip "$IOTHIP"; do
	local_address=$($stack -6 -br addr show dev vde0 scope link | grep -o 'fe80[^ ]*')
	$stack addr del "$local_address" dev vde0
done
compare addr addr show dev vde0
compare addr addr show dev lo
compare addr -4 addr show dev vde0
compare addr -6 addr show dev vde0
compare route route show
compare route route show dev vde0
compare route -6 route show dev vde0 proto kernel
compare route -6 route show dev vde0 proto boot
compare route route show table local dev vde0
compare route route show 10.8.0.0/16
compare neigh neigh show dev vde0
compare neigh -6 neigh show dev vde0
[ "$("$IOTHIP" -br addr show dev lo)" = "$(ip -br addr show dev lo)" ] || fail "-br addr"
[ "$("$IOTHIP" -br link show dev lo)" = "$(ip -br link show dev lo)" ] || fail "-br link"
[ "$("$IOTHIP" route show)" != "" ] || fail "route show"
for what in "addr show dev lo" "link show dev lo" "addr show dev vde0"; do
	# shellcheck disable=SC2086 # several words
	diff <(ip -o $what | sed 's/^[0-9]*: //' | sort) <("$IOTHIP" -o $what | sed 's/^[0-9]*: //' | sort) ||
		fail "-o $what"
done
diff <(ip route show | sort) <("$IOTHIP" route show | sort) || fail "the text of route show"
diff <(ip neigh show dev vde0 | sort) <("$IOTHIP" neigh show dev vde0 | sort) ||
	fail "the text of neigh show" # both leave out what was asked for
diff <(ip -4 addr show dev vde0 | tail -n +2) <("$IOTHIP" -4 addr show dev vde0 | tail -n +2) ||
	fail "the text of addr show"
assert_match '^10\.0\.0\.9 dev vde0 src 10\.0\.0\.1' "$("$IOTHIP" route get 10.0.0.9)" "route get"
python3 -c 'import json, sys; json.load(sys.stdin)' < <("$IOTHIP" -j -p -s link) || fail "-p"

# --- interfaces made and deleted ------------------------------------------------------------------

# The kernel's module may not be there.
if ip link add link vde0 name vde0.9 type vlan id 9 2>/dev/null; then
	ip link del vde0.9
	vlan=both
else
	vlan=$IOTHIP
fi
$vlan link add link vde0 name vde0.5 type vlan id 5
if [ $vlan = both ]; then
	both link add link vde0 name vde0.6 type vlan id 5 # it is taken
	both link add link vde0 name vde0.7 type vlan id 5000
fi
$vlan link set vde0.5 up
$vlan addr add 10.5.0.1/24 dev vde0.5
[ $vlan != both ] || compare addr -4 addr show dev vde0.5
assert_match '^vde0\.5@vde0 +UP +10\.5\.0\.1/24 $' "$("$IOTHIP" -br -4 addr show dev vde0.5)" "a VLAN"
assert_match '^[0-9]+: vde0\.5@vde0: <' "$("$IOTHIP" link show vde0.5)" "a VLAN"
$vlan link del vde0.5
run "$IOTHIP" link del vde0.5
assert_equal 1 "$status" "an interface that is gone"
"$IOTHIP" link add name eth9 type vde mem://other
assert_match '^[0-9]+: eth9: <BROADCAST,MULTICAST> ' "$("$IOTHIP" link show eth9)" "link add"
run "$IOTHIP" link add name eth9 type vde mem://other
assert_equal 2 "$status" "an interface twice"
# libvdeplug loads its modules in a way that a sanitizer does not permit.
if ! ldd "$PICOX_HOST" | grep -E 'lib(asan|tsan)' >/dev/null; then
	run "$IOTHIP" link add type vde "vde://$dir/nowhere"
	assert_equal 2 "$status" "a network that is not there"
fi
run "$IOTHIP" link add type nonsense
assert_match '^Error: .*type' "$err" "a kind that is not there"
"$IOTHIP" link del eth9
run "$IOTHIP" link show eth9
assert_equal 1 "$status" "link del"

# --- errors, in the stack's words ---------------------------------------------------------------

run "$IOTHIP" addr add 10.0.0.1/24 dev vde0
assert_equal 2 "$status" "an address twice"
assert_match '^Error: .*already assigned\.$' "$err" "an address twice"
run "$IOTHIP" link set nope up
assert_equal 1 "$status" "no interface"
assert_match 'no interface "nope"' "$err" "no interface"
for wrong in "" "foo" "link foo" "addr add 10.0.0.300/24 dev vde0" "addr add 10.0.0.9/24" "-6 addr add 10.0.0.9/24 dev vde0" "route add" "-x link"; do
	# shellcheck disable=SC2086 # several words
	run "$IOTHIP" $wrong
	assert_equal 1 "$status" "iothip $wrong"
	[ -n "$err" ] || fail "iothip $wrong says nothing"
done
for version in -V -Version --version; do
	run "$IOTHIP" $version
	assert_equal 0 "$status" "iothip $version"
	assert_match '^iothip [0-9]' "$out" "iothip $version"
done
run "$IOTHIP" -c "$dir/nowhere" link
assert_equal 2 "$status" "no socket"
assert_match 'nowhere: No such file' "$err" "no socket"

# --- monitor, counters, the end -------------------------------------------------------------------

"$IOTHIP" addr flush dev vde0
assert_no_match ' inet6? ' "$("$IOTHIP" addr show dev vde0)" "addr flush"
wait_for says monitor '^2: vde0    inet 10.0.0.1/24 '
wait_for says monitor '^Deleted 2: vde0    inet 10.0.0.1/24 '
wait_for says monitor '^default via 10.0.0.254 dev vde0 '
wait_for says monitor '^Deleted 10.0.0.0/24 dev vde0 '
wait_for says monitor '^10.0.0.7 dev vde0 lladdr 02:00:00:00:00:07 PERMANENT '
wait_for says monitor_json '^\{"deleted":true,"ifindex":2,"ifname":"vde0","family":"inet","local":"10.0.0.1"'
assert_no_match 'inet' "$(cat "$dir/monitor_link.log")" "monitor link"
python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$dir/monitor_json.log" ||
	fail "monitor -j: an object a line"
assert_match '^Ip6OutRequests +[1-9]' "$("$IOTHIP" stats)" "stats"
assert_match '^IpInReceives +0$' "$("$IOTHIP" stats all 'ipin*')" "stats all"
assert_match '"PicoxMemLimit":67108864' "$("$IOTHIP" -j stats)" "stats -j"

stop "$host"
for name in monitor monitor_json monitor_link; do
	for group in "${!started[@]}"; do
		[ "${started[$group]}" != "$name" ] || await "$group"
	done
done
run "$IOTHIP" link
assert_equal 2 "$status" "a stack that has ended"
pass
