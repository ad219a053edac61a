#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Debian packages, from nothing to nothing: built from a clean copy of the tree without a network,
# looked at by lintian, installed, used, purged; and `make install` and `make uninstall` likewise. Two to
# three minutes of two processors; root.
#
# They are installed on a copy of this machine: an overlay over its root directory, in namespaces of the
# test's own, where all that is written goes to a memory file system and is gone with the test. What they
# depend on is here, since the tree was built here; so nothing is downloaded.
. "$(dirname "$0")/../net/lib.sh"
need_root
need_command dpkg-buildpackage dh lintian apt-get unshare pivot_root
here=$(cd "$(dirname "$0")" && pwd)

unshare --mount sh -ec '
	mount -t tmpfs tmpfs "$1"
	mkdir "$1/upper" "$1/work" "$1/root"
	mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"' sh "$dir" 2>"$dir/overlay.log" ||
	skip "no overlay file system can be mounted here: $(cat "$dir/overlay.log")"

phase()
{
	echo "--- $1 (${SECONDS} s)"
}

phase "building"
unshare --net "$SRC/scripts/deb" "$dir/deb" >"$dir/build.log" 2>&1 || fail "the packages cannot be built"

rm "$dir/build.log"
phase "lintian"
run lintian --allow-root --fail-on error,warning --suppress-tags very-long-line-length-in-source-file \
	-EvIL +pedantic "$dir"/deb/*.changes
grep -E '^[A-Z]: ' <<<"$out" | grep -v '^N: ' || :
[ "$status" = 0 ] || fail "lintian finds something"

phase "a copy of this machine"
unshare --mount --pid --net --ipc --uts --fork --kill-child -- "$here/scratch.sh" "$dir" ||
	fail "see above"
phase "done"
