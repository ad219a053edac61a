#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of a daemon, by one that does nothing (test/unit/daemon/common/tiny_daemon.c): what its caller
# sees of its start, background, pid file, requests, reload, signals, filter, another user.
. "$(dirname "$0")/lib.sh"

tiny=$BUILD/test/unit/daemon/common/tiny_daemon
need_program "$tiny" "$BUILD/tools/daemonctl/iothnamedctl"
cd "$dir"

ctl()
{
	"$BUILD/tools/daemonctl/iothnamedctl" -s "$dir/ctl" "$@"
}

# --- the command line

assert_status 1 "$tiny" --help
assert_equal '' "$out" "usage goes to stderr"
assert_match '^Usage: tiny \[OPTIONS\]$' "$err" usage
assert_match '^  -d, --daemon  ' "$err" usage
assert_status 1 "$tiny" --nonesuch
assert_match "unrecognized option '--nonesuch'" "$err" "wrong option"
assert_equal 2 "$(wc -l <<<"$err")" "one line for the mistake, one that says where help is"
assert_match '^tiny: --help tells the options$' "$err" "wrong option"
assert_status 1 "$tiny" word
assert_equal 2 "$(wc -l <<<"$err")" "the same for a word too many"
# All mistakes are told in one run: of the command line, of the file, and of what they say together.
printf 'value 500\n' >bad.rc
for check in --check ''; do
	# shellcheck disable=SC2086 # none, or one
	assert_status 1 "$tiny" $check --nonesuch --value x -f bad.rc --user nonesuch.user
	assert_match "unrecognized option '--nonesuch'" "$err" "the first mistake"
	assert_match "--value: 'x' is not a number from 0 to 100" "$err" "the second one"
	assert_match '^tiny: user nonesuch.user: there is no such user' "$err" "the third one"
	assert_match "^tiny: bad.rc \(line 1\): value: '500' is not" "$err" "the fourth one"
	assert_match '^tiny: --help tells the options$' "$err" "where help is"
	assert_equal 5 "$(wc -l <<<"$err")" "and no more"
done
assert_status 1 "$tiny" --check --value 13 --nonesuch
assert_match 'tiny: 13 brings bad luck' "$err" "the daemon's own mistake is told, too"
assert_status 1 "$tiny" --check --user nonesuch.user
assert_status 1 "$tiny" --check --user 0:nonesuch.group
assert_status 0 "$tiny" --check --user 65534:65534
assert_status 0 "$tiny" --version
assert_equal 'tiny 1' "$out" version

# --- the file of options

printf 'value 5\n\n  # fine\n verbose\n' >good.rc
assert_status 0 "$tiny" --check -f good.rc
printf 'value 500\nnonesuch\ncheck\nvalue 13\n' >bad.rc
assert_status 1 "$tiny" --check -f bad.rc
assert_match "^tiny: bad.rc \(line 1\): value: '500' is not a number from 0 to 100$" "$err" "line 1"
assert_match "^tiny: bad.rc \(line 2\): unknown option 'nonesuch'$" "$err" "line 2"
assert_match "^tiny: bad.rc \(line 3\): unknown option 'check'$" "$err" "line 3"
assert_status 1 "$tiny" --check --value 13
assert_equal 'tiny: 13 brings bad luck' "$err" "the daemon's own check"
assert_status 1 "$tiny" --check -f nonesuch.rc
assert_match '^tiny: nonesuch.rc: No such file' "$err" "no file"

# --- in the foreground: requests, reload, signals

start front "$tiny" -f good.rc --control ctl -p pid
wait_for says front 'serving'
first_pid=$pid
assert_equal "$pid" "$(cat pid)" "pid file"
run ctl status
assert_match "^pid: $pid$" "$out" status
assert_match '^value: 5$' "$out" status
run ctl stats
assert_match '^tiny_value 5$' "$out" stats
assert_match '^# TYPE process_cpu_seconds_total counter$' "$out" stats
run ctl help
assert_match '^reload	read the configuration again$' "$out" help
assert_status 1 ctl nonesuch
assert_match "^error: unknown request 'nonesuch'" "$err" "unknown request"

echo 'value 6' >good.rc
assert_status 0 ctl reload
assert_match '^value: 6$' "$(ctl status)" "a reload by request"
echo 'value x' >good.rc
assert_status 1 ctl reload
assert_match 'good.rc \(line 1\): value' "$err" "a mistake is told to who asked"
assert_match '^value: 6$' "$(ctl status)" "a mistake leaves all as it was"
echo 'value 14' >good.rc
assert_status 1 ctl reload
assert_match '^value: 6$' "$(ctl status)" "what cannot be served leaves all as it was"
echo 'value 7' >good.rc
kill -HUP "$pid"
value_is()
{
	ctl status | grep -x "value: $1"
}
wait_for value_is 7

# One that waits: the daemon serves as before, and who asked for it waits, too.
for wanted in 15 16; do
	echo "value $wanted" >good.rc
	start asker "$BUILD/tools/daemonctl/iothnamedctl" -s "$dir/ctl" reload
	asker=$pid
	wait_for says front "waiting with $wanted"
	assert_status 1 ctl reload
	assert_match 'a reload is under way' "$err" "a second one"
	[ "$wanted" = 16 ] || value_is 7 >/dev/null || fail "a reload that waits has taken effect"
	kill -0 "$asker" || fail "who asked has an answer: $(cat asker.log)"
	assert_status 0 ctl go
	await "$asker"
	assert_equal $((wanted - 15)) "$status" "what who asked is told of $wanted"
	says asker "waiting with $wanted" || fail "the answer has no beginning: $(cat asker.log)"
	value_is 15 >/dev/null || fail "after $wanted: $(ctl status)"
done
says asker '16 was waited for in vain' || fail "the answer has no end: $(cat asker.log)"
# A signal meanwhile is another reload, afterwards; who has hung up is not answered.
echo 'value 15' >good.rc
start asker "$BUILD/tools/daemonctl/iothnamedctl" -s "$dir/ctl" reload
asker=$pid
waits_again() { [ "$(grep -c 'waiting with 15' front.log)" = "$1" ]; }
wait_for waits_again 2
stop "$asker"
kill -HUP "$first_pid"
has_signal() { ! grep -q '^SigPnd.*[1-9a-f]\|^ShdPnd.*[1-9a-f]' "/proc/$first_pid/status"; }
wait_for has_signal
echo 'value 17' >good.rc
assert_status 0 ctl go
wait_for says front 'waiting with 17'
assert_status 0 ctl go
wait_for value_is 17
echo 'value 15' >good.rc # and one that waits at the end
kill -HUP "$first_pid"
wait_for waits_again 3
pid=$first_pid

assert_status 1 "$tiny" -p pid
assert_match "pid file .*/pid: process $pid has it$" "$err" "a second one"
assert_equal "$pid" "$(cat pid)" "the first one's pid file"
assert_status 1 "$tiny" --control ctl
assert_match 'control socket .*/ctl: Address already in use$' "$err" "a second one's socket"

first=$pid
kill -TERM "$pid"
await "$pid"
assert_equal 0 "$status" "status of the end by SIGTERM"
says front "^tiny: \($first\) leaving on signal 15$" || fail "nothing is said about the signal"
says front '^tiny: stopped$' || fail "stop was not called"
[ ! -e pid ] && [ ! -e ctl ] || fail "something was left"

# --- who asks calls itself by its own name, and says what is wrong with the request

assert_status 1 "$BUILD/tools/daemonctl/namedhcpctl" -s "$dir/nonesuch" status
assert_match "^namedhcpctl: $dir/nonesuch: No such file" "$err" "its name"
start front "$tiny" --control ctl
wait_for says front 'serving'
assert_status 0 ctl echo one
assert_equal one "$out" "an argument"
assert_status 1 ctl echo one two
assert_match "^error: 'echo' has one argument: WORD$" "$err" "two of them"
stop "$pid"

# --- in the background: the caller waits, and sees what went wrong

assert_status 1 "$tiny" -d --value 14 -p pid
assert_match '^tiny: 14 cannot be served$' "$err" "errors of the start are seen"
[ ! -e pid ] || fail "a pid file was left"
assert_status 1 "$tiny" -d -p nonesuch/pid
assert_match "^tiny: pid file $dir/nonesuch/pid: No such file" "$err" "errors of the start are seen"

echo 'value 8' >good.rc
run "$tiny" -d -f good.rc -p pid --control ctl
assert_equal 0 "$status" "status of the caller; $err"
background=$(cat pid)
started[$background]=background # it is the leader of a session, hence of a group
assert_equal / "$(readlink "/proc/$background/cwd")" "directory of a daemon"
assert_equal /dev/null "$(readlink "/proc/$background/fd/2")" "stderr of a daemon"
assert_match '^value: 8$' "$(ctl status)" "served when the caller has returned"
echo 'value 9' >good.rc
assert_status 0 ctl reload # its path is relative to where it was started
assert_match '^value: 9$' "$(ctl status)" reload
kill -INT "$background"
wait_for is_gone "$background"
unset "started[$background]"
wait_for test ! -e pid

# A stale file is no obstacle.
echo "$background" >pid
start front "$tiny" -p pid
wait_for says front 'serving'
assert_equal "$pid" "$(cat pid)" "pid file"
stop "$pid"

# --- the service manager is told

if have_command socat; then
	start manager socat -u UNIX-RECVFROM:notify,fork STDOUT
	wait_for test -S notify
	NOTIFY_SOCKET=$dir/notify start front "$tiny" -f good.rc
	wait_for says manager '^READY=1'
	kill -HUP "$pid"
	wait_for says manager '^MONOTONIC_USEC='
	wait_for says front 'was reloaded'
	stop "$pid"
	wait_for says manager '^STOPPING=1'
fi

# --- system calls that no daemon makes

start front "$tiny" --control ctl -v
wait_for says front 'serving'
if ! says front 'no filter of system calls here|filter of system calls:'; then
	assert_equal 2 "$(sed -n 's/^Seccomp:[^0-9]*//p' "/proc/$pid/status")" "seccomp mode"
	run ctl forbidden
	await "$pid"
	assert_equal $((128 + 31)) "$status" "ended by SIGSYS"
	says front 'seccomp: system call [0-9]+ \(sethostname\) is not permitted' || fail "no line in the log"
else
	stop "$pid"
fi
start front "$tiny" --control ctl --no-filter
wait_for says front 'serving'
assert_status 1 ctl forbidden
stop "$pid"

# --- another user

if [ "$(id -u)" = 0 ]; then
	chmod 1777 "$dir"
	assert_status 1 "$tiny" --user nonesuch.user
	assert_match '^tiny: user nonesuch.user: there is no such user' "$err" "no such user"
	start front "$tiny" --control ctl --user 65534:65533 -p pid
	wait_for says front 'serving'
	assert_match '^uid: 65534$' "$(ctl status)" "another user"
	fields=$(sed -n 's/^\(Uid\|Gid\|Groups\|CapPrm\|CapBnd\|NoNewPrivs\):\s*\(.*\)/\1 \2/p' "/proc/$pid/status")
	assert_match '^Uid 65534.65534.65534.65534$' "$fields" uid
	assert_match '^Gid 65533.65533.65533.65533$' "$fields" gid
	assert_match '^Groups ?$' "$fields" groups
	assert_match '^CapPrm 0*$' "$fields" capabilities
	assert_match '^CapBnd 0*$' "$fields" "bounding set"
	assert_match '^NoNewPrivs 1$' "$fields" no_new_privs
	stop "$pid"
else
	assert_status 1 "$tiny" --user 0
fi
pass
