/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses from names: every documented vector, and what the calls leave alone. The vectors of the
 * HMAC variant were computed by an independent program (Python's hashlib). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <iothaddr.h>
#include <arpa/inet.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct hash_vector {
	const char *base, *name, *passwd;
	uint32_t otiptime;
	const char *result;
} hash_vectors[] = {
    {"fc00::", "renzo.hash.local", NULL, 0u, "fc00::4cc:8049:6765:d03a"},
    {"fc00::", "renzo.hash.local.", NULL, 0u, "fc00::4cc:8049:6765:d03a"},
    {"fc00::", "hic_sunt_leones.hash.local", NULL, 0u, "fc00::9c8f:74b4:705f:6512"},
    {"2001:760:2e00:ff00::", "renzo.hash.v2.cs.unibo.it", NULL, 0u,
        "2001:760:2e00:ff00:6066:4f84:db3e:c9cb"},
    {"2001:760:2e00:ff00::", "lucia.hash.v2.cs.unibo.it", NULL, 0u,
        "2001:760:2e00:ff00:cf1:1fe9:aad4:e838"},
    {"2001:760:2e00:ff00::", "whatever-you-want.hash.v2.cs.unibo.it", NULL, 0u,
        "2001:760:2e00:ff00:542d:ffcb:17e:8fa7"},
    {"fc00::", "hash.test.local", NULL, 0u, "fc00::f4b7:a5a9:259b:fb70"},
    {"2000:760::", "test.v2.cs.unibo.it", NULL, 0u, "2000:760::68d6:2fac:95a:5a2e"},
    {"fc00::", "Renzo.hash.local", NULL, 0u, "fc00::81:896b:51cb:9ccb"},
    {"fc00::", "RENZO.HASH.LOCAL", NULL, 0u, "fc00::e021:a737:4da9:8714"},
    {"2002::1", "a.htest.v2.cs.unibo.it", NULL, 0u, "2002::a03f:4d93:e515:ab76"},
    {"2002::", "a.htest.v2.cs.unibo.it", NULL, 0u, "2002::a03f:4d93:e515:ab77"},
    {"fc00::ffff:ffff:ffff:ffff", "renzo.hash.local", NULL, 0u, "fc00::f833:7fb6:989a:2fc5"},
    {"fc00::1234:5678:9abc:def0", "renzo.hash.local", NULL, 0u, "fc00::14f8:d631:fdd9:eca"},
    {"fc00::", "h1.hash.local", NULL, 0u, "fc00::580c:c6d0:5a1a:5b6b"},
    {"fc00::", "h2.hash.local", NULL, 0u, "fc00::a831:4648:3762:4f4d"},
    {"fc00::", "a", NULL, 0u, "fc00::cc1:75b9:c0f1:b6a8"},
    {"::", "localhost", NULL, 0u, "::401a:a90e:79f:a326"},
    {"fc00::", "renzo.hash.local", "mypassword", 0u, "fc00::4839:a1f3:253e:9b03"},
    {"fc00::", "renzo.hash.localmypassword", NULL, 0u, "fc00::4839:a1f3:253e:9b03"},
    {"fc00::", "x.hash.local", NULL, 0u, "fc00::a46a:143b:22f6:a327"},
    {"fc00::", "x.hash.local..", NULL, 0u, "fc00::505a:203:7d5d:ca83"},
    {"fc01::", "renzo.otip", "mypassword", 1u, "fc01::a80d:c83f:9271:d9ce"},
    {"fc01::", "renzo.otip", "mypassword", 50000000u, "fc01::e8b5:5367:ff56:fea4"},
    {"fc01::", "renzo.otip", "mypassword", 50000001u, "fc01::ac05:4264:51e0:7383"},
    {"fc01::", "renzo.otip", "mypassword", 53124999u, "fc01::6494:ed3c:158:80a5"},
    {"fc01::", "renzo.otip", "mypassword", 53125000u, "fc01::8ce3:a148:b648:6c83"},
    {"fc01::", "renzo.otip", "mypassword", 53125001u, "fc01::b41b:cbf3:a38:fd9d"},
    {"fc01::", "renzo.otip", "mypassword", 4294967295u, "fc01::e812:4f14:a0b5:ed24"},
    {"fc01::", "renzo.otip", NULL, 53125000u, "fc01::f43e:3520:44a8:17ae"},
    {"fc01::", "renzo.otip.", "mypassword", 53125000u, "fc01::8ce3:a148:b648:6c83"},
    {"2001:760:2e00:ff00::", "renzo.otip", "mypassword", 53125000u,
        "2001:760:2e00:ff00:8ce3:a148:b648:6c83"},
    {"fd00:add1:5ea7:4a11::", "test.otip.v2.cs.unibo.it", "secret_password", 53125000u,
        "fd00:add1:5ea7:4a11:48b5:b426:87aa:ced0"},
};

static const struct mac_vector {
	const char *name, *passwd, *mac, *address;
} mac_vectors[] = {
    {"renzo.hash.local", NULL, "06:cc:80:65:d0:3a", "fc00::4cc:80ff:fe65:d03a"},
    {"renzo.hash.local", "mypassword", "4a:39:a1:3e:9b:03", "fc00::4839:a1ff:fe3e:9b03"},
    {"test.v2.cs.unibo.it", NULL, "6a:d6:2f:5a:5a:2e", "fc00::68d6:2fff:fe5a:5a2e"},
    {"host.v2.cs.unibo.it", NULL, "52:6f:03:54:fb:d3", "fc00::506f:3ff:fe54:fbd3"},
    {"h1.hash.local", NULL, "5a:0c:c6:1a:5b:6b", "fc00::580c:c6ff:fe1a:5b6b"},
    {"one.test.local", NULL, "ce:92:32:a3:cf:3d", "fc00::cc92:32ff:fea3:cf3d"},
    {"two.test.local", NULL, "6a:39:7d:fe:e4:77", "fc00::6839:7dff:fefe:e477"},
    {"Renzo.hash.local", NULL, "02:81:89:cb:9c:cb", "fc00::81:89ff:fecb:9ccb"},
};

static const struct hmac_vector {
	const char *base, *name, *passwd;
	unsigned int iterations;
	uint32_t otiptime;
	const char *key; /* its first 8 bytes */
	const char *result;
} hmac_vectors[] = {
    {"fc01::", "renzo.otip", "mypassword", 1, 53125000u, "f6bff842f7ad2200",
        "fc01::d025:ef5d:1515:bef9"},
    {"fc01::", "renzo.otip", "mypassword", 4096, 53125000u, "417cb2baf4d68682",
        "fc01::e85e:833f:78e0:b6f5"},
    {"fc01::", "renzo.otip", "mypassword", 4096, 53125001u, "417cb2baf4d68682",
        "fc01::b0b7:12a5:4911:2576"},
    {"fc02::", "renzo.otip", "mypassword", 4096, 53125000u, "417cb2baf4d68682",
        "fc02::1c02:2e89:2632:9d75"},
    {"fc01::1", "renzo.otip", "mypassword", 4096, 53125000u, "417cb2baf4d68682",
        "fc01::e85e:833f:78e0:b6f4"},
    {"fc01::", "renzo.otip", "", 2, 0u, "ad1a7050a3d308b3", "fc01::b899:2254:e7d7:2caf"},
    {"fc01::", "", "x", 2, 4294967295u, "7b2e224cbee92a97", "fc01::9052:1ed:6d2c:264d"},
};

static const char *text_of(const uint8_t *address)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, address, text, sizeof(text));
}

static const char *mac_text(const uint8_t *mac)
{
	static char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5]);
	return text;
}

/* The address, with a byte on either side that must stay. */
struct guarded {
	uint8_t before, address[16], after;
};

static struct guarded guarded(const char *base)
{
	struct guarded room = {.before = 0xa5, .after = 0x5a};

	assert_int_equal(inet_pton(AF_INET6, base, room.address), 1);
	return room;
}

static void assert_guarded(const struct guarded *room)
{
	assert_int_equal(room->before, 0xa5);
	assert_int_equal(room->after, 0x5a);
}

static void test_hash(void **state)
{
	for (size_t i = 0; i < COUNT(hash_vectors); i++) {
		const struct hash_vector *vector = &hash_vectors[i];
		struct guarded room = guarded(vector->base);

		iothaddr_hash(room.address, vector->name, vector->passwd, vector->otiptime);
		assert_string_equal(text_of(room.address), vector->result);
		assert_guarded(&room);
	}
}

static void test_empty_password_is_none(void **state)
{
	struct guarded with = guarded("fc01::"), without = with;

	iothaddr_hash(with.address, "renzo.otip", "", 53125000);
	iothaddr_hash(without.address, "renzo.otip", NULL, 53125000);
	assert_memory_equal(&with, &without, sizeof(with));
}

/* MD5 of nothing is d41d8cd98f00b204...; a dot alone is a name without bytes, too. */
static void test_empty_name(void **state)
{
	struct guarded empty = guarded("fc00::"), dot = empty;

	iothaddr_hash(empty.address, "", NULL, 0);
	assert_string_equal(text_of(empty.address), "fc00::d41d:8cd9:8f00:b204");
	iothaddr_hash(dot.address, ".", NULL, 0);
	assert_memory_equal(&empty, &dot, sizeof(dot));
}

static void test_mac(void **state)
{
	for (size_t i = 0; i < COUNT(mac_vectors); i++) {
		const struct mac_vector *vector = &mac_vectors[i];
		struct guarded room = guarded("fc00::"), mac = guarded("::");

		iothaddr_hashmac(mac.address, vector->name, vector->passwd);
		assert_string_equal(mac_text(mac.address), vector->mac);
		assert_int_equal(mac.address[6], 0);
		iothaddr_hasheui64(room.address, vector->name, vector->passwd);
		assert_string_equal(text_of(room.address), vector->address);
		assert_guarded(&room);
	}
}

static void test_mac_trailing_dot(void **state)
{
	struct guarded room = guarded("2000:760::");
	uint8_t mac[6];

	iothaddr_hashmac(mac, "test.v2.cs.unibo.it.", NULL);
	assert_string_equal(mac_text(mac), "6a:d6:2f:5a:5a:2e");
	iothaddr_hasheui64(room.address, "test.v2.cs.unibo.it.", NULL);
	assert_string_equal(text_of(room.address), "2000:760::68d6:2fff:fe5a:5a2e");
}

static void test_eui64(void **state)
{
	static const struct {
		const char *base;
		uint8_t mac[6];
		const char *result;
	} vectors[] = {
	    {"fe80::", {0x80, 1, 1, 1, 1, 1}, "fe80::8201:1ff:fe01:101"},
	    {"fe80::", {0x52, 0x54, 0, 0x12, 0x34, 0x56}, "fe80::5054:ff:fe12:3456"},
	    {"2001:db8::1234:5678:9abc:def0", {2, 0, 0x5e, 0x10, 0x20, 0x30},
	        "2001:db8::5eff:feac:fec0"},
	};

	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct guarded room = guarded(vectors[i].base);
		uint8_t mac[6];

		memcpy(mac, vectors[i].mac, sizeof(mac));
		iothaddr_eui64(room.address, mac);
		assert_string_equal(text_of(room.address), vectors[i].result);
		assert_memory_equal(mac, vectors[i].mac, sizeof(mac));
		assert_guarded(&room);
	}
}

/* ---- one-time addresses: the clock is the test's ---- */

static time_t now;

time_t __wrap_time(time_t *copy);
time_t __wrap_time(time_t *copy)
{
	if (copy)
		*copy = now;
	return now;
}

static void test_otip_windows(void **state)
{
	static const struct {
		time_t now;
		uint32_t client, proxy;
		const char *client_address, *proxy_address;
	} windows[] = {
	    {1699999991, 53124999, 53124999, "fc01::6494:ed3c:158:80a5", "fc01::6494:ed3c:158:80a5"},
	    {1699999992, 53124999, 53125000, "fc01::6494:ed3c:158:80a5", "fc01::8ce3:a148:b648:6c83"},
	    {1700000000, 53125000, 53125000, "fc01::8ce3:a148:b648:6c83", "fc01::8ce3:a148:b648:6c83"},
	    {1700000031, 53125000, 53125001, "fc01::8ce3:a148:b648:6c83", "fc01::b41b:cbf3:a38:fd9d"},
	};

	for (size_t i = 0; i < COUNT(windows); i++) {
		struct guarded client = guarded("fc01::"), proxy = client;

		now = windows[i].now;
		assert_int_equal(iothaddr_otiptime(32, 0), windows[i].client);
		assert_int_equal(iothaddr_otiptime(32, 8), windows[i].proxy);
		iothaddr_hash(client.address, "renzo.otip", "mypassword", iothaddr_otiptime(32, 0));
		assert_string_equal(text_of(client.address), windows[i].client_address);
		iothaddr_hash(proxy.address, "renzo.otip", "mypassword", iothaddr_otiptime(32, 8));
		assert_string_equal(text_of(proxy.address), windows[i].proxy_address);
	}
	assert_int_equal(iothaddr_otiptime(0, 8), 0);
}

static void test_hmac(void **state)
{
	for (size_t i = 0; i < COUNT(hmac_vectors); i++) {
		const struct hmac_vector *vector = &hmac_vectors[i];
		struct guarded room = guarded(vector->base);
		uint8_t key[IOTHADDR_KEY_LEN];
		char text[17];

		iothaddr_hmac_key(key, vector->name, vector->passwd, vector->iterations);
		for (int j = 0; j < 8; j++)
			snprintf(text + (size_t)j * 2, 3, "%02x", key[j]);
		assert_string_equal(text, vector->key);
		iothaddr_hmac(room.address, vector->name, key, vector->otiptime);
		assert_string_equal(text_of(room.address), vector->result);
		assert_guarded(&room);
	}
}

static void test_hmac_key(void **state)
{
	static const uint8_t stretched[IOTHADDR_KEY_LEN] = {0xec, 0x38, 0xba, 0x65, 0x58, 0x45, 0x65,
	    0xac, 0xcb, 0x6f, 0x92, 0x90, 0x08, 0x83, 0x16, 0x01, 0xc8, 0x75, 0xd7, 0xcd, 0x37, 0x7d,
	    0x8a, 0xd7, 0x4b, 0x32, 0x05, 0x55, 0x98, 0xc0, 0x06, 0xd1};
	uint8_t key[IOTHADDR_KEY_LEN], other[IOTHADDR_KEY_LEN];

	iothaddr_hmac_key(key, "renzo.otip.", "mypassword", 0); /* the default number of rounds */
	assert_memory_equal(key, stretched, sizeof(key));
	iothaddr_hmac_key(key, "renzo.otip", NULL, 3);
	iothaddr_hmac_key(other, "renzo.otip", "", 3);
	assert_memory_equal(key, other, sizeof(key));
	iothaddr_hmac_key(other, "lucia.otip", "", 3);
	assert_memory_not_equal(key, other, sizeof(key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_empty_password_is_none),
	    cmocka_unit_test(test_empty_name),
	    cmocka_unit_test(test_mac),
	    cmocka_unit_test(test_mac_trailing_dot),
	    cmocka_unit_test(test_eui64),
	    cmocka_unit_test(test_otip_windows),
	    cmocka_unit_test(test_hmac),
	    cmocka_unit_test(test_hmac_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
