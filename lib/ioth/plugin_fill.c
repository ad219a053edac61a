/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What newstack left unset: first from the plugin's symbols ioth_NAME_<function>, then from what is
 * set (fallback.c). The calls that have no entry in struct ioth_functions come from symbols, too:
 * the layout of that struct is fixed.
 */
#include <string.h>
#include "plugin.h"
#include "stack.h"

#define ENTRY(name)                                                                                \
	{                                                                                              \
#name, offsetof(struct stack_calls, table.name)                                            \
	}
#define LATER(name)                                                                                \
	{                                                                                              \
#name, offsetof(struct stack_calls, name)                                                  \
	}

static const struct {
	const char *name;
	size_t offset;
} entries[] = {
    ENTRY(delstack),
    ENTRY(socket),
    ENTRY(close),
    ENTRY(bind),
    ENTRY(connect),
    ENTRY(listen),
    ENTRY(accept),
    ENTRY(getsockname),
    ENTRY(getpeername),
    ENTRY(setsockopt),
    ENTRY(getsockopt),
    ENTRY(shutdown),
    ENTRY(ioctl),
    ENTRY(fcntl),
    ENTRY(read),
    ENTRY(readv),
    ENTRY(recv),
    ENTRY(recvfrom),
    ENTRY(recvmsg),
    ENTRY(write),
    ENTRY(writev),
    ENTRY(send),
    ENTRY(sendto),
    ENTRY(sendmsg),
    LATER(accept4),
    LATER(sendmmsg),
    LATER(recvmmsg),
    LATER(linksetacceptra),
    LATER(ipaddr_retire),
    LATER(ipaddr_reopen),
    LATER(lead),
    LATER(drive),
};

void plugin_fill(const struct plugin *plugin, struct stack_calls *calls)
{
	plugin_lock();
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		/* dlsym gives functions as void *: POSIX says that the two have the same form. */
		void **entry = (void **)(void *)((char *)calls + entries[i].offset);

		if (!*entry)
			*entry = plugin_symbol(plugin, entries[i].name);
	}
	plugin_unlock();
	fallback_fill(calls);
}
