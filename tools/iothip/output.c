/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text and JSON. */
#include "output.h"

#include <inttypes.h>

static void indent(struct output *out)
{
	if (!out->pretty)
		return;
	fputc('\n', out->file);
	for (unsigned int i = 0; i < out->depth; i++)
		fputs("    ", out->file);
}

/* Names come from another process: what is no text is not shown as such. */
static void put_text(struct output *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out->file);
}

static void put_json(struct output *out, const char *text)
{
	fputc('"', out->file);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			fprintf(out->file, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			fprintf(out->file, "\\%c", c);
		else
			fputc(c, out->file);
	}
	fputc('"', out->file);
}

static void item(struct output *out, const char *key)
{
	if (out->filled[out->depth])
		fputc(',', out->file);
	out->filled[out->depth] = true;
	if (out->depth)
		indent(out);
	if (!key)
		return;
	put_json(out, key);
	fputs(out->pretty ? ": " : ":", out->file);
}

static void open_bracket(struct output *out, const char *key, char bracket)
{
	if (!out->json)
		return;
	item(out, key);
	fputc(bracket, out->file);
	if (out->depth + 1 < OUTPUT_DEPTH)
		out->depth++;
	out->filled[out->depth] = false;
}

static void close_bracket(struct output *out, char bracket)
{
	bool filled = out->filled[out->depth];

	if (!out->json)
		return;
	out->depth--;
	if (filled)
		indent(out);
	fputc(bracket, out->file);
}

void out_begin(struct output *out)
{
	out_array(out, NULL);
}

void out_end(struct output *out)
{
	out_array_end(out);
	if (out->json)
		fputc('\n', out->file);
}

void out_object(struct output *out, const char *key)
{
	open_bracket(out, key, '{');
}

void out_object_end(struct output *out)
{
	close_bracket(out, '}');
}

void out_array(struct output *out, const char *key)
{
	open_bracket(out, key, '[');
}

void out_array_end(struct output *out)
{
	close_bracket(out, ']');
}

/* Our own words. */
static void put_words(struct output *out, const char *words)
{
	for (; *words; words++)
		fputc(*words == '\n' && out->one_line ? '\\' : *words, out->file);
}

void out_text(struct output *out, const char *text)
{
	if (!out->json)
		put_words(out, text);
}

void out_end_line(struct output *out)
{
	if (!out->json)
		fputc('\n', out->file);
}

void out_string(
    struct output *out, const char *key, const char *before, const char *value, const char *after)
{
	if (out->json && (key || !before)) {
		item(out, key);
		put_json(out, value);
	} else if (!out->json && before) {
		put_words(out, before);
		put_text(out, value);
		fputs(after, out->file);
	}
}

void out_number(
    struct output *out, const char *key, const char *before, uint64_t value, const char *after)
{
	if (out->json && key) {
		item(out, key);
		fprintf(out->file, "%" PRIu64, value);
	} else if (!out->json && before) {
		put_words(out, before);
		fprintf(out->file, "%" PRIu64 "%s", value, after);
	}
}

static void put_word(struct output *out, const char *key, const char *word, const char *text)
{
	if (!out->json) {
		put_words(out, text);
		return;
	}
	item(out, key);
	fputs(word, out->file);
}

void out_true(struct output *out, const char *key, const char *text)
{
	put_word(out, key, "true", text);
}

void out_null(struct output *out, const char *key, const char *text)
{
	put_word(out, key, "null", text);
}

void out_column(struct output *out, const char *key, int width, uint64_t value)
{
	if (out->json)
		out_number(out, key, NULL, value, NULL);
	else
		fprintf(out->file, "%*" PRIu64 " ", width, value);
}
