/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DNS for tests: it takes down what is asked, and answers when the test says so. */
#ifndef DNS_WORLD_H
#define DNS_WORLD_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

#define DNS_WORLD_MAX 2048

static struct dns_world {
	struct question *asked[DNS_WORLD_MAX];
	size_t count; /* of those that are open */
	unsigned int asks, cancels;
	int refuse; /* -errno for what is asked from now on */
} dns;

static int dns_ask(void *context, struct question *question)
{
	(void)context;
	if (dns.refuse)
		return dns.refuse;
	dns.asks++;
	dns.asked[dns.count++] = question;
	return 0;
}

static void dns_take(struct question *question)
{
	for (size_t i = 0; i < dns.count; i++) {
		if (dns.asked[i] == question) {
			memmove(&dns.asked[i], &dns.asked[i + 1], (dns.count - i - 1) * sizeof(dns.asked[0]));
			dns.count--;
			return;
		}
	}
}

static void dns_cancel(void *context, struct question *question)
{
	(void)context;
	dns.cancels++;
	dns_take(question);
}

static const struct names_ops dns_ops = {dns_ask, dns_cancel};

static inline struct question *dns_find(const char *name, enum names_type type)
{
	for (size_t i = 0; i < dns.count; i++) {
		if (dns.asked[i]->type == type && strcmp(dns.asked[i]->name, name) == 0)
			return dns.asked[i];
	}
	return NULL;
}

/* Answers a question with addresses, separated by blanks; whether it was asked. */
static inline bool dns_answer(
    engine_time now, const char *name, enum names_type type, uint32_t ttl, const char *text)
{
	struct question *question = dns_find(name, type);
	struct names_answer answer = {.ttl = ttl};
	char copy[256], *at = copy, *word;

	if (!question)
		return false;
	snprintf(type == NAMES_TXT ? answer.text : copy, sizeof(copy), "%s", text);
	while (type != NAMES_TXT && (word = strsep(&at, " ")) != NULL) {
		if (*word)
			inet_pton(type == NAMES_A ? AF_INET : AF_INET6, word, answer.address[answer.count++]);
	}
	dns_take(question);
	names_answered(question, now, &answer);
	return true;
}

static inline bool dns_fail(engine_time now, const char *name, enum names_type type, int error)
{
	struct question *question = dns_find(name, type);
	struct names_answer answer = {.error = error};

	if (!question)
		return false;
	dns_take(question);
	names_answered(question, now, &answer);
	return true;
}

#endif
