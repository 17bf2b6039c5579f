#include "base/buffer.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "render/escape.h"

/* Prints each fault on a line. */
static void print_faults(const struct invocation *inv, struct buffer *out)
{
    const struct config *config = &inv->config;
    for (size_t i = 0; i < config->fault_count; i++) {
        if (inv->quiet && !config->faults[i].is_error)
            continue;
        escape_line(out, config_fault_text(inv->arena, config, &config->faults[i]));
        buffer_add_char(out, '\n');
    }
    if (config->fault_count >= CONFIG_FAULTS_MAX)
        buffer_add_text(out, TEXT("there may be more\n"));
}

bool command_config_check(struct invocation *inv, struct error *err)
{
    BUFFER_AUTO out = {0};
    const char *path;
    if (!paths_config(invocation_option(inv, "config"), inv->arena, &path, err))
        return false;
    if (path && !config_read(path, inv->arena, &inv->config, err) && !inv->config.has_error)
        return false;
    if (inv->config.fault_count) {
        print_faults(inv, &out);
    } else if (!inv->quiet) {
        struct text where = path ? text_of(path) : paths_config_defaults(inv->arena);
        escape_line(&out, where);
        buffer_add_text(&out, path ? TEXT(": no faults\n")
                                   : TEXT(" are not there: the defaults hold\n"));
    }
    output_buffer(&out);
    /* The faults are the result; no message comes on top of them. */
    *err = (struct error){0};
    inv->status = inv->config.has_error ? error_exit_status(ERROR_CONFIG) : 0;
    return true;
}
