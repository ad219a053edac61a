/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libioth's calls, as a script has them: see scripted.h. */
#include "scripted.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

struct scripted scripted;

void scripted_begin(size_t size)
{
	memset(&scripted, 0, sizeof(scripted));
	scripted.size = size;
	scripted.come = size;
	scripted.room = SIZE_MAX;
}

bool scripted_is_intact(void)
{
	for (size_t i = 0; i < scripted.taken; i++) {
		if (scripted.bytes[i] != scripted_byte(i))
			return false;
	}
	return true;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

ssize_t ioth_recv(int fd, void *buf, size_t len, int flags)
{
	size_t n = least(len, scripted.come - scripted.given);
	int err = scripted.receive_error;

	scripted.receives++;
	scripted.receive_error = 0;
	errno = err;
	if (err || fd != SCRIPTED_FROM)
		return -1;
	if (n == 0 && scripted.given < scripted.size) {
		errno = EAGAIN;
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = scripted_byte(scripted.given + i);
	scripted.given += n;
	return (ssize_t)n;
}

ssize_t ioth_send(int fd, const void *buf, size_t len, int flags)
{
	size_t n = least(len, least(scripted.room, SCRIPTED_MAX - scripted.taken));
	int err = scripted.send_error;

	scripted.send_error = 0;
	errno = err;
	if (err || fd != SCRIPTED_TO || scripted.ended)
		return -1;
	errno = EAGAIN;
	if (n == 0)
		return -1;
	memcpy(scripted.bytes + scripted.taken, buf, n);
	scripted.taken += n;
	scripted.room -= n;
	return (ssize_t)n;
}

int ioth_shutdown(int fd, int how)
{
	scripted.ended = fd == SCRIPTED_TO && how == SHUT_WR;
	return 0;
}
