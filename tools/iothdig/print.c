/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Printing answers: see print.h. What others have written into the domain name system goes to a
 * terminal: every byte that is not plain ASCII is written as a number. */
#include "print.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "types.h"

/* dig's columns. */
#define COLUMN_TTL   24
#define COLUMN_CLASS 32
#define COLUMN_TYPE  40
#define COLUMN_DATA  48

/* Types whose data are numbers and bytes, which have no names in iothdns.h. */
enum {
	TYPE_HINFO = 13,
	TYPE_NAPTR = 35,
	TYPE_DNAME = 39,
	TYPE_DS = 43,
	TYPE_SSHFP = 44,
	TYPE_TLSA = 52,
	TYPE_SPF = 99,
	TYPE_URI = 256
};

/* Returns how many characters there are. */
static int print_byte(unsigned char byte, const char *escaped)
{
	if (byte < ' ' || byte >= 0x7f)
		return printf("\\%03u", byte);
	if (strchr(escaped, byte))
		return printf("\\%c", byte);
	putchar(byte);
	return 1;
}

/* The library has escaped what would be misread as a name, and a backslash is meant as it is; what
 * has a meaning in master files (RFC 1035, 5.1) is left. */
static int print_name(const char *name)
{
	int width = 1;

	for (; *name; name++)
		width += print_byte((unsigned char)*name, "\"();@$");
	putchar('.');
	return width;
}

/* Goes to a column, or a blank further if it is behind. Returns where it is. */
static int go_to(int at, int column)
{
	if (at >= column) {
		putchar(' ');
		return at + 1;
	}
	for (; at < column; at += 8 - at % 8)
		putchar('\t');
	return at;
}

static void print_string(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	putchar('"');
	for (size_t i = 0; i < len; i++)
		print_byte(p[i], "\"\\");
	putchar('"');
}

/* RFC 3597, 5: any data, in hexadecimal. */
static void print_unknown(struct iothdns_pkt *pkt)
{
	size_t left = iothdns_get_left(pkt);

	printf("\\# %zu", left);
	for (size_t i = 0; i < left; i++)
		printf("%s%02x", i ? "" : " ", iothdns_get_int8(pkt));
}

static void print_address(int family, struct iothdns_pkt *pkt)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	uint16_t len = family == AF_INET ? 4 : 16;

	if (iothdns_get_left(pkt) != len) {
		print_unknown(pkt);
		return;
	}
	iothdns_get_data(pkt, bytes, len);
	fputs(inet_ntop(family, bytes, text, sizeof(text)), stdout);
}

static void print_text(struct iothdns_pkt *pkt)
{
	const char *blank = "";

	while (iothdns_get_left(pkt) > 0) {
		uint8_t bytes[IOTHDNS_MAXSTRING];
		uint8_t len = iothdns_get_int8(pkt);

		iothdns_get_data(pkt, bytes, len);
		if (iothdns_error(pkt))
			return;
		fputs(blank, stdout);
		print_string(bytes, len);
		blank = " ";
	}
}

static void print_soa(struct iothdns_pkt *pkt)
{
	struct iothdns_soa soa;

	if (iothdns_get_soa(pkt, &soa) < 0)
		return;
	print_name(soa.mname);
	putchar(' ');
	print_name(soa.rname);
	printf(" %u %u %u %u %u", soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum);
}

static void print_srv(struct iothdns_pkt *pkt)
{
	struct iothdns_srv srv;

	if (iothdns_get_srv(pkt, &srv) < 0)
		return;
	printf("%u %u %u ", srv.priority, srv.weight, srv.port);
	print_name(srv.target);
}

static void print_caa(struct iothdns_pkt *pkt)
{
	struct iothdns_caa caa;

	if (iothdns_get_caa(pkt, &caa) < 0)
		return;
	printf("%u ", caa.flags);
	for (const char *c = caa.tag; *c; c++)
		print_byte((unsigned char)*c, "");
	putchar(' ');
	print_string(caa.value, caa.value_len);
}

/* RFC 9460, 14.3.2. */
enum {
	PARAM_MANDATORY,
	PARAM_ALPN,
	PARAM_NO_DEFAULT_ALPN,
	PARAM_PORT,
	PARAM_IPV4HINT,
	PARAM_ECH,
	PARAM_IPV6HINT,
	PARAMS
};

static const char *const param_names[PARAMS] = {
    "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"};

static void print_hints(int family, const uint8_t *value, size_t len)
{
	size_t size = family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i + size <= len; i += size)
		printf("%s%s", i ? "," : "", inet_ntop(family, value + i, text, sizeof(text)));
}

static void print_alpn(const uint8_t *value, size_t len)
{
	putchar('"');
	for (size_t at = 0; at < len;) {
		size_t end = at + 1 + value[at];

		if (at)
			putchar(',');
		for (at++; at < end && at < len; at++)
			print_byte(value[at], "\"\\,");
	}
	putchar('"');
}

static void print_mandatory(const uint8_t *value, size_t len)
{
	for (size_t i = 0; i + 2 <= len; i += 2) {
		unsigned int key = (unsigned int)value[i] << 8 | value[i + 1];

		printf("%s", i ? "," : "");
		if (key < PARAMS)
			printf("%s", param_names[key]);
		else
			printf("key%u", key);
	}
}

static void print_param(uint16_t key, const uint8_t *value, uint16_t len)
{
	if (key < PARAMS)
		printf(" %s", param_names[key]);
	else
		printf(" key%u", key);
	if (len == 0)
		return;
	putchar('=');
	if (key == PARAM_MANDATORY)
		print_mandatory(value, len);
	else if (key == PARAM_ALPN)
		print_alpn(value, len);
	else if (key == PARAM_PORT && len == 2)
		printf("%u", (unsigned int)value[0] << 8 | value[1]);
	else if (key == PARAM_IPV4HINT || key == PARAM_IPV6HINT)
		print_hints(key == PARAM_IPV4HINT ? AF_INET : AF_INET6, value, len);
	else
		print_string(value, len);
}

static void print_svcb(struct iothdns_pkt *pkt)
{
	struct iothdns_svcb svcb;
	const void *value;
	uint16_t key, len;

	if (iothdns_get_svcb(pkt, &svcb) < 0)
		return;
	printf("%u ", svcb.priority);
	print_name(svcb.target);
	while (iothdns_get_svcb_param(pkt, &key, &value, &len) > 0)
		print_param(key, value, len);
}

/* Numbers of one byte (the first one of DS has two), then bytes in hexadecimal. */
static void print_digest(struct iothdns_pkt *pkt, unsigned int numbers, bool wide)
{
	if (wide)
		printf("%u ", iothdns_get_int16(pkt));
	while (numbers-- > 0)
		printf("%u ", iothdns_get_int8(pkt));
	for (unsigned int i = 0; iothdns_get_left(pkt) > 0; i++)
		printf("%s%02X", i && i % 28 == 0 ? " " : "", iothdns_get_int8(pkt));
}

static void print_one_string(struct iothdns_pkt *pkt)
{
	uint8_t bytes[IOTHDNS_MAXSTRING];
	uint8_t len = iothdns_get_int8(pkt);

	iothdns_get_data(pkt, bytes, len);
	print_string(bytes, iothdns_error(pkt) ? 0 : len);
	putchar(' ');
}

static void print_naptr(struct iothdns_pkt *pkt) /* RFC 3403, 4.1 */
{
	char name[IOTHDNS_MAXNAME];

	printf("%u ", iothdns_get_int16(pkt));
	printf("%u ", iothdns_get_int16(pkt));
	for (int i = 0; i < 3; i++)
		print_one_string(pkt);
	print_name(iothdns_get_name(pkt, name));
}

static void print_uri(struct iothdns_pkt *pkt) /* RFC 7553, 4.5 */
{
	printf("%u ", iothdns_get_int16(pkt));
	printf("%u \"", iothdns_get_int16(pkt));
	while (iothdns_get_left(pkt) > 0)
		print_byte(iothdns_get_int8(pkt), "\"\\");
	putchar('"');
}

void print_data(struct iothdns_rr *rr, struct iothdns_pkt *pkt)
{
	char name[IOTHDNS_MAXNAME];

	switch (rr->type) {
	case IOTHDNS_TYPE_A:
		print_address(AF_INET, pkt);
		break;
	case IOTHDNS_TYPE_AAAA:
		print_address(AF_INET6, pkt);
		break;
	case IOTHDNS_TYPE_MX:
		printf("%u ", iothdns_get_int16(pkt));
		print_name(iothdns_get_name(pkt, name));
		break;
	case IOTHDNS_TYPE_NS:
	case IOTHDNS_TYPE_CNAME:
	case IOTHDNS_TYPE_PTR:
	case TYPE_DNAME:
		print_name(iothdns_get_name(pkt, name));
		break;
	case IOTHDNS_TYPE_TXT:
	case TYPE_HINFO:
	case TYPE_SPF:
		print_text(pkt);
		break;
	case TYPE_DS:
		print_digest(pkt, 2, true);
		break;
	case TYPE_SSHFP:
		print_digest(pkt, 2, false);
		break;
	case TYPE_TLSA:
		print_digest(pkt, 3, false);
		break;
	case TYPE_NAPTR:
		print_naptr(pkt);
		break;
	case TYPE_URI:
		print_uri(pkt);
		break;
	case IOTHDNS_TYPE_SOA:
		print_soa(pkt);
		break;
	case IOTHDNS_TYPE_SRV:
		print_srv(pkt);
		break;
	case IOTHDNS_TYPE_CAA:
		print_caa(pkt);
		break;
	case IOTHDNS_TYPE_SVCB:
	case IOTHDNS_TYPE_HTTPS:
		print_svcb(pkt);
		break;
	default:
		print_unknown(pkt);
	}
}

static void print_header(const struct iothdns_header *header, const unsigned int counts[4])
{
	static const struct {
		uint16_t flag;
		const char *name;
	} flags[] = {{IOTHDNS_RESPONSE, "qr"}, {IOTHDNS_AA, "aa"}, {IOTHDNS_TRUNC, "tc"},
	    {IOTHDNS_RD, "rd"}, {IOTHDNS_RA, "ra"}, {IOTHDNS_AD, "ad"}, {IOTHDNS_CD, "cd"}};

	printf(";; ->>HEADER<<- opcode: QUERY, status: %s, id: %u\n;; flags:",
	    rcode_name(IOTHDNS_GET_RCODE(header->flags)), header->id);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (header->flags & flags[i].flag)
			printf(" %s", flags[i].name);
	}
	printf("; QUERY: 1, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n\n", counts[1], counts[2],
	    counts[3]);
}

static void print_question(const struct iothdns_header *header, bool title)
{
	char type[TYPE_NAME_SIZE], class[TYPE_NAME_SIZE];
	int at;

	printf("%s;", title ? ";; QUESTION SECTION:\n" : "");
	at = go_to(print_name(header->qname), COLUMN_CLASS); /* the semicolon does not count */
	at += printf("%s", class_name(header->qclass, class));
	go_to(at, COLUMN_TYPE);
	puts(type_name(header->qtype, type));
}

/* The upper bit of the TTL's lower half is "DO" (RFC 3225, 3). */
static void print_edns(const struct iothdns_rr *opt)
{
	printf(";; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; udp: %u\n", opt->ttl >> 16 & 0xff,
	    opt->ttl & 0x8000 ? " do" : "", opt->class);
}

static void print_record(const char *name, struct iothdns_rr *rr, struct iothdns_pkt *pkt)
{
	char type[TYPE_NAME_SIZE], class[TYPE_NAME_SIZE];

	int at = go_to(print_name(name), COLUMN_TTL);

	at = go_to(at + printf("%u", rr->ttl), COLUMN_CLASS);
	at = go_to(at + printf("%s", class_name(rr->class, class)), COLUMN_TYPE);
	go_to(at + printf("%s", type_name(rr->type, type)), COLUMN_DATA);
	print_data(rr, pkt);
	putchar('\n');
}

/* Counts the records, and looks for what belongs above them; a reader goes through a message once.
 */
static void count(const struct iovec *message, unsigned int counts[4], struct iothdns_rr *opt)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt = iothdns_get_header(&h, message->iov_base, message->iov_len, NULL);
	int section;

	while (pkt && (section = iothdns_get_rr(pkt, &rr, NULL)) != 0) {
		counts[section]++;
		if (rr.type == IOTHDNS_TYPE_OPT)
			*opt = rr;
	}
	iothdns_free(pkt);
}

void print_answer(struct iothdns_header *header, struct iothdns_pkt *reply, unsigned int show)
{
	static const struct {
		unsigned int show;
		const char *title;
	} sections[] = {{0, ""}, {SHOW_ANSWER, "ANSWER"}, {SHOW_AUTHORITY, "AUTHORITY"},
	    {SHOW_ADDITIONAL, "ADDITIONAL"}};
	unsigned int counts[4] = {0};
	char name[IOTHDNS_MAXNAME];
	struct iovec message = iothdns_getbuf(reply);
	struct iothdns_rr rr, opt = {.type = 0};
	bool titles = show & SHOW_COMMENTS;
	int section, last = 0;

	count(&message, counts, &opt);
	if (show & SHOW_COMMENTS)
		print_header(header, counts);
	if ((show & SHOW_COMMENTS) && opt.type)
		print_edns(&opt);
	if (show & SHOW_QUESTION)
		print_question(header, titles);
	while ((section = iothdns_get_rr(reply, &rr, name)) != 0) {
		if (rr.type == IOTHDNS_TYPE_OPT || !(show & sections[section].show))
			continue;
		if (section != last && titles)
			printf("\n;; %s SECTION:\n", sections[section].title);
		last = section;
		print_record(name, &rr, reply);
	}
	if (iothdns_error(reply))
		puts(";; the rest cannot be read");
}

void print_brief(struct iothdns_pkt *reply)
{
	struct iothdns_rr rr;

	while (iothdns_get_rr(reply, &rr, NULL) == IOTHDNS_SEC_ANSWER) {
		print_data(&rr, reply);
		putchar('\n');
	}
}
