#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothradvd on two interfaces of a stack (kernel, vdestack, picox: the argument), each with a file of its own;
# reloads change what is said on one, take an interface away, and add it again.
#
#     one ---- hub a ---- vde0  iothradvd  vde1 ---- hub b ---- two
. "$(dirname "$0")/lib.sh"
RADVD=$BUILD/daemon/iothradvd/iothradvd
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$LD_LIBRARY_PATH"
need_userns
need_vde
need_command rdisc6 radvdump
need_program "$RADVD" "$BUILD/tools/daemonctl/iothradvdctl" "$VDENS"
unthreaded "$VDENS"
stack=${1:?kernel, vdestack or picox}

net_start hub a
a=$vnl
net_start hub b
b=$vnl
vdens_start one "$a"
vdens_start two "$b"

# configure IFACE...: the daemon's file; what is said on IFACE is in the file of that name.
configure()
{
	printf 'iface %s\n' "${@/%/=$dir/IFACE}" | sed -E 's,^(iface ([^=]*)=.*)IFACE,\1\2,' >"$dir/rc"
	[ "$stack" = kernel ] || echo "stack stack=$stack,vnl=$a,vnl=$b,eth" >>"$dir/rc"
}

# advertise IFACE PREFIX...
advertise()
{
	printf 'lifetime 1800\nperiod 600\n' >"$dir/$1"
	printf 'prefix %s\n' "${@:2}" >>"$dir/$1"
}

ctl()
{
	"$BUILD/tools/daemonctl/iothradvdctl" -s "$dir/control" "$@"
}

# status_is LINE...: an interface a line, what there is on each.
is_advertising()
{
	[ "$(ctl status | sed -nE 's/^(vde[01]): (advertising), .*/\1/p' | sort | tr '\n' ' ')" = "$*${*:+ }" ]
}

# hears HOST PREFIX...: an answer to a solicitation has these prefixes.
hears()
{
	local host=$1
	shift
	inside "$host" rdisc6 -1 -r 10 -w 2000 vde0 >"$dir/rdisc6" 2>&1 || return
	[ "$(sed -nE 's/^ Prefix +: (.*)/\1/p' "$dir/rdisc6" | tr '\n' ' ')" = "$* " ]
}

# listen HOST: radvdump, from now on, into $dir/dump_HOST.log.
has_raw_socket()
{
	inside "$1" cat /proc/net/raw6 | grep -q ':003A '
}
listen()
{
	start "dump_$1" inside "$1" radvdump
	wait_for has_raw_socket "$1"
}

advertise vde0 fc00:a::/64
advertise vde1 fc00:b::/64
configure vde0 vde1
case $stack in
kernel)
	# shellcheck disable=SC2016 # words of the inner shell
	start radvd "$VDENS" --map-root --up --multi "$a" "$b" -- "$RADVD" --control "$dir/control" -v -f "$dir/rc"
	;;
*) start radvd "$RADVD" --control "$dir/control" -v -f "$dir/rc" ;;
esac
radvd=$pid
wait_for test -S "$dir/control"
wait_for is_advertising vde0 vde1

# --- each says its own, also to those who ask

wait_for hears one fc00:a::/64
wait_for hears two fc00:b::/64

# --- what is said on one changes; the other stays

advertise vde0 fc00:c::/64 fc00:a::/64
assert_status 0 ctl reload
wait_for hears one fc00:c::/64 fc00:a::/64
wait_for hears two fc00:b::/64

# --- one that is not there: all stays as it was

configure vde0 vde7 vde1
advertise vde7 fc00:7::/64
assert_status 1 ctl reload
assert_match 'vde7' "$err" "the interface is named"
is_advertising vde0 vde1 || fail "$(ctl status)"
wait_for hears two fc00:b::/64

# --- one goes, with a last word; the other stays

listen two
configure vde0
assert_status 0 ctl reload
is_advertising vde0 || fail "$(ctl status)"
wait_for says dump_two 'AdvDefaultLifetime 0'
stop "$pid"
assert_status 2 inside two rdisc6 -1 -r 1 -w 500 vde0
wait_for hears one fc00:c::/64 fc00:a::/64

# --- and comes again, with something else to say

advertise vde1 fc00:d::/64
configure vde1 vde0
assert_status 0 ctl reload
wait_for is_advertising vde0 vde1
wait_for hears two fc00:d::/64
wait_for hears one fc00:c::/64 fc00:a::/64

# --- the end: both say good-bye

listen one
listen two
kill -TERM "$radvd"
await "$radvd"
assert_equal 0 "$status" "exit status"
wait_for says dump_one 'AdvDefaultLifetime 0'
wait_for says dump_two 'AdvDefaultLifetime 0'
pass
