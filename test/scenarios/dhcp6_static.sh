#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about namedhcp: two nodes whose names and addresses are written in the DNS. The argument is where the
# servers are: vdestack (the page's own words), picox, vnl.
mode=${1:?vdestack, picox or vnl}
. "$(dirname "$0")/scenario_lib.sh"
. "$(dirname "$0")/dhcp6_lib.sh"
need_command dhclient pgrep

servers6 "$mode" iothnamed.rc <<'END_RC'
rstack   stack=vdestack,vnl=vde:///tmp/hub
rstack   mac=80:01:01:01:01:01,eth
rstack   ip=fc00::24/64
net      local fc00::/64
auth     accept local
auth     static local .test.local
auth     static local fc00::/64
static   AAAA one.test.local fc00::1
static   AAAA two.test.local fc00::2
static   PTR fc00::1 one.test.local
static   PTR fc00::2 two.test.local
END_RC
two_nodes one.test.local fc00::1 two.test.local fc00::2
# By the PTR record ping knows who answers.
assert_match '64 bytes from one.test.local' "$out" "one's address, by its name"
pass
