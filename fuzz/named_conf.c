/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed's configuration: whatever the text, there is a whole configuration or none, and none
 * only with a mistake that was told. */
#include <stdint.h>
#include <stdlib.h>

#include "conf.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_line(int level, const char *text, void *argument)
{
	(void)text;
	*(unsigned int *)argument += level == LOG_ERR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int mistakes = 0;
	struct named_conf *conf;

	log_set_hook(count_line, &mistakes);
	conf = named_conf_parse("fuzz", (const char *)data, size);
	log_set_hook(NULL, NULL);
	if ((conf == NULL) != (mistakes > 0))
		abort();
	named_conf_unref(conf);
	return 0;
}
