/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages: composed, read, hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <iothdns.h>

#include "hex.h"

static char hex[2 * 65536];

static void test_golden_reply(void **state)
{
	/* The query and the reply that every implementation of the Internet of Threads gives. */
	static const char query[] =
	    "1234010000010000000000000572656e7a6f0468617368056c6f63616c00001c0001";
	static const char reply[] =
	    "1234858000010001000000000572656e7a6f0468617368056c6f63616c00001c0001c00c001c00010000025800"
	    "10fc0000000000000004cc80496765d03a";
	unsigned char bytes[512];
	char qname[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct in6_addr addr;
	struct iothdns_pkt *pkt = iothdns_get_header(&h, bytes, from_hex(query, bytes), qname);
	struct iothdns_rr rr;
	struct iovec iov;

	(void)state;
	assert_non_null(pkt);
	assert_string_equal(h.qname, "renzo.hash.local");
	assert_int_equal(h.id, 0x1234);
	assert_int_equal(h.flags, IOTHDNS_RD);
	assert_int_equal(h.qtype, IOTHDNS_TYPE_AAAA);
	assert_int_equal(h.qclass, IOTHDNS_CLASS_IN);
	assert_int_equal(iothdns_get_rr(pkt, &rr, NULL), 0);
	assert_int_equal(iothdns_error(pkt), 0);
	iothdns_free(pkt);
	h.flags = IOTHDNS_RESPONSE | IOTHDNS_AA | IOTHDNS_RD | IOTHDNS_RA;
	pkt = iothdns_put_header(&h);
	rr = (struct iothdns_rr){h.qname, IOTHDNS_TYPE_AAAA, IOTHDNS_CLASS_IN, 600, 0};
	iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
	inet_pton(AF_INET6, "fc00::4cc:8049:6765:d03a", &addr);
	iothdns_put_aaaa(pkt, &addr);
	iov = iothdns_getbuf(pkt);
	assert_string_equal(to_hex(iov.iov_base, iov.iov_len, hex), reply);
	assert_int_equal(iothdns_error(pkt), 0);
	iothdns_free(pkt);
}

/* Composes a name alone and reads it back. */
static const char *through(const char *name, char *out)
{
	struct iothdns_header h = {.qname = name, .qtype = 1, .qclass = 1}, back;
	struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
	struct iovec iov = iothdns_getbuf(pkt);

	out[0] = '\0';
	if (iothdns_error(pkt)) {
		iothdns_free(pkt);
		return NULL;
	}
	read = iothdns_get_header(&back, iov.iov_base, iov.iov_len, out);
	assert_non_null(read);
	iothdns_free(read);
	iothdns_free(pkt);
	return out;
}

static void test_names(void **state)
{
	char out[IOTHDNS_MAXNAME], longest[300], label[100];
	static const char *const same[] = {"", "a", "a.b", "www.example.org", "Mixed.CASE.example",
	    "a\\.b.c", "\\092x.y", "sp\\032ace", "nul\\000.z", "_sip._udp.x", "caf\xc3\xa9.x"};
	static const char *const wrong[] = {
	    "a..b", ".a", "..", "a\\", "a\\2", "a\\25", "a\\256", "a\\25x"};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_string_equal(through(same[i], out), same[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(through(wrong[i], out));
	assert_string_equal(through(".", out), "");
	assert_string_equal(through("a.b.", out), "a.b");
	assert_string_equal(through("\\065\\b.", out), "Ab");
	/* A label has 63 bytes, a name 255: four labels of 63, 63, 63 and 61. */
	memset(label, 'x', 64);
	label[63] = '\0';
	assert_string_equal(through(label, out), label);
	label[63] = 'x';
	label[64] = '\0';
	assert_null(through(label, out));
	memset(longest, 'y', sizeof(longest));
	longest[63] = longest[127] = longest[191] = '.';
	longest[253] = '\0';
	assert_string_equal(through(longest, out), longest);
	longest[253] = '.';
	longest[254] = '\0';
	assert_int_equal(strlen(through(longest, out)), 253);
	longest[253] = 'y';
	assert_null(through(longest, out));
}

/* A name of bytes that take four characters each does not fit into MAXNAME: an error, no overflow.
 */
static void test_long_text(void **state)
{
	unsigned char bytes[300] = {0, 1, 0, 0, 0, 1};
	char qname[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_pkt *pkt;
	size_t at = 12;

	(void)state;
	for (int label = 0; label < 4; label++) {
		size_t len = label < 3 ? 63 : 60;

		bytes[at++] = (unsigned char)len;
		memset(bytes + at, 1, len);
		at += len;
	}
	at += 1 + 4;
	assert_null(iothdns_get_header(&h, bytes, at, qname));
	pkt = iothdns_get_header(&h, bytes, at, NULL);
	assert_non_null(pkt);
	assert_null(h.qname);
	iothdns_free(pkt);
}

static void put_a(struct iothdns_pkt *pkt, int section, const char *name, uint32_t ttl)
{
	struct iothdns_rr rr = {name, IOTHDNS_TYPE_A, IOTHDNS_CLASS_IN, ttl, 0};
	uint32_t addr = htonl(0x0a000001);

	iothdns_put_rr(section, pkt, &rr);
	iothdns_put_a(pkt, &addr);
}

static void test_compression(void **state)
{
	struct iothdns_header h = {.qname = "www.Example.org", .qtype = 1, .qclass = 1};
	struct iothdns_rr mx = {"example.ORG", IOTHDNS_TYPE_MX, IOTHDNS_CLASS_IN, 5, 0};
	struct iothdns_rr srv = {"x.example.org.", IOTHDNS_TYPE_SRV, IOTHDNS_CLASS_IN, 5, 0};
	struct iothdns_rr back = {"org", IOTHDNS_TYPE_NS, IOTHDNS_CLASS_IN, 5, 0};
	struct iothdns_pkt *pkt = iothdns_put_header(&h);
	struct iovec iov;

	(void)state;
	iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &mx);
	iothdns_put_int16(pkt, 10);
	iothdns_put_name(pkt, "mail.example.org");
	iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &srv);
	iothdns_put_srv(pkt, &(struct iothdns_srv){1, 2, 3, "srv.example.org"});
	iothdns_put_rr(IOTHDNS_SEC_AUTH, pkt, &back);
	iothdns_put_name(pkt, "srv.example.org"); /* to the name that was not compressed */
	iov = iothdns_getbuf(pkt);
	assert_string_equal(to_hex(iov.iov_base, iov.iov_len, hex),
	    "000000000001000200010000"
	    "03777777074578616d706c65036f72670000010001"
	    "c010000f0001000000050009000a046d61696cc010"
	    "0178c0100021000100000005001700010002000303737276076578616d706c65036f726700"
	    "c01800020001000000050002c04a");
	iothdns_free(pkt);
}

static void test_sections(void **state)
{
	struct iothdns_header h = {.qname = "a.b", .qtype = 1, .qclass = 1}, back;
	struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
	struct iothdns_rr rr;
	char name[IOTHDNS_MAXNAME];
	struct iovec iov;

	(void)state;
	put_a(pkt, IOTHDNS_SEC_ANSWER, "one", 1);
	put_a(pkt, IOTHDNS_SEC_ADDITIONAL, "two", 2);
	put_a(pkt, IOTHDNS_SEC_AUTH, "dropped", 3); /* with its data */
	put_a(pkt, IOTHDNS_SEC_ADDITIONAL, "three", 4);
	iov = iothdns_getbuf(pkt);
	assert_int_equal(iothdns_error(pkt), 0);
	read = iothdns_get_header(&back, iov.iov_base, iov.iov_len, name);
	assert_int_equal(iothdns_get_rr(read, &rr, name), IOTHDNS_SEC_ANSWER);
	assert_string_equal(rr.name, "one");
	assert_int_equal(rr.rdlength, 4);
	assert_int_equal(iothdns_get_left(read), 4);
	assert_int_equal(iothdns_get_rr(read, &rr, name), IOTHDNS_SEC_ADDITIONAL);
	assert_string_equal(name, "two");
	assert_int_equal(iothdns_get_int32(read), 0x0a000001);
	assert_int_equal(iothdns_get_rr(read, &rr, NULL), IOTHDNS_SEC_ADDITIONAL);
	assert_int_equal(rr.ttl, 4);
	assert_int_equal(iothdns_get_rr(read, &rr, NULL), 0);
	assert_int_equal(iothdns_get_rr(read, &rr, NULL), 0);
	assert_int_equal(iothdns_error(read), 0);
	iothdns_free(read);
	iothdns_free(pkt);
	/* Data that belong to nothing. */
	pkt = iothdns_put_header(&h);
	iothdns_put_int8(pkt, 1);
	assert_int_equal(iothdns_error(pkt), EINVAL);
	iothdns_free(pkt);
}

static void test_rewrite_header(void **state)
{
	struct iothdns_header h = {.id = 1, .flags = 2, .qname = "x", .qtype = 1, .qclass = 1}, back;
	struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
	struct iothdns_rr rr;
	uint16_t id, flags;
	struct iovec iov;

	(void)state;
	put_a(pkt, IOTHDNS_SEC_ANSWER, "x", 1);
	iothdns_rewrite_header(pkt, 0x1111, 0x8222);
	put_a(pkt, IOTHDNS_SEC_ANSWER, "x", 2);
	iov = iothdns_getbuf(pkt);
	read = iothdns_get_header(&back, iov.iov_base, iov.iov_len, NULL);
	assert_int_equal(back.id, 0x1111);
	assert_int_equal(back.flags, 0x8222);
	assert_int_equal(iothdns_get_rr(read, &rr, NULL), 1);
	iothdns_rewrite_header(read, 0x3333, 0x8444);
	iothdns_retrieve_header(read, &id, NULL);
	iothdns_retrieve_header(read, NULL, &flags);
	assert_int_equal(id, 0x3333);
	assert_int_equal(flags, 0x8444);
	assert_int_equal(iothdns_get_rr(read, &rr, NULL), 1);
	assert_int_equal(rr.ttl, 2);
	assert_ptr_equal(iothdns_getbuf(read).iov_base, iov.iov_base);
	iothdns_free(read);
	iothdns_free(pkt);
}

static void test_records(void **state)
{
	struct iothdns_header h = {.qname = "r.x", .qtype = 255, .qclass = 1}, back;
	struct iothdns_rr rr = {"r.x", 0, IOTHDNS_CLASS_IN, 60, 0};
	struct iothdns_soa soa = {"ns.x", "root.x", 1, 2, 3, 4, 5}, soa2;
	struct iothdns_caa caa = {128, "issue", "ca.example", 10}, caa2;
	struct iothdns_svcb svcb = {1, "svc.x"}, svcb2;
	struct iothdns_srv srv = {1, 2, 5060, "sip.x"}, srv2;
	struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
	const void *value;
	uint16_t key, len;
	char string[IOTHDNS_MAXSTRING + 1];
	struct iovec iov;

	(void)state;
	rr.type = IOTHDNS_TYPE_SOA;
	iothdns_put_rr(1, pkt, &rr);
	iothdns_put_soa(pkt, &soa);
	rr.type = IOTHDNS_TYPE_CAA;
	iothdns_put_rr(1, pkt, &rr);
	iothdns_put_caa(pkt, &caa);
	rr.type = IOTHDNS_TYPE_HTTPS;
	iothdns_put_rr(1, pkt, &rr);
	iothdns_put_svcb(pkt, &svcb);
	iothdns_put_svcb_param(pkt, 1, "\2h2", 3);
	iothdns_put_svcb_param(pkt, 3, "\1\xbb", 2);
	rr.type = IOTHDNS_TYPE_SRV;
	iothdns_put_rr(1, pkt, &rr);
	iothdns_put_srv(pkt, &srv);
	rr.type = IOTHDNS_TYPE_TXT;
	iothdns_put_rr(1, pkt, &rr);
	iothdns_put_string(pkt, (char[]){"one"});
	iothdns_put_string(pkt, (char[]){""});
	iov = iothdns_getbuf(pkt);
	read = iothdns_get_header(&back, iov.iov_base, iov.iov_len, NULL);
	iothdns_get_rr(read, &rr, NULL);
	assert_int_equal(iothdns_get_soa(read, &soa2), 0);
	assert_string_equal(soa2.rname, "root.x");
	assert_int_equal(soa2.minimum, 5);
	iothdns_get_rr(read, &rr, NULL);
	assert_int_equal(iothdns_get_caa(read, &caa2), 0);
	assert_string_equal(caa2.tag, "issue");
	assert_int_equal(caa2.value_len, 10);
	assert_memory_equal(caa2.value, "ca.example", 10);
	iothdns_get_rr(read, &rr, NULL);
	assert_int_equal(iothdns_get_svcb(read, &svcb2), 0);
	assert_string_equal(svcb2.target, "svc.x");
	assert_int_equal(iothdns_get_svcb_param(read, &key, &value, &len), 1);
	assert_int_equal(key, 1);
	assert_int_equal(len, 3);
	assert_int_equal(iothdns_get_svcb_param(read, &key, &value, &len), 1);
	assert_int_equal(iothdns_get_svcb_param(read, &key, &value, &len), 0);
	iothdns_get_rr(read, &rr, NULL);
	assert_int_equal(iothdns_get_srv(read, &srv2), 0);
	assert_int_equal(srv2.port, 5060);
	assert_int_equal(iothdns_get_rr(read, &rr, NULL), 1);
	assert_string_equal(iothdns_get_string(read, string), "one");
	assert_string_equal(iothdns_get_string(read, string), "");
	assert_int_equal(iothdns_error(read), 0);
	/* Past the record's end. */
	assert_string_equal(iothdns_get_string(read, string), "");
	assert_int_equal(iothdns_error(read), EBADMSG);
	assert_int_equal(iothdns_get_soa(read, &soa2), -1);
	iothdns_free(read);
	iothdns_free(pkt);
}

/* Up to 65535 bytes; pointers only to the first 16 KiB; then EMSGSIZE. */
static void test_large(void **state)
{
	struct iothdns_header h = {.qname = "large.x", .qtype = 1, .qclass = 1}, back;
	struct iothdns_pkt *pkt = iothdns_put_header(&h), *read;
	struct iothdns_rr rr;
	char name[IOTHDNS_MAXNAME], expected[IOTHDNS_MAXNAME];
	int put = 0, got = 0;
	struct iovec iov;

	(void)state;
	while (iothdns_getbuf(pkt).iov_len < 65535 - 60) {
		snprintf(name, sizeof(name), "host-%d.sub%d.large.x", put, put % 700);
		put_a(pkt, IOTHDNS_SEC_ANSWER, name, 1);
		put++;
	}
	assert_int_equal(iothdns_error(pkt), 0);
	iov = iothdns_getbuf(pkt);
	read = iothdns_get_header(&back, iov.iov_base, iov.iov_len, NULL);
	while (iothdns_get_rr(read, &rr, name)) {
		snprintf(expected, sizeof(expected), "host-%d.sub%d.large.x", got, got % 700);
		assert_string_equal(name, expected);
		got++;
	}
	assert_int_equal(iothdns_error(read), 0);
	assert_int_equal(got, put);
	assert_true(put > 1500);
	iothdns_free(read);
	for (int i = 0; i < 10; i++)
		put_a(pkt, IOTHDNS_SEC_ANSWER, "another-name.large.x", 1);
	assert_int_equal(iothdns_error(pkt), EMSGSIZE);
	iothdns_free(pkt);
}

/* Each prefix of a message, and what is hostile in it. */
static void test_hostile(void **state)
{
	static const struct {
		const char *what, *bytes;
		int header; /* can it be read? */
	} messages[] = {
	    {"pointer to itself, 18 bytes", "0001000000010000 00000000 c00c 00010001", 0},
	    {"pointer forward", "0001000000010000 00000000 c010 00010001 00", 0},
	    {"two that lead to each other", "0001000000010000 00000000 c00e c00c 00010001", 0},
	    {"pointer into the label before", "000100000001000000000000 0161c00c 00010001", 0},
	    {"pointer to the header", "000100000001000000000000 c000 00010001", 1},
	    {"label of type 0x40", "000100000001000000000000 4161 00 00010001", 0},
	    {"label of type 0x80", "000100000001000000000000 8161 00 00010001", 0},
	    {"label longer than the message", "000100000001000000000000 3f61 00 00010001", 0},
	    {"no question at all", "000100000001000000000000", 0},
	    {"QDCOUNT 0", "000100000000000000000000", 1},
	    {"ANCOUNT without records", "000100000000ffff00000000", 1},
	};
	char qname[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr rr;

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		unsigned char bytes[100];
		size_t len = from_hex(messages[i].bytes, bytes);

		for (size_t cut = 0; cut <= len; cut++) {
			unsigned char *exact = malloc(cut ? cut : 1);
			struct iothdns_pkt *pkt;

			memcpy(exact, bytes, cut);
			pkt = iothdns_get_header(&h, exact, cut, qname);
			if (cut == len && (pkt != NULL) != messages[i].header)
				fail_msg("%s", messages[i].what);
			if (!pkt)
				assert_int_equal(errno, EBADMSG);
			while (pkt && iothdns_get_rr(pkt, &rr, qname))
				continue;
			iothdns_free(pkt);
			free(exact);
		}
	}
	/* QDCOUNT 0: the question is empty, not unset. */
	{
		unsigned char bytes[12] = {0};
		struct iothdns_pkt *pkt = iothdns_get_header(&h, bytes, 12, qname);

		assert_string_equal(h.qname, "");
		assert_int_equal(h.qtype, 0);
		assert_int_equal(h.qclass, 0);
		assert_int_equal(iothdns_get_rr(pkt, &rr, qname), 0);
		assert_int_equal(iothdns_error(pkt), 0);
		iothdns_free(pkt);
	}
}

/* Questions beyond the first are no records; data are not read past their end. */
static void test_reading_ends(void **state)
{
	static const char two[] = "0001 8000 0002 0001 0000 0000 0161 00 0001 0001 0162 00 0002 0001"
	                          " 0163 00 0001 0001 00000007 0002 0102 ff ff ff ff";
	static const char beyond[] =
	    "0001 8000 0000 0001 0000 0000 0163 00 0001 0001 00000007 00ff 0102";
	unsigned char bytes[100];
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt = iothdns_get_header(&h, bytes, from_hex(two, bytes), name);
	uint32_t addr = 1;

	(void)state;
	assert_string_equal(h.qname, "a");
	assert_int_equal(iothdns_get_int8(pkt), 0); /* no record is open */
	iothdns_free(pkt);
	pkt = iothdns_get_header(&h, bytes, from_hex(two, bytes), name);
	assert_int_equal(iothdns_get_rr(pkt, &rr, name), 1);
	assert_string_equal(name, "c");
	assert_int_equal(rr.ttl, 7);
	iothdns_get_a(pkt, &addr);
	assert_int_equal(addr, 0);
	assert_int_equal(iothdns_error(pkt), EBADMSG);
	assert_int_equal(iothdns_get_rr(pkt, &rr, name), 0);
	iothdns_free(pkt);
	pkt = iothdns_get_header(&h, bytes, from_hex(beyond, bytes), name);
	assert_int_equal(iothdns_get_rr(pkt, &rr, name), 0);
	assert_string_equal(name, "");
	assert_int_equal(iothdns_error(pkt), EBADMSG);
	iothdns_free(pkt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden_reply),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_compression),
	    cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_rewrite_header),
	    cmocka_unit_test(test_records),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_reading_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
