#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The example nlq_ministack shows what it promises.  Argument: the program.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/expected" <<'END'
> link
1: lo: DOWN mtu 65536
2: mini0: DOWN mtu 1500
> link set mini0 up
> link set mini0 mtu 1400
> link set mini0 mtu 1
error: Invalid argument
> link set mini9 up
error: No such device
> link
1: lo: DOWN mtu 65536
2: mini0: UP mtu 1400
> addr add 10.0.0.1/24 dev mini0
> addr add 10.0.0.1/24 dev mini0
error: File exists
> addr add 127.0.0.1/8 dev lo
> addr
inet 10.0.0.1/24 dev mini0
inet 127.0.0.1/8 dev lo
> ifconfig mini0
mini0: UP mtu 1400 inet 10.0.0.1 netmask 255.255.255.0
> ifconfig mini9
error: No such device
> addr del 10.0.0.1/24 dev mini0
> addr del 10.0.0.1/24 dev mini0
error: Cannot assign requested address
> addr
inet 127.0.0.1/8 dev lo
> socket
2 links, then NLMSG_DONE
END
sed -n 's/^> //p' "$dir/expected" >"$dir/commands"
set --  "$1"
while IFS= read -r command; do
    set -- "$@" "$command"
done <"$dir/commands"
status=0
LC_ALL=C "$@" >"$dir/output" || status=$?
diff -u "$dir/expected" "$dir/output"
[ "$status" = 1 ] || { echo "FAIL: errors, and status $status"; exit 1; }

"$1" >"$dir/output" || { echo "FAIL: without arguments: status $?"; exit 1; }
grep -q '^ *mini0: .*0$' "$dir/output" || { echo "FAIL: dev"; cat "$dir/output"; exit 1; }
