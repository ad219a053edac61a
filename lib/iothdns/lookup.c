/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ups that wait for their answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <iothdns.h>

#include "answer.h"
#include "handle.h"
#include "shield.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Where addresses go: an array of n of them, of which more are counted than stored. */
struct addresses {
	uint8_t *array;
	size_t len; /* bytes of one */
	int n;
	int total;
};

static void take_address(struct iothdns_pkt *pkt, const struct iothdns_rr *rr, void *argument)
{
	struct addresses *list = argument;

	if (rr->rdlength != list->len)
		return;
	if (list->total < list->n)
		iothdns_get_data(pkt, list->array + (size_t)list->total * list->len, (uint16_t)list->len);
	list->total++;
}

/* Begins and ends a dialog: what is left of it is the query. 0, or -errno without one. */
static int look_up(
    struct iothdns *dns, struct dialog *dialog, const char *name, uint16_t type, unsigned int flags)
{
	int shield = shield_begin();
	int error = handle_dialog(dns, dialog, name, type, flags);

	if (error == 0)
		dialog_run(dialog, 1);
	shield_end(shield);
	return error;
}

static int lookup_addresses(
    struct iothdns *dns, const char *name, uint16_t type, struct addresses *list)
{
	struct dialog dialog;
	struct query *query = &dialog.query;
	int error = look_up(dns, &dialog, name, type, IOTHDNS_QUERY_FOLLOW);

	if (error < 0)
		return fail(-error);
	error = -query->error;
	if (error == 0) {
		struct answer answer = {query->reply, query->reply_len};

		error = answer_records(&answer, &query->name, type, take_address, list);
	}
	query_fini(query);
	return error < 0 ? fail(-error) : list->total;
}

int iothdns_lookup_a(struct iothdns *dns, const char *name, struct in_addr *a, int n)
{
	struct addresses list = {(uint8_t *)a, sizeof(*a), n, 0};
	struct in_addr in4;
	struct in6_addr in6;

	if (inet_pton(AF_INET, name, &in4) == 1) {
		if (n > 0)
			*a = in4;
		return 1;
	}
	if (inet_pton(AF_INET6, name, &in6) == 1)
		return 0;
	return lookup_addresses(dns, name, IOTHDNS_TYPE_A, &list);
}

int iothdns_lookup_aaaa(struct iothdns *dns, const char *name, struct in6_addr *aaaa, int n)
{
	struct addresses list = {(uint8_t *)aaaa, sizeof(*aaaa), n, 0};
	struct in_addr in4;
	struct in6_addr in6;

	if (inet_pton(AF_INET6, name, &in6) == 1) {
		if (n > 0)
			*aaaa = in6;
		return 1;
	}
	if (inet_pton(AF_INET, name, &in4) == 1)
		return 0;
	return lookup_addresses(dns, name, IOTHDNS_TYPE_AAAA, &list);
}

/* RFC 4291, 2.5.5.2. The IPv4 addresses lie in the first bytes of `aaaa`: the last one moves first.
 */
static void map_addresses(struct in6_addr *aaaa, int n)
{
	while (n-- > 0) {
		uint8_t in4[4];

		memcpy(in4, (uint8_t *)aaaa + (size_t)n * sizeof(in4), sizeof(in4));
		memset(&aaaa[n], 0, 10);
		memset(aaaa[n].s6_addr + 10, 0xff, 2);
		memcpy(aaaa[n].s6_addr + 12, in4, sizeof(in4));
	}
}

int iothdns_lookup_aaaa_compat(struct iothdns *dns, const char *name, struct in6_addr *aaaa, int n)
{
	int six = iothdns_lookup_aaaa(dns, name, aaaa, n), error = errno, room, four;

	if (six < 0 && (error == ENOENT || error == ENOMEM))
		return -1;
	room = six < 0 ? n : six < n ? n - six : 0;
	aaaa = room ? aaaa + (six < 0 ? 0 : six) : NULL;
	four = iothdns_lookup_a(dns, name, (struct in_addr *)aaaa, room);
	if (four < 0 && errno == ENOMEM)
		return -1;
	if (four < 0)
		return six < 0 ? fail(error) : six;
	map_addresses(aaaa, four < room ? four : room);
	return four + (six < 0 ? 0 : six);
}

/* An OPT record is the dialog's, not the answer's (RFC 6891, 6.1.1). */
static int give_records(const struct query *query, lookup_cb_t *cb, void *arg)
{
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt pkt;
	int section, result = read_open(&pkt, &h, query->reply, query->reply_len, NULL);

	if (result < 0)
		return fail(-result);
	while (result == 0 && (section = iothdns_get_rr(&pkt, &rr, name)) != 0) {
		if (rr.type != IOTHDNS_TYPE_OPT)
			result = cb(section, &rr, &pkt, arg);
	}
	return result;
}

static int lookup_records(struct iothdns *dns, const char *name, int qtype, unsigned int flags,
    lookup_cb_t *cb, void *arg)
{
	struct dialog dialog;
	int error = qtype < 0 || qtype > UINT16_MAX
	                ? -EINVAL
	                : look_up(dns, &dialog, name, (uint16_t)qtype, flags);

	if (error < 0)
		return fail(-error);
	error = dialog.query.error;
	error = error ? fail(error) : give_records(&dialog.query, cb, arg);
	query_fini(&dialog.query);
	return error;
}

int iothdns_lookup_cb(struct iothdns *dns, const char *name, int qtype, lookup_cb_t *cb, void *arg)
{
	return lookup_records(dns, name, qtype, 0, cb, arg);
}

int iothdns_lookup_cb_tcp(
    struct iothdns *dns, const char *name, int qtype, lookup_cb_t *cb, void *arg)
{
	return lookup_records(dns, name, qtype, IOTHDNS_QUERY_TCP, cb, arg);
}
