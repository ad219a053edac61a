/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libiothotip's configuration text: what is taken is within its limits, what is refused says why.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_passfile(const char *text)
{
	return strcasestr(text, "passfile"); /* other files are none of the input's business */
}

static void check(struct otip_config *config)
{
	struct otip_windows windows = otip_schedule_at(&config->schedule, 1700000000);
	struct otip_identity identity;
	struct in6_addr address;

	if (!config->identity.name || !config->identity.name[0] || config->udp_clients == 0 ||
	    windows.first > windows.last || windows.last - windows.first >= OTIP_OPEN_MAX ||
	    windows.next_change <= 1700000000)
		abort();
	/* They are there to take long. */
	config->identity.rounds = 1 + config->identity.rounds % 100;
	if (otip_identity_init(&identity, &config->identity) < 0)
		return;
	address = otip_identity_address(&identity, windows.first);
	if (memcmp(&address, &config->identity.base, 8) != 0)
		abort();
	otip_identity_fini(&identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), why[OTIP_WHY_SIZE];
	struct otip_config config;
	int error;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (!has_passfile(text)) {
		memset(why, 'x', sizeof(why));
		error = otip_config_parse(&config, text, why);
		if (!memchr(why, '\0', sizeof(why)) || error > 0 || (error == -EINVAL && !why[0]))
			abort();
		if (!error)
			check(&config);
		otip_config_free(&config);
	}
	free(text);
	return 0;
}
