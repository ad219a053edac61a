/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks for the addresses and the alias of a name, on the native stack or on one of its own:
 *
 *	iothdns_query NAME
 *	iothdns_query NAME STACK VNL CONFIG
 *	iothdns_query www.example.org vdestack slirp:// eth,dhcp
 *
 * With a stack, the name servers are those that its configuration has learnt.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#define MAX 16

static int print_alias(int section, struct iothdns_rr *rr, struct iothdns_pkt *pkt, void *arg)
{
	char name[IOTHDNS_MAXNAME];

	(void)arg;
	if (section == IOTHDNS_SEC_ANSWER && rr->type == IOTHDNS_TYPE_CNAME)
		printf("CNAME %s -> %s\n", rr->name, iothdns_get_name(pkt, name));
	return 0;
}

static int query(struct iothdns *dns, const char *name)
{
	struct in_addr a[MAX];
	struct in6_addr aaaa[MAX];
	char text[INET6_ADDRSTRLEN];
	int n = iothdns_lookup_a(dns, name, a, MAX);

	if (n < 0)
		printf("A: %s\n", strerror(errno));
	for (int i = 0; i < n && i < MAX; i++)
		printf("A %s\n", inet_ntop(AF_INET, &a[i], text, sizeof(text)));
	n = iothdns_lookup_aaaa(dns, name, aaaa, MAX);
	if (n < 0)
		printf("AAAA: %s\n", strerror(errno));
	for (int i = 0; i < n && i < MAX; i++)
		printf("AAAA %s\n", inet_ntop(AF_INET6, &aaaa[i], text, sizeof(text)));
	return iothdns_lookup_cb_tcp(dns, name, IOTHDNS_TYPE_CNAME, print_alias, NULL);
}

int main(int argc, char *argv[])
{
	struct ioth *stack = NULL;
	struct iothdns *dns;
	char *config = NULL;

	if (argc != 2 && argc != 5) {
		fprintf(stderr, "usage: %s NAME [STACK VNL CONFIG]\n", argv[0]);
		return 1;
	}
	if (argc == 5) {
		stack = ioth_newstack(argv[2], argv[3]);
		if (!stack) {
			fprintf(stderr, "%s: %s\n", argv[2], ioth_error());
			return 1;
		}
		if (ioth_config(stack, argv[4]) < 0) {
			fprintf(stderr, "%s: %s\n", argv[4], ioth_config_error());
			return 1;
		}
		config = ioth_resolvconf(stack, NULL);
	}
	dns = config ? iothdns_init_strcfg(stack, config) : iothdns_init(stack, NULL);
	free(config);
	if (!dns) {
		perror("iothdns_init");
		return 1;
	}
	query(dns, argv[1]);
	iothdns_fini(dns);
	if (stack)
		ioth_delstack(stack);
	return 0;
}
