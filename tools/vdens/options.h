/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of vdens, parsed and checked before anything is done. */
#ifndef VDENS_OPTIONS_H
#define VDENS_OPTIONS_H

#include <stdbool.h>
#include <net/if.h>

/* An interface of the namespace and the network it is connected to. */
struct vdens_network {
	char ifname[IFNAMSIZ];
	const char *vnl; /* borrowed from argv */
};

/* How the namespaces are made: unshare(2) in the process that becomes the command, or clone(2),
 * which makes that process inside them. */
enum vdens_method {
	VDENS_ANY, /* unshare, then clone if unshare fails */
	VDENS_UNSHARE,
	VDENS_CLONE,
};

struct vdens_options {
	struct vdens_network *networks; /* allocated */
	unsigned int network_count;
	char *resolv_text;      /* allocated; what /etc/resolv.conf holds, or NULL */
	const char *resolvconf; /* the file that takes the place of /etc/resolv.conf, or NULL */
	const char *config;     /* a string for iothconf, or NULL */
	const char *hostname;   /* NULL: as outside */
	unsigned int mtu;       /* 0: the default of the kernel */
	int netns_fd;           /* the network namespace to join; -1: a new one */
	enum vdens_method method;
	bool multi, up, map_root, pid, sysadm;
	char **command; /* borrowed from argv, or default_command */
	char *default_command[2];
};

enum vdens_parsed {
	VDENS_RUN,     /* all is well */
	VDENS_HELP,    /* the usage is to be shown */
	VDENS_VERSION, /* the version is to be shown */
	VDENS_ERROR,   /* a message went to stderr already */
};

/* Reads argv and the environment (SHELL, VDE_RESOLVCONF, VDE_RESOLVADDR). Whatever the result is,
 * options_free releases what was allocated. */
enum vdens_parsed options_parse(int argc, char *argv[], struct vdens_options *options);
void options_free(struct vdens_options *options);

/* The text that -h shows. */
extern const char options_usage[];

#endif
