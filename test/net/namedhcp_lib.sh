# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # what lib.sh and the caller have set
# The network of 14.6 for the tests of $server_name, namedhcp or namedhcp4; sourced after lib.sh. The test's
# argument is where the server is: vnl (a bare VDE network), picox, vdestack, kernel (in the vdens `home`).
mode=${1:?vnl, picox, vdestack or kernel}
NAMED=$BUILD/daemon/iothnamed/iothnamed
SERVER=$BUILD/daemon/namedhcp/$server_name
CLIENT=$BUILD/test/net/iothconf_client
need_userns
need_vde
need_program "$NAMED" "$VDENS" "$SERVER" "$CLIENT"
[ "$mode" != vdestack ] || unthreaded "$SERVER"
export LD_LIBRARY_PATH="$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$LD_LIBRARY_PATH"
unthreaded "$VDENS"

# Hosts have no address but their link-local one, which is there when this returns.
host_start()
{
	vdens_start "$1" "$vnl"
	inside "$1" ip link set lo up
	settle "$1" vde0
}

# link_local_of HOST: its address, when it can be used.
link_local_of()
{
	inside "$1" ip -o -6 addr show dev vde0 scope link | grep -v tentative | grep -o 'fe80::[0-9a-f:]*'
}

# at_home COMMAND...: started in `home`, with the libraries of the build tree.
at_home()
{
	nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" "$@"
}

# named_start LINE...: iothnamed in `home`, on the kernel's stack.
named_start()
{
	printf '%s\n' "$@" >"$dir/named.rc"
	start named nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$NAMED" -v "$dir/named.rc"
	wait_for says named '^iothnamed: serving'
}

# server_begin OPTION...: starts $SERVER in $mode. $address is what its stack has.
server_begin()
{
	local where=()
	case $mode in
	vnl) where=(-s "$vnl") ;;
	kernel) where=(-i vde0) ;;
	*) where=(-s "stack=$mode,vnl=$vnl,ip=$address,eth") ;;
	esac
	start server nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials \
		env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" \
		"$SERVER" -v --control "$dir/ctl" "${where[@]}" "$@"
	server=$pid
}

# server_start OPTION...: the same, and it is ready.
server_start()
{
	server_begin "$@"
	wait_for says server ': serving'
}

# Its end is in order, whatever it was asked.
server_stop()
{
	kill -TERM "$server"
	await "$server"
	assert_equal 0 "$status" "status of the server; $(tail -n 5 "$dir/server.log")"
}

# The exit status is what tells, so for `wait_for`. (No `grep -q` behind a pipe: it would end who writes.)
has_address()
{
	[[ $(inside "$1" ip -o addr show dev vde0) == *" $2/"* ]]
}
has_no_address()
{
	! has_address "$1" "$2"
}

# counted METRIC: the server's counter is not 0.
counted()
{
	grep -q "^${server_name}_$1 [1-9]" <<<"$("$BUILD/tools/daemonctl/${server_name}ctl" -s "$dir/ctl" stats)"
}
