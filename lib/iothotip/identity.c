/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of windows: see identity.h. */
#include "identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int otip_digest_parse(const char *text, enum otip_digest *digest)
{
	if (strcmp(text, "md5") == 0)
		*digest = OTIP_MD5;
	else if (strcmp(text, "hmac-sha256") == 0)
		*digest = OTIP_HMAC_SHA256;
	else
		return -EINVAL;
	return 0;
}

/* ASCII alone, whatever the locale: RFC 4343. */
static void fold(char *name)
{
	for (; *name; name++) {
		if (*name >= 'A' && *name <= 'Z')
			*name = (char)(*name - 'A' + 'a');
	}
}

int otip_identity_init(struct otip_identity *identity, const struct otip_identity_config *config)
{
	*identity = (struct otip_identity){.base = config->base, .digest = config->digest};
	if (!config->name || !config->name[0])
		return -EINVAL;
	identity->name = strdup(config->name);
	if (!identity->name)
		return -ENOMEM;
	if (!config->case_exact)
		fold(identity->name);
	if (config->digest == OTIP_HMAC_SHA256) {
		iothaddr_hmac_key(identity->key, identity->name, config->password, config->rounds);
		return 0;
	}
	identity->password = strdup(config->password ? config->password : "");
	if (!identity->password) {
		free(identity->name);
		identity->name = NULL;
		return -ENOMEM;
	}
	return 0;
}

void otip_identity_fini(struct otip_identity *identity)
{
	if (identity->password)
		explicit_bzero(identity->password, strlen(identity->password));
	explicit_bzero(identity->key, sizeof(identity->key));
	free(identity->password);
	free(identity->name);
	*identity = (struct otip_identity){0};
}

struct in6_addr otip_identity_address(const struct otip_identity *identity, int64_t window)
{
	struct in6_addr address = identity->base;

	if (identity->digest == OTIP_HMAC_SHA256)
		iothaddr_hmac(&address, identity->name, identity->key, (uint32_t)window);
	else
		iothaddr_hash(&address, identity->name, identity->password, (uint32_t)window);
	return address;
}
