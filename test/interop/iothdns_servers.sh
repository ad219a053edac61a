#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libiothdns asks name servers that others have written, from each stack: types, large answers (TC, then TCP; more
# than 16 KiB), names that do not exist; over UDP, over TCP, without EDNS0, without blocking, by getaddrinfo; at an
# IPv4 address, an IPv6 address, and a link-local one. See iothdns_lib.sh.
# Arguments: the stack; named, knotd, unbound or dnsmasq.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothdns_lib.sh"

server=$2
client=$BUILD/test/interop/iothdns_client
iothdig=$BUILD/tools/iothdig/iothdig
query=$EXAMPLES/iothdns_query
need_command "$server"
need_program "$client" "$iothdig" "$query"
network

# numbers FORMAT LAST: lines with two numbers below 256, which make one that counts, and that one.
numbers()
{
	awk -v format="$1\n" -v last="$2" 'BEGIN { for (i = 1; i <= last; i++) printf format, i / 256, i % 256, i }'
}

{
	echo '$TTL 300'
	echo '@ SOA ns.test. root.test. 7 3600 600 86400 60'
	echo '@ NS ns'
	echo "ns A $server4"
	echo 'a A 10.1.2.3'
	echo 'a AAAA fd00::3'
	echo 'alias CNAME a'
	echo 'mx MX 10 mail'
	echo 'txt TXT "hello world" "second \"string\""'
	echo '_sip._udp SRV 1 2 5060 a'
	echo 'caa CAA 0 issue "ca.example"'
	echo 'https TYPE65 \# 31 000100 00010003026832 000300021f90 00040004 0a010203 ff010003 616263'
	numbers 'big A 10.9.%d.%d' 90
	numbers 'huge TXT %0230d %0230d' 99
	numbers 'far MX 1 %060d.%060d.%060d' 99
} >"$dir/zone"

case $server in
named)
	{
		named_conf
		echo "zone \"test\" { type primary; file \"$dir/zone\"; };"
	} >"$dir/conf"
	chmod 755 "$dir"
	server named -g -c "$dir/conf"
	;;
knotd)
	cat >"$dir/conf" <<END
server:
    rundir: "$dir"
    listen: [ 0.0.0.0@53, "::@53" ]
    user: $(inside host id -un):$(inside host id -gn)
database:
    storage: "$dir/db"
log:
  - target: stderr
    any: info
zone:
  - domain: test
    file: "$dir/zone"
END
	server knotd -c "$dir/conf"
	;;
unbound)
	{
		unbound_conf 0.0.0.0 ::0
		unbound_zone
	} >"$dir/conf"
	server unbound -d -c "$dir/conf"
	;;
dnsmasq)
	{
		numbers '10.9.%d.%d big.test' 90
		numbers '10.9.%d.%d huge.test' 3900
	} >"$dir/hosts"
	cat >"$dir/conf" <<END
no-resolv
no-hosts
addn-hosts=$dir/hosts
interface=vde0
local=/test/
host-record=a.test,10.1.2.3,fd00::3
cname=alias.test,a.test
mx-host=mx.test,mail.test,10
txt-record=txt.test,"hello world","second \\"string\\""
srv-host=_sip._udp.test,a.test,5060,1,2
caa-record=caa.test,0,issue,ca.example
dns-rr=https.test,65,00010000010003026832000300021f90000400040a010203ff010003616263
dhcp-range=10.9.0.100,10.9.0.200,1h
dhcp-option=option:dns-server,$server4
dhcp-authoritative
no-ping
leasefile-ro
END
	server dnsmasq --no-daemon --conf-file="$dir/conf" --pid-file= # keeps its user
	;;
*) fail "unknown server $server" ;;
esac

answers()
{
	[ "$(on_stack "$iothdig" -s "$config" "@$server4" a.test +short)" = 10.1.2.3 ]
}
wait_for answers

# expect ANSWER WAYS NAME [TYPE]: the records, a line each; in these ways, from each address of the server.
ways='udp tcp noedns async'
expect()
{
	local at way
	for at in $server4 $server6 $server_local%vde0; do
		for way in $2; do
			echo "$way $at $3 ${4:-A}" >&3
			sed "s|^|$way $at $3 ${4:-A}: |" <<<"$1" >&4
		done
	done
}
exec 3>"$dir/look-ups" 4>"$dir/expected"
expect 10.1.2.3 "$ways" a.test
expect fd00::3 "$ways" a.test AAAA
expect $'10.1.2.3\nfd00::3' info a.test -
expect $'a.test.\n10.1.2.3' "$ways" alias.test
expect $'10.1.2.3\nfd00::3' info alias.test -
expect '10 mail.test.' "$ways" mx.test MX
expect '"hello world" "second \"string\""' "$ways" txt.test TXT
expect '1 2 5060 a.test.' "$ways" _sip._udp.test SRV
expect '0 issue "ca.example"' "$ways" caa.test CAA
expect '1 . alpn="h2" port=8080 ipv4hint=10.1.2.3 key65281="abc"' "$ways" https.test HTTPS
expect nothing "$ways" a.test MX
expect ENOENT "$ways" nope.test
expect 'The name or service is not known' info nope.test -
expect "$(numbers 10.9.%d.%d 90)" "$ways info" big.test
if [ "$server" = dnsmasq ]; then # which has no zones
	expect "$(numbers 10.9.%d.%d 3900)" "udp async" huge.test # 61 KiB
else
	expect 'ns.test. root.test. 7 3600 600 86400 60' "$ways" test SOA
	expect "$(numbers '"%0230d" "%0230d"' 99)" "udp async" huge.test TXT # 46 KiB
	# Names beyond the 16 KiB that a pointer reaches.
	expect "$(numbers '1 %060d.%060d.%060d.test.' 99)" "udp async" far.test MX
fi
exec 3>&- 4>&-
run on_stack sh -c 'exec "$@" <"$0"' "$dir/look-ups" "$client" "$config" 'timeout:20 attempts:3'
assert_equal 0 "$status" "the client's exit status"
diff <(sort "$dir/expected") <(sort <<<"$out") | head -n 20 >"$dir/difference.log" || fail "expected, seen: $err"

run on_stack "$iothdig" -s "$config" @$server4 +timeout=30 a.test
assert_match 'EDNS: version: 0' "$out" "iothdig"
if [ "$server" = dnsmasq ]; then # the name server comes with the lease
	network=$vnl
	[ "$stack" != kernel ] || network=
	configured_by_dhcp()
	{
		run on_stack "$query" a.test "$stack" "$network" eth,dhcp
		[ "$out" = $'A 10.1.2.3\nAAAA fd00::3' ]
	}
	wait_for configured_by_dhcp # it waits no longer than a second for an answer
fi
pass
