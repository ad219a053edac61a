/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of options: whatever is in it, values keep within their limits, and every line that is
 * refused has been told. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "log.h"
#include "options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	bool flag;
	int64_t number;
	char *string, *path;
	struct option_list list;
};

static const struct option_spec specs[] = {
    {.name = "f", .type = OPTION_FLAG, .offset = offsetof(struct values, flag)},
    {.name = "n",
        .aliases = "number a_number",
        .type = OPTION_NUMBER,
        .min = -5,
        .max = 1000,
        .offset = offsetof(struct values, number)},
    {.name = "s", .type = OPTION_STRING, .offset = offsetof(struct values, string)},
    {.name = "p", .type = OPTION_PATH, .offset = offsetof(struct values, path)},
    {.name = "l", .type = OPTION_LIST, .offset = offsetof(struct values, list)},
};

static void count(int level, const char *text, void *argument)
{
	if (strlen(text) >= LOG_TEXT_MAX || strchr(text, '\n'))
		abort();
	++*(unsigned int *)argument;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int told = 0, errors;
	struct values values = {.number = 7};
	struct options options;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    options_init(&options, "/d", NULL, NULL) < 0)
		abort();
	options.groups[0] = (struct option_group){.specs = specs, .count = 5, .values = &values};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	log_set_hook(count, &told);
	errors = options_read_file(&options, path);
	log_set_hook(NULL, NULL);
	if (told != errors || values.number < -5 || values.number > 1000 ||
	    (values.path && values.path[0] != '/') || values.list.count > size / 3)
		abort();
	options_fini(&options);
	close(fd);
	return 0;
}
