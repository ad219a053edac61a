# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # some variables are for those who source this
# What the chapters of the show are told with; sourced by scripts/demo-show.
#
# Every program runs in the background with its output in $dir/NAME.log; it is waited for by what it
# says or does, never by time.  However the show ends, all of them are told to end, and $dir goes.

patience=120 # seconds after which a step counts as one that does not happen

# Short, and not below $TMPDIR: the path of an AF_UNIX socket has 107 bytes.
dir=$(mktemp -d /tmp/ioth-show.XXXXXX)
vnl=vde://$dir/sw
declare -A pid_of=() # what runs: a number that has been waited for may be another process's

end_all() { # SIGNAL
    local name
    exec 3>&-
    for name in "${!pid_of[@]}"; do
        kill -s "$1" "${pid_of[$name]}" 2>/dev/null
    done
    for name in "${!pid_of[@]}"; do
        ended "$name" 2>/dev/null
    done
}
# A show that breaks off waits for nobody; and vde_plug, when it is interrupted, interrupts its whole group.
trap 'trap "" INT TERM HUP; end_all KILL; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP

fail() {
    local log
    {
        echo
        echo "demo: this did not happen: $*"
        for log in "$dir"/*.log; do
            [ ! -s "$log" ] || { echo "--- ${log##*/}" && tail -n 60 "$log" | cut -c 1-300; }
        done
    } >&2
    exit 1
}

step() {
    echo
    echo "== $*"
}

show() { # NAME [LINES]: what a program said, set off from the account; with LINES only the first ones
    local lines=${2:-1000000} all
    sed -n "1,${lines}s/^/   | /p" "$dir/$1.log"
    all=$(wc -l <"$dir/$1.log")
    [ "$all" -le "$lines" ] || echo "   | ... and $((all - lines)) more lines like these"
}

run() { # NAME COMMAND...: in the background
    local name=$1 command
    shift
    command=$*
    [ ${#command} -le 400 ] || command="${command:0:160} ..."
    echo "   \$ $command"
    "$@" <&0 >"$dir/$name.log" 2>&1 3>&- &
    pid_of[$name]=$!
}

ended() { # NAME: waits until a program has ended; its status
    local pid=${pid_of[$1]}
    wait "$pid"
    local status=$?
    unset "pid_of[$1]"
    return $status
}

end() { # NAME: tells a program to end
    kill "${pid_of[$1]}" 2>/dev/null
    ended "$1"
}

runs() { # NAME
    jobs -pr | grep -q -x "${pid_of[$1]}"
}

wait_for() { # WHAT COMMAND...: until the command succeeds
    local what=$1 end=$((SECONDS + patience))
    shift
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $end ] || fail "$what"
        sleep 0.05
    done
}

says() { # NAME TEXT
    grep -q -F -- "$2" "$dir/$1.log"
}

says_line() { # NAME LINE
    grep -q -F -x -- "$2" "$dir/$1.log"
}

# A socket's file appears before the socket listens: the kernel knows better.
switch_listens() {
    grep -q "00010000 .* $dir/sw/ctl\$" /proc/net/unix
}

# The average of a log of ping, in ms; empty if there were fewer than five answers (-w waits for them).
round_trip() { # NAME
    grep -q ' 5 received' "$dir/$1.log" &&
        sed -n 's:^rtt [^=]*= [0-9.]*/\([0-9.]*\)/.*:\1:p' "$dir/$1.log"
}

milliseconds() {
    echo $((${EPOCHREALTIME/[.,]/} / 1000))
}
