/* `tlsrpt observe`: its two ways. */
#ifndef CLI_OBSERVE_H
#define CLI_OBSERVE_H

#include "cli/command.h"
#include "cli/observe_sink.h"

/* Reads the observations of the file PATH, "-" for standard input, into SINK; with PRINT each is
 * printed as JSON on a line. What is none is named, with its line, and ERROR_INPUT follows when the
 * others are read. */
bool observe_import(const struct invocation *inv, struct text path, bool print,
                    struct observe_sink *sink, struct error *err);

#endif
