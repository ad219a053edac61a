/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the program's memory back.
 *
 * The helper begins with a copy-on-write image of the program. While that is there the program pays
 * for it: each page that it writes to is copied, and in the end there is twice the memory. But the
 * helper needs none of the program's data, so it empties (MADV_DONTNEED) what is anonymous and
 * private: the heap, other threads' stacks. It keeps
 *
 *   - what belongs to a file, with the zero-initialised data that follow it: code, and the data of
 *     libraries;
 *   - the surroundings of its stack pointer, and of the thread control block, where errno is.
 *
 * No wrapper of a system call looks into the memory that is emptied. The loader has its lists
 * there, but it is not entered (meson.build, -z now). Instrumented code does look there, for what
 * it knows of other memory, and keeps all.
 */
#include "helper_server.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <sys/mman.h>

#include "sanitizer.h"

#define KEPT_AROUND (256UL << 10) /* bytes, to either side */
#define LINE_SIZE   128           /* the end of a long path is not needed */

enum kind { KIND_FILE, KIND_ANONYMOUS, KIND_HEAP, KIND_OTHER };

struct mapping {
	uintptr_t start, end;
	enum kind kind;
};

static const char *parse_number(const char *text, unsigned int base, uintptr_t *value)
{
	*value = 0;
	for (;; text++) {
		unsigned int digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned int)(*text - '0');
		else if (base == 16 && *text >= 'a' && *text <= 'f')
			digit = (unsigned int)(*text - 'a') + 10;
		else
			return text;
		*value = *value * base + digit;
	}
}

static const char *skip_word(const char *text)
{
	while (*text != ' ' && *text != '\0')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

/* A line of /proc/self/maps: "start-end perms offset device inode path" (proc(5)). */
static bool parse_line(const char *text, struct mapping *mapping)
{
	const char *permissions, *path;
	uintptr_t inode;

	text = parse_number(text, 16, &mapping->start);
	if (*text != '-')
		return false;
	text = parse_number(text + 1, 16, &mapping->end);
	permissions = skip_word(text);
	path = skip_word(skip_word(skip_word(permissions)));
	path = skip_word(parse_number(path, 10, &inode));
	mapping->kind = KIND_OTHER;
	if (inode != 0)
		mapping->kind = KIND_FILE;
	else if (permissions[0] == 'r' && permissions[1] == 'w' && permissions[2] == '-' &&
	         permissions[3] == 'p') {
		if (*path == '\0')
			mapping->kind = KIND_ANONYMOUS;
		else if (path[0] == '[' && path[1] == 'h') /* [heap] */
			mapping->kind = KIND_HEAP;
	}
	return true;
}

static void empty(uintptr_t start, uintptr_t end)
{
	if (start < end)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

/* Empties a mapping but for the surroundings of two addresses, low <= high. */
static void empty_around(const struct mapping *mapping, uintptr_t low, uintptr_t high)
{
	const uintptr_t kept[2] = {low, high};
	uintptr_t start = mapping->start;

	for (unsigned int i = 0; i < 2; i++) {
		/* Whole pages of any size up to 64 KiB. */
		uintptr_t from = (kept[i] - KEPT_AROUND) & ~0xffffUL;
		uintptr_t to = (kept[i] + KEPT_AROUND) & ~0xffffUL;

		if (to <= start || from >= mapping->end)
			continue;
		empty(start, from);
		start = to;
	}
	empty(start, mapping->end);
}

static void line_read(const char *line, struct mapping *before, uintptr_t low, uintptr_t high)
{
	struct mapping mapping;

	if (!parse_line(line, &mapping))
		return;
	/* Zero-initialised data: an anonymous mapping that continues that of a file. */
	if (mapping.kind == KIND_ANONYMOUS && before->kind == KIND_FILE && before->end == mapping.start)
		mapping.kind = KIND_FILE;
	if (mapping.kind == KIND_ANONYMOUS || mapping.kind == KIND_HEAP)
		empty_around(&mapping, low, high);
	*before = mapping;
}

void helper_release_memory(void)
{
	char buf[1024], line[LINE_SIZE];
	struct mapping before = {.kind = KIND_OTHER};
	uintptr_t stack = (uintptr_t)__builtin_frame_address(0), control = (uintptr_t)pthread_self();
	size_t len = 0;
	ssize_t n;
	int fd;

	if (SANITIZER_ANY)
		return;
	fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n') {
				if (len < sizeof(line) - 1)
					line[len++] = buf[i];
				continue;
			}
			line[len] = '\0';
			len = 0;
			line_read(line, &before, stack < control ? stack : control,
			    stack < control ? control : stack);
		}
	}
	close(fd);
}
