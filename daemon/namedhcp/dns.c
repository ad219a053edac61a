/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions become queries: see dns.h. */
#include "dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"

#define QUIET (60 * ENGINE_SECOND) /* between two warnings */

struct query {
	struct list link;
	struct loop_source source;
	struct iothdns_query *query;
	struct question *question;
	struct dns *dns;
};

static void query_free(struct query *query)
{
	list_remove(&query->link);
	loop_remove(&query->source);
	iothdns_query_free(query->query);
	free(query);
}

/* A line for each record; what has no printable form there, or no room, is left out. */
static void add_text(struct names_answer *answer, const char *text)
{
	size_t at = strlen(answer->text), len = strlen(text);

	if (len == 0 || strpbrk(text, "\n\r") || at + len + 2 > sizeof(answer->text))
		return;
	memcpy(answer->text + at, text, len);
	memcpy(answer->text + at + len, "\n", 2);
}

static void add_record(
    struct names_answer *answer, const struct iothdns_rr *rr, struct iothdns_pkt *reply)
{
	char text[IOTHDNS_MAXSTRING + 1];

	switch (rr->type) {
	case NAMES_AAAA:
	case NAMES_A:
		if (rr->rdlength != (rr->type == NAMES_A ? 4 : 16) || answer->count == NAMES_ADDRESSES)
			return;
		iothdns_get_data(reply, answer->address[answer->count++], rr->rdlength);
		break;
	default: /* TXT: the first of its strings */
		add_text(answer, iothdns_get_string(reply, text));
		break;
	}
}

/* The records of `asked`, or of what CNAMEs lead to from it; they come in this order (RFC 1034,
 * 4.3.2). Those of other names say nothing. The answer lasts as long as the shortest of them. */
static void read_reply(
    struct names_answer *answer, const char *asked, enum names_type type, struct iothdns_pkt *reply)
{
	char name[IOTHDNS_MAXNAME], owner[IOTHDNS_MAXNAME];
	struct iothdns_rr rr;

	snprintf(owner, sizeof(owner), "%s", asked);
	answer->ttl = UINT32_MAX;
	while (iothdns_get_rr(reply, &rr, name) == IOTHDNS_SEC_ANSWER) {
		if (rr.class != IOTHDNS_CLASS_IN || strcasecmp(name, owner) != 0)
			continue;
		if (rr.ttl < answer->ttl)
			answer->ttl = rr.ttl;
		if (rr.type == IOTHDNS_TYPE_CNAME)
			iothdns_get_name(reply, owner);
		else if (rr.type == type)
			add_record(answer, &rr, reply);
	}
	if (iothdns_error(reply))
		*answer = (struct names_answer){.error = EPROTO};
}

/* Without the DNS nobody gets an address, and who runs the server has to know; but names are what
 * clients say, so that many a one may be answered by nobody. */
static void complain(struct dns *dns, engine_time now, const char *name, int error)
{
	if (now >= dns->quiet_until) {
		log_warning("the DNS does not answer for %s: %s", name, strerror(error));
		dns->quiet_until = now + QUIET;
	} else {
		log_debug("%s: the DNS: %s", name, strerror(error));
	}
}

static void query_ended(struct iothdns_query *ended, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *argument)
{
	struct query *query = argument;
	struct question *question = query->question;
	engine_time now = dns_now(query->dns->loop);
	struct names_answer answer = {.error = error};

	if (error == 0 && reply) /* header: of a CNAME's own question, or with a search domain */
		read_reply(&answer, header->qname, question->type, reply);
	if (error && error != ENOENT)
		complain(query->dns, now, question->name, error);
	query_free(query);
	names_answered(question, now, &answer);
}

static void ready(struct loop_source *source, uint32_t events)
{
	struct query *query = (struct query *)(void *)((char *)source - offsetof(struct query, source));

	(void)iothdns_query_process(query->query);
}

static int ask(void *context, struct question *question)
{
	struct dns *dns = context;
	struct query *query = calloc(1, sizeof(*query));
	int err;

	if (!query)
		return -ENOMEM;
	query->dns = dns;
	query->question = question;
	query->query = iothdns_query_start(
	    dns->resolver, question->name, question->type, IOTHDNS_QUERY_FOLLOW, query_ended, query);
	if (!query->query) {
		err = -errno;
		free(query);
		return err;
	}
	err = loop_add(dns->loop, &query->source, iothdns_query_fd(query->query), EPOLLIN, ready);
	if (err) {
		iothdns_query_free(query->query);
		free(query);
		return err;
	}
	list_append(&dns->queries, &query->link);
	question->ticket = query;
	return 0;
}

static void cancel(void *context, struct question *question)
{
	query_free(question->ticket);
}

const struct names_ops dns_names_ops = {ask, cancel};

void dns_init(struct dns *dns, struct loop *loop, struct iothdns *resolver)
{
	dns->loop = loop;
	dns->resolver = resolver;
	dns->quiet_until = 0;
	list_init(&dns->queries);
}

void dns_fini(struct dns *dns)
{
	iothdns_fini(dns->resolver);
}
