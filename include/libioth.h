/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The older documented name of ioth.h.
 *
 * For a program the two are the same. For a plugin this name means the older form of
 * ioth_NAME_newstack, the one with two arguments:
 *
 *     void *ioth_NAME_newstack(const char *vnlv[], struct ioth_functions *);
 *
 * The mark below says so to the library, which counts it only if it lies in the same object as
 * ioth_NAME_newstack. It is weak, so that many files of an object may leave it, and visible even
 * under -fvisibility=hidden.
 */
#ifndef LIBIOTH_H
#define LIBIOTH_H

#include <ioth.h>

#ifdef __cplusplus
extern "C" {
#endif

extern __attribute__((weak, visibility("default"))) const char ioth_plugin_abi2;
const char ioth_plugin_abi2 = 2;

#ifdef __cplusplus
}
#endif

#endif
