/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv6 extension headers of a program's. */
#include "extensions.h"

#include <errno.h>

static void release(struct px_stack *stack, uint8_t **bytes, size_t *len)
{
	px_free(stack->mem, *bytes, *len);
	*bytes = NULL;
	*len = 0;
}

void ip6_extensions_free(struct px_stack *stack, struct ip6_extensions *extensions)
{
	if (!extensions)
		return;
	for (unsigned int i = 0; i < IP6_EXT_SLOTS; i++)
		release(stack, &extensions->slot[i].bytes, &extensions->slot[i].len);
	release(stack, &extensions->joined, &extensions->joined_len);
	px_free(stack->mem, extensions, sizeof(*extensions));
}

/* The chain: each names the one behind it, the last one's field is ip6_output's. */
static int join(struct px_stack *stack, struct ip6_extensions *e)
{
	size_t hop = e->slot[IP6_EXT_HOP_BY_HOP].len, last = e->slot[IP6_EXT_DESTINATION].len;
	uint8_t *joined = NULL;

	if (hop + last) {
		joined = px_alloc(stack->mem, hop + last);
		if (!joined)
			return -ENOMEM;
		if (hop) {
			memcpy(joined, e->slot[IP6_EXT_HOP_BY_HOP].bytes, hop);
			joined[0] = IPPROTO_DSTOPTS; /* of use only if those follow */
		}
		if (last)
			memcpy(joined + hop, e->slot[IP6_EXT_DESTINATION].bytes, last);
	}
	release(stack, &e->joined, &e->joined_len);
	e->joined = joined;
	e->joined_len = hop + last;
	e->fragmentable_at = hop;
	e->last_next_at = last ? hop : 0;
	e->first = hop ? IPPROTO_HOPOPTS : IPPROTO_DSTOPTS;
	return 0;
}

int ip6_extensions_set(struct px_stack *stack, struct ip6_extensions **extensions,
    enum ip6_extension_slot slot, const void *bytes, size_t len)
{
	struct ip6_extensions *e = *extensions;
	const uint8_t *header = bytes;
	uint8_t *copy = NULL, *before;
	size_t before_len;
	int err = -ENOMEM;

	if (len) {
		if (len < 8 || (len & 7) || len > IP6_EXTENSION_MAX - 8 ||
		    ((size_t)header[1] + 1) * 8 > len)
			return -EINVAL;
		len = ((size_t)header[1] + 1) * 8;
		copy = px_alloc(stack->mem, len);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, header, len);
	}
	if (!e) {
		if (!len)
			return 0;
		e = px_zalloc(stack->mem, sizeof(*e));
		if (!e)
			goto fail;
	}
	before = e->slot[slot].bytes;
	before_len = e->slot[slot].len;
	e->slot[slot].bytes = copy;
	e->slot[slot].len = len;
	err = join(stack, e);
	if (err) {
		e->slot[slot].bytes = before;
		e->slot[slot].len = before_len;
		if (!*extensions)
			ip6_extensions_free(stack, e);
		goto fail;
	}
	px_free(stack->mem, before, before_len);
	*extensions = e;
	return 0;

fail:
	px_free(stack->mem, copy, len);
	return err;
}

void ip6_extensions_apply(const struct ip6_extensions *extensions, struct ip_send *send)
{
	if (!extensions || !extensions->joined_len)
		return;
	send->extensions = extensions->joined;
	send->extensions_len = extensions->joined_len;
	send->fragmentable_at = extensions->fragmentable_at;
	send->first_extension = extensions->first;
	send->last_next_at = extensions->last_next_at;
}
