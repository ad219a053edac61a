#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Both directions at once between picox and Linux, either of them the server, through a path that loses,
# delays, duplicates and reorders. Each byte is compared.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcp_lib.sh"

# through BYTES [OPTION=VALUE ...]
through()
{
	local bytes=$1 pair one two
	shift
	for pair in "picox kernel" "kernel picox" "picox picox"; do
		read -r one two <<<"$pair"
		path_start "$@"
		server_start "$one"
		client "$two" 10.0.0.1 up="$bytes" down="$bytes"
		echo "$* $pair: $out"
		server_stop
		path_stop
	done
}

through 3000000 loss=0.1 delay=1
through 1000000 loss=0.1 delay=20
through 500000 loss=0.1 delay=100
through 2000000 loss=1 delay=1
through 200000 loss=1 delay=20 duplicate=1
through 500000 loss=5 delay=1
through 100000 loss=5 delay=20
through 2000000 delay=2 jitter=2
through 1000000 delay=5 reorder=2 duplicate=2
through 1000000 delay=10 rate=20 queue=50000
pass
