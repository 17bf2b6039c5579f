/* `tlsrpt export`: its other way. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "cli/command.h"
#include "store/store.h"

/* Prints gauges of the domains named, else of those configured, else of those observed: never of a name
 * that only a report brings. */
bool export_metrics(const struct invocation *inv, struct store *store, struct error *err);

#endif
