#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An interface is deleted under a daemon on the kernel's stack, and made again with the same name: the daemon says so,
# says nothing that is not true meanwhile, and serves again. The argument is the daemon.
#
#	home: the daemon on vde0 ==== veth, made again and again ==== peer0: who asks
. "$(dirname "$0")/lib.sh"
name=${1:?namedhcp, namedhcp4 or iothradvd}
case $name in
iothradvd) daemon=$BUILD/daemon/iothradvd/iothradvd words=(-p 600 fc00::/64) ;;
*) daemon=$BUILD/daemon/namedhcp/$name words=(-n 192.168.1.24) ;;
esac
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$LD_LIBRARY_PATH"
need_userns
need_command python3
need_program "$daemon" "$BUILD/tools/daemonctl/${name}ctl" "$VDENS"
[ "$name" != iothradvd ] || need_command rdisc6
unthreaded "$VDENS"

vdens_start home -
# Another namespace of the same user, in which peer0 lies.
start peer nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
	unshare --net sh -c 'echo "inside $$"; exec sleep 100000'
wait_for says peer inside
inside_pid[peer]=$(sed -n 's/^inside //p' "$dir/peer.log")

make_link()
{
	inside home ip link add vde0 type veth peer name peer0 netns "${inside_pid[peer]}"
	inside home ip addr add 192.168.1.25/24 dev vde0
	inside peer ip addr add 192.168.1.9/24 dev peer0
	inside home ip link set vde0 up
	inside peer ip link set peer0 up
}
asks()
{
	case $name in
	namedhcp) inside peer python3 "$SRC/test/net/dhcp_ask.py" 6 peer0 ;;
	namedhcp4) inside peer python3 "$SRC/test/net/dhcp_ask.py" 4 peer0 ;;
	*) inside peer rdisc6 -1 -r 1 -w 1000 peer0 | grep fc00::/64 ;;
	esac
}
lines()
{
	grep -cE -- "$1" "$dir/daemon.log" || :
}
is_told() # TIMES PATTERN
{
	[ "$(lines "$2")" -ge "$1" ]
}
says_status()
{
	"$BUILD/tools/daemonctl/${name}ctl" -s "$dir/ctl" status | grep "$1"
}

make_link
start daemon nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
	env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" \
	"$daemon" -i vde0 -v --control "$dir/ctl" "${words[@]}"
daemon=$pid
wait_for says daemon ': serving'
wait_for asks

for round in 1 2; do
	inside home ip link del vde0
	wait_for is_told $round 'the interface( vde0)? is gone'
	[ "$name" != iothradvd ] || wait_for says_status 'vde0: waiting'
	make_link
	wait_for is_told $round 'the interface( vde0)? is there again'
	wait_for asks
	[ "$name" != iothradvd ] || says_status 'vde0: advertising' >"$dir/status"
done

# In one breath.
inside home sh -c "ip link del vde0; ip link add vde0 type veth peer name peer0 netns ${inside_pid[peer]}; ip link set vde0 up"
inside peer ip addr add 192.168.1.9/24 dev peer0
inside peer ip link set peer0 up
wait_for asks
wait_for is_told 3 'the interface( vde0)? is there again'

kill -TERM "$daemon"
await "$daemon"
assert_equal 0 "$status" "status of the end; $(tail -n 5 "$dir/daemon.log")"
pass
