#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A page of doc/ does what it says: its blocks ```sh are typed into one shell, one after the other, in a private
# directory instead of /tmp; then each line of its blocks ```text must have been seen ("..." stands for anything), and each counter of
# a daemon that the page names.
# Processes are ended by the page; a pid file that is left behind, or a process, is a failure.  Arguments: SOURCE BUILD PAGE
. "$(dirname "$0")/doc_lib.sh"
page=$3
needs vde_plug ip ping cc pkg-config
needs_compiler

private_dir typed
shell=
end_all() {
    [ -z "$shell" ] || kill -- "-$shell" 2>/dev/null || :
    find "$dir" -name '*.pid' -size +0 -exec sh -c 'kill $(cat "$@")' sh {} + 2>/dev/null || :
}

# blocks KIND: the contents of such blocks.
blocks() {
    awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } /^```/ { on = 0 } on' "$src/$page"
}
blocks sh | sed -e "s|/tmp/|$dir/|g" -e "s|(scripts/env)|('$src/scripts/env' '$build')|" >"$dir/lines"
blocks text >"$dir/expected"
[ -s "$dir/lines" ] || { echo "FAIL: nothing to be typed"; exit 1; }

unset PKG_CONFIG_PATH MANPATH IOTH_PLUGIN_PATH LD_LIBRARY_PATH
set -m # a process group of its own
SHELL=/bin/bash HOME=$dir timeout ${TYPED_DEADLINE:-300} bash -c 'cd "$0" && . ./lines' "$dir" >"$dir/out" 2>"$dir/err" </dev/null &
shell=$!
set +m
wait "$shell" || wrong "status $?"

seen=0
while IFS= read -r line; do
    pattern=$(sed -e 's/[][\.*^$]/\\&/g' -e 's/\\\.\\\.\\\./.*/g' <<<"$line")
    sed "s|$dir/|/tmp/|g" "$dir/out" "$dir/err" | grep -x -- "$pattern" >/dev/null || wrong "not seen: $line"
    seen=$((seen + 1))
done <"$dir/expected"
for counter in $(grep -oE '`(iothnamed|iothradvd|namedhcp4?|otip_rproxy|process)_[a-z_]+' "$src/$page" | tr -d '`' | sort -u); do
    grep -q "^${counter}[ {]" "$dir/out" || wrong "no counter $counter"
    seen=$((seen + 1))
done
[ $seen -gt 0 ] || wrong "nothing to be seen"
echo "$(wc -l <"$dir/lines") lines typed, $seen looked for"
# Those that were told to end are about to.
nothing_left() {
    left=$(find "$dir" -name '*.pid')
    [ $failed != 0 ] || [ -z "$left" ]
}
until_true nothing_left || :
[ -z "$left" ] || wrong "left behind: $left"
finish
