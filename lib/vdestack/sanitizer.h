/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which sanitizer this is compiled for; gcc and clang say it in different ways. */
#ifndef SANITIZER_H
#define SANITIZER_H

#if defined(__SANITIZE_THREAD__)
#define SANITIZER_THREAD 1
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZER_ADDRESS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZER_THREAD 1
#elif __has_feature(address_sanitizer)
#define SANITIZER_ADDRESS 1
#endif
#endif

#if defined(SANITIZER_THREAD) || defined(SANITIZER_ADDRESS)
#define SANITIZER_ANY 1
#else
#define SANITIZER_ANY 0
#endif

#endif
