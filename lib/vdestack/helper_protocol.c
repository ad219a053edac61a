/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages with descriptors, for both sides of the helper's sockets. */
#include "helper_protocol.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>

union control {
	struct cmsghdr header; /* for its alignment */
	char room[CMSG_SPACE(sizeof(int) * HELPER_DESCRIPTORS_MAX)];
};

int helper_send(
    int fd, const void *data, size_t len, const int *descriptors, unsigned int count, int flags)
{
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;
	ssize_t n;

	if (count > HELPER_DESCRIPTORS_MAX)
		return -EINVAL;
	if (count > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * count);
	}
	do
		n = sendmsg(fd, &msg, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int helper_receive(
    int fd, void *data, size_t *len, int *descriptors, unsigned int *count, int flags)
{
	struct iovec iov = {.iov_base = data, .iov_len = *len};
	union control control;
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg;
	ssize_t n;
	int err = 0;

	*count = 0;
	do
		n = recvmsg(fd, &msg, flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg != NULL; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		*count = (unsigned int)((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(descriptors, CMSG_DATA(cmsg), sizeof(int) * *count);
	}
	*len = (size_t)n;
	/* The only control messages here are descriptors, and there is room for all. */
	if (msg.msg_flags & MSG_CTRUNC)
		err = -EMFILE;
	else if (msg.msg_flags & MSG_TRUNC)
		err = -EMSGSIZE;
	while (err < 0 && *count > 0)
		close(descriptors[--*count]);
	return err;
}
