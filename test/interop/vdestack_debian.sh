#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A program compiled and linked against Debian's libvdestack-dev runs with our library in the place
# of Debian's. The packages are downloaded and unpacked, not installed.
. "$(dirname "$0")/../net/lib.sh"

need_userns
need_command gcc dpkg-deb apt-get
packages=$BUILD/debian # kept for the next time, where the build directory may be written to
mkdir -p "$packages" 2>/dev/null && [ -w "$packages" ] || packages=$dir
(
	flock 9
	cd "$packages"
	for package in libvdestack0 libvdestack-dev; do
		compgen -G "${package}_*.deb" >/dev/null ||
			timeout 60 apt-get -q download "$package" >&2 || exit 1
	done
) 9>"$packages/.lock" || skip "Debian's libvdestack-dev cannot be downloaded"
for deb in "$packages"/libvdestack*.deb; do
	dpkg-deb -x "$deb" "$dir/debian"
done
theirs=$(dirname "$(echo "$dir"/debian/usr/lib/*/libvdestack.so.0)")

cat >"$dir/program.c" <<'END'
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <vdestack.h>

static int index_of(int fd, const char *name)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, name);
	return ioctl(fd, SIOCGIFINDEX, &ifr) < 0 ? -1 : ifr.ifr_ifindex;
}

int main(int argc, char *argv[])
{
	struct vdestack *stack = vde_addstack(argv[1], "test0");
	int fd;

	if (stack == NULL) {
		perror("vde_addstack");
		return 1;
	}
	fd = vde_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	printf("msocket %d\n", index_of(fd, "test0"));
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	printf("native %d\n", index_of(fd, "test0"));
	close(fd);
	vde_default_stack(stack);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	printf("default %d\n", index_of(fd, "test0"));
	close(fd);
	vde_default_stack(NULL);
	fflush(stdout);
	printf("status %d\n", vde_stackcmd(stack, "/bin/echo one; /bin/sh -c 'exit 3'; /bin/echo two"));
	vde_delstack(stack);
	return 0;
}
END
# The sanitizers want to be first in a program, and this one is not instrumented.
unset LD_PRELOAD
gcc -o "$dir/program" -I "$dir/debian/usr/include" "$dir/program.c" -L "$theirs" -lvdestack \
	-Wl,--allow-shlib-undefined
if readelf -d "$BUILD/lib/vdestack/libvdestack.so.0" | grep -E 'lib(a|t|ub)san' >/dev/null; then
	skip "an instrumented library does not go into a program that is not"
fi
net_start ptp network
assert_status 0 "$dir/program" "$vnl"
assert_equal "msocket 2
native -1
default 2
one
status 3" "$out" "output of the program"
