/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed's core with a configuration and a stream of queries, its state kept between them.
 *
 * The input: a configuration, one of ours or its own text up to a byte 0; then events: queries as
 * bytes, queries made of names that the configuration is about, answers of a server for the cache,
 * time, addresses for hosts, another configuration. What holds of each reply: its id, QR and
 * question; its size; that libiothdns can read all of it; that a truncated one has the question
 * only. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <iothdns.h>

#include "cache_feed.h"
#include "core.h"
#include "hash.h"
#include "host.h"
#include "hrev.h"
#include "log.h"
#include "wire.h"

#define SECOND 1000000000ULL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const confs[] = {
    "net w ::/0\nnet l 10.0.0.0/8\nnet l fc00::/7\ndns 192.0.2.1\n"
    "auth error w .err.t\nauth static w .t\nauth static w 10.0.0.0/8\n"
    "auth hash w .h base.x\nauth hash l .h2 fc00::\nauth otip l .o fc01:: pw\nauth hrev w "
    "base.x/64\n"
    "auth hrev w fc00::/64\nauth cache w .\nauth fwd l .\nauth accept l\n"
    "static A a.t 10.0.0.1\nstatic AAAA a.t fc00::1\nstatic CNAME c.t a.t\nstatic CNAME d.t c.t\n"
    "static CNAME l1.t l2.t\nstatic CNAME l2.t l1.t\nstatic MX a.t 1 m.a.t\nstatic TXT a.t x y\n"
    "static A *.w.t 10.0.0.2\nstatic CNAME *.v.t d.t\nstatic PTR 10.0.0.1 a.t\n",
    "net w ::/0\nauth static w .\nstatic SOA t n.t m.t\nstatic NS t n.t\nstatic A n.t 1.2.3.4\n"
    "static NS s.t n.s.t\nstatic A n.s.t 1.2.3.5\nstatic AAAA n.s.t fc00::5\nstatic CNAME a.t b.t\n"
    "static CNAME i.t x.s.t\nstatic A e.n.t 1.1.1.1\nstatic PTR x y\n",
    "net w ::/0\nauth static w .\nstatic SOA t n.t m.t\nstatic NS s.t n.s.t\nstatic A n.s.t "
    "1.2.3.5\n"
    "static CNAME i.t x.s.t\nstatic A *.t 1.1.1.1\noption minimalany yes\noption ednssize 4096\n"
    "static TXT b.t '0123456789012345678901234567890123456789012345678901234567890123456789'\n"
    "static TXT b.t '1123456789012345678901234567890123456789012345678901234567890123456789'\n"
    "static TXT b.t '2123456789012345678901234567890123456789012345678901234567890123456789'\n"
    "static TXT b.t '3123456789012345678901234567890123456789012345678901234567890123456789'\n"
    "static TXT b.t '4123456789012345678901234567890123456789012345678901234567890123456789'\n"
    "static TXT b.t '5123456789012345678901234567890123456789012345678901234567890123456789'\n"
    "static TXT b.t '6123456789012345678901234567890123456789012345678901234567890123456789'\n",
    "net w ::/0\nauth hash w . fc00::\nauth hrev w .\noption hashcase exact\noption negativesoa "
    "yes\n"
    "option hrevmode same\noption hrevmax 20\n",
    "net w ::/0\nauth otip w .o fc00:: pw\noption otipdigest hmac-sha256\noption otiprounds 1\n"
    "option cookies no\nauth hrev w .\nauth hash w .h fc00::\noption hrevmode net\nauth static w "
    ".\n"
    "option negativesoa yes\n",
};

static const char *const names[] = {"a.t", "A.T", "c.t", "d.t", "l1.t", "x.w.t", "w.t", "y.x.v.t",
    "t", "", "s.t", "q.s.t", "i.t", "b.t", "e.n.t", "n.t", "x.err.t", "q.h", "Q.h2", "r.o", "h",
    "else.where", "1.0.0.10.in-addr.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.f.ip6.arpa"};
static const uint16_t types[] = {1, 28, 5, 255, 12, 6, 2, 15, 16, 43, 252, 41, 33, 13, 65, 257};

struct world {
	struct wire_reader input;
	struct named_conf *conf;
	struct named_shared shared;
	struct named_core core;
	uint64_t now;
	struct named_forward_request request;
	bool forwarded; /* the last query */
	uint8_t query[1500];
	size_t query_len;
	uint8_t reply[65535];
};

static void nobody(int level, const char *text, void *argument)
{
	(void)level;
	(void)text;
	(void)argument;
}

static struct named_conf *read_conf(struct wire_reader *input)
{
	uint8_t which = wire_u8(input);
	size_t len = 0;
	const uint8_t *text;

	if (which < sizeof(confs) / sizeof(confs[0]))
		return named_conf_parse("fuzz", confs[which], strlen(confs[which]));
	while (len < wire_left(input) && input->data[input->at + len])
		len++;
	text = wire_take(input, len);
	wire_skip(input, 1);
	return named_conf_parse("fuzz", (const char *)text, text ? len : 0);
}

static void check(const struct world *world, const uint8_t *reply, size_t len, size_t limit)
{
	const struct named_query *query = &world->request.query;
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header header;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt;
	size_t records = 0;

	if (len < NAMED_HEADER_LEN || len > limit || memcmp(reply, world->query, 2) != 0 ||
	    !(reply[2] & 0x80))
		abort();
	if (query->question_len > 0 &&
	    memcmp(reply + NAMED_HEADER_LEN, world->query + NAMED_HEADER_LEN, query->question_len) != 0)
		abort();
	pkt = iothdns_get_header(&header, (void *)(uintptr_t)reply, len, name);
	if (!pkt)
		abort();
	while (iothdns_get_rr(pkt, &rr, name))
		records += rr.type != NAMED_TYPE_OPT;
	/* A label with a dot may have a text that is too long for libiothdns; nothing else is wrong. */
	if (iothdns_error(pkt) && iothdns_error(pkt) != ENAMETOOLONG)
		abort();
	if ((header.flags & NAMED_FLAG_TC) && records > 0)
		abort();
	iothdns_free(pkt);
}

static void send_query(struct world *world)
{
	uint8_t how = wire_u8(&world->input);
	struct named_client client = {.tcp = how & 1};
	uint8_t *reply = world->reply;
	size_t len = sizeof(world->reply);
	enum named_verdict verdict;

	client.addr.s6_addr[0] = how & 2 ? 0xfc : 0;
	client.addr.s6_addr[15] = how >> 5;
	if (how & 4)
		memcpy(client.addr.s6_addr + 8, "\0\0\xff\xff\x0a\0\0", 7);
	/* A buffer of its own length, so that writing behind it is seen. */
	if (how & 8) {
		len = NAMED_UDP_MIN;
		reply = malloc(len);
		if (!reply)
			abort();
	}
	verdict = named_core_query(&world->core, &client, world->query, world->query_len, world->now,
	    (time_t)(world->now / SECOND), reply, &len, &world->request);
	if (verdict == NAMED_REPLY)
		check(world, reply, len,
		    reply != world->reply ? NAMED_UDP_MIN
		    : client.tcp          ? NAMED_MESSAGE_MAX
		                          : named_query_udp_limit(
		                                &world->request.query, (size_t)world->core.conf->options.ednssize));
	world->forwarded = verdict == NAMED_FORWARD;
	if (reply != world->reply)
		free(reply);
}

static void raw_query(struct world *world)
{
	size_t len = wire_u8(&world->input);
	const uint8_t *bytes;

	if (len > wire_left(&world->input))
		len = wire_left(&world->input);
	bytes = wire_take(&world->input, len);
	world->query_len = bytes ? len : 0;
	if (bytes)
		memcpy(world->query, bytes, len);
	send_query(world);
}

static void made_query(struct world *world)
{
	struct wire_writer writer = wire_writer(world->query, sizeof(world->query));
	uint8_t which = wire_u8(&world->input), type = wire_u8(&world->input),
	        options = wire_u8(&world->input);
	struct dns_name name;

	if (name_from_text(&name, names[which % (sizeof(names) / sizeof(names[0]))]) < 0)
		abort();
	wire_put_u16(&writer, 0x4321);
	wire_put_u16(&writer, (uint16_t)(type & 0x10 ? 0x0110 : 0));
	wire_put_u16(&writer, 1);
	wire_put_zeros(&writer, 5);
	wire_put_u8(&writer, type >> 7);
	if (which >= 0x80) { /* one label more, of any byte */
		wire_put_u8(&writer, 1);
		wire_put_u8(&writer, which);
	}
	wire_put_bytes(&writer, name.wire, name.len);
	wire_put_u16(&writer, types[type % 16]);
	wire_put_u16(&writer, NAMED_CLASS_IN);
	if (type & 0x80) {
		size_t len = options & 63;
		const uint8_t *bytes;

		if (len > wire_left(&world->input))
			len = wire_left(&world->input);
		bytes = wire_take(&world->input, len);
		wire_put_u8(&writer, 0);
		wire_put_u16(&writer, NAMED_TYPE_OPT);
		wire_put_u16(&writer, (uint16_t)(options << 4));
		wire_put_u32(&writer, options & 64 ? 0x8000 : 0);
		wire_put_u16(&writer, (uint16_t)len);
		if (bytes)
			wire_put_bytes(&writer, bytes, len);
	}
	world->query_len = writer.at;
	send_query(world);
}

/* What a server says to a query that was forwarded; its answer records are the input's. */
static void feed(struct world *world)
{
	size_t len = wire_u8(&world->input), question;
	struct named_message message;
	uint8_t bytes[1500];
	const uint8_t *rest;

	if (len > wire_left(&world->input))
		len = wire_left(&world->input);
	rest = wire_take(&world->input, len);
	question = NAMED_HEADER_LEN + (size_t)world->request.query.question_len;
	if (!world->forwarded || !rest || question + len > sizeof(bytes))
		return;
	memcpy(bytes, world->query, question);
	bytes[2] = 0x81;
	bytes[3] = len & 1 ? 0x80 : 0x83;
	bytes[7] = 1 + (len & 2);
	bytes[9] = 1;
	bytes[11] = 0;
	memcpy(bytes + question, rest, len);
	if (named_message_parse(&message, bytes, question + len) == 0)
		(void)named_cache_feed(world->shared.cache, &world->request.query, &message, world->now);
}

static void resolve(struct world *world)
{
	struct in6_addr address = {{{0xfc, wire_u8(&world->input)}}};
	struct named_hosts *hosts = world->core.conf->hosts;
	struct named_host *host = named_hosts_next(hosts, world->now);

	if (host)
		named_host_found(hosts, host, address.s6_addr[1] & 1 ? NULL : &address, 7, world->now);
	(void)named_hosts_deadline(hosts);
}

static void reload(struct world *world)
{
	struct named_conf *conf = read_conf(&world->input);

	if (!conf)
		return;
	named_core_set_conf(&world->core, conf);
	named_hrev_set_max(world->shared.hrev, (size_t)conf->options.hrevmax);
	named_conf_unref(conf);
}

static void run(struct world *world)
{
	while (wire_left(&world->input) > 0) {
		uint8_t event = wire_u8(&world->input);

		switch (event % 8) {
		case 0:
			raw_query(world);
			break;
		case 1:
			feed(world);
			break;
		case 2:
			world->now += (uint64_t)event * SECOND;
			break;
		case 3:
			resolve(world);
			break;
		case 4:
			(void)named_otip_work(world->shared.otip);
			break;
		case 5:
			if (event == 5)
				reload(world);
			break;
		default:
			made_query(world);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct named_cache_config cache = {
	    .bytes = 4096, .shards = 1, .key = {{1, 2}}, .stale = 10, .prefetch = true};
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return 0;
	log_set_hook(nobody, NULL);
	world->input = wire_reader(data, size);
	world->now = 1700000000 * SECOND;
	world->conf = read_conf(&world->input);
	if (!world->conf)
		goto out;
	world->shared.cookie.count = 1;
	if (named_hrev_new(&world->shared.hrev, 20) < 0 ||
	    named_otip_keys_new(&world->shared.otip) < 0 ||
	    named_cache_new(&world->shared.cache, &cache) < 0)
		abort();
	named_core_init(&world->core, world->conf, &world->shared);
	run(world);
	named_core_fini(&world->core);
	named_hrev_free(world->shared.hrev);
	named_otip_keys_free(world->shared.otip);
	named_cache_free(world->shared.cache);
out:
	named_conf_unref(world->conf);
	log_set_hook(NULL, NULL);
	free(world);
	return 0;
}
