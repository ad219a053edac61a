#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp with other people's clients and ours: two nodes that know only their names. The argument is where
# the server is: vnl, picox, vdestack, kernel.
#
#     one (a client)      two (another)       home: iothnamed fc00::24, and namedhcp's kernel stack
#          |                  |                   |
#     -----+------------------+-------- hub ------+-----+-----
#                                                       |
#                                             namedhcp: VNL mode or a stack, fc00::ffff
server_name=namedhcp
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namedhcp_lib.sh"

ONE=fc00::580c:c6d0:5a1a:5b6b # h1.hash.local
TWO=fc00::a831:4648:3762:4f4d # h2.hash.local
address=fc00::ffff/64

net_start hub hub
host_start one
host_start two
host_start home
inside home ip addr add fc00::24/64 dev vde0 nodad
named_start 'net w ::/0' 'static AAAA hash.local fc00::' 'auth hash w .hash.local fc00::' \
	'auth hrev w hash.local/64' 'option hrevmode always'
server_start -n fc00::24 -D fc00::24 -S hash.local

# --- dhclient: bind, renew, release

dhclient_run()
{
	local host=$1
	shift
	inside "$host" dhclient -6 -cf "$dir/$host.conf" -sf "$dir/script" -lf "$dir/$host.leases" \
		-pf "$dir/$host.pid" "$@" vde0
}

if have_command dhclient; then
	cat >"$dir/script" <<-EOF
		#!/bin/sh
		echo "\$reason \$new_ip6_address \$new_dhcp6_name_servers \$new_dhcp6_domain_search" >>"$dir/reasons"
		case \$reason in
		BOUND6) ip addr add \$new_ip6_address/\$new_ip6_prefixlen dev vde0 nodad ;;
		RELEASE6 | STOP6 | EXPIRE6) ip addr del \$old_ip6_address/\$old_ip6_prefixlen dev vde0 ;;
		esac
		exit 0
	EOF
	chmod +x "$dir/script"
	dhclients=()
	for host in one:h1 two:h2; do
		echo "send fqdn.fqdn \"${host#*:}.hash.local\";" >"$dir/${host%:*}.conf"
		touch "$dir/${host%:*}.leases"
		start "dhclient_${host%:*}" dhclient_run "${host%:*}" -v -d
		dhclients+=("$pid")
		wait_for has_address "${host%:*}" "$([ "${host#*:}" = h1 ] && echo $ONE || echo $TWO)"
	done
	assert_match "BOUND6 $ONE fc00::24 hash.local" "$(cat "$dir/reasons")" "options"
	# They reach each other, by name.
	inside one ip route add fc00::/64 dev vde0
	inside two ip route add fc00::/64 dev vde0
	if have_command dig; then
		wait_for prints "^$TWO\$" -- inside one dig +short +tries=3 @fc00::24 h2.hash.local AAAA
		wait_for prints '^h2.hash.local.$' -- inside one dig +short +tries=3 @fc00::24 -x $TWO
	fi
	wait_for inside one ping -6 -c 1 -W 10 $TWO
	wait_for grep -q '^}' "$dir/one.leases"
	for pid in "${dhclients[@]}"; do
		stop "$pid"
	done
	# What they have is confirmed, and given back.
	run dhclient_run one -v -r
	assert_match 'Release on vde0|RELEASE6|XMT: Release' "$err" "dhclient -r: $err"
	wait_for has_no_address one $ONE
fi

# --- udhcpc6, dhcpcd

if have_command dhcpcd; then
	cat >"$dir/dhcpcd.conf" <<-EOF
		ipv6only
		noipv6rs
		duid
		script /bin/true
		ia_na 1
		option dhcp6_name_servers
	EOF
	echo "hostname h2.hash.local" >>"$dir/dhcpcd.conf"
	echo "fqdn both" >>"$dir/dhcpcd.conf"
	inside two ip addr flush dev vde0 scope global
	run inside two unshare --mount sh -c "
		mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/dhcpcd /var/lib/dhcpcd &&
		exec dhcpcd -f '$dir/dhcpcd.conf' -6 -1 -t 60 vde0"
	if [ "$status" = 0 ]; then
		has_address two $TWO || fail "dhcpcd: $out $err"
		inside two ip addr flush dev vde0 scope global
	else
		echo "dhcpcd: $out $err"
		case $err in
		*[Pp]ermi* | *mount*) ;;
		*) fail "dhcpcd: status $status: $err" ;;
		esac
	fi
fi

# --- our own: bind and release; a name that is not there

wait_for prints "^address $TWO" '^. search hash.local' '^. nameserver fc00::24' -- \
	"$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,fqdn=h2.hash.local addresses resolv +-dhcp6 addresses
run "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,fqdn=h2.elsewhere.local addresses
assert_no_match '^address' "$out" "a name without an address"

assert_match '^namedhcp_received_total\{type="solicit"\} [1-9]' \
	"$("$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/ctl" stats)" "counters"
server_stop

# --- without a DNS, and that is said; a lease that ends: renewed, then, when the server has become another one, rebound

[ "$mode" = vnl ] || exit 0
printf 'nameserver fc00::dead\noptions timeout:1 attempts:1\n' >"$dir/nobody"
server_start -r "$dir/nobody"
run "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp6,fqdn=h2.hash.local addresses
assert_no_match '^address' "$out" "a DNS that does not answer"
wait_for says server '^namedhcp: the DNS does not answer for h2.hash.local'
server_stop

have_command dhclient || exit 0

inside one ip addr flush dev vde0 scope global
server_start -n fc00::24 --lease 10 --duid 00030001020304050607
start dhclient_again dhclient_run one -v -d
again=$pid
wait_for has_address one $ONE
wait_for counted 'received_total{type="renew"}'
# (Where it comes after the lease's end, the client begins anew, and there is nothing to rebind.)
for id in 08 09 0a 0b 0c; do
	server_stop
	server_start -n fc00::24 --lease 10 --duid "000300010203040506$id"
	! within 60 counted 'received_total{type="rebind"}' || break
	[ $id != 0c ] || fail "nothing is rebound"
done
wait_for counted 'received_total{type="renew"}' # from the other server, by its identifier: the answer was taken
stop "$again"
server_stop
