/* A file in the place of standard output, for readers that must never see half of it. */
#ifndef CLI_OUTPUT_FILE_H
#define CLI_OUTPUT_FILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct output_file {
    const char *path;
    char *temporary; /* what is written, beside it; null: none */
};

/* Lets a new file beside PATH take what goes to standard output from here on. Nothing may have been
 * written before. False with ERROR_USAGE where PATH is there and is no file, ERROR_IO where none can
 * be made. The names belong to ARENA. */
bool output_file_begin(struct output_file *file, struct text path, struct arena *arena,
                       struct error *err);

/* Ends that, once. GOOD: the new file, readable for all, is on disk and has taken the place of PATH when
 * this returns true. Not GOOD, or where that failed: it is removed, PATH is as it was, and this
 * returns false; *ERR is set for what failed here. */
bool output_file_end(struct output_file *file, bool good, struct error *err);

#endif
