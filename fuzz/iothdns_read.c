/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages from the network: all records, with all that can be read of them. What was read is
 * composed again and read again: the same records come out. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_data(struct iothdns_pkt *pkt, uint16_t type)
{
	char name[IOTHDNS_MAXNAME], string[IOTHDNS_MAXSTRING + 1];
	struct iothdns_soa soa;
	struct iothdns_srv srv;
	struct iothdns_caa caa;
	struct iothdns_svcb svcb;
	const void *value;
	uint16_t key, len;

	switch (type % 7) {
	case 0:
		(void)iothdns_get_soa(pkt, &soa);
		break;
	case 1:
		(void)iothdns_get_srv(pkt, &srv);
		break;
	case 2:
		(void)iothdns_get_caa(pkt, &caa);
		break;
	case 3:
		(void)iothdns_get_svcb(pkt, &svcb);
		while (iothdns_get_svcb_param(pkt, &key, &value, &len) > 0)
			continue;
		break;
	case 4:
		while (iothdns_get_left(pkt) > 0 && !iothdns_error(pkt))
			iothdns_get_string(pkt, string);
		break;
	case 5:
		iothdns_get_name(pkt, name);
		break;
	default:
		iothdns_get_data(pkt, NULL, (uint16_t)(iothdns_get_left(pkt) + 1));
	}
}

static void read_all(uint8_t *bytes, size_t size)
{
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt = iothdns_get_header(&h, bytes, size, name);
	size_t records = 0;

	while (pkt && iothdns_get_rr(pkt, &rr, name)) {
		if (iothdns_get_left(pkt) != rr.rdlength || strlen(name) >= sizeof(name))
			abort();
		read_data(pkt, rr.type);
		records++;
	}
	/* The shortest record has 11 bytes. */
	if (records * 11 > size)
		abort();
	iothdns_free(pkt);
}

/* Owners, types, classes and data as they are; data with names in them become data without. */
static struct iothdns_pkt *compose(uint8_t *bytes, size_t size)
{
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt = iothdns_get_header(&h, bytes, size, name), *out;
	int section;

	if (!pkt)
		return NULL;
	out = iothdns_put_header(&h);
	while (out && (section = iothdns_get_rr(pkt, &rr, name)) != 0) {
		uint8_t *data = malloc(rr.rdlength + 1U);

		if (!data)
			abort();
		iothdns_get_data(pkt, data, rr.rdlength);
		iothdns_put_rr(section, out, &rr);
		iothdns_put_data(out, data, rr.rdlength);
		free(data);
	}
	iothdns_free(pkt);
	return out;
}

static void compose_is_stable(uint8_t *bytes, size_t size)
{
	struct iothdns_pkt *once = compose(bytes, size), *twice;
	struct iovec first, second;

	if (!once)
		return;
	first = iothdns_getbuf(once);
	twice = compose(first.iov_base, first.iov_len);
	if (!iothdns_error(once)) {
		if (!twice || iothdns_error(twice))
			abort();
		second = iothdns_getbuf(twice);
		if (first.iov_len != second.iov_len ||
		    memcmp(first.iov_base, second.iov_base, first.iov_len) != 0)
			abort();
	}
	iothdns_free(once);
	iothdns_free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct answer answer = {copy, size};
	struct dns_name name, last;
	bool found;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	read_all(copy, size);
	compose_is_stable(copy, size);
	if (name_from_text(&name, "a.x") == 0) {
		(void)answer_follow(&answer, &name, IOTHDNS_TYPE_A, &last, &found);
		(void)answer_is_final(&answer);
	}
	free(copy);
	return 0;
}
