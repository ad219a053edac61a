/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is linked with libiothradvd.a, and has names of its own that are the library's
 * inside.
 */
#include <errno.h>
#include <stdio.h>
#include <iothradvd.h>

int router_init(void);
int settings_set(void);

int router_init(void)
{
	return 1;
}

int settings_set(void)
{
	return 2;
}

int main(void)
{
	struct iothradvd_config *config = iothradvd_config_new(600, NULL, NULL, 0);
	int wrong = !config || iothradvd_config_set(config, "prefix", "fc00::/64/LA") < 0 ||
	            iothradvd_config_set(config, "prefix", "fc00::/64/X") == 0 || errno != EINVAL ||
	            iothradvd_vdestart(NULL, NULL, 0, NULL, NULL, 0) || router_init() != 1;

	iothradvd_config_free(config);
	if (wrong)
		printf("%s\n", iothradvd_error());
	return wrong;
}
