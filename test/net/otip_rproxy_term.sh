#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGTERM in any moment of a start, and in the first turns of the loop: otip_rproxy ends with status 0, and leaves neither
# its pid file nor its control socket. strace sends it as the process makes a system call for the Nth time. Nobody
# is on its network, which is in its memory.
. "$(dirname "$0")/lib.sh"
need_command strace timeout
RPROXY=$BUILD/daemon/otip_rproxy/otip_rproxy
need_program "$RPROXY"
! ldd "$RPROXY" | grep -E 'lib[at]san' >/dev/null || skip "a sanitizer's look for leaks does not go with ptrace"
strace -o /dev/null true 2>/dev/null || skip "ptrace is not permitted"

for moment in signalfd4:1 link:1 epoll_create1:1 listen:1 bind:1 bind:2 timerfd_settime:1 epoll_ctl:3 epoll_wait:1 epoll_wait:2; do
	echo "--- ${moment%:*}, number ${moment#*:}"
	status=0
	timeout 120 strace -o "$dir/trace" -e "inject=${moment%:*}:signal=TERM:when=${moment#*:}" \
		"$RPROXY" --extstack "stack=picox,vnl=mem://term" --base fc01:: --name renzo.otip --passwd mypassword \
		--tcp 4242,::1,1 --udp 4242,::1,1 --otip_period 1 --drain 1 \
		--pidfile "$dir/pid" --control "$dir/control" 2>"$dir/said" || status=$?
	[ "$status" -eq 0 ] || fail "status $status: $(cat "$dir/said")"
	grep 'leaving on signal 15' "$dir/said" >/dev/null || fail "the moment has not come: $(cat "$dir/said")"
	[ ! -e "$dir/pid" ] || fail "the pid file is there"
	[ ! -e "$dir/control" ] || fail "the control socket is there"
done
pass
