#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every public header compiles alone, first thing in a file, with no feature macro: as strict C11 and
# as C++17, without a warning, by each compiler that there is.  So do all of them together, and twice.
#
#     headers.sh INCLUDE_DIR FORMS
#
# FORMS is a file that uses the headers' macros, and must compile as both languages, too.
set -eu
include=$1
forms=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
strict="-pedantic -Wall -Wextra -Wshadow -Wundef -Wwrite-strings -Werror -I$include -c -o $dir/object"
c="-std=c11 -Wstrict-prototypes -Wmissing-prototypes"
cxx="-x c++ -std=c++17"
status=0
compilers=0

# compile COMPILER FLAGS FILE WHAT
compile()
{
    # Flags are words.
    # shellcheck disable=SC2086
    if ! "$1" $2 $strict "$3"; then
        echo "FAIL: $1: $4"
        status=1
    fi
}

: >"$dir/all.c"
for header in "$include"/*.h; do
    name=$(basename "$header")
    echo "#include <$name>" >"$dir/$name.c"
    cat "$dir/$name.c" "$dir/$name.c" >>"$dir/all.c"
done
for compiler in gcc clang g++ clang++; do
    command -v "$compiler" >/dev/null || continue
    compilers=$((compilers + 1))
    case $compiler in
    *++) language=$cxx ;;
    *) language=$c ;;
    esac
    for header in "$include"/*.h; do
        name=$(basename "$header")
        compile "$compiler" "$language" "$dir/$name.c" "$name alone"
    done
    compile "$compiler" "$language" "$dir/all.c" "all headers"
    compile "$compiler" "$language" "$forms" "$(basename "$forms")"
done
if [ $compilers -eq 0 ]; then
    echo "SKIP: no compiler"
    exit 77
fi
exit $status
