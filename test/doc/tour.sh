#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# README.md's tour and its program, pasted all at once into a shell, do what is promised there.
#
# Left out or put in: the network lies in a private directory, and `make` has been done. Then: what
# scripts/env gives to pkg-config and man.  Arguments: SOURCE BUILD
set -eu
src=$1
build=$2
for command in vde_plug ip ping gcc pkg-config; do
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
dir=$(mktemp -d /tmp/ioth-tour.XXXXXX)
end_all() {
    for file in "$dir"/sw.*; do
        [ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null || :
    done
    [ ! -s "$dir/jobs" ] || xargs kill <"$dir/jobs" 2>/dev/null || :
    rm -rf "$dir"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

awk '/^## /{ on = /Five minutes/ } on && /^    / { print substr($0, 5) }' "$src/README.md" |
    sed -e '/^make$/d' \
        -e "s|/tmp/sw|$dir/sw|g" \
        -e "s|(scripts/env)|('$src/scripts/env' '$build')|" \
        -e 's|^.* &$|& jobs -p >jobs|' >"$dir/lines"
cd "$dir"
unset PKG_CONFIG_PATH MANPATH IOTH_PLUGIN_PATH LD_LIBRARY_PATH
SHELL=/bin/bash HOME=$dir timeout 600 bash <lines >out 2>err || :

failed=0
env -u MAKEFLAGS make -n -C "$src" BUILD="$dir/none" 2>&1 | grep -E 'install-packages( .*)? run( |$)' >/dev/null ||
    { echo "FAIL: make does not install what the tour calls"; failed=1; }
expect() { # COUNT PATTERN WHAT
    [ "$(grep -c -- "$2" out)" = "$1" ] || { echo "FAIL: $3"; failed=1; }
}
expect 2 '^there and back$' "what is typed comes back, from both stacks"
expect 2 ' 3 received' "the visitor's three pings are answered, of an address and of a name"
expect 1 '^fd69:.*5 answered' "a thread answers pings"
expect 1 '^I am web.threads.local, a thread at fd69:6f76::5004:f4e0:78fd:79fd\.$' "a node that knows its name serves the web"
expect 1 '^hello, thread$' "another thread sends back what it was sent"
expect 1 '^hello$' "a program of your own says hello to the visitor"
retry=0
until [ ! -S sw/ctl ] || [ $((retry += 1)) -gt 600 ]; do
    sleep 0.05
done
[ $failed != 0 ] || rm -f jobs sw.* # the tour has cleaned up: these numbers are nobody's
[ ! -S sw/ctl ] || { echo "FAIL: the switch is still there"; failed=1; }

# shellcheck disable=SC1090
eval "$("$src/scripts/env" "$build")"
for tool in "$build"/tools/*/; do
    tool=$(basename "$tool")
    [ ! -x "$build/tools/$tool/$tool" ] || [ "$(command -v "$tool")" = "$build/tools/$tool/$tool" ] ||
        { echo "FAIL: the shell does not find $tool"; failed=1; }
done
for library in "$build"/lib/*/lib*.so "$build"/stack/run/lib*.so; do
    case :$LD_LIBRARY_PATH: in
    *":$(dirname "$library"):"*) ;;
    *) echo "FAIL: the loader does not find $library" && failed=1 ;;
    esac
done
for package in ioth libioth vdestack; do
    [ "$(pkg-config --cflags "$package")" ] ||
        { echo "FAIL: pkg-config does not know $package"; failed=1; }
done
if command -v man >/dev/null && [ -e "$build/man/ioth.7" ]; then
    for page in 7/ioth 3/ioth_recvmsg 1/vdens; do
        case $(man -w "${page%/*}" "${page#*/}") in
        "$build/man/"*) ;;
        *) echo "FAIL: man does not show $page" && failed=1 ;;
        esac
    done
    man -w 1 man >/dev/null || ! env -u MANPATH man -w 1 man >/dev/null 2>&1 ||
        { echo "FAIL: man does not find the system's pages any more"; failed=1; }
fi
if [ $failed != 0 ]; then
    echo "--- the lines"; cat lines
    echo "--- stdout"; cat out
    echo "--- stderr"; cat err
fi
exit $failed
