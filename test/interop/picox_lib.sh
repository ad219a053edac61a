# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2120 # for those who source this
# What the tests of the user-space stack against Linux share; sourced after test/net/lib.sh.
#
#	node (picox, unprivileged)           peer: a vdens, the kernel's stack
#	10.0.0.1, fd00::1 ------- hub ------- 10.0.0.2, fd00::2
#	      |
#	      pcap=: all that the node sends and receives, for tshark
#
#	ask COMMAND...      the node does it (node.c has the table); $answer is what it says
#	peer COMMAND...     runs it in the vdens, as root of that namespace
#	clean_capture       the node's capture is read by tshark: nothing malformed, no error

: "${NODE:=$BUILD/test/interop/node}"
need_userns
need_vde
need_program "$VDENS" "$NODE" "$EXAMPLES/ioth_ping"

capture=$dir/node.pcap
export HOME=$dir # for tshark: nobody's own configuration

# node_start [VNL [OPTIONS]]: without addresses yet.
node_start()
{
	[ -p "$dir/node.in" ] || mkfifo "$dir/node.in" "$dir/node.out"
	# shellcheck disable=SC2016 # words of the inner shell
	start node bash -c 'exec "$@" <"$0.in" >"$0.out"' "$dir/node" "$NODE" "${1:-$vnl}" \
		"pcap=$capture${2:+,$2}"
	node=$pid
	exec 5>"$dir/node.in" 6<"$dir/node.out"
}

node_stop()
{
	echo quit >&5
	await "$node"
	exec 5>&- 6<&-
	assert_equal 0 "$status" "the node's end"
}

ask()
{
	local line
	answer=
	echo "$*" >&5
	while IFS= read -r line <&6 && [ "$line" != . ]; do
		answer+=$line$'\n'
	done
	[[ $answer != error:* ]] || {
		echo "node: $*: $answer"
		return 1
	}
}

# shows COMMAND... -- PATTERN: for wait_for.
shows()
{
	local words=()
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	ask "${words[@]}" && grep -Eq -- "$2" <<<"$answer"
}

peer()
{
	inside peer "$@"
}

# The usual pair, on a hub.
pair_start()
{
	net_start "${1:-hub}" network
	hub=$pid
	node_start
	ask address 10.0.0.1/24
	ask address fd00::1/64
	vdens_start peer "$vnl"
	peer ip addr add 10.0.0.2/24 dev vde0
	peer ip addr add fd00::2/64 dev vde0 nodad
}

# captured FILTER: a frame like that was on the wire; for wait_for. (The end of a capture that is being
# written may be missing: tshark complains.)
captured()
{
	tshark -r "$capture" -Y "$1" 2>/dev/null >"$dir/frames" || :
	[ -s "$dir/frames" ]
}

# clean_capture COUNT [PATTERN...]: the capture has at least so many frames, and tshark's expert has no
# warning and no error to tell of them but those that match a pattern. (Notes and chat are no faults.)
clean_capture()
{
	local count=$1 faults pattern
	shift
	if ! have_command tshark; then
		echo "no tshark: the capture is not read"
		return
	fi
	tshark -r "$capture" -q -z expert,warn -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		>"$dir/expert" 2>"$dir/tshark.err" || fail "tshark: $(cat "$dir/tshark.err")"
	faults=$(grep -E '^ +[0-9]+ ' "$dir/expert" || :)
	for pattern; do
		faults=$(grep -Ev -- "$pattern" <<<"$faults" || :)
	done
	[ -z "$faults" ] || fail "tshark finds: $faults"
	[ "$(tshark -r "$capture" -T fields -e frame.number 2>/dev/null | wc -l)" -ge "$count" ] ||
		fail "the capture is too short"
}
