/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The offload features of a veth's end.
 *
 * A veth takes every kind of large packet, a virtio_net_hdr describes four of them (TCPv4, TCPv6,
 * UDP, none). A packet that it cannot describe never reaches us: recvmsg fails with EINVAL and the
 * packet is lost (net/packet/af_packet.c, packet_rcv_vnet). So whatever goes beyond (segments
 * inside tunnels, SCTP and its CRC-32c, lists of frames) is switched off here, by name, because the
 * numbers of the features differ from kernel to kernel. Those that matter keep their large
 * segments: TCP over IPv4 and IPv6, UDP where the kernel's virtio_net_hdr has it, and the Internet
 * checksum.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "port_internal.h"

#define FEATURES_MAX 128 /* about 64 today */

static const char *const keep[] = {
    "tx-generic-segmentation", /* the kernel's own software, for the rest */
    "tx-tcp-segmentation",
    "tx-tcp-ecn-segmentation",
    "tx-tcp-mangleid-segmentation",
    "tx-tcp6-segmentation",
};

static bool features_unwanted(const char *feature, bool uso)
{
	size_t len = strlen(feature);
	const char suffix[] = "-segmentation";

	for (size_t i = 0; i < sizeof keep / sizeof keep[0]; i++)
		if (strcmp(feature, keep[i]) == 0)
			return false;
	if (strcmp(feature, "tx-udp-segmentation") == 0)
		return !uso;
	if (strcmp(feature, "tx-checksum-sctp") == 0 || strcmp(feature, "tx-gso-list") == 0 ||
	    strcmp(feature, "tx-gso-partial") == 0)
		return true;
	return strncmp(feature, "tx-", 3) == 0 && len > sizeof suffix &&
	       strcmp(feature + len - (sizeof suffix - 1), suffix) == 0;
}

static int ethtool(int control_fd, const char *name, void *command)
{
	struct ifreq ifr = {0};

	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	ifr.ifr_data = command;
	return ioctl(control_fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

int port_features_trim(int control_fd, const char *name, bool uso)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} sset = {{.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES}, 0};
	struct {
		struct ethtool_gstrings header;
		char name[FEATURES_MAX][ETH_GSTRING_LEN];
	} strings = {.header = {.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES}};
	struct {
		struct ethtool_sfeatures header;
		struct ethtool_set_features_block block[FEATURES_MAX / 32];
	} set = {.header = {.cmd = ETHTOOL_SFEATURES}};
	int rc;

	rc = ethtool(control_fd, name, &sset);
	if (rc < 0)
		return rc;
	/* The kernel fills in as many strings as it has: they must fit. */
	if (sset.info.sset_mask == 0 || sset.count > FEATURES_MAX)
		return -EOPNOTSUPP;
	strings.header.len = sset.count;
	rc = ethtool(control_fd, name, &strings);
	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < sset.count; i++) {
		strings.name[i][ETH_GSTRING_LEN - 1] = '\0';
		if (features_unwanted(strings.name[i], uso))
			set.block[i / 32].valid |= 1U << (i % 32);
	}
	set.header.size = (sset.count + 31) / 32;
	return ethtool(control_fd, name, &set);
}
