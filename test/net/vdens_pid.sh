#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens --pid: a PID namespace with an init process; what runs inside ends with the command.
. "$(dirname "$0")/lib.sh"

need_userns
need_program "$VDENS"
unshare --user --map-root-user --pid --fork --mount-proc true 2>/dev/null ||
	skip "this machine does not let a user mount /proc for a PID namespace"

assert_status 0 "$VDENS" --pid - sh -c 'echo $$ $PPID; ls -d /proc/[0-9]* | wc -l'
assert_equal "2 1" "$(head -n 1 <<<"$out")" "process ids inside"
[ "$(tail -n 1 <<<"$out")" -le 5 ] || fail "/proc shows the processes outside: $out"

mkfifo "$dir/fifo"
# Orphans are reaped, also when there are many: not even zombies of them stay.
assert_status 0 timeout $deadline "$VDENS" --pid - bash -c '
	for i in {1..50}; do (sleep 0 & sleep 0.01 &) ; done
	while ps -e -o comm= | grep -q sleep; do read -r -t 0.02 <>"$0" || :; done' "$dir/fifo"

# All ends with the command, a process that ignores signals too: cat sees the end of the pipe when
# the last writer is gone.
assert_status 4 timeout $deadline bash -c 'set -o pipefail
	"$0" --pid - bash -c "trap \"\" TERM HUP INT; setsid sleep 1000 & exit 4" | cat' "$VDENS"

# ... and with vdens, killed by what it cannot catch.
start killed "$VDENS" --pid - bash -c 'sleep 1000 & echo started; wait'
wait_for says killed started
children=$(pgrep -P "$pid")
all=$(for c in $children; do pgrep -P "$c"; done; echo "$children")
[ -n "$all" ] || fail "no process found below vdens"
kill -KILL "$pid"
for p in $all; do wait_for is_gone "$p"; done

# Signals pass through to the command, not to the init process.
start passed "$VDENS" --pid - bash -c 'trap "echo got USR1; exit 6" USR1; echo ready; while :; do sleep 0.05; done'
wait_for says passed ready
kill -USR1 "$pid"
await "$pid"
assert_equal 6 "$status" "status after SIGUSR1"
says passed 'got USR1' || fail "SIGUSR1 did not reach the command"

# The init process killed from outside: vdens tells.
start init "$VDENS" --pid - bash -c 'echo ready; exec sleep 1000'
wait_for says init ready
kill -KILL "$(pgrep -P "$pid")"
await "$pid"
assert_equal 137 "$status" "status when the init process was killed"
