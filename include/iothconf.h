/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libiothconf: a stack of libioth, configured by one string.
 *
 *     struct ioth *stack = ioth_newstackc("stack=picox,vnl=vde:///tmp/sw,auto,fqdn=host.example");
 *
 *     ioth_config(stack, "eth,ip=10.0.0.1/24,gw=10.0.0.254");
 *     ioth_config(stack, "eth,dhcp");
 *
 * A string is a list of tags, TAG or TAG=VALUE, separated by commas, semicolons or blanks; quotes
 * and a backslash protect these, a # begins a comment. Tags, their meanings and what each protocol
 * does are told in iothconf(7).
 *
 * What was learnt is kept for each interface of each stack, by its source: static items, DHCPv4,
 * router discovery, DHCPv6. A further run of a source replaces what that source had given, a tag
 * with a minus (-dhcp) takes it away again; nothing is taken away that the library did not add.
 *
 * The calls may be made by any thread at any time; two for one interface take turns. ioth_config
 * and ioth_newstackc block until the protocols have answered or given up. A stack that the library
 * works on in the background (tag thread) is deleted by ioth_delstack like any other.
 */
#ifndef IOTHCONF_H
#define IOTHCONF_H

#ifdef __cplusplus
extern "C" {
#endif

struct ioth;

/* What has succeeded: the bits of the value that ioth_config returns. */
#define IOTHCONF_STATIC 1
#define IOTHCONF_ETH    2
#define IOTHCONF_DHCP   4
#define IOTHCONF_DHCPV6 8
#define IOTHCONF_RD     16

/* Configures an interface of a stack (NULL: the default stack). A protocol that fails leaves its
 * bit clear, no more. NULL or "" do nothing. Returns the bits of what has succeeded, or -1 and
 * errno, and then nothing has been done: EINVAL  a tag that there is not, or a value that makes no
 * sense ENODEV  the stack has no such interface ENOMEM  no memory with the reason in
 * ioth_config_error(). */
int ioth_config(struct ioth *stack, const char *config);

/* Creates a stack (ioth_newstack: tags stack=NAME and vnl=VNL; the latter may be repeated, for
 * several interfaces) and configures it. Returns it, or NULL and errno: that of ioth_newstack, or
 * of ioth_config; there is no stack then. It is deleted by ioth_delstack. */
struct ioth *ioth_newstackc(const char *stack_config);

/* What is known about name servers and search domains, as the text of a resolv.conf(5). `config`
 * has the tags iface and ifindex only; NULL: the interface vde0. Returns a string to be freed by
 * the caller, or NULL: with errno 0 if nothing has changed since the last call for this interface,
 * or else EINVAL, ENODEV, ENOMEM. */
char *ioth_resolvconf(struct ioth *stack, const char *config);

/* The reason of the last failure of one of these calls in the calling thread: one line without a
 * newline, "" if there was none; also of a static item that the stack refused. Valid until the
 * thread's next call of one of them. */
const char *ioth_config_error(void);

/* News from the background (tag thread): ioth_resolvconf has something new for a stack. It comes
 * when addresses that came with it can be used, or have been refused.
 *
 * ioth_config_notify sets the function that is called then, in the library's thread, with no lock
 * held; NULL: none. It may call ioth_resolvconf, and nothing else of this library, and must not
 * delete a stack. Returns 0, or -1 and ENOMEM.
 *
 * ioth_config_fd returns a descriptor that polls readable from then on until the next call of
 * ioth_resolvconf for that stack; or -1 and errno (ENOMEM, EMFILE). It belongs to the library,
 * which closes it when the stack is deleted. */
typedef void ioth_config_function(struct ioth *stack, unsigned int ifindex, void *argument);
int ioth_config_notify(struct ioth *stack, ioth_config_function *function, void *argument);
int ioth_config_fd(struct ioth *stack);

#ifdef __cplusplus
}
#endif

#endif
