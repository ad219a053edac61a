#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# getaddrinfo and getnameinfo of libiothdns give what the C library gives, over a table of some hundred calls:
# the same hosts, services and resolv.conf for both, and dnsmasq as the server; the C library asks from the server's
# host, libiothdns from each stack. See iothdns_lib.sh. Argument: the stack.
#
# The order is not compared: the C library sorts by RFC 6724, upstream's order is told in the manual. Nor is a name
# of 127.0.0.1 and ::1 at once, whose IPv6 address the C library turns into a second 127.0.0.1.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothdns_lib.sh"
if [ -z "${GLIBC_TEST_MOUNTS:-}" ]; then
	rm -rf "$dir"
	trap - EXIT
	flags='--user --map-root-user --mount'
	[ "$(id -u)" != 0 ] || flags=--mount
	# shellcheck disable=SC2086 # several words
	GLIBC_TEST_MOUNTS=1 exec unshare $flags -- bash "$0" "$@"
fi

program=$EXAMPLES/iothdns_getaddrinfo
need_command dnsmasq
need_program "$program"
printf 'nameserver %s\nsearch test\noptions timeout:20 attempts:2\n' $server4 >"$dir/resolv.conf"
printf '127.0.0.1 localhost\n::1 ip6-localhost\n10.0.0.8 inhosts.example inhosts\nfd00::8 sixhosts\n' >"$dir/hosts"
printf 'hosts: files dns\nservices: files\nprotocols: files\n' >"$dir/nsswitch.conf"
printf 'http 80/tcp www\ndomain 53/tcp\ndomain 53/udp\nsnmp 161/udp\n' >"$dir/services"
for file in resolv.conf hosts nsswitch.conf services; do
	mount --bind "$dir/$file" "/etc/$file" || skip "no bind mounts here"
done
[ ! -e /run/nscd ] || mount -t tmpfs none /run/nscd # nobody answers in its place
network
cat >"$dir/conf" <<'END'
no-resolv
no-hosts
interface=vde0
local=/test/
local=/arpa/
local=/./
host-record=both.test,10.1.2.3,fd00::3
host-record=four.test,10.1.2.4
host-record=six.test,fd00::6
cname=alias.test,both.test
END
server dnsmasq --no-daemon --conf-file="$dir/conf" --pid-file= # keeps its user
ready()
{
	inside host "$program" four.test 80 | grep -F 10.1.2.4 >/dev/null
}
wait_for ready

cases=0
while read -r options; do
	for node in both.test four.test six.test alias.test nope.test both inhosts sixhosts localhost 10.0.0.7 127.1 \
		fd00::7 fe80::1%lo - bad..name both.test.; do
		for service in - 80 http domain snmp nosuch; do
			echo "$options -- $node $service"
			cases=$((cases + 1))
		done
	done
done >"$dir/table" <<'END'
-s
-4
-6 -s
-6 -m
-6 -m -a -d
-p
-n
-N -d
-s -c
-s -e
END
[ $cases -ge 200 ] || fail "only $cases cases"

# Each line with the call it belongs to; the name that stands at the first of several entries apart.
normal()
{
	awk '/ -- / { call = $0; print; next } match($0, / canonname [^ ]*/) {
		print call ": " substr($0, RSTART + 1, RLENGTH - 1)
		$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
	} { print call ": " $0 }' | sort
}
inside host sh -c 'exec "$@" <"$0"' "$dir/table" "$program" -x -l 2>"$dir/theirs.log" | normal >"$dir/theirs"
on_stack sh -c 'exec "$@" <"$0"' "$dir/table" "$program" -S "$config" -l 2>"$dir/ours.log" | normal >"$dir/ours"
assert_equal $cases "$(awk -F': ' 'NF > 1 { print $1 }' "$dir/theirs" | uniq | wc -l)" "answers of the C library"
diff "$dir/theirs" "$dir/ours" | head -n 30 >"$dir/difference.log" || fail "the C library, libiothdns"
pass
