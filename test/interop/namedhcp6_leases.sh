#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A lease of a minute in the life of four clients at once: bound, renewed; rebound, when the server has become
# another one; renewed there; released. The argument is where the server is: vnl, picox, vdestack, kernel.
#
#	dhclient (one)   dhcpcd (two)   dhcp6c (three)   libiothconf (four, on picox)     home: iothnamed
#	      |               |               |                 |                            |
#	------+---------------+---------------+------ hub ------+----------------------------+---- namedhcp
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/namedhcp6_lib.sh"
DUID=0003000102030405060

net_start hub hub
home_start
clients=()
for host in one:dhclient two:dhcpcd three:dhcp6c; do
	have_command "${host#*:}" || continue
	clients+=("$host")
	host_start "${host%:*}"
done
serve --lease 60 --duid ${DUID}7

# --- bound

dhclient_script
declare -A client=()
for host in "${clients[@]}"; do
	name=${host#*:} host=${host%:*}
	case $name in
	dhclient) start dhclient dhclient_in one one -v -d ;;
	dhcpcd) start dhcpcd dhcpcd_in two two 'ia_na 1' ;;
	dhcp6c) start dhcp6c dhcp6c_in three three 'send ia-na 0;' ;;
	esac
	client[$name]=$pid
done
bound_client four read addresses +-dhcp6 addresses
client[four]=$bound
number() # HOST: the last digit of its address
{
	case $1 in one) echo 1 ;; two) echo 2 ;; three) echo 3 ;; esac
}
for host in "${clients[@]}"; do
	wait_for has_address "${host%:*}" "fc00::$(number "${host%:*}")"
done
[ ! -s "$dir/reasons" ] || assert_match '^BOUND6 fc00::1 fc00::24 test.local' "$(cat "$dir/reasons")" "dhclient's options"

# --- renewed: each says so

renewing=(dhclient:'XMT: Renew on' dhcpcd:'RENEW6' dhcp6c:'[Ss]end(ing)? [Rr]enew')
rebinding=(dhclient:'XMT: Rebind on' dhcpcd:'REBIND6' dhcp6c:'[Ss]end(ing)? [Rr]ebind')
each_says() # CLIENT:PATTERN...
{
	local said
	for said; do
		[ -z "${client[${said%%:*}]:-}" ] || wait_for says "${said%%:*}" "${said#*:}"
	done
}
each_says "${renewing[@]}"
all=$((${#clients[@]} + 1))
wait_for received_more renew $((all - 1))

# --- rebound: their server is gone, and another one knows their names

server_stop
serve --lease 60 --duid ${DUID}8
each_says "${rebinding[@]}"
wait_for received_more rebind 0
wait_for received_more renew 0 # the answer was taken

# --- released: none is left with an address

for name in "${!client[@]}"; do
	case $name in
	dhclient) dhclient_release one one ;;
	dhcpcd) tell "${client[dhcpcd]}" dhcpcd ALRM ;;
	dhcp6c) tell "${client[dhcp6c]}" dhcp6c TERM ;;
	four) echo >&8 ;;
	esac
done
wait_for received_more release 0 # (some clients say it once only, and a frame may be lost)
for host in "${clients[@]}"; do
	wait_for has_no_address "${host%:*}" "fc00::$(number "${host%:*}")"
done
await "${client[four]}"
assert_equal "0 2" "$status $(grep -c '^address fc00::4' "$dir/client.log")" "libiothconf: bound, and released"
server_stop
pass
