#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A page of doc/ does what it says: its blocks ```sh are typed into one shell, one after the other, in a private
# directory instead of /tmp; then each line of its blocks ```text must have been seen ("..." stands for anything), and each counter of
# a daemon that the page names.
# Processes are ended by the page; a pid file that is left behind, or a process, is a failure.  Arguments: SOURCE BUILD PAGE
set -eu
src=$1
build=$2
page=$3
for command in vde_plug ip ping cc pkg-config; do
    command -v $command >/dev/null || { echo "SKIP: no command $command"; exit 77; }
done
if ! unshare --user --net true 2>/dev/null; then
    echo "SKIP: user namespaces are not permitted here"
    exit 77
fi
if ldd "$build/lib/ioth/libioth.so" | grep -E 'lib(asan|tsan)' >/dev/null; then
    echo "SKIP: programs compiled by hand do not run with the libraries of a sanitizer"
    exit 77
fi

# Short, and not below $TMPDIR: the path of an AF_UNIX socket has 107 bytes.
dir=$(mktemp -d /tmp/typed.XXXXXX)
shell=
end_all() {
    [ -z "$shell" ] || kill -- "-$shell" 2>/dev/null || :
    find "$dir" -name '*.pid' -size +0 -exec sh -c 'kill $(cat "$@")' sh {} + 2>/dev/null || :
    rm -rf "$dir"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

# blocks KIND: the contents of such blocks.
blocks() {
    awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } /^```/ { on = 0 } on' "$src/$page"
}
blocks sh | sed -e "s|/tmp/|$dir/|g" -e "s|(scripts/env)|('$src/scripts/env' '$build')|" >"$dir/lines"
blocks text >"$dir/expected"
[ -s "$dir/lines" ] || { echo "FAIL: nothing to be typed"; exit 1; }

unset PKG_CONFIG_PATH MANPATH IOTH_PLUGIN_PATH LD_LIBRARY_PATH
failed=0
set -m # a process group of its own
SHELL=/bin/bash HOME=$dir timeout ${TYPED_DEADLINE:-300} bash -c 'cd "$0" && . ./lines' "$dir" >"$dir/out" 2>"$dir/err" </dev/null &
shell=$!
set +m
wait "$shell" || { echo "FAIL: status $?"; failed=1; }

seen=0
while IFS= read -r line; do
    pattern=$(sed -e 's/[][\.*^$]/\\&/g' -e 's/\\\.\\\.\\\./.*/g' <<<"$line")
    sed "s|$dir/|/tmp/|g" "$dir/out" "$dir/err" | grep -x -- "$pattern" >/dev/null || { echo "FAIL: not seen: $line"; failed=1; }
    seen=$((seen + 1))
done <"$dir/expected"
for counter in $(grep -oE '`(iothnamed|iothradvd|namedhcp4?|otip_rproxy|process)_[a-z_]+' "$src/$page" | tr -d '`' | sort -u); do
    grep -q "^${counter}[ {]" "$dir/out" || { echo "FAIL: no counter $counter"; failed=1; }
    seen=$((seen + 1))
done
[ $seen -gt 0 ] || { echo "FAIL: nothing to be seen"; failed=1; }
echo "$(wc -l <"$dir/lines") lines typed, $seen looked for"
# Those that were told to end are about to.
retry=0
until [ $failed != 0 ] || [ -z "$(find "$dir" -name '*.pid')" ] || [ $((retry += 1)) -gt 600 ]; do
    sleep 0.05
done
left=$(find "$dir" -name '*.pid')
[ -z "$left" ] || { echo "FAIL: left behind: $left"; failed=1; }
if [ $failed != 0 ]; then
    echo "--- stdout"; cat "$dir/out"
    echo "--- stderr"; cat "$dir/err"
fi
exit $failed
