/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The counters of one stack, under the names that nstat(8) shows (RFC 4293, RFC 4113, RFC 4022, and
 * Linux's extensions). A counter is added to by PX_COUNT(stack, IpInReceives).
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stddef.h>
#include <stdint.h>

#define PX_COUNTERS(X)                                                                             \
	/* RFC 4293, IPv4 */                                                                           \
	X(IpInReceives)                                                                                \
	X(IpInHdrErrors)                                                                               \
	X(IpInAddrErrors)                                                                              \
	X(IpForwDatagrams)                                                                             \
	X(IpInUnknownProtos)                                                                           \
	X(IpInDiscards)                                                                                \
	X(IpInDelivers)                                                                                \
	X(IpOutRequests)                                                                               \
	X(IpOutDiscards)                                                                               \
	X(IpOutNoRoutes)                                                                               \
	X(IpReasmTimeout)                                                                              \
	X(IpReasmReqds) X(IpReasmOKs) X(IpReasmFails) X(IpFragOKs) X(IpFragFails) X(IpFragCreates)     \
	    X(IpOutTransmits) /* ICMP */                                                               \
	    X(IcmpInMsgs) X(IcmpInErrors) X(IcmpInCsumErrors) X(IcmpInDestUnreachs) X(IcmpInTimeExcds) \
	        X(IcmpInParmProbs) X(IcmpInSrcQuenchs) X(IcmpInRedirects) X(IcmpInEchos)               \
	            X(IcmpInEchoReps) X(IcmpInTimestamps) X(IcmpInTimestampReps) X(IcmpInAddrMasks)    \
	                X(IcmpInAddrMaskReps) X(IcmpOutMsgs) X(IcmpOutErrors)                          \
	                    X(IcmpOutRateLimitGlobal) X(IcmpOutRateLimitHost) X(IcmpOutDestUnreachs)   \
	                        X(IcmpOutTimeExcds) X(IcmpOutParmProbs) X(IcmpOutSrcQuenchs)           \
	                            X(IcmpOutRedirects) X(IcmpOutEchos) X(IcmpOutEchoReps)             \
	                                X(IcmpOutTimestamps) X(IcmpOutTimestampReps)                   \
	                                    X(IcmpOutAddrMasks) X(IcmpOutAddrMaskReps) /* UDP */       \
	    X(UdpInDatagrams) X(UdpNoPorts) X(UdpInErrors) X(UdpOutDatagrams) X(UdpRcvbufErrors)       \
	        X(UdpSndbufErrors) X(UdpInCsumErrors) X(UdpIgnoredMulti) X(UdpMemErrors) /* IPv6 */    \
	    X(Ip6InReceives) X(Ip6InHdrErrors) X(Ip6InTooBigErrors) X(Ip6InNoRoutes)                   \
	        X(Ip6InAddrErrors) X(Ip6InUnknownProtos) X(Ip6InTruncatedPkts) X(Ip6InDiscards)        \
	            X(Ip6InDelivers) X(Ip6OutForwDatagrams) X(Ip6OutRequests) X(Ip6OutDiscards)        \
	                X(Ip6OutNoRoutes) X(Ip6ReasmTimeout) X(Ip6ReasmReqds) X(Ip6ReasmOKs)           \
	                    X(Ip6ReasmFails) X(Ip6FragOKs) X(Ip6FragFails) X(Ip6FragCreates)           \
	                        X(Ip6InMcastPkts) X(Ip6OutMcastPkts) X(Ip6InOctets) X(Ip6OutOctets)    \
	                            X(Ip6InMcastOctets) X(Ip6OutMcastOctets) X(Ip6InNoECTPkts)         \
	                                X(Ip6InECT1Pkts) X(Ip6InECT0Pkts) X(Ip6InCEPkts)               \
	                                    X(Ip6OutTransmits) /* ICMPv6 */                            \
	    X(Icmp6InMsgs) X(Icmp6InErrors) X(Icmp6OutMsgs) X(Icmp6OutErrors) X(Icmp6InCsumErrors) X(  \
	        Icmp6OutRateLimitHost) X(Icmp6InDestUnreachs) X(Icmp6InPktTooBigs) X(Icmp6InTimeExcds) \
	        X(Icmp6InParmProblems) X(Icmp6InEchos) X(Icmp6InEchoReplies)                           \
	            X(Icmp6InGroupMembQueries) X(Icmp6InGroupMembResponses) X(                         \
	                Icmp6InGroupMembReductions) X(Icmp6InRouterSolicits)                           \
	                X(Icmp6InRouterAdvertisements) X(Icmp6InNeighborSolicits) X(                   \
	                    Icmp6InNeighborAdvertisements) X(Icmp6InRedirects) X(Icmp6InMLDv2Reports)  \
	                    X(Icmp6OutDestUnreachs) X(Icmp6OutPktTooBigs) X(Icmp6OutTimeExcds)         \
	                        X(Icmp6OutParmProblems) X(Icmp6OutEchos) X(Icmp6OutEchoReplies)        \
	                            X(Icmp6OutGroupMembQueries) X(Icmp6OutGroupMembResponses)          \
	                                X(Icmp6OutGroupMembReductions) X(Icmp6OutRouterSolicits) X(    \
	                                    Icmp6OutRouterAdvertisements) X(Icmp6OutNeighborSolicits)  \
	                                    X(Icmp6OutNeighborAdvertisements) X(Icmp6OutRedirects)     \
	                                        X(Icmp6OutMLDv2Reports) /* UDP over IPv6 */            \
	    X(Udp6InDatagrams) X(Udp6NoPorts) X(Udp6InErrors) X(Udp6OutDatagrams) X(Udp6RcvbufErrors)  \
	        X(Udp6SndbufErrors) X(Udp6InCsumErrors) X(Udp6IgnoredMulti)                            \
	            X(Udp6MemErrors) /* Linux's IpExt */                                               \
	    X(IpExtInNoRoutes) X(IpExtInTruncatedPkts) X(IpExtInMcastPkts) X(IpExtOutMcastPkts)        \
	        X(IpExtInBcastPkts) X(IpExtOutBcastPkts) X(IpExtInOctets) X(IpExtOutOctets)            \
	            X(IpExtInMcastOctets) X(IpExtOutMcastOctets) X(IpExtInBcastOctets)                 \
	                X(IpExtOutBcastOctets) X(IpExtInCsumErrors) X(IpExtInNoECTPkts)                \
	                    X(IpExtInECT1Pkts) X(IpExtInECT0Pkts) X(IpExtInCEPkts)                     \
	                        X(IpExtReasmOverlaps) /* TCP: RFC 4022 */ X(TcpActiveOpens)            \
	                            X(TcpPassiveOpens) X(TcpAttemptFails) X(TcpEstabResets)            \
	                                X(TcpCurrEstab) X(TcpInSegs) X(TcpOutSegs) X(TcpRetransSegs)   \
	                                    X(TcpInErrs) X(TcpOutRsts)                                 \
	                                        X(TcpInCsumErrors) /* Linux's TcpExt */                \
	    X(TcpExtDelayedACKLost) X(TcpExtDelayedACKs) X(TcpExtEmbryonicRsts) X(TcpExtListenDrops)   \
	        X(TcpExtListenOverflows) X(TcpExtOfoPruned) X(TcpExtOutOfWindowIcmps) X(               \
	            TcpExtPAWSEstab) X(TcpExtSyncookiesFailed) X(TcpExtSyncookiesRecv)                 \
	            X(TcpExtSyncookiesSent) X(TcpExtTCPAbortOnClose) X(TcpExtTCPAbortOnData) X(        \
	                TcpExtTCPAbortOnLinger) X(TcpExtTCPAbortOnMemory) X(TcpExtTCPAbortOnTimeout)   \
	                X(TcpExtTCPChallengeACK) X(TcpExtTCPDSACKOldSent) X(TcpExtTCPDSACKRecv) X(     \
	                    TcpExtTCPDSACKUndo) X(TcpExtTCPFastRetrans) X(TcpExtTCPFromZeroWindowAdv)  \
	                    X(TcpExtTCPFullUndo) X(TcpExtTCPKeepAlive) X(TcpExtTCPLossProbeRecovery)   \
	                        X(TcpExtTCPLossProbes) X(TcpExtTCPLostRetransmit)                      \
	                            X(TcpExtTCPMinTTLDrop) X(TcpExtTCPOFODrop) X(TcpExtTCPOFOQueue) X( \
	                                TcpExtTCPRcvQDrop) X(TcpExtTCPReqQFullDoCookies)               \
	                                X(TcpExtTCPReqQFullDrop) X(TcpExtTCPRstReceived) X(            \
	                                    TcpExtTCPSACKDiscard) X(TcpExtTCPSACKReneging)             \
	                                    X(TcpExtTCPSACKReorder) X(TcpExtTCPSYNChallenge) X(        \
	                                        TcpExtTCPSackRecovery) X(TcpExtTCPSlowStartRetrans)    \
	                                        X(TcpExtTCPSpuriousRTOs) X(TcpExtTCPSynRetrans)        \
	                                            X(TcpExtTCPTimeWaitOverflow) X(TcpExtTCPTimeouts)  \
	                                                X(TcpExtTCPToZeroWindowAdv)                    \
	                                                    X(TcpExtTCPWinProbe)                       \
	                                                        X(TcpExtTCPZeroWindowDrop) X(TcpExtTW) \
	                                                            X(TcpExtTWRecycled)

enum px_counter {
#define PX_COUNTER_ENUM(name) PX_##name,
	PX_COUNTERS(PX_COUNTER_ENUM)
#undef PX_COUNTER_ENUM
	    PX_COUNTER_COUNT
};

/* Counters have 64 bits, in two halves: most of ten thousand stacks never count as far as the upper
 * ones, which exist from the first carry on. */
struct px_stats {
	uint32_t low[PX_COUNTER_COUNT];
	uint32_t *high; /* NULL: all zero */
};

struct px_mem;

/* A lower half went round. Where memory for the upper ones is refused, the counter begins anew. */
void px_stats_carry(struct px_stats *stats, struct px_mem *mem, enum px_counter counter);
void px_stats_fini(struct px_stats *stats, struct px_mem *mem);

static inline void px_stats_add(
    struct px_stats *stats, struct px_mem *mem, enum px_counter counter, uint32_t n)
{
	if (__builtin_add_overflow(stats->low[counter], n, &stats->low[counter]))
		px_stats_carry(stats, mem, counter);
}

static inline uint64_t px_stats_get(const struct px_stats *stats, enum px_counter counter)
{
	return stats->low[counter] | (stats->high ? (uint64_t)stats->high[counter] << 32 : 0);
}

#define PX_COUNT_OF(stack, counter, n) px_stats_add(&(stack)->stats, (stack)->mem, counter, n)
#define PX_COUNT(stack, name)          PX_COUNT_OF(stack, PX_##name, 1)
#define PX_COUNT_ADD(stack, name, n)   PX_COUNT_OF(stack, PX_##name, n)
/* One that falls, too: a number of things there are. */
#define PX_COUNT_DOWN(stack, name)     ((stack)->stats.low[PX_##name]--)
/* The counter of the family: PX_COUNT_IP(stack, is4, InReceives) is IpInReceives or Ip6InReceives.
 */
#define PX_COUNT_IP_ADD(stack, is4, name, n)                                                       \
	PX_COUNT_OF(stack, (is4) ? PX_Ip##name : PX_Ip6##name, n)
#define PX_COUNT_IP(stack, is4, name)  PX_COUNT_IP_ADD(stack, is4, name, 1)
#define PX_COUNT_UDP(stack, is4, name) PX_COUNT_OF(stack, (is4) ? PX_Udp##name : PX_Udp6##name, 1)

/* "IpInReceives" ...; NULL past the end. */
const char *px_counter_name(unsigned int counter);

#endif
