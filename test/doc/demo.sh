#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `make demo` shows what it promises, and its page draws it.  Arguments: SOURCE BUILD
#
# The page is looked at in a browser (demo_page.py tells what for); without one the test still says whether
# the show itself went well, then that it has been skipped.
. "$(dirname "$0")/doc_lib.sh"
needs vde_plug ip ping setpriv dnsmasq
private_dir ioth-demo
out=$("$src/scripts/demo" "$build" "$dir/demo.html" </dev/null)
echo "$out"
account=$(sed -n '/^What happened/,$p' <<<"$out")
for promised in \
    'over TCP through a virtual switch: 3 lines went there, 3 came back' \
    'iothtest_udp was the node 192\.168\.250\.52 .*, by a TCP/IP stack in its own memory' \
    'pinged all three: .* ms to the server' \
    '1000 threads of one process were the nodes fd69:6f74::1 to fd69:6f74::3e8' \
    'iothconf_host, told its name alone, was the node 192\.168\.250\.1.. by DHCP and fd69:6f75::' \
    'otip_rproxy gave the server an address that changes every two seconds: a conversation outlived 3' \
    'A hundred threads of another process knew nothing but their names' \
    'thread42.threads.local, one of them, was found by its name: iothnamed gave fd69:6f76::c083:153d:57ac:5597' \
    'went to see all 102 by their names: each address led back to its name' \
    'web.threads.local, told nothing but its name, was the node fd69:6f76::5004:f4e0:78fd:79fd' \
    '6 of them answered pings of the visitor, and pings and datagrams'; do
    grep -q -- "$promised" <<<"$account" || { echo "the account does not tell: $promised"; exit 1; }
done
"$(dirname "$0")/demo_page.py" "$dir/demo.html" "$dir"
