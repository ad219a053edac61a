#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libiothdns asks name servers that others have written: types, a large answer (TC, then TCP), EDNS0, names
# that do not exist, IPv4, IPv6 and a link-local server.  Argument: named, knotd, unbound or dnsmasq.
#
#      network namespace                 server: 127.0.0.1, ::1 and fe80::53%pair0 port 53
#      iothdig, native stack ----- lo ----- server
#                            ----- pair0 == pair1 (a veth)
#
. "$(dirname "$0")/../net/lib.sh"
in_private_net "$@"

server=$1
iothdig=$BUILD/tools/iothdig/iothdig
need_command "$server"
need_program "$iothdig"
ip link add pair0 type veth peer name pair1
ip link set pair0 up
ip link set pair1 up
ip -6 addr add fe80::53/64 dev pair0 nodad

{
	echo '$TTL 300'
	echo '@ SOA ns.test. root.test. 7 3600 600 86400 60'
	echo '@ NS ns'
	echo 'ns A 127.0.0.1'
	echo 'a A 10.1.2.3'
	echo 'a AAAA fd00::3'
	echo 'alias CNAME a'
	echo 'mx MX 10 mail'
	echo 'txt TXT "hello world" "second \"string\""'
	echo '_sip._udp SRV 1 2 5060 a'
	echo 'caa CAA 0 issue "ca.example"'
	echo 'https TYPE65 \# 31 000100 00010003026832 000300021f90 00040004 0a010203 ff010003 616263'
	for i in $(seq 1 90); do
		echo "big A 10.9.$((i / 256)).$((i % 256))"
	done
} >"$dir/zone"

case $server in
named)
	cat >"$dir/conf" <<END
options { directory "$dir"; listen-on { 127.0.0.1; }; listen-on-v6 { any; }; recursion no;
	pid-file none; session-keyfile none; managed-keys-directory "$dir"; dnssec-validation no; };
controls { };
zone "test" { type primary; file "$dir/zone"; };
END
	chmod 755 "$dir"
	start server named -g -c "$dir/conf"
	;;
knotd)
	cat >"$dir/conf" <<END
server:
    rundir: "$dir"
    listen: [ 127.0.0.1@53, "::@53" ]
    user: $(id -un):$(id -gn)
database:
    storage: "$dir/db"
log:
  - target: stderr
    any: info
zone:
  - domain: test
    file: "$dir/zone"
END
	start server knotd -c "$dir/conf"
	;;
unbound)
	cat >"$dir/conf" <<END
server:
    interface: 127.0.0.1
    interface: ::0
    access-control: ::0/0 allow
    username: ""
    chroot: ""
    directory: "$dir"
    pidfile: "$dir/pid"
    use-syslog: no
    do-daemonize: no
    use-caps-for-id: yes
    module-config: "iterator"
    local-zone: test nodefault
auth-zone:
    name: test
    zonefile: "$dir/zone"
    for-upstream: no
remote-control:
    control-enable: no
END
	start server unbound -d -c "$dir/conf"
	;;
dnsmasq)
	for i in $(seq 1 90); do
		echo "10.9.$((i / 256)).$((i % 256)) big.test"
	done >"$dir/hosts"
	cat >"$dir/conf" <<END
no-resolv
no-hosts
addn-hosts=$dir/hosts
bind-interfaces
listen-address=127.0.0.1,::1,fe80::53
local=/test/
host-record=a.test,10.1.2.3,fd00::3
cname=alias.test,a.test
mx-host=mx.test,mail.test,10
txt-record=txt.test,"hello world","second \\"string\\""
srv-host=_sip._udp.test,a.test,5060,1,2
caa-record=caa.test,0,issue,ca.example
dns-rr=https.test,65,00010000010003026832000300021f90000400040a010203ff010003616263
END
	start server dnsmasq --no-daemon --conf-file="$dir/conf" --pid-file= # keeps its user
	;;
*) fail "unknown server $server" ;;
esac

ask()
{
	"$iothdig" "$@" +short
}
answers()
{
	[ "$(ask @127.0.0.1 a.test)" = 10.1.2.3 ]
}
wait_for answers

# expect ANSWER ARGUMENT...: from each address of the server, by UDP and TCP.
expect()
{
	local expected=$1 at tcp
	shift
	for at in 127.0.0.1 ::1 fe80::53%pair0; do
		for tcp in '' +tcp; do
			# shellcheck disable=SC2086 # nothing, or a word
			assert_equal "$expected" "$(ask "@$at" $tcp "$@")" "$* from $at $tcp"
		done
	done
}
expect 10.1.2.3 a.test
expect fd00::3 a.test AAAA
expect 'a.test.
10.1.2.3' alias.test
expect '10 mail.test.' mx.test MX
expect '"hello world" "second \"string\""' txt.test TXT
expect '1 2 5060 a.test.' _sip._udp.test SRV
expect '0 issue "ca.example"' caa.test CAA
if [ "$server" != dnsmasq ]; then
	expect 'ns.test. root.test. 7 3600 600 86400 60' test SOA
fi
expect '1 . alpn="h2" port=8080 ipv4hint=10.1.2.3 key65281="abc"' https.test HTTPS
expect '' a.test MX
assert_equal 90 "$(ask @127.0.0.1 big.test | sort -u | wc -l)" "a large answer"
assert_equal 90 "$(ask @::1 +noedns big.test | sort -u | wc -l)" "a large answer without EDNS0"
assert_match 'status: NXDOMAIN' "$("$iothdig" @127.0.0.1 nope.test)" "a name that does not exist"
assert_match 'EDNS: version: 0' "$("$iothdig" @127.0.0.1 a.test)" "EDNS0"
pass
