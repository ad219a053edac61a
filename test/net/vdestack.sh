#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvdestack: its test programs, over a hub and a cable, with both kinds of port.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
tests=$BUILD/test/net
need_program "$tests/vdestack_traffic" "$tests/vdestack_life" "$tests/vdestack_stackcmd"

ports=veth
! have_tun || ports="tap veth"

net_start hub hub
hub=$vnl
net_start ptp ptp
ptp=$vnl
assert_status 0 "$tests/vdestack_stackcmd"
# Root does without a user namespace where there is none to be had.
cat >"$dir/no_userns" <<'END'
echo 0 >/proc/sys/user/max_user_namespaces
exec "$@"
END
assert_status 0 unshare --user --map-root-user --net sh -e "$dir/no_userns" \
	"$tests/vdestack_stackcmd"
for port in $ports; do
	export IOTH_NETNS_PORT=$port
	assert_status 0 "$tests/vdestack_traffic" "$hub"
	# A cable has two ends.
	for name in test_two_stacks test_bulk test_fork; do
		assert_status 0 "$tests/vdestack_traffic" "$ptp" $name
	done
	assert_status 0 "$tests/vdestack_life" "$hub"
	export VDESTACK_TEST_COUNT=1000 # ten thousand stacks once are enough
done
