/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration while it is read. Each kind of directive has a file of its own. */
#ifndef NAMED_CONF_INTERNAL_H
#define NAMED_CONF_INTERNAL_H

#include "auth.h"
#include "conf.h"
#include "net.h"
#include "optlist.h"
#include "rcfile.h"
#include "record.h"
#include "zone.h"

/* An `auth` record that waits for the end of the file, where all static names are known. */
struct conf_auth {
	struct conf_auth *next;
	unsigned int line;
	struct named_auth_record record;
	bool needs_name, needs_base; /* look up: */
	struct named_name name_host, base_host;
};

struct conf_reader {
	struct named_conf *conf;
	const struct options *paths;        /* where relative ones begin; NULL: as the process has it */
	struct conf_auth *auth, **auth_end; /* in the order of the file */
	struct named_record_text *record;   /* one at a time: it is large */
};

void conf_auth_line(struct conf_reader *reader, struct rcfile *rcfile,
    const struct optlist_item *words, size_t count);

/* At the end of the file: all `auth` lines become records. */
void conf_auth_finish(struct conf_reader *reader, struct rcfile *rcfile);
void conf_auth_free(struct conf_reader *reader);

/* The words may be changed. */
void conf_static_line(
    struct conf_reader *reader, struct rcfile *rcfile, struct optlist_item *words, size_t count);

void conf_option_defaults(struct named_options *options);
void conf_option_line(struct conf_reader *reader, struct rcfile *rcfile,
    const struct optlist_item *words, size_t count);

/* ADDRESS/LENGTH: the number behind the slash. 0 or -EINVAL. */
int conf_prefix_len(const char *text, unsigned int max, unsigned int *len);

#endif
