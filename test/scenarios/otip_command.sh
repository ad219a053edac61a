#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One-time addresses without a file: otip_rproxy by its options, and iothnamed, which says the same address as otipaddr, to
# be kept for a second. The argument is the proxy's outer stack (vdestack: the specification's words).
#
#     echo server [::]:8484 (lo)
#         |
#     otip_rproxy fc01::... -------- hub -------- vdens fc01::1
#     iothnamed fc01::24 -------------'
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command python3 nc dig
need_program "$BUILD/daemon/otip_rproxy/otip_rproxy" "$BUILD/tools/otipaddr/otipaddr"

start servers python3 "$SRC/test/net/otip_peer.py" serve 8484
wait_for says servers '^serving'
file named.rc <<END_RC
rstack stack=$stack,vnl=vde:///tmp/hub
rstack ip=fc01::24/64,eth
net    w fc01::/64
auth   otip w .otip fc01:: mypassword
END_RC
network
daemon rproxy "otip_rproxy -e stack=$stack,vnl=vde:///tmp/hub -b fc01:: -n renzo.otip -P mypassword -t 4242,::1,8484"
daemon named 'iothnamed /tmp/named.rc'

terminal client 'vdens vde:///tmp/hub'
at client 'ip addr add fc01::1/64 dev vde0 nodad'
at client 'ip link set vde0 up'
at_last client 'echo hello | nc -N $(otipaddr -b fc01:: renzo.otip mypassword) 4242 | grep -x hello'
# A window may end between the two.
at_last client 'dig @fc01::24 +noall +answer renzo.otip AAAA >/tmp/answer
	test "$(otipaddr -b fc01:: renzo.otip mypassword)" = "$(sed "s/.*AAAA[[:space:]]*//" /tmp/answer)"'
assert_match '^renzo\.otip\.[[:space:]]+1[[:space:]]+IN[[:space:]]+AAAA[[:space:]]' "$(cat "$dir/answer")" "its TTL"
pass
