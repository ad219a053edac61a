#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vdens --netns-fd: into the network namespace of another vdens, as a second terminal.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_program "$VDENS"
unthreaded "$VDENS"
net_start hub hub
hub=$vnl

for how in "" --map-root; do
	# shellcheck disable=SC2086
	start "first$how" "$VDENS" $how "$hub" sh -ec 'ip addr add 10.4.0.1/24 dev vde0
		ip link set vde0 up; echo up; exec sleep 1000'
	first=$pid
	wait_for says "first$how" up
	inside=$(pgrep -P "$first")
	exec 5<"/proc/$inside/ns/net"
	expected=$(readlink "/proc/$inside/ns/net" "/proc/$inside/ns/user" | xargs)

	assert_status 0 "$VDENS" --netns-fd 5 - sh -ec 'readlink /proc/self/ns/net /proc/self/ns/user'
	assert_equal "$expected" "$(xargs <<<"$out")" "namespaces"
	assert_status 0 "$VDENS" --netns-fd 5 - ip -o -4 addr show vde0
	assert_match ' inet 10.4.0.1/24 ' "$out" "the interface of the first vdens"
	# It may configure, too.
	assert_status 0 "$VDENS" --netns-fd 5 - ip addr add 10.4.0.9/24 dev vde0
	assert_status 0 "$VDENS" --netns-fd 5 - ip addr del 10.4.0.9/24 dev vde0

	# A second interface; it goes with the second vdens. The other options work as ever.
	assert_status 8 "$VDENS" --netns-fd 5 -R 9.9.9.9 -H second --up "second0:$hub" sh -ec '
		ip -o link; cat /etc/resolv.conf; hostname; exit 8'
	assert_match 'vde0.*[,]UP' "$out" "first interface"
	assert_match 'second0.*[,]UP' "$out" "second interface"
	assert_match '^nameserver 9.9.9.9$' "$out" "-R"
	assert_match '^second$' "$out" "-H"
	# (The kernel takes a moment to remove the interface when its last descriptor is closed.)
	wait_for bash -c '! "$0" --netns-fd 5 - ip link show second0' "$VDENS"
	assert_status 1 "$VDENS" --netns-fd 5 "vde0:$hub" true
	assert_equal "vdens: cannot create interface vde0: File exists" "$err" "name taken"
	if "$VDENS" --pid - true 2>/dev/null; then
		assert_status 0 "$VDENS" --pid --netns-fd 5 - sh -c 'echo $$; readlink /proc/self/ns/net'
		assert_equal "2 ${expected%% *}" "$(xargs <<<"$out")" "with --pid"
	fi

	# Another namespace than a network namespace.
	exec 6<"/proc/$inside/ns/uts"
	assert_status 1 "$VDENS" --netns-fd 6 - true
	assert_match 'descriptor 6 \(--netns-fd\) is not a network namespace' "$err" "a UTS namespace"
	exec 5<&- 6<&-
	stop "$first"
done

# The namespace that we are in: only who has CAP_SYS_ADMIN there may.
exec 5</proc/self/ns/net
if [ "$(id -u)" = 0 ]; then
	assert_status 0 "$VDENS" --netns-fd 5 -R 9.9.9.9 - readlink /proc/self/ns/user
	assert_equal "$(readlink /proc/self/ns/user)" "$out" "user namespace"
	assert_status 0 grep -c . /etc/resolv.conf
	assert_no_match '^nameserver 9.9.9.9$' "$(cat /etc/resolv.conf)" "resolv.conf outside"
else
	assert_status 1 "$VDENS" --netns-fd 5 - true
	assert_equal "vdens: cannot join the network namespace of descriptor 5 (--netns-fd): Operation not permitted" \
		"$err" "not permitted"
fi
