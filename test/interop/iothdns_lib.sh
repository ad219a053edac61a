# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # variables of lib.sh, and for those who source this
# What the tests of libiothdns with other people's servers share; sourced behind lib.sh, with the stack: kernel,
# picox or vdestack.
#
#	vdens "host": a server on                        a program with libiothdns on STACK
#	10.9.0.53, fd09::53, fe80::53 ---- VDE hub ---- 10.9.0.9, fd09::9 (kernel: in a vdens)

stack=$1
server4=10.9.0.53
server6=fd09::53
server_local=fe80::53 # %vde0
need_userns
need_vde
need_program "$VDENS"
unthreaded "$VDENS"

# network: hub, the host of the server, the place of the clients. $config: ioth_newstackc's string.
network()
{
	net_start hub hub
	vdens_start host "$vnl"
	inside host ip addr add $server4/24 dev vde0
	inside host ip addr add $server6/64 dev vde0 nodad
	inside host ip addr add $server_local/64 dev vde0 nodad
	if [ "$stack" = kernel ]; then
		vdens_start client "$vnl"
		inside client ip addr add 10.9.0.9/24 dev vde0
		inside client ip addr add fd09::9/64 dev vde0 nodad
		inside client ip addr add fe80::9/64 dev vde0 nodad # the one of its own takes seconds
		config=stack=kernel
	else
		config="stack=$stack,vnl=$vnl,eth,nodad,ip=10.9.0.9/24,ip=fd09::9/64"
	fi
}

# on_stack PROGRAM...: where it has to run for its stack.
on_stack()
{
	if [ "$stack" = kernel ]; then
		inside client "$@"
	else
		"$@"
	fi
}

# server PROGRAM...: starts it on the host. Sets $pid.
server()
{
	start server nsenter --target "${inside_pid[host]}" --user --net --preserve-credentials "$@"
}

# named_conf: the beginning of a configuration of named.
named_conf()
{
	cat <<END
options { directory "$dir"; listen-on { any; }; listen-on-v6 { any; }; recursion no; allow-query { any; };
	pid-file none; session-keyfile none; managed-keys-directory "$dir"; dnssec-validation no;
	minimal-responses no; };
controls { };
END
}

# unbound_conf ADDRESS...: the beginning of a configuration of unbound, at these addresses.
unbound_conf()
{
	echo 'server:'
	printf '    interface: %s\n' "$@"
	cat <<END
    access-control: 0.0.0.0/0 allow
    access-control: ::0/0 allow
    username: ""
    chroot: ""
    directory: "$dir"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    use-caps-for-id: yes
    module-config: "iterator"
    local-zone: test nodefault
remote-control:
    control-enable: no
END
}

# unbound_zone: what makes it a server of $dir/zone.
unbound_zone()
{
	cat <<END
auth-zone:
    name: test
    zonefile: "$dir/zone"
    for-upstream: no
END
}
