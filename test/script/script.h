/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet scripts: what a peer sends to a stack, what the program calls, and what must come of it,
 * in virtual time, in the manner of packetdrill. README.md tells the language.
 *
 * A script is read whole (parse.c) into steps; wire.c makes and reads segments, calls.c makes the
 * socket calls, script.c owns stack and clock and runs the steps.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "socket.h"
#include "tcp_wire.h"

#include <stdarg.h>

#define SCRIPT_FLOWS    4096
#define SCRIPT_SOCKETS  64
#define SCRIPT_WORDS    24
#define SCRIPT_PAYLOAD  65535
#define SCRIPT_CAPTURED 4096
#define OUR_PORT        8080
#define PEER_PORT       20000 /* of flow 0 */
#define PEER_ISN        UINT32_C(0xfffff000)

enum step_kind { STEP_IN, STEP_OUT, STEP_ICMP, STEP_CALL, STEP_QUIET };

/* A segment as a script writes it: numbers relative to the initial sequence numbers. */
struct segment {
	unsigned int flow;
	uint8_t flags;
	uint32_t seq, ack, len;
	int window, urgent; /* -1: not said */
	int ecn;            /* bits of the IP header; -1: not said */
	uint32_t isn;       /* of the peer, from this SYN on; 0: as before */
	bool options_said;
	bool no_timestamp, has_ts, ts_any, ecr_said, bad_checksum;
	int data_offset; /* words, instead of the true ones; -1 */
	uint8_t raw[TCP_OPTIONS_ROOM];
	size_t raw_len;
	struct tcp_header_options options; /* SACK blocks and timestamps relative, too */
};

struct icmp_error {
	uint8_t type, code; /* of IPv4; script.c translates */
	uint32_t mtu, seq;
	unsigned int flow;
};

struct step {
	struct step *next;
	enum step_kind kind;
	unsigned int line;
	px_time from, to; /* after the step before: not earlier, not later */
	char *text, *words_text;
	struct segment segment;
	struct icmp_error icmp;
	unsigned int words;
	char *word[SCRIPT_WORDS + 1];
	char *result; /* behind the comparison; NULL: nothing is expected */
	enum { EQUAL, AT_LEAST, AT_MOST } comparison;
};

/* One pair of ports of the peer's. */
struct flow {
	uint16_t our_port;
	uint32_t isn, iss; /* the peer's, ours */
	bool known;        /* iss is */
	bool peer_ts_on, our_ts_known;
	uint32_t peer_ts, our_ts_base, our_ts_last;
	px_time peer_ts_time;
	uint8_t wscale;
};

/* A segment that came out. */
struct captured {
	px_time time;
	struct segment segment;
	bool wrong_data;
};

struct script {
	const char *path;
	struct step *steps, **last;
	bool ipv6, verbose;
	char *sysctls;

	struct px_stack *stack;
	struct px_iface *iface;
	px_time now, begin;
	struct flow flows[SCRIPT_FLOWS];
	struct captured captured[SCRIPT_CAPTURED]; /* a ring */
	unsigned int came, matched;
	struct {
		char name[16];
		struct px_sock *sock;
		uint32_t sent, received; /* positions in the streams */
	} sockets[SCRIPT_SOCKETS];
	char error[1024];
};

/* parse.c: 0, or -1 after printing why. */
int script_parse(struct script *script, const char *path);
void script_free_steps(struct script *script);

/* wire.c */
uint8_t script_byte(uint32_t position);
void script_inject(struct script *script, const struct segment *segment);
void script_inject_icmp(struct script *script, const struct icmp_error *icmp);
/* Reads a frame that the stack sent; false: no TCP. */
bool script_capture(struct script *script, const uint8_t *frame, size_t len);
struct px_ip script_address(const struct script *script, bool peer);
void script_segment_text(const struct segment *segment, char *text, size_t size);

/* calls.c: false, and why in script->error. */
bool script_call(struct script *script, const struct step *step);
void script_close_all(struct script *script);

/* script.c */
bool script_failed(struct script *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
