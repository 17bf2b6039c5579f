#include "cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/time.h"
#include "cli/config_keys.h"
#include "cli/config_scan.h"

void config_defaults(struct config *config)
{
    *config = (struct config){
        .silent_after = 7 * TIME_DAY,
        .smtp_port = 25,
        .limits = INGEST_LIMITS_DEFAULT,
        .quarantine_max = UINT64_C(1) << 30,
    };
}

/* ---- values ---- */

/* The folder of a file, with its final slash; empty for the current one. */
static struct text folder_of(struct text file)
{
    while (file.length && file.at[file.length - 1] != '/')
        file.length--;
    return file;
}

static void warn_of_comment(struct config_scan *scan, const struct config_setting *setting)
{
    if (text_find(setting->value, TEXT(" # ")) != SIZE_MAX)
        config_scan_fault(
            scan, setting->line, false,
            "what follows \" # \" is part of the value: a comment stands on a line "
            "of its own");
}

static void apply_setting(struct config_scan *scan, const struct config_key *key,
                          const struct config_setting *setting, void *target)
{
    struct text fault = TEXT_UNKNOWN, value = setting->value;
    if (!text_known(value)) {
        config_scan_fault(scan, setting->line, true,
                          "%s has a wrong escape: write \\\\ for a backslash", key->name);
        return;
    }
    if (!value.length) {
        config_scan_fault(scan, setting->line, false,
                          "%s has no value, as if it were not there", key->name);
        return;
    }
    warn_of_comment(scan, setting);
    if (key->read(key, value, folder_of(scan->config->file), scan->arena,
                  (char *)target + key->offset, &fault))
        return;
    config_scan_fault(scan, setting->line, true, "%s cannot be \"%.*s\": %.*s", key->name,
                      TEXT_ARGS(text_first(value, 100)), TEXT_ARGS(fault));
}

static void apply_section(struct config_scan *scan, const struct config_section *section,
                          void *target)
{
    const struct config_key *keys = section->kind->keys;
    for (size_t i = 0; keys[i].name; i++)
        if (section->settings[i].line)
            apply_setting(scan, &keys[i], &section->settings[i], target);
}

bool config_mailbox_complete(const struct config *config, struct config_mailbox *mailbox,
                             const char **missing)
{
    bool password = mailbox->auth == AUTH_PASSWORD;
    const struct {
        struct text value;
        const char *what;
    } needed[] = {
        {mailbox->host, "host"},
        {mailbox->user, "user"},
        {password ? mailbox->password_command : mailbox->token_command,
         password ? "password-command" : "token-command"},
    };
    if (!mailbox->port)
        mailbox->port = mailbox->tls == TLS_IMPLICIT ? 993 : 143;
    if (!text_known(mailbox->folder))
        mailbox->folder = TEXT("INBOX");
    if (!mailbox->max_size)
        mailbox->max_size = config->limits.mail_size;
    *missing = NULL;
    for (size_t i = 0; i < sizeof needed / sizeof *needed && !*missing; i++)
        if (!text_known(needed[i].value))
            *missing = needed[i].what;
    return !*missing;
}

static void check_mailbox(struct config_scan *scan, struct config_mailbox *mailbox)
{
    const char *missing;
    if (!config_mailbox_complete(scan->config, mailbox, &missing))
        config_scan_fault(scan, mailbox->line, true, "[mailbox %.*s] needs %s",
                          TEXT_ARGS(mailbox->name), missing);
}

static void apply_domain(struct config_scan *scan, const struct config_section *section)
{
    struct config *config = scan->config;
    struct config_domain *domain = &config->domains[config->domain_count++];
    domain->name = section->name;
    domain->line = section->line;
    domain->priority = PRIORITY_NORMAL;
    apply_section(scan, section, domain);
}

static void apply_mailbox(struct config_scan *scan, const struct config_section *section)
{
    struct config *config = scan->config;
    struct config_mailbox *mailbox = &config->mailboxes[config->mailbox_count++];
    mailbox->name = section->name;
    mailbox->line = section->line;
    apply_section(scan, section, mailbox);
}

/* [tlsrpt] first: the defaults of a mailbox come from there. */
static void apply_sections(struct config_scan *scan)
{
    struct config *config = scan->config;
    config->domains = arena_array(scan->arena, scan->section_count, sizeof *config->domains);
    config->mailboxes =
        arena_array(scan->arena, scan->section_count, sizeof *config->mailboxes);
    for (size_t i = 0; i < scan->section_count; i++)
        if (scan->sections[i]->kind->keys == config_keys_general)
            apply_section(scan, scan->sections[i], config);
    for (size_t i = 0; i < scan->section_count; i++) {
        const struct config_section *section = scan->sections[i];
        if (section->kind->keys == config_keys_domain)
            apply_domain(scan, section);
        else if (section->kind->keys == config_keys_mailbox)
            apply_mailbox(scan, section);
    }
    for (size_t i = 0; i < config->mailbox_count; i++)
        check_mailbox(scan, &config->mailboxes[i]);
}

/* ---- order ---- */

static int by_line(const void *a, const void *b)
{
    const struct config_fault *first = a, *second = b;
    if (first->line != second->line)
        return first->line < second->line ? -1 : 1;
    if (first->is_error != second->is_error)
        return first->is_error ? -1 : 1;
    return text_compare(first->text, second->text);
}

static int by_name(const void *a, const void *b)
{
    const struct config_domain *const *first = a, *const *second = b;
    return text_compare((*first)->name, (*second)->name);
}

static void sort_all(struct config *config, struct arena *arena)
{
    if (config->fault_count)
        qsort(config->faults, config->fault_count, sizeof *config->faults, by_line);
    config->by_name = arena_array(arena, config->domain_count, sizeof *config->by_name);
    for (size_t i = 0; i < config->domain_count; i++)
        config->by_name[i] = &config->domains[i];
    if (config->domain_count)
        qsort(config->by_name, config->domain_count, sizeof *config->by_name, by_name);
}

bool config_parse(struct text bytes, struct text file, struct arena *arena,
                  struct config *config)
{
    config_defaults(config);
    config->file = text_copy(arena, file);
    struct config_scan scan = {.config = config, .arena = arena};
    config_scan(&scan, bytes);
    apply_sections(&scan);
    sort_all(config, arena);
    return !config->has_error;
}

static const struct config_fault *first_error(const struct config *config)
{
    for (size_t i = 0; i < config->fault_count; i++)
        if (config->faults[i].is_error)
            return &config->faults[i];
    return NULL;
}

static bool read_bytes(const char *path, struct buffer *bytes, struct error *err)
{
    enum { LIMIT = 16 << 20 };
    bool more;
    FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(err, ERROR_CONFIG, "%s: cannot open the configuration: %s", path,
                         strerror(errno));
    if (!file_read(fd, LIMIT, bytes, &more, err)) {
        error_prefix(err, "%s", path);
        if (err)
            err->code = ERROR_CONFIG;
        return false;
    }
    if (more)
        return error_set(err, ERROR_CONFIG, "%s: the configuration is larger than 16 MiB",
                         path);
    return true;
}

bool config_read(const char *path, struct arena *arena, struct config *config,
                 struct error *err)
{
    BUFFER_AUTO bytes = {0};
    config_defaults(config);
    if (!read_bytes(path, &bytes, err))
        return false;
    if (config_parse(buffer_text(&bytes), text_of(path), arena, config))
        return true;
    const struct config_fault *fault = first_error(config);
    if (!fault)
        return error_set(err, ERROR_CONFIG, "%s: too many faults", path);
    return error_set(err, ERROR_CONFIG, "%s:%u: %.*s", path, fault->line,
                     TEXT_ARGS(fault->text));
}

struct text config_fault_text(struct arena *arena, const struct config *config,
                              const struct config_fault *fault)
{
    return text_format(arena, "%.*s:%u: %s: %.*s", TEXT_ARGS(config->file), fault->line,
                       fault->is_error ? "error" : "warning", TEXT_ARGS(fault->text));
}

static int compare_name(const void *name, const void *domain)
{
    const struct config_domain *const *entry = domain;
    return text_compare(*(const struct text *)name, (*entry)->name);
}

const struct config_domain *config_domain(const struct config *config, struct text name)
{
    if (!config->domain_count)
        return NULL;
    const struct config_domain **found = bsearch(&name, config->by_name, config->domain_count,
                                                 sizeof *config->by_name, compare_name);
    return found ? *found : NULL;
}

const struct config_mailbox *config_mailbox(const struct config *config, struct text name)
{
    for (size_t i = 0; i < config->mailbox_count; i++)
        if (text_equal(config->mailboxes[i].name, name))
            return &config->mailboxes[i];
    return NULL;
}
