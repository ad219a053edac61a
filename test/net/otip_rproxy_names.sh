#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# VirtualSquare's scenario: otip_rproxy and iothnamed with its files, as they are but for the path of the network
# and the stack; ping, nc, ssh by address and by name; an ssh that outlives its address.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"
NAMED=$BUILD/daemon/iothnamed/iothnamed
need_program "$NAMED"
need_command dig nc ping

# configure FROM TO: an example, with this network and stack.
configure()
{
	sed "s#vde:///tmp/hub#$outside#; s#stack=vdestack#stack=$outer#" \
		"$SRC/test/data/$1" >"$dir/$2"
}

# The address now.
now()
{
	"$OTIPADDR" -b fc01:: renzo.otip mypassword
}

# asked: what the name server says.
asked()
{
	inside client dig +short +tries=5 @fc01::24 renzo.otip AAAA
}

# From the moment in which one is asked to that in which the other is, the window may change.
names_agree()
{
	[ "$(now)" = "$(asked)" ]
}

# An address may end while it is used: who has been slow asks again.
answers_ping()
{
	inside client ping -n -c 1 -W 5 "$("$1")"
}

echoes_nc()
{
	[ "$(echo hello | inside client timeout 60 nc -6 -N "$(now)" 4242)" = hello ]
}

echoes_datagrams()
{
	peer udp "$(now)" 4242
}

echoes_much()
{
	peer echo "$(asked)" 4242 100000
}

address_is_over()
{
	ctl status | grep "^$1: over"
}

address_is_gone()
{
	! ctl status | grep "^$1: "
}

is_silent()
{
	! inside client ping -n -c 1 -W 1 "$1" >/dev/null
}

# Real root keeps its rights in these namespaces: sshd wants to become others.
# Is it the first half of a window? Then its address is open for 24 seconds more.
is_early()
{
	[ $(($(date +%s) % 32)) -lt 16 ]
}

have_sshd()
{
	[ "$(id -u)" = 0 ] && have_command ssh && have_command ssh-keygen && [ -x /usr/sbin/sshd ]
}

sshd_start()
{
	ssh-keygen -q -t ed25519 -N '' -f "$dir/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/user_key"
	cp "$dir/user_key.pub" "$dir/authorized"
	cat >"$dir/sshd_config" <<-END
		Port 22
		ListenAddress ::1
		HostKey $dir/host_key
		AuthorizedKeysFile $dir/authorized
		PidFile none
		StrictModes no
		UsePAM no
		PermitRootLogin yes
		PermitUserRC no
	END
	# Its directory for separated privileges is in a /run of its own.
	start sshd nsenter --target "${inside_pid[home]}" --net unshare --mount sh -c \
		"mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f '$dir/sshd_config'"
	wait_for says sshd 'Server listening'
}

hosts_start
servers_start
configure otip_rproxy/otip_rproxy.rc rc
configure iothnamed/iothnamed_otip.rc named.rc
rproxy_start
start_at named home "$NAMED" -v "$dir/named.rc"
wait_for says named '^iothnamed: serving'

echo "--- by address"
address=$(now)
wait_for answers_ping now
wait_for echoes_nc
wait_for echoes_datagrams

echo "--- by name"
wait_for names_agree
wait_for answers_ping asked

if have_sshd; then
	echo "--- ssh"
	sshd_start
	mkfifo "$dir/ssh.in"
	# Half a window is left at least to be let in.
	wait_for is_early
	ssh_address=$(asked)
	stdin="$dir/ssh.in" start ssh nsenter --target "${inside_pid[client]}" --net ssh -F none -T -i "$dir/user_key" \
		-o BatchMode=yes -o ServerAliveInterval=5 -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no \
		"root@$ssh_address" 'while read -r line; do echo "got $line"; done'
	ssh_group=$pid
	echo one >"$dir/ssh.in"
	wait_for says ssh '^got one'
	wait_for address_is_over "$ssh_address"
	echo two >"$dir/ssh.in"
	wait_for says ssh '^got two'
	peer unreachable "$ssh_address" 4242
	[ "$(asked)" != "$ssh_address" ] || fail "the name has the address of a window that is over"
	wait_for echoes_much
	echo three >"$dir/ssh.in"
	wait_for says ssh '^got three'
	stop "$ssh_group"
	wait_for address_is_gone "$ssh_address"
	is_silent "$ssh_address" || fail "an address that has gone answers"
fi

echo "--- and after its end"
wait_for address_is_gone "$address"
is_silent "$address" || fail "an address that has gone answers"
wait_for names_agree
wait_for answers_ping asked
pass
