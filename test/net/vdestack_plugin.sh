#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libioth's plugin vdestack over two hubs, with both kinds of port.
. "$(dirname "$0")/lib.sh"

need_userns
need_vde
need_program "$BUILD/test/net/vdestack_plugin"

ports=veth
! have_tun || ports="tap veth"

net_start hub one
one=$vnl
net_start hub two
for port in $ports; do
	IOTH_NETNS_PORT=$port assert_status 0 "$BUILD/test/net/vdestack_plugin" "$one" "$vnl"
done
