/* What a worker gives up before it reads a stranger's bytes: by Landlock all files but those below
 * the sources, by a seccomp filter all system calls but those that reading needs. Best effort: a
 * kernel may lack either. */
#ifndef INGEST_SANDBOX_H
#define INGEST_SANDBOX_H

#include "base/text.h"

/* AddressSanitizer's runtime makes system calls of its own and keeps handlers of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* The halves of it, as bits. */
enum { SANDBOX_FILES = 1, SANDBOX_CALLS = 2 };

/* Shuts the calling process in, for good. What stays possible: to read files at or below SOURCES
 * (canonical paths, each ending in NUL; null: none at all), to use the
 * descriptors it has, memory and clocks. A forbidden call fails with EPERM, a forbidden file with
 * EACCES. Call it with one thread. Returns the halves that are in force. */
unsigned sandbox_enter(const struct text_list *sources);

/* A sentence about what this kernel cannot do of it, or null. Changes nothing. */
const char *sandbox_missing(void);

#endif
