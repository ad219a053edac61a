#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cutting and joining on the way between two kernels: streams and datagrams, IPv4 and IPv6, arrive as
# they were sent, and no checksum is wrong.  Both kinds of interface.
#
#	vdens: 10.0.0.1, fc00::1  -- ptp:// --  10.0.0.2, fc00::2 :vdens
#	       offload.py server                offload.py client

. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_command python3
need_program "$VDENS"

# The errors that the kernel counted, one a line, those that are 0 left out.  IPv4: pairs of lines.
cat >"$dir/errors" <<'EOF'
awk '$1 in name { for (i = 2; i <= NF; i++)
		if (name[$1, i] ~ /CsumErrors|InHdrErrors/ && $i > 0) print $1, name[$1, i], $i
		next }
	{ name[$1]; for (i = 2; i <= NF; i++) name[$1, i] = $i }' /proc/net/snmp
awk '/CsumErrors|HdrErrors/ && $2 > 0' /proc/net/snmp6
EOF

end() # ROLE NUMBER: what runs inside
{
	cat <<EOF
ip link set lo up
ip addr add 10.0.0.$2/24 dev vde0
ip -6 addr add fc00::$2/64 dev vde0 nodad
ip link set vde0 up
status=0
python3 "$SRC/test/net/offload.py" $1 || status=\$?
sh "$dir/errors" >"$dir/errors.$1"
exit \$status
EOF
}

kinds=veth
! have_tun || kinds='tap veth'
for kind in $kinds; do
	net_start ptp "net.$kind"
	export IOTH_NETNS_PORT=$kind
	start "server.$kind" "$VDENS" "$vnl" sh -c "$(end server 1)"
	server=$pid
	wait_for says "server.$kind" listening
	start "client.$kind" "$VDENS" "$vnl" sh -c "$(end client 2)"
	await "$pid"
	[ "$status" = 0 ] || fail "$kind: the client ended with $status"
	await "$server"
	[ "$status" = 0 ] || fail "$kind: the server ended with $status"
	assert_equal '' "$(cat "$dir/errors.server" "$dir/errors.client")" "$kind: the kernel's errors"
	cat "$dir/client.$kind.log"
done
pass
