/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* otipaddr, hashaddr: the address of a name, and of a name, a password and the time: otipaddr(1).
 *
 *	request.c   the command line
 *	base.c      the network: an address, or a host that has it
 *
 * They are one program. What `iothnamed` answers by `auth hash` and `auth otip`, and what
 * `otip_rproxy` listens on, comes from the same functions (libiothaddr).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <ioth.h>
#include <iothaddr.h>

#include "base.h"
#include "log.h"
#include "request.h"

static void hash(const struct request *request, struct in6_addr *address)
{
	uint8_t key[IOTHADDR_KEY_LEN];

	if (!request->hmac) {
		iothaddr_hash(address, request->name, request->password, request->window);
		return;
	}
	iothaddr_hmac_key(key, request->name, request->password, request->rounds);
	iothaddr_hmac(address, request->name, key, request->window);
	explicit_bzero(key, sizeof(key));
}

/* 0, or -1: it has been said why. */
static int print(struct request *request)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	uint8_t mac[6];

	if (request->kind == REQUEST_MAC) {
		iothaddr_hashmac(mac, request->name, request->password);
		return puts(ioth_ntomac(mac, text, sizeof(text))) < 0 ? -1 : 0;
	}
	if (!base_find(request, &address))
		return -1;
	if (request->kind == REQUEST_ADDRESS)
		hash(request, &address);
	else if (request->has_mac)
		iothaddr_eui64(&address, request->mac);
	else
		iothaddr_hasheui64(&address, request->name, request->password);
	return puts(inet_ntop(AF_INET6, &address, text, sizeof(text))) < 0 ? -1 : 0;
}

int main(int argc, char *argv[])
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *called = argc == 0 ? "" : slash ? slash + 1 : argv[0];
	const char *program = strcmp(called, "hashaddr") == 0 ? "hashaddr" : "otipaddr";
	struct request request;
	int status;

	log_init(program);
	if (request_read(&request, program, argc, argv, &status))
		status = print(&request) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	request_free(&request);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return status;
}
