#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One-time addresses (auth otip) by DHCPv6: a client has the current address of its name for as long as that is
# current, and the next one when it renews. The argument is where the server is: vnl, picox.
#
#	home: iothnamed fc00::24      libiothconf on picox
#	          |                      |
#	          +-------- hub ---------+--- namedhcp --lease auto
. "$(dirname "$0")/lib.sh"
server_name=namedhcp
. "$(dirname "$0")/namedhcp_lib.sh"
need_command dig
address=fc00::ffff/64

net_start hub hub
host_start home
inside home ip addr add fc00::24/64 dev vde0 nodad
named_start 'net w ::/0' 'auth otip w .otip fc01:: mypassword' 'option otipttl left'
server_start -n fc00::24 --lease auto

# The address of now, and how long it lasts.
now()
{
	inside home dig +noall +answer +tries=3 @fc00::24 renzo.otip AAAA | awk '{ print $5, $2 }'
}

mkfifo "$dir/input"
words=()
for _ in $(seq 5000); do words+=(read addresses link); done
stdin="$dir/input" start client "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,thread,nodad,fqdn=renzo.otip "${words[@]}"
exec 8>"$dir/input"
asked=0
told()
{
	[ "$(grep -c ^link "$dir/client.log")" = $asked ]
}
# look: the addresses that the client has now, in $seen.
look()
{
	local from
	from=$(wc -l <"$dir/client.log")
	asked=$((asked + 1))
	echo >&8
	wait_for told
	seen=$(sed -n "$((from + 1)),\$s/^address //p" "$dir/client.log")
}
# has_current: the client has the current address, and no other, that is not $1.
has_current()
{
	local current
	look
	current=$(now)
	[ "$seen" = "${current% *}" ] && [ "$seen" != "$1" ]
}

wait_for says client '^config'
wait_for has_current ''
first=$seen

# dhclient beside it: how long its lease lasts is no more than the address does.
if have_command dhclient; then
	host_start one
	cat >"$dir/script" <<-EOF
		#!/bin/sh
		echo "\$reason \$new_ip6_address \$new_max_life \$(date +%s)" >>"$dir/reasons"
		exit 0
	EOF
	chmod +x "$dir/script"
	echo 'send fqdn.fqdn "renzo.otip";' >"$dir/dhclient.conf"
	start dhclient inside one dhclient -6 -v -d -cf "$dir/dhclient.conf" -sf "$dir/script" -lf "$dir/leases" \
		-pf "$dir/dhclient.pid" vde0
	wait_for grep -q ^BOUND6 "$dir/reasons"
fi

# Not before the half minute is over, the next one.
wait_for has_current "$first"
second=$seen
wait_for has_current "$second"
if have_command dhclient; then
	# It has had another address, too; and each lease ended with its half minute, but for the second that a lifetime counts by.
	differ()
	{
		[ "$(awk '$2 { print $2 }' "$dir/reasons" | sort -u | wc -l)" -ge 2 ]
	}
	wait_for differ
	awk '$1 ~ /^(BOUND|RENEW|REBIND)6$/ && $3 > 32 { bad = 1 } END { exit bad }' "$dir/reasons" ||
		fail "a lease that outlives its address: $(cat "$dir/reasons")"
fi
server_stop
pass
