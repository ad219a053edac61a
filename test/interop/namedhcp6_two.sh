#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two servers on a network: two namedhcp, of which the preferred one is asked; namedhcp and dnsmasq, which leave each
# other's clients alone. The argument is where ours is: vnl, picox, vdestack, kernel.
#
#	one (dhclient), libiothconf ---- hub ---- home: iothnamed; namedhcp
#	                                  |
#	                                  +---- the other server: namedhcp, or dnsmasq in `two`
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/namedhcp6_lib.sh"
need_command dhclient
DUID=0003000102030405060

net_start hub hub
home_start
host_start one
dhclient_script

# The other one says which address it would give by another name server's word.
named=$dir/other.rc
printf '%s\n' 'net w ::/0' 'net w 0.0.0.0/0' 'auth static w .test.local' 'static AAAA one.test.local fc00::1:1' \
	'static AAAA two.test.local fc00::1:2' >"$named"
host_start other
inside other ip addr add fc00::25/64 dev vde0 nodad
start other_named inside other "$NAMED" "$named"
wait_for says other_named '^iothnamed: serving'
other_start() # OPTION...
{
	start other_server nsenter --target "${inside_pid[other]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" \
		"$SERVER" -v -s "$vnl" -n fc00::25 --duid ${DUID}9 --control "$dir/other" "$@"
	other=$pid
	wait_for says other_server ': serving'
}
counts() # METRIC
{
	"$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/ctl" stats | sed -n "s/^namedhcp_$1 //p"
}
other_counts()
{
	"$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/other" stats | sed -n "s/^namedhcp_$1 //p"
}

# both_answer: neither is still looking for duplicates of its address. (A client takes the first that answers when it
# has to repeat itself.)
both_answer()
{
	"$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,nodad,fqdn=two.test.local >"$dir/both" 2>&1
	[ "$(counts 'sent_total')" -gt "$(counts 'send_errors_total')" ] &&
		[ "$(other_counts 'sent_total')" -gt "$(other_counts 'send_errors_total')" ]
}

global_address()
{
	inside one ip -o addr show dev vde0 scope global >"$dir/global"
	[ -s "$dir/global" ]
}

# bind WANTED: dhclient gets this address; it is given back. What it takes when it has heard only one of the two, after
# a second, is chance: then it is asked again.
bind()
{
	local tries heard
	for tries in $(seq 20); do
		rm -f "$dir/one.leases"
		start dhclient dhclient_in one one -v -d
		wait_for grep -q '^}' "$dir/one.leases"
		wait_for global_address
		stop "$pid"
		cp "$dir/global" "$dir/bound"
		dhclient_release one one
		wait_for eval '! global_address'
		! grep -qw "$1" "$dir/bound" || return 0
		heard=$(sed '/PRC: Selecting best/q' "$dir/dhclient.log" | sed -n 's/.*Server ID: //p' | sort -u | wc -l)
		[ "$heard" -lt 2 ] || fail "it was offered $1 and another one, and took that"
	done
	fail "dhclient does not hear both"
}

# --- who says more, is asked; the other one keeps out of it

serve --duid ${DUID}8 --preference 10
other_start --preference 200
wait_for both_answer
before=$(counts invalid_total)
bind fc00::1:1
wait_for eval "[ \$(counts invalid_total) -gt $before ]" # the request for the other server
stop "$other"
other_start --preference 3
wait_for both_answer
before=$(other_counts invalid_total)
bind fc00::1
wait_for eval "[ \$(other_counts invalid_total) -gt $before ]" # the request for the first one
stop "$other"
server_stop

# --- another kind: who has no name is its client, who has one is ours, at once (255)

need_command dnsmasq
inside other ip addr add fc00::26/64 dev vde0 nodad
start dnsmasq inside other dnsmasq -d -C /dev/null --port=0 --interface=vde0 --user=root --group=root --pid-file= \
	--leasefile-ro --log-dhcp --dhcp-range=fc00::2:0,fc00::2:ff,64,1h
wait_for says dnsmasq 'DHCPv6, IP range'
serve --duid ${DUID}8 --preference 255
bind fc00::1
# ours ADDRESS [OPTION]: a client of libiothconf gets that.
ours()
{
	wait_for prints "^address $1\$" -- "$CLIENT" "stack=picox,vnl=$vnl" "+eth,dhcp6,nodad${2:-}" addresses
}
ours 'fc00::2:[0-9a-f]+'
ours fc00::2 ,fqdn=two.test.local
# Names of others are others' affair.
server_stop
serve --duid ${DUID}8 --preference 255 --domain other.local
ours 'fc00::2:[0-9a-f]+' ,fqdn=two.test.local
server_stop
pass
