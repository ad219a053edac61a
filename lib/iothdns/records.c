/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of several fields, as structures: SOA, SRV, CAA, SVCB and HTTPS. */
#include "packet.h"

#include <errno.h>
#include <string.h>

static int result(struct iothdns_pkt *pkt)
{
	if (!pkt->error)
		return 0;
	errno = pkt->error;
	return -1;
}

/* The next bytes of the data in place. */
static const void *take(struct iothdns_pkt *pkt, size_t len)
{
	const void *bytes = NULL;

	if (len > iothdns_get_left(pkt))
		packet_fail(pkt, EBADMSG);
	else
		bytes = wire_take(&pkt->reader, len);
	return bytes;
}

void iothdns_put_soa(struct iothdns_pkt *pkt, const struct iothdns_soa *soa)
{
	iothdns_put_name(pkt, soa->mname);
	iothdns_put_name(pkt, soa->rname);
	iothdns_put_int32(pkt, soa->serial);
	iothdns_put_int32(pkt, soa->refresh);
	iothdns_put_int32(pkt, soa->retry);
	iothdns_put_int32(pkt, soa->expire);
	iothdns_put_int32(pkt, soa->minimum);
}

int iothdns_get_soa(struct iothdns_pkt *pkt, struct iothdns_soa *soa)
{
	iothdns_get_name(pkt, soa->mname);
	iothdns_get_name(pkt, soa->rname);
	soa->serial = iothdns_get_int32(pkt);
	soa->refresh = iothdns_get_int32(pkt);
	soa->retry = iothdns_get_int32(pkt);
	soa->expire = iothdns_get_int32(pkt);
	soa->minimum = iothdns_get_int32(pkt);
	return result(pkt);
}

/* RFC 2782: "name compression is not to be used for this field". */
void iothdns_put_srv(struct iothdns_pkt *pkt, const struct iothdns_srv *srv)
{
	iothdns_put_int16(pkt, srv->priority);
	iothdns_put_int16(pkt, srv->weight);
	iothdns_put_int16(pkt, srv->port);
	iothdns_put_name_uncompressed(pkt, srv->target);
}

int iothdns_get_srv(struct iothdns_pkt *pkt, struct iothdns_srv *srv)
{
	srv->priority = iothdns_get_int16(pkt);
	srv->weight = iothdns_get_int16(pkt);
	srv->port = iothdns_get_int16(pkt);
	iothdns_get_name(pkt, srv->target);
	return result(pkt);
}

void iothdns_put_caa(struct iothdns_pkt *pkt, const struct iothdns_caa *caa)
{
	iothdns_put_int8(pkt, caa->flags);
	iothdns_put_string(pkt, (char *)(uintptr_t)caa->tag);
	iothdns_put_data(pkt, (void *)(uintptr_t)caa->value, caa->value_len);
}

int iothdns_get_caa(struct iothdns_pkt *pkt, struct iothdns_caa *caa)
{
	caa->flags = iothdns_get_int8(pkt);
	iothdns_get_string(pkt, caa->tag);
	caa->value_len = (uint16_t)iothdns_get_left(pkt);
	caa->value = take(pkt, caa->value_len);
	return result(pkt);
}

/* RFC 9460, 2.2: the target "MUST NOT be compressed". */
void iothdns_put_svcb(struct iothdns_pkt *pkt, const struct iothdns_svcb *svcb)
{
	iothdns_put_int16(pkt, svcb->priority);
	iothdns_put_name_uncompressed(pkt, svcb->target);
}

int iothdns_get_svcb(struct iothdns_pkt *pkt, struct iothdns_svcb *svcb)
{
	svcb->priority = iothdns_get_int16(pkt);
	iothdns_get_name(pkt, svcb->target);
	return result(pkt);
}

void iothdns_put_svcb_param(struct iothdns_pkt *pkt, uint16_t key, const void *value, uint16_t len)
{
	iothdns_put_int16(pkt, key);
	iothdns_put_int16(pkt, len);
	iothdns_put_data(pkt, (void *)(uintptr_t)value, len);
}

int iothdns_get_svcb_param(
    struct iothdns_pkt *pkt, uint16_t *key, const void **value, uint16_t *len)
{
	if (!pkt->error && iothdns_get_left(pkt) == 0)
		return 0;
	*key = iothdns_get_int16(pkt);
	*len = iothdns_get_int16(pkt);
	*value = take(pkt, *len);
	return result(pkt) < 0 ? -1 : 1;
}
