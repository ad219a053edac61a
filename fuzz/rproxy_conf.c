/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* otip_rproxy's file of options: whatever the text, there is a whole configuration, within its
 * limits, or there is none and a mistake was told. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "conf.h"
#include "log.h"
#include "options.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(int level, const char *text, void *argument)
{
	if (strlen(text) >= LOG_TEXT_MAX || strchr(text, '\n'))
		abort();
	*(unsigned int *)argument += level == LOG_ERR;
}

static void check(const struct rproxy_conf *conf)
{
	struct otip_identity identity;
	const struct otip_identity_config config = {.name = conf->name,
	    .password = conf->password,
	    .digest = OTIP_MD5,
	    .case_exact = conf->case_exact};

	if (!conf->outer || !conf->interface || !conf->name || !conf->base || !conf->service_count ||
	    otip_schedule_check(&conf->schedule) < 0 || conf->limits.connections == 0 ||
	    conf->limits.mappings == 0 || conf->limits.connect_timeout == 0 ||
	    conf->limits.udp_timeout == 0 || conf->limits.backlog < 0 ||
	    !rproxy_conf_same_place(conf, conf))
		abort();
	for (size_t i = 0; i < conf->service_count; i++) {
		const struct service *service = &conf->services[i];

		if (service->port == 0 || service->inner_port == 0 || service->proxy > 2 ||
		    service->host[0] == '\0' || !memchr(service->host, '\0', sizeof(service->host)) ||
		    (service->type == SOCK_DGRAM && service->proxy))
			abort();
		for (size_t j = 0; j < i; j++) {
			if (conf->services[j].type == service->type && conf->services[j].port == service->port)
				abort();
		}
	}
	if (otip_identity_init(&identity, &config) == 0)
		otip_identity_fini(&identity);
}

/* Other files are none of the input's business. */
static bool names_a_file(const uint8_t *data, size_t size)
{
	return memmem(data, size, "file", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int told = 0, mistakes;
	struct rproxy_values values = {0};
	struct options options;
	struct rproxy_conf *conf;
	char path[64];
	int fd;

	if (names_a_file(data, size))
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    options_init(&options, "/d", NULL, NULL) < 0)
		abort();
	rproxy_option_defaults(&values);
	options.groups[0] = (struct option_group){
	    .specs = rproxy_options, .count = rproxy_option_count, .values = &values};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	log_set_hook(count, &told);
	mistakes = options_read_file(&options, path);
	conf = rproxy_configure(NULL, &options, &values);
	log_set_hook(NULL, NULL);
	if (told < mistakes || (!conf && told == 0))
		abort();
	if (conf && mistakes == 0)
		check(conf);
	rproxy_conf_free(conf);
	options_fini(&options);
	close(fd);
	return 0;
}
