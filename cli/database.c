#include "cli/database.h"

#include <errno.h>
#include <unistd.h>

#include "base/vector.h"
#include "cli/paths.h"

static bool set_configured(const struct invocation *inv, struct store *store, struct error *err)
{
    struct text_list domains = {0};
    for (size_t i = 0; i < inv->config.domain_count; i++)
        text_list_add(inv->arena, &domains, inv->config.domains[i].name);
    store_set_now(store, inv->now);
    return store_set_configured(store, &domains, err);
}

struct store *database_open(const struct invocation *inv, enum database_use use,
                            struct error *err)
{
    const char *path;
    if (!paths_database(invocation_option(inv, "db"), inv->config.db, use == DATABASE_MAKE,
                        inv->arena, &path, err))
        return NULL;
    if (use != DATABASE_MAKE && access(path, F_OK) != 0 &&
        (errno == ENOENT || errno == ENOTDIR)) {
        error_set(err, ERROR_UNAVAILABLE,
                  "no database at %s: run `tlsrpt ingest` or `tlsrpt observe` first, or "
                  "name it with --db",
                  path);
        return NULL;
    }
    struct store *store =
        store_open(path, use == DATABASE_READ ? STORE_READ : STORE_WRITE, err);
    if (store && !set_configured(inv, store, err)) {
        store_close(store);
        return NULL;
    }
    return store;
}
