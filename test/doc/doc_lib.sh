# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034 # variables for those who source this
# What the tests share that type a document into a shell; sourced, bash, by scripts whose arguments are SOURCE BUILD ...
# Each makes $dir by private_dir, sets `end_all`, which ends what was typed, and counts in $failed.
set -eu
src=$1
build=$2
failed=0

skip() {
    echo "SKIP: $*"
    exit 77
}

# needs COMMAND...: these, and user namespaces, without which there is no vdens.
needs() {
    local command
    for command; do
        command -v "$command" >/dev/null || skip "no command $command"
    done
    unshare --user --net true 2>/dev/null || skip "user namespaces are not permitted here"
    ! ldd "$build/tools/vdens/vdens" | grep libtsan >/dev/null ||
        skip "ThreadSanitizer's own thread keeps vdens from entering namespaces"
}

# A page whose reader compiles a program.
needs_compiler() {
    ! ldd "$build/lib/ioth/libioth.so" | grep -E 'lib(asan|tsan)' >/dev/null ||
        skip "programs compiled by hand do not run with the libraries of a sanitizer"
}

end_all() { :; }

# Short, and not below $TMPDIR: the path of an AF_UNIX socket has 107 bytes.
private_dir() {
    dir=$(mktemp -d "/tmp/$1.XXXXXX")
    trap 'end_all; rm -rf "$dir"' EXIT
    trap 'exit 1' INT TERM HUP
}

# wrong WHAT: told, and counted.
wrong() {
    echo "FAIL: $*"
    failed=1
}

# until_true COMMAND...: false if it has not come true after half a minute, and that is for the caller to tell.
until_true() {
    local retry
    for ((retry = 0; retry < 600; retry++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    return 1
}

# What was typed, and what came of it ($dir/lines, out, err), where anything was wrong; the end.
finish() {
    local file
    if [ $failed != 0 ]; then
        for file in lines out err; do
            echo "--- $file"
            cat "$dir/$file"
        done
    fi
    exit $failed
}
