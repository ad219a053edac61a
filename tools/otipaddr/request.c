/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of otipaddr and hashaddr: see request.h.
 *
 * The second group of options is otipaddr's alone. Options that contradict each other, or would
 * have no effect, are mistakes, each told by its name: an address that is not the one that was
 * meant cannot be seen to be wrong.
 */
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <ioth.h>
#include <iothaddr.h>

#include "dnsname.h"
#include "log.h"
#include "options.h"
#include "passfile.h"

#define PERIOD_DEFAULT 32 /* seconds */

struct values {
	char *base, *dns, *dnsstack, *eui64_of, *letters;
	bool mac, eui64, case_exact, help, version;
	char *password_file, *at, *digest;
	bool next;
	int64_t period, rounds; /* -1: not given */
};

/* Seconds since 1970, or from now: "+8", "-8". */
static bool read_time(const char *text, time_t *time_read)
{
	bool relative = *text == '+' || *text == '-';
	int64_t number;

	if (option_number(text, INT32_MIN, INT64_MAX / 2, &number) < 0)
		return false;
	*time_read = relative ? time(NULL) + number : number;
	return *time_read >= 0;
}

static bool is_time(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	time_t unused;

	(void)spec;
	if (read_time(text, &unused))
		return true;
	snprintf(why, OPTION_WHY_SIZE,
	    "'%s' is not a time: seconds since 1970, or +SECONDS or -SECONDS from now", text);
	return false;
}

static bool is_digest(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	(void)spec;
	if (strcmp(text, "md5") == 0 || strcmp(text, "hmac-sha256") == 0)
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%s' is neither md5 nor hmac-sha256", text);
	return false;
}

static bool is_case(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	(void)spec;
	if (strcmp(text, "exact") == 0 || strcmp(text, "fold") == 0)
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%s' is neither exact nor fold", text);
	return false;
}

static bool is_mac(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	uint8_t mac[6];

	(void)spec;
	if (ioth_macton(text, mac))
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%s' is not a MAC address", text);
	return false;
}

static const struct option_spec common_specs[] = {
    {"base", "baseaddr", 'b', OPTION_STRING, "BASE",
        "the network: an IPv6 address, or a name that has one (default: NAME's domain)",
        offsetof(struct values, base)},
    {"dns", NULL, 'D', OPTION_STRING, "ADDR",
        "name servers for it, separated by commas, or the text of a resolv.conf",
        offsetof(struct values, dns)},
    {"dnsstack", NULL, 's', OPTION_STRING, "STACK", "the stack to ask them from: ioth_newstackc(3)",
        offsetof(struct values, dnsstack)},
    {"mac", NULL, '\0', OPTION_FLAG, NULL, "print the hash MAC address of NAME",
        offsetof(struct values, mac)},
    {"eui64", NULL, '\0', OPTION_FLAG, NULL, "make the address of that MAC address (EUI-64)",
        offsetof(struct values, eui64)},
    {"eui64-of", NULL, '\0', OPTION_STRING, "MAC", "make it of this MAC address; there is no NAME",
        offsetof(struct values, eui64_of), .check = is_mac},
    {"case-exact", NULL, '\0', OPTION_FLAG, NULL, "hash NAME as it is spelled, not in lower case",
        offsetof(struct values, case_exact)},
    {"case", "hashcase", '\0', OPTION_STRING, "exact|fold", "the same in other words",
        offsetof(struct values, letters), .check = is_case},
    {"help", NULL, 'h', OPTION_FLAG, NULL, "show this text", offsetof(struct values, help)},
    {"version", NULL, '\0', OPTION_FLAG, NULL, "show the version",
        offsetof(struct values, version)},
};

static const struct option_spec otip_specs[] = {
    {"period", "otip_period otipperiod", 'T', OPTION_NUMBER, "N",
        "seconds that an address lasts (default: 32; 0: it does not depend on the time)",
        offsetof(struct values, period), 0, INT32_MAX},
    {"at", NULL, '\0', OPTION_STRING, "TIME",
        "the address of that time: seconds since 1970, +N or -N from now",
        offsetof(struct values, at), .check = is_time},
    {"next", NULL, '\0', OPTION_FLAG, NULL, "the address of the period after",
        offsetof(struct values, next)},
    {"password-file", "passfile", '\0', OPTION_STRING, "FILE",
        "the first line of FILE (-: of standard input) is the password",
        offsetof(struct values, password_file)},
    {"digest", "otip_digest otipdigest", '\0', OPTION_STRING, "DIGEST",
        "md5 (default) or hmac-sha256", offsetof(struct values, digest), .check = is_digest},
    {"rounds", "otip_rounds otiprounds", '\0', OPTION_NUMBER, "N",
        "of hmac-sha256: how often it is stretched", offsetof(struct values, rounds), 1, INT32_MAX},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the password ----------------------------------------------------------------------------
 */

/* Owned; NULL: it has been said why there is none. It may be a pipe, "<(...)" of a shell: who has
 * typed it sees that he is waited for. */
static char *read_password(const char *path)
{
	bool from_input = strcmp(path, "-") == 0;
	int fd = from_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *password = NULL, why[PASSFILE_WHY_SIZE];

	if (fd < 0) {
		log_error("password-file: %s: %s", path, strerror(errno));
		return NULL;
	}
	if (passfile_read_from(fd, &password, why) < 0)
		log_error("password-file: %s: %s", path, why);
	if (!from_input)
		close(fd);
	return password;
}

/* ---- from options to a request ---------------------------------------------------------------
 */

/* What would have no effect. NULL: all is as it should be. */
static const char *find_conflict(const struct values *values)
{
	bool eui64 = values->eui64 || values->eui64_of;
	bool timed = values->at || values->next || values->period >= 0;

	if (values->mac && eui64)
		return "--mac and --eui64 are two things";
	if (values->eui64 && values->eui64_of)
		return "--eui64 is of NAME, --eui64-of is not";
	if (values->mac && (values->base || values->dns || values->dnsstack))
		return "--mac has no base: --base, --dns and --dnsstack do not go with it";
	if (values->eui64_of && !values->base)
		return "--eui64-of needs --base";
	if (values->eui64_of && values->password_file)
		return "--eui64-of has no password";
	if ((values->mac || eui64) && timed)
		return "MAC addresses do not depend on the time: no --period, --at, --next";
	if ((values->mac || eui64) && values->digest && strcmp(values->digest, "md5") != 0)
		return "MAC addresses are made with md5";
	if (values->rounds >= 0 && (!values->digest || strcmp(values->digest, "md5") == 0))
		return "--rounds is for --digest hmac-sha256";
	if (values->period == 0 && (values->at || values->next))
		return "with a period of 0 there is no time: no --at, no --next";
	return NULL;
}

/* The number of the period: iothaddr_otiptime of any time. */
static uint32_t window_of(const struct values *values)
{
	int64_t period = values->period < 0 ? PERIOD_DEFAULT : values->period;
	time_t at = time(NULL);

	if (period == 0)
		return 0;
	if (values->at)
		read_time(values->at, &at);
	return (uint32_t)(at / period) + (values->next ? 1 : 0);
}

/* A copy; NULL: it has been said. */
static char *copy(const char *text)
{
	char *copied = strdup(text);

	if (!copied)
		log_error("no memory");
	return copied;
}

/* Takes a string out of the values. */
static char *take(char **text)
{
	char *taken = *text;

	*text = NULL;
	return taken;
}

/* The same of a word that others see on our command line: ps(1) shows it no more then. */
static char *take_argument(char *text)
{
	char *copied = copy(text);

	explicit_bzero(text, strlen(text));
	return copied;
}

/* The base that is not given: what follows NAME's first dot. */
static char *domain_of(const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot && dot[1])
		return copy(dot + 1);
	log_error("'%s' has no domain that could have the base: use --base", name);
	return NULL;
}

static bool take_names(
    struct request *request, struct values *values, const struct options *options)
{
	char **arguments = options->arguments;
	size_t count = options->argument_count;
	bool exact;

	if (values->eui64_of)
		return true;
	if (!*arguments[0]) {
		log_error("NAME is empty");
		return false;
	}
	request->name = copy(arguments[0]);
	if (!request->name)
		return false;
	exact = values->case_exact || (values->letters && strcmp(values->letters, "exact") == 0);
	for (char *at = request->name; !exact && *at; at++)
		*at = (char)name_lower((uint8_t)*at);
	if (request->kind != REQUEST_MAC && !request->base) {
		request->base = domain_of(arguments[0]);
		if (!request->base)
			return false;
	}
	if (values->password_file)
		request->password = read_password(values->password_file);
	else if (count > 1)
		request->password = take_argument(arguments[1]);
	return request->password || (count == 1 && !values->password_file);
}

/* Arguments: NAME, and otipaddr's PASSWORD. */
static bool count_arguments(
    const struct values *values, const struct options *options, bool has_password)
{
	size_t want = values->eui64_of ? 0 : has_password && !values->password_file ? 2 : 1;

	if (options->argument_count == want)
		return true;
	if (options->argument_count > want)
		log_error("unexpected argument '%s'", options->arguments[want]);
	else
		log_error("there is no %s", options->argument_count == 0 ? "NAME" : "PASSWORD");
	return false;
}

static bool make_request(struct request *request, struct values *values,
    const struct options *options, bool has_password)
{
	const char *conflict = find_conflict(values);

	if (conflict) {
		log_error("%s", conflict);
		return false;
	}
	if (!count_arguments(values, options, has_password))
		return false;
	request->kind = values->mac                           ? REQUEST_MAC
	                : (values->eui64 || values->eui64_of) ? REQUEST_EUI64
	                                                      : REQUEST_ADDRESS;
	request->has_mac = values->eui64_of && ioth_macton(values->eui64_of, request->mac);
	request->base = take(&values->base);
	request->dns = take(&values->dns);
	request->dnsstack = take(&values->dnsstack);
	request->hmac = values->digest && strcmp(values->digest, "md5") != 0;
	request->rounds = values->rounds < 0 ? 0 : (unsigned int)values->rounds;
	request->window = has_password ? window_of(values) : 0;
	return take_names(request, values, options);
}

bool request_read(struct request *request, const char *program, int argc, char *argv[], int *status)
{
	bool is_otip = strcmp(program, "otipaddr") == 0, ready = false;
	struct values values = {.period = -1, .rounds = -1};
	struct options options;

	*request = (struct request){0};
	*status = EXIT_FAILURE;
	if (options_init(&options, NULL, is_otip ? "NAME PASSWORD" : "NAME",
	        is_otip ? "The one-time IPv6 address of NAME." : "The hash IPv6 address of NAME.") <
	    0) {
		log_error("no memory");
		return false;
	}
	options.groups[0] = (struct option_group){common_specs, LENGTH(common_specs), &values};
	if (is_otip)
		options.groups[1] = (struct option_group){otip_specs, LENGTH(otip_specs), &values};
	if (options_parse_arguments(&options, argc, argv) < 0) {
		fprintf(stderr, "Try '%s --help'\n", program);
	} else if (values.help || values.version) {
		if (values.help)
			options_usage(&options, program, stdout);
		else
			printf("%s " VERSION "\n", program);
		*status = EXIT_SUCCESS;
	} else {
		ready = make_request(request, &values, &options, is_otip);
	}
	options_fini(&options);
	return ready;
}

void request_free(struct request *request)
{
	free(request->name);
	free(request->base);
	free(request->dns);
	free(request->dnsstack);
	passfile_free(request->password);
	*request = (struct request){0};
}
