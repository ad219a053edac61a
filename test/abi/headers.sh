#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every public header compiles alone, first thing in a file, with no feature macro: as strict C11 and
# as C++17, without a warning, by each compiler that there is.  So do all of them together, and twice,
# as strict C99 too.  And the compilers warn of what the headers ask them to.
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

# compile_quietly COMPILER FLAGS FILE
compile_quietly()
{
    # Flags are words.
    # shellcheck disable=SC2086
    "$1" $2 $strict "$3" 2>"$dir/messages"
}

# compile COMPILER FLAGS FILE WHAT
compile()
{
    if ! compile_quietly "$1" "$2" "$3"; then
        cat "$dir/messages"
        echo "FAIL: $1: $4"
        status=1
    fi
}

cat >"$dir/no_end.c" <<'END'
#include <ioth.h>

struct ioth *stack_of_two(void);

struct ioth *stack_of_two(void)
{
	return ioth_newstackl("kernel", "vde://", "vde://");
}
END
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
    case $compiler in
    *++) continue ;;
    esac
    compile "$compiler" "-std=c99" "$dir/all.c" "all headers as C99"
    if compile_quietly "$compiler" "$c" "$dir/no_end.c"; then
        echo "FAIL: $compiler: no warning of a list of VNLs without its NULL"
        status=1
    fi
done
if [ $compilers -eq 0 ]; then
    echo "SKIP: no compiler"
    exit 77
fi
exit $status
