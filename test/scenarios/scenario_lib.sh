# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables for those who source this
# What the scenarios share; sourced, bash. A scenario is typed as its page shows it, with the commands by
# their names; `line` and `at` put a private path in the place of the page's /tmp.
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

need_userns
need_vde
need_program "$VDENS" "$BUILD/daemon/iothnamed/iothnamed" "$BUILD"/daemon/namedhcp/namedhcp{,4} "$BUILD/daemon/iothradvd/iothradvd"
eval "$("$SRC/scripts/env" "$BUILD")"
unthreaded "$VDENS"
export SHELL=/bin/bash

# file NAME: what is written into it.
file()
{
	sed "s,/tmp/,$dir/,g" >"$dir/$1"
}

# example NAME STACK: one of the originals' example configurations, on this stack.
example()
{
	sed "s/stack=vdestack/stack=$2/" "$SRC/test/data/$1" | file "${1##*/}"
}

# line NAME LINE: a command line of the page, started in the background.
line()
{
	start "$1" bash -c "exec ${2//\/tmp\//$dir/}"
}

# network: "vde_plug null:// hub:///tmp/hub".
network()
{
	line hub 'vde_plug null:// hub:///tmp/hub'
	wait_for unix_listening "$dir/hub/ctl"
}

# daemon NAME LINE: one of our servers, ready when the call returns.
daemon()
{
	line "$1" "$2"
	wait_for serves "$1" "$pid"
}
serves()
{
	! is_gone "$2" || fail "$1 has ended"
	says "$1" ': serving'
}

# public_servers OPTION...: the name servers that the pages mention, played by dnsmasq on the loopback interface of a private
# namespace (in_private_net); OPTIONS are what it knows.
public_servers()
{
	local address list=
	need_command dnsmasq
	for address in 8.8.8.8/32 80.80.80.80/32 1.1.1.1/32; do
		ip addr add "$address" dev lo
		list+=,${address%/*}
	done
	ip addr add 2620:0:ccc::2/128 dev lo nodad
	start public dnsmasq --keep-in-foreground --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user=root --group=root \
		--pid-file= --bind-interfaces --listen-address="${list#,},2620:0:ccc::2" --local-ttl=100 --local=/example.org/ "$@"
	wait_for says public 'started'
}

# --- a terminal in a vdens --------------------------------------------------------------------------

declare -A typed=()
lines=0

# terminal NAME LINE: a shell behind the command of the page, which waits for what `at` types.
terminal()
{
	local fd
	mkfifo "$dir/$1.typed"
	stdin="$dir/$1.typed" line "$1" "$2"
	exec {fd}>"$dir/$1.typed"
	typed[$1]=$fd
}

# try_at NAME LINE: types it, and waits for its end. $status, $out (both streams).
try_at()
{
	local before
	before=$(stat -c %s "$dir/$1.log")
	lines=$((lines + 1))
	printf '%s\necho "[%d ended: $?]"\n' "${2//\/tmp\//$dir/}" "$lines" >&"${typed[$1]}"
	wait_for says "$1" "^\[$lines ended: [0-9]+\]\$"
	out=$(tail -c "+$((before + 1))" "$dir/$1.log")
	status=$(sed -n "s/^\[$lines ended: \([0-9]*\)\]\$/\1/p" <<<"$out")
}

# at NAME LINE: the same; it has to go well.
at()
{
	try_at "$@"
	[ "$status" = 0 ] || fail "at $1: $2: status $status: $out"
}

# at_last NAME LINE: again and again, until it goes well.
goes_well()
{
	try_at "$@"
	[ "$status" = 0 ]
}
at_last()
{
	wait_for goes_well "$@"
}

# --- a node that knows its name ------------------------------------------------------------------------

# has_address NAME ADDRESS: it can be used, duplicates have been looked for.
has_address()
{
	at_last "$1" "ip -6 addr show dev vde0 -tentative | grep -w 'inet6 $2/128'"
}

# up NAME...: the link, and what IPv6 does with it: dhclient wants a link-local address that can be used.
up()
{
	local name
	for name; do
		at "$name" 'ip link set vde0 up'
	done
	for name; do
		at_last "$name" 'ip -6 addr show dev vde0 scope link -tentative | grep fe80'
	done
}

# dhclient NAME FQDN: DHCPv6, told nothing but the name; goes to the background once it has an address.
dhclient()
{
	echo "send fqdn.fqdn \"$2\";" >"$dir/$1.conf"
	at "$1" "command dhclient -6 -cf /tmp/$1.conf -v vde0 -lf /tmp/$1.leases -pf /dev/null"
}

# Those in the background are in process groups of their own.
end_scenario()
{
	local status=$? pid
	trap - ERR
	set +e
	for pid in $(pgrep -f -- "^(dhclient .* -lf |vde_plug -d vde://)$dir/"); do
		kill "$pid"
	done
	(exit "$status")
	cleanup
}
trap end_scenario EXIT
