#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# namedhcp4 with other people's clients and ours: two nodes that know only their names, whose addresses and
# networks are in the DNS. The argument is where the server is: vnl, picox, vdestack, kernel.
#
#     one (a client)      two (another)       home: iothnamed 192.168.1.24
#          |                  |                   |
#     -----+------------------+-------- hub ------+-----+-----
#                                                       |
#                                             namedhcp4: VNL mode or a stack, 192.168.1.25
server_name=namedhcp4
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/namedhcp_lib.sh"

ONE=192.168.1.1
TWO=192.168.1.2
address=192.168.1.25/24
options=(-n 192.168.1.24)
[ "$mode" != vnl ] || options+=(-I 192.168.1.25)

net_start hub hub
host_start one
host_start two
host_start home
inside home ip addr add 192.168.1.24/24 dev vde0
[ "$mode" != kernel ] || inside home ip addr add $address dev vde0
[ "$mode" != kernel ] || options+=(-I 192.168.1.25)
text='"mask=255.255.255.0,broadcast=192.168.1.255,router=192.168.1.254,dns=192.168.1.24"'
named_start 'net w 0.0.0.0/0' "static A one.test.local $ONE" "static A two.test.local $TWO" \
	"static TXT one.test.local $text" "static TXT two.test.local $text" 'auth static w .test.local'
server_start "${options[@]}"

# --- udhcpc: bind; the names of the scenario

cat >"$dir/udhcpc" <<EOF
#!/bin/sh
echo "\$1 \$ip \$subnet \$broadcast \$router \$dns" >>"$dir/udhcpc.said"
case \$1 in
bound) ip addr add \$ip/\$mask dev \$interface; ip route add default via \$router ;;
deconfig) ip addr flush dev \$interface scope global; ip link set \$interface up ;;
esac
EOF
chmod +x "$dir/udhcpc"
if have_command busybox && grep -qx udhcpc <<<"$(busybox --list)"; then
	for name in one two; do
		run inside $name busybox udhcpc -s "$dir/udhcpc" -f -q -t 60 -T 1 -F $name.test.local -i vde0
		[ "$status" = 0 ] || fail "udhcpc for $name: $err"
	done
	has_address one $ONE || fail "udhcpc: one has not its address"
	has_address two $TWO || fail "udhcpc: two has not its address"
	assert_match "^bound $ONE 255.255.255.0 192.168.1.255 192.168.1.254 192.168.1.24" \
		"$(cat "$dir/udhcpc.said")" "udhcpc's options"
	wait_for inside one ping -c 1 -W 10 $TWO
	! have_command dig || wait_for prints "^$TWO\$" -- inside one dig +short +tries=3 @192.168.1.24 two.test.local A
fi

# --- dhclient: bind, and back to what it knows (INIT-REBOOT)

if have_command dhclient; then
	cat >"$dir/script" <<-EOF
		#!/bin/sh
		echo "\$reason \$new_ip_address \$new_subnet_mask \$new_routers" >>"$dir/reasons"
		case \$reason in
		BOUND | REBOOT) ip addr replace \$new_ip_address/24 dev vde0 ;;
		esac
		exit 0
	EOF
	chmod +x "$dir/script"
	touch "$dir/leases"
	printf 'send fqdn.fqdn "two.test.local.";\nsend fqdn.encoded on;\nrequest subnet-mask, routers;\n' >"$dir/dhclient.conf"
	bound() # once more, however
	{
		grep -Eq "^(BOUND|REBOOT) $TWO 255.255.255.0 192.168.1.254" "$dir/reasons"
	}
	# (Where nobody confirms within ten seconds what it knows, it begins anew.)
	for tries in first 1 2 3 4 5; do
		: >"$dir/reasons"
		inside two ip addr flush dev vde0 scope global
		start dhclient nsenter --target "${inside_pid[two]}" --user --net --preserve-credentials \
			dhclient -4 -v -d -cf "$dir/dhclient.conf" -sf "$dir/script" -lf "$dir/leases" -pf "$dir/pid" vde0
		wait_for bound
		wait_for grep -q '^}' "$dir/leases" # written when the script has ended
		stop "$pid"
		! grep -q '^REBOOT' "$dir/reasons" || break
		[ "$tries" != 5 ] || fail "an address that is known is not confirmed"
	done
	[ "$tries" != first ] || fail "nothing was known"
fi

# --- dhcpcd

if have_command dhcpcd; then
	printf 'ipv4only\nnoarp\nscript /bin/true\nhostname two.test.local\nfqdn both\noption subnet_mask\n' >"$dir/dhcpcd.conf"
	inside two ip addr flush dev vde0 scope global
	run inside two unshare --mount sh -c "
		mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/dhcpcd /var/lib/dhcpcd &&
		exec dhcpcd -f '$dir/dhcpcd.conf' -4 -1 -t 60 vde0"
	if [ "$status" = 0 ]; then
		has_address two $TWO || fail "dhcpcd: $out $err"
	else
		case $err in
		*mount:*) echo "no dhcpcd here: $err" ;;
		*) fail "dhcpcd: status $status: $err" ;;
		esac
	fi
	inside two ip addr flush dev vde0 scope global
fi

# --- our own: bind and release; a name that is not there

wait_for prints "^address $TWO" '^. nameserver 192.168.1.24' -- \
	"$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,fqdn=two.test.local addresses resolv +-dhcp addresses
run "$CLIENT" "stack=picox,vnl=$vnl" +eth,dhcp,fqdn=three.test.local addresses
assert_no_match '^address' "$out" "a name without an address"
server_stop

# --- a lease that ends: renewed, to the server alone; taken back when the name has another address

[ "$mode" != picox ] && have_command dhclient || exit 0
inside one ip addr flush dev vde0 scope global
: >"$dir/reasons"
: >"$dir/leases"
sed -i s/two/one/ "$dir/dhclient.conf"
server_start "${options[@]}" --lease 12 --authoritative
start dhclient nsenter --target "${inside_pid[one]}" --user --net --preserve-credentials \
	dhclient -4 -v -d -cf "$dir/dhclient.conf" -sf "$dir/script" -lf "$dir/leases" -pf "$dir/pid" vde0
dhclient=$pid
wait_for has_address one $ONE
wait_for grep -q "^RENEW $ONE" "$dir/reasons"
says dhclient 'DHCPREQUEST for 192.168.1.1 on vde0 to 192.168.1.25' || fail "not renewed by unicast"
stop "$dhclient"
server_stop
