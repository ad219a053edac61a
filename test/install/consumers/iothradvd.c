/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libiothradvd: a configuration is made and checked. C and C++. */
#include <string.h>
#include <iothradvd.h>

int main(void)
{
	struct iothradata data;
	struct iothradvd_config *config;
	int status;

	memset(&data, 0, sizeof(data));
	config = iothradvd_config_new(10, &data, NULL, 0);
	if (config == NULL)
		return 1;
	status =
	    iothradvd_config_set(config, "mtu", "1400") == 0 && iothradvd_config_check(config) == 0;
	iothradvd_config_free(config);
	return status ? 0 : 2;
}
