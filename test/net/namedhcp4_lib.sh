# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # for those who source this, and what they have set
# Clients of namedhcp4, other people's and ours, and what they say on the wire; sourced, first of all. The test's
# first argument is where the server is: namedhcp_lib.sh.
#
# Every client tells of what has become of it by a line in $dir/HOST.said: a word of its own (BOUND, RENEW, bound,
# renew, EXPIRE, ...) and the address.

server_name=namedhcp4
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/namedhcp_lib.sh"
need_command python3

# texts MASK ROUTER: what a TXT record says of a network whose name server is 192.168.1.24.
texts()
{
	echo "\"mask=$1,router=$2,dns=192.168.1.24\""
}

# watch_start NAME VNL: tells in $dir/NAME.log of the DHCP messages of a network.
watch_start()
{
	start "$1" "$VDENS" "$2" sh -c "ip link set vde0 up; exec python3 $SRC/test/net/dhcp4_watch.py vde0"
	wait_for says "$1" ready
}

# in_host HOST NAME COMMAND...: starts a command in it. Sets $pid.
in_host()
{
	local host=$1 name=$2
	shift 2
	start "$name" nsenter --target "${inside_pid[$host]}" --user --net --preserve-credentials "$@"
}

# said HOST PATTERN
said()
{
	grep -Eq -- "$2" "$dir/$1.said"
}

# forgotten HOST: what it has said; and its address.
forgotten()
{
	: >"$dir/$1.said"
	inside "$1" ip addr flush dev vde0 scope global
}

# --- dhclient

# dhclient_conf HOST NAME [LINE...]
dhclient_conf()
{
	local host=$1 name=$2
	shift 2
	cat >"$dir/$host.script" <<-END
		#!/bin/sh
		case \$reason in
		BOUND | REBOOT | RENEW | REBIND)
			[ ! -e "$dir/$host.refuse" ] || exit 1
			ip addr replace \$new_ip_address/24 dev vde0
			[ -z "\$new_routers" ] || ip route replace default via \$new_routers ;;
		EXPIRE | FAIL | RELEASE | STOP) ip addr flush dev vde0 scope global ;;
		esac
		echo "\$reason \$new_ip_address" >>"$dir/$host.said"
	END
	chmod +x "$dir/$host.script"
	: >"$dir/$host.leases"
	: >"$dir/$host.said"
	printf '%s\n' "send fqdn.fqdn \"$name.\";" 'send fqdn.encoded on;' 'request subnet-mask, routers;' \
		'timeout 30;' 'retry 1;' 'initial-interval 1;' 'backoff-cutoff 2;' "$@" >"$dir/$host.conf"
}

# dhclient_words HOST [OPTION...]: sets $words, its command line.
dhclient_words()
{
	local host=$1
	shift
	words=(dhclient -4 -v "$@" -cf "$dir/$host.conf" -sf "$dir/$host.script" -lf "$dir/$host.leases"
		-pf "$dir/$host.pid" vde0)
}

dhclient_start()
{
	dhclient_words "$1" -d
	in_host "$1" "dhclient.$1" "${words[@]}"
	dhclient=$pid
}

# dhclient_release HOST: gives back what its leases say.
dhclient_release()
{
	dhclient_words "$1" -r
	run inside "$1" "${words[@]}"
	[ "$status" = 0 ] || fail "dhclient -r: $err"
}

# --- dhcpcd: in a mount namespace of its own, where its directories are private

# have_dhcpcd HOST: is it here, and may a file system be mounted there?
have_dhcpcd()
{
	have_command dhcpcd && inside "$1" unshare --mount mount -t tmpfs none /run 2>/dev/null
}

# dhcpcd_start HOST NAME [LINE...]: with these lines of configuration; `dhcpcd_do HOST WORD...` for one that runs.
dhcpcd_start()
{
	local host=$1 name=$2
	shift 2
	cat >"$dir/$host.script" <<-END
		#!/bin/sh
		echo "\$reason \$new_ip_address" >>"$dir/$host.said"
	END
	chmod +x "$dir/$host.script"
	: >"$dir/$host.said"
	printf '%s\n' ipv4only noipv4ll "script $dir/$host.script" "hostname $name" 'fqdn both' \
		'option subnet_mask, routers' "$@" >"$dir/$host.conf"
	in_host "$host" "dhcpcd.$host" unshare --mount sh -c "
		mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/dhcpcd /var/lib/dhcpcd &&
		exec dhcpcd -f '$dir/$host.conf' -4 -B -d vde0"
	dhcpcd=$pid
}

# --- udhcpc

have_udhcpc()
{
	have_command busybox && grep -qx udhcpc <<<"$(busybox --list)"
}

# udhcpc_start HOST NAME [OPTION...]
udhcpc_start()
{
	local host=$1 name=$2
	shift 2
	cat >"$dir/$host.script" <<-END
		#!/bin/sh
		case \$1 in
		bound | renew)
			ip addr replace \$ip/24 dev vde0
			[ -z "\$router" ] || ip route replace default via \$router ;;
		deconfig) ip addr flush dev vde0 scope global; ip link set vde0 up ;;
		esac
		echo "\$1 \$ip" >>"$dir/$host.said"
	END
	chmod +x "$dir/$host.script"
	: >"$dir/$host.said"
	in_host "$host" "udhcpc.$host" busybox udhcpc -s "$dir/$host.script" -f -t 5 -T 1 -A 1 -F "$name" "$@" -i vde0
	udhcpc=$pid
}

# --- libiothconf

# gets NAME ADDRESS: a client of this name has got this address, this time.
gets()
{
	run "$CLIENT" "stack=picox,vnl=$vnl" "+eth,dhcp,fqdn=$1" addresses
	[[ "$out" == *"address $2"* ]]
}

# ours_gives_back NAME VNL ADDRESS: has this address, and gives it back; it runs until it is stopped (a hub that sees the
# end of a program may forget the frames that it has not read). Sets $ours.
ours_gives_back()
{
	local tries
	[ -p "$dir/ours.input" ] || mkfifo "$dir/ours.input"
	for tries in 1 2 3 4 5 6; do
		stdin="$dir/ours.input" start ours "$CLIENT" "stack=picox,vnl=$2" "+eth,dhcp,thread,fqdn=$1" addresses \
			+-dhcp addresses link read
		ours=$pid
		wait_for says ours '^link'
		! says ours "^address $3" || return 0
		stop "$ours"
	done
	fail "libiothconf does not get $3"
}
