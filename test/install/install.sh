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
for plugin in kernel vdestack; do
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

# --- programs

cat >"$dir/with_ioth.c" <<'END'
#include <stdio.h>
#include <ioth.h>

int main(void)
{
	struct ioth *stack = ioth_newstack("kernel");
	int fd;

	if (stack == NULL) {
		printf("%s\n", ioth_error());
		return 1;
	}
	fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioth_delstack(stack) == 0 || ioth_close(fd) != 0)
		return 2;
	return ioth_delstack(stack) == 0 ? 0 : 3;
}
END
cat >"$dir/with_nlq.c" <<'END'
#include <libnlq.h>

int main(void)
{
	struct ioth *stack = ioth_get_defstack();

	return nlqx_if_nametoindex(stack, "lo") == 1 && nlq_if_nametoindex("lo") == 1 ? 0 : 1;
}
END
cat >"$dir/with_iothaddr.c" <<'END'
#include <iothaddr.h>

int main(void)
{
	unsigned char mac[6];

	iothaddr_hashmac(mac, "renzo.hash.local", (void *)0);
	return mac[0] == 0x06 && mac[5] == 0x3a ? 0 : 1;
}
END
cat >"$dir/with_vdestack.c" <<'END'
#include <vdestack.h>

int main(void)
{
	vde_delstack((void *)0);
	return vde_stackcmd((void *)0, (char *)"/bin/true") == -1 ? 0 : 1;
}
END

# Meson's files say the final prefix; pkg-config puts DESTDIR in front.
export PKG_CONFIG_SYSROOT_DIR=$DESTDIR PKG_CONFIG_LIBDIR=$libs/pkgconfig
for package in ioth libioth iothaddr libiothaddr nlq libnlq vdestack; do
    source=with_${package#lib}
    flags=$(pkg-config --cflags --libs "$package") || fail "pkg-config does not know $package"
    # shellcheck disable=SC2086 # several words
    "$@" -o "$dir/$source" "$dir/$source.c" $flags || fail "a program does not compile with: $flags"
    LD_LIBRARY_PATH=$libs "$dir/$source" || fail "$source ended with status $?"
done

# --- and away: also after a second installation, whose log knows of no directory made

meson install -C "$build" --no-rebuild --quiet
"$src/scripts/uninstall" "$build"
left=$(find "$DESTDIR" \( -type f -o -type l \) -print)
[ -z "$left" ] || fail "left behind: $left"
[ ! -e "$libs/ioth" ] || fail "the directory of the plugins was left behind"
