#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Programs for each library that is installed, made of nothing but pkg-config's answer: strict C11 and C++17
# without a warning, compiled, linked and run.
#
#     consumers.sh [COMPILER [FLAG...]]
#
# Of each .pc file of ours that pkg-config finds, the consumer is consumers/NAME.c, or NAME without its "lib".
# Together they include each header. The environment says where things are (PKG_CONFIG_*, LD_LIBRARY_PATH).
# FLAGs (of a sanitizer) are for C++, too, whose compiler is that of the same family.
set -eu
source=$(cd "$(dirname "$0")/consumers" && pwd)
[ $# -gt 0 ] || set -- gcc
case $* in
*clang*) cxx=(clang++) ;;
*) cxx=(g++) ;;
esac
for word; do
    case $word in
    -*) cxx+=("$word") ;;
    esac
done
strict=(-pedantic -Wall -Wextra -Werror)
unset IOTH_PLUGIN_PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "FAIL: $*"
    exit 1
}

languages=(c11)
if command -v "${cxx[0]}" >/dev/null; then
    languages+=(c++17)
else
    echo "SKIP: no C++ compiler"
fi

consumed=()
declare -A tried=() # what has been compiled for another name of the same package
packages=0
for package in $(pkg-config --list-package-names | grep -E '^(lib)?(ioth|nlq|picoxnet|vdestack)' | sort); do
    consumer=$source/$package.c
    [ -f "$consumer" ] || consumer=$source/${package#lib}.c
    [ -f "$consumer" ] || fail "there is no consumer of $package"
    packages=$((packages + 1))
    flags=$(pkg-config --cflags --libs "$package") || fail "pkg-config does not know $package"
    [ -z "${tried[$consumer $flags]-}" ] || continue
    tried[$consumer $flags]=yes
    consumed+=("$consumer")
    for language in "${languages[@]}"; do
        case $language in
        c++*) compile=("${cxx[@]}" -x c++) ;;
        *) compile=("$@") ;;
        esac
        # shellcheck disable=SC2086 # several words
        "${compile[@]}" -std=$language "${strict[@]}" -o "$dir/program" "$consumer" -x none $flags ||
            fail "$consumer does not compile as $language with: $flags"
        "$dir/program" || fail "$package as $language ended with status $?"
    done
done

# No library was missed, and no header.
for consumer in "$source"/*.c; do
    case " ${consumed[*]-} " in
    *" $consumer "*) ;;
    *) fail "nothing is installed for $consumer" ;;
    esac
done
include=$(pkg-config --variable=includedir ioth)
for header in "${PKG_CONFIG_SYSROOT_DIR-}$include"/{ioth,libioth,libnlq,picoxnet,vdestack}*.h; do
    grep -q "^#include <${header##*/}>" "$source"/*.c || fail "no consumer includes ${header##*/}"
done
echo "consumers: $packages packages as ${languages[*]}"
