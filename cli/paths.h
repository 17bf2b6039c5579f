/* Which files are meant where nobody names one. */
#ifndef CLI_PATHS_H
#define CLI_PATHS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* The configuration to read: NAMED (--config), else TLSRPT_CONFIG, else
 * $XDG_CONFIG_HOME/tlsrpt/tlsrpt.conf, else /etc/tlsrpt/tlsrpt.conf. *PATH is null where none is
 * named and no default is there; a named one is not looked for here. An empty variable is as good
 * as none. False with ERROR_USAGE for an empty NAMED. */
bool paths_config(struct text named, struct arena *arena, const char **path, struct error *err);

/* The default configurations in the order in which they are looked for, joined by " and ". */
struct text paths_config_defaults(struct arena *arena);

/* The database: NAMED (--db), else TLSRPT_DB, else CONFIGURED, else
 * $XDG_STATE_HOME/tlsrpt/tlsrpt.db, whose folder alone is made if MAKE_FOLDER says so and it is not
 * there (mode 0700). False with ERROR_USAGE for an empty NAMED, ERROR_CONFIG where there is no home,
 * ERROR_IO where the folder cannot be made. */
bool paths_database(struct text named, struct text configured, bool make_folder,
                    struct arena *arena, const char **path, struct error *err);

#endif
