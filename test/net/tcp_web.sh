#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# curl and python's http.server, in a vdens, exchange files with a picox peer through a path that loses 0, 1
# and 5 percent: fetched by either side, and uploaded by curl. WEB_BYTES=1000000000 by hand.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tcp_lib.sh"
need_command curl python3
WEB=$BUILD/test/net/tcp_web
need_program "$WEB"

mkdir "$dir/site"
for loss in 0 1 5; do
	case $loss in
	0) bytes=${WEB_BYTES:-20000000} ;;
	1) bytes=${WEB_BYTES:-3000000} ;;
	*) bytes=${WEB_BYTES:-600000} ;;
	esac
	head -c "$bytes" /dev/urandom >"$dir/site/file"
	path_start loss=$loss

	start server "$WEB" picox "$left" ip=10.0.0.1/24 serve "$dir/site/file"
	server=$pid
	wait_for says server listening
	vdens_start right "$right"
	inside right ip addr add 10.0.0.2/24 dev vde0
	inside right curl -sS --max-time 600 -o "$dir/fetched" http://10.0.0.1:8000/file
	cmp "$dir/site/file" "$dir/fetched"
	inside right curl -sS --max-time 600 -T "$dir/site/file" http://10.0.0.1:8000/x
	cmp "$dir/site/file" "$dir/site/file.put"
	stop "$server"

	start http nsenter --target "${inside_pid[right]}" --user --net --preserve-credentials \
		python3 -u -m http.server --directory "$dir/site" 8000
	http=$pid
	wait_for says http 'Serving HTTP'
	"$WEB" picox "$left" ip=10.0.0.1/24 get 10.0.0.2 >"$dir/fetched" || fail "picox gets from http.server"
	cmp "$dir/site/file" "$dir/fetched"
	stop "$http"
	path_stop
done
pass
