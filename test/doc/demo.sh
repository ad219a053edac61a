#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `make demo` shows what it promises.  Arguments: SOURCE BUILD
set -eu
for command in vde_plug ip ping setpriv; do
    command -v $command >/dev/null || { echo "SKIP: no command $command"; exit 77; }
done
if ! unshare --user --net true 2>/dev/null; then
    echo "SKIP: user namespaces are not permitted here"
    exit 77
fi
"$1/scripts/demo" "$2" </dev/null
