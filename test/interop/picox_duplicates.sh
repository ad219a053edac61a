#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Duplicate addresses, picox against Linux, both ways: IPv6 (RFC 4862) always, IPv4 (RFC 5227) as it is
# asked for. Who was first keeps the address.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/picox_lib.sh"

flags_of() # ADDRESS: as the kernel tells
{
	peer ip -6 -o addr show dev vde0 to "$1"
}

kernel_says() # ADDRESS PATTERN
{
	flags_of "$1" | grep -E "$2"
}

# Detection waits for a second, in which an answer may be late on a machine that is busy with other things: who
# has found out nothing looks again.
kernel_finds() # ADDRESS
{
	peer ip addr add "$1/64" dev vde0
	wait_for kernel_says "$1" 'dadfailed|scope global \\'
	kernel_says "$1" dadfailed || ! peer ip addr del "$1/64" dev vde0
}

node_finds() # ADDRESS/LEN
{
	ask address "$1" dad
	wait_for shows addresses -- "^${1%/*}( tentative dadfailed)?\$"
	grep -q "^${1%/*} tentative dadfailed\$" <<<"$answer" || ! ask remove "${1%/*}"
}

pair_start

# Ours first: the kernel finds out that it is taken, and does not use it.
wait_for kernel_finds fd00::1
peer ip addr del fd00::1/64 dev vde0
assert_status 0 peer ping -c 1 -w 20 fd00::1

# The kernel's first: we find out.
wait_for node_finds fd00::2/64
run "$EXAMPLES/ioth_ping" picox "$vnl" ip=fd00::4/64 fd00::2 56
assert_match ' 1 answered' "$out" "the first owner answers still"
ask remove fd00::2

# Nobody's: both get through, one after the other.
ask address fd00::a/64 dad
wait_for shows addresses -- '^fd00::a$'
peer ip addr add fd00::b/64 dev vde0
wait_for kernel_says fd00::b 'scope global \\'
assert_status 0 peer ping -c 1 -w 20 -I fd00::b fd00::a

# IPv4, the kernel's first: our probe is answered.
ask probe
wait_for node_finds 10.0.0.2/24
ask remove 10.0.0.2

# Ours first: arping -D, the kernel's way to ask, is answered.
ask address 10.0.0.7/24 dad
wait_for shows addresses -- '^10\.0\.0\.7$'
if have_command arping; then
	assert_status 1 peer arping -q -D -c 10 -w 20 -I vde0 10.0.0.7
	assert_status 0 peer arping -q -D -c 1 -w 2 -I vde0 10.0.0.8
fi

# In use, we defend it once, by an announcement (RFC 5227 section 2.4 (b)), and give in to the second
# conflict.
peer ip addr add 10.0.0.7/24 dev vde0
conflict()
{
	peer arping -q -A -c 1 -I vde0 -s 10.0.0.7 10.0.0.7
	ask addresses
	grep -q '^10\.0\.0\.7 ' <<<"$answer"
}
if have_command arping; then
	wait_for conflict
fi
node_stop
clean_capture 20 'Duplicate IP address configured \(10\.0\.0\.[27]\)' # that is what it is about
