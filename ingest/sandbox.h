/* What a process gives up before a stranger's bytes come near it. A worker, which reads them: by
 * Landlock all files but those below the sources, by a seccomp filter all system calls but those that
 * reading needs. Its parent, which takes what the worker says to the database: all files but the
 * sources and the database's folder, and the network, other programs and other processes. Best effort:
 * a kernel may lack either. */
#ifndef INGEST_SANDBOX_H
#define INGEST_SANDBOX_H

#include <stdbool.h>

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

/* Shuts in a process that starts workers and keeps the database, for good; the workers it starts too,
 * who shut themselves in further. What stays possible: to read files and list folders at or below
 * READS, to read, write, make and remove them at or below WRITES (canonical paths, each ending in NUL),
 * to fork, to wait for files and folders to change. MOVES: files must be renamed from one folder below
 * WRITES to another, which the first version of Landlock forbids altogether; there files stay
 * free. Errors as with sandbox_enter(). Call it with one thread. Returns the halves that are in force. */
unsigned sandbox_enter_parent(const struct text_list *reads, const struct text_list *writes,
                              bool moves);

/* A sentence about what this kernel cannot do of it, or null. Changes nothing. */
const char *sandbox_missing(void);

#endif
