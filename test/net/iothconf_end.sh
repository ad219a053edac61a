#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# When a call ends, and what has been done then: static addresses can be used; what nobody answers is not
# waited for longer than it is worth; a lease that is given back by the last call before the stack is deleted
# gets to the server (the word lies in the interface's queue then, and must not go with the interface).
# See dhcp_lib.sh.

. "$(dirname "$0")/lib.sh"
stack=${1:-picox}
. "$(dirname "$0")/dhcp_lib.sh"
rounds=5
peer_start

# A static IPv6 address can be used when the call returns, with or without looking for duplicates.
gives "config 3,bound,config 1,bound" "static addresses" \
	+eth,ip=fd09::7/64,gw=fd09::1 bind=fd09::7 +nodad,ip=fd09::8/64 bind=fd09::8

# One that somebody has is told, is not used, and can be asked for again.
first='contend 1' gives "config 2; ip=fd09::7/64: Address already in use,bind EADDRNOTAVAIL,address 10.9.0.7,config 1,bound" \
	"a static address that somebody has" \
	+eth,ip=fd09::7/64,ip=10.9.0.7/24 bind=fd09::7 addresses +ip=fd09::7/64 bind=fd09::7

# On a link that is down nobody can be asked: the call does not wait.
client +ip=fd09::7/64 addresses
assert_equal "config 1,address fd09::7" "$(paste -sd, <<<"$out")" "a static address on a link that is down"

# Nor do protocols get an answer there, which is said.
client +dhcp
assert_equal "config 0; vde0 is down; the tag eth brings it up" "$out" "DHCP on a link that is down"

# Somebody who claims each address that is tried is tried four times (RFC 7217, 7), not for ever.
order ra 1800 fd09:: 600
first='contend 1000' gives "config 18" "all addresses are claimed" +eth,rd,slaac=opaque,secret=x addresses
order contend 0
order ra 0 fd09:: 0

# Nobody but the DHCP server is there: a router is asked for twice, where it is asked three times if nobody
# answers at all. (A process that the machine stops for seconds may ask once more.)
solicitations()
{
	local before
	before=$(grep -c '^solicitation' "$dir/peer.log") || :
	client "$@"
	asked=$(($(grep -c '^solicitation' "$dir/peer.log") - before))
}
asks() # CONFIG SOLICITATIONS
{
	local tries
	for tries in 1 2 3 4 5 6; do
		solicitations +eth,dhcp,rd
		[ "$stack" = picox ] || asked=$2 # Linux asks, too
		[ "$out $asked" != "config $1 $2" ] || return 0
	done
	fail "DHCP without a router: expected config $1 and $2 solicitations, seen $out and $asked"
}
order norouter
asks 6 2
if [ "$stack" = picox ]; then
	order silent
	asks 2 3
	order speak
fi

# A stack can be deleted whatever the background is doing with it at that moment.
order lease 1
order ra 1800 fd09:: 600
for ((i = 0; i < 2 * rounds; i++)); do
	gives "config 22,deleted" "a stack that is deleted while it is at work" +eth,dhcp,rd,slaac,nodad,thread delete
done
order lease 3600

for ((i = 0; i < rounds; i++)); do
	gives "config 6,config 0,deleted" "a lease that is given back" +eth,dhcp,nodad,thread +-dhcp delete
done
released()
{
	[ "$(grep -c '^RELEASE 10\.9\.0\.50$' "$dir/peer.log")" -ge "$rounds" ]
}
wait_for released
pass
