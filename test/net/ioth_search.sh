#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where plugins are found: the one of the libioth page, compiled by the one line given there, in
# ~/.ioth; those beside the library, wherever it was loaded from; and which of them a set-user-ID
# program uses.
. "$(dirname "$0")/lib.sh"

need_command gcc
libioth=$BUILD/lib/ioth/libioth.so.0
search=$BUILD/test/net/ioth_search
need_program "$search"
# A sanitizer's run time does not work twice in a process, and ioth_foo.so is loaded privately.
if ldd "$search" | grep -E 'lib(asan|tsan)' >/dev/null; then
	skip "private namespaces do not work under sanitizers (dlmopen)"
fi
unset IOTH_PLUGIN_PATH
mkdir -p "$dir/home/.ioth" "$dir/other" "$dir/lib/ioth"
export HOME=$dir/home

# The line of the page; the header is not installed, so that the compiler is told of it.
cp "$SRC/examples/ioth_foo.c" "$dir"
(cd "$dir" && C_INCLUDE_PATH=$SRC/include gcc -o ioth_foo.so -fPIC -shared ioth_foo.c)

assert_status 1 "$search" foo
assert_match '^foo: no: No such file or directory: .*/\.ioth, /' "$out" "foo, not installed"
cp "$dir/ioth_foo.so" "$dir/home/.ioth"
assert_status 0 "$search" foo foo
assert_equal "foo: 1 sockets
foo: 1 sockets" "$err" "each stack of foo counts for itself"

# Beside the library. The link is what programs name; the directory it lies in is what counts.
cp "$BUILD/plugins/kernel/ioth_kernel-r.so" "$dir/lib/ioth"
ln -s ioth_kernel-r.so "$dir/lib/ioth/ioth_kernel_n.so"
assert_status 1 "$search" kernel
cp -L "$libioth" "$dir/lib/libioth.so.0.9"
ln -s libioth.so.0.9 "$dir/lib/libioth.so.0"
LD_LIBRARY_PATH=$dir/lib assert_status 0 "$search" kernel kernel_n foo
# By a relative path, and from another directory than where it was loaded.
cd "$dir"
LD_LIBRARY_PATH=lib assert_status 0 "$search" kernel
cd /

# A program with more rights than its user takes nothing from where the user could have put it.
[ "$(id -u)" = 0 ] || pass
[ -z "$(findmnt -n -o OPTIONS -T "$dir" | grep -w nosuid)" ] || pass
chmod 755 "$dir" "$dir/home" "$dir/home/.ioth"
gcc -I"$SRC/include" -o "$dir/trusted" "$SRC/test/net/ioth_search.c" \
	-L"$dir/lib" -l:libioth.so.0 -Wl,-rpath,"$dir/lib"
chmod 4755 "$dir/trusted"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
cp "$dir/ioth_foo.so" "$dir/other"
export IOTH_PLUGIN_PATH=$dir/other
assert_status 0 "${nobody[@]}" "$search" foo
assert_status 1 "${nobody[@]}" "$dir/trusted" foo
assert_match '^foo: no: ' "$out" "foo, from the user's path, set-user-ID"
assert_status 0 "${nobody[@]}" "$dir/trusted" kernel
pass
