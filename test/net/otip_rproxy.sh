#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What goes through otip_rproxy, on outer and inner stacks: see otip_lib.sh. Servers that are down, slow, or close
# at once; clients that do; a full table.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"

hosts_start
servers_start
mapfile -t lines < <(services)
rproxy_rc "${lines[@]}"
rproxy_start
address=$(fixed_address)

echo "--- TCP"
peer echo "$address" 4242 1
peer echo "$address" 4242 3000000
peer closed "$address" 4243
peer half "$address" 4244 1000000
peer reset "$address" 4245
peer refused "$address" 4299
peer late_reader "$address" 4247
peer half "$address" 4248 8000000 # a slow server: what it does not take waits at the client
peer abort "$address" 4242
wait_for is_metric tcp_open 0
[ "$(metric tcp_inner_failed_total)" = 1 ] || fail "a server that is down is not counted"
[ "$(metric tcp_aborted_total)" -ge 1 ] || fail "resets are not counted"

echo "--- UDP"
peer udp "$address" 4242
peer udp_silent "$address" 4299
peer udp_large "$address" 4243 60000
peer udp_large "$address" 4243 3000

echo "--- the kernel's tools"
wait_for inside client ping -n -c 1 -W 5 "$address"
assert_equal hello "$(echo hello | inside client timeout 60 nc -6 -N "$address" 4242)" "nc"
pass
