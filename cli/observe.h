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

/* Observes DOMAINS now and stores what is found; says on standard error which could not be observed.
 * The clock of INV goes on, so that what was found counts, unless --now stopped it.
 * ERROR_UNAVAILABLE where none could. */
bool observe_quietly(struct invocation *inv, struct store *store,
                     const struct text_list *domains, struct error *err);

#endif
