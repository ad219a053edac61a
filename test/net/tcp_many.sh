#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# 10,000 short connections, and 1,000 that are open at once, between picox and Linux, either of them the
# server.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcp_lib.sh"

for pair in "picox kernel" "kernel picox"; do
	read -r one two <<<"$pair"
	path_start delay=0
	server_start "$one"
	client "$two" 10.0.0.1 count=10000 parallel=20 up=100 down=100
	assert_match '^connections 10000 failed 0' "$out" "$pair: short connections"
	echo "$pair: $out"
	client "$two" fd00::1 count=1000 parallel=1000 hold=1 up=10000 down=10000
	assert_match '^connections 1000 failed 0' "$out" "$pair: parallel connections"
	echo "$pair: $out"
	server_stop
	path_stop
done
pass
