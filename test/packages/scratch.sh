#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs, uses and removes the packages of packages.sh on a copy of this machine. In mount, PID and network
# namespaces of its own; what it mounts and starts ends with it.
#
#     scratch.sh DIR        DIR/deb: packages, and the copy of the tree that they were built in
set -eu
set -o pipefail
dir=$1
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
scratch=$dir/scratch
root=$scratch/root

fail() {
    echo "FAIL: $*"
    exit 1
}
trap 'echo "unexpected status $? of: $BASH_COMMAND (line $LINENO of scratch.sh)"' ERR

# --- the copy

mkdir "$scratch"
mount -t tmpfs -o mode=755 tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root$dir/deb"
chmod 755 "$root$dir"
cp -a "$dir/deb/ioth" "$root$dir/deb/"
find "$dir/deb" -name '*.deb' ! -name '*-dbgsym_*' -exec cp {} "$root$dir/deb/" \;

# A process of this machine's copy: its root directory is the copy, which chroot alone would not do, since a
# process in a chroot may not make user namespaces.
on_copy() {
    # shellcheck disable=SC2016 # words of the inner shell
    unshare --mount -- sh -ec '
        cd "$1"
        pivot_root . mnt
        cd "$2"
        mount -t proc proc /proc
        umount -l /mnt
        shift 2
        exec "$@"' sh "$root" "$dir/deb/ioth" "$@"
}

as_user() {
    on_copy setpriv --reuid=65534 --regid=65534 --clear-groups \
        env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin LC_ALL=C "$@"
}

# What was written and is no record of dpkg's, ldconfig's or man's: files, directories that are new.
written() {
    (
        cd "$scratch/upper"
        find . -mindepth 1 \( -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt \
            -o -path ./etc/ld.so.cache \) -prune -o -print | while read -r path; do
            [ -d "$path" ] && [ -d "/$path" ] || echo "${path#.}"
        done
    ) | sort
}

quietly() {
    "$@" >"$dir/quiet" 2>&1 || {
        cat "$dir/quiet"
        fail "$*"
    }
}

# package NAME VERSION DEPENDS FILE: a package that stands for one of Debian's.
package() {
    local tree=$dir/package
    rm -rf "$tree"
    mkdir -p "$tree/DEBIAN" "$tree/$(dirname "$4")"
    echo "of Debian's $1" >"$tree/$4"
    printf '%s\n' "Package: $1" "Version: $2" "Architecture: $(dpkg --print-architecture)" "Depends: $3" \
        'Maintainer: nobody <nobody@localhost>' 'Description: stands for another one' >"$tree/DEBIAN/control"
    quietly dpkg-deb --build --root-owner-group "$tree" "$root/tmp/other/$1.deb"
}

libdir=/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
files=("$root$dir"/deb/*.deb)
packages=$(for file in "${files[@]}"; do dpkg-deb -f "$file" Package; done)
# shellcheck disable=SC2086 # several words
on_copy dpkg --purge --force-depends $packages vdens libvdestack0 libvdestack-dev >"$dir/quiet" 2>&1 || :
written >"$dir/before"

# --- they take the place of Debian's

mkdir "$root/tmp/other"
package vdens 0.2-1 libc6 usr/bin/vdens
package libvdestack0 0.1.2-1 libc6 "$libdir/libvdestack.so.0"
package libvdestack-dev 0.1.2-1 'libvdestack0 (= 0.1.2-1)' usr/include/vdestack.h
package of-vdens 1 'vdens (>= 0.2), libvdestack0 (>= 0.1.2)' usr/share/of-vdens
# shellcheck disable=SC2016 # words of the inner shell
quietly on_copy dpkg -i /tmp/other/{vdens,libvdestack0,libvdestack-dev,of-vdens}.deb
quietly on_copy apt-get -q -y --no-install-recommends --allow-downgrades install "${files[@]#"$root"}"
for other in vdens libvdestack0 libvdestack-dev; do
    ! on_copy dpkg-query -W -f '${db:Status-Status}' $other 2>/dev/null | grep -x installed ||
        fail "$other is still installed"
done
quietly on_copy dpkg --purge of-vdens

# --- they are whole, and work

for package in $packages; do
    on_copy dpkg --verify "$package" >"$dir/verify" && [ ! -s "$dir/verify" ] || fail "$package: $(cat "$dir/verify")"
done
quietly on_copy apt-get -q check
for daemon in iothnamed iothradvd namedhcp namedhcp4 otip_rproxy; do
    on_copy test -L "/etc/systemd/system/multi-user.target.wants/$daemon.service" || fail "$daemon.service is not enabled"
    [ ! -x /usr/bin/systemd-analyze ] || quietly on_copy systemd-analyze verify "$daemon.service"
    [ ! -s "$dir/quiet" ] || fail "systemd on $daemon.service: $(cat "$dir/quiet")"
done
as_user bash test/packages/use.sh || fail "what the packages have installed cannot be used"

# --- and go

# shellcheck disable=SC2086 # several words
quietly on_copy apt-get -q -y purge $packages
written | comm -13 "$dir/before" - >"$dir/left"
[ ! -s "$dir/left" ] || fail "left behind by the packages: $(cat "$dir/left")"
! on_copy ldconfig -p | grep -E 'lib(ioth|picoxnet|nlq|vdestack)' || fail "the loader still knows a library"

# --- make install, make uninstall: in a DESTDIR, and in place

build=obj-$(dpkg-architecture -q DEB_HOST_GNU_TYPE)
quietly on_copy make install BUILD="$build" PREFIX=/usr DESTDIR="$dir/destdir"
for file in "${files[@]}"; do
    dpkg-deb -c "$file" | awk '$1 ~ /^-/ { print $6 }' | sed -n 's,^\.\(/usr/\(bin\|include\|lib\)/.*\),\1,p'
done >"$dir/paths"
[ -s "$dir/paths" ] || fail "the packages are empty"
while read -r path; do
    [ -f "$root$dir/destdir$path" ] || fail "make install: there is no $path"
done <"$dir/paths"
quietly on_copy make uninstall BUILD="$build" DESTDIR="$dir/destdir"
[ ! -e "$root$dir/destdir" ] || fail "left behind in DESTDIR: $(find "$root$dir/destdir")"

quietly on_copy make install BUILD="$build"
as_user bash test/packages/use.sh || fail "what 'make install' has installed cannot be used"
quietly on_copy make uninstall BUILD="$build"
written | comm -13 "$dir/before" - >"$dir/left"
[ ! -s "$dir/left" ] || fail "left behind by 'make install': $(cat "$dir/left")"
