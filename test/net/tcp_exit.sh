#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a process sent is delivered, and the end of the stream, though it closes the socket and exits, or
# exits with the socket open, or deletes the stack at once: through a path that loses 0, 1 and 5 percent.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcp_lib.sh"
need_command socat ss
SENDER=$BUILD/test/net/tcp_exit
need_program "$SENDER"

listens()
{
	inside right ss -Htln | grep -q ':9000 '
}

for loss in 0 1 5; do
	head -c $((loss ? 1000000 / loss : 20000000)) /dev/urandom >"$dir/file"
	path_start loss=$loss delay=1
	vdens_start right "$right"
	inside right ip addr add 10.0.0.2/24 dev vde0
	inside right ip addr add fd00::2/64 dev vde0 nodad
	for how in close exit delete; do
		for address in 10.0.0.2 fd00::2; do
			start socat inside right socat -u TCP6-LISTEN:9000,reuseaddr "CREATE:$dir/got"
			socat=$pid
			wait_for listens
			"$SENDER" picox,linger=60 "$left" ip=10.0.0.1/24,ip=fd00::1/64 "$address" 9000 $how \
				<"$dir/file" || fail "sender ($how, $address, loss $loss)"
			await "$socat"
			cmp "$dir/file" "$dir/got" || fail "what came ($how, $address, loss $loss)"
			rm "$dir/got"
		done
	done
	path_stop
done
pass
