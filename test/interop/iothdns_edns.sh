#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Name servers that do not take EDNS0 (RFC 6891): libiothdns gets its answer without, and a large one by TCP. They
# are named, which can be told to behave as others do. See iothdns_lib.sh. Argument: the stack.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/iothdns_lib.sh"

client=$BUILD/test/interop/iothdns_client
need_command named dig
need_program "$client"
network
{
	echo '$TTL 300'
	echo '@ SOA ns.test. root.test. 7 3600 600 86400 60'
	echo '@ NS ns'
	echo "ns A $server4"
	echo 'a A 10.1.2.3'
	seq -f 'big A 10.9.0.%g' 90
} >"$dir/zone"
{
	named_conf
	echo "zone \"test\" { type primary; file \"$dir/zone\"; };"
} >"$dir/conf"
chmod 755 "$dir"

# All at the same time: where what has EDNS0 is dropped, the first time-out passes once.
for at in $server4 $server6 $server_local%vde0; do
	for name in a.test big.test; do
		echo "async $at $name A"
	done
	echo "async $at nope.test A"
done >"$dir/look-ups"
while read -r way at name type; do
	case $name in
	a.test) echo "$way $at $name $type: 10.1.2.3" ;;
	big.test) seq 90 | sed "s|^|$way $at $name $type: 10.9.0.|" ;;
	nope.test) echo "$way $at $name $type: ENOENT" ;;
	esac
done <"$dir/look-ups" | sort >"$dir/expected"

as_expected() # SECONDS
{
	run on_stack sh -c 'exec "$@" <"$0"' "$dir/look-ups" "$client" "$config" "timeout:$1 attempts:1"
	[ "$status" = 0 ] && diff "$dir/expected" <(sort <<<"$out") >"$dir/difference.log"
}

# server_that OPTION PATTERN SECONDS: named with that option, of which dig says this; asked with this time-out.
server_that()
{
	# shellcheck disable=SC2086 # nothing, or two words
	server named -g -c "$dir/conf" $1
	wait_for says server ' running$' # after its sockets listen
	wait_for prints "$2" -- inside host dig +tries=1 +time=2 @$server4 a.test
	wait_for as_expected "$3"
	stop "$pid"
}
server_that '' 'EDNS: version: 0' 20
server_that '-T noedns' 'ADDITIONAL: 1$' 20 # the name server's address, and no OPT record
server_that '-T ednsformerr' 'status: FORMERR' 20
server_that '-T ednsnotimp' 'status: NOTIMP' 20
server_that '-T dropedns' 'timed out|no servers could be reached' 4
pass
