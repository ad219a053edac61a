#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples of libiothdns and iothdig, on each stack: a server that knows test.fake, and who asks it. The name
# server of the clients comes from the configuration of their stack (libiothconf).
#
#      iothdns_server STACK        vdens: host           iothdns_query, iothdig, STACK
#            10.0.0.53               10.0.0.2                  10.0.0.9
#               |                      |                          |
#               +---------------- a VDE hub ----------------------+
#
. "$(dirname "$0")/lib.sh"
need_userns
net_start hub hub
query=$EXAMPLES/iothdns_query
server=$EXAMPLES/iothdns_server
iothdig=$BUILD/tools/iothdig/iothdig
need_program "$query" "$server" "$iothdig" "$VDENS"
unthreaded "$server"

for stack in picox vdestack; do
	start server "$server" $stack "$vnl" eth,mac=02:00:00:00:00:53,ip=10.0.0.53/24
	server_pid=$pid
	wait_for says server listening
	for client in picox vdestack; do
		config=eth,mac=02:00:00:00:00:09,ip=10.0.0.9/24,dns=10.0.0.53 # one node, as its neighbours see it
		run "$query" test.fake $client "$vnl" "$config"
		assert_equal 'A 10.20.30.40' "$out" "query on $client, server on $stack"
		run "$query" other.fake $client "$vnl" "$config"
		assert_match '^A: No such file' "$out" "a name that is not there, $client"
		dig="stack=$client,vnl=$vnl,$config"
		for option in '' +tcp +noedns; do
			# shellcheck disable=SC2086 # nothing, or a word
			run "$iothdig" -s "$dig" +short $option test.fake
			assert_equal 10.20.30.40 "$out" "iothdig $option on $client, server on $stack"
		done
		run "$iothdig" -s "$dig" nope.fake AAAA
		assert_match 'status: NXDOMAIN' "$out" "iothdig on $client"
	done
	if have_command host; then
		assert_status 0 "$VDENS" -R 10.0.0.53 --up "$vnl" sh -c \
			'ip addr add 10.0.0.2/24 dev vde0; host test.fake && ! host other.fake && host -T -t A test.fake'
		assert_match 'test.fake has address 10.20.30.40' "$out" "host"
	fi
	stop "$server_pid"
done
if have_command host; then
	assert_status 0 "$VDENS" - sh -c "ip link set lo up; $server >/dev/null & server=\$!
		until host test.fake 127.0.0.1; do sleep 0.05; done
		host -T test.fake 127.0.0.1; kill \$server"
	assert_match 'test.fake has address 10.20.30.40' "$out" "host on the native stack"
fi
pass
