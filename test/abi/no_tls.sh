#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Libraries that a program loads while it runs have no thread-local variables: where the C library
# has no memory for a thread's copy, it ends the program.
#
#     no_tls.sh LIBRARY...
set -eu
status=0
for library; do
    headers=$(readelf -lW "$library")
    case $headers in
    *" TLS "*)
        echo "$library has thread-local variables"
        status=1
        ;;
    *" LOAD "*) ;;
    *)
        echo "$library: no program headers to look at"
        status=1
        ;;
    esac
done
exit $status
