#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The echo server and the terminal client of examples/, each on any stack, on one VDE network: all that was sent before the
# end of the input comes back; what a user does wrong is told. (As its page types it: test/scenarios/seed_003.sh.)
#
#     iothtest_server 192.168.250.50 -- switch:// -- iothtest_client 192.168.250.51
#
#     vdestack                                       vdestack
#     vdens, kernel                                  vdens, kernel
. "$(dirname "$0")/lib.sh"

need_vde
need_userns
need_program "$EXAMPLES/iothtest_server" "$EXAMPLES/iothtest_client"

# on_stack STACK PROGRAM: $command is the line of the page.
on_stack()
{
	case $1 in
	kernel) command=("$VDENS" "$vnl" "$EXAMPLES/$2" kernel) ;;
	*) command=("$EXAMPLES/$2" "$1" "$vnl") ;;
	esac
}

stacks=()
[ ! -e "$BUILD/plugins/vdestack/ioth_vdestack-r.so" ] || stacks+=(vdestack)
[ ! -x "$VDENS" ] || stacks+=(kernel)
[ ${#stacks[@]} -gt 0 ] || skip "neither vdestack nor vdens is built"

net_start switch sw
for server in "${stacks[@]}"; do
	for client in "${stacks[@]}"; do
		name=$server-$client
		on_stack "$server" iothtest_server
		start "server-$name" "${command[@]}"
		server_pid=$pid
		wait_for says "server-$name" '^listening on port 5000$'

		on_stack "$client" iothtest_client
		# shellcheck disable=SC2016 # expanded by the inner shell
		seq 1 20000 >"$dir/lines"
		run bash -c '"$@" <"$0"' "$dir/lines" timeout 180 "${command[@]}"
		assert_equal 0 "$status" "client's status, $name"
		echo "$out" | cmp - "$dir/lines" || fail "$name: what came back differs"

		assert_match '^[0-9]+: connection from 192\.168\.250\.51 port [0-9]+$' \
			"$(cat "$dir/server-$name.log")" "the server's log, $name"
		wait_for says "server-$name" '^[0-9]+: closed$'
		stop "$server_pid"
	done
done

# Errors that a user makes.
assert_status 1 "$EXAMPLES/iothtest_server"
assert_match '^usage: ' "$err" "usage"
assert_status 1 "$EXAMPLES/iothtest_client" nobody_has_this "$vnl"
assert_match 'ioth_nobody_has_this' "$err" "unknown stack"
assert_status 1 "$EXAMPLES/iothtest_client" kernel "$vnl"
assert_match 'Invalid argument' "$err" "VNL on the kernel's stack"
pass
