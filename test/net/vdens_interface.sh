#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens with networks: names, number and state of the interfaces; -m, -i, --up, --mtu, "=command".
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_program "$VDENS"
unthreaded "$VDENS"
net_start hub a
a=$vnl
net_start switch b
b=$vnl

# links OPTION...: "name flags mtu" of each interface but lo, in order.
links()
{
	assert_status 0 "$VDENS" "$@" ip -o link
	links=$(sed -En 's/^[0-9]+: ([^@:]+)(@[^:]*)?: <([^>]*)> mtu ([0-9]+) .*/\1 \3 \4/p' \
		<<<"$out" | grep -v '^lo ' || :)
}
names()
{
	links "$@"
	names=$(cut -d' ' -f1 <<<"$links" | xargs)
}

for port in "" veth; do
	export IOTH_NETNS_PORT=$port
	links "$a"
	assert_match '^vde0 BROADCAST,MULTICAST[^ ]* 1500$' "$links" "one interface, down"
	assert_no_match 'UP' "$links" "one interface, down"
	names -i eth "$a"
	assert_equal eth0 "$names" "-i"
	names -m "$a" "$b" --
	assert_equal "vde0 vde1" "$names" "-m with two networks"
	names --multi -i eth "$a" "$b" "$a" "$b" "$a" --
	assert_equal "eth0 eth1 eth2 eth3 eth4" "$names" "-m with five networks"
	names -m "$a" - "$b" no "wan0:$a" --
	assert_equal "vde0 vde2 wan0" "$names" "-m with gaps and a name"
	names "lan0:$a"
	assert_equal lan0 "$names" "a name in front of the VNL"
	names "lan0:$dir/a"
	assert_equal lan0 "$names" "a name in front of a path"
	names "$dir/a"
	assert_equal vde0 "$names" "a path"
	names "=vde_plug $a"
	assert_equal vde0 "$names" "a command"
	names "x0:=vde_plug $a"
	assert_equal x0 "$names" "a name in front of a command"
	(cd "$dir" && names vde://a && assert_equal vde0 "$names" "a relative path")

	links --up "$a"
	assert_match '^vde0 .*[,]UP,LOWER_UP 1500$' "$links" "--up"
	assert_match '^1: lo: <LOOPBACK,UP,LOWER_UP>' "$out" "--up sets lo up"
	links --mtu 9000 -m "$a" "$b" --
	assert_match '^vde0 .* 9000$' "$links" "--mtu"
	assert_match '^vde1 .* 9000$' "$links" "--mtu, second interface"
	for how in -u -c --map-root; do
		names $how "$a"
		assert_equal vde0 "$names" "with $how"
	done
done
unset IOTH_NETNS_PORT

# Without a network --up sets lo up.
assert_status 0 "$VDENS" --up - ip -o link show lo
assert_match '<LOOPBACK,UP,LOWER_UP>' "$out" "--up without a network"

# Interface n is on the n-th network: a frame sent on vde0 is seen on a and not on b.
sender='ip link set vde0 up; ip link set vde1 up; ip addr add 10.1.0.1/24 dev vde0
	ip addr add 10.2.0.1/24 dev vde1; echo up; exec sleep 1000'
start both "$VDENS" -m "$a" "$b" -- sh -ec "$sender"
wait_for says both up
for n in 1 2; do
	[ $n = 1 ] && vnl=$a || vnl=$b
	assert_status 0 "$VDENS" --up "$vnl" sh -ec "ip addr add 10.$n.0.2/24 dev vde0
		exec ping -c 1 -w 20 10.$n.0.1"
done
stop "$pid"

# The command inherits the descriptors of the caller and none of ours.
exec 7<"$dir/a"
list='ls -1 /proc/self/fd | sort -n | xargs'
expected=$(sh -c "$list")
for how in "" -c --up; do
	# shellcheck disable=SC2086
	assert_equal "$expected" "$("$VDENS" $how "$a" sh -c "$list")" "descriptors with '$how'"
done
exec 7<&-
# ... and vdens itself keeps no pipe open that the command has closed: the reader sees the end of
# it while the command still runs.
mkfifo "$dir/go"
assert_status 0 timeout $deadline bash -c '
	set -o pipefail
	"$0" "$1" sh -c "exec >&-; read -r word <\"\$0\"; test \"\$word\" = eof" "$2" |
		{ cat; echo eof >"$2"; }' "$VDENS" "$a" "$dir/go"
