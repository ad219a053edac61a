/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all transports do: see transport.h. */
#include "transport.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

#define BYTES_A_LINE 32
#define TELL_AGAIN   (60 * LOOP_SEC)

/* As --verbose has always shown them. */
void transport_show(const struct transport *transport, const char *what, const struct peer *peer,
    const void *payload, size_t len)
{
	const uint8_t *bytes = payload;

	if (!transport->hex)
		return;
	log_debug("%s %zu bytes, port %u", what, len, peer->port);
	for (size_t at = 0; at < len; at += BYTES_A_LINE) {
		char text[BYTES_A_LINE * 3 + 1] = "";

		for (size_t i = 0; i < BYTES_A_LINE && at + i < len; i++)
			snprintf(text + i * 3, sizeof(text) - i * 3, "%02x ", bytes[at + i]);
		log_debug("%04zx  %s", at, text);
	}
}

void transport_received(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len)
{
	transport_show(transport, "received", peer, payload, len);
	transport->input(transport->context, peer, payload, len);
}

void transport_failed(struct transport *transport, int err)
{
	loop_time now = loop_now(transport->loop);

	transport->send_errors++;
	if (now < transport->told_until)
		return;
	transport->told_until = now + TELL_AGAIN;
	log_warning("sending: %s", strerror(err));
}
