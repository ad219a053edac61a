#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A switch dies under two stacks with an open connection, and comes back: the connection goes on,
# and meanwhile nothing spins.
#
#     stack A (10.0.0.1)  vde0 --- switch --- vde0  stack B (10.0.0.2), one process
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_program "$BUILD/test/net/vdestack_reconnect"

for kind in hub switch; do
	net_start $kind $kind
	switch=$pid
	mkfifo "$dir/$kind.input"
	stdin=$dir/$kind.input start "$kind.program" "$BUILD/test/net/vdestack_reconnect" "$vnl"
	program=$pid
	wait_for says "$kind.program" '^connected'
	stop "$switch"
	echo lost >"$dir/$kind.input"
	wait_for says "$kind.program" '^idle'
	net_start $kind $kind
	switch=$pid
	echo back >"$dir/$kind.input"
	await "$program"
	assert_equal 0 "$status" "$kind: status of the program"
	says "$kind.program" '^resumed' || fail "$kind: the connection did not go on"
	stop "$switch"
done
