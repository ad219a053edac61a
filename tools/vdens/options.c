/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of vdens, parsed and checked before anything is done.
 *
 *	vdens [options] [VNL [[--] command [argument...]]]
 *	vdens -m [options] [VNL...] [-- command [argument...]]
 *
 * Options end at the first word that is none: the rest belongs to the command. A VNL may name its
 * interface, "eth0:vde:///tmp/sw"; otherwise the n-th VNL (from 0) is connected to the prefix
 * (-i, or "vde") followed by n. "", "-" and "no" stand for no interface.
 */
#include "options.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "resolv.h"
#include "vnl.h"

#define MTU_MIN 68    /* RFC 791, section 3.2: every module forwards datagrams of 68 octets */
#define MTU_MAX 65535 /* the largest that an interface of the kernel takes */

const char options_usage[] =
    "Usage: vdens [OPTIONS] [VNL [COMMAND [ARGUMENT...]]]\n"
    "       vdens -m [OPTIONS] [VNL...] [-- COMMAND [ARGUMENT...]]\n"
    "Runs COMMAND ($SHELL if omitted) in its own user and network namespace, with an\n"
    "interface on the VDE network VNL; none if VNL is omitted, \"\", \"-\" or \"no\".\n"
    "Options:\n"
    "  -h, --help             show this text\n"
    "      --version          show the version\n"
    "  -m, --multi            several networks: interface n is on the n-th VNL\n"
    "  -i, --iface PREFIX     interfaces are PREFIX0, PREFIX1, ... (default: vde)\n"
    "      --up               set the interfaces and lo up\n"
    "      --config STRING    configure the network: iothconf(7)\n"
    "      --mtu BYTES        MTU of the interfaces\n"
    "  -r, --resolvconf FILE  FILE takes the place of /etc/resolv.conf\n"
    "                         (default: $VDE_RESOLVCONF)\n"
    "  -R, --resolvaddr A[,A...]\n"
    "                         the name servers are at these addresses; wins over -r\n"
    "                         (default: $VDE_RESOLVADDR)\n"
    "  -H, --hostname NAME    host name inside\n"
    "  -s, --sysadm           grant CAP_SYS_ADMIN too\n"
    "      --map-root         be root (uid and gid 0) inside\n"
    "      --pid              a process namespace too: all ends with the command\n"
    "      --netns-fd N       join the network namespace open on descriptor N\n"
    "  -c, --clone            make the namespaces by clone(2)\n"
    "  -u, --unshare          make the namespaces by unshare(2)\n"
    "                         (default: unshare, then clone if unshare fails)\n";

enum long_only {
	OPT_VERSION = UCHAR_MAX + 1,
	OPT_UP,
	OPT_CONFIG,
	OPT_MTU,
	OPT_MAP_ROOT,
	OPT_PID,
	OPT_NETNS_FD,
};

static const char short_options[] = "+hmi:r:R:H:scu";
static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"multi", no_argument, NULL, 'm'},
    {"iface", required_argument, NULL, 'i'},
    {"resolvconf", required_argument, NULL, 'r'},
    {"resolvaddr", required_argument, NULL, 'R'},
    {"hostname", required_argument, NULL, 'H'},
    {"sysadm", no_argument, NULL, 's'},
    {"clone", no_argument, NULL, 'c'},
    {"unshare", no_argument, NULL, 'u'},
    {"version", no_argument, NULL, OPT_VERSION},
    {"up", no_argument, NULL, OPT_UP},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"mtu", required_argument, NULL, OPT_MTU},
    {"map-root", no_argument, NULL, OPT_MAP_ROOT},
    {"pid", no_argument, NULL, OPT_PID},
    {"netns-fd", required_argument, NULL, OPT_NETNS_FD},
    {NULL, 0, NULL, 0},
};

/* What is gathered before it can be checked as a whole. */
struct raw {
	bool clone, unshare;
	bool separated; /* getopt has taken a "--" */
	const char *prefix;
	const char *resolvconf_from; /* where it was given, for the message */
	const char *resolvaddr;
	const char *resolvaddr_from; /* where it was given, for the message */
};

static bool parse_number(const char *text, long min, long max, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *value >= min && *value <= max;
}

/* Empty is the same as unset, as for most variables of this kind. */
static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool is_no_network(const char *vnl)
{
	return *vnl == '\0' || strcmp(vnl, "-") == 0 || strcmp(vnl, "no") == 0;
}

static int add_network(
    struct vdens_options *options, const char *prefix, unsigned int n, const char *vnl)
{
	struct vdens_network *network = &options->networks[options->network_count];
	char name[64];
	size_t len;

	if (is_no_network(vnl))
		return 0;
	if (vnl_split(vnl, network->ifname, &network->vnl) < 0) {
		len = strcspn(vnl, ":");
		warnx("%.128s: '%.*s' is not the name of an interface", vnl, len < 64 ? (int)len : 64, vnl);
		return -1;
	}
	if (network->ifname[0] == '\0') {
		snprintf(name, sizeof(name), "%s%u", prefix, n);
		if (vnl_check_name(name, strlen(name)) < 0) {
			warnx("-i: '%.64s' followed by %u is not the name of an interface", prefix, n);
			return -1;
		}
		strcpy(network->ifname, name);
	}
	for (n = 0; n < options->network_count; n++) {
		if (strcmp(options->networks[n].ifname, network->ifname) == 0) {
			warnx("two interfaces would be named %s", network->ifname);
			return -1;
		}
	}
	options->network_count++;
	return 0;
}

/* How many of the words after the options are VNLs. */
static unsigned int count_networks(
    char **words, int count, const struct raw *raw, const struct vdens_options *options)
{
	unsigned int vnls = 0;

	if (!options->multi)
		return count > 0 ? 1 : 0;
	/* "-m -- COMMAND": getopt has taken the "--" that ends the networks, of which there are none.
	 * (Upstream went on with networks; those who write them there are still understood.) */
	if (raw->separated && count > 0 && !strstr(words[0], "://"))
		return 0;
	while ((int)vnls < count && strcmp(words[vnls], "--") != 0)
		vnls++;
	return vnls;
}

/* Takes the VNLs from the words after the options; returns the first word of the command. */
static char **take_networks(
    char **words, int count, const struct raw *raw, struct vdens_options *options)
{
	unsigned int n, vnls = count_networks(words, count, raw, options);

	options->networks = calloc(vnls + 1, sizeof(*options->networks));
	if (!options->networks) {
		warn("cannot allocate memory");
		return NULL;
	}
	for (n = 0; n < vnls; n++)
		if (add_network(options, raw->prefix, n, words[n]) < 0)
			return NULL;
	words += vnls;
	/* Without -m it is not needed, but understood. */
	if (vnls > 0 && *words && strcmp(*words, "--") == 0)
		words++;
	return words;
}

static int take_command(char **words, struct vdens_options *options)
{
	options->command = words;
	if (*words)
		return 0;
	options->default_command[0] = getenv("SHELL");
	if (!options->default_command[0]) {
		fprintf(stderr, "Error: $SHELL env variable not set\n");
		return -1;
	}
	options->command = options->default_command;
	return 0;
}

static int take_resolvaddr(const struct raw *raw, struct vdens_options *options)
{
	const char *bad;
	int err;

	if (!raw->resolvaddr)
		return 0;
	err = resolv_text(raw->resolvaddr, &options->resolv_text, &bad);
	if (err == -EINVAL)
		warnx("%s: '%.*s' is not an IP address", raw->resolvaddr_from, (int)strcspn(bad, ","), bad);
	else if (err < 0)
		warnx("%s: %s", raw->resolvaddr_from, strerror(-err));
	return err;
}

/* The kernel would mount a file that the command cannot read. */
static int check_resolvconf(const struct raw *raw, const struct vdens_options *options)
{
	if (!options->resolvconf || options->resolv_text)
		return 0;
	if (faccessat(AT_FDCWD, options->resolvconf, R_OK, AT_EACCESS) < 0) {
		warn("%s: cannot read %s", raw->resolvconf_from, options->resolvconf);
		return -1;
	}
	return 0;
}

/* One option; returns VDENS_RUN if the next one may follow. */
static enum vdens_parsed take_option(int opt, struct raw *raw, struct vdens_options *options)
{
	long value;

	switch (opt) {
	case 'm':
		options->multi = true;
		break;
	case 'i':
		raw->prefix = optarg;
		break;
	case 'r':
		options->resolvconf = optarg;
		raw->resolvconf_from = "-r";
		break;
	case 'R':
		raw->resolvaddr = optarg;
		raw->resolvaddr_from = "-R";
		break;
	case 'H':
		options->hostname = optarg;
		break;
	case 's':
		options->sysadm = true;
		break;
	case 'c':
		raw->clone = true;
		break;
	case 'u':
		raw->unshare = true;
		break;
	case OPT_UP:
		options->up = true;
		break;
	case OPT_CONFIG:
		options->config = optarg;
		break;
	case OPT_MAP_ROOT:
		options->map_root = true;
		break;
	case OPT_PID:
		options->pid = true;
		break;
	case OPT_MTU:
		if (!parse_number(optarg, MTU_MIN, MTU_MAX, &value)) {
			warnx("--mtu: '%s' is not a number from %d to %d", optarg, MTU_MIN, MTU_MAX);
			return VDENS_ERROR;
		}
		options->mtu = (unsigned int)value;
		break;
	case OPT_NETNS_FD:
		if (!parse_number(optarg, 0, INT_MAX, &value)) {
			warnx("--netns-fd: '%s' is not the number of a descriptor", optarg);
			return VDENS_ERROR;
		}
		options->netns_fd = (int)value;
		break;
	case OPT_VERSION:
		return VDENS_VERSION;
	case 'h':
		return VDENS_HELP;
	default: /* getopt has said what is wrong */
		fputs("Try 'vdens --help'\n", stderr);
		return VDENS_ERROR;
	}
	return VDENS_RUN;
}

enum vdens_parsed options_parse(int argc, char *argv[], struct vdens_options *options)
{
	struct raw raw = {
	    .prefix = "vde",
	    .resolvconf_from = "VDE_RESOLVCONF",
	    .resolvaddr = environment("VDE_RESOLVADDR"),
	    .resolvaddr_from = "VDE_RESOLVADDR",
	};
	enum vdens_parsed parsed;
	char **words;
	int opt, taken = 1;

	*options = (struct vdens_options){
	    .netns_fd = -1,
	    .resolvconf = environment("VDE_RESOLVCONF"),
	};
	optind = 0; /* glibc: start afresh (the unit test parses many command lines) */
	while ((opt = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		parsed = take_option(opt, &raw, options);
		if (parsed != VDENS_RUN)
			return parsed;
		taken = optind;
	}
	raw.separated = optind > taken;
	if (raw.clone)
		options->method = VDENS_CLONE;
	else if (raw.unshare)
		options->method = VDENS_UNSHARE;
	if (options->netns_fd >= 0 && options->method == VDENS_CLONE) {
		/* Its user namespace is joined first, by setns(2), and nothing is left to clone. */
		warnx("--netns-fd joins a namespace: -c cannot be used with it");
		return VDENS_ERROR;
	}
	words = take_networks(argv + optind, argc - optind, &raw, options);
	if (!words || take_resolvaddr(&raw, options) < 0 || check_resolvconf(&raw, options) < 0 ||
	    take_command(words, options) < 0)
		return VDENS_ERROR;
	return VDENS_RUN;
}

void options_free(struct vdens_options *options)
{
	free(options->networks);
	free(options->resolv_text);
	options->networks = NULL;
	options->resolv_text = NULL;
}
