#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about vdestack (seed 004), command by command, with an installed tree. "#$" stands in
# front of what is a line of the page. The network is multicast on the loopback interface of a
# private network namespace, which plays the LAN.
#
#     vdestack6   10.0.0.50 fc00::1:50 --+
#                                        +-- vxvde://234.0.0.1 -- vdens 10.0.0.1 fc00::1:1
#     vdestack6nl 10.0.0.60 fc00::1:60 --+
. "$(dirname "$0")/../net/lib.sh"

in_private_net "$@"
need_vde
need_command nc ping
need_program "$VDENS" /bin/busybox
install_tree
cd "$dir"
cp "$SRC"/examples/vdestack6{,nl}.c .

#$ gcc -o vdestack6 vdestack6.c -lvdestack
gcc -o vdestack6 vdestack6.c -lvdestack
#$ ./vdestack6
start vdestack6 ./vdestack6
servers=50
if echo '#include <nlinline+.h>' | gcc -E -o /dev/null - 2>/dev/null; then
	#$ gcc -o vdestack6nl vdestack6nl.c -lvdestack
	gcc -o vdestack6nl vdestack6nl.c -lvdestack
	#$ ./vdestack6nl
	start vdestack6nl ./vdestack6nl
	servers="50 60"
else
	echo "no nlinline+.h: vdestack6nl is left out"
fi

# The second terminal: the shell of a vdens, and what is typed there.  A conversation through nc is
# typed line by line, too.
cat >typed <<'END'
set -e
ip addr add 10.0.0.1/24 dev vde0
ip addr add fc00::1:1/64 dev vde0
ip link set vde0 up

# The page's reader takes longer than IPv6 does to make sure of its address.
for n in $servers; do
	until ping -c 1 -W 1 10.0.0.$n && ping -c 1 -W 1 fc00::1:$n; do :; done >/dev/null 2>&1
done

for n in $servers; do
	ping 10.0.0.$n -c 2
	ping fc00::1:$n -c 2
	for address in 10.0.0.$n fc00::1:$n; do
		coproc nc $address 5000
		for line in "hello $address" "hello again $address"; do
			echo "$line" >&"${COPROC[1]}"
			read -r echoed <&"${COPROC[0]}"
			echo "echoed: $echoed"
		done
		kill "$COPROC_PID"
		wait "$COPROC_PID" || :
	done
done
END
export servers
#$ vdens vxvde://234.0.0.1
status=0
out=$(SHELL=/bin/bash timeout 600 vdens vxvde://234.0.0.1 <typed 2>err) || status=$?
assert_equal 0 "$status" "status of the second terminal: $out $(cat err)"
for n in $servers; do
	for address in 10.0.0.$n fc00::1:$n; do
		assert_match "^PING $address" "$out" "ping"
		assert_match "^64 bytes from $address: icmp_seq=2 ttl=64 time=" "$out" "ping"
		assert_match "^echoed: hello $address\$" "$out" "echo server"
		assert_match "^echoed: hello again $address\$" "$out" "echo server"
	done
done
assert_equal $((2 * $(wc -w <<<"$servers"))) \
	"$(grep -c '^2 packets transmitted, 2 received, 0% packet loss' <<<"$out")" "pings answered"

# The other form of vde_stackcmd's text, with iproute2's ip by its full path.
sed -e 's,/bin/busybox ip,/bin/ip,' -e 's/10\.0\.0\.50/10.0.0.51/; s/::1:50/::1:51/' vdestack6.c >v6ip.c
grep -q '"/bin/ip addr add 10.0.0.51/24 dev vde0;"' v6ip.c || fail "vdestack6.c is not as the page shows it"
gcc -o v6ip v6ip.c -lvdestack
start v6ip ./v6ip
assert_status 0 timeout 600 vdens vxvde://234.0.0.1 sh -ec 'ip addr add 10.0.0.1/24 dev vde0
	ip link set vde0 up
	until ping -c 1 -W 1 10.0.0.51 >/dev/null; do :; done'
