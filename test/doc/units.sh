#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The units for systemd, and the two that doc/operators-guide.md shows, mean what systemd understands.
# Arguments: SOURCE BUILD
set -eu
src=$1
build=$2
command -v systemd-analyze >/dev/null || { echo "SKIP: no command systemd-analyze"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

verify() {
    SYSTEMD_UNIT_PATH=$dir: systemd-analyze verify --man=no "$@" >"$dir/out" 2>&1
}
# Where even a unit that says nothing is not understood (no cgroups, no bus) this tells nothing.
printf '[Service]\nExecStart=/bin/true\n' >"$dir/plain.service"
verify "$dir/plain.service" || { echo "SKIP: systemd-analyze does not work here: $(head -n 1 "$dir/out")"; exit 77; }

awk -v dir="$dir" '/^```ini$/ { on = 1; n++; next } /^```/ { on = 0 } on { print >(dir "/" n ".ini") }' "$src/doc/operators-guide.md"
mv "$dir/1.ini" "$dir/ioth-net.service"
for unit in "$build"/daemon/*/*.service; do
    name=$(basename "$unit")
    # Not installed: the programs lie where they were built.
    sed "s|^ExecStart=[^ ]*/|ExecStart=${unit%/*}/|" "$unit" >"$dir/$name"
    mkdir "$dir/$name.d"
    cp "$dir/2.ini" "$dir/$name.d/network.conf"
done
failed=0
for unit in "$dir"/*.service; do
    verify "$unit" && [ ! -s "$dir/out" ] || { echo "FAIL: ${unit##*/}"; cat "$dir/out"; failed=1; }
done
[ "$(find "$dir" -name '*.service' | wc -l)" -ge 7 ] || { echo "FAIL: fewer units than there were"; failed=1; }
exit $failed
