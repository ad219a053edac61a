#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page about libioth (seed 003), command by command, with an installed tree. "#$" stands in
# front of what is a line of the page; its /tmp/sw is a private path here.
#
#     iothtest_server 192.168.250.50:5000 ---[switch]--- iothtest_client 192.168.250.51
. "$(dirname "$0")/../net/lib.sh"

need_userns
need_vde
need_program "$VDENS"
install_tree
cd "$dir"
cp "$SRC"/examples/iothtest_{server,client}.c "$SRC/examples/ioth_foo.c" .
gcc -o iothtest_server iothtest_server.c -lioth -lpthread
gcc -o iothtest_client iothtest_client.c -lioth
sw=$dir/sw

# --- the four flavours of ioth_newstack, and every call that the page names
cat >calls.c <<'END'
#include <stdio.h>
#include <ioth.h>
#define TAKE(f) (void *)(f)
int main(int argc, char *argv[])
{
	const char *name = argv[1], *vnl = argv[2], *vnlv[] = {vnl, vnl, NULL};
	struct ioth *stack[4];
	void *calls[] = {TAKE(ioth_close), TAKE(ioth_bind), TAKE(ioth_connect), TAKE(ioth_listen),
		TAKE(ioth_accept), TAKE(ioth_getsockname), TAKE(ioth_getpeername), TAKE(ioth_setsockopt),
		TAKE(ioth_getsockopt), TAKE(ioth_shutdown), TAKE(ioth_ioctl), TAKE(ioth_fcntl),
		TAKE(ioth_read), TAKE(ioth_readv), TAKE(ioth_recv), TAKE(ioth_recvfrom), TAKE(ioth_recvmsg),
		TAKE(ioth_write), TAKE(ioth_writev), TAKE(ioth_send), TAKE(ioth_sendto), TAKE(ioth_sendmsg),
		TAKE(ioth_if_nametoindex), TAKE(ioth_linksetupdown), TAKE(ioth_ipaddr_add),
		TAKE(ioth_ipaddr_del), TAKE(ioth_iproute_add), TAKE(ioth_iproute_del), TAKE(ioth_iplink_add),
		TAKE(ioth_iplink_del)};
	int i;

	(void)calls;
	stack[0] = ioth_newstack(name);
	stack[1] = ioth_newstacki(name, vnl);
	stack[2] = ioth_newstackl(name, vnl, vnl, vnl, (char *)NULL);
	stack[3] = ioth_newstackv(name, vnlv);
	for (i = 0; i < 4; i++) {
		char interface[8];
		int n, fd, count = 0;

		if (!stack[i])
			return perror("newstack"), 1;
		for (n = 0; n < 4; n++) {
			sprintf(interface, "vde%d", n);
			if (ioth_if_nametoindex(stack[i], interface) > 0)
				count++;
		}
		fd = ioth_msocket(stack[i], AF_INET, SOCK_STREAM, 0);
		printf("%d interfaces, busy %d, ", count, ioth_delstack(stack[i]));
		ioth_close(fd);
		printf("free %d\n", ioth_delstack(stack[i]));
	}
	return 0;
}
END
gcc -o calls calls.c -lioth

# --- testing: "start a vde switch"
#$ vde_plug null:// switch:///tmp/sw
start switch vde_plug null:// "switch://$sw"
wait_for unix_listening "$sw/ctl"

for stack in vdestack picox; do
	assert_status 0 ./calls $stack "vde://$sw"
	assert_equal "0 interfaces, busy -1, free 0
1 interfaces, busy -1, free 0
3 interfaces, busy -1, free 0
2 interfaces, busy -1, free 0" "$out" "$stack: interfaces; delstack with a socket (EBUSY), and without"
done

# talk: what is typed in the client is echoed back; the server keeps a log.
talk()
{
	local server=$1 client=$2
	start "server$n" $server
	server_pid=$pid
	wait_for says "server$n" 'listening'
	mkfifo "typed$n"
	start "client$n" bash -c "exec $client <typed$n"
	exec {typed}>"typed$n" # until it is closed, the client's input has no end
	for line in "first line" "second line"; do
		echo "$line" >&"$typed"
		wait_for says "client$n" "^$line\$"
		wait_for says "server$n" "$line"
	done
	says "server$n" 'connection from 192\.168\.250\.51' || fail "no log of the connection"
	exec {typed}>&-
	await "$pid"
	assert_equal 0 "$status" "status of the client"
	wait_for says "server$n" 'closed'
	stop "$server_pid"
	n=$((n + 1))
}
n=0
#$ ./iothtest_server vdestack vde:///tmp/sw
#$ ./iothtest_client vdestack vde:///tmp/sw
#$ ./iothtest_server picox vde:///tmp/sw
#$ ./iothtest_client picox vde:///tmp/sw
#$ vdens vde:///tmp/sw ./iothtest_server kernel     (the page leaves the network's name out)
#$ vdens vde:///tmp/sw ./iothtest_client kernel
for server in "./iothtest_server vdestack vde://$sw" "./iothtest_server picox vde://$sw" \
		"vdens vde://$sw ./iothtest_server kernel"; do
	for client in "./iothtest_client vdestack vde://$sw" "./iothtest_client picox vde://$sw" \
			"vdens vde://$sw ./iothtest_client kernel"; do
		talk "$server" "$client"
	done
done

# --- a plugin: its line, and the two places that it may be installed in
#$ gcc -o ioth_foo.so -fPIC -shared ioth_foo.c
gcc -o ioth_foo.so -fPIC -shared ioth_foo.c
export HOME=$dir/home
mkdir -p "$HOME/.ioth"
foo="vdens vde://$sw ./iothtest_server foo"
run $foo
assert_match 'ioth_foo' "$err" "the plugin before it is installed"
for place in "$HOME/.ioth" "$plugin_dir"; do
	cp ioth_foo.so "$place"
	talk "$foo" "./iothtest_client vdestack vde://$sw"
	rm "$place/ioth_foo.so"
done
