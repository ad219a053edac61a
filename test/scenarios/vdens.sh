#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about vdens: a shell without a network, on the local network (here: the loopback interface of a private
# namespace), a command there; several networks; name servers and a host name of its own; an interface made from inside.
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command ping hostname

terminal bare 'vdens'
at bare 'ip -br link'
assert_match '^lo ' "$out" "a namespace"
assert_no_match '^vde' "$out" "without an interface"

terminal one 'vdens vxvde://'
at one 'ip addr add 10.0.0.1/24 dev vde0'
at one 'ip link set vde0 up'
line two 'vdens vxvde:// sh -c "ip addr add 10.0.0.2/24 dev vde0; ip link set vde0 up; ping -c 1 -w 60 10.0.0.1"'
await "$pid"
assert_equal 0 "$status" "a command on the local network: $(cat "$dir/two.log")"

line a 'vde_plug null:// switch:///tmp/a'
line b 'vde_plug null:// switch:///tmp/b'
wait_for unix_listening "$dir/a/ctl"
wait_for unix_listening "$dir/b/ctl"
terminal both 'vdens -m vde:///tmp/a vde:///tmp/b'
at both 'ip addr add 10.1.0.1/24 dev vde0'
at both 'ip addr add 10.2.0.1/24 dev vde1'
at both 'ip link set vde0 up'
at both 'ip link set vde1 up'

terminal resolver 'vdens -R 9.9.9.9,9.9.8.8 vde:///tmp/a'
at resolver 'cat /etc/resolv.conf'
assert_match '^nameserver 9\.9\.9\.9$' "$out" "the first name server"
assert_match '^nameserver 9\.9\.8\.8$' "$out" "the second one"
at resolver 'ip addr add 10.1.0.2/24 dev vde0'
at resolver 'ip link set vde0 up'
at_last resolver 'ping -c 1 10.1.0.1'

terminal named 'vdens -H alice vde:///tmp/b'
at named 'hostname'
assert_match '^alice$' "$out" "the host name"
at named 'ip addr add 10.2.0.2/24 dev vde0'
at named 'ip link set vde0 up'
at_last named 'ping -c 1 10.2.0.1'

if have_tun; then
	at bare 'vde_plug -d vde:///tmp/a tap://vde0'
	at_last bare 'ip addr add 10.1.0.3/24 dev vde0'
	at bare 'ip link set vde0 up'
	at_last bare 'ping -c 1 10.1.0.1'
else
	echo "(vde_plug -d ... tap://vde0 is left out: this user may not open /dev/net/tun)"
fi
pass
