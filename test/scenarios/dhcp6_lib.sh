# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # what others set
# The servers of the scenarios with DHCPv6; sourced after scenario_lib.sh.
#
#     iothnamed fc00::24      iothradvd           namedhcp fc00::ffff
#            |                    |                   |
#     -------+--------------------+------- hub -------+---------------+------------------+----------
#                                                                     |                  |
#                                                              vdens (one)         vdens (two)
#
# servers6 MODE RC [OPTIONS] <CONFIGURATION: MODE is the page's words (vdestack), everything on picox, or nothing
# on a stack that needs none (vnl: iothradvd and namedhcp are on the network itself, and the DNS is asked from a
# stack). OPTIONS are namedhcp's.
servers6()
{
	local mode=$1 rc=$2 options=${3:-}
	sed "s/stack=vdestack/stack=${mode/vnl/vdestack}/" | file "$rc"
	network
	daemon named "iothnamed /tmp/$rc"
	case $mode in
	picox) daemon radvd 'iothradvd -s "stack=picox,vnl=vde:///tmp/hub,eth" -P 10 fc00::/64/L/86400/14400' ;;
	*) daemon radvd 'iothradvd -s vde:///tmp/hub -P 10 fc00::/64/L/86400/14400' ;;
	esac
	case $mode in
	vnl) daemon dhcp "namedhcp -s vde:///tmp/hub -n fc00::24 -R \"stack=vdestack,vnl=vde:///tmp/hub,ip=fc00::ffff/64,eth\" $options" ;;
	*) daemon dhcp "namedhcp -s \"stack=$mode,vnl=vde:///tmp/hub,ip=fc00::ffff/64,eth\" -n fc00::24 $options" ;;
	esac
}

# hash_rc: names below hash.local are addresses.
hash_rc()
{
	cat <<'END_RC'
rstack   stack=vdestack,vnl=vde:///tmp/hub
rstack   mac=80:01:01:01:01:01,eth
rstack   ip=fc00::24/64
net      local fc00::/64
auth     accept local
auth     static local hash.local
static   AAAA hash.local fc00::
auth     hash local .hash.local hash.local
auth     hrev local hash.local/64
option   hrevmode always
END_RC
}

# two_nodes NAME ADDRESS NAME ADDRESS: two that know only their names reach each other by them.
two_nodes()
{
	terminal one 'vdens -R fc00::24 vde:///tmp/hub'
	terminal two 'vdens -R fc00::24 vde:///tmp/hub'
	up one two
	dhclient one "$1"
	dhclient two "$3"
	has_address one "$2"
	has_address two "$4"
	at_last one "ping -c 1 $3"
	assert_match "64 bytes from .*$4" "$out" "two, by its name"
	at_last two "ping -c 1 $1"
	assert_match "64 bytes from .*$2" "$out" "one, by its name"
}
