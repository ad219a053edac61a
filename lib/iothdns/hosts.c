/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of a node: the hosts file first, then the name servers, who are asked for both
 * kinds of addresses at the same time. */
#include "hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"
#include "answer.h"
#include "files.h"
#include "handle.h"

void host_list_add(struct host_list *list, int family, const void *bytes, uint32_t scope)
{
	struct host_address *item;

	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 8;
		struct host_address *bigger = realloc(list->items, size * sizeof(*bigger));

		if (!bigger) {
			list->no_memory = true;
			return;
		}
		list->items = bigger;
		list->size = size;
	}
	item = &list->items[list->count++];
	*item = (struct host_address){.family = family, .scope = scope};
	memcpy(item->bytes, bytes, addrtext_family_len(family));
}

void host_list_map(struct host_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct host_address *item = &list->items[i];

		if (item->family != AF_INET)
			continue;
		item->family = AF_INET6;
		memcpy(item->bytes + 12, item->bytes, 4);
		memset(item->bytes, 0, 10);
		memset(item->bytes + 10, 0xff, 2);
	}
}

static void from_file(struct iothdns *dns, const char *name, int family, struct host_list *list)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct text text;
	char *memory;

	int error = handle_read(dns, IOTHDNS_HOSTS, &memory, &text);

	list->no_memory |= error == -ENOMEM;
	if (error < 0)
		return; /* a stack without hosts file is a usual thing */
	for (size_t i = 0; i < 2; i++) {
		uint8_t address[16];

		if (family != AF_UNSPEC && family != families[i])
			continue;
		if (hosts_find_name(
		        &text, name, families[i], address, list->canonical[0] ? NULL : list->canonical))
			host_list_add(list, families[i], address, 0);
	}
	free(memory);
}

struct taker {
	struct host_list *list;
	int family;
};

static void take_record(struct iothdns_pkt *pkt, const struct iothdns_rr *rr, void *argument)
{
	struct taker *taker = argument;
	size_t len = addrtext_family_len(taker->family);
	uint8_t address[16];

	if (rr->rdlength != len)
		return;
	iothdns_get_data(pkt, address, (uint16_t)len);
	host_list_add(taker->list, taker->family, address, 0);
}

static int eai_of(int error)
{
	switch (error) {
	case ENOENT:
	case EINVAL:
		return EAI_NONAME;
	case ENOMEM:
		return EAI_MEMORY;
	case EACCES:
	case ENOTSUP:
	case EPROTO:
	case ELOOP:
		return EAI_FAIL;
	default:
		return EAI_AGAIN;
	}
}

/* The addresses of one answer. 0: at least one, or an EAI_ value. */
static int take_answer(const struct query *query, struct host_list *list)
{
	struct answer answer = {query->reply, query->reply_len};
	struct taker taker = {list, query->type == IOTHDNS_TYPE_A ? AF_INET : AF_INET6};
	size_t before = list->count;
	struct dns_name last;
	char canonical[IOTHDNS_MAXNAME];
	bool found;
	int error = query->error;

	if (error == 0)
		error = -answer_records(&answer, &query->name, query->type, take_record, &taker);
	list->no_memory |= error == ENOMEM; /* half a result is none */
	if (error > 0)
		return eai_of(error);
	if (list->count == before)
		return EAI_NODATA;
	/* What others have registered ends in logs and on terminals: no canonical name then. */
	if (!list->canonical[0] &&
	    answer_follow(&answer, &query->name, query->type, &last, &found) >= 0 &&
	    name_to_text(&last, canonical, sizeof(canonical)) >= 0 && name_is_host(canonical))
		memcpy(list->canonical, canonical, sizeof(canonical));
	return 0;
}

/* Of two results without an address, the one that says more: a passing failure, so that the caller
 * tries again; a lasting one; the name is there; it is not. */
static int worse(int a, int b)
{
	static const int order[] = {EAI_MEMORY, EAI_AGAIN, EAI_FAIL, EAI_NODATA, EAI_NONAME};

	size_t i = 0;

	while (i + 1 < sizeof(order) / sizeof(order[0]) && a != order[i] && b != order[i])
		i++;
	return order[i];
}

/* Asks for one type, or for two at once; results are in the order of the types. */
static int ask(struct iothdns *dns, const char *name, const uint16_t *types, unsigned int count,
    struct host_list *list)
{
	struct dialog *dialogs = calloc(count, sizeof(*dialogs));
	size_t before = list->count;
	unsigned int begun;
	int result = EAI_NONAME;

	if (!dialogs)
		return EAI_MEMORY;
	for (begun = 0; begun < count; begun++) {
		int error = handle_dialog(dns, &dialogs[begun], name, types[begun], IOTHDNS_QUERY_FOLLOW);

		if (error < 0) {
			result = eai_of(-error);
			break;
		}
	}
	if (begun == count) {
		dialog_run(dialogs, count);
		for (unsigned int i = 0; i < count; i++) {
			int one = take_answer(&dialogs[i].query, list);

			result = i == 0 ? one : worse(one, result);
		}
	}
	while (begun-- > 0)
		dialog_fini(&dialogs[begun]);
	free(dialogs);
	return list->count > before ? 0 : result;
}

static int from_servers(struct iothdns *dns, const char *name, int family, bool mapped, bool all,
    struct host_list *list)
{
	static const uint16_t v4_v6[] = {IOTHDNS_TYPE_A, IOTHDNS_TYPE_AAAA};
	static const uint16_t v6_v4[] = {IOTHDNS_TYPE_AAAA, IOTHDNS_TYPE_A};
	int result;

	if (family == AF_UNSPEC)
		return ask(dns, name, v4_v6, 2, list);
	if (family == AF_INET)
		return ask(dns, name, v4_v6, 1, list);
	if (mapped && all)
		return ask(dns, name, v6_v4, 2, list);
	result = ask(dns, name, v6_v4, 1, list);
	/* A name that does not exist does not exist for IPv4 either. */
	if (mapped && result != 0 && result != EAI_MEMORY && result != EAI_NONAME)
		result = ask(dns, name, v4_v6, 1, list);
	return result;
}

int hosts_resolve(struct iothdns *dns, const char *name, int family, bool mapped, bool all,
    struct host_list *list)
{
	int result = 0;

	from_file(dns, name, family, list);
	if (mapped && (all || list->count == 0) && !list->no_memory)
		from_file(dns, name, AF_INET, list);
	if (list->count == 0 && !list->no_memory) {
		list->canonical[0] = '\0';
		result = from_servers(dns, name, family, mapped, all, list);
	}
	return list->no_memory ? EAI_MEMORY : result;
}
