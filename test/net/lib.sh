# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # many variables are for those who source this
# What the tests of this directory share; sourced, bash:
#
#	. "$(dirname "$0")/lib.sh"
#
# A test works in its private directory $dir and ends with `pass`, `skip REASON` or `fail REASON`
# (or by its last command, or by any unexpected failure: set -e).  However it ends, the process
# groups that it started by `start` or the network functions are ended and $dir is removed.
#
# Nothing here decides by time: `wait_for` waits for a condition, with a deadline so generous that
# reaching it means that the condition will never hold.
#
# The build tree comes from the environment (test/net/meson.build): SRC, BUILD, VDENS, EXAMPLES,
# LD_LIBRARY_PATH, IOTH_PLUGIN_PATH; a script that is run by hand finds $SRC/build.

set -eu
set -o pipefail # so no `| grep -q`: it leaves at the first match, and the other side dies of SIGPIPE
shopt -s inherit_errexit

: "${SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${BUILD:=$SRC/build}"
: "${VDENS:=$BUILD/tools/vdens/vdens}"
: "${EXAMPLES:=$BUILD/examples}"
: "${LD_LIBRARY_PATH:=$BUILD/lib/ioth:$BUILD/lib/vdestack}"
: "${IOTH_PLUGIN_PATH:=$BUILD/plugins/kernel:$BUILD/plugins/picox:$BUILD/plugins/vdestack}"
export LD_LIBRARY_PATH IOTH_PLUGIN_PATH
export LC_ALL=C
# Debian's own programs first: what `packages` installs is for its python3, not for another one.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

# NET_TEST_UID: the test runs as this user if it was started by root.
if [ -n "${NET_TEST_UID:-}" ] && [ -z "${NET_TEST_PRIVATE:-}" ]; then
	uid=$NET_TEST_UID
	unset NET_TEST_UID
	if [ "$(id -u)" != 0 ]; then
		echo "SKIP: the user is unprivileged already"
		exit 77
	fi
	drop="setpriv --reuid=$uid --regid=$uid --clear-groups"
	if ! $drop test -x "$VDENS" -a -r "$0"; then
		echo "SKIP: user $uid cannot reach the build tree"
		exit 77
	fi
	exec $drop env HOME=/nonexistent bash "$0" "$@"
fi

deadline=${NET_DEADLINE:-300} # seconds until a condition is taken for one that never comes true
test_name=$(basename "$0" .sh)
# Short, and not below $TMPDIR: the path of an AF_UNIX socket has 107 bytes.
dir=$(mktemp -d "/tmp/$test_name.XXXXXX")
declare -A started=() # process group id -> name
pid=

# --- how a test ends ------------------------------------------------------------------------

pass()
{
	exit 0
}

skip()
{
	echo "SKIP: $*"
	exit 77
}

# fail REASON: says why, shows the output of all that was started, ends the test.
fail()
{
	local log
	echo "FAIL: $* (line ${BASH_LINENO[-2]:-?} of $test_name.sh)"
	for log in "$dir"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}"
		tail -n 40 "$log"
	done
	exit 1
}

cleanup()
{
	local status=$? group
	trap - EXIT INT TERM HUP ERR
	set +e
	for group in "${!started[@]}"; do
		kill -TERM -- "-$group" 2>/dev/null
		kill -CONT -- "-$group" 2>/dev/null # a stopped process gets its SIGTERM now
	done
	for group in "${!started[@]}"; do
		local tries=0
		while kill -0 -- "-$group" 2>/dev/null && [ $((tries += 1)) -lt 100 ]; do
			wait_a_moment
		done
		kill -KILL -- "-$group" 2>/dev/null
		wait "$group" 2>/dev/null
	done
	rm -rf "$dir"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'echo "unexpected status $? of: $BASH_COMMAND (line $LINENO of ${BASH_SOURCE[0]##*/})"' ERR
set -E

# --- what the machine offers ------------------------------------------------------------------

have_command()
{
	command -v "$1" >/dev/null
}

# need_command NAME...: skips the test where one is missing.
need_command()
{
	local name
	for name; do
		have_command "$name" || skip "no command $name"
	done
}

# May this uid make user and network namespaces?
have_userns()
{
	unshare --user --map-root-user --net true 2>/dev/null
}

need_userns()
{
	need_command unshare ip
	have_userns || skip "user namespaces are not permitted here"
}

# Can this uid open /dev/net/tun?  (Otherwise the veth fallback is what runs.)
have_tun()
{
	{ : <>/dev/net/tun; } 2>/dev/null
}

# kernel_obeys: may a namespace of ours say whether the kernel follows routers by itself there? (Not where
# /proc/sys is read-only, as in some containers: there it does as it likes, and when.)
kernel_obeys()
{
	"$VDENS" - sh -c 'echo 0 >/proc/sys/net/ipv6/conf/lo/accept_ra' 2>/dev/null
}

need_vde()
{
	need_command vde_plug
}

need_root()
{
	[ "$(id -u)" = 0 ] || skip "needs uid 0"
}

# unthreaded PROGRAM: skips the test where the program is instrumented by ThreadSanitizer. Its run time has
# a thread of its own, and the kernel lets no process with threads enter a user namespace.
unthreaded()
{
	! ldd "$1" | grep libtsan >/dev/null || skip "ThreadSanitizer's own thread keeps ${1##*/} from entering namespaces"
}

# A program of the build tree (absolute path).
need_program()
{
	local program
	for program; do
		[ -x "$program" ] || skip "$program is not built"
	done
}

# in_private_net "$@": runs the whole script again inside a network namespace of its own, with lo up
# and multicast on it, so that vxvde:// and broadcast reach nobody else.  First line of a test.
in_private_net()
{
	[ -z "${NET_TEST_PRIVATE:-}" ] || return 0
	need_userns
	local flags='--user --map-root-user --net'
	[ "$(id -u)" != 0 ] || flags=--net
	rm -rf "$dir"
	trap - EXIT
	# shellcheck disable=SC2086 # several words
	NET_TEST_PRIVATE=1 exec unshare $flags -- sh -ec '
		ip link set lo up multicast on
		ip route add 224.0.0.0/4 dev lo
		ip -6 route add ff00::/8 dev lo table local 2>/dev/null || :
		exec bash "$@"' sh "$0" "$@"
}

# --- processes ----------------------------------------------------------------------------------

# Without a process: a test that waits must not take the processors from the others.
exec {lib_silence}<> <(:)
wait_a_moment() # [MILLISECONDS]
{
	local seconds
	printf -v seconds 0.%03d "${1:-20}"
	read -rt "$seconds" -u "$lib_silence" || :
}

# within SECONDS COMMAND [ARG...]: runs the command (a function, a test) until it succeeds; whether it did by then.
within()
{
	local end=$((SECONDS + $1)) pause=20
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		wait_a_moment $pause
		pause=$((pause < 100 ? pause + pause / 4 : 100))
	done
}

# wait_for COMMAND [ARG...]: the same, for what has to succeed.
wait_for()
{
	within "$deadline" "$@" || fail "waited ${deadline} s for: $*${out:+; last output: $out}${err:+; stderr: $err}"
}

# matches PATTERN...: $out has a line for each.
matches()
{
	local pattern
	for pattern; do
		grep -Eq -- "$pattern" <<<"$out" || return 1
	done
}

# prints PATTERN... -- COMMAND [ARG...]: runs it; whether its output has a line for each pattern. For `wait_for`: a client
# gives up some seconds after it has begun, and a server may have no time for so long, or a message be lost.
prints()
{
	local patterns=()
	while [ "$1" != -- ]; do
		patterns+=("$1")
		shift
	done
	shift
	run "$@"
	matches "${patterns[@]}"
}

# expect_lines PATTERN...: the output of what was run last. It is run again, some times, for the same reasons.
expect_lines()
{
	local tries
	for tries in 1 2 3 4 5 6; do
		! matches "$@" || return 0
		echo "try $tries: not matched by $*: $out"
		run "${ran[@]}"
	done
	fail "${ran[*]}: expected lines matching $*, seen: $out${err:+; stderr: $err}"
}

# start NAME COMMAND [ARG...]: runs a command in the background, in a process group of its own,
# its output in $dir/NAME.log, its stdin /dev/null or the file $stdin (opened for reading and
# writing, so that a FIFO has no end of file).  Sets $pid.
start()
{
	local name=$1
	shift
	: >"$dir/$name.log" # now, not when the process gets there: `says` reads no older words
	set -m
	"$@" <>"${stdin:-/dev/null}" >"$dir/$name.log" 2>&1 &
	pid=$!
	set +m
	started[$pid]=$name
}

# stop PID [SIGNAL]: ends what `start` started, and waits until the process is gone; those that it has
# started, which may still have an address or a port, get some seconds for it. (Zombies are gone.)
stop()
{
	local tries=0
	kill "-${2:-TERM}" -- "-$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
	while pgrep -g "$1" -r R,S,D,T >/dev/null && [ $((tries += 1)) -lt 200 ]; do
		wait_a_moment
	done
	unset "started[$1]"
}

# await PID: waits for the end of what `start` started; its exit status is in $status.
await()
{
	status=0
	wait "$1" || status=$?
	unset "started[$1]"
}

# A zombie is gone: in a container, nobody may be there to reap it.
is_gone()
{
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# says NAME PATTERN: the output of what was started as NAME has a line matching PATTERN.
says()
{
	grep -Eq -- "$2" "$dir/$1.log"
}

# --- the installed tree ---------------------------------------------------------------------------

# install_tree: installs the build tree below $dir/root and points shell, compiler and loader to it,
# so that the lines of the manuals work as they are written: vdens, gcc ... -lvdestack.
install_tree()
{
	need_command meson gcc
	[ -w "$BUILD/meson-logs" ] || skip "this user may not write to the build tree, as meson install does"
	# (Not grep -q, which would end ldd by SIGPIPE, and that is a failure here.)
	if ldd "$VDENS" "$BUILD/lib/vdestack/libvdestack.so.0" | grep -E 'lib(asan|tsan)' >/dev/null; then
		skip "programs compiled by hand do not run with the libraries of a sanitizer"
	fi
	meson install -C "$BUILD" --no-rebuild --quiet --destdir "$dir/root" >"$dir/install.log" 2>&1 ||
		fail "meson install"
	local prefix lib
	prefix=$(dirname "$(dirname "$(find "$dir/root" -path '*/bin/vdens')")")
	lib=$(dirname "$(find "$dir/root" -name libvdestack.so)")
	export PATH="$prefix/bin:$PATH" CPATH="$prefix/include" LIBRARY_PATH="$lib" LD_LIBRARY_PATH="$lib"
	unset IOTH_PLUGIN_PATH
	plugin_dir=$lib/ioth
}

# --- networks -------------------------------------------------------------------------------------

# Is there a listening AF_UNIX socket at this path?  (A socket appears in the file system at bind,
# before it listens: looking at the file alone would be a race.)
unix_listening()
{
	awk -v path="$1" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' \
		/proc/net/unix
}

# net_start KIND NAME: a VDE network at $dir/NAME, ready when the call returns; $vnl is its VNL,
# $pid its process.  KIND: hub, switch (vde_plug's), vde_switch (the classic one), ptp (no process:
# the two ends are the network).
net_start()
{
	local kind=$1 name=$2 path="$dir/$2"
	pid=
	case $kind in
	hub | switch)
		need_vde
		start "$name" vde_plug null:// "$kind://$path"
		;;
	vde_switch)
		need_command vde_switch
		[ -p "$dir/$name.stdin" ] || mkfifo "$dir/$name.stdin" # it ends with its stdin
		stdin="$dir/$name.stdin" start "$name" vde_switch -s "$path"
		;;
	ptp)
		vnl="ptp://$path"
		return
		;;
	*) fail "net_start: unknown kind $kind" ;;
	esac
	vnl="vde://$path"
	wait_for unix_listening "$path/ctl"
}

# vdens_start NAME VNL...: a vdens, up, whose namespaces others enter: inside NAME COMMAND...
declare -A inside_pid=() inside_group=()
vdens_start()
{
	need_command nsenter
	local name=$1
	shift
	# shellcheck disable=SC2016 # words of the inner shell
	start "$name" "$VDENS" --map-root --up --multi "$@" -- \
		sh -c 'echo "inside $$"; exec sleep 100000'
	inside_group[$name]=$pid
	wait_for says "$name" inside
	inside_pid[$name]=$(sed -n 's/^inside //p' "$dir/$name.log")
}

inside()
{
	local name=$1
	shift
	nsenter --target "${inside_pid[$name]}" --user --net --preserve-credentials "$@"
}

# settle HOST INTERFACE: its link-local address can be used when this returns: nobody has it, the kernel need not ask around
# for two seconds whether somebody does.
link_local()
{
	address=$(inside "$1" ip -o -6 addr show dev "$2" scope link | grep -o 'fe80::[0-9a-f:]*/64')
}
settle()
{
	local address
	wait_for link_local "$1" "$2"
	inside "$1" ip addr del "$address" dev "$2"
	inside "$1" ip addr add "$address" dev "$2" nodad
}

# --- assertions -------------------------------------------------------------------------------------

# run COMMAND [ARG...]: runs it to its end: $status, $out (stdout), $err (stderr).
run()
{
	ran=("$@")
	status=0
	"$@" >"$dir/.out" 2>"$dir/.err" </dev/null || status=$?
	out=$(cat "$dir/.out")
	err=$(cat "$dir/.err")
}

# assert_equal EXPECTED SEEN WHAT
assert_equal()
{
	[ "$1" = "$2" ] || fail "$3: expected '$1', seen '$2'${err:+; stderr: $err}"
}

# assert_match PATTERN SEEN WHAT: an extended regular expression, for one line of SEEN.
assert_match()
{
	grep -Eq -- "$1" <<<"$2" || fail "$3: expected a line matching '$1', seen '$2'"
}

assert_no_match()
{
	! grep -Eq -- "$1" <<<"$2" || fail "$3: expected no line matching '$1', seen '$2'"
}

# assert_status EXPECTED COMMAND [ARG...]: runs it, compares the exit status.
assert_status()
{
	local expected=$1
	shift
	run "$@"
	[ "$status" = "$expected" ] ||
		fail "$*: expected status $expected, seen $status; stdout: '$out', stderr: '$err'"
}
