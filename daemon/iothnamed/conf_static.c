/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of the static table: `static TYPE [ttl=N] NAME DATA...`. */
#include <errno.h>
#include <string.h>

#include "conf_internal.h"
#include "options.h"

/* RFC 2181, 8. */
#define TTL_MAX 0x7fffffff

/* `ttl=N` behind the type, where no name can be meant: words[1] becomes the type then. */
static int take_ttl(struct optlist_item *words, uint32_t *ttl)
{
	int64_t number;

	if (option_number(words[1].tag + 4, 0, TTL_MAX, &number) < 0)
		return -EINVAL;
	*ttl = (uint32_t)number;
	words[1].tag = words[0].tag;
	return 0;
}

void conf_static_line(
    struct conf_reader *reader, struct rcfile *rcfile, struct optlist_item *words, size_t count)
{
	uint32_t ttl = NAMED_TTL_UNSET;
	struct named_name name;
	const char *wrong;
	int error;

	if (count > 1 && strncmp(words[1].tag, "ttl=", 4) == 0) {
		if (take_ttl(words, &ttl) < 0) {
			rcfile_error(rcfile, "static: ttl=NUMBER is expected, up to %d", TTL_MAX);
			return;
		}
		words++;
		count--;
	}
	wrong = named_record_parse(reader->record, words, count);
	if (wrong) {
		rcfile_error(rcfile, "static: %s", wrong);
		return;
	}
	named_name_fold(&name, &reader->record->owner);
	error = named_zone_add(reader->conf->zone, &name, reader->record->type, ttl,
	    reader->record->data, reader->record->len);
	if (error == -ENOTUNIQ)
		rcfile_error(
		    rcfile, "static: a name that is an alias has one CNAME, and nothing beside it");
	else if (error == -EMSGSIZE)
		rcfile_error(rcfile, "static: no message has room for so many records of a name and type");
	else if (error < 0 && error != -EEXIST)
		rcfile_error(rcfile, "static: %s", strerror(-error));
}
