#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The exported symbols of a library, and its soname, are those of a committed list.
#
#     symbols.sh LIBRARY LIST
#
# LIST (NAME.symbols, for libNAME.so.0) has a symbol a line, sorted by LC_ALL=C sort; lines that
# begin with '#' are comments.  A symbol that is only in the library has become public by accident,
# or its addition was not noted; one that is only in the list was taken away from programs that use
# it.
set -eu
export LC_ALL=C
library=$1
list=$2
soname=lib$(basename "$list" .symbols).so.0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

nm -D --defined-only "$library" | awk '{ print $3 }' | sort >"$dir/exported"
grep -v '^#' "$list" >"$dir/listed"
status=0
diff -u --label "$list" --label "$library" "$dir/listed" "$dir/exported" || status=1
if ! readelf -d "$library" | grep "SONAME.*\[$soname\]" >/dev/null; then
    echo "$library: its soname is not $soname"
    status=1
fi
exit $status
