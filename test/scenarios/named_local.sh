#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about iothnamed, local+forward.rc: names of one's own, and what public name servers say. The argument is
# iothnamed's stack (vdestack: the page's own words).
#
#     dnsmasq 8.8.8.8, 80.80.80.80 (lo)
#         |
#     iothnamed 192.168.1.24 -------- hub -------- vdens 192.168.1.1
stack=${1:?vdestack or picox}
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command host dig ping

public_servers --host-record=www.example.org,192.0.2.80
example iothnamed/local+forward.rc "$stack"
network
daemon named 'iothnamed /tmp/local+forward.rc'

terminal one 'vdens -R 192.168.1.24 vde:///tmp/hub'
at one 'ip addr add 192.168.1.1/24 dev vde0'
at one 'ip link set vde0 up'
at one 'ip link set lo up'
at_last one 'host www.example.org'
assert_match '^www\.example\.org has address 192\.0\.2\.80$' "$out" "a name that others know"
at_last one 'ping -c 1 one.test.local'
assert_match '^64 bytes from one\.test\.local \(192\.168\.1\.1\)' "$out" "a name of our own, and back"
at_last one 'host 192.168.1.2'
assert_match 'domain name pointer two\.test\.local\.$' "$out" "an address's name"
at_last one 'dig +tcp +short one.test.local'
assert_match '^192\.168\.1\.1$' "$out" "by TCP"
pass
