#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens -r and -R: /etc/resolv.conf as the command sees it, and nothing of it outside.
. "$(dirname "$0")/lib.sh"

need_userns
need_program "$VDENS"
[ -e /etc/resolv.conf ] || skip "this machine has no /etc/resolv.conf to put something in place of"
unset VDE_RESOLVCONF VDE_RESOLVADDR
outside=$(stat -c '%i %Y' /etc/resolv.conf; ls -A /tmp/resolv.conf 2>&1 || :)
printf 'nameserver 7.7.7.7\nsearch example\n' >"$dir/file"

expect()
{
	local expected=$1
	shift
	assert_status 0 "$VDENS" "$@" - cat /etc/resolv.conf
	assert_equal "$expected" "$out" "/etc/resolv.conf with $*"
}
file=$(cat "$dir/file")
two=$'nameserver 9.9.9.9\nnameserver 9.9.8.8'

expect "$file" -r "$dir/file"
expect "$file" --resolvconf "$dir/file"
(cd "$dir" && expect "$file" -r file)
expect "$two" -R 9.9.9.9,9.9.8.8
expect 'nameserver fc00::24' --resolvaddr fc00::24
expect "$two" -R 9.9.9.9,9.9.8.8 -r "$dir/file" # -R wins
for how in -u -c --pid -s --map-root; do
	[ $how != --pid ] || "$VDENS" --pid - true 2>/dev/null || continue
	expect "$two" $how -R 9.9.9.9,9.9.8.8
done

# The generated file: for its owner to read, on no disk.
assert_status 0 "$VDENS" -R 9.9.9.9 - stat -c '%a %u' /etc/resolv.conf
assert_equal "400 $(id -u)" "$out" "mode and owner of the generated file"
assert_status 0 "$VDENS" -R 9.9.9.9 - stat -f -c %T /etc/resolv.conf
assert_equal tmpfs "$out" "where the generated file is"
# What was mounted to make it is gone: /tmp is as outside.
assert_status 0 "$VDENS" -R 9.9.9.9 - cat "$dir/file"
assert_equal "$file" "$out" "a file below /tmp"

# The environment gives the defaults; an empty variable is none.
VDE_RESOLVCONF="$dir/file" expect "$file"
VDE_RESOLVADDR=9.9.9.9,9.9.8.8 expect "$two"
VDE_RESOLVADDR=9.9.9.9,9.9.8.8 expect "$two" -r "$dir/file"
VDE_RESOLVADDR=1.1.1.1 expect "$two" -R 9.9.9.9,9.9.8.8
VDE_RESOLVCONF=/none expect "$file" -r "$dir/file"
VDE_RESOLVCONF="" VDE_RESOLVADDR="" expect "$(cat /etc/resolv.conf)"

# Errors name what was wrong.
assert_status 1 "$VDENS" -r "$dir/none" - true
assert_equal "vdens: -r: cannot read $dir/none: No such file or directory" "$err" "no such file"
VDE_RESOLVCONF="$dir/none" assert_status 1 "$VDENS" - true
assert_equal "vdens: VDE_RESOLVCONF: cannot read $dir/none: No such file or directory" \
	"$err" "no such file in the environment"
if [ "$(id -u)" != 0 ]; then
	touch "$dir/secret"
	chmod 0 "$dir/secret"
	assert_status 1 "$VDENS" -r "$dir/secret" - true
	assert_equal "vdens: -r: cannot read $dir/secret: Permission denied" "$err" "a file of others"
fi
assert_status 1 "$VDENS" -R 9.9.9.9,nine - true
assert_equal "vdens: -R: 'nine' is not an IP address" "$err" "no address"
VDE_RESOLVADDR=x assert_status 1 "$VDENS" - true
assert_equal "vdens: VDE_RESOLVADDR: 'x' is not an IP address" "$err" "no address in the environment"

# A symbolic link: what it points to is covered, even below /tmp, where -R mounts for a moment.
mkdir "$dir/etc"
cp "$dir/file" "$dir/target"
for target in "$dir/target" ../etc/real; do
	ln -sf "$target" "$dir/etc/resolv.conf"
	cp "$dir/file" "$dir/etc/real"
	# shellcheck disable=SC2016
	assert_status 0 unshare --user --map-root-user --mount sh -ec '
		mount --bind "$1" /etc
		"$2" -R 9.9.9.9 - cat /etc/resolv.conf
		"$2" -r "$3" - cat /etc/resolv.conf
		cat /etc/resolv.conf' sh "$dir/etc" "$VDENS" /proc/self/status
	assert_equal "nameserver 9.9.9.9" "$(head -n 1 <<<"$out")" "-R through a link to $target"
	assert_match "^Name:" "$(sed -n 2p <<<"$out")" "-r through a link to $target"
	assert_equal "$file" "$(tail -n 2 <<<"$out")" "the file outside"
done
ln -sf /nowhere/at/all "$dir/etc/resolv.conf"
assert_status 1 unshare --user --map-root-user --mount sh -ec 'mount --bind "$1" /etc; "$2" -R 9.9.9.9 - true' \
	sh "$dir/etc" "$VDENS"
assert_equal "vdens: cannot replace /etc/resolv.conf: No such file or directory" "$err" "dangling link"

# A read-only /tmp is no hindrance. (--rbind: what somebody mounted below cannot be uncovered here.)
assert_status 0 unshare --user --map-root-user --mount sh -ec '
	mount --rbind /tmp /tmp; mount -o remount,bind,ro /tmp
	exec "$0" -R 9.9.9.9 - cat /etc/resolv.conf' "$VDENS"
assert_equal "nameserver 9.9.9.9" "$out" "-R with a read-only /tmp"

assert_equal "$outside" "$(stat -c '%i %Y' /etc/resolv.conf; ls -A /tmp/resolv.conf 2>&1 || :)" \
	"/etc/resolv.conf outside, and where its text was for a moment"
