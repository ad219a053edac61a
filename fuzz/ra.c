/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router advertisements, solicitations and the messages of duplicate address detection; what was
 * understood of an advertisement is the same when it has been written and parsed again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buffer[16384];
	static struct ra ra, again;
	struct wire_writer writer = wire_writer(buffer, sizeof(buffer));
	struct nd_neighbour neighbour;
	struct nd_solicit solicit;

	(void)nd_parse_neighbour(&neighbour, data, size);
	(void)nd_parse_router_solicit(&solicit, data, size);
	if (ra_parse(&ra, data, size) < 0)
		return 0;
	for (size_t i = 0; i < ra.domains; i++)
		require(dhcp_name_is_valid(ra.domain[i].name));
	for (size_t i = 0; i < ra.prefixes; i++)
		require(ra.prefix[i].len <= 128);
	ra_put(&writer, &ra);
	require(!writer.error);
	require(ra_parse(&again, buffer, writer.at) == 0);
	/* What is behind a name's NUL, and in an entry that was begun and dropped, does not count. */
	for (size_t i = 0; i < RA_LIST_MAX; i++) {
		if (i < ra.domains) {
			require(strcmp(ra.domain[i].name, again.domain[i].name) == 0);
			require(ra.domain[i].lifetime == again.domain[i].lifetime);
		}
	}
	require(ra.domains == again.domains);
	memset(ra.domain, 0, sizeof(ra.domain));
	memset(again.domain, 0, sizeof(again.domain));
	/* Both were zeroed as a whole, gaps between the members included. */
	require(memcmp(&ra, &again, sizeof(ra)) == 0); // NOLINT(*-memory-comparison,cert-*)
	return 0;
}
