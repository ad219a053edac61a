/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the small programs of the benchmarks share. They print one line of JSON each, which
 * bench/run reads; whatever goes wrong ends them with a message and status 1, and status 77 says
 * that the measurement is not possible here. */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_SKIP 77

__attribute__((noreturn, format(printf, 2, 3))) static inline void bench_die(
    int status, const char *format, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(error));
	exit(status);
}

/* A number of the command line, between the two limits. */
static inline double bench_number(const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value >= low && value <= high)) {
		errno = EINVAL;
		bench_die(1, "%s", text);
	}
	return value;
}

static inline uint64_t bench_now(void) /* nanoseconds */
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts the samples and prints the middle one, the tenth part of them that was fastest (what the
 * machine can do when nothing disturbs) and what 99 in 100 do not exceed. */
static inline void bench_print_times(const char *name, uint64_t *sample, size_t count)
{
	if (count == 0) {
		printf("{\"%s_count\": 0}\n", name);
		return;
	}
	qsort(sample, count, sizeof(*sample), bench_compare);
	printf("{\"%s_ns\": %llu, \"%s_p10_ns\": %llu, \"%s_p99_ns\": %llu, \"%s_count\": %zu}\n", name,
	    (unsigned long long)sample[count / 2], name, (unsigned long long)sample[count / 10], name,
	    (unsigned long long)sample[count - 1 - count / 100], name, count);
}

#endif
