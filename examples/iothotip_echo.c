/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An echo server at one-time addresses: the one call, and what every server does.
 *
 *	iothotip_echo STACK VNL PORT CONFIG
 *	iothotip_echo picox vde:///tmp/hub 4242 base=fc01::,name=renzo.otip,passwd=mypassword
 *
 * STACK and VNL are "" for the native stack (add iface=NAME to CONFIG). In a vdens on the network:
 * nc $(otipaddr -b fc01:: renzo.otip mypassword) 4242
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ioth.h>
#include <iothotip.h>

static void *echo(void *argument)
{
	int connection = (int)(intptr_t)argument;
	char buffer[4096];
	ssize_t len;

	while ((len = ioth_read(connection, buffer, sizeof(buffer))) > 0) {
		for (ssize_t done = 0, n; done < len; done += n) {
			n = ioth_write(connection, buffer + done, (size_t)(len - done));
			if (n < 0)
				break;
		}
	}
	ioth_close(connection);
	return NULL;
}

int main(int argc, char *argv[])
{
	struct iothotip *otip;
	struct ioth *stack;
	int fd, connection;

	if (argc != 5) {
		fprintf(stderr, "Usage: %s STACK VNL PORT CONFIG\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	stack = ioth_newstack(argv[1], argv[2][0] ? argv[2] : NULL);
	if (!stack) {
		fprintf(stderr, "%s\n", ioth_error());
		return 1;
	}
	fd = iothotip_server(stack, argv[4], SOCK_STREAM, (int)strtol(argv[3], NULL, 10), 5, &otip);
	if (fd < 0) {
		fprintf(stderr, "%s\n", iothotip_error());
		return 1;
	}
	printf("serving\n");
	fflush(stdout);
	while ((connection = ioth_accept(fd, NULL, NULL)) >= 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, echo, (void *)(intptr_t)connection) == 0)
			pthread_detach(thread);
		else
			ioth_close(connection);
	}
	perror("accept");
	iothotip_stop(otip);
	return 1;
}
