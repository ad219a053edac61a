#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the daemons say of the stack that they have got: an interface that is down or is not there, an address that another node
# has, a port that another server has. They are alone on a hub, but for the one whose address is taken, and in `home` for the
# kernel's stack.
. "$(dirname "$0")/lib.sh"
need_userns
need_vde
export LD_LIBRARY_PATH="$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$BUILD/lib/iothradvd:$LD_LIBRARY_PATH"
daemons=$BUILD/daemon
need_program "$daemons/iothnamed/iothnamed" "$daemons/namedhcp/namedhcp" "$daemons/namedhcp/namedhcp4" \
	"$daemons/iothradvd/iothradvd" "$daemons/otip_rproxy/otip_rproxy"

net_start hub hub
place=stack=picox,vnl=$vnl

# begins DAEMON ARGUMENT...: it serves when this returns.
begins()
{
	local name=$1
	shift
	rm -f "$dir/$name.log"
	start "$name" "$daemons"/*/"$name" "$@"
	wait_for says "$name" "^$name: serving"
}

# warns DAEMON PATTERN ARGUMENT...: it serves, after a warning.
warns()
{
	local name=$1 pattern=$2
	shift 2
	# (Whether somebody has its address it asks for a second, in which the other one may have no time.)
	for _ in 1 2 3 4 5; do
		begins "$name" "$@"
		stop "$pid"
		! says "$name" "$pattern" || return 0
	done
	fail "$name $*: nothing like '$pattern' in: $(cat "$dir/$name.log")"
}

# says_nothing DAEMON ARGUMENT...
says_nothing()
{
	local name=$1
	begins "$@"
	assert_equal "$name: serving" "$(cat "$dir/$name.log")" "all that is said"
	stop "$pid"
}

rc() # STACK...
{
	printf 'rstack %s\n' "$@"
	printf '%s\n' 'net w ::/0' 'auth error w .'
}

# --- an interface that is down, a stack without an address

rc "$place,ip=fc00::1/64" >"$dir/down.rc"
rc "$place,eth" >"$dir/bare.rc"
rc "$place,ip=fc00::1/64,eth" >"$dir/good.rc"
warns iothnamed '^iothnamed: request stack: vde0 is down, nobody reaches it; the tag eth brings it up$' "$dir/down.rc"
warns iothnamed '^iothnamed: request stack: it has no address, nobody reaches it$' "$dir/bare.rc"
says_nothing iothnamed "$dir/good.rc"
warns namedhcp '^namedhcp: stack: vde0 is down' -s "$place,ip=fc00::2/64" -n fc00::1
warns namedhcp '^namedhcp: dnsstack: vde0 is down' -s "$vnl" -R "$place,ip=fc00::2/64" -n fc00::1
says_nothing namedhcp -s "$place,ip=fc00::2/64,eth" -n fc00::1
warns namedhcp4 '^namedhcp4: stack: vde0 is down' -s "$place,ip=10.0.0.2/24" -n 10.0.0.1
says_nothing namedhcp4 -s "$place,ip=10.0.0.2/24,eth" -n 10.0.0.1
warns otip_rproxy '^otip_rproxy: intstack: vde0 is down' -e "$place" -i "$place,ip=10.0.0.2/24" -n a -b fc01:: -t 1,10.0.0.1,2
says_nothing otip_rproxy -e "$place" -n a -P b -b fc01:: -t 1,::1,2
says_nothing iothradvd -s "$place" fc00::/64/LA # it brings its interfaces up by itself

# --- an interface that is not there

assert_status 1 "$daemons/iothradvd/iothradvd" -s "$place" -i vde7 fc00::/64/LA
assert_equal "iothradvd: vde7: there is no such interface on $place" "$err" "iothradvd's error"
assert_status 1 "$daemons/iothradvd/iothradvd" -i vde7 fc00::/64/LA
assert_equal "iothradvd: vde7: there is no such interface on the kernel's stack" "$err" "iothradvd's error"
for name in namedhcp namedhcp4; do
	assert_status 1 "$daemons/namedhcp/$name" -s "$place,eth" -i vde7
	assert_match "^$name: .*vde7" "$err" "$name's error"
done

# --- an address that another node has

begins iothnamed "$dir/good.rc"
mv "$dir/iothnamed.log" "$dir/first.log"
first=$pid
warns iothnamed '^iothnamed: request stack ".*": ip=fc00::1/64: Address already in use$' "$dir/good.rc"
says iothnamed '^iothnamed: request stack: it has no address, nobody reaches it$' ||
	fail "that nothing is left is not said: $(cat "$dir/iothnamed.log")"
stop "$first"

# --- two servers on one interface of the kernel

vdens_start home "$vnl" "$vnl"
inside home ip addr add 10.0.0.5/24 dev vde0
inside home ip addr add 10.0.1.5/24 dev vde1
at_home()
{
	nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$@"
}
unthreaded "$daemons/namedhcp/namedhcp"
for name in namedhcp namedhcp4; do
	start "$name-one" nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$daemons/namedhcp/$name" -i vde0 -n 10.0.0.1
	one=$pid
	wait_for says "$name-one" "^$name: serving"
	assert_status 1 at_home "$daemons/namedhcp/$name" -i vde0 -n 10.0.0.1
	assert_match "^$name: vde0: port (547|67): Address already in use$" "$err" "a second one"
	# The other interface is another link.
	start "$name-two" nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$daemons/namedhcp/$name" -i vde1 -n 10.0.0.1
	wait_for says "$name-two" "^$name: serving"
	stop "$pid"
	stop "$one"
done
pass
