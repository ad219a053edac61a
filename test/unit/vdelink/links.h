/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of links share: a private directory, frames that can be recognised, waiting. */
#ifndef LINKS_H
#define LINKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include <vdelink.h>

#define PATIENCE_MS 30000

/* Made by links_setup, removed with its contents by links_teardown; both for cmocka. */
extern char directory[32];
int links_setup(void **state);
int links_teardown(void **state);

/* `format` with one %s: the directory. Opens; asserts that it works. */
struct vdelink *open_link(const char *format);

/* Sends frame `number`, `len` bytes long; returns what vdelink_send returned. */
unsigned int send_numbered(struct vdelink *link, unsigned int number, size_t len);

/* Waits for the next frame: its number; asserts that its bytes are right. Frames that are not ours
 * are passed over. */
unsigned int recv_numbered(struct vdelink *link, size_t *len);

/* As recv_numbered, but 0 at once if there is none. */
unsigned int try_recv_numbered(struct vdelink *link, size_t *len);

/* Serves the link as a loop would until its state is `state`. */
void wait_for_state(struct vdelink *link, enum vdelink_state state);

/* Serves the link once: waits for its descriptor or its deadline, `ms` at most. Whether the
 * descriptor was ready. */
bool serve(struct vdelink *link, int ms);

/* Fills a link: the rest waits, nothing is lost, and its descriptor tells when there is room. `b`
 * is the other end, or `a`. */
void fill_and_empty(struct vdelink *a, struct vdelink *b);

/* Sends frame 1 of `from` again and again until `to` has got it. */
void send_until_received(struct vdelink *from, struct vdelink *to);

#endif
