/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libiothdns: a resolver that asks nobody for an address that is one. C and
 * C++. */
#define _POSIX_C_SOURCE 200809L /* struct addrinfo */
#include <string.h>
#include <iothdns.h>

int main(void)
{
	char config[] = "nameserver ::1";
	struct iothdns *dns = iothdns_init_strcfg(NULL, config);
	struct addrinfo hints, *found = NULL;
	int error;

	if (dns == NULL)
		return 1;
	memset(&hints, 0, sizeof(hints));
	hints.ai_flags = AI_NUMERICHOST;
	hints.ai_socktype = SOCK_STREAM;
	error = iothdns_getaddrinfo(dns, "fd00::1", "80", &hints, &found);
	if (error == 0 && found->ai_family != AF_INET6)
		error = 2;
	iothdns_freeaddrinfo(found);
	iothdns_fini(dns);
	return error ? 2 : 0;
}
