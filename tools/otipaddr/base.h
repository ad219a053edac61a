/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address that a hash goes into: given, or looked up. */
#ifndef OTIPADDR_BASE_H
#define OTIPADDR_BASE_H

#include <stdbool.h>
#include <netinet/in.h>

#include "request.h"

/* False: it has been said why there is none. */
bool base_find(const struct request *request, struct in6_addr *base);

#endif
