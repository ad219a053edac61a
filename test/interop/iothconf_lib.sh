# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables of lib.sh, and for those who source this
# What the tests of iothconf with other people's servers share; sourced behind lib.sh.
#
#	server: vdens 10.9.0.1, fd09::1 ---- hub ---- iothconf_client on STACK
#	                                      |
#	                               vdens: capture.py
#
# The argument of the test is the stack: picox, vdestack, or kernel (the client runs in a vdens).

: "${CLIENT:=$BUILD/test/net/iothconf_client}"
export LD_LIBRARY_PATH="$BUILD/lib/ioth:$BUILD/lib/iothconf:$LD_LIBRARY_PATH"
need_userns
need_vde
need_program "$CLIENT" "$VDENS"
unthreaded "$VDENS"
stack=${1:-picox}
mac=ce:92:32:a3:cf:3d # of one.test.local: iothaddr_hashmac
hash=fd09::cc92:32a6:2ba3:cf3d

# network: the hub, and what looks at its frames.
network()
{
	net_start hub hub
	start frames "$VDENS" "$vnl" sh -c \
		"ip link set vde0 up; exec python3 $SRC/test/interop/capture.py vde0 $dir/frames.pcap"
	wait_for says frames listening
}

# server NAME SCRIPT: starts what SCRIPT says in a vdens with the server's addresses. Sets $pid.
server()
{
	cat >"$dir/$1.sh" <<END
ip link set lo up
ip link set vde0 up
ip addr add 10.9.0.1/24 dev vde0
ip addr add fd09::1/64 dev vde0 nodad
$2
END
	start "$1" "$VDENS" "$vnl" sh -e "$dir/$1.sh"
}

# For these scripts: a link-local address that can be used; nobody else has it, and the kernel need not ask for seconds.
# shellcheck disable=SC2016 # words of the inner shell
link_local_ready='until local=$(ip -o -6 addr show dev vde0 scope link | grep -o "fe80::[0-9a-f:]*/64"); do sleep 0.05; done
ip addr del $local dev vde0
ip addr add $local dev vde0 nodad'

# client CONFIG WORD...: runs the client on $stack, with CONFIG behind stack= and vnl=. $out, $status.
client()
{
	local config=$1
	shift
	if [ "$stack" = kernel ]; then
		run "$VDENS" "$vnl" "$CLIENT" stack=kernel "+$config" "$@"
	else
		run "$CLIENT" "stack=$stack,vnl=$vnl" "+$config" "$@"
	fi
	[ "$status" = 0 ] || fail "client: status $status: $out $err"
}

# expect PATTERN...: the client's output has these lines.
expect()
{
	expect_lines "$@"
	[ "$status" = 0 ] || fail "client: status $status: $out $err"
}

# gives_back NAME PATTERN CONFIG WORD...: for wait_for: runs the client; what the server NAME has said then. (A release is
# said once.)
gives_back()
{
	local name=$1 pattern=$2
	shift 2
	client "$@"
	within 10 says "$name" "$pattern"
}

# captured FILTER [ARG...]: frames like that were on the wire; tshark, with these arguments, tells of them in
# $out. For wait_for: what a server has got, capture.py may still have to get.
captured()
{
	local filter=$1
	shift
	run tshark -r "$dir/frames.pcap" -Y "$filter" "$@"
	[ -n "$out" ]
}

# well_formed FILTER: frames like that were seen on the network, and none that is malformed.
well_formed()
{
	have_command tshark || return 0
	wait_for captured "$1"
	run tshark -r "$dir/frames.pcap" -Y '_ws.malformed || _ws.expert.severity == "Error"'
	assert_equal "" "$out" "tshark finds malformed frames"
}

# radvd_start: a router in a vdens of its own: prefix, name server, search domain, a route. (It would answer once
# in three seconds only, but for mobile nodes, who learn the interval and may be answered at once.)
radvd_start()
{
	cat >"$dir/radvd.conf" <<END
interface vde0 {
	AdvSendAdvert on;
	MinRtrAdvInterval 3;
	MaxRtrAdvInterval 10;
	MinDelayBetweenRAs 0.03;
	AdvIntervalOpt on;
	AdvManagedFlag ${managed:-on};
	AdvOtherConfigFlag ${other:-on};
	prefix fd09::/64 { };
	route fd0a::/48 { };
	RDNSS fd09::53 { };
	DNSSL six.test { };
};
END
	chmod 600 "$dir/radvd.conf"
	cat >"$dir/radvd.sh" <<END
ip link set lo up
ip link set vde0 up
ip addr add fd09::2/64 dev vde0 nodad
$link_local_ready
exec radvd -n -C $dir/radvd.conf -p $dir/radvd.pid -m stderr -d 2
END
	start radvd "$VDENS" "$vnl" sh -e "$dir/radvd.sh"
	radvd=$pid
	wait_for says radvd 'sending RA|sent RA|polling for'
}
