#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens with a network: exit status, signals, and the end of one when the other is killed.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_program "$VDENS"
net_start hub hub
hub=$vnl
network=$pid

# --- exit statuses and signals of the command (upstream returned 0)
for how in "" -c --pid; do
	for code in 0 1 7 255; do
		# shellcheck disable=SC2086
		assert_status $code "$VDENS" $how "$hub" sh -c "exit $code"
	done
	for sig in TERM KILL SEGV USR1; do
		# shellcheck disable=SC2086
		assert_status $((128 + $(kill -l $sig))) "$VDENS" $how "$hub" sh -c "kill -$sig \$\$"
	done
	# shellcheck disable=SC2086
	assert_status 127 "$VDENS" $how "$hub" "$dir/none"
	assert_equal "vdens: cannot run $dir/none: No such file or directory" "$err" "no such command"
done
# By the same signal, not by a status that looks like it.
assert_status 0 python3 -c '
import subprocess, sys
sys.exit(subprocess.run(sys.argv[1:]).returncode != -15)' "$VDENS" "$hub" sh -c 'kill $$'

# --- SIGCHLD ignored by the caller: the status is seen all the same
assert_status 5 bash -c 'trap "" CHLD; exec "$0" "$1" sh -c "exit 5"' "$VDENS" "$hub"

# --- signals sent to vdens alone reach the command, its reaction counts
reacting='trap "echo USR1" USR1; trap "echo TERM; exit 12" TERM; echo ready
	while :; do sleep 0.05; done'
for how in "" -c; do
	# shellcheck disable=SC2086
	start "reacting$how" "$VDENS" $how "$hub" bash -c "$reacting"
	wait_for says "reacting$how" ready
	kill -USR1 "$pid"
	wait_for says "reacting$how" USR1
	kill -TERM "$pid"
	await "$pid"
	assert_equal 12 "$status" "status after SIGTERM"
	assert_equal "ready USR1 TERM" "$(xargs <"$dir/reacting$how.log")" "signals that arrived"
done
# A command that does not react dies of them.
start default "$VDENS" "$hub" sh -c 'echo ready; exec sleep 1000'
wait_for says default ready
kill -USR2 "$pid"
await "$pid"
assert_equal 140 "$status" "status after SIGUSR2"
# Even one that is stopped, when it is continued: and SIGCONT passes too.
start stopped "$VDENS" "$hub" bash -c 'echo ready; kill -STOP $$; echo again; exit 13'
wait_for says stopped ready
child=$(pgrep -P "$pid")
wait_for grep -q '^State:.T' "/proc/$child/status"
wait_for grep -q '^State:.[ST]' "/proc/$pid/status" # it may still be about to look
grep -q '^State:.S' "/proc/$pid/status" || fail "without job control, vdens should not stop"
kill -CONT "$pid"
await "$pid"
assert_equal 13 "$status" "status after a stop"

# --- SIGKILL of vdens ends the command, and nothing is left
snapshot()
{
	find "$dir" ! -name '.out' ! -name '.err' ! -name '*.log' | sort
}
nothing_left()
{
	# (A port of an earlier one may have been there still.)
	[ -z "$(comm -13 <(echo "$before") <(snapshot))" ]
}
for how in "" -c --pid; do
	before=$(snapshot)
	# shellcheck disable=SC2086
	start "killed$how" "$VDENS" $how -R 9.9.9.9 "$hub" sh -c 'echo ready; exec sleep 1000'
	wait_for says "killed$how" ready
	below=$(pgrep -P "$pid")
	below="$below $(pgrep -P "${below}" || :)"
	kill -KILL "$pid"
	await "$pid"
	assert_equal 137 "$status" "status of what was killed"
	for child in $below; do
		wait_for is_gone "$child"
	done
	wait_for nothing_left
done

# SIGKILL while it is starting, at whatever moment: the command does not outlive vdens.
for i in 1 2 3 4 5 6 7 8 9 10; do
	start "race$i" "$VDENS" -R 9.9.9.9 "$hub" sleep "1000.$i$$"
	kill -KILL "$pid"
	await "$pid"
	wait_for bash -c '! pgrep -f "^sleep $0"' "1000.$i$$"
done
wait_for bash -c '! pgrep -f "$0"' "$VDENS -R 9.9.9.9 vde://${dir}[/]hub"

# --- the switch does not see a dead port: a new vdens gets in, any number of times
for i in 1 2 3 4 5; do
	assert_status 0 "$VDENS" "$hub" true
done
stop "$network"
