/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* May this program load a plugin of that licence? */
#ifndef IOTH_LICENSE_H
#define IOTH_LICENSE_H

/* `license` is what the plugin declares, an SPDX expression; NULL: nothing. 0 or -EPERM. */
int license_check(const char *license);

/* What a licence allows, as a set; 0 if the expression is malformed or names no known licence. */
#define LICENSE_ANYBODY (1U << 0) /* programs under any licence may use it (LGPL) */
#define LICENSE_GPL2    (1U << 1) /* may be part of a work under version 2 of the GPL */
#define LICENSE_GPL3    (1U << 2) /* may be part of a work under version 3 of the GPL */
unsigned int license_terms(const char *expression);

#endif
