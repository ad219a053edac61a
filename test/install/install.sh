#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `make install` puts in place is enough for a program, and `make uninstall` takes all of it away.
#
# Everything goes below a private DESTDIR: headers, libraries by their sonames, plugins beside them,
# pkg-config files, manual pages. A program is compiled with nothing but pkg-config's answer, and
# run; the library finds its plugins by its own place. Then nothing may be left.
#
# Arguments: SOURCE BUILD, then the compiler with the flags that the build needs (sanitizers).
set -eu
src=$1
build=$2
shift 2
unset IOTH_PLUGIN_PATH LD_LIBRARY_PATH PKG_CONFIG_PATH
export LC_ALL=C

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export DESTDIR=$dir/root HOME=$dir

fail() {
    echo "FAIL: $*"
    exit 1
}

meson install -C "$build" --no-rebuild >"$dir/install.log" 2>&1 || { cat "$dir/install.log"; fail "meson install"; }
option() {
    meson introspect "$build" --buildoptions |
        python3 -c 'import json, sys
print({o["name"]: o["value"] for o in json.load(sys.stdin)}[sys.argv[1]])' "$1"
}
prefix=$(option prefix)
libdir=$prefix/$(option libdir)
libs=$DESTDIR$libdir

for header in "$src"/include/*.h; do
    [ -f "$DESTDIR$prefix/include/${header##*/}" ] || fail "${header##*/} is not installed"
done

for lib in "$libs"/lib*.so.0; do
    name=$(basename "$lib" .so.0)
    readelf -d "$lib" >"$dir/dynamic"
    grep -q "SONAME.*\[$name.so.0\]" "$dir/dynamic" || fail "$name has no soname $name.so.0"
    ! grep -E 'RPATH|RUNPATH' "$dir/dynamic" || fail "$name looks for libraries in the build tree"
    [ "$(readlink -f "$libs/$name.so")" = "$(readlink -f "$lib")" ] || fail "$name.so is no link for linkers"
done
for plugin in kernel picox vdestack; do
    [ -f "$libs/ioth/ioth_$plugin-r.so" ] || fail "plugin $plugin is not installed"
    [ "$(readlink "$libs/ioth/ioth_${plugin}_n.so")" = "ioth_$plugin-r.so" ] ||
        fail "plugin ${plugin}_n is no link to $plugin"
done
if [ "$(option man)" = True ]; then
    pages=$DESTDIR$prefix/$(option mandir)
    for page in man1/iothip.1 man1/vdens.1 man3/picox_recv.3 man7/picoxnet.7 man3/ioth_newstack.3 man3/ioth_recvmsg.3 man3/nlqx_ioctl.3 man3/vde_addstack.3 man7/ioth.7; do
        [ -f "$pages/$page" ] || fail "$page is not installed"
    done
fi
for program in iothip vdens; do
    [ -x "$DESTDIR$prefix/bin/$program" ] || fail "$program is not installed"
done

# --- programs: Meson's files say the final prefix; pkg-config puts DESTDIR in front

PKG_CONFIG_SYSROOT_DIR=$DESTDIR PKG_CONFIG_LIBDIR=$libs/pkgconfig LD_LIBRARY_PATH=$libs \
    "$src/test/install/consumers.sh" "$@" || fail "a program does not work with what is installed"

# --- and away: also after a second installation, whose log knows of no directory made

meson install -C "$build" --no-rebuild --quiet
"$src/scripts/uninstall" "$build"
left=$(find "$DESTDIR" \( -type f -o -type l \) -print)
[ -z "$left" ] || fail "left behind: $left"
[ ! -e "$libs/ioth" ] || fail "the directory of the plugins was left behind"
