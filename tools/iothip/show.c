/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the objects' messages have in common. */
#include "iothip.h"

#include <string.h>

const char *address_text(int family, const struct nlattr *attr, char text[ADDRTEXT_IP_SIZE])
{
	if (nlq_attr_len(attr) != addrtext_family_len(family) ||
	    addrtext_print_ip(text, ADDRTEXT_IP_SIZE, family, nlq_attr_data(attr)))
		strcpy(text, "?");
	return text;
}

const char *device_name(const struct iothip *ip, uint32_t index, char text[16])
{
	const char *name = nlq_names_find(&ip->names, index);

	if (*name)
		return name;
	snprintf(text, 16, "if%u", index % 1000000);
	return text;
}

uint32_t attr_number(const struct nlattr *attr, uint32_t otherwise)
{
	uint32_t value;

	return nlq_attr_u32(attr, &value) ? value : otherwise;
}
