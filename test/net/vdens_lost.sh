#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A network that dies and comes back while two vdens are on it: the commands go on, frames are lost
# as on a pulled cable, nothing spins, and they pass again when the network is back.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_command ping
need_program "$VDENS"

node='ip addr add 10.9.0.$0/24 dev vde0; ip link set vde0 up; echo up
	while read -r what; do case $what in
		ping) if ping -q -c 1 -W 1 10.9.0.1 >/dev/null; then echo answer; else echo silence; fi ;;
		*) exit "$what" ;;
	esac; done'
mkfifo "$dir/stdin1" "$dir/stdin2"

# CPU time of a process and its threads, in clock ticks
ticks()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

answers()
{
	: >"$dir/two.log"
	echo ping >"$dir/stdin2"
	wait_for says two 'answer|silence'
	says two answer
}

for kind in hub switch; do
	net_start $kind net
	network=$pid
	stdin="$dir/stdin1" start one "$VDENS" "$vnl" bash -c "$node" 1
	one=$pid
	stdin="$dir/stdin2" start two "$VDENS" "$vnl" bash -c "$node" 2
	two=$pid
	wait_for says one up
	wait_for says two up
	wait_for answers

	stop "$network" KILL
	rm -rf "$dir/net"
	answers && fail "$kind: an answer over a dead network"
	before=$(ticks "$two")
	answers && fail "$kind: an answer over a dead network"
	used=$(($(ticks "$two") - before))
	[ "$used" -lt 20 ] || fail "$kind: vdens used $used ticks while the network was away"

	net_start $kind net
	network=$pid
	wait_for answers
	echo 3 >"$dir/stdin1"
	await "$one"
	assert_equal 3 "$status" "status of the first command"
	echo 4 >"$dir/stdin2"
	await "$two"
	assert_equal 4 "$status" "status of the second command"

	# A command ends promptly also while its network is away.
	stdin="$dir/stdin1" start one "$VDENS" "$vnl" bash -c "$node" 1
	one=$pid
	wait_for says one up
	stop "$network" KILL
	rm -rf "$dir/net"
	echo 5 >"$dir/stdin1"
	await "$one"
	assert_equal 5 "$status" "status of a command whose network is away"
done
