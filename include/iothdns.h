/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libiothdns: the domain name system on any stack of libioth.
 *
 *     struct iothdns *dns = iothdns_init_strcfg(stack, "nameserver 10.0.0.1");
 *     struct addrinfo *list;
 *     int error = iothdns_getaddrinfo(dns, "www.example.org", "http", NULL, &list);
 *
 * It has three parts: a resolver (look-ups, getaddrinfo, getnameinfo; also without blocking, see
 * iothdns_query_start), messages (composing and reading RFC 1035's format, name compression
 * included), and help for a small server.
 *
 * A handle (struct iothdns) may be used by any number of threads at the same time: no lock is held
 * while a call waits for a server. A message (struct iothdns_pkt) belongs to one thread at a time.
 * Look-ups are no cancellation points: they end by their time-outs. The help for servers waits for
 * as long as the client likes (see SO_RCVTIMEO), and may be cancelled.
 *
 * Names are text: labels separated by dots, a final dot optional, "" (or ".") the root. Inside a
 * label a dot is written \. and any byte may be written \DDD, three decimal digits (RFC 1035, 5.1);
 * that is how names are returned, too, where a label has a dot, a backslash, a blank or a control
 * character. A name has at most 255 bytes in a message and 63 in each label.
 *
 * Numbers in structures (flags, types, port numbers of SRV) are in host order, addresses are in
 * network order, as everywhere.
 */
#ifndef IOTHDNS_H
#define IOTHDNS_H

#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo; /* <netdb.h>, which has it not under -std=c11 */
struct ioth;     /* <ioth.h> */
struct iothdns;
struct iothdns_pkt;
struct iothdns_query;

#define IOTHDNS_DEFAULT_PORT        53
#define IOTHDNS_MAXNS               3
#define IOTHDNS_TIMEOUT_MS          1000
#define IOTHDNS_DEFAULT_RESOLV_CONF "/etc/resolv.conf"
#define IOTHDNS_DEFAULT_HOSTS       "/etc/hosts"
#define IOTHDNS_DEFAULT_SERVICES    "/etc/services"

#define IOTHDNS_MAXNAME    256 /* bytes of a buffer for a name, its NUL included */
#define IOTHDNS_MAXSTRING  255 /* bytes of a character string, without a NUL */
#define IOTHDNS_UDP_MAXBUF 512
#define IOTHDNS_TCP_MAXBUF 65536

/* Sections of a message. */
#define IOTHDNS_SECTIONS       4
#define IOTHDNS_SEC_QUERY      0
#define IOTHDNS_SEC_ANSWER     1
#define IOTHDNS_SEC_AUTH       2
#define IOTHDNS_SEC_ADDITIONAL 3

/* The flags of a header (RFC 1035, 4.1.1; RFC 4035, 3). */
#define IOTHDNS_QUERY      0x0000
#define IOTHDNS_RESPONSE   0x8000
#define IOTHDNS_QR_MASK    0x8000
#define IOTHDNS_OP_MASK    0x7800
#define IOTHDNS_AA         0x0400
#define IOTHDNS_TRUNC      0x0200
#define IOTHDNS_RD         0x0100
#define IOTHDNS_RA         0x0080
#define IOTHDNS_Z          0x0040
#define IOTHDNS_AD         0x0020
#define IOTHDNS_CD         0x0010
#define IOTHDNS_RCODE_MASK 0x000f

#define IOTHDNS_RCODE_OK     0
#define IOTHDNS_RCODE_EFMT   1 /* FORMERR */
#define IOTHDNS_RCODE_EFAIL  2 /* SERVFAIL */
#define IOTHDNS_RCODE_ENOENT 3 /* NXDOMAIN */
#define IOTHDNS_RCODE_ENOSUP 4 /* NOTIMP */
#define IOTHDNS_RCODE_EPERM  5 /* REFUSED */

#define IOTHDNS_IS_QUERY(flags)    (((flags)&IOTHDNS_QR_MASK) == IOTHDNS_QUERY)
#define IOTHDNS_IS_RESPONSE(flags) (((flags)&IOTHDNS_QR_MASK) == IOTHDNS_RESPONSE)
#define IOTHDNS_GET_RCODE(flags)   ((flags)&IOTHDNS_RCODE_MASK)

#define IOTHDNS_CLASS_IN  1
#define IOTHDNS_CLASS_ANY 255

#define IOTHDNS_TYPE_A     1
#define IOTHDNS_TYPE_NS    2
#define IOTHDNS_TYPE_CNAME 5
#define IOTHDNS_TYPE_SOA   6
#define IOTHDNS_TYPE_NULL  10
#define IOTHDNS_TYPE_PTR   12
#define IOTHDNS_TYPE_MX    15
#define IOTHDNS_TYPE_TXT   16
#define IOTHDNS_TYPE_AAAA  28
#define IOTHDNS_TYPE_SRV   33
#define IOTHDNS_TYPE_OPT   41
#define IOTHDNS_TYPE_SVCB  64
#define IOTHDNS_TYPE_HTTPS 65
#define IOTHDNS_TYPE_ANY   255
#define IOTHDNS_TYPE_CAA   257

struct iothdns_header {
	uint16_t id;
	uint16_t flags;
	const char *qname;
	uint16_t qtype;
	uint16_t qclass;
};

struct iothdns_rr {
	const char *name;
	uint16_t type;
#ifdef __cplusplus
	uint16_t rr_class; /* the name that C has is a keyword */
#else
	uint16_t class;
#endif
	uint32_t ttl; /* seconds */
	uint16_t rdlength;
};

/* ---- configuration -------------------------------------------------------------------------- */

/* Creates a handle: a resolver on `stack` (NULL: the default stack, as ioth_msocket has it), which
 * must outlive it. The configuration is a file like resolv.conf(5) (`path_config`; NULL:
 * /etc/resolv.conf), or a text like one (`config`; NULL: the same file), or a text that is a list
 * of name servers' addresses separated by commas. The keywords are told in iothdns_init(3): others,
 * and lines with errors, are left out. Texts are neither kept nor written to. Return the handle, or
 * NULL and errno: ENOMEM, or that of fopen(3). */
struct iothdns *iothdns_init(struct ioth *stack, char *path_config);
struct iothdns *iothdns_init_strcfg(struct ioth *stack, char *config);

/* Puts another configuration in the place of the handle's; stack and paths stay, the cache is
 * emptied. Look-ups under way end with the old one. Return 0, or -1 and errno; nothing has changed
 * then. */
int iothdns_update(struct iothdns *dns, char *path_config);
int iothdns_update_strcfg(struct iothdns *dns, char *config);

/* Appends a name server, whose address is a struct in_addr or in6_addr. Returns 0, or -1 and errno:
 * EAFNOSUPPORT (neither AF_INET nor AF_INET6), ENOSPC (there are IOTHDNS_MAXNS already), ENOMEM. */
int iothdns_add_nameserver(struct iothdns *dns, int af, void *in46_addr);

enum iothdns_pathtag { IOTHDNS_HOSTS = 0, IOTHDNS_SERVICES = 1, IOTHDNS_PATH_SIZE = 2 };

/* The files that getaddrinfo and getnameinfo read in place of /etc/hosts and /etc/services. NULL
 * sets back to these. Without memory for the copy, or with a wrong tag, nothing changes. */
void iothdns_setpath(struct iothdns *dns, enum iothdns_pathtag tag, char *newvalue);

/* Copies a path (at most `size` bytes, its NUL included); returns its length as snprintf does, or
 * -1 and EINVAL. */
int iothdns_getpath(struct iothdns *dns, enum iothdns_pathtag tag, char *buf, size_t size);

/* Deletes the handle. No call may be using it; queries that were started by iothdns_query_start go
 * on. */
void iothdns_fini(struct iothdns *dns);

/* ---- look-ups ------------------------------------------------------------------------------- */

/* These set errno to
 *     ENOENT         the name does not exist (NXDOMAIN);
 *     EINVAL         the text is not a name;
 *     EDESTADDRREQ   the handle has no name server;
 *     ETIMEDOUT      no server has answered;
 *     EREMOTEIO      the servers failed (SERVFAIL), EACCES refused, ENOTSUP or EPROTO did not
 *                    understand;
 *     ELOOP          the name's CNAMEs go in a circle, or are too many;
 *     ENOMEM, or what ioth_msocket, ioth_connect, ioth_send have set, if no server could be asked.
 */

/* The addresses of a name. At most `n` are stored, the total is returned: more than `n` maybe, 0 if
 * the name has none; -1 and errno on failure. The array may be NULL if `n` is 0. A numeric address
 * of the right family is taken as it is (1), one of the other family gives 0. Of an answer only
 * those records count that a chain of CNAMEs leads to from the name. */
int iothdns_lookup_a(struct iothdns *dns, const char *name, struct in_addr *a, int n);
int iothdns_lookup_aaaa(struct iothdns *dns, const char *name, struct in6_addr *aaaa, int n);

/* IPv6 addresses, and after them the IPv4 ones as ::ffff:a.b.c.d. A name that does not exist gives
 * -1 and ENOENT; after another failure for the IPv6 addresses, the IPv4 ones are asked for still.
 * Returns the total; -1 if both failed. */
int iothdns_lookup_aaaa_compat(struct iothdns *dns, const char *name, struct in6_addr *aaaa, int n);

/* Is given each record of the sections answer, authority, additional in the message's order, and
 * reads its data from `vpkt` by the iothdns_get_ functions. A value other than 0 ends this. `rr`
 * and `vpkt` are valid until it returns. */
typedef int lookup_cb_t(int section, struct iothdns_rr *rr, struct iothdns_pkt *vpkt, void *arg);

/* A query of any type (IOTHDNS_TYPE_); _tcp: over TCP from the start. Return what the callback
 * returned last, 0 if there was no record, or -1 and errno. */
int iothdns_lookup_cb(struct iothdns *dns, const char *name, int qtype, lookup_cb_t *cb, void *arg);
int iothdns_lookup_cb_tcp(
    struct iothdns *dns, const char *name, int qtype, lookup_cb_t *cb, void *arg);

/* getaddrinfo(3) and its kin, on the handle's stack. The order of the result is told in
 * iothdns_getaddrinfo(3). Return 0 or an EAI_ value; for EAI_SYSTEM see errno. */
int iothdns_getaddrinfo(struct iothdns *dns, const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res);
void iothdns_freeaddrinfo(struct addrinfo *res); /* NULL: nothing */
int iothdns_getnameinfo(struct iothdns *dns, const struct sockaddr *addr, socklen_t addrlen,
    char *host, socklen_t hostlen, char *serv, socklen_t servlen, int flags);
const char *iothdns_gai_strerror(int errcode); /* a constant string */

/* ---- look-ups that do not block ------------------------------------------------------------- */

/* Is called once, by iothdns_query_process, when a query has ended. `error` is 0, or what errno is
 * after iothdns_lookup_cb. With 0, and with ENOENT if a server has said so, `header` and `reply`
 * are the answer, to be read by iothdns_get_rr (an OPT record may be in it); otherwise NULL. Both
 * are valid until it returns. It may start other queries and may free this one. */
typedef void iothdns_query_cb_t(struct iothdns_query *query, int error,
    struct iothdns_header *header, struct iothdns_pkt *reply, void *arg);

#define IOTHDNS_QUERY_TCP    1 /* over TCP from the start */
#define IOTHDNS_QUERY_FOLLOW 2 /* follow CNAMEs to the records of type `qtype` */
#define IOTHDNS_QUERY_EXACT  4 /* no search list */

/* Starts a query. Returns it, or NULL and errno (EINVAL: not a name; EMFILE, ENOMEM). */
struct iothdns_query *iothdns_query_start(struct iothdns *dns, const char *name, int qtype,
    unsigned int flags, iothdns_query_cb_t *cb, void *arg);

/* A descriptor that polls readable when there is something to do, a time-out included: it is the
 * same for the life of the query, which owns it. */
int iothdns_query_fd(struct iothdns_query *query);

/* Does what there is to do, without blocking. Returns 1 when the query has ended: the callback has
 * been called (and may have freed it), 0 when it goes on. */
int iothdns_query_process(struct iothdns_query *query);

/* Frees a query; one that has not ended is given up without a call of its callback. NULL: nothing.
 */
void iothdns_query_free(struct iothdns_query *query);

/* ---- a small server ------------------------------------------------------------------------- */

/* Is given the question of a request, and composes the reply by iothdns_put_header and so on, which
 * the caller frees. NULL: no reply. */
typedef struct iothdns_pkt *parse_request_t(struct iothdns_header *h, void *arg);

/* Reads one request, of a socket of libioth (UDP: bound; TCP: connected, one message with its two
 * bytes of length), and sends what `parse_request` composes. What is not a query gets no reply, a
 * query that is malformed gets FORMERR; neither is passed on. A reply of UDP that is larger than
 * the client takes (512 bytes, or what it said by EDNS0) is cut after a whole record and marked as
 * truncated. Return the number of bytes of the request; 0 at the end of a TCP connection; -1 and
 * errno if nothing could be received (EBADMSG: TCP ended amid a message). The descriptor stays
 * open. */
int iothdns_udp_process_request(int fd, parse_request_t *parse_request, void *arg);
int iothdns_tcp_process_request(int fd, parse_request_t *parse_request, void *arg);

/* ---- composing ------------------------------------------------------------------------------ */

/* Begins a message: the header and, unless its qname is NULL, the question. Returns it, or NULL and
 * ENOMEM. Records follow: iothdns_put_rr with the section, which may not be less than that of the
 * record before (such a record is left out, with its data), then their data. Lengths and counts are
 * filled in by the library. What goes wrong is kept, and told by iothdns_error. */
struct iothdns_pkt *iothdns_put_header(struct iothdns_header *h);
void iothdns_put_rr(int section, struct iothdns_pkt *pkt, struct iothdns_rr *rr);

void iothdns_put_int8(struct iothdns_pkt *pkt, uint8_t value);
void iothdns_put_int16(struct iothdns_pkt *pkt, uint16_t value);
void iothdns_put_int32(struct iothdns_pkt *pkt, uint32_t value);
void iothdns_put_data(struct iothdns_pkt *pkt, void *data, uint16_t len);
/* A name, compressed against those before it (RFC 1035, 4.1.4); or never. The names in the data of
 * types that are younger than RFC 1035 must not be compressed (RFC 3597, 4). */
void iothdns_put_name(struct iothdns_pkt *pkt, const char *name);
void iothdns_put_name_uncompressed(struct iothdns_pkt *pkt, const char *name);
/* A character string: its length and at most 255 bytes. */
void iothdns_put_string(struct iothdns_pkt *pkt, char *string);
void iothdns_put_a(struct iothdns_pkt *pkt, void *addr_ipv4);
void iothdns_put_aaaa(struct iothdns_pkt *pkt, void *addr_ipv6);

/* ---- reading -------------------------------------------------------------------------------- */

/* Begins to read a message, and reads header and question (of several, the first). `buf` is
 * borrowed until iothdns_free. `qnamebuf` has IOTHDNS_MAXNAME bytes and gets the name, which
 * h->qname then points to; without a question it is "", with type and class 0. (NULL: h->qname is
 * NULL.) Returns the message, or NULL and errno: EBADMSG (too short, or malformed), ENOMEM. */
struct iothdns_pkt *iothdns_get_header(
    struct iothdns_header *h, void *buf, size_t bufsize, char *qnamebuf);

/* Goes to the next record, whether or not the data of this one have been read. `namebuf` as above.
 * Returns its section, or 0 at the end of the message or at what cannot be read: see iothdns_error.
 */
int iothdns_get_rr(struct iothdns_pkt *pkt, struct iothdns_rr *rr, char *namebuf);

/* The record's data, one after the other. Nothing is read past the end of the record: zeros, or an
 * empty name, are what is returned then, and from then on. The pointers may be NULL: skip. */
uint8_t iothdns_get_int8(struct iothdns_pkt *pkt);
uint16_t iothdns_get_int16(struct iothdns_pkt *pkt);
uint32_t iothdns_get_int32(struct iothdns_pkt *pkt);
void *iothdns_get_data(struct iothdns_pkt *pkt, void *data, uint16_t len);
char *iothdns_get_name(struct iothdns_pkt *pkt, char *name);     /* IOTHDNS_MAXNAME bytes */
char *iothdns_get_string(struct iothdns_pkt *pkt, char *string); /* IOTHDNS_MAXSTRING + 1 bytes */
void *iothdns_get_a(struct iothdns_pkt *pkt, void *addr_ipv4);
void *iothdns_get_aaaa(struct iothdns_pkt *pkt, void *addr_ipv6);

/* Bytes of the record's data that have not been read. */
size_t iothdns_get_left(struct iothdns_pkt *pkt);

/* ---- records of several fields -------------------------------------------------------------- */

/* Data of a record as structures: put_ composes what follows iothdns_put_rr, get_ reads what
 * follows iothdns_get_rr and returns 0, or -1 and EBADMSG. */
struct iothdns_soa { /* RFC 1035, 3.3.13 */
	char mname[IOTHDNS_MAXNAME];
	char rname[IOTHDNS_MAXNAME];
	uint32_t serial, refresh, retry, expire, minimum;
};
struct iothdns_srv { /* RFC 2782 */
	uint16_t priority, weight, port;
	char target[IOTHDNS_MAXNAME];
};
struct iothdns_caa { /* RFC 8659 */
	uint8_t flags;
	char tag[IOTHDNS_MAXSTRING + 1];
	const void *value; /* after get_: in the message's buffer */
	uint16_t value_len;
};
struct iothdns_svcb { /* RFC 9460: SVCB and HTTPS; parameters follow */
	uint16_t priority;
	char target[IOTHDNS_MAXNAME];
};
void iothdns_put_soa(struct iothdns_pkt *pkt, const struct iothdns_soa *soa);
void iothdns_put_srv(struct iothdns_pkt *pkt, const struct iothdns_srv *srv);
void iothdns_put_caa(struct iothdns_pkt *pkt, const struct iothdns_caa *caa);
void iothdns_put_svcb(struct iothdns_pkt *pkt, const struct iothdns_svcb *svcb);
int iothdns_get_soa(struct iothdns_pkt *pkt, struct iothdns_soa *soa);
int iothdns_get_srv(struct iothdns_pkt *pkt, struct iothdns_srv *srv);
int iothdns_get_caa(struct iothdns_pkt *pkt, struct iothdns_caa *caa);
int iothdns_get_svcb(struct iothdns_pkt *pkt, struct iothdns_svcb *svcb);

/* A parameter of SVCB: the key and the value as it is in the message. The keys ascend (RFC 9460,
 * 2.2). get_ returns 1, 0 after the last one, or -1 and EBADMSG; `value` points into the message's
 * buffer. */
void iothdns_put_svcb_param(struct iothdns_pkt *pkt, uint16_t key, const void *value, uint16_t len);
int iothdns_get_svcb_param(
    struct iothdns_pkt *pkt, uint16_t *key, const void **value, uint16_t *len);

/* ---- composed or read ----------------------------------------------------------------------- */

/* The first error of a message, or 0: EBADMSG (read: it is malformed, or ended early), EINVAL
 * (composed: a text that is not a name, data without a record, a wrong order), ENAMETOOLONG (a
 * label or a name is too long, or its text does not fit into IOTHDNS_MAXNAME), EMSGSIZE (the
 * message would be longer than 65535 bytes), ENOMEM. A composed message with an error has lost
 * something: it should not be sent. */
int iothdns_error(struct iothdns_pkt *pkt);

/* The message: what was composed, its counts filled in, or the buffer that is read. Valid until the
 * message changes or is freed. */
struct iovec iothdns_getbuf(struct iothdns_pkt *pkt);

void iothdns_free(struct iothdns_pkt *pkt); /* NULL: nothing */

/* Id and flags in the message's buffer (a read message's too: it is the caller's, and is written
 * to). The place for reading stays. The pointers may be NULL. */
void iothdns_retrieve_header(struct iothdns_pkt *pkt, uint16_t *id, uint16_t *flags);
void iothdns_rewrite_header(struct iothdns_pkt *pkt, uint16_t id, uint16_t flags);

#ifdef __cplusplus
}
#endif

#endif
