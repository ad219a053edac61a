# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what lib.sh and the caller have set
# namedhcp with other people's clients, relays, servers: what these tests share; sourced after lib.sh. $mode is where
# the server is: namedhcp_lib.sh. The names one.test.local, two.test.local ... have the addresses fc00::1, fc00::2 ...

server_name=namedhcp
. "$SRC/test/net/namedhcp_lib.sh"
address=fc00::ffff/64

home_address()
{
	inside home ip addr add fc00::24/64 dev vde0 nodad
}

# home_start: `home` with iothnamed in it, which knows the names.
home_start()
{
	host_start home
	home_address
	named_start 'net w ::/0' 'auth static w .test.local' 'static AAAA one.test.local fc00::1' \
		'static AAAA two.test.local fc00::2' 'static AAAA three.test.local fc00::3' \
		'static AAAA four.test.local fc00::4'
}

# serve OPTION...: the server, with a name server for clients.
serve()
{
	server_start -n fc00::24 -D fc00::24 -S test.local "$@"
}

# received TYPE: how many messages of that type the server has got.
received()
{
	"$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/ctl" stats |
		sed -n "s/^namedhcp_received_total{type=\"$1\"} //p"
}
received_more() # TYPE THAN
{
	[ "$(received "$1")" -gt "$2" ]
}

# tell GROUP PROGRAM SIGNAL: to the program that runs in what `start` has started.
tell()
{
	kill "-$3" "$(pgrep -o -g "$1" -x "$2")"
}

# For dhclient: a script that notes why it is called, and does what it is told.
dhclient_script()
{
	cat >"$dir/script" <<-EOF
		#!/bin/sh
		echo "\$reason \$new_ip6_address \$new_dhcp6_name_servers \$new_dhcp6_domain_search" >>"$dir/reasons"
		case \$reason in
		BOUND6 | REBIND6 | RENEW6)
			[ ! -e "$dir/taken" ] || { rm "$dir/taken"; exit 3; } # somebody has the address
			[ -z "\$new_ip6_address" ] || ip addr replace \$new_ip6_address/128 dev vde0 nodad ;;
		RELEASE6 | STOP6 | EXPIRE6) ip addr del \$old_ip6_address/128 dev vde0 ;;
		esac
		exit 0
	EOF
	chmod +x "$dir/script"
	: >"$dir/reasons"
}

# dhclient_in HOST NAME OPTION...
dhclient_in()
{
	local host=$1 name=$2
	shift 2
	[ -e "$dir/$host.conf" ] || printf 'send fqdn.fqdn "%s.test.local";\n%s\n' "$name" "${dhclient_more:-}" >"$dir/$host.conf"
	[ -e "$dir/$host.leases" ] || : >"$dir/$host.leases"
	inside "$host" dhclient -6 -cf "$dir/$host.conf" -sf "$dir/script" -lf "$dir/$host.leases" \
		-pf "$dir/$host.pid" "$@" vde0
}

# dhclient_release HOST NAME [ARRIVED...]: the lease is given back, until the command ARRIVED says that it is. (dhclient
# says so once, and has forgotten its lease then: a relay or a network may lose it; and while the kernel's table of
# neighbours is full, which is one for all namespaces of the machine, it is refused with EINVAL.)
dhclient_release()
{
	local host=$1 name=$2 tries=0
	shift 2
	[ $# -gt 0 ] || set -- :
	cp "$dir/$host.leases" "$dir/$host.kept"
	until dhclient_in "$host" "$name" -v -r >"$dir/release.log" 2>&1 &&
		! grep -q 'send_packet6: Invalid argument' "$dir/release.log" && within 20 "$@"; do
		[ $((tries += 1)) -lt 20 ] || fail "dhclient's release does not arrive"
		cp "$dir/$host.kept" "$dir/$host.leases"
		wait_a_moment
	done
}

# bound_client NAME WORD...: starts libiothconf in the background as $bound, which reads $dir/input (descriptor 8), and
# has an address of NAME when this returns. (The first attempt is over after some seconds; then there is another one.)
bound_client()
{
	local name=$1 tries
	shift
	[ -p "$dir/input" ] || mkfifo "$dir/input"
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		stdin="$dir/input" start client "$CLIENT" "stack=picox,vnl=$vnl" \
			"+eth,dhcp6,thread,nodad,fqdn=$name.test.local" addresses link "$@"
		bound=$pid
		wait_for says client '^link'
		! says client '^address' || break
		[ "$tries" -lt 10 ] || fail "libiothconf has no address"
		stop "$bound"
	done
	exec 8>"$dir/input"
}

# dhcpcd_in HOST NAME LINE...: with these lines in its configuration. What it remembers is in $dir/HOST.dhcpcd.
dhcpcd_in()
{
	local host=$1 name=$2
	shift 2
	mkdir -p "$dir/$host.dhcpcd"
	printf '%s\n' ipv6only noipv6rs duid 'script /bin/true' 'option dhcp6_name_servers' \
		"hostname $name.test.local" 'fqdn both' "$@" >"$dir/$host.dhcpcd.conf"
	inside "$host" unshare --mount sh -c "mount -t tmpfs none /run && mkdir -p /run/dhcpcd &&
		mount -t tmpfs none /var/lib && mkdir -p /var/lib/dhcpcd && mount --bind '$dir/$host.dhcpcd' /var/lib/dhcpcd &&
		exec dhcpcd -d -B -f '$dir/$host.dhcpcd.conf' -6 vde0"
}

# dhcp6c_in HOST NAME STATEMENT...: with these statements for its interface.
dhcp6c_in()
{
	local host=$1 name=$2
	shift 2
	{
		echo 'interface vde0 {'
		printf '%s\n' "$@" 'request domain-name-servers;' "script \"$dir/dhcp6c.script\";" '};'
		echo 'id-assoc na 0 { };'
	} >"$dir/$host.dhcp6c.conf"
	# shellcheck disable=SC2016 # words of the script
	printf '#!/bin/sh\necho "$REASON $new_domain_name_servers" >>%s\n' "$dir/$host.said" >"$dir/dhcp6c.script"
	chmod 755 "$dir/dhcp6c.script"
	inside "$host" unshare --mount sh -c "mount -t tmpfs none /var/lib && mkdir -p /var/lib/dhcpv6 &&
		export SAY_NAME=$name.test.local LD_PRELOAD='$BUILD/test/interop/libsay_name.so' &&
		exec dhcp6c -f -D -c '$dir/$host.dhcp6c.conf' -p '$dir/$host.dhcp6c.pid' vde0"
}
