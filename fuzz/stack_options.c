/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a stack's options ("mem=16M,linger=5"), and of a VNL with the name of its interface:
 * what is taken must lie within its bounds, what is not must have a reason.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "vnl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void parse_options(const char *text)
{
	char reason[96] = "";
	struct options options;
	int err = options_parse(text, &options, reason, sizeof(reason));

	if (err) {
		require(err == -EINVAL && reason[0] && strnlen(reason, sizeof(reason)) < sizeof(reason));
		require(!options.pcap);
		return;
	}
	require(options.mem == 0 || options.mem >= 64 << 10);
	require(options.linger <= UINT64_C(3600000000000) && options.busy_poll <= 1000000);
	require(options.spin <= 1000);
	require(!options.pcap || options.pcap[0]);
	options_free(&options);
}

static void parse_vnl(const char *text)
{
	char name[IFNAMSIZ];
	const char *vnl;

	if (vnl_split(text, name, &vnl))
		return;
	require(strnlen(name, sizeof(name)) < sizeof(name) && !strpbrk(name, "/:%"));
	require(vnl == text + (name[0] ? strlen(name) + 1 : 0));
	require(vnl == text || vnl[-1] == ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);

	require(text);
	if (size)
		memcpy(text, data, size);
	parse_options(text);
	parse_vnl(text);
	free(text);
	return 0;
}
