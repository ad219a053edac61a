#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The shell library itself: networks come up, processes and files go, failures are seen.
. "$(dirname "$0")/lib.sh"

need_vde

for kind in hub switch vde_switch; do
	[ $kind != vde_switch ] || have_command vde_switch || continue
	net_start $kind "n_$kind"
	[ -S "$dir/n_$kind/ctl" ] || fail "$kind: no control socket"
	stop "$pid"
	is_gone "$pid" || fail "$kind: process $pid is still there"
done

start sleeper bash -c 'echo ready; sleep 1000 & wait'
wait_for says sleeper ready
stop "$pid"

assert_status 3 sh -c 'echo out; echo err >&2; exit 3'
assert_equal out "$out" "stdout of run"
assert_equal err "$err" "stderr of run"

# A test that fails says so, and leaves neither its directory nor its processes.
cat >"$dir/failing.sh" <<END
. "$SRC/test/net/lib.sh"
start child sleep 1000
echo "dir \$dir pid \$pid"
assert_equal expected seen "this comparison"
END
run bash "$dir/failing.sh"
assert_equal 1 "$status" "status of a failing test"
assert_match "FAIL: this comparison: expected 'expected', seen 'seen'" "$out" "its message"
read -r _ its_dir _ its_pid <<<"$(grep ^dir <<<"$out")"
[ ! -e "$its_dir" ] || fail "$its_dir was left behind"
is_gone "$its_pid" || fail "process $its_pid was left behind"

echo '. "$SRC/test/net/lib.sh"; skip "no reason"' >"$dir/skipping.sh"
SRC="$SRC" assert_status 77 bash "$dir/skipping.sh"
assert_equal "SKIP: no reason" "$out" "reason of a skipped test"
