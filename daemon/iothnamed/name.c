/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names as keys: see name.h. */
#include "name.h"

#include <errno.h>
#include <string.h>

#define BYTES(b) (0x0101010101010101ULL * (b))

/* Lower case, eight bytes at once. Lengths of labels are below 'A' and stay. */
static uint64_t fold_word(uint64_t word)
{
	uint64_t low = word & BYTES(0x7f);
	uint64_t above = low + BYTES(0x80 - 'A');        /* bit 7: from 'A' on */
	uint64_t behind = low + BYTES(0x80 - ('Z' + 1)); /* bit 7: behind 'Z' */

	return word | ((above & ~behind & ~word & BYTES(0x80)) >> 2);
}

static void fold(struct named_name *name)
{
	memset(name->wire + name->len, 0, NAMED_NAME_PAD);
	for (size_t i = 0; i < name->len; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, name->wire + i, sizeof(word));
		word = fold_word(word);
		memcpy(name->wire + i, &word, sizeof(word));
	}
}

int named_name_read(struct named_name *name, const uint8_t *bytes, size_t size)
{
	unsigned int labels = 0;
	size_t at = 0;

	if (size > NAME_MAX_WIRE)
		size = NAME_MAX_WIRE;
	for (;;) {
		if (at >= size)
			return -EBADMSG;
		name->offset[labels] = (uint8_t)at;
		if (bytes[at] == 0)
			break;
		if (bytes[at] > NAME_MAX_LABEL)
			return -EBADMSG;
		at += bytes[at] + 1U;
		labels++; /* at most 127: each takes two bytes, the root one */
	}
	name->labels = (uint8_t)labels;
	name->len = (uint8_t)(at + 1);
	memcpy(name->wire, bytes, name->len);
	fold(name);
	return name->len;
}

void named_name_fold(struct named_name *name, const struct dns_name *from)
{
	(void)named_name_read(name, from->wire, from->len);
}

int named_name_from_text(struct named_name *name, const char *text)
{
	struct dns_name parsed;
	int error = name_from_text(&parsed, text);

	if (error < 0)
		return error;
	named_name_fold(name, &parsed);
	return 0;
}

const char *named_name_text(const struct named_name *name, char text[NAMED_NAME_TEXT_SIZE])
{
	struct dns_name copy = {.len = name->len};

	memcpy(copy.wire, name->wire, name->len);
	if (name->labels == 0 || name_to_text(&copy, text, NAMED_NAME_TEXT_SIZE) < 0)
		memcpy(text, ".", 2);
	return text;
}

bool named_wire_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (name_lower(a[i]) != name_lower(b[i]))
			return false;
	}
	return true;
}

bool named_name_equal(const struct named_name *a, const struct named_name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

bool named_name_is_below(const struct named_name *name, const struct named_name *suffix)
{
	return name->labels > suffix->labels &&
	       named_name_suffix_len(name, suffix->labels) == suffix->len &&
	       memcmp(named_name_suffix(name, suffix->labels), suffix->wire, suffix->len) == 0;
}

/* A label's bytes, its length included, mixed into the hash of what is to its right. */
static uint64_t hash_label(uint64_t hash, const uint8_t *label)
{
	size_t len = label[0] + 1U;

	for (;; label += sizeof(uint64_t), len -= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, label, sizeof(word)); /* NAMED_NAME_PAD */
		if (len < sizeof(word)) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			word &= (1ULL << 8 * len) - 1;
#else
			word &= ~(~0ULL >> 8 * len);
#endif
		}
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
		if (len <= sizeof(word))
			return hash;
	}
}

void named_name_hashes(const struct named_name *name, uint64_t hash[NAME_MAX_LABELS])
{
	hash[0] = 0x243f6a8885a308d3ULL;
	for (unsigned int i = 1; i <= name->labels; i++)
		hash[i] = hash_label(hash[i - 1], name->wire + name->offset[name->labels - i]);
}

uint64_t named_name_hash(const struct named_name *name)
{
	uint64_t hash[NAME_MAX_LABELS];

	named_name_hashes(name, hash);
	return hash[name->labels];
}
