#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothnamed on a stack (picox, vdestack, kernel: the argument), with the example configurations of the
# original (test/data/iothnamed), word for word but for the network's path and the forwarders' addresses.
#
#      client (dig; dnsmasq, which is the forwarder)      home: what `fstack stack=kernel` is
#      192.168.1.100  fc00::100  fc01::100 ...            192.168.1.10
#                  |                                            |
#      ------------+---------------- hub ----------------------+------------
#                                     |
#                          iothnamed's request stack: 192.168.1.24 fc00::24 ...
#                          (kernel: the addresses are home's)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/iothnamed_lib.sh"

hosts_start
forwarder_start

# --- the examples load as they are

for rc in "$SRC"/test/data/iothnamed/*.rc; do
	assert_status 0 "$NAMED" --check "$rc"
	assert_equal '' "$err" "$rc"
done

# --- static names, and the rest forwarded, by IPv4

named_start 'local+forward'
answers 192.168.1.24 one.test.local A 192.168.1.1
answers 192.168.1.24 TWO.test.LOCAL. A 192.168.1.2
answers 192.168.1.24 -x 192.168.1.2 two.test.local.
flags_are 192.168.1.24 one.test.local A 'qr aa rd ra' NOERROR
flags_are 192.168.1.24 one.test.local AAAA 'qr aa rd ra' NOERROR
flags_are 192.168.1.24 nope.test.local A 'qr aa rd' NXDOMAIN
forwards 192.168.1.24 forwarded.example A 10.9.8.7
run_dig 192.168.1.24 +noall +answer forwarded.example A # from the cache
assert_match '^forwarded.example.\s+[0-9]+\s+IN\s+A\s+10.9.8.7$' "$out" "from the cache"
assert_match '^iothnamed_cache_hits_total [1-9]' "$(ctl stats)" "cache"
assert_status 1 ctl flush ..
assert_equal '1 forgotten' "$(ctl flush forwarded.example)" flush
answers 192.168.1.24 +tcp one.test.local A 192.168.1.1
forwards 192.168.1.24 +tcp forwarded.example A 10.9.8.7
named_stop

# --- hash addresses, and their names

named_start 'localhash+forward'
for server in 192.168.1.24 fc00::24; do
	answers $server renzo.hash.local AAAA fc00::4cc:8049:6765:d03a
	answers $server RENZO.hash.local AAAA fc00::4cc:8049:6765:d03a
	answers $server -x fc00::4cc:8049:6765:d03a renzo.hash.local.
	answers $server +tcp h1.hash.local AAAA fc00::580c:c6d0:5a1a:5b6b
	forwards $server forwarded.example A 10.9.8.7
	flags_are $server renzo.hash.local A 'qr aa rd ra' NOERROR
done
run_dig fc00::24 +noall +answer renzo.hash.local AAAA
assert_match '\s600\s' "$out" "TTL"
named_stop

# --- one-time addresses

named_start iothnamed_otip
run_dig fc01::24 +noall +answer renzo.otip AAAA
assert_match '^renzo.otip.\s+1\s+IN\s+AAAA\s+fc01:' "$out" "one-time address"
named_stop

named_start 'otip+forward'
run_dig 192.168.1.24 +noall +answer renzo.otip AAAA
assert_match '^renzo.otip.\s+1\s+IN\s+AAAA\s+2001:760:2e00:ff00:' "$out" "one-time address"
forwards fc00::24 forwarded.example A 10.9.8.7
named_stop

# --- domains that others delegate to us

named_start delegated
answers 130.136.31.250 one.dom.v2.cs.unibo.it A 192.168.1.1
answers 2001:760:2e00:ff00::fd two.dom.v2.cs.unibo.it AAAA fc00::2
answers 2001:760:2e00:ff00::ff two.dom.v2.cs.unibo.it A 192.168.1.2 # from the address that was asked
flags_are 130.136.31.250 elsewhere.example A 'qr rd' REFUSED
named_stop

named_start 'delegated+hash'
answers 130.136.31.253 renzo.hash.v2.cs.unibo.it AAAA "$(answer_of 2001:760:2e00:ff00::fd renzo.hash.v2.cs.unibo.it AAAA)"
address=$(answer_of 2001:760:2e00:ff00::ff renzo.hash.v2.cs.unibo.it AAAA)
assert_match '^2001:760:2e00:ff00:' "$address" "hash address"
answers 130.136.31.253 -x "$address" renzo.hash.v2.cs.unibo.it.
answers 130.136.31.253 hash.v2.cs.unibo.it AAAA 2001:760:2e00:ff00::
named_stop
pass
