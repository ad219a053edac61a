/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls: arguments become settings, settings an instance; errors are named. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"
#include "reasons.h"

/* The library's one global: what each thread's last failure was. */
static struct reasons reasons = REASONS_INIT;

static void note(int err, const char *why)
{
	reasons_set(&reasons, why && *why ? why : strerror(-err));
	errno = -err;
}

const char *iothradvd_error(void)
{
	return reasons_get(&reasons);
}

/* ---- settings out of the structures ---------------------------------------------------------- */

static int add_prefixes(struct settings *settings, const struct iothraprefix *pdata, int npdata,
    char why[SETTINGS_WHY_SIZE])
{
	int err = 0;

	for (int i = 0; i < npdata && !err; i++) {
		struct item item = {.kind = ITEM_PREFIX,
		    .len = pdata[i].prefixlen,
		    .flags = pdata[i].flags,
		    .lifetime = pdata[i].valid_time,
		    .preferred = pdata[i].preferred_time};
		char reason[SETTINGS_WHY_SIZE];

		memcpy(item.address, &pdata[i].prefix, 16);
		err = settings_add(settings, &item, reason);
		if (err)
			snprintf(why, SETTINGS_WHY_SIZE, "prefix %d: %.200s", i + 1, reason);
	}
	return err;
}

/* 0 or -errno, and the reason; `settings` is to be freed in both cases. */
static int make_settings(struct settings *settings, int period, const struct iothradata *data,
    const struct iothraprefix *pdata, int npdata, char why[SETTINGS_WHY_SIZE])
{
	int err;

	settings_init(settings);
	if (period < 0 || npdata < 0 || (npdata > 0 && !pdata)) {
		snprintf(why, SETTINGS_WHY_SIZE, "%s",
		    period < 0 ? "a negative period" : "there are no prefixes where they should be");
		return -EINVAL;
	}
	settings->period = (uint32_t)period;
	if (data) {
		settings->hop_limit = data->curhoplimit;
		settings->flags = data->flags;
		settings->lifetime = data->router_lifetime;
		settings->reachable = data->reachable;
		settings->retrans = data->retransmit;
		settings->mtu = data->mtu;
	}
	err = add_prefixes(settings, pdata, npdata, why);
	return err ? err : settings_check(settings, why);
}

/* ---- configurations -------------------------------------------------------------------------- */

struct iothradvd_config *iothradvd_config_new(
    int period, const struct iothradata *data, const struct iothraprefix *pdata, int npdata)
{
	struct iothradvd_config *config = calloc(1, sizeof(*config));
	char why[SETTINGS_WHY_SIZE] = "";
	int err;

	if (!config) {
		note(-ENOMEM, NULL);
		return NULL;
	}
	err = make_settings(&config->settings, period, data, pdata, npdata, why);
	if (err) {
		iothradvd_config_free(config);
		note(err, why);
		return NULL;
	}
	return config;
}

void iothradvd_config_free(struct iothradvd_config *config)
{
	if (!config)
		return;
	settings_fini(&config->settings);
	free(config);
}

int iothradvd_config_set(struct iothradvd_config *config, const char *tag, const char *value)
{
	char why[SETTINGS_WHY_SIZE] = "";
	int err = -EINVAL;

	if (config && tag && value)
		err = settings_set(&config->settings, tag, value, why);
	if (!err)
		return 0;
	note(err, why);
	return -1;
}

int iothradvd_config_check(const struct iothradvd_config *config)
{
	char why[SETTINGS_WHY_SIZE] = "";

	if (config && settings_check(&config->settings, why) == 0)
		return 0;
	note(-EINVAL, why);
	return -1;
}

int iothradvd_config_log(
    struct iothradvd_config *config, iothradvd_log_function *function, void *argument)
{
	if (!config) {
		note(-EINVAL, NULL);
		return -1;
	}
	config->teller = (struct teller){function, argument};
	return 0;
}

/* A copy that has been looked at as a whole; freed by the caller in both cases. */
static int take_settings(
    struct settings *settings, const struct iothradvd_config *config, char why[SETTINGS_WHY_SIZE])
{
	int err;

	settings_init(settings);
	if (!config) {
		snprintf(why, SETTINGS_WHY_SIZE, "no configuration");
		return -EINVAL;
	}
	err = settings_check(&config->settings, why);
	return err ? err : settings_copy(settings, &config->settings);
}

/* ---- starting -------------------------------------------------------------------------------- */

static int send_packet(
    void *context, const uint8_t *destination, const uint8_t *mac, const void *icmp, size_t len)
{
	struct iothradvd *ra = context;

	return ra->transport->ops->send(ra->transport, destination, mac, icmp, len);
}

static void log_line(void *context, int level, const char *text)
{
	const struct iothradvd *ra = context;

	teller_say(&ra->teller, level, "%s", text);
}

static const struct router_ops router_ops = {instance_random, send_packet, log_line};

/* Where it is to speak. */
struct place {
	struct ioth *stack;
	unsigned int ifindex;
	const char *vnl; /* NULL: on the stack */
	const uint8_t *mac;
};

static const struct teller nobody;

/* Takes the settings over, whatever comes of it. */
static struct iothradvd *start(const struct place *place, struct settings *settings,
    const struct teller *teller, char why[SETTINGS_WHY_SIZE])
{
	struct iothradvd *ra = calloc(1, sizeof(*ra));
	int err = -ENOMEM;

	if (!ra)
		goto free_settings;
	ra->teller = *teller;
	router_init(&ra->router, settings, &router_ops, ra);
	err = place->vnl ? transport_vnl_open(ra, place->vnl, place->mac, &ra->transport, why)
	                 : transport_stack_open(ra, place->stack, place->ifindex, &ra->transport, why);
	if (err)
		goto fini_router;
	err = instance_start(ra);
	if (err)
		goto close_transport;
	return ra;

close_transport:
	ra->transport->ops->close(ra->transport);
fini_router:
	router_fini(&ra->router);
	free(ra);
free_settings:
	settings_fini(settings);
	note(err, why);
	return NULL;
}

struct iothradvd *iothradvd_start(struct ioth *stack, unsigned int ifindex, int period,
    struct iothradata *data, struct iothraprefix *pdata, int npdata)
{
	const struct place place = {.stack = stack, .ifindex = ifindex};
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;
	int err = make_settings(&settings, period, data, pdata, npdata, why);

	if (!err)
		return start(&place, &settings, &nobody, why);
	settings_fini(&settings);
	note(err, why);
	return NULL;
}

struct iothradvd *iothradvd_vdestart(char *vnl, void *macaddr, int period, struct iothradata *data,
    struct iothraprefix *pdata, int npdata)
{
	const struct place place = {.vnl = vnl, .mac = macaddr};
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;
	int err = make_settings(&settings, period, data, pdata, npdata, why);

	if (!err && !vnl) {
		snprintf(why, sizeof(why), "no network");
		err = -EINVAL;
	}
	if (!err)
		return start(&place, &settings, &nobody, why);
	settings_fini(&settings);
	note(err, why);
	return NULL;
}

struct iothradvd *iothradvd_start_config(
    struct ioth *stack, unsigned int ifindex, const struct iothradvd_config *config)
{
	const struct place place = {.stack = stack, .ifindex = ifindex};
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;
	int err = take_settings(&settings, config, why);

	if (!err)
		return start(&place, &settings, &config->teller, why);
	note(err, why);
	return NULL;
}

struct iothradvd *iothradvd_vdestart_config(
    const char *vnl, const void *macaddr, const struct iothradvd_config *config)
{
	const struct place place = {.vnl = vnl, .mac = macaddr};
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;
	int err = take_settings(&settings, config, why);

	if (!err && !vnl) {
		snprintf(why, sizeof(why), "no network");
		err = -EINVAL;
	}
	if (!err)
		return start(&place, &settings, &config->teller, why);
	settings_fini(&settings);
	note(err, why);
	return NULL;
}

void iothradvd_stop(struct iothradvd *ra)
{
	if (!ra)
		return;
	instance_stop(ra);
	ra->transport->ops->close(ra->transport);
	router_fini(&ra->router);
	free(ra);
}

/* ---- while it runs --------------------------------------------------------------------------- */

static int update(struct iothradvd *ra, struct settings *settings, int err, const char *why)
{
	if (!ra && !err)
		err = -EINVAL;
	if (err) {
		settings_fini(settings);
		note(err, why);
		return -1;
	}
	pthread_mutex_lock(&ra->lock);
	router_update(&ra->router, instance_now(), settings);
	pthread_mutex_unlock(&ra->lock);
	instance_wake(ra);
	return 0;
}

int iothradvd_update(struct iothradvd *ra, int period, struct iothradata *data,
    struct iothraprefix *pdata, int npdata)
{
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;
	int err = make_settings(&settings, period, data, pdata, npdata, why);

	return update(ra, &settings, err, why);
}

int iothradvd_update_config(struct iothradvd *ra, const struct iothradvd_config *config)
{
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings;
	int err = take_settings(&settings, config, why);

	return update(ra, &settings, err, why);
}

int iothradvd_get_stats(struct iothradvd *ra, struct iothradvd_stats *stats, size_t size)
{
	const struct router_stats *from;
	struct iothradvd_stats all;

	if (!ra || !stats) {
		note(-EINVAL, NULL);
		return -1;
	}
	from = &ra->router.stats;
	pthread_mutex_lock(&ra->lock);
	all = (struct iothradvd_stats){.advertising = ra->router.state == ROUTER_ADVERTISING,
	    .solicitations = from->solicitations,
	    .solicitations_invalid = from->solicitations_invalid,
	    .solicitations_merged = from->solicitations_merged,
	    .multicast = from->multicast,
	    .unicast = from->unicast,
	    .send_errors = from->send_errors,
	    .adverts_heard = from->adverts_heard,
	    .adverts_invalid = from->adverts_invalid,
	    .adverts_inconsistent = from->adverts_inconsistent};
	pthread_mutex_unlock(&ra->lock);
	memset(stats, 0, size);
	memcpy(stats, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}
