#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothradvd and its hosts: rdisc6, radvdump, Linux, libiothconf. Every option, from the first advertisement
# over a reload to the final one.
#
#	iothradvd on STACK (kernel, vdestack, picox; or vnl: on the network itself) ---- hub ---- vdens (host)
#	                                                                              |
#	                                                                              +---- picox (libiothconf)

. "$(dirname "$0")/lib.sh"
: "${RADVD:=$BUILD/daemon/iothradvd/iothradvd}"
: "${RADVDCTL:=$BUILD/tools/daemonctl/iothradvdctl}"
: "${CLIENT:=$BUILD/test/net/iothconf_client}"
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$LD_LIBRARY_PATH"
need_userns
need_vde
need_command rdisc6 radvdump
need_program "$RADVD" "$RADVDCTL" "$CLIENT" "$VDENS"
unthreaded "$VDENS"
stack=${1:-vnl}
mac=80:01:01:01:01:01
router=fe80::8201:1ff:fe01:101
net_start hub hub

# radvd_start OPTION...: the daemon on the stack, with the control socket $dir/control.
radvd_start()
{
	rm -f "$dir/control"
	case $stack in
	kernel)
		# shellcheck disable=SC2016 # words of the inner shell
		start radvd "$VDENS" --map-root "$vnl" sh -ec '
			ip link set vde0 address '$mac'
			ip link set vde0 up
			exec "$@"' sh "$RADVD" --control "$dir/control" "$@"
		;;
	vnl) start radvd "$RADVD" -s "$vnl" -m $mac --control "$dir/control" "$@" ;;
	*) start radvd "$RADVD" -s "stack=$stack,vnl=$vnl,eth,mac=$mac" --control "$dir/control" "$@" ;;
	esac
	radvd=$pid
	wait_for test -S "$dir/control"
}

ask()
{
	"$RADVDCTL" -s "$dir/control" "$1"
}

host()
{
	inside host "$@"
}

# The host's kernel follows routers, with routes and their preference, if it may be told so.
vdens_start host "$vnl"
host_sysctl()
{
	# shellcheck disable=SC2016 # words of the inner shell
	nsenter --target "${inside_pid[host]}" --user --net --mount --preserve-credentials \
		sh -c 'echo "$2" >"/proc/sys/net/ipv6/conf/vde0/$1"' sh "$1" "$2" 2>/dev/null
}
kernel_hosts=no
if kernel_obeys && host_sysctl accept_ra 2 && host_sysctl accept_ra_rt_info_max_plen 64; then
	kernel_hosts=yes
	host_sysctl router_solicitations 0 || :
fi

cat >"$dir/rc" <<'END'
# everything
period 600
lifetime 1800
hoplimit 63
flags MOh
reachable 30000
retransmit 1500
mtu 1400
raflags 0x800000000000
captive https://example.org/captive
  prefix fc00::/64/LA/86400/14400
prefix fc01::/64/L/86400/14400
route fd09::/48/h/1000
rdnss fc00::53,fc00::54/600
dnssl test.local/600
pref64 64:ff9b::/96/1800
END

# A mistake is told with its line, and nothing is done.
sed 's,^hoplimit .*,hoplimit 300,' "$dir/rc" >"$dir/bad"
assert_status 1 "$RADVD" --check -f "$dir/bad"
assert_match "bad \(line 4\): hoplimit: '300' is not a number from 0 to 255" "$err" "a mistake"
assert_status 0 "$RADVD" --check -f "$dir/rc"

start dump inside host radvdump
dump=$pid
radvd_start -f "$dir/rc"
wait_for says dump 'AdvCurHopLimit 63'
wait_for says dump 'DNSSL test.local' # what comes last

# --- rdisc6: a unicast answer, with hop limit 255, or it would not be one ---------------------------
solicit()
{
	host rdisc6 -1 -r 10 -w 2000 vde0 >"$dir/rdisc6" 2>&1
}
wait_for solicit
seen=$(cat "$dir/rdisc6")
assert_match "^Hop limit +: +63 " "$seen" "hop limit"
assert_match "^Stateful address conf. +: +Yes" "$seen" "M"
assert_match "^Stateful other conf. +: +Yes" "$seen" "O"
assert_match "^Router preference +: +high" "$seen" "preference"
assert_match "^Router lifetime +: +1800 " "$seen" "router lifetime"
assert_match "^Reachable time +: +30000 " "$seen" "reachable time"
assert_match "^Retransmit time +: +1500 " "$seen" "retransmission timer"
assert_match "^ Prefix +: fc00::/64" "$seen" "prefix"
assert_match "^  On-link +: +Yes" "$seen" "L"
assert_match "^  Autonomous address conf.: +Yes" "$seen" "A"
assert_match "^  Autonomous address conf.: +No" "$seen" "no A"
assert_match "^  Valid time +: +86400 " "$seen" "valid lifetime"
assert_match "^  Pref. time +: +14400 " "$seen" "preferred lifetime"
assert_match "^ Source link-layer address: 80:01:01:01:01:01" "$seen" "MAC address"
assert_match "^ MTU +: +1400 " "$seen" "MTU"
assert_match "^ Route +: fd09::/48" "$seen" "route"
assert_match "^  Route preference +: +high" "$seen" "route's preference"
assert_match "^ Recursive DNS servers? +: fc00::53" "$seen" "name server"
assert_match "^ DNS search list +: test.local" "$seen" "search domain"
assert_match "^ from $router" "$seen" "source"

# --- radvdump: the multicast one -------------------------------------------------------------------
seen=$(cat "$dir/dump.log")
for line in 'AdvManagedFlag on' 'AdvOtherConfigFlag on' 'AdvReachableTime 30000' 'AdvRetransTimer 1500' \
	'AdvDefaultLifetime 1800' 'AdvDefaultPreference high' 'AdvLinkMTU 1400' 'prefix fc00::/64' \
	'AdvValidLifetime 86400' 'AdvPreferredLifetime 14400' 'AdvAutonomous off' 'route fd09::/48' \
	'AdvRouteLifetime 1000' 'RDNSS fc00::53 fc00::54' 'DNSSL test.local'; do
	assert_match "$line" "$seen" "radvdump"
done
assert_no_match '[Ii]nvalid' "$seen" "radvdump"
stop "$dump"

# --- Linux -----------------------------------------------------------------------------------------
has_address()
{
	host ip -6 addr show dev vde0 | grep -E "inet6 $1.*$2" >/dev/null
}
has_route()
{
	host ip -6 route show dev vde0 | grep -E "$1" >/dev/null
}
if [ $kernel_hosts = yes ]; then
	wait_for has_address fc00: dynamic
	! has_address fc01: dynamic || fail "an address of a prefix that is not autonomous"
	wait_for has_route "^default via $router .*hoplimit 63 .*pref high"
	wait_for has_route '^fc01::/64'
	wait_for has_route "^fd09::/48 via $router .*pref high"
	assert_equal 1400 "$(host cat /proc/sys/net/ipv6/conf/vde0/mtu)" "MTU"
fi

# --- our own client --------------------------------------------------------------------------------
wait_for prints '^address fc00::' 'nameserver fc00::53$' 'search test.local$' -- \
	"$CLIENT" "stack=picox,vnl=$vnl" +eth,rd,slaac addresses resolv delete

# --- what it says of itself ------------------------------------------------------------------------
wait_for sh -c "\"$RADVDCTL\" -s $dir/control status | grep -E ': advertising, [1-9]'"
ask stats >"$dir/stats"
grep -E '^iothradvd_unicast_total\{interface="[^"]+"\} [1-9]' "$dir/stats" >/dev/null ||
	fail "no statistics: $(cat "$dir/stats")"

# --- a reload: a bad one changes nothing ------------------------------------------------------------
cp "$dir/rc" "$dir/good"
cp "$dir/bad" "$dir/rc"
assert_status 1 ask reload
wait_for says radvd "rc \(line 4\): hoplimit: '300'"
wait_for solicit
assert_match "^ Prefix +: fc01::/64" "$(cat "$dir/rdisc6")" "after a bad reload"
# A good one withdraws what is no more. (By a signal, this time.)
sed '/fc00::/d; s/fc01::/fc02::/' "$dir/good" >"$dir/rc"
kill -HUP "$radvd"
wait_for says radvd 'the configuration was reloaded'
wait_for solicit
seen=$(cat "$dir/rdisc6")
assert_match "^ Prefix +: fc02::/64" "$seen" "after a reload"
assert_match "^ Prefix +: fc00::/64" "$seen" "after a reload"
assert_match "^  Pref. time +: +0 " "$seen" "the removed prefix"
assert_no_match "^  Valid time +: +(7[3-9]|[89][0-9]|[0-9]{3})[0-9][0-9] .*fc00" "$seen" "the removed prefix"
[ $kernel_hosts = no ] || wait_for has_address fc00: deprecated

# --- the end ---------------------------------------------------------------------------------------
stop "$radvd"
[ $kernel_hosts = no ] || {
	no_default()
	{
		! has_route "^default via $router"
	}
	wait_for no_default
}
pass
