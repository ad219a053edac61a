/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over its corpus, without libFuzzer: part of every `make check`.
 *
 * Usage: replay_NAME DIRECTORY
 *
 * Besides each file as it is, and the empty input, the target sees each file cut short at every
 * length and with every byte set to 0 and to 255: the plain ways of lying about a length. No
 * directory, no corpus yet: the empty input alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUTATED_MAX 2048 /* bytes of a file that is changed byte by byte */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input lies in a buffer of just its size, so that AddressSanitizer sees each byte too far. */
static void run_once(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL) {
		perror("replay");
		exit(1);
	}
	if (size > 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_variants(uint8_t *data, size_t size)
{
	size_t i;

	run_once(data, size);
	if (size > MUTATED_MAX)
		return;
	for (i = 0; i < size; i++) {
		uint8_t byte = data[i];

		run_once(data, i);
		data[i] = 0;
		run_once(data, size);
		data[i] = 255;
		run_once(data, size);
		data[i] = byte;
	}
}

/* Reads the file `name` of a directory. Returns its bytes (to be freed), or NULL and errno. */
static uint8_t *read_file(int directory, const char *name, size_t *size)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	uint8_t *data = NULL;
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		goto out;
	data = malloc((size_t)st.st_size + 1);
	if (data == NULL)
		goto out;
	got = read(fd, data, (size_t)st.st_size);
	if (got < 0) {
		free(data);
		data = NULL;
		goto out;
	}
	*size = (size_t)got;
out:
	close(fd);
	return data;
}

int main(int argc, char *argv[])
{
	unsigned int files = 0;
	struct dirent *entry;
	DIR *directory;

	run_once(NULL, 0);
	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 1;
	}
	directory = opendir(argv[1]);
	if (directory == NULL && errno != ENOENT) {
		perror(argv[1]);
		return 1;
	}
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		uint8_t *data;
		size_t size;

		if (entry->d_name[0] == '.')
			continue;
		data = read_file(dirfd(directory), entry->d_name, &size);
		if (data == NULL) {
			perror(entry->d_name);
			return 1;
		}
		run_variants(data, size);
		free(data);
		files++;
	}
	if (directory != NULL)
		closedir(directory);
	printf("%u files\n", files);
	return 0;
}
