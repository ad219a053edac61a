#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# When a call ends, and what has been done then: static addresses can be used; what nobody answers is not
# waited for longer than it is worth; a lease that is given back by the last call before the stack is deleted
# gets to the server (the word lies in the interface's queue then, and must not go with the interface).
# See dhcp_lib.sh.

. "$(dirname "$0")/lib.sh"
stack=${1:-picox}
. "$(dirname "$0")/dhcp_lib.sh"
rounds=10
peer_start

# A static IPv6 address can be used when the call returns, with or without looking for duplicates.
client +eth,ip=fd09::7/64,gw=fd09::1 bind=fd09::7 +nodad,ip=fd09::8/64 bind=fd09::8
assert_equal "config 3,bound,config 1,bound" "$(paste -sd, <<<"$out")" "static addresses"

# One that somebody has is told, is not used, and can be asked for again.
order contend 1
client +eth,ip=fd09::7/64,ip=10.9.0.7/24 bind=fd09::7 addresses +ip=fd09::7/64 bind=fd09::7
assert_equal "config 2; ip=fd09::7/64: Address already in use
bind EADDRNOTAVAIL
address 10.9.0.7
config 1
bound" "$out" "a static address that somebody has"

# On a link that is down nobody can be asked: the call does not wait.
client +ip=fd09::7/64 addresses
assert_equal "config 1,address fd09::7" "$(paste -sd, <<<"$out")" "a static address on a link that is down"

# Nor do protocols get an answer there, which is said.
client +dhcp
assert_equal "config 0; vde0 is down; the tag eth brings it up" "$out" "DHCP on a link that is down"

# Somebody who claims each address that is tried is tried four times (RFC 7217, 7), not for ever.
order ra 1800 fd09:: 600
order contend 1000
client +eth,rd,slaac=opaque,secret=x addresses
order contend 0
order ra 0 fd09:: 0
assert_equal "config 18" "$out" "all addresses are claimed"

# Nobody but the DHCP server is there: a router is asked for twice, where it is asked three times if nobody
# answers at all. (A process that the machine stops for seconds may ask once more.)
solicitations()
{
	local before
	before=$(grep -c '^solicitation' "$dir/peer.log") || :
	client "$@"
	asked=$(($(grep -c '^solicitation' "$dir/peer.log") - before))
}
order norouter
for ((tries = 0; tries < 3; tries++)); do
	solicitations +eth,dhcp,rd
	assert_equal "config 6" "$out" "DHCP without a router"
	[ "$asked" != 2 ] || break
done
if [ "$stack" = picox ]; then # Linux asks, too
	assert_equal 2 "$asked" "solicitations beside DHCP"
	order silent
	solicitations +eth,dhcp,rd
	assert_equal "config 2 3" "$out $asked" "solicitations where nobody is"
	order speak
fi

# A stack can be deleted whatever the background is doing with it at that moment.
order lease 1
order ra 1800 fd09:: 600
for ((i = 0; i < 2 * rounds; i++)); do
	client +eth,dhcp,rd,slaac,nodad,thread delete
	assert_equal "config 22,deleted" "$(paste -sd, <<<"$out")" "a stack that is deleted while it is at work"
done
order lease 3600

for ((i = 0; i < rounds; i++)); do
	client +eth,dhcp,nodad,thread +-dhcp delete
	assert_equal "config 6,config 0,deleted" "$(paste -sd, <<<"$out")" "a lease that is given back"
done
released()
{
	[ "$(grep -c '^RELEASE 10\.9\.0\.50$' "$dir/peer.log")" = $rounds ]
}
wait_for released
pass
