/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libpicoxnet alone: a datagram over the loopback of its own stack. C and C++.
 */
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <picoxnet.h>

int main(void)
{
	struct picox *stack = picox_newstack(NULL);
	struct sockaddr_in self;
	char text[8] = "";
	int fd;

	if (stack == NULL) {
		fprintf(stderr, "%s\n", picox_error());
		return 1;
	}
	memset(&self, 0, sizeof(self));
	self.sin_family = AF_INET;
	self.sin_port = htons(7);
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || picox_bind(fd, (struct sockaddr *)&self, sizeof(self)) != 0)
		return 2;
	if (picox_sendto(fd, "hello", 6, 0, (struct sockaddr *)&self, sizeof(self)) != 6)
		return 3;
	if (picox_recv(fd, text, sizeof(text), 0) != 6 || strcmp(text, "hello") != 0)
		return 4;
	return picox_close(fd) == 0 && picox_delstack(stack) == 0 ? 0 : 5;
}
