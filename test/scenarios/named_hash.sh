#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about iothnamed, localhash+forward.rc: names that are addresses, the names of such addresses, and the
# rest from public name servers. The argument is iothnamed's stack (vdestack: the page's own words).
#
#     dnsmasq 8.8.8.8, 80.80.80.80 (lo)
#         |
#     iothnamed fc00::24 -------- hub -------- vdens fc00::1
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command host

public_servers --host-record=www.example.org,192.0.2.80
example iothnamed/localhash+forward.rc "$stack"
network
daemon named 'iothnamed /tmp/localhash+forward.rc'

terminal one 'vdens -R fc00::24 vde:///tmp/hub'
at one 'ip addr add fc00::1/64 dev vde0 nodad'
at one 'ip link set vde0 up'
at_last one 'host renzo.hash.local'
assert_match '^renzo\.hash\.local has IPv6 address fc00::4cc:8049:6765:d03a$' "$out" "a name's address"
at_last one 'host hic_sunt_leones.hash.local'
assert_match '^hic_sunt_leones\.hash\.local has IPv6 address fc00::9c8f:74b4:705f:6512$' "$out" "another's"
at_last one 'host fc00::9c8f:74b4:705f:6512'
assert_match 'domain name pointer hic_sunt_leones\.hash\.local\.$' "$out" "whose address it is"
at_last one 'host www.example.org'
assert_match '^www\.example\.org has address 192\.0\.2\.80$' "$out" "a name that others know"
pass
