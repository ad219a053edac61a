# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # what lib.sh and the caller have set, and read
# Hosts, servers and proxy for the tests of otip_rproxy; sourced after lib.sh. The test's arguments are the
# outer and the inner stack.
#
#    client ------ hub "outside" ------ otip_rproxy ------ servers
#    fc01::1/64                         in `home`          in `home`, reached by the kernel's loopback, or,
#                                                          with another inner stack, by hub "inside"
outer=${1:?outer stack: picox, vdestack or kernel}
inner=${2:?inner stack: picox, vdestack or kernel}
need_userns
need_vde
need_command python3 nsenter

RPROXY=$BUILD/daemon/otip_rproxy/otip_rproxy
RPROXYCTL=$BUILD/tools/daemonctl/otip_rproxyctl
OTIPADDR=$BUILD/tools/otipaddr/otipaddr
PEER=$SRC/test/net/otip_peer.py
need_program "$RPROXY" "$RPROXYCTL" "$OTIPADDR" "$VDENS"
[ "$outer/$inner" = "${outer#vdestack}/${inner#vdestack}" ] || unthreaded "$RPROXY"
port=8484 # of the servers

# at_home COMMAND...: in the namespace of proxy and servers.
at_home()
{
	inside home env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" "$@"
}

# start_at NAME HOST COMMAND...: `start`, in a host's namespace.
start_at()
{
	local name=$1 host=$2
	shift 2
	start "$name" nsenter --target "${inside_pid[$host]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" "$@"
}

# The network outside is a hub, or $outside_kind; its process is $outside_pid.
hosts_start()
{
	net_start "${outside_kind:-hub}" outside
	outside=$vnl
	outside_pid=$pid
	net_start hub inside
	inside=$vnl
	vdens_start client "$outside"
	inside client ip addr add fc01::1/64 dev vde0 nodad
	vdens_start home "$inside" "$outside"
	inside home ip link set lo up
	inside home ip addr add fd00::1/64 dev vde0 nodad
	extstack=stack=$outer,vnl=$outside
	[ "$outer" != kernel ] || extstack=stack=kernel,iface=vde1
	if [ "$inner" = kernel ]; then
		intstack=stack=kernel
		server=::1
	else
		intstack=stack=$inner,vnl=$inside,eth,ip=fd00::2/64,nodad
		server=fd00::1
	fi
}

servers_start()
{
	start_at servers home python3 "$PEER" serve "$port"
	servers_pid=$pid
	wait_for says servers '^serving'
}

# rproxy_rc LINE...: a file of options: these lines, and then, where they do not say otherwise, stacks and who we
# are, an address that stays, and patience with flows on a machine that is slow.
rproxy_rc()
{
	printf '%s\n' "$@" >"$dir/rc"
	cat >>"$dir/rc" <<-END
		extstack $extstack
		intstack $intstack
		name renzo.otip
		base fc01::
		passwd mypassword
		otip_period 0
		udp_timeout 1000
		tcp_timeout 0
	END
}

services()
{
	local offset
	for offset in 0 1 2 3 4 5 6; do
		echo "tcp $((4242 + offset)),$server,$((port + offset))"
	done
	echo "udp 4242,$server,$port"
	echo "udp 4243,$server,$((port + 1))"
	# Nobody is there.
	echo "tcp 4299,$server,$((port + 99))"
	echo "udp 4299,$server,$((port + 99))"
}

# rproxy_start [OPTION...]: with $dir/rc; ready when this returns.
rproxy_start()
{
	start_at rproxy home "$RPROXY" -v --control "$dir/ctl" -f "$dir/rc" "$@"
	rproxy_group=$pid
	wait_for says rproxy '^otip_rproxy: serving'
}

# The process itself: `start` knows that of nsenter, which has become it.
rproxy_pid()
{
	echo "$rproxy_group"
}

ctl()
{
	"$RPROXYCTL" -s "$dir/ctl" "$@"
}

# metric NAME: a figure, labels included.
metric()
{
	ctl stats | sed -n "s/^otip_rproxy_$1 //p"
}

is_metric()
{
	[ "$(metric "$1")" = "$2" ]
}

# The address that does not depend on the time.
fixed_address()
{
	"$OTIPADDR" -b fc01:: -T 0 renzo.otip mypassword
}

# peer TEST ADDRESS PORT...: a client, to its end.
peer()
{
	inside client python3 "$PEER" "$@"
}

# peer_start NAME TEST ADDRESS PORT...: one that reads $dir/NAME.in.
peer_start()
{
	local name=$1
	shift
	[ -p "$dir/$name.in" ] || mkfifo "$dir/$name.in"
	stdin="$dir/$name.in" start_at "$name" client python3 "$PEER" "$@"
	wait_for says "$name" '^ready'
}
