#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothnamed between other people's programs, on a stack: it forwards to their servers, of which one says nothing, and
# keeps what they said; their clients and their forwarders ask it. What they get is what the server says itself.
# Arguments: the stack (kernel, picox, vdestack); named or unbound.
#
#      client: dig, kdig, drill;               home: iothnamed                 up: the server   mute: says nothing
#      unbound, dnsmasq that forward to home   10.9.0.1, fd09::1               10.9.0.53        10.9.0.66
#      10.9.0.100, fd09::100                   (or a stack in the program)     fd09::53
#               |                                    |                            |                 |
#      ---------+------------------- VDE hub -------+----------------------------+-----------------+--------
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothdns_lib.sh"

server=$2
named=$BUILD/daemon/iothnamed/iothnamed
ctl=$BUILD/tools/daemonctl/iothnamedctl
mute4=10.9.0.66
need_command "$server" dig python3
need_program "$named" "$ctl"
[ "$stack" = kernel ] || unthreaded "$named"

# --- the network

# host NAME ADDRESS/LEN...
host()
{
	local name=$1 address
	shift
	vdens_start "$name" "$vnl"
	inside "$name" ip link set lo up
	for address; do
		case $address in
		*:*) inside "$name" ip addr add "$address" dev vde0 nodad ;;
		*) inside "$name" ip addr add "$address" dev vde0 ;;
		esac
	done
}

net_start hub hub
host client 10.9.0.100/24 fd09::100/64
host up $server4/24 $server6/64
host mute $mute4/24
if [ "$stack" = kernel ]; then
	host home 10.9.0.1/24 fd09::1/64
	stacks=
else
	host home
	# A MAC that stays: neighbours remember it when the program has ended.
	stacks="stack stack=$stack,vnl=$vnl,mac=80:01:01:01:01:01,eth,nodad,ip=10.9.0.1/24,ip=fd09::1/64"
fi

# on HOST NAME COMMAND...: in the background.
on()
{
	local host=$1 name=$2
	shift 2
	start "$name" nsenter --target "${inside_pid[$host]}" --user --net --preserve-credentials "$@"
}

# --- the server

{
	echo '$TTL 300'
	echo '@ SOA ns.test. root.test. 7 3600 600 86400 60'
	echo '@ NS ns'
	echo "ns A $server4"
	echo 'a A 10.1.2.3'
	echo 'a A 10.1.2.4'
	echo 'a AAAA fd00::3'
	echo 'alias CNAME a'
	echo 'far CNAME alias'
	echo 'mx MX 10 mail'
	echo 'txt TXT "hello world" "second \"string\""'
	echo '_sip._udp SRV 1 2 5060 a'
	echo 'caa CAA 0 issue "ca.example"'
	echo '3.2.1.10.in-addr.arpa.test. PTR a'
	echo '*.wild A 10.7.7.7'
	awk 'BEGIN { for (i = 1; i <= 90; i++) printf "big A 10.9.%d.%d\n", i / 256, i % 256 }'
	awk 'BEGIN { for (i = 1; i <= 30; i++) printf "huge TXT %0250d %0250d\n", i, i }'
} >"$dir/zone"

server_start()
{
	case $server in
	named)
		{
			named_conf
			echo "zone \"test\" { type primary; file \"$dir/zone\"; };"
		} >"$dir/conf"
		chmod 755 "$dir"
		on up server named -g -c "$dir/conf"
		;;
	unbound)
		{
			unbound_conf 0.0.0.0 ::0
			unbound_zone
		} >"$dir/conf"
		on up server unbound -d -c "$dir/conf"
		;;
	*) fail "unknown server $server" ;;
	esac
	server_pid=$pid
	wait_for says_test $server4
}

# says_test ADDRESS: a server there has the zone.
says_test()
{
	[ "$(inside client dig +short +tries=1 +time=1 "@$1" ns.test)" = "$server4" ]
}

server_start

# One that takes datagrams and connections, and never answers.
cat >"$dir/mute.py" <<'END'
import signal, socket
sockets = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
for s in sockets:
    s.bind(("10.9.0.66", 53))
sockets[1].listen(100)
print("mute", flush=True)
signal.pause()
END
on mute mute python3 "$dir/mute.py"
wait_for says mute mute

# --- iothnamed

# named_start LINE...: with these lines in its configuration.
named_start()
{
	{
		echo "$stacks"
		echo 'net all ::/0'
		echo 'auth accept all'
		printf '%s\n' "$@"
	} >"$dir/named.rc"
	on home iothnamed env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" \
		"$named" -v --control "$dir/ctl" "$dir/named.rc"
	named_pid=$pid
	wait_for says iothnamed '^iothnamed: serving'
}

named_stop()
{
	kill -TERM "$named_pid"
	await "$named_pid"
	assert_equal 0 "$status" "status of iothnamed: $(tail -n 5 "$dir/iothnamed.log")"
}

# count NAME: a figure of the statistics.
count()
{
	"$ctl" -s "$dir/ctl" stats | sed -n "s/^iothnamed_$1 //p"
}

# --- questions

# data TOOL SERVER NAME TYPE [OPTION...]: the records' data, sorted.
data()
{
	local tool=$1 at=$2 name=$3 type=$4
	shift 4
	case $tool in
	dig) inside client dig +short +tries=3 +time=20 "@$at" "$name" "$type" "$@" ;;
	kdig) inside client kdig +short +retry=3 +time=20 "@$at" "$name" "$type" "$@" ;;
	drill) inside client drill -a -Q "$@" "@$at" "$name" "$type" ;;
	esac | sort
}

# agree EXPECTED TOOL SERVER NAME TYPE [OPTION...]: the same data. More than once, if need be: on a machine that has no
# time for it a query may come to its end before its answer.
agree()
{
	local expected=$1 seen
	shift
	for _ in $(seq 1 10); do
		seen=$(data "$@" || :)
		[ "$seen" != "$expected" ] || return 0
	done
	assert_equal "$expected" "$seen" "$*"
}

# same TOOL NAME TYPE [OPTION...]: there and here, here again, which is what was kept; by IPv4 and IPv6.
same()
{
	local tool=$1 name=$2 type=$3 at expected
	shift 3
	expected=$(data "$tool" $server4 "$name" "$type" "$@")
	for at in 10.9.0.1 fd09::1 10.9.0.1; do
		agree "$expected" "$tool" $at "$name" "$type" "$@"
	done
}

# header SERVER ARGUMENT...: status and flags of dig's reply.
header()
{
	local at=$1
	shift
	inside client dig +tries=3 +time=20 "@$at" "$@" | sed -n 's/.*\(status: [A-Z]*\),.*/\1/p; s/^;; flags: \([a-z ]*\);.*/\1/p'
}

tools=dig
for tool in kdig drill; do
	! have_command "$tool" || tools="$tools $tool"
done
# What the other clients read in their own ways: an alias, texts, an error, what takes TCP.
questions=('a A' 'far A' 'txt TXT' 'nope A' 'huge TXT')
more=('a AAAA' 'alias A' 'mx MX' '_sip._udp SRV' 'caa CAA' 'x.wild A' 'ns NS' 'a MX' 'big A')
cache_and_forward=('auth cache all .' 'auth fwd all .')

named_start "${cache_and_forward[@]}" "dns $server4" "dns $server6"
for tool in $tools; do
	asked=("${questions[@]}")
	[ "$tool" != dig ] || asked+=("${more[@]}")
	for question in "${asked[@]}"; do
		# shellcheck disable=SC2086 # two words
		set -- $question
		same "$tool" "$1.test" "$2"
	done
	same "$tool" test SOA
done
for options in +tcp +noedns +dnssec +cdflag +adflag +bufsize=4096 +nocookie; do
	for name in a alias big nope; do
		same dig "$name.test" A "$options"
	done
done
assert_equal $'status: NXDOMAIN\nqr rd ra' "$(header 10.9.0.1 nope.test A +noad)" "NXDOMAIN, kept"
assert_equal $'status: NOERROR\nqr rd ra' "$(header 10.9.0.1 a.test A +noad)" "an RRset, kept"
[ "$(count cache_hits_total)" -gt 50 ] || fail "hits: $(count cache_hits_total)"
[ "$(count cache_negative_hits_total)" -gt 0 ] || fail "negative hits"
nobody_waits()
{
	[ "$(count forward_waiting)" = 0 ]
}
wait_for nobody_waits

# --- their forwarders ask us

# by_way_of NAME PROGRAM...: it runs on the client, and gives the server's answers.
by_way_of()
{
	on client "$@"
	wait_for says_test 10.9.0.100
	for question in 'a A' 'far AAAA' 'txt TXT' 'big A' 'huge TXT' 'nope A' 'a MX' '_sip._udp SRV'; do
		# shellcheck disable=SC2086 # two words
		set -- $question
		agree "$(data dig $server4 "$1.test" "$2")" dig 10.9.0.100 "$1.test" "$2"
	done
	stop "$pid"
}

if have_command unbound; then
	{
		unbound_conf 10.9.0.100
		printf '%s\n' forward-zone: ' name: "."' ' forward-addr: 10.9.0.1' ' forward-addr: fd09::1'
	} >"$dir/unbound.conf"
	by_way_of unbound unbound -d -c "$dir/unbound.conf"
fi
if have_command dnsmasq; then
	by_way_of dnsmasq dnsmasq --keep-in-foreground --no-daemon --no-resolv --no-hosts --conf-file=/dev/null \
		--user= --group= --pid-file= --listen-address=10.9.0.100 --bind-interfaces --server=10.9.0.1 --server=fd09::1
fi
named_stop

# --- against forgers: letters in random case, cookies

named_start 'auth fwd all .' "dns $server4" "dns $server6" 'option fwd0x20 yes' 'option fwdcookies yes'
for question in 'a A' 'far AAAA' 'big A' 'huge TXT' 'nope A'; do
	# shellcheck disable=SC2086
	set -- $question
	same dig "$1.test" "$2"
	same dig "$1.test" "$2" +dnssec +nocookie
done
assert_equal 0 "$(count forward_near_misses_total)" "replies whose case or cookie is wrong"
named_stop

# --- a server that says nothing, one that is not there: the third answers

named_start "${cache_and_forward[@]}" "dns $mute4" "dns 10.9.0.77" "dns $server6"
for i in $(seq 1 12); do
	agree 10.7.7.7 dig 10.9.0.1 "n$i.wild.test" A
	agree 10.7.7.7 dig fd09::1 "t$i.wild.test" A +tcp
done
[ "$(count forward_timeouts_total)" -gt 0 ] || fail "nothing was waited for"
[ "$(count forward_suspected)" -ge 1 ] || fail "nobody is suspected"
named_stop

# --- nobody answers: SERVFAIL, and why; and again an answer when the server is back

named_start "${cache_and_forward[@]}" "dns $server4" "dns $mute4"
agree 10.7.7.7 dig 10.9.0.1 before.wild.test A
stop "$server_pid"
wait_for prints 'status: SERVFAIL' 'EDE: 2[23] ' -- inside client dig +tries=1 +time=20 @10.9.0.1 during.wild.test A
wait_for prints 'status: SERVFAIL' -- inside client dig +tries=1 +time=20 +noedns @10.9.0.1 during.wild.test A
assert_no_match 'EDE|OPT' "$out" "to a client without EDNS"
agree 10.7.7.7 dig 10.9.0.1 before.wild.test A # it was kept
server_start
answers_again()
{
	[ "$(data dig 10.9.0.1 after.wild.test A)" = 10.7.7.7 ]
}
wait_for answers_again
named_stop

# --- no server at all, and none that may be asked

named_start "${cache_and_forward[@]}"
assert_equal 'status: SERVFAIL' "$(header 10.9.0.1 a.test A | head -n 1)" "no dns line"
assert_equal 'status: SERVFAIL' "$(header 10.9.0.1 a.test A +tcp | head -n 1)" "no dns line, TCP"
named_stop

# --- what has expired, rather than nothing (RFC 8767)

named_start "${cache_and_forward[@]}" "dns $server4" 'option cachemax 1' 'option cachestale 3600'
agree 10.7.7.7 dig 10.9.0.1 stale.wild.test A
stop "$server_pid"
stale()
{
	run inside client dig +tries=1 +time=20 @10.9.0.1 stale.wild.test A
	grep 'EDE: 3 ' "$dir/.out"
}
wait_for stale
assert_match '^stale.wild.test.\s+30\s+IN\s+A\s+10.7.7.7' "$out" "a stale answer"
named_stop
pass
