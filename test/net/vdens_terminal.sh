#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Job control of an interactive shell that runs vdens: vdens_terminal.py, with a network for it.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_command python3
need_program "$VDENS"
net_start hub hub
python3 "$SRC/test/net/vdens_terminal.py" "$VDENS" "$vnl" "$dir"
