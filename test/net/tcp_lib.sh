# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2119,SC2120 # for those who source this
# What the tests of TCP over VDE share; sourced after lib.sh.
#
#	server: 10.0.0.1, fd00::1 --- left --- impair --- right --- client: 10.0.0.2, fd00::2
#
# Both sides are the same program (tcp_peer.c): with the stack picox, or on the kernel's, in a vdens.

: "${PEER:=$BUILD/test/net/tcp_peer}"
: "${IMPAIR:=$BUILD/test/net/impair}"
need_userns
need_vde
need_program "$VDENS" "$PEER" "$IMPAIR"

# path_start [OPTION=VALUE ...]: the bridge between two cables: $left, $right, $bridge. (Cables, since
# they push back where a hub loses.)
path_start()
{
	net_start ptp left
	left=$vnl
	net_start ptp right
	right=$vnl
	start bridge "$IMPAIR" "$left" "$right" "$@"
	bridge=$pid
	wait_for says bridge ready
}

path_stop()
{
	local name
	for name in left right; do
		[ -z "${inside_pid[$name]:-}" ] || stop "${inside_group[$name]}"
		unset "inside_pid[$name]"
	done
	stop "$bridge"
}

# on STACK VNL ADDRESSES ARG...: tcp_peer there, into the array $command. STACK: picox, with options if
# need be; or kernel: that of a vdens, which stays until the end of the test, so that what a process
# leaves to the kernel at its end is delivered.
on()
{
	local stack=$1 vnl=$2 addresses=$3 name=${2##*/}
	shift 3
	if [ "$stack" = kernel ]; then
		[ -n "${inside_pid[$name]:-}" ] || vdens_start "$name" "$vnl"
		# Not by the function `inside`: the shell around it would not hand on the exit status.
		command=(nsenter --target "${inside_pid[$name]}" --user --net --preserve-credentials
			"$PEER" kernel - "$addresses" "$@")
	else
		command=("$PEER" "$stack" "$vnl" "$addresses" "$@")
	fi
}

# server_start STACK [WORD=VALUE ...]
server_start()
{
	local stack=$1
	shift
	on "$stack" "$left" ip=10.0.0.1/24,ip=fd00::1/64 serve "$@"
	start server "${command[@]}"
	server=$pid
	wait_for says server listening
}

# It ends in order, and has seen no failure.
server_stop()
{
	kill -TERM -- "-$server"
	await "$server"
	assert_equal 0 "$status" "the server's end"
}

# client STACK ADDRESS [WORD=VALUE ...]: runs it to its end, which must be a good one; $out has its line.
client()
{
	local stack=$1 address=$2
	shift 2
	on "$stack" "$right" ip=10.0.0.2/24,ip=fd00::2/64 connect "$address" "$@"
	run "${command[@]}"
	[ "$status" = 0 ] || fail "client $stack $address $*: status $status: $out; $err"
}

# resets: those of $dir/segments that are no answer to a segment that came late. Who has sent and seen both
# ends of a connection and the last acknowledgement forgets it; another one of that (the end was sent twice,
# since the machine let the other side wait) is answered by a reset without ACK: RFC 9293, 3.10.7.1.
resets()
{
	awk '$4 == 1 && !(($2, $3) in fin) { fin[$2, $3]; ends[$2]++ }
		$5 == 1 && ($6 == 1 || ends[$2] < 2)' "$dir/segments"
}

# clean_capture FILE COUNT [PATTERN...]: at least so many segments, no reset, and tshark's expert has no warning
# and no error but those that match a pattern, and notes of nothing but the end of connections.
clean_capture()
{
	local file=$1 count=$2 faults pattern
	shift 2
	if ! have_command tshark; then
		echo "no tshark: the capture is not read"
		return
	fi
	export HOME=$dir # nobody's own configuration
	tshark -r "$file" -d tcp.port==5000,data -o tcp.check_checksum:TRUE -q -z expert,note \
		>"$dir/expert" 2>"$dir/tshark.err" || fail "tshark: $(cat "$dir/tshark.err")"
	tshark -r "$file" -Y tcp -T fields -e frame.number -e tcp.stream -e tcp.srcport -e tcp.flags.fin \
		-e tcp.flags.reset -e tcp.flags.ack 2>/dev/null >"$dir/segments"
	[ -z "$(resets)" ] || fail "connections were reset: $(resets)"
	faults=$(grep -E '^ +[0-9]+ .* TCP ' "$dir/expert" || :)
	# The kernel writes a checksum of zero as 0xffff, which is as good (skb_checksum_help), and so does its relay.
	for pattern in 'the connection closing' 'Connection reset' '0xffff instead of 0x0000' "$@"; do
		faults=$(grep -Ev -- "$pattern" <<<"$faults" || :)
	done
	[ -z "$faults" ] || fail "tshark finds in ${file##*/}: $faults"
	[ "$(wc -l <"$dir/segments")" -ge "$count" ] || fail "${file##*/} is too short"
}
