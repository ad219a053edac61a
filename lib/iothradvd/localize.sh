#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A static library of one object whose only names are the public ones: what the shared library hides, a
# program that is linked with this one cannot clash with either.
#
#     localize.sh OUTPUT SYMBOLS ARCHIVE...
#
# SYMBOLS is the version script of the shared library.
set -eu
output=$1
symbols=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sed -n 's/^\t\([a-z_0-9]*\);$/\1/p' "$symbols" >"$dir/public"
# The first archive has the public calls; of the others, what they need.
first=$1
shift
"${LD:-ld}" -r -o "$dir/all.o" --whole-archive "$first" --no-whole-archive --start-group "$@" --end-group
"${OBJCOPY:-objcopy}" --keep-global-symbols="$dir/public" "$dir/all.o" "$dir/iothradvd.o"
rm -f "$output"
"${AR:-ar}" rcs "$output" "$dir/iothradvd.o"
