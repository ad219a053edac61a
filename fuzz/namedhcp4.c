/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv4 server with all its state: messages of several clients, answers of the DNS, time.
 *
 * Input: records of a byte that chooses what happens, two bytes of length, and that many bytes.
 * After each: what waits is bounded, an answer can be read again, and at the end nothing is left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns_world.h"
#include "server4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct dhcp4_message message;

	require(len >= 300 && len <= REPLY4_MAX);
	require(dhcp4_parse(&message, payload, len) == 0 && message.header.op == DHCP4_BOOTREPLY);
}

static void answer_one(engine_time now, uint8_t what, const uint8_t *data, size_t size)
{
	struct names_answer answer = {.ttl = what};
	struct question *question;

	if (dns.count == 0)
		return;
	question = dns.asked[what % dns.count];
	dns_take(question);
	if (what & 0x80)
		answer.error = what & 0x40 ? ENOENT : ETIMEDOUT;
	else if (question->type == NAMES_TXT)
		memcpy(answer.text, data, size < sizeof(answer.text) ? size : sizeof(answer.text) - 1);
	else
		for (answer.count = 0; answer.count < NAMES_ADDRESSES && size >= 16; data += 16, size -= 16)
			memcpy(answer.address[answer.count++], data, 16);
	names_answered(question, now, &answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct server4_ops ops = {reply};
	static struct server4 server;
	static struct config4 config;
	static struct domains domains;
	static struct names names;
	struct wire_reader reader = wire_reader(data, size);
	engine_time now = 0;

	memset(&dns, 0, sizeof(dns));
	memset(&config, 0, sizeof(config));
	config.server_id[0] = 10;
	config.is_authoritative = size & 1;
	config.answer_fqdn = size & 2;
	config.echo_client_id = size & 4;
	config.lease = (enum lease)(size % 3);
	config.options = 1;
	config.option[0] = (struct config_option){.code = DHCP4_DNS, .len = 4};
	if (names_init(&names, &dns_ops, NULL) < 0 || server4_init(&server, &names, &ops, NULL) < 0)
		abort();
	server4_configure(&server, &config, &domains);
	while (wire_left(&reader) >= 3) {
		uint8_t what = wire_u8(&reader);
		struct peer peer = {.port = 546, .address = {0xfe, 0x80, [15] = what & 3}};
		size_t len = wire_u16(&reader);
		const uint8_t *bytes;

		if (len > wire_left(&reader))
			len = wire_left(&reader);
		bytes = wire_take(&reader, len);
		if (what & 4)
			answer_one(now, len > 0 ? bytes[0] : 0, bytes, len);
		else
			server4_input(&server, now, &peer, bytes, len);
		now += (engine_time)(what >> 3) * 1000;
		require(server.pending.count <= PENDING_MAX && names.count <= NAMES_MAX);
	}
	server4_fini(&server);
	names_fini(&names);
	require(dns.count == 0);
	return 0;
}
