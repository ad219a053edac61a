/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tcp_exit: sends stdin over TCP and ends at once, with the socket closed, or open, or with the
 * stack deleted.
 *
 *     tcp_exit STACK VNL CONFIG ADDRESS PORT close|exit|delete
 *
 * STACK, VNL, CONFIG: examples/own_address.h.
 */
#include "../../examples/own_address.h"

#include <stdbool.h>
#include <netinet/in.h>

static bool send_stdin(int fd)
{
	static char buffer[262144];
	size_t len;

	while ((len = fread(buffer, 1, sizeof(buffer), stdin)) > 0) {
		for (size_t done = 0; done < len;) {
			ssize_t sent = ioth_send(fd, buffer + done, len - done, MSG_NOSIGNAL);

			if (sent <= 0)
				return false;
			done += (size_t)sent;
		}
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct sockaddr_storage peer;
	struct ioth *stack;
	socklen_t len;
	int fd;

	if (argc != 7)
		return 2;
	stack = own_stack(argv[1], argv[2], argv[3]);
	len = stack ? own_peer(argv[4], (uint16_t)atoi(argv[5]), &peer) : 0;
	if (!len)
		return 1;
	fd = ioth_msocket(stack, peer.ss_family, SOCK_STREAM, 0);
	if (fd < 0 || ioth_connect(fd, (struct sockaddr *)&peer, len) < 0 || !send_stdin(fd)) {
		perror(argv[4]);
		return 1;
	}
	if (strcmp(argv[6], "exit") != 0)
		ioth_close(fd);
	if (strcmp(argv[6], "delete") == 0 && ioth_delstack(stack) < 0)
		return 1;
	return 0;
}
