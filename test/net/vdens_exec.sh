#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens without a network: what the command finds, and what becomes of its exit status.
. "$(dirname "$0")/lib.sh"

need_userns
need_program "$VDENS"
uid=$(id -u)
gid=$(id -g)

# --- no network: the words for it, and the default command
for vnl in "" - no; do
	assert_status 0 "$VDENS" "$vnl" ls /sys/class/net /proc/self/fd/1
	assert_status 7 "$VDENS" "$vnl" sh -c 'exit 7'
done
printf '#!/bin/sh\necho shell: "$#"\nip -o link\nexit 9\n' >"$dir/shell"
chmod +x "$dir/shell"
SHELL="$dir/shell" assert_status 9 "$VDENS"
assert_match '^shell: 0$' "$out" "SHELL without a command"
assert_match '^1: lo: <LOOPBACK> ' "$out" "lo, down"
assert_equal 2 "$(wc -l <<<"$out")" "lines: no other interface"
SHELL="$dir/shell" assert_status 9 "$VDENS" -m
assert_status 1 env -u SHELL "$VDENS"
assert_equal 'Error: $SHELL env variable not set' "$err" "message without SHELL"

# --- usage and version
assert_status 1 "$VDENS" -h
assert_equal "" "$out" "stdout of -h"
assert_match '^Usage: vdens ' "$err" "stderr of -h"
assert_status 1 "$VDENS" --nonsense
assert_match "unrecognized option '--nonsense'" "$err" "message of a bad option"
assert_no_match '^Usage: vdens ' "$err" "usage after a bad option"
assert_status 0 "$VDENS" --version
assert_match '^vdens [0-9]+\.[0-9]+' "$out" "version"

# --- who the command is, and what it may do; the same however the namespaces were made
inside='id -u; id -g; grep CapAmb /proc/self/status; cat /proc/self/setgroups /proc/self/uid_map'
for how in "" -u --unshare -c --clone "-u -c"; do
	# shellcheck disable=SC2086 # none, one or two words
	assert_status 0 "$VDENS" $how - sh -c "$inside"
	assert_equal "$uid $gid CapAmb: 0000000000003c00 deny $uid $uid 1" "$(xargs <<<"$out")" \
		"ids and capabilities with '$how'"
done
assert_status 0 "$VDENS" -s - sh -c "$inside"
assert_equal "$uid $gid CapAmb: 0000000000203c00 deny $uid $uid 1" "$(xargs <<<"$out")" "with -s"
assert_status 0 "$VDENS" --map-root - sh -c "$inside"
assert_match "^0 0 CapAmb: .* deny 0 $uid 1\$" "$(xargs <<<"$out")" "with --map-root"

# --- its namespaces are its own; the mounts only where needed
namespaces()
{
	readlink /proc/self/ns/user /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/mnt \
		/proc/self/ns/pid | xargs
}
read -r user net uts mnt pid_ns <<<"$(namespaces)"
export -f namespaces
assert_status 0 "$VDENS" - bash -c namespaces
read -r user1 net1 uts1 mnt1 pid1 <<<"$out"
if [ "$user" = "$user1" ] || [ "$net" = "$net1" ] || [ "$uts" = "$uts1" ]; then
	fail "user, net and UTS namespaces should be new: $out"
fi
assert_equal "$mnt $pid_ns" "$mnt1 $pid1" "mount and PID namespace without an option for them"
assert_status 0 "$VDENS" -s - bash -c 'namespaces; mount -t tmpfs none /mnt && ls -A /mnt'
read -r _ _ _ mnt1 _ <<<"$out"
[ "$mnt" != "$mnt1" ] || fail "-s should give a mount namespace"

assert_status 0 "$VDENS" -H inside.example - hostname
assert_equal inside.example "$out" "-H"
[ "$(hostname)" != inside.example ] || fail "-H changed the host name outside"
assert_status 1 "$VDENS" -H "$(printf '%065d' 0)" - true
assert_match "^vdens: cannot set the host name '0+': Invalid argument" "$err" "host name too long"

# --- commands that do not run: as of a shell
assert_status 127 "$VDENS" - "$dir/none"
assert_equal "vdens: cannot run $dir/none: No such file or directory" "$err" "no such command"
assert_status 126 "$VDENS" - "$dir"
assert_equal "vdens: cannot run $dir: Permission denied" "$err" "a directory"

# --- the process itself becomes the command: nobody stays behind
assert_status 0 bash -c '"$0" - sh -c "echo \$PPID" & wait $!; echo $$' "$VDENS"
assert_equal 1 "$(sort -u <<<"$out" | wc -l)" "process that is the command's parent"

# --- a signal ends vdens as it ended the command: a shell shows 128 and its number
for how in "" -c --pid; do
	for sig in TERM KILL SEGV USR1; do
		# shellcheck disable=SC2016,SC2086
		assert_status $((128 + $(kill -l $sig))) "$VDENS" $how - sh -c 'kill -'$sig' $$'
	done
	assert_status 3 "$VDENS" $how - sh -c 'exit 3'
	assert_status 127 "$VDENS" $how - "$dir/none"
done

# --- what was ignored stays ignored, what was blocked stays blocked
ignored='grep -E "^Sig(Ign|Blk)" /proc/self/status'
expected=$(trap '' CHLD HUP; sh -c "$ignored")
for how in "" -c --pid; do
	# shellcheck disable=SC2086
	seen=$(trap '' CHLD HUP; "$VDENS" $how - sh -c "$ignored")
	assert_equal "$expected" "$seen" "signal dispositions with '$how'"
done
