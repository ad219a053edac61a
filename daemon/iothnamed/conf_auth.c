/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines `auth TYPE NETS [NAME [BASE [PASSWORD | password_file FILE]]]`.
 *
 * A line is checked and kept; it becomes a record at the end of the file, where it is known whether
 * a host that it names is in the static table. One that is not is looked up (host.h), for which
 * there must be a server.
 *
 * NAME is a name; one with a leading dot: what is below it; "."; an address or a prefix: the names
 * of the reverse trees for it; HOST/LENGTH: likewise, with the host's address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_internal.h"
#include "options.h"
#include "passfile.h"
#include "reverse.h"

static const struct auth_type {
	const char *name;
	enum named_auth_type type;
	size_t words; /* TYPE and NETS included */
	const char *expected;
} types[] = {
    {"accept", NAMED_AUTH_ACCEPT, 2, "accept NETS"},
    {"error", NAMED_AUTH_ERROR, 3, "error NETS NAME"},
    {"static", NAMED_AUTH_STATIC, 3, "static NETS NAME"},
    {"hash", NAMED_AUTH_HASH, 4, "hash NETS NAME BASE"},
    {"otip", NAMED_AUTH_OTIP, 5, "otip NETS NAME BASE PASSWORD|password_file FILE"},
    {"cache", NAMED_AUTH_CACHE, 3, "cache NETS NAME"},
    {"hrev", NAMED_AUTH_HREV, 3, "hrev NETS NAME"},
    {"fwd", NAMED_AUTH_FWD, 3, "fwd NETS NAME"},
};

static const struct auth_type *find_type(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcasecmp(word, types[i].name) == 0)
			return &types[i];
	}
	return NULL;
}

static void read_nets(struct conf_reader *reader, struct rcfile *rcfile, const char *list,
    struct named_auth_record *record)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		uint64_t bit = named_nets_bit(reader->conf->nets, list, len);

		if (bit)
			record->nets |= bit;
		else
			rcfile_error(rcfile, "auth: there is no net \"%.*s\" above", (int)len, list);
		if (!list[len])
			return;
		list += len + 1;
	}
}

static void set_network(struct named_auth_record *record, struct rcfile *rcfile,
    const struct in6_addr *address, unsigned int len)
{
	unsigned int all = IN6_IS_ADDR_V4MAPPED(address) ? 32 : 128, step = all == 32 ? 8 : 4;

	if (len % step)
		rcfile_notice(
		    rcfile, "auth: names cannot tell %u bits of an address, but %u", len, len - len % step);
	named_reverse_name(&record->name, address, len);
	record->below = len < all;
}

/* ADDRESS/LENGTH or HOST/LENGTH; `slash` is in `text`. */
static void read_prefix(
    struct conf_auth *auth, struct rcfile *rcfile, const char *text, const char *slash)
{
	char *host = strndup(text, (size_t)(slash - text));
	struct in6_addr address;
	unsigned int all = 128;
	bool is_address;

	if (!host) {
		rcfile_error(rcfile, "%s", strerror(ENOMEM));
		return;
	}
	is_address = named_address_from_text(host, &address, &all) == 0;
	if (conf_prefix_len(slash + 1, all, &auth->record.prefix_len) < 0) {
		rcfile_error(rcfile, "auth: \"%s\": a length up to %u is expected", text, all);
	} else if (is_address) {
		set_network(&auth->record, rcfile, &address, auth->record.prefix_len);
	} else if (named_name_from_text(&auth->name_host, host) < 0 || auth->name_host.labels == 0) {
		rcfile_error(rcfile, "auth: \"%s\" is neither an address nor a name", host);
	} else {
		auth->needs_name = true;
	}
	free(host);
}

static void read_name(struct conf_auth *auth, struct rcfile *rcfile, const char *text)
{
	struct named_auth_record *record = &auth->record;
	const char *slash = strrchr(text, '/');
	struct in6_addr address;
	unsigned int all;

	if (named_address_from_text(text, &address, &all) == 0) {
		set_network(record, rcfile, &address, all);
		return;
	}
	if (slash) {
		read_prefix(auth, rcfile, text, slash);
		return;
	}
	record->below = text[0] == '.';
	/* "" is what is left of "." without its final dot. */
	if (named_name_from_text(&record->name, text + record->below) < 0)
		rcfile_error(rcfile, "auth: \"%s\" is not a domain name", text);
	else if (record->name.labels == 0)
		record->below = true;
}

static void read_base(struct conf_auth *auth, struct rcfile *rcfile, const char *text)
{
	if (named_address_from_text(text, &auth->record.base, NULL) == 0) {
		if (IN6_IS_ADDR_V4MAPPED(&auth->record.base))
			rcfile_notice(rcfile, "auth: \"%s\": hash addresses are of IPv6", text);
		return;
	}
	if (strchr(text, '/')) {
		rcfile_error(rcfile,
		    "auth: \"%s\": an address without a length is expected; 64 bits of it count", text);
		return;
	}
	if (named_name_from_text(&auth->base_host, text) < 0 || auth->base_host.labels == 0)
		rcfile_error(rcfile, "auth: \"%s\" is neither an address nor a name", text);
	else
		auth->needs_base = true;
}

/* The words of the others for it (iothotip(7)) will do as well. */
static bool is_password_file(const char *word)
{
	return optlist_same_name(word, "password_file", false) || strcmp(word, "passfile") == 0;
}

static void read_password_file(const struct conf_reader *reader, struct rcfile *rcfile,
    const char *file, struct named_auth_record *record)
{
	char *path = reader->paths ? options_absolute(reader->paths, file) : strdup(file);
	char why[PASSFILE_WHY_SIZE];
	bool exposed;

	if (!path)
		rcfile_error(rcfile, "%s", strerror(ENOMEM));
	else if (passfile_read(path, &record->password, &exposed, why) < 0)
		rcfile_error(rcfile, "auth: password_file %s: %s", path, why);
	else if (exposed)
		rcfile_notice(rcfile, "auth: password_file %s: others may read it", path);
	free(path);
}

static bool is_count_right(
    const struct auth_type *type, const struct optlist_item *words, size_t count)
{
	if (type->type == NAMED_AUTH_OTIP && count == type->words + 1)
		return is_password_file(words[type->words - 1].tag);
	return count == type->words;
}

void conf_auth_line(struct conf_reader *reader, struct rcfile *rcfile,
    const struct optlist_item *words, size_t count)
{
	const struct auth_type *type = count > 0 ? find_type(words[0].tag) : NULL;
	struct conf_auth *auth;

	if (!type) {
		rcfile_error(
		    rcfile, "auth: accept, error, static, hash, otip, cache, hrev or fwd is expected");
		return;
	}
	if (!is_count_right(type, words, count)) {
		rcfile_error(rcfile, "auth: %s is expected", type->expected);
		return;
	}
	auth = calloc(1, sizeof(*auth));
	if (!auth) {
		rcfile_error(rcfile, "%s", strerror(ENOMEM));
		return;
	}
	*reader->auth_end = auth;
	reader->auth_end = &auth->next;
	auth->line = rcfile->line;
	auth->record.type = type->type;
	read_nets(reader, rcfile, words[1].tag, &auth->record);
	if (count > 2)
		read_name(auth, rcfile, words[2].tag);
	if (count > 3)
		read_base(auth, rcfile, words[3].tag);
	if (count > 5) {
		read_password_file(reader, rcfile, words[5].tag, &auth->record);
	} else if (count > 4 && is_password_file(words[4].tag)) {
		rcfile_error(rcfile, "auth: %s FILE is expected", words[4].tag);
	} else if (count > 4) {
		if (!*words[4].tag)
			rcfile_notice(rcfile, "auth: no password: who knows the name knows the address");
		auth->record.password = strdup(words[4].tag);
		if (!auth->record.password)
			rcfile_error(rcfile, "%s", strerror(ENOMEM));
	}
}

/* A host that is not in the static table, to be looked up; NULL: an error, which was told. */
static const struct named_host *look_up(
    struct named_conf *conf, struct rcfile *rcfile, const struct named_name *name)
{
	char text[NAMED_NAME_TEXT_SIZE];
	const struct named_host *host;

	if (conf->dns_count == 0) {
		rcfile_error(rcfile, "auth: %s cannot be resolved: it is not static, and there is no `dns`",
		    named_name_text(name, text));
		return NULL;
	}
	host = named_hosts_add(conf->hosts, name);
	if (!host)
		rcfile_error(rcfile, "%s", strerror(ENOMEM));
	return host;
}

static void find_name(struct conf_auth *auth, struct named_conf *conf, struct rcfile *rcfile)
{
	struct named_auth_record *record = &auth->record;
	struct in6_addr address;

	if (!named_zone_address(conf->zone, &auth->name_host, &address))
		record->host = look_up(conf, rcfile, &auth->name_host);
	else if (IN6_IS_ADDR_V4MAPPED(&address) && record->prefix_len > 32)
		rcfile_error(rcfile, "auth: the host has an IPv4 address: a length up to 32 is expected");
	else
		set_network(record, rcfile, &address, record->prefix_len);
}

void conf_auth_finish(struct conf_reader *reader, struct rcfile *rcfile)
{
	struct named_conf *conf = reader->conf;

	for (struct conf_auth *auth = reader->auth; auth; auth = auth->next) {
		rcfile->line = auth->line;
		if (auth->needs_name)
			find_name(auth, conf, rcfile);
		if (auth->needs_base &&
		    !named_zone_address(conf->zone, &auth->base_host, &auth->record.base))
			auth->record.base_host = look_up(conf, rcfile, &auth->base_host);
		if (named_auth_add(conf->auth, &auth->record) < 0)
			rcfile_error(rcfile, "%s", strerror(ENOMEM));
	}
}

void conf_auth_free(struct conf_reader *reader)
{
	struct conf_auth *auth;

	while ((auth = reader->auth)) {
		reader->auth = auth->next;
		passfile_free(auth->record.password);
		free(auth);
	}
}
