#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about otip-utils: servers of the machine, behind addresses that change, by address and by name. The
# argument is the proxy's outer stack (vdestack: the page's own words). What takes the end of a window to see, ssh
# among it, is in test/net/otip_rproxy_names.sh.
#
#     echo servers [::]:8484 (lo)
#         |
#     otip_rproxy fc01::... -------- hub -------- vdens fc01::1
#     iothnamed fc01::24 -------------'
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command python3 nc ping
need_program "$BUILD/daemon/otip_rproxy/otip_rproxy" "$BUILD/tools/otipaddr/otipaddr"

start servers python3 "$SRC/test/net/otip_peer.py" serve 8484
wait_for says servers '^serving'
example otip_rproxy/otip_rproxy.rc "$stack"
example iothnamed/iothnamed_otip.rc "$stack"
network
daemon rproxy 'otip_rproxy -f /tmp/otip_rproxy.rc'
daemon named 'iothnamed /tmp/iothnamed_otip.rc'

terminal client 'vdens -R fc01::24 vde:///tmp/hub'
at client 'ip addr add fc01::1/64 dev vde0 nodad'
at client 'ip link set vde0 up'
at_last client 'ping -n -c 1 $(otipaddr -b fc01:: renzo.otip mypassword)'
at_last client 'echo hello | nc -N $(otipaddr -b fc01:: renzo.otip mypassword) 4242 | grep -x hello'
# -w: nc has no other way to know that all has come.
at_last client 'echo hello | nc -u -6 -w 2 $(otipaddr -b fc01:: renzo.otip mypassword) 4242 | grep -x hello'
at_last client 'ping -n -c 1 renzo.otip'
assert_match '^64 bytes from fc01:' "$out" "by its name"
at_last client 'echo hello | nc -N renzo.otip 4242 | grep -x hello'
pass
