#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about namedhcp: two nodes whose addresses are the hashes of their names, which nobody has written
# anywhere. The argument is where the servers are: vdestack (the page's own words), picox, vnl (those of the
# page about iothradvd).
mode=${1:?vdestack, picox or vnl}
. "$(dirname "$0")/scenario_lib.sh"
. "$(dirname "$0")/dhcp6_lib.sh"
need_command dhclient pgrep

servers6 "$mode" iothnamed.rc < <(hash_rc)
two_nodes h1.hash.local fc00::580c:c6d0:5a1a:5b6b h2.hash.local fc00::a831:4648:3762:4f4d

# From the address back to the name.
if have_command host; then
	at_last one 'host fc00::580c:c6d0:5a1a:5b6b'
	assert_match 'domain name pointer h1\.hash\.local\.' "$out" "one's own name"
	at_last one 'host h2.hash.local'
	assert_match 'has IPv6 address fc00::a831:4648:3762:4f4d' "$out" "two's address"
fi
# What a third node makes of the advertisement.
if have_command rdisc6; then
	terminal three 'vdens vde:///tmp/hub'
	up three
	at_last three 'rdisc6 -1 vde0'
	assert_match '^ Prefix +: fc00::/64' "$out" "rdisc6: the prefix"
	assert_match '^  Valid time +: +86400 ' "$out" "rdisc6: its valid lifetime"
	assert_match '^  Pref. time +: +14400 ' "$out" "rdisc6: its preferred lifetime"
	assert_match '^  On-link +: +Yes' "$out" "rdisc6: it is on the link"
	assert_match '^  Autonomous address conf.: +No' "$out" "rdisc6: nobody makes addresses of it"
fi
pass
