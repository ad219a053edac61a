#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The web, between picox and programs of others on Linux: curl gets files from a picox server and puts
# some there, and a picox client gets files from Python's web server; without loss, and with 1 and 5 %.
# Also, what a picox process sent arrives though it ends at once.
# WEB_BYTES says how many bytes the first transfer has (the other ones have less).
#
#	web.c (picox): 10.0.0.1, fd00::1 --- left --- impair --- right --- vdens: 10.0.0.2, fd00::2

. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../net/tcp_lib.sh"

: "${WEB:=$BUILD/test/interop/web}"
: "${WEB_BYTES:=30000000}"
need_program "$WEB"
need_command curl python3 cksum socat ss
unset http_proxy https_proxy all_proxy
mkdir "$dir/www"

peer()
{
	inside right "$@"
}

peer_listens()
{
	peer ss -Htln | grep -q ":$1 "
}

answers()
{
	peer curl -sf -g --max-time 20 -o "$dir/none" "http://10.0.0.2:8000/"
}

# exchange BYTES [OPTION=VALUE ...]
exchange()
{
	local bytes=$1 address
	shift
	head -c "$bytes" /dev/urandom >"$dir/www/file"
	path_start "$@"
	vdens_start right "$right"
	peer ip addr add 10.0.0.2/24 dev vde0
	peer ip addr add fd00::2/64 dev vde0 nodad

	start server "$WEB" picox "$left" ip=10.0.0.1/24,ip=fd00::1/64 serve "$dir/www/file"
	server=$pid
	wait_for says server listening
	for address in 10.0.0.1 '[fd00::1]'; do
		run peer curl -sS -f -g -w '%{speed_download}' -o "$dir/got" "http://$address/file"
		assert_equal 0 "$status" "curl gets from $address ($*): $err"
		cmp "$dir/www/file" "$dir/got"
		echo "$* $address: curl gets $bytes bytes, $out a second"
		run peer curl -sS -f -g -T "$dir/www/file" "http://$address/put"
		assert_equal "$(cksum <"$dir/www/file")" "$out" "curl puts to $address ($*): $err"
	done
	# Several at once.
	for n in 1 2 3 4 5; do
		start "curl$n" inside right curl -sS -f -o "$dir/got$n" "http://10.0.0.1/file"
		curls[n]=$pid
	done
	for n in 1 2 3 4 5; do
		await "${curls[n]}"
		assert_equal 0 "$status" "curl $n of five: $(cat "$dir/curl$n.log")"
		cmp "$dir/www/file" "$dir/got$n"
	done
	stop "$server"

	start python inside right python3 -m http.server --bind :: --directory "$dir/www" 8000
	python=$pid
	wait_for answers
	for address in 10.0.0.2 fd00::2; do
		"$WEB" picox "$left" ip=10.0.0.1/24,ip=fd00::1/64 get "$address" 8000 /file >"$dir/got" ||
			fail "picox gets from $address ($*)"
		cmp "$dir/www/file" "$dir/got"
	done
	stop "$python"

	# A process that ends delivers what it sent, and the end.
	for how in close exit; do
		start socat inside right socat -u TCP6-LISTEN:9000,reuseaddr "CREATE:$dir/got"
		socat=$pid
		wait_for peer_listens 9000
		"$WEB" picox,linger=60 "$left" ip=10.0.0.1/24,ip=fd00::1/64 throw 10.0.0.2 9000 $how \
			<"$dir/www/file" || fail "picox throws ($how, $*)"
		await "$socat"
		cmp "$dir/www/file" "$dir/got" || fail "what a process threw ($how, $*)"
		rm "$dir/got"
	done
	path_stop
}

curls=()
exchange "$WEB_BYTES"
exchange 2000000 loss=1 delay=1
exchange 300000 loss=5 delay=1
pass
