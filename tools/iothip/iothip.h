/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of iothip share: the command's settings, the connection, the words of the command
 * line, and asking.
 *
 * It is a command that does one thing and ends: what is wrong is said, and it exits, at the place
 * where it is found. Status 1: the command line; 2: the stack, or the way to it.
 */
#ifndef IOTHIP_IOTHIP_H
#define IOTHIP_IOTHIP_H

#include "nlq_links.h"
#include "nlq_message.h"
#include "output.h"

#include <addrtext.h>
#include <linux/rtnetlink.h>

#define EXIT_USAGE 1
#define EXIT_STACK 2

struct connection {
	int fd;
	char reason[256]; /* the stack's own words for its last error, or "" */
};

struct iothip {
	struct connection connection;
	struct nlq_io io; /* over it */
	struct output out;
	struct nlq_names names; /* of interfaces */
	int family;             /* AF_UNSPEC: not said */
	bool statistics, brief;
};

/* ---- the way to the stack: connection.c ---- */

void connection_open(struct iothip *ip, const char *path);
/* Names are asked for before addresses and routes are shown. */
void connection_names(struct iothip *ip);

/* Sends a request; shows the error, and exits, if there is one. */
void ask(struct iothip *ip, struct nlq_builder *request, nlq_answer *answer, void *argument);
/* RTM_GET... of all. `header` begins with the family. */
void ask_all(struct iothip *ip, uint16_t type, const void *header, size_t len, nlq_answer *answer,
    void *argument);
_Noreturn void fail_stack(const struct iothip *ip, int err);

/* Answers that are wanted later. */
struct messages {
	struct nlmsghdr **list;
	size_t count;
};
int messages_keep(const struct nlmsghdr *message, void *messages); /* nlq_answer */
void messages_free(struct messages *messages);

/* ---- the command line: args.c ---- */

struct args {
	char **word; /* NULL at the end */
};

_Noreturn void fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As `ip` does: any beginning of a word is the word. */
bool word_is(const char *word, const char *full);
/* The same for the next word, which is taken if it is. */
bool args_take(struct args *args, const char *full);
bool args_end(const struct args *args);
/* The next word, which must be there: the value of `name`. */
const char *args_value(struct args *args, const char *name);
uint32_t args_number(struct args *args, const char *name, uint32_t max);
bool args_switch(struct args *args, const char *name); /* on, off */
/* The index of an interface. */
uint32_t args_device(struct args *args, const struct iothip *ip);
void args_mac(struct args *args, const char *name, uint8_t mac[ADDRTEXT_MAC_LEN]);

/* What can be done to an object; the first one is done if nothing is said. */
struct verb {
	const char *name; /* NULL: the end */
	void (*run)(struct iothip *ip, struct args *args, uint16_t type, uint16_t flags);
	uint16_t type, flags; /* of its message */
};
void verbs_run(struct iothip *ip, struct args *args, const char *object, const struct verb *verbs);

/* An address of the family that was asked for, if one was. */
struct addrtext_prefix parse_address(const struct iothip *ip, const char *text);
/* ADDRESS[/LENGTH]; `family` AF_UNSPEC: either; "default", "any", "all" have length 0. */
struct addrtext_prefix parse_prefix(const struct iothip *ip, const char *text);
void build_address(
    struct nlq_builder *builder, uint16_t type, const struct addrtext_prefix *address);

/* ---- showing: show.c ---- */

/* An address attribute as text; "?" if it is none of the family. */
const char *address_text(int family, const struct nlattr *attr, char text[ADDRTEXT_IP_SIZE]);
const char *device_name(const struct iothip *ip, uint32_t index, char text[16]);
uint32_t attr_number(const struct nlattr *attr, uint32_t otherwise);

/* One message, as `ip` shows it; without the end of line. */
void link_show(struct iothip *ip, const struct nlmsghdr *message, bool with_mode);
void address_show_alone(struct iothip *ip, const struct nlmsghdr *message); /* with its interface */
void route_show(struct iothip *ip, const struct nlmsghdr *message, unsigned int known);
void neighbour_show(struct iothip *ip, const struct nlmsghdr *message, unsigned int known);
/* What was asked for is not told again. */
enum known {
	KNOWN_TABLE = 1,
	KNOWN_DEVICE = 2,
	KNOWN_PROTOCOL = 4,
};

/* ---- objects ---- */

void link_command(struct iothip *ip, struct args *args);
void address_command(struct iothip *ip, struct args *args);
void route_command(struct iothip *ip, struct args *args);
void neighbour_command(struct iothip *ip, struct args *args);
void monitor_command(struct iothip *ip, struct args *args);
void stats_command(struct iothip *ip, struct args *args);

#endif
