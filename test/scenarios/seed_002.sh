#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The talk about libioth (seed 002), claim by claim: msocket says which of several stacks is meant, which may be of one
# kind or of several; all other calls are Berkeley's; interfaces, addresses and routes are configured by netlink; and libnlq
# gives netlink to a stack that has none.
#
#     one process:  picox 10.0.0.1 ---+--- picox 10.0.0.2
#                 vdestack 10.0.0.3 --' hub          the native stack: 127.0.0.1
. "$(dirname "$0")/scenario_lib.sh"
in_private_net "$@"
need_command gcc pkg-config
need_program "$EXAMPLES/nlq_ministack"

# Who has libnlq's server side answers to what the kernel answers to.
assert_status 0 "$EXAMPLES/nlq_ministack"

if ldd "$BUILD/lib/ioth/libioth.so" | grep -E 'lib(asan|tsan)' >/dev/null; then
	skip "programs compiled by hand do not run with the libraries of a sanitizer"
fi
network
file stacks.c <<'END_C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <ioth.h>

/* The same code for every stack; the stack is an argument. */
static int node(struct ioth *stack, const char *address)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(7)};
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &name.sin_addr);
	if (fd < 0 || ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || ioth_listen(fd, 5) < 0)
		perror(address);
	return fd;
}

static void talk(struct ioth *from, const char *address, int listener)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(7)}, peer;
	socklen_t len = sizeof(peer);
	char text[INET_ADDRSTRLEN], data[6] = "";
	int fd = ioth_msocket(from, AF_INET, SOCK_STREAM, 0), connection;

	inet_pton(AF_INET, address, &name.sin_addr);
	if (ioth_connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		perror(address);
		exit(1);
	}
	connection = ioth_accept(listener, (struct sockaddr *)&peer, &len);
	ioth_write(fd, "hello", 5);
	ioth_read(connection, data, 5);
	printf("%s to %s: %s\n", inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text)), address, data);
	ioth_close(connection);
	ioth_close(fd);
}

int main(int argc, char *argv[])
{
	const char *addresses[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "127.0.0.1"};
	struct ioth *stacks[] = {ioth_newstack("picox", argv[1]), ioth_newstack("picox", argv[1]),
	    ioth_newstack("vdestack", argv[1]), ioth_newstack("kernel")};
	int fds[4];

	for (int i = 0; i < 4; i++) {
		struct in_addr addr;
		int ifindex;

		if (stacks[i] == NULL)
			return printf("stack %d: %s\n", i, ioth_error()), 1;
		if (i < 3) {
			inet_pton(AF_INET, addresses[i], &addr);
			ifindex = ioth_if_nametoindex(stacks[i], "vde0");
			if (ioth_ipaddr_add(stacks[i], AF_INET, &addr, 24, ifindex) < 0 ||
			    ioth_linksetupdown(stacks[i], ifindex, 1) < 0)
				perror(addresses[i]);
		}
		fds[i] = node(stacks[i], addresses[i]);
	}
	for (int from = 0; from < 3; from++)
		for (int to = 0; to < 3; to++)
			if (from != to)
				talk(stacks[from], addresses[to], fds[to]);
	talk(stacks[3], addresses[3], fds[3]);
	for (int i = 0; i < 4; i++)
		if (ioth_close(fds[i]) < 0 || ioth_delstack(stacks[i]) < 0)
			perror("the end");
	return argc > 2;
}
END_C
# shellcheck disable=SC2046 # several words
gcc -Wall -Werror -o "$dir/stacks" "$dir/stacks.c" $(pkg-config --cflags --libs ioth)
assert_status 0 timeout 200 "$dir/stacks" "vde://$dir/hub"
assert_equal '' "$err" "complaints"
for from in 1 2 3; do
	for to in 1 2 3; do
		[ $from = $to ] || assert_match "^10\.0\.0\.$from to 10\.0\.0\.$to: hello\$" "$out" "from $from to $to"
	done
done
assert_match '^127\.0\.0\.1 to 127\.0\.0\.1: hello$' "$out" "the native stack"
pass
