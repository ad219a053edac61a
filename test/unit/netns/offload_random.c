/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining and cutting, random bursts: cut again, every flow has the frames that came, in the order
 * they came. */
#include "offload_bursts.h"

#define RANDOM_FLOWS 20

static uint32_t random_state;

static unsigned int random_below(unsigned int limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

/* The next frame of a random flow; most continue what came before. */
static void add_random(struct packet *flows)
{
	static unsigned char frame[PACKET_MAX];
	unsigned int flow = random_below(RANDOM_FLOWS);
	struct packet packet = flows[flow];
	size_t len;

	if (random_below(4) == 0)
		packet.payload = random_below((unsigned int)packet.payload + 1);
	if (random_below(6) == 0)
		packet.flags |= (uint8_t)(1 << random_below(8));
	if (random_below(20) == 0)
		packet.tos = (uint8_t)random_below(4);
	if (random_below(20) == 0)
		packet.window++;
	if (random_below(20) == 0)
		packet.sequence++;
	/* With DF any id is joined, and cutting would give it another. */
	if (packet.fragment == 0 && random_below(20) == 0)
		packet.id++;
	if (random_below(40) == 0)
		packet.fragment = 0x2000;
	len = packet_build(frame, &packet);
	if (random_below(20) == 0)
		frame[random_below((unsigned int)(len - packet.l4 - 4)) + packet.l4 + 4] ^= 1;
	add_frame(frame, len);
	burst[burst_count - 1].flow = flow;

	flows[flow].sequence = packet.sequence + (uint32_t)packet.payload;
	flows[flow].payload_offset += packet.payload;
	flows[flow].id = (uint16_t)(packet.id + 1);
}

/* Takes a frame off its flow. Flows differ in source port, and in where it is. */
static void expect_next(const unsigned char *bytes, size_t len, bool *seen)
{
	bool tried[RANDOM_FLOWS] = {false};

	for (unsigned int i = 0; i < burst_count; i++) {
		unsigned int flow = burst[i].flow;
		if (seen[i] || tried[flow])
			continue;
		tried[flow] = true;
		if (burst[i].len == len && memcmp(burst[i].bytes, bytes, len) == 0) {
			seen[i] = true;
			return;
		}
	}
	fail_msg("a frame of %zu bytes is new or out of order", len);
}

static void cut_again(struct emitted *e, bool *seen)
{
	static struct offload_out out;
	static unsigned char frame[PACKET_MAX];
	struct offload_cut cut;
	unsigned int frames = 0;
	bool done, bad;

	offload_cut_init(&cut, &e->hdr, e->bytes, e->len);
	do {
		out.count = 0;
		out.used = 0;
		done = offload_cut_run(&cut, &out, &bad);
		assert_false(bad);
		for (unsigned int i = 0; i < out.count; i++, frames++) {
			size_t len = 0;
			for (unsigned int p = 0; p < out.pieces[i]; p++) {
				memcpy(frame + len, out.piece[i][p].iov_base, out.piece[i][p].iov_len);
				len += out.piece[i][p].iov_len;
			}
			expect_next(frame, len, seen);
		}
	} while (!done);
	assert_int_equal(frames, e->frames);
}

static void test_random(void **state)
{
	unsigned int joined = 0;

	for (unsigned int round = 1; round <= 300; round++) {
		struct packet flows[RANDOM_FLOWS];
		struct frame kept[BURST_MAX] = {{0}};
		bool seen[BURST_MAX] = {false};

		random_state = round * 2654435761u;
		for (unsigned int i = 0; i < RANDOM_FLOWS; i++) {
			flows[i] = packet_of_kind(random_below(4));
			flows[i].source = (uint16_t)(1000 + i);
			flows[i].tags = random_below(3);
			flows[i].ip_options = random_below(3) * 8;
			flows[i].tcp_options = random_below(3) * 4;
			flows[i].fragment = random_below(2) ? 0x4000 : 0;
			flows[i].payload = 1 + random_below(random_below(2) ? 2000 : 10);
			flows[i].sequence = random_below(0xffffffff);
		}
		unsigned int count = 1 + random_below(BURST_MAX);
		while (burst_count < count)
			add_random(flows);
		/* The joiner writes to its frames: it works on copies. */
		for (unsigned int i = 0; i < burst_count; i++) {
			kept[i] = burst[i];
			burst[i].bytes = malloc(burst[i].len);
			assert_non_null(burst[i].bytes);
			memcpy(burst[i].bytes, kept[i].bytes, kept[i].len);
		}
		run_burst(ALL_OFFLOADS);
		for (unsigned int i = 0; i < burst_count; i++) {
			free(burst[i].bytes);
			burst[i] = kept[i];
		}
		for (unsigned int i = 0; i < emitted_count; i++) {
			cut_again(&emitted[i], seen);
			joined += emitted[i].frames - 1;
		}
		for (unsigned int i = 0; i < burst_count; i++)
			assert_true(seen[i]);
		forget(NULL);
	}
	assert_true(joined > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_random, forget),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
