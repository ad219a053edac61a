# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # what lib.sh and the caller have set
# Hosts, forwarder, server and questions for the tests of iothnamed; sourced after lib.sh. The test's argument
# is the stack of the server.
stack=${1:?picox, vdestack or kernel}
need_userns
need_vde
need_command dig dnsmasq

NAMED=$BUILD/daemon/iothnamed/iothnamed
CTL=$BUILD/tools/daemonctl/iothnamedctl
need_program "$NAMED" "$CTL" "$VDENS"
[ "$stack" != vdestack ] || unthreaded "$NAMED"

# add_addresses HOST ADDRESS/LEN...
add_addresses()
{
	local host=$1 address
	shift
	inside "$host" ip link set lo up
	for address; do
		case $address in
		*:*) inside "$host" ip addr add "$address" dev vde0 nodad ;;
		*) inside "$host" ip addr add "$address" dev vde0 ;;
		esac
	done
}

# The network, a client, and home.
hosts_start()
{
	net_start hub hub
	vdens_start client "$vnl"
	vdens_start home "$vnl"
	add_addresses client 192.168.1.100/24 fc00::100/64 fc01::100/64 130.136.31.100/24 2001:760:2e00:ff00::100/64
	add_addresses home 192.168.1.10/24
}

# dnsmasq on the client's address.
forwarder_start()
{
	start forwarder nsenter --target "${inside_pid[client]}" --user --net --preserve-credentials \
		dnsmasq --keep-in-foreground --no-resolv --no-hosts --no-daemon --conf-file=/dev/null --user= --group= \
		--listen-address=192.168.1.100 --bind-interfaces --pid-file= \
		--host-record=forwarded.example,10.9.8.7 --local-ttl=100 "$@"
	wait_for says forwarder 'started'
}

# named_configure NAME: $dir/NAME.rc is the example of that name, with this network and forwarder; on the
# kernel stack, home gets the addresses.
named_configure()
{
	local address
	sed -e "s#/tmp/hub#$dir/hub#; s#stack=vdestack#stack=$stack#; s/8\.8\.8\.8/192.168.1.100/; /80\.80\.80\.80/d" \
		"$SRC/test/data/iothnamed/$1.rc" >"$dir/$1.rc"
	[ "$stack" = kernel ] || return 0
	for address in $(grep '^rstack' "$dir/$1.rc" | grep -o '\<ip=[^,]*'); do
		add_addresses home "${address#ip=}"
	done
	sed -i '/^rstack/d' "$dir/$1.rc"
}

# named_run NAME [OPTION...]: the server, with $dir/NAME.rc, ready; $named_under is a command in front of it.
named_run()
{
	local name=$1
	shift
	# shellcheck disable=SC2086 # several words
	start named nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" \
		${named_under:-} "$NAMED" -v --control "$dir/ctl" "$@" "$dir/$name.rc"
	named_pid=$pid
	wait_for says named '^iothnamed: serving'
}

named_start()
{
	named_configure "$1"
	named_run "$@"
}

# Its end is in order, whatever it was asked.
named_stop()
{
	kill -TERM "$named_pid"
	await "$named_pid"
	assert_equal 0 "$status" "status of iothnamed; $(tail -n 5 "$dir/named.log")"
	[ "$stack" != kernel ] || inside home ip addr flush dev vde0 scope global
	[ "$stack" != kernel ] || add_addresses home 192.168.1.10/24
}

ctl()
{
	"$CTL" -s "$dir/ctl" "$@"
}

# run_dig SERVER ARGUMENT...: $out
run_dig()
{
	local server=$1
	shift
	run inside client dig "@$server" +tries=3 +time=10 "$@"
	[ "$status" = 0 ] || fail "dig @$server $*: status $status: $out"
}

answer_of()
{
	local server=$1
	shift
	run_dig "$server" +short "$@"
	echo "$out"
}

# answers SERVER ARGUMENT... EXPECTED
answers()
{
	assert_equal "${*: -1}" "$(answer_of "${@:1:$#-1}")" "dig @${*:1:$#-1}"
}

# forwards SERVER ARGUMENT... EXPECTED: as `answers`, again and again: on a busy machine a forwarder may have no
# time, and then the answer is that.
forwards_now()
{
	run inside client dig "@$1" +tries=3 +time=10 +short "${@:2:$#-2}"
	[ "$out" = "${*: -1}" ]
}
forwards()
{
	wait_for forwards_now "$@"
}

# flags_are SERVER NAME TYPE FLAGS STATUS
flags_are()
{
	run_dig "$1" "$2" "$3"
	assert_match "^;; flags: $4; " "$out" "flags of $2 $3"
	assert_match " status: $5, " "$out" "status of $2 $3"
}
