#include "cli/confine.h"

#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "ingest/sandbox.h"

/* Adds what PATH leads to; of what is not there, nothing. */
static void add_real(struct arena *arena, struct text_list *list, const char *path)
{
    char *real = realpath(path, NULL);
    if (real)
        text_list_add(arena, list, text_of(text_string(arena, text_of(real))));
    free(real);
}

static void add_folder_of(struct arena *arena, struct text_list *list, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    add_real(arena, list, slash ? text_string(arena, (struct text){path, length}) : ".");
}

/* The journal lies beside the file that a link leads to. */
static void add_database(struct arena *arena, struct text_list *list, const char *path)
{
    char *real = realpath(path, NULL);
    add_folder_of(arena, list, real ? real : path);
    free(real);
}

/* Another Maildir may have to be made, within a folder that is there. */
static void add_target(struct arena *arena, struct text_list *list, struct text folder)
{
    if (text_find_char(folder, '/') == SIZE_MAX)
        return; /* below the Maildir itself */
    while (folder.length > 1 && folder.at[folder.length - 1] == '/')
        folder.length--;
    const char *path = text_string(arena, folder);
    size_t before = list->count;
    add_real(arena, list, path);
    if (list->count == before)
        add_folder_of(arena, list, path);
}

/* A Maildir that is watched may come later, or go and come back as another folder: then what is around
 * it counts. */
static void add_source(const struct invocation *inv, struct text_list *list, const char *path)
{
    char *real = realpath(path, NULL);
    if (invocation_has(inv, "watch"))
        add_folder_of(inv->arena, list, real ? real : path);
    else
        add_real(inv->arena, list, path);
    free(real);
}

bool confine(const struct invocation *inv, const struct text_list *paths,
             const struct ingest_options *options, bool make_folder, struct error *err)
{
    const char *database;
    struct text_list reads = {0}, writes = {0};
    bool moves = options->after != AFTER_NOTHING;
    if (!paths_database(invocation_option(inv, "db"), inv->config.db, make_folder, inv->arena,
                        &database, err))
        return false;
    add_database(inv->arena, &writes, database);
    for (size_t i = 0; i < paths->count; i++)
        add_source(inv, moves ? &writes : &reads, text_string(inv->arena, paths->at[i]));
    if (options->after == AFTER_MOVE)
        add_target(inv->arena, &writes, options->move_to);
    const char *missing = sandbox_missing();
    if (inv->verbose && !inv->delivery && !inv->cgi && missing)
        output_message("%s", missing);
    sandbox_enter_parent(&reads, &writes, moves);
    return true;
}
