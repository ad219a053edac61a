/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resolv.conf, hosts, services: any text. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), name[IOTHDNS_MAXNAME];
	struct text text = {copy, size};
	struct config *config;
	uint8_t address[16] = {10};
	uint16_t port;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	config = config_from_text(&text);
	if (config && (config->n_servers > IOTHDNS_MAXNS || !config->attempts || !config->timeout_ms))
		abort();
	config_unref(config);
	config = config_from_string(copy);
	config_unref(config);
	(void)hosts_find_name(&text, "one", AF_INET, address, name);
	(void)hosts_find_name(&text, "one", AF_INET6, address, NULL);
	(void)hosts_find_address(&text, AF_INET, address, name, sizeof(name));
	(void)services_find_name(&text, "http", "tcp", &port);
	(void)services_find_port(&text, 80, "tcp", name, 20);
	free(copy);
	return 0;
}
