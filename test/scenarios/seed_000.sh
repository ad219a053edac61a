#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page that says what the Internet of Threads is (seeds 000 and 001, the same text twice): what it lists is here, by
# the names of the page, and "processes and even threads can be the endpoints of Internet connections".
#
#     threads fd00::1 ... fd00::8 of one process ---[hub]--- a process fd00::ffff (vdens)
. "$(dirname "$0")/scenario_lib.sh"
need_command pkg-config ping nc
need_program "$EXAMPLES/ioth_threads"

# --- "Several projects in VirtualSquare implement the idea": the page's list
for library in ioth libioth picoxnet iothconf iothdns iothaddr iothradvd iothotip nlq libnlq vdestack; do
	assert_status 0 pkg-config --exists "$library"
done
for plugin in vdestack picox; do
	[ -e "$BUILD/plugins/$plugin/ioth_$plugin-r.so" ] || fail "there is no plugin $plugin"
done
for program in iothnamed namedhcp namedhcp4 iothradvd otip_rproxy otipaddr vdens; do
	assert_status 0 "$program" --version
done

# --- "what": eight threads, each with its address, one process
network
line threads 'ioth_threads vde:///tmp/hub fd00:: 8'
wait_for says threads '^8 threads, 8 addresses'
# A process that was written without all this.
terminal process 'vdens vde:///tmp/hub'
at process 'ip addr add fd00::ffff/64 dev vde0 nodad'
at process 'ip link set vde0 up'
for n in 1 8; do
	at_last process "ping -c 1 fd00::$n"
	# The end of a conversation is the thread itself: it sends back what it is told.
	at_last process "echo 'are you there, $n?' | nc -u -6 -w 2 fd00::$n 5000 | grep 'are you there, $n'"
done
# --- "why": the service has the address, not the machine: outside nobody has heard of it
assert_no_match 'fd00::[18]/' "$(ip -6 addr)" "addresses of the machine"
pass
