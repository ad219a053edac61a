#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Uses what is installed, as anybody would: programs for each library, an example on each stack, the
# daemons, vdens. Nothing is said of where things are: the system finds them. Needs no privilege.
#
#      iothnamed on picox, fd69:6f70::53       iothdig on picox, ioth_ping on picox and vdestack, a vdens
#                  |                                  |
#      ------------+---------- switch ----------------+-----
. "$(dirname "$0")/../net/lib.sh"
unset LD_LIBRARY_PATH IOTH_PLUGIN_PATH
need_command gcc pkg-config ip ping
need_vde
need_userns
export HOME=$dir
cd "$dir"

# --- programs for each library

"$SRC/test/install/consumers.sh" || fail "a program does not work with what is installed"

# --- daemons: their options

cat >named.rc <<END_OF_RC
rstack stack=picox,vnl=vde://$dir/sw
rstack ip=fd69:6f70::53/64,eth
net local fd69:6f70::/64
static AAAA hash.local fd69:6f70::
auth hash local .hash.local hash.local
auth hrev local hash.local/64
END_OF_RC
for daemon in iothnamed iothradvd namedhcp namedhcp4 otip_rproxy; do
	version=$("$daemon" --version) || fail "$daemon --version"
	assert_match "^$daemon [0-9.]+$" "$version" version
	assert_equal "${daemon}ctl ${version#* }" "$("${daemon}ctl" --version)" "the version of its requests"
done
assert_status 0 iothnamed --check named.rc
assert_status 0 iothradvd --check --stack "vde://$dir/sw" fd69:6f70::/64/L
assert_status 0 namedhcp --check --nameserver 192.0.2.1
assert_status 0 namedhcp4 --check --nameserver 192.0.2.1
assert_status 0 otip_rproxy --check --rcfile "$SRC/test/data/otip_rproxy/otip_rproxy.rc"

# --- a network: names that are addresses, and nodes of each kind

net_start switch sw
start named iothnamed --control "$dir/ctl" named.rc
wait_for iothnamedctl -s "$dir/ctl" status
address=$(hashaddr --base fd69:6f70:: renzo.hash.local)
assert_match '^fd69:6f70::' "$address" "the address of a name"
# ask OWN_ADDRESS QUESTION...: from a node with an address that nobody has had before
ask()
{
	assert_status 0 iothdig -s "stack=picox,vnl=$vnl,ip=$1/64,eth" @fd69:6f70::53 +timeout=30 +tries=5 +short "${@:2}"
}
ask fd69:6f70::1 renzo.hash.local AAAA
assert_equal "$address" "$out" "the address of a name, from iothnamed"
ask fd69:6f70::2 -x "$address"
assert_equal renzo.hash.local. "$out" "the name of an address"

# shellcheck disable=SC2046 # several words
gcc -o ioth_ping "$SRC/examples/ioth_ping.c" $(pkg-config --cflags --libs ioth)
assert_status 0 ./ioth_ping picox "$vnl" ip=fd69:6f70::3/64 fd69:6f70::53 56 1400
assert_status 0 ./ioth_ping vdestack "$vnl" ip=fd69:6f70::4/64 fd69:6f70::53 56 1400
# shellcheck disable=SC2016 # words of the inner shell
assert_status 0 vdens --config eth,ip=fd69:6f70::5/64 "$vnl" sh -c '
	ip -6 addr show dev vde0 | grep -F fd69:6f70::5/64 && ping -n -c 1 -w 180 fd69:6f70::53'
