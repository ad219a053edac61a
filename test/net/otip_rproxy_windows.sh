#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Five minutes of real windows of a second through otip_rproxy: clients whose clocks are 7 seconds fast and slow connect
# all the time, one connection and one socket for datagrams stay from the first window to the last, and nothing grows.
# (Ten thousand windows, by a clock that runs faster: test/unit/daemon/otip_rproxy/test_live_windows.c.)
#
# Without arguments: all pairs of stacks, side by side; five minutes are enough for all of them.
# OTIP_WINDOWS: how many.
if [ $# = 0 ]; then
	status=0
	jobs=()
	for pair in 'vdestack kernel' 'picox kernel' 'picox picox'; do
		# shellcheck disable=SC2086 # two words
		bash "$0" $pair &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do
		one=0
		wait "$job" || one=$?
		# What fails counts most, then what was tested at all.
		case $one in
		0) [ "$status" != 77 ] || status=0 ;;
		77) ;;
		*) status=$one ;;
		esac
	done
	exit "$status"
fi
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"
CLIENTS=$BUILD/test/net/otip_clients
need_program "$CLIENTS"
windows=${OTIP_WINDOWS:-300}
deadline=$((windows + deadline))

# wait_for_windows NUMBER: until so many have opened, and the clients go on.
have_windows()
{
	is_gone "$clients_group" || [ "$(metric windows_total)" -ge "$1" ]
}
wait_for_windows()
{
	wait_for have_windows "$1"
	! is_gone "$clients_group" || fail "the clients have ended: $(tail -n 1 "$dir/clients.log")"
}

threads()
{
	find "/proc/$(rproxy_pid)/task" -mindepth 1 -maxdepth 1 | wc -l
}

descriptors()
{
	find "/proc/$(rproxy_pid)/fd" -mindepth 1 | wc -l
}

kib()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(rproxy_pid)/status"
}

# What is there for a moment only does not count.
least()
{
	local n looks=0 min=
	while [ $((looks += 1)) -le 10 ]; do
		n=$("$1")
		[ "$n" -ge "${min:=$n}" ] || min=$n
		wait_a_moment
	done
	echo "$min"
}

# Flows come and go; the most of some moments is what counts.
most()
{
	local n looks=0 max=0
	while [ $((looks += 1)) -le 10 ]; do
		n=$("$1")
		[ "$n" -le "$max" ] || max=$n
		wait_a_moment
	done
	echo "$max"
}

hosts_start
servers_start
rproxy_rc "tcp 4242,$server,$port" "udp 4242,$server,$port" 'otip_period 1' 'udp_timeout 30'
rproxy_start
before_fds=$(least descriptors)
mkfifo "$dir/clients.in"
stdin=$dir/clients.in start clients "$CLIENTS" "$outside" fc01:: renzo.otip mypassword 4242 1 8 7 -7
clients_group=$pid
wait_for says clients '^ready'
opened=$(metric windows_total)
# Mappings live for half a minute: after some more there are as many as there will ever be.
wait_for_windows $((opened + windows / 5))
before_threads=$(most threads)
before_kib=$(most kib)
wait_for_windows $((opened + windows))
after_threads=$(most threads)
after_kib=$(most kib)
echo end >"$dir/clients.in"
await "$clients_group"
cat "$dir/clients.log"
[ "$status" = 0 ] || fail "clients have failed"
echo "$outer-$inner: threads $before_threads, $after_threads; KiB $before_kib, $after_kib"
read -r _ visits _ late _ < <(tail -n 1 "$dir/clients.log")
[ $((late * 20)) -le "$visits" ] || fail "$late of $visits came too late"
[ "$visits" -ge "$windows" ] || fail "only $visits visits"
[ "$after_threads" -le "$before_threads" ] || fail "threads grow"
if ! ldd "$RPROXY" | grep -E 'lib(asan|tsan)' >/dev/null; then
	[ "$after_kib" -le $((before_kib + 2048)) ] || fail "memory grows"
fi
assert_equal 0 "$(metric no_descriptors_total)" "lacks of descriptors"
assert_equal 0 "$(metric udp_lost_total)" "datagrams that were lost"
# And without clients there is nothing but two dozen addresses.
wait_for is_metric tcp_open 0
wait_for is_metric udp_open 0
few_addresses()
{
	[ "$(metric addresses)" -le 20 ]
}
wait_for few_addresses
after_fds=$(least descriptors)
echo "$outer-$inner: descriptors $before_fds, $after_fds"
# A window more or less, and what a stack opens with its first connection; one that left a descriptor behind would have
# left hundreds.
[ "$after_fds" -le $((before_fds + 30)) ] || fail "descriptors grow"
kill -TERM "$(rproxy_pid)"
await "$rproxy_group"
assert_equal 0 "$status" "exit status"
pass
