#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs PROGRAM with all scripts of DIRECTORY: a new one needs no entry in a list.
"$1" "$2/../wrong.script" | grep -F 'wrong.script:4: > A 1 12' >/dev/null || {
	echo "wrong.script does not fail as it must"
	exit 1
}
exec "$1" "$2"/*.script
