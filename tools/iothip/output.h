/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the same things as text for people, or as JSON with the keys of `ip -j`.
 *
 * A value has a key for JSON and, for text, what stands before and after it; NULL leaves it out of
 * the one or the other.
 */
#ifndef IOTHIP_OUTPUT_H
#define IOTHIP_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OUTPUT_DEPTH 8

struct output {
	FILE *file;
	bool json, pretty;
	bool one_line; /* within an object, a line ends by a backslash */
	unsigned int depth;
	bool filled[OUTPUT_DEPTH]; /* something stands there already: a comma is wanted */
};

/* Around everything. An array of objects in JSON. */
void out_begin(struct output *out);
void out_end(struct output *out);

/* An object: in an array, or with a key. */
void out_object(struct output *out, const char *key);
void out_object_end(struct output *out);
void out_array(struct output *out, const char *key);
void out_array_end(struct output *out);

void out_text(struct output *out, const char *text); /* not in JSON */
void out_end_line(struct output *out);               /* likewise, after an object */
void out_string(
    struct output *out, const char *key, const char *before, const char *value, const char *after);
void out_number(
    struct output *out, const char *key, const char *before, uint64_t value, const char *after);
/* A word that is there or not: true in JSON, or null. */
void out_true(struct output *out, const char *key, const char *text);
void out_null(struct output *out, const char *key, const char *text);
/* A right-aligned number, as in tables. */
void out_column(struct output *out, const char *key, int width, uint64_t value);

#endif
