#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The network of iothnetwork(7), typed as it is there, in a private directory.  Arguments: SOURCE BUILD
. "$(dirname "$0")/doc_lib.sh"
needs vde_plug ip ping

private_dir ioth-network
end_all() {
    for file in "$dir"/net.{named,radvd,dhcp6,dhcp4,pid} "$dir/jobs"; do
        [ ! -s "$file" ] || xargs kill <"$file" 2>/dev/null || :
    done
}

# What to ask when a node gets no address.
sed -n 's/^\. _\(iothdig .*\|vdens .*\)_: .*/\1/p' "$src/man/iothnetwork.7.scd" | sed 's/ NAME / alice.home.arpa /' >"$dir/asked"
[ "$(wc -l <"$dir/asked")" = 2 ] || { echo "FAIL: the questions are not where they were"; exit 1; }
command -v rdisc6 >/dev/null || sed -i /rdisc6/d "$dir/asked"

# The blocks of the section, without scdoc's escapes; before the end, alice is looked for by IPv4, too.
awk '/^# /{ on = /TEN COMMANDS/ } /^```/{ if (on) block = !block; next } block' "$src/man/iothnetwork.7.scd" |
    sed -e 's|\\\\$|\\|' -e 's|^.* &$|& jobs -p >jobs|' \
        -e '/^kill/i vdens --config eth,ip=10.77.0.9/24 vde:///tmp/net sh -c "until ping -c 1 10.77.0.1; do sleep 1; done"' |
    sed -e "/^vdens --config eth,ip=10/r $dir/asked" | sed "s|/tmp/|$dir/|g" >"$dir/lines"
cd "$dir"
eval "$("$src/scripts/env" "$build")"
SHELL=/bin/bash HOME=$dir timeout 600 bash -e <lines >out 2>err || wrong "status $?"

expect() { # PATTERN WHAT
    grep -q -- "$1" out || wrong "$2"
}
expect '64 bytes from alice.home.arpa (fd77::a11c:e)' "bob reaches alice by the name, and she has hers"
expect '64 bytes from 10.77.0.1' "alice has her IPv4 address"
expect 'AAAA.*fd77::a11c:e$' "the DNS tells who is asked for, word for word"
! grep -q rdisc6 asked || expect 'Prefix  *: fd77::/64' "the link is advertised to who asks, word for word"
[ "$failed" = 0 ] || cat net.{named,radvd,dhcp6,dhcp4,pid} jobs 2>/dev/null | xargs kill 2>/dev/null || :
for file in net.*; do
    [ "$file" = net.rc ] || ! pid=$(cat "$file" 2>/dev/null) || [ -z "$pid" ] ||
        tail --pid="$pid" -f /dev/null # it is about to end
done
rm -f jobs net.* # these numbers are nobody's any more
finish
