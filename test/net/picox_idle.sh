#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Stacks that have nothing to do make no system call, as strace sees it: neither the pollers of a
# hundred stacks on mem:// and of one on ptp://, nor any other thread of theirs.
#
# New interfaces say for some seconds which groups they have joined, so the program looks again until
# a whole second was quiet; something that ticks would never be.

. "$(dirname "$0")/lib.sh"

need_vde
need_command strace
: "${PICOX_STACKS:=$BUILD/bench/picox_stacks}"
need_program "$PICOX_STACKS"
# Whose run time is traced, too; and libvdeplug loads its modules in a way that it does not permit.
! ldd "$PICOX_STACKS" | grep -E 'lib[at]san' >/dev/null || skip "a sanitizer has system calls of its own"
strace -f -o /dev/null true 2>/dev/null || skip "ptrace is not permitted"

strace -f -o "$dir/trace" "$PICOX_STACKS" idle 100 1 "ptp://$dir/wire" >"$dir/idle.log" ||
	fail "picox_stacks"
grep '"wakeups": 0' "$dir/idle.log" || fail "the stacks woke up"
# The second that the program slept: strace breaks the line if another thread makes a call.
quiet=$(grep 'poll(NULL, 0, 1000' "$dir/trace" | tail -n 1)
[[ $quiet == *'= 0 (Timeout)' ]] || fail "system calls within a quiet second: $quiet"
pass
