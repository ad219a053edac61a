#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What vdens says when it cannot do what it was asked to: status 1, the thing that was wrong named,
# the command not run, nothing left behind.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_program "$VDENS"
unthreaded "$VDENS"
net_start hub hub
hub=$vnl

# expect_error PATTERN OPTION...: the command would leave a file.
expect_error()
{
	local pattern=$1
	shift
	assert_status 1 "$VDENS" "$@" touch "$dir/ran"
	assert_equal "" "$out" "stdout of: $*"
	assert_match "^vdens: $pattern\$" "$err" "stderr of: $*"
	[ ! -e "$dir/ran" ] || fail "$*: the command ran"
}

expect_error "cannot open network vde://$dir/none: No such file or directory" "vde://$dir/none"
expect_error "cannot open network none://: libvdeplug knows no network of the kind 'none'; .*vde.*" none://
expect_error "cannot open network vde://$dir/none: No such file or directory" \
	-m "$hub" "vde://$dir/none" --
expect_error "cannot open network vde://$dir/none: No such file or directory" -c "vde://$dir/none"
expect_error "cannot create interface lo: File exists" "lo:$hub"
expect_error "two interfaces would be named vde1" -m "vde1:$hub" "$hub" --
expect_error "-i: 'a/b' followed by 0 is not the name of an interface" -i a/b "$hub"
expect_error "-i: 'x{64}' followed by 0 is not the name of an interface" \
	-i "$(head -c 65000 /dev/zero | tr '\0' x)" "$hub"
expect_error ".*: '\.\.' is not the name of an interface" "..:$hub"
expect_error "--mtu: '67' is not a number from 68 to 65535" --mtu 67 "$hub"
expect_error "--netns-fd: 'x' is not the number of a descriptor" --netns-fd x "$hub"
expect_error "descriptor 0 \(--netns-fd\) is not a network namespace: Invalid argument" \
	--netns-fd 0 "$hub"
expect_error "descriptor 99 \(--netns-fd\) is not a network namespace: Bad file descriptor" \
	--netns-fd 99 -

# A relay that cannot get its interface: upstream did not look, with -m.
IOTH_NETNS_PORT=veth expect_error "cannot create interface lo: File exists" -m "$hub" "lo:$hub" --

# The commonest mistakes get a second line.
# expect_hint STATUS HINT WORD...: what vdens says in the end, an empty HINT for nothing more.
expect_hint()
{
	local status=$1 hint=$2
	shift 2
	assert_status "$status" "$VDENS" "$@"
	assert_equal "$hint" "$(tail -n +2 <<<"$err")" "the hint for: vdens $*"
}

export SHELL=/bin/sh # the command where there is one word: the network is opened first
cd "$dir"
first='vdens: the first word is the network; for none: vdens -'
dashes="vdens: with -m, '--' stands in front of the command: ... --"
expect_hint 1 "$first ls" ls
expect_hint 1 "$first ip ..." ip addr
expect_hint 1 "$first /bin/sh ..." /bin/sh -c true
expect_hint 1 "" "vde://$dir/none" ls
expect_hint 1 "" "$dir/none" ls
expect_hint 1 "$dashes ip ..." -m "$hub" ip -br link
expect_hint 1 "" -m "$hub" none -- ip
expect_hint 127 "vdens: several networks need -m, and '--' in front of the command" \
	"$hub" "vde://$dir/none" ip
expect_hint 127 "" - "$dir/none"
for wrong in --nonsense -Z --mtu; do
	expect_hint 1 "Try 'vdens --help'" "$wrong"
done
cd /
assert_status 0 "$VDENS" "$hub" -- echo ran
assert_equal ran "$out" "'--' between network and command"
assert_status 0 "$VDENS" -m -- ip -br link
assert_no_match vde "$out" "-m without network"
assert_match '^lo ' "$out" "-m without network"

# User namespaces forbidden: the limit can be lowered inside another user namespace.
# shellcheck disable=SC2016
forbidden='echo 0 >/proc/sys/user/max_user_namespaces; exec "$0" "$@"'
for how in "" -u -c --pid; do
	for network in - "$hub"; do
		# shellcheck disable=SC2086
		assert_status 1 unshare --user --map-root-user sh -ec "$forbidden" "$VDENS" $how \
			"$network" touch "$dir/ran"
		assert_match '^vdens: cannot create the namespaces: No space left on device$' "$err" \
			"namespaces forbidden, $how $network"
		assert_match '^vdens: .*: sysctl user.max_user_namespaces is 0$' "$err" \
			"the sysctl variable, $how $network"
		[ ! -e "$dir/ran" ] || fail "the command ran"
	done
done

# No descriptors 0 to 2 at all.
assert_status 6 bash -c 'exec "$0" "$1" sh -c "exit 6" <&- >&- 2>&-' "$VDENS" "$hub"
assert_status 1 bash -c 'exec "$0" "$1" true <&- >&- 2>&-' "$VDENS" "vde://$dir/none"

# No process of a failed start is left.
wait_for bash -c '! pgrep -f "$0" >/dev/null' "touch $dir/ra[n]"
