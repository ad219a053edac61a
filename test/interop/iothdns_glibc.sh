#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# getaddrinfo and getnameinfo of libiothdns give what the C library gives, over a table of some hundred calls:
# the same hosts, services and resolv.conf for both, and dnsmasq as the server.
#
# The order is not compared: the C library sorts by RFC 6724, upstream's order is told in the manual. Nor is a name
# of 127.0.0.1 and ::1 at once, whose IPv6 address the C library turns into a second 127.0.0.1.
. "$(dirname "$0")/../net/lib.sh"
in_private_net "$@"
if [ -z "${GLIBC_TEST_MOUNTS:-}" ]; then
	rm -rf "$dir"
	trap - EXIT
	GLIBC_TEST_MOUNTS=1 exec unshare --mount -- bash "$0" "$@"
fi

program=$EXAMPLES/iothdns_getaddrinfo
need_command dnsmasq
need_program "$program"
printf 'nameserver 127.0.0.1\nsearch test\n' >"$dir/resolv.conf"
printf '127.0.0.1 localhost\n::1 ip6-localhost\n10.0.0.8 inhosts.example inhosts\nfd00::8 sixhosts\n' >"$dir/hosts"
printf 'hosts: files dns\nservices: files\nprotocols: files\n' >"$dir/nsswitch.conf"
printf 'http 80/tcp www\ndomain 53/tcp\ndomain 53/udp\nsnmp 161/udp\n' >"$dir/services"
for file in resolv.conf hosts nsswitch.conf services; do
	mount --bind "$dir/$file" "/etc/$file" || skip "no bind mounts here"
done
[ ! -e /run/nscd ] || mount -t tmpfs none /run/nscd # nobody answers in its place
cat >"$dir/conf" <<'END'
no-resolv
no-hosts
bind-interfaces
listen-address=127.0.0.1
local=/test/
local=/arpa/
local=/./
host-record=both.test,10.1.2.3,fd00::3
host-record=four.test,10.1.2.4
host-record=six.test,fd00::6
cname=alias.test,both.test
END
start server dnsmasq --no-daemon --conf-file="$dir/conf" --pid-file= # keeps its user
ready()
{
	"$program" four.test 80 | grep -F 10.1.2.4 >/dev/null
}
wait_for ready

# Entries in any order; the name that stands at the first of them apart.
normal()
{
	sed -e 's/\(.*\) canonname \([^ ]*\)\(.*\)/\1\3\ncanonname \2/' | sort
}
cases=0
differ=0
while read -r options; do
	for node in both.test four.test six.test alias.test nope.test both inhosts sixhosts localhost 10.0.0.7 127.1 \
		fd00::7 fe80::1%lo - bad..name both.test.; do
		for service in - 80 http domain snmp nosuch; do
			# shellcheck disable=SC2086 # words
			ours=$("$program" $options -- $node $service 2>/dev/null | normal)
			# shellcheck disable=SC2086
			theirs=$("$program" -x $options -- $node $service 2>/dev/null | normal)
			cases=$((cases + 1))
			[ "$ours" = "$theirs" ] && continue
			differ=$((differ + 1))
			echo "differ: $options $node $service"
			diff <(echo "$theirs") <(echo "$ours") || :
		done
	done
done <<'END'
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
echo "$cases cases, $differ differ"
[ $cases -ge 200 ] || fail "only $cases cases"
[ $differ = 0 ] || fail "$differ of $cases differ"
pass
