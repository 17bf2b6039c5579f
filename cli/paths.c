#include "cli/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char system_config[] = "/etc/tlsrpt/tlsrpt.conf";

/* A variable that is set and not empty, or null. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* FILE under the folder of the XDG variable NAME, else under DEFAULT_FOLDER of the home; null where
 * neither is known. A relative folder is to be ignored (XDG Base Directory Specification). */
static const char *xdg_path(struct arena *arena, const char *name, const char *default_folder,
                            const char *file)
{
    const char *base = variable(name), *home = variable("HOME");
    if (base && base[0] == '/')
        return text_format(arena, "%s/%s", base, file).at;
    if (home && home[0] == '/')
        return text_format(arena, "%s/%s/%s", home, default_folder, file).at;
    return NULL;
}

static const char *user_config(struct arena *arena)
{
    return xdg_path(arena, "XDG_CONFIG_HOME", ".config", "tlsrpt/tlsrpt.conf");
}

static bool is_there(const char *path)
{
    struct stat about;
    return path && stat(path, &about) == 0;
}

bool paths_config(struct text named, struct arena *arena, const char **path, struct error *err)
{
    const char *user = user_config(arena);
    *path = NULL;
    if (text_known(named) && !named.length)
        return error_set(err, ERROR_USAGE, "--config needs the name of a file");
    if (text_known(named))
        *path = text_string(arena, named);
    else if (variable("TLSRPT_CONFIG"))
        *path = variable("TLSRPT_CONFIG");
    else if (is_there(user))
        *path = user;
    else if (is_there(system_config))
        *path = system_config;
    return true;
}

struct text paths_config_defaults(struct arena *arena)
{
    const char *user = user_config(arena);
    if (!user)
        return text_of(system_config);
    return text_format(arena, "%s and %s", user, system_config);
}

/* Makes the folder of PATH and those above it, private to the user. */
static bool make_folder_of(const char *path, struct arena *arena, struct error *err)
{
    char *folder = text_string(arena, text_of(path));
    char *last = strrchr(folder, '/');
    *last = 0;
    if (is_there(folder))
        return true;
    for (char *slash = strchr(folder + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = 0;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return error_set(err, ERROR_IO, "cannot make the folder %s: %s", folder,
                             strerror(errno));
        if (!slash)
            return true;
        *slash = '/';
    }
}

bool paths_database(struct text named, struct text configured, bool make_folder,
                    struct arena *arena, const char **path, struct error *err)
{
    if (text_known(named) && !named.length)
        return error_set(err, ERROR_USAGE, "--db needs the name of a file");
    if (text_known(named)) {
        *path = text_string(arena, named);
        return true;
    }
    *path = variable("TLSRPT_DB");
    if (*path)
        return true;
    if (text_known(configured)) {
        *path = text_string(arena, configured);
        return true;
    }
    *path = xdg_path(arena, "XDG_STATE_HOME", ".local/state", "tlsrpt/tlsrpt.db");
    if (!*path)
        return error_set(err, ERROR_CONFIG,
                         "no database is named and HOME is not set: use --db FILE");
    return !make_folder || make_folder_of(*path, arena, err);
}
