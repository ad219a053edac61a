#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who is up to no good outside otip_rproxy: asks an address that is over, in every way there is, and gets no answer
# (the probe is that of retire.sh); and connects from many invented addresses.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"

# probe HOST ADDRESS [peer]: `status` is 1 if there was an answer.
probe()
{
	run inside "$1" timeout 300 python3 "$SRC/test/net/retire_probe.py" "$2" "$mac" "$lucia" "${@:3}"
}

kib()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(rproxy_pid)/status"
}

hosts_start
vdens_start stranger "$outside"
inside stranger ip addr add fc01::2/64 dev vde0 nodad
servers_start
mapfile -t lines < <(services)
rproxy_rc "${lines[@]}" 'source_prefix 128' # all of them are in one network
rproxy_start
address=$(fixed_address)
lucia=$("$OTIPADDR" -b fc01:: -T 0 lucia.otip mypassword)
peer_start stays hold "$address" 4242
peer_start udp_stays udp_hold "$address" 4242
tell()
{
	echo "$2" >"$dir/$1.in"
	wait_for says "$1" "^echoed $2"
}
tell stays hello
tell udp_stays hello
mac=$(inside client ip neigh show "$address" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
sed -i 's/renzo/lucia/' "$dir/rc" # the old address is over
ctl reload >/dev/null
wait_for inside stranger ping -n -c 1 -W 1 "$lucia"

echo "--- an address that is over"
probe stranger "$lucia"
assert_equal 1 "$status" "the probe of an open address: $out"
probe stranger "$address"
assert_equal 0 "$status" "the probe of an address with flows: $out"
probe client "$address" peer
assert_equal 0 "$status" "the probe by a host that has a flow: $out"
tell stays 'still here'
tell udp_stays 'still here'
echo end >"$dir/stays.in"
wait_for says stays '^ended'

# A kernel's table of neighbours is one for the whole machine, all of its namespaces: it is left alone.
if [ "$outer" = picox ]; then
	echo "--- invented sources, and targets"
	before=$(kib)
	for _ in 1 2 3; do
		inside stranger python3 - "$lucia" "$mac" <<-'END'
			import os, socket, struct, sys
			target = socket.inet_pton(socket.AF_INET6, sys.argv[1])
			wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
			wire.bind(('vde0', 0))
			own = wire.getsockname()[4]
			mac = bytes.fromhex(sys.argv[2].replace(':', ''))
			def checksum(data):
			    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
			    while total >> 16:
			        total = (total & 0xffff) + (total >> 16)
			    return ~total & 0xffff
			def send(source, to, protocol, data, at):
			    head = source + to + struct.pack('!II', len(data), protocol)
			    data = data[:at] + struct.pack('!H', checksum(head + data)) + data[at + 2:]
			    wire.send(mac + own + struct.pack('!HIHBB', 0x86dd, 6 << 28, len(data), protocol, 255) + source + to + data)
			for i in range(3000):
			    source = target[:8] + os.urandom(8)
			    port = 1024 + i
			    send(source, target, 6, struct.pack('!HHIIBBHHH', port, 4242, i, 0, 0x50, 2, 1000, 0, 0), 16)
			    send(source, target, 17, struct.pack('!HHHH', port, 4242, 12, 0) + b'data', 6)
			    # And nobody's address.
			    send(target[:8] + b'\1' * 8, source, 6, struct.pack('!HHIIBBHHH', port, 4242, i, 0, 0x50, 2, 1000, 0, 0), 16)
		END
	done
	peer echo "$lucia" 4242 100000
	tell udp_stays 'and later'
	if ! ldd "$RPROXY" | grep -E 'lib(asan|tsan)' >/dev/null; then
		after=$(kib)
		[ "$after" -le $((before + 16384)) ] || fail "memory grows from $before to $after KiB"
	fi
fi
pass
