#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# UDP between picox and socat, both ways, in one frame and in fragments; the UDP ports of picox as nmap
# sees them.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/picox_lib.sh"
need_command socat nmap

pair_start
head -c 9000 /dev/urandom | base64 -w 0 | head -c 9000 >"$dir/large"
echo "a small one" >"$dir/small"

# socat asks the node: -b, each file is one datagram; -t, it stays long enough for the echo.
for address in UDP4:10.0.0.1:7 'UDP6:[fd00::1]:7'; do
	for file in small large; do
		stdin=$dir/$file start socat peer socat -b 65536 -t 100 - "$address"
		socat=$pid
		wait_for cmp "$dir/$file" "$dir/socat.log"
		stop "$socat"
	done
done

# The same, where socat is the server: a process for each datagram sends it back.
(cat "$dir/large" && echo) >"$dir/lines"
for pair in "UDP4 10.0.0.2 ip=10.0.0.9/24" "UDP6 fd00::2 ip=fd00::9/64"; do
	read -r family server config <<<"$pair"
	start socat peer socat -b 65536 "$family-RECVFROM:5000,fork$([ "$family" = UDP4 ] || echo ,ipv6only=1)" EXEC:cat
	socat=$pid
	"$EXAMPLES/iothtest_udp" picox "$vnl" "$config" "$server" <"$dir/lines" >"$dir/echo" ||
		fail "a picox client of socat at $server"
	cmp "$dir/lines" "$dir/echo"
	stop "$socat"
done

# A broadcast.
echo "to all" >"$dir/all"
stdin=$dir/all start socat peer socat -t 100 - UDP4-DATAGRAM:10.0.0.255:9,broadcast
wait_for says node '^received to all'
stop "$pid"

# Port 7 answers, 9 listens, the others are closed: told by port unreachable. (Alone, nmap believes soon that an
# answer takes no longer than a tenth of a second; where no answer is the answer, it need not wait.)
scan() # EXPECTED TARGET OPTION...
{
	local expected=$1 target=$2
	shift 2
	# shellcheck disable=SC2086 # a word or two
	run peer nmap --privileged -n -Pn -sU "$@" $target
	[ "$expected" = "$(awk '/^[0-9]+\/udp/ { printf "%s %s,", $1, $2 }' <<<"$out")" ]
}
for target in "10.0.0.1" "-6 fd00::1"; do
	wait_for scan "7/udp open,100/udp closed,101/udp closed,102/udp closed,103/udp closed," "$target" \
		--min-rtt-timeout 5s -p 7,100-103
	wait_for scan "9/udp open|filtered," "$target" --max-retries 0 -p 9
done
node_stop
clean_capture 50
