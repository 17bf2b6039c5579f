/* The command line of tlsrpt-net, which tlsrpt writes and people hardly ever do. */
#ifndef NET_OPTIONS_H
#define NET_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "observe/limits.h"

/* Prints all options to stdout. */
void options_help(void);

/* Reads the options from ARGV[FIRST] on; texts point into ARGV, lists live in ARENA. False with
 * ERROR_USAGE. */
bool options_read(int argc, char **argv, int first, struct arena *arena,
                  struct observe_options *options, struct error *err);

#endif
