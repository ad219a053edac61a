/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With the tag thread the library renews and follows; here its news are waited for, and the end. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <iothconf.h>

#include "iothconf_tool.h"

/* In place: the file may be mounted over /etc/resolv.conf. */
void stay_write_resolvconf(const struct tool *tool)
{
	char *text = ioth_resolvconf(NULL, tool->interface);
	size_t len = text ? strlen(text) : 0;
	int fd;

	if (!text || !tool->resolvconf) {
		free(text);
		return;
	}
	fd = open(tool->resolvconf, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		warn("%s", tool->resolvconf);
	if (fd >= 0)
		close(fd);
	free(text);
}

int stay(const struct tool *tool)
{
	struct pollfd items[3] = {{.events = POLLIN}, {.events = POLLIN}, {.fd = -1, .events = POLLIN}};
	char undo[128];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	items[0].fd = signalfd(-1, &set, SFD_CLOEXEC);
	items[1].fd = ioth_config_fd(NULL);
	if (items[0].fd < 0 || items[1].fd < 0) {
		warn("cannot wait");
		return EXIT_FAILURE;
	}
	if (tool->companion) {
		items[2].fd = (int)syscall(SYS_pidfd_open, tool->companion, 0);
		if (items[2].fd < 0)
			return EXIT_SUCCESS; /* it has ended already */
	}
	while (!(items[0].revents | items[2].revents)) {
		if (poll(items, 3, -1) < 0 && errno != EINTR)
			break;
		if (items[1].revents)
			stay_write_resolvconf(tool);
	}
	snprintf(undo, sizeof(undo), "%s,-dhcp,-dhcp6", tool->interface);
	(void)ioth_config(NULL, undo);
	return EXIT_SUCCESS;
}
