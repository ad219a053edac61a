#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about namedhcp, IPv4: two nodes that know their names; addresses, and in TXT records their network, are in
# the DNS. The argument is where the servers are: vdestack (the page's own words), picox, vnl.
#
#     iothnamed 192.168.1.24      namedhcp4 192.168.1.25      vdens (one)      vdens (two)
#            |                           |                        |                |
#     -------+---------------------------+--------- hub ----------+----------------+-------
mode=${1:?vdestack, picox or vnl}
. "$(dirname "$0")/scenario_lib.sh"
need_command busybox
busybox --list | grep -x udhcpc >/dev/null || skip "no busybox udhcpc"

sed "s/stack=vdestack/stack=${mode/vnl/vdestack}/" <<'END_RC' | file iothnamed.rc
rstack   stack=vdestack,vnl=vde:///tmp/hub
rstack   mac=80:01:01:01:01:01,eth
rstack   ip=192.168.1.24/24
net      local 192.168.1.0/24
auth     accept local
auth     static local .test.local
auth     static local 192.168.1.0/24
static   A one.test.local 192.168.1.1
static   A two.test.local 192.168.1.2
static   PTR 192.168.1.1 one.test.local
static   PTR 192.168.1.2 two.test.local
static   TXT one.test.local "mask=255.255.255.0,broadcast=192.168.1.255,router=192.168.1.254,dns=192.168.1.24"
static   TXT two.test.local "mask=255.255.255.0,broadcast=192.168.1.255,router=192.168.1.254,dns=192.168.1.24"
END_RC
network
daemon named 'iothnamed /tmp/iothnamed.rc'
case $mode in
vnl) daemon dhcp 'namedhcp4 -s vde:///tmp/hub -I 192.168.1.25 -n 192.168.1.24 -R "stack=vdestack,vnl=vde:///tmp/hub,ip=192.168.1.26/24,eth"' ;;
*) daemon dhcp "namedhcp4 -s \"stack=$mode,vnl=vde:///tmp/hub,ip=192.168.1.25/24,eth\" -n 192.168.1.24" ;;
esac

# What udhcpc is to do with what it has learnt.
for rc in rc1 rc2; do
	cat >"$dir/script-$rc" <<-END_SCRIPT
		#!/bin/sh
		case \$1 in
		deconfig) ip addr flush dev \$interface scope global ;;
		bound | renew)
			ip addr add \$ip/\$mask broadcast \$broadcast dev \$interface
			ip route add default via \$router
			echo nameserver \$dns >$dir/$rc ;;
		esac
	END_SCRIPT
	chmod +x "$dir/script-$rc"
done

touch "$dir/rc1" "$dir/rc2"
terminal one 'vdens -r /tmp/rc1 vde:///tmp/hub'
terminal two 'vdens -r /tmp/rc2 vde:///tmp/hub'
at one 'ip link set vde0 up'
at two 'ip link set vde0 up'
at_last one 'busybox udhcpc -s /tmp/script-rc1 -f -q -F one.test.local -i vde0'
assert_match 'lease of 192\.168\.1\.1 obtained from 192\.168\.1\.25' "$out" "one's address"
at_last two 'busybox udhcpc -s /tmp/script-rc2 -f -q -F two.test.local -i vde0'
assert_match 'lease of 192\.168\.1\.2 obtained from 192\.168\.1\.25' "$out" "two's address"
at one 'ip addr show dev vde0'
assert_match 'inet 192\.168\.1\.1/24 brd 192\.168\.1\.255 ' "$out" "mask and broadcast address"
at one 'ip route'
assert_match '^default via 192\.168\.1\.254 ' "$out" "the router"
at one 'cat /etc/resolv.conf'
assert_match '^nameserver 192\.168\.1\.24$' "$out" "the name server"

at_last one 'ping -c 1 two.test.local'
assert_match '64 bytes from two\.test\.local \(192\.168\.1\.2\)' "$out" "two, by its name"
at_last two 'ping -c 1 one.test.local'
assert_match '64 bytes from one\.test\.local \(192\.168\.1\.1\)' "$out" "one, by its name"
pass
