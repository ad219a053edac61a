#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What command line and file of namedhcp and namedhcp4 may say, by --check: each word of the documents, and each mistake
# with its line. No network is needed.
. "$(dirname "$0")/lib.sh"
servers=$BUILD/daemon/namedhcp
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$LD_LIBRARY_PATH"
need_program "$servers/namedhcp" "$servers/namedhcp4" "$BUILD/daemon/iothradvd/iothradvd"

# Nothing, or what is no option: how it is used.
for program in namedhcp namedhcp4; do
	assert_status 1 "$servers/$program"
	assert_match "[Uu]sage: $program" "$out$err" "no argument"
	assert_status 1 "$servers/$program" positional
	assert_match "positional|[Uu]sage: $program" "$out$err" "an argument"
	assert_status 0 "$servers/$program" --check -n 192.0.2.1 # no --stack: the kernel's
done

# Each word in a file, with blanks before it, comments and empty lines; lists accumulate, of others the first counts.
cat >"$dir/both" <<'END'
# both
   stack stack=picox,vnl=vde:///tmp/no_such_network,eth

iface vde1
dnsstack stack=picox,vnl=vde:///tmp/no_such_network,eth
resolvconf /etc/hostname
nameserver 192.0.2.1, fc00::24
macaddr 80:00:01:01:01:01
dnssearch test.local
lease 3600
domain test.local
domain .other.local
norapid
fqdnreply
pidfile /nonexistent/pid
verbose
END
cp "$dir/both" "$dir/six"
printf '%s\n' 'dns fc00::24' 'ntp fc00::25' 'duid ll' 'preference 255' alladdresses >>"$dir/six"
cp "$dir/both" "$dir/four"
printf '%s\n' 'dns 192.0.2.1' 'ntp 192.0.2.2' 'serverid 192.0.2.3' authoritative echoid >>"$dir/four"
assert_status 0 "$servers/namedhcp" --check -f "$dir/six"
assert_status 0 "$servers/namedhcp4" --check -f "$dir/four"
assert_status 0 "$servers/namedhcp4" --check -s vde:///tmp/no_such_network --serverid 192.0.2.3
assert_status 0 "$servers/namedhcp4" --check -s vde:///tmp/no_such_network -I 192.0.2.3
assert_status 1 "$servers/namedhcp4" --check -s vde:///tmp/no_such_network
assert_match 'serverid' "$err" "a network without a stack needs it"

# Words of the one are none of the other's; the line is told.
assert_status 1 "$servers/namedhcp" --check -f "$dir/four"
assert_match 'four \(line 19\): .*serverid' "$err" "DHCPv4's word"
assert_status 1 "$servers/namedhcp4" --check -f "$dir/six"
assert_match 'six \(line 19\): .*duid' "$err" "DHCPv6's word"

# Mistakes, one after the other.
mistake() # PROGRAM OPTION VALUE
{
	assert_status 1 "$servers/$1" --check "--$2" "$3"
	assert_match "$2" "$err" "$1 --$2 $3"
	printf '%s\n' "iface vde0" "$2 $3" >"$dir/rc"
	assert_status 1 "$servers/$1" --check -f "$dir/rc"
	assert_match "$2" "$err" "$1, $2 $3 in a file"
}
for program in namedhcp namedhcp4; do
	for option in dns ntp; do
		mistake $program $option fd77::zz # no address, and no name
		mistake $program $option 192.0.2.300
		mistake $program $option 'ok.test,a..b'
	done
	for option in stack dnsstack; do
		mistake $program $option stack=picox,vnl=vde:///tmp/no_such_network,ehh
		mistake $program $option stack=picox,ip=fd77::zz
	done
	mistake $program resolvconf /nonexistent/file
	for option in dns ntp domain dnssearch nameserver iface; do # nothing is not everything
		assert_status 1 "$servers/$program" --check "--$option" ''
		assert_match "$option" "$err" "$program --$option ''"
	done
	mistake $program macaddr 81:00:00:00:00:01 # a group's
	mistake $program macaddr 80:00:00
	mistake $program lease never
	mistake $program lease 4294967295
	mistake $program domain 'a..b'
	mistake $program nameserver name.test
done
mistake namedhcp preference 256
mistake namedhcp duid 0
mistake namedhcp duid 000
mistake namedhcp dnssearch 'a b..c'
mistake namedhcp4 serverid 192.0.2.300
mistake namedhcp4 serverid fd77::1
assert_status 0 "$servers/namedhcp4" --check -I dhcp.test -D 192.0.2.1,ns.test

# All of them in one run, whichever way they are given.
printf '%s\n' 'preference 256' 'ntp fd77::zz' >"$dir/rc"
assert_status 1 "$servers/namedhcp" --check --nonesuch -m 80:00 -s stack=picox,ehh --preference x --domain '' \
	--user nonesuch.user -f "$dir/rc"
for word in "option '--nonesuch'" 'macaddr 80:00' "stack: unknown tag 'ehh'" "--preference: 'x'" 'domain: ' \
	'user nonesuch.user: ' "line 1\): preference: '256'" 'ntp fd77::zz: ' '--help tells the options'; do
	assert_match "$word" "$err" "one of several mistakes"
done
assert_status 1 "$BUILD/daemon/iothradvd/iothradvd" --check -s stack=picox,ehh --captive '' -m x fc00::/64/Z
for word in "stack: unknown tag 'ehh'" "--captive: a value" "--macaddr: 'x'" "prefix: 'Z'"; do
	assert_match "$word" "$err" "one of several mistakes of iothradvd"
done
pass
