#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of iothnamed on a stack (picox, vdestack, kernel: the argument): reloads under load, mistakes in
# them, forwarders that do not answer, what cannot be opened. Hosts and network: iothnamed.sh.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/iothnamed_lib.sh"
need_command python3

hosts_start
forwarder_start --host-record=base.example,fc00:5:: --host-record=other.example,10.9.8.8

# --- a reload loses no query: not one that is answered here, nor one that is forwarded

rc=$dir/local+forward.rc
named_configure 'local+forward'
sed -i '/^auth *cache/d' "$rc"
cp "$rc" "$dir/first.rc"
workers=1
if [ "$stack" = kernel ]; then
	echo 'option workers 3' >>"$rc"
	cp "$rc" "$dir/first.rc"
	workers=3
fi
named_run 'local+forward' -p "$dir/pid"
assert_equal "$named_pid" "$(cat "$dir/pid")" "pid file"
assert_match "^workers: $workers$" "$(ctl status)" workers
for n in 1 2 3; do
	start "load$n" nsenter --target "${inside_pid[client]}" --user --net --preserve-credentials \
		python3 "$SRC/test/net/iothnamed_load.py" 192.168.1.24 "$dir/stop" one.test.local forwarded.example other.example
	loads[n]=$pid
	wait_for says "load$n" begun
done
for n in $(seq 20); do
	{
		cat "$dir/first.rc"
		echo "static A new$n.test.local 192.168.1.$n"
	} >"$rc.new"
	mv "$rc.new" "$rc"
	assert_status 0 ctl reload
	answers 192.168.1.24 "new$n.test.local" A "192.168.1.$n"
done

# --- what a reload takes into use, and what it says that it cannot

cp "$rc" "$dir/last.rc"
printf '%s\n' 'option cachesize 32' 'option tcpclients 100' 'option cachemax 100' 'option staticttl 77' >>"$rc"
assert_status 0 ctl reload
for option in 'cachesize: 32' 'tcpclients: 100'; do
	says named "option $option takes a restart" || fail "nothing is said of $option"
done
! says named 'option (cachemax|staticttl|workers|fwdpending)' || fail "$(grep '^iothnamed: option' "$dir/named.log")"
run_dig 192.168.1.24 one.test.local A
assert_match 'one.test.local\.\s+77\s' "$out" "an option's new value"
cp "$dir/last.rc" "$rc"
assert_status 0 ctl reload

# --- a mistake leaves all as it was, and is told with its line

{
	cat "$dir/first.rc"
	echo 'static A wrong.test.local 192.168.1.300'
	echo 'nonsense'
} >"$rc"
line=$(($(wc -l <"$rc") - 1))
assert_status 1 ctl reload
assert_match "local\+forward.rc \(line $line\): " "$err" "the line is named"
assert_match "local\+forward.rc \(line $((line + 1))\): " "$err" "the other line, too"
answers 192.168.1.24 new20.test.local A 192.168.1.20
echo 'rstack ip=10.77.0.99/24' >>"$dir/first.rc"
cp "$dir/first.rc" "$rc"
assert_status 1 ctl reload
assert_match 'takes a restart' "$err" "another stack"
answers 192.168.1.24 new20.test.local A 192.168.1.20
rm "$rc"
assert_status 1 ctl reload
answers 192.168.1.24 new20.test.local A 192.168.1.20

: >"$dir/stop"
for n in 1 2 3; do
	await "${loads[n]}"
	assert_equal 0 "$status" "load $n: $(tail -n 1 "$dir/load$n.log")"
done

# --- two servers for one address, a pid file that is taken, or cannot be written

named_configure_quietly()
{
	sed '/^rstack stack=picox/d' "$dir/first.rc" >"$rc"
}
named_configure_quietly
if [ "$stack" = kernel ]; then
	assert_status 1 inside home timeout 60 env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" "$NAMED" "$rc"
	assert_match '^iothnamed: UDP port 53: Address already in use$' "$err" "a second server"
fi
assert_status 1 inside home timeout 60 "$NAMED" -p "$dir/pid" "$rc"
assert_match "^iothnamed: pid file .*: process $named_pid has it$" "$err" "a second server's pid file"
assert_status 1 inside home timeout 60 "$NAMED" -p "$dir/nonexistent/pid" "$rc"
assert_match '^iothnamed: pid file .*: No such file or directory$' "$err" "pid file"
named_stop
[ ! -e "$dir/pid" ] && [ ! -e "$dir/ctl" ] || fail "something was left"

# --- a forwarder that is dead costs little; when all are, the client is told so

named_configure 'local+forward'
sed -i 's/^dns .*/dns 192.168.1.77\ndns 192.168.1.100/' "$rc"
named_run 'local+forward'
forwards 192.168.1.24 forwarded.example A 10.9.8.7
forwards 192.168.1.24 +tcp other.example A 10.9.8.8
named_stop
named_configure 'local+forward'
sed -i 's/^dns .*/dns 192.168.1.77/' "$rc"
named_run 'local+forward'
run_dig 192.168.1.24 dead.example A
assert_match ' status: SERVFAIL, ' "$out" "no forwarder answers"
assert_match '; EDE: 2[23] ' "$out" "the reason"
named_stop
named_configure 'local+forward'
sed -i '/^dns /d' "$rc"
named_run 'local+forward'
run_dig 192.168.1.24 dead.example A
assert_match ' status: (SERVFAIL|REFUSED), ' "$out" "no forwarder at all"
answers 192.168.1.24 one.test.local A 192.168.1.1
named_stop

# --- a key that is slow to make does not keep others waiting

named_configure 'local+forward'
sed -i '/^auth *\(cache\|fwd\)/d' "$rc"
printf '%s\n' 'auth otip local .otip fc01:: mypassword' 'option otipdigest hmac-sha256' 'option otiprounds 100000' >>"$rc"
named_run 'local+forward'
key_is_made()
{
	answer_of 192.168.1.24 renzo.otip AAAA | grep '^fc01:'
}
wait_for key_is_made
answers 192.168.1.24 one.test.local A 192.168.1.1
named_stop

# --- a base that is looked up through the forwarder, and found later

named_configure 'local+forward'
{
	echo 'auth hash local .hashed.local base.example'
	echo 'auth hrev local base.example/64'
	sed -n '/^auth *\(cache\|fwd\)/p' "$rc"
} >"$dir/tail"
sed -i '/^auth *\(cache\|fwd\)/d' "$rc"
cat "$dir/tail" >>"$rc"
named_run 'local+forward'
base_is_known()
{
	[ "$(answer_of 192.168.1.24 renzo.hashed.local AAAA)" != '' ]
}
wait_for base_is_known
address=$(answer_of 192.168.1.24 renzo.hashed.local AAAA)
assert_match '^fc00:5::' "$address" "hash address over a base that was looked up"
answers 192.168.1.24 -x "$address" renzo.hashed.local.
named_stop
pass
