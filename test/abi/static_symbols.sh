#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The names that a static library defines are those of a committed list, as of the shared one, and a program
# that was linked with it runs.
#
#     static_symbols.sh LIBRARY LIST PROGRAM
set -eu
export LC_ALL=C
library=$1
list=$2
program=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
nm -g --defined-only "$library" | awk 'NF == 3 { print $3 }' | sort >"$dir/defined"
grep -v '^#' "$list" >"$dir/listed"
diff -u --label "$list" --label "$library" "$dir/listed" "$dir/defined"
if readelf -d "$program" | grep "NEEDED.*iothradvd"; then
    echo "$program is linked with the shared library"
    exit 1
fi
"$program"
