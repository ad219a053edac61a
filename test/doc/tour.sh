#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# README.md's tour and its program, pasted all at once into a shell, do what is promised there.
#
# Left out or put in: the network lies in a private directory, and `make` has been done. Then: what
# scripts/env gives to pkg-config and man.  Arguments: SOURCE BUILD
. "$(dirname "$0")/doc_lib.sh"
needs vde_plug ip ping gcc pkg-config
needs_compiler

private_dir ioth-tour
end_all() {
    for file in "$dir"/sw.*; do
        [ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null || :
    done
    [ ! -s "$dir/jobs" ] || xargs kill <"$dir/jobs" 2>/dev/null || :
}

awk '/^## /{ on = /Five minutes/ } on && /^    / { print substr($0, 5) }' "$src/README.md" |
    sed -e '/^make$/d' \
        -e "s|/tmp/sw|$dir/sw|g" \
        -e "s|(scripts/env)|('$src/scripts/env' '$build')|" \
        -e 's|^.* &$|& jobs -p >jobs|' >"$dir/lines"
cd "$dir"
unset PKG_CONFIG_PATH MANPATH IOTH_PLUGIN_PATH LD_LIBRARY_PATH
SHELL=/bin/bash HOME=$dir timeout 600 bash <lines >out 2>err || :

env -u MAKEFLAGS make -n -C "$src" BUILD="$dir/none" 2>&1 | grep -E 'install-packages( .*)? run( |$)' >/dev/null ||
    wrong "make does not install what the tour calls"
expect() { # COUNT PATTERN WHAT
    [ "$(grep -c -- "$2" out)" = "$1" ] || wrong "$3"
}
expect 2 '^there and back$' "what is typed comes back, from both stacks"
expect 2 ' 3 received' "the visitor's three pings are answered, of an address and of a name"
expect 1 '^fd69:.*5 answered' "a thread answers pings"
expect 1 '^I am web.threads.local, a thread at fd69:6f76::5004:f4e0:78fd:79fd\.$' "a node that knows its name serves the web"
expect 1 '^hello, thread$' "another thread sends back what it was sent"
expect 1 '^hello$' "a program of your own says hello to the visitor"
until_true [ ! -S sw/ctl ] || wrong "the switch is still there"
[ $failed != 0 ] || rm -f jobs sw.* # the tour has cleaned up: these numbers are nobody's

eval "$("$src/scripts/env" "$build")"
for tool in "$build"/tools/*/; do
    tool=$(basename "$tool")
    [ ! -x "$build/tools/$tool/$tool" ] || [ "$(command -v "$tool")" = "$build/tools/$tool/$tool" ] ||
        wrong "the shell does not find $tool"
done
for library in "$build"/lib/*/lib*.so "$build"/stack/run/lib*.so; do
    case :$LD_LIBRARY_PATH: in
    *":$(dirname "$library"):"*) ;;
    *) wrong "the loader does not find $library" ;;
    esac
done
for package in ioth libioth vdestack; do
    [ "$(pkg-config --cflags "$package")" ] ||
        wrong "pkg-config does not know $package"
done
if command -v man >/dev/null && [ -e "$build/man/ioth.7" ]; then
    for page in 7/ioth 3/ioth_recvmsg 1/vdens; do
        case $(man -w "${page%/*}" "${page#*/}") in
        "$build/man/"*) ;;
        *) wrong "man does not show $page" ;;
        esac
    done
    man -w 1 man >/dev/null || ! env -u MANPATH man -w 1 man >/dev/null 2>&1 ||
        wrong "man does not find the system's pages any more"
fi
finish
