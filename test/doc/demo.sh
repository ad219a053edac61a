#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `make demo` shows what it promises.  Arguments: SOURCE BUILD
set -eu
for command in vde_plug ip ping setpriv dnsmasq; do
    command -v $command >/dev/null || { echo "SKIP: no command $command"; exit 77; }
done
if ! unshare --user --net true 2>/dev/null; then
    echo "SKIP: user namespaces are not permitted here"
    exit 77
fi
out=$("$1/scripts/demo" "$2" </dev/null)
echo "$out"
account=$(sed -n '/^What happened/,$p' <<<"$out")
for promised in \
    'over TCP through a virtual switch: 3 lines went there, 3 came back' \
    'iothtest_udp was the node 192\.168\.250\.52 .*, by a TCP/IP stack in its own memory' \
    'pinged all three: .* ms to the server' \
    '1000 threads of one process were the nodes fd69:6f74::1 to fd69:6f74::3e8' \
    'iothconf_host, told its name alone, was the node 192\.168\.250\.1.. by DHCP and fd69:6f75::' \
    'otip_rproxy gave the server an address that changes every two seconds: a conversation outlived 3' \
    'web.threads.local, told nothing but its name, was the node fd69:6f76::5004:f4e0:78fd:79fd' \
    '6 of them answered pings of the visitor, and pings and datagrams'; do
    grep -q -- "$promised" <<<"$account" || { echo "the account does not tell: $promised"; exit 1; }
done
