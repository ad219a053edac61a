#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of otip_rproxy, on outer and inner stacks (otip_lib.sh): many connections, limits, windows that come and
# go under connections that stay, reloads, the PROXY protocol, and the end.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=test/net/otip_lib.sh
. "$SRC/test/net/otip_lib.sh"

# tell NAME LINE: a client that was started gets a line, and has it echoed.
tell()
{
	echo "$2" >"$dir/$1.in"
	wait_for says "$1" "^echoed $2"
}

# The proxy reads its file again.
reload()
{
	ctl reload >/dev/null || fail "no reload: $(ctl reload)"
}

# address_is ADDRESS open|over|gone
address_is()
{
	local state
	state=$(ctl status | sed -n "s/^$1: \([a-z]*\),.*/\1/p")
	[ "${state:-gone}" = "$2" ]
}

hosts_start
servers_start
mapfile -t lines < <(services)
address=$(fixed_address)

echo "--- the configuration"
for option in -c --no-such-option; do
	assert_status 1 "$RPROXY" $option
done
assert_status 1 "$RPROXY"
assert_status 0 at_home "$RPROXY" --check -f "$SRC/test/data/otip_rproxy/otip_rproxy.rc"
printf '%s\n' 'extstack vnl=vde:///tmp/hub,dhcp' 'udp 1,2' 'tcp 0,::1,1' 'udp 4,::1,4,proxy1' 'nonsense' \
	'otip_period -1' 'baseaddr fc01' >"$dir/wrong"
assert_status 1 at_home "$RPROXY" --check -f "$dir/wrong"
for line in 1 2 3 4 5 6; do
	assert_match "wrong \(line $line\): " "$err" "each mistake is told"
done
assert_match "name: it is needed" "$err" "what is missing is told"
# Options without a letter, before and after others.
assert_status 0 at_home "$RPROXY" --check --otip_preactive 3 -e "$extstack" --otip_period 0x20 -b fc01:: \
	--udp_timeout 9 -n renzo.otip --tcp 4242,::1,8484
assert_status 1 at_home "$RPROXY" --check -e "$extstack" -b fc01:: -n renzo.otip --tcp 4242,::1,8484 --otip_period x
# More windows than can be.
assert_status 1 at_home "$RPROXY" --check -e "$extstack" -b fc01:: -n renzo.otip --tcp 4242,::1,8484 --otip_period 1 \
	--otip_postactive 1000000

echo "--- a thousand connections"
rproxy_rc "${lines[@]}"
rproxy_start --dns "nameserver $server
options timeout:30 attempts:5"
peer_start many many "$address" 4242 1000
assert_equal 1000 "$(metric tcp_open)" "connections"
if ! ldd "$RPROXY" | grep -E 'lib(asan|tsan)' >/dev/null; then
	kib=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(rproxy_pid)/status")
	[ "$kib" -le 51200 ] || fail "a thousand connections take $kib KiB"
fi
echo end >"$dir/many.in"
wait_for is_metric tcp_open 0

echo "--- full tables"
rproxy_rc "${lines[@]}" 'max_connections 2' 'max_mappings 2' 'tcp_full_timeout 0' 'udp_full_timeout 0'
reload
peer_start one hold "$address" 4242
peer_start two hold "$address" 4242
peer refused "$address" 4242
tell one hello
echo end >"$dir/one.in"
wait_for is_metric tcp_open 1
peer echo "$address" 4242 1000
assert_equal 1 "$(metric 'tcp_refused_total{reason="full"}')" "connections for which there was no place"
# Mappings that are answered stay; another one makes room.
peer_start udp1 udp_hold "$address" 4242
tell udp1 hello
peer udp_silent "$address" 4299
peer_start udp2 udp_hold "$address" 4242
tell udp2 hello
peer udp_silent "$address" 4242
tell udp1 again
tell udp2 again
assert_equal 2 "$(metric udp_open)" "mappings"
rproxy_rc "${lines[@]}" 'max_per_source 3'
reload
peer refused "$address" 4242
assert_equal 1 "$(metric 'tcp_refused_total{reason="source"}')" "connections of one source"
rproxy_rc "${lines[@]}" 'udp_timeout 1' 'tcp_timeout 1'
reload
wait_for is_metric udp_open 0
wait_for is_metric tcp_open 0
assert_equal 1 "$(metric tcp_idle_total)" "connections that were quiet"

echo "--- reloads"
rproxy_rc "${lines[@]}"
reload
peer_start stays hold "$address" 4242
peer_start udp_stays udp_hold "$address" 4242
tell udp_stays hello
rproxy_rc "tcp 4250,$server,$port" # without the others
reload
tell stays more
tell udp_stays more
peer echo "$address" 4250 1000
peer unreachable "$address" 4242
rproxy_rc 'otip_period never'
! ctl reload >"$dir/answer" || fail "a reload of nonsense"
peer echo "$address" 4250 1000
rproxy_rc "${lines[@]}"
sed -i 's/renzo/lucia/' "$dir/rc" # another name: other addresses
reload
lucia=$("$OTIPADDR" -b fc01:: -T 0 lucia.otip mypassword)
peer echo "$lucia" 4242 1000
sed -i 's/lucia/Lucia/' "$dir/rc" # the same one
reload
address_is "$lucia" open || fail "a name in other letters: $(ctl status)"
peer echo "$lucia" 4242 1000
tell stays 'still here'
tell udp_stays 'still here'
peer unreachable "$address" 4242
address_is "$address" over || fail "an address with flows is: $(ctl status)"
echo end >"$dir/stays.in"
wait_for says stays '^ended'
rproxy_rc "${lines[@]}" 'udp_timeout 1'
sed -i 's/renzo/lucia/' "$dir/rc"
reload
wait_for address_is "$address" gone
! inside client ping -n -c 1 -W 1 "$address" >/dev/null || fail "an address that has gone answers"

echo "--- a reload that has to ask for names"
mkfifo "$dir/dns.in"
stdin="$dir/dns.in" start_at dns home python3 "$SRC/test/net/slow_dns.py" "$server"
wait_for says dns '^serving'
rproxy_rc "${lines[@]}"
reload
peer_start stays hold "$address" 4242
# start_reload NAME: who asks for it waits for the answer.
start_reload()
{
	start reload "$RPROXYCTL" -s "$dir/ctl" reload
	reload_pid=$pid
	wait_for says dns "^asked $1"
}
# Two queries are asked for a name that is not there.
for word in answer refuse; do
	rproxy_rc "${lines[@]}" "tcp 4260,$word.test.local,$port"
	start_reload "$word.test.local"
	# The proxy goes on meanwhile, with what it had.
	tell stays "before the $word"
	kill -0 "$reload_pid" || fail "the reload has not waited: $(cat "$dir/reload.log")"
	echo "$word" >"$dir/dns.in"
	await "$reload_pid"
	tell stays "after the $word"
	echo wait >"$dir/dns.in"
	peer echo "$address" 4260 1000
done
assert_equal 1 "$status" "a reload with a name that is not there"
echo end >"$dir/stays.in"
wait_for says stays '^ended'
says reload 'refuse.test.local: it has no address' || fail "it is not told why: $(cat "$dir/reload.log")"
# A name that is known is not asked for again.
rproxy_rc "${lines[@]}" "tcp 4261,answer.test.local,$port"
reload
peer echo "$address" 4261 1000
# The end does not wait for it.
rproxy_rc "${lines[@]}" "tcp 4260,late.test.local,$port"
start_reload late.test.local
kill -TERM "$(rproxy_pid)"
await "$rproxy_group"
assert_equal 0 "$status" "the exit status while a reload waits"
await "$reload_pid"
rproxy_rc "${lines[@]}"
rproxy_start
inside client ip neigh flush dev vde0 # another stack, another MAC address

echo "--- windows"
rproxy_rc "${lines[@]}" 'otip_period 5' 'otip_preactive 1' 'otip_postactive 25'
reload
now=$("$OTIPADDR" -b fc01:: -T 5 renzo.otip mypassword)
peer_start old hold "$now" 4242
peer_start udp_old udp_hold "$now" 4242
tell udp_old hello
wait_for address_is "$now" over
tell old 'after the end'
tell udp_old 'after the end'
peer unreachable "$now" 4242
peer udp_silent "$now" 4242
if [ "$outer" = kernel ]; then # which cannot do better
	says rproxy 'answer everybody' || fail "it is not said that addresses are not silent"
else
	! inside client ping -n -c 1 -W 1 "$now" >/dev/null || fail "an address that is over answers a ping"
fi
inside client ping -n -c 1 -W 20 "$("$OTIPADDR" -b fc01:: -T 5 renzo.otip mypassword)" >/dev/null
peer echo "$("$OTIPADDR" -b fc01:: -T 5 renzo.otip mypassword)" 4242 1000000
tell old 'and later'
tell udp_old 'and later'
echo end >"$dir/old.in"
wait_for says old '^ended'
# Windows leave nothing behind.
descriptors=$(find "/proc/$(rproxy_pid)/fd" -mindepth 1 | wc -l)
threads=$(find "/proc/$(rproxy_pid)/task" -mindepth 1 -maxdepth 1 | wc -l)
windows=$(metric windows_total)
rproxy_rc "${lines[@]}" 'otip_period 1' 'otip_preactive 0' 'otip_postactive 0' 'udp_timeout 1'
reload
have_windows()
{
	[ "$(metric windows_total)" -ge $((windows + 20)) ]
}
wait_for have_windows
wait_for is_metric udp_open 0
few_descriptors()
{
	[ "$(find "/proc/$(rproxy_pid)/fd" -mindepth 1 | wc -l)" -le "$descriptors" ]
}
wait_for few_descriptors
assert_equal "$threads" "$(find "/proc/$(rproxy_pid)/task" -mindepth 1 -maxdepth 1 | wc -l)" "threads"

echo "--- the PROXY protocol"
rproxy_rc "tcp 4300,$server,$((port + 4)),proxy1" "tcp 4301,$server,$((port + 4)),proxy2" \
	"tcp 4302,$server,8600,proxy1" "tcp 4303,$server,8600,proxy2" "tcp 4304,$server,8601,proxy2"
reload # the first name, whose address was retired: it opens at once
unhex()
{
	python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$1"
}
read -r own hex < <(peer show "$address" 4300)
assert_equal "PROXY TCP6 fc01::1 $address $own 4300" "$(unhex "$hex" | sed -n '1s/\r$//p')" "version 1"
read -r own hex < <(peer show "$address" 4301)
binary=$(python3 - "$address" "$own" <<'END'
import ipaddress, struct, sys
print((b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + ipaddress.ip_address("fc01::1").packed +
       ipaddress.ip_address(sys.argv[1]).packed + struct.pack(">HH", int(sys.argv[2]), 4301) + b"hello\n").hex())
END
)
assert_equal "$binary" "$hex" "version 2"
if have_command nginx && [ -e /usr/lib/nginx/modules/ngx_stream_module.so ]; then
	cat >"$dir/nginx.conf" <<-END
		load_module /usr/lib/nginx/modules/ngx_stream_module.so;
		daemon off; master_process off; pid $dir/nginx.pid; error_log stderr info;
		events { worker_connections 64; }
		stream { server { listen [::]:8600 proxy_protocol;
		    return "\$proxy_protocol_addr \$proxy_protocol_port \$proxy_protocol_server_addr \$proxy_protocol_server_port"; } }
	END
	start_at nginx home nginx -e "$dir/nginx.err" -c "$dir/nginx.conf"
	wait_for at_home sh -c 'ss -Hltn | grep :8600'
	for to in 4302 4303; do
		read -r own text < <(peer said "$address" $to)
		assert_equal "fc01::1 $own $address $to" "$text" "nginx"
	done
fi
if have_command haproxy && have_command curl; then
	cat >"$dir/haproxy.cfg" <<-END
		defaults
		    mode http
		    timeout client 60s
		    timeout connect 60s
		    timeout server 60s
		frontend f
		    bind [::]:8601 accept-proxy
		    http-request return status 200 content-type text/plain lf-string "%[src] %[dst] %[dst_port]"
	END
	start_at haproxy home haproxy -db -f "$dir/haproxy.cfg"
	wait_for at_home sh -c 'ss -Hltn | grep :8601'
	assert_equal "fc01::1 $address 4304" "$(inside client curl -sg "http://[$address]:4304/")" "haproxy"
fi

echo "--- the end"
rproxy_rc "${lines[@]}" 'drain 1000'
reload
peer_start last hold "$address" 4242
kill -TERM "$(rproxy_pid)"
wait_for says rproxy 'waiting for 1 connections'
tell last 'before the end'
peer unreachable "$address" 4242
echo end >"$dir/last.in"
wait_for says last '^ended'
await "$rproxy_group"
assert_equal 0 "$status" "exit status"
rproxy_start
inside client ip neigh flush dev vde0 # another stack, another MAC address
peer_start cut hold "$address" 4242
kill -TERM "$(rproxy_pid)"
wait_for says rproxy 'waiting for 1 connections'
kill -TERM "$(rproxy_pid)" # once more: at once
await "$rproxy_group"
assert_equal 0 "$status" "exit status"
pass
