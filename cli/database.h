/* The database of a call. */
#ifndef CLI_DATABASE_H
#define CLI_DATABASE_H

#include "cli/command.h"
#include "store/store.h"

enum database_use {
    DATABASE_READ,   /* only read */
    DATABASE_CHANGE, /* must be there, is written */
    DATABASE_MAKE,   /* made where it is not there */
};

/* Opens it, found by paths_database(), and tells it the configured domains. Null with *ERR where that
 * does not go, ERROR_UNAVAILABLE where it is not there and must be. */
struct store *database_open(const struct invocation *inv, enum database_use use,
                            struct error *err);

#endif
