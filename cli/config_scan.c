#include "cli/config_scan.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/vector.h"
#include "cli/nearest.h"

static const struct config_section_kind kinds[] = {
    {"tlsrpt", false, config_keys_general},
    {"domain", true, config_keys_domain},
    {"mailbox", true, config_keys_mailbox},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* A walk over the lines. */
struct walk {
    struct config_scan *scan;
    unsigned line;
    GHashTable *by_name;            /* "kind name" → section */
    struct config_section *section; /* of this line; null before the first and in a bad one */
    bool skip;                      /* the section is unknown or bad: so are its keys */
    struct buffer known;            /* what GKeyFile gets: numbered sections and known keys */
};

void config_scan_fault(struct config_scan *scan, unsigned line, bool is_error,
                       const char *format, ...)
{
    struct config *config = scan->config;
    char text[512];
    va_list arguments;
    config->has_error = config->has_error || is_error;
    if (config->fault_count >= CONFIG_FAULTS_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct config_fault fault = {line, is_error, text_copy(scan->arena, text_of(text))};
    struct {
        struct config_fault *at;
        size_t count;
    } list = {config->faults, config->fault_count};
    VECTOR_ADD(scan->arena, &list, fault);
    config->faults = list.at;
    config->fault_count = list.count;
}

#define FAULT(walk, is_error, ...)                                                             \
    config_scan_fault((walk)->scan, (walk)->line, (is_error), __VA_ARGS__)

/* ---- sections ---- */

static struct config_section *
new_section(struct walk *walk, const struct config_section_kind *kind, struct text name)
{
    struct config_scan *scan = walk->scan;
    struct config_section *section = arena_new(scan->arena, struct config_section);
    size_t keys = 0;
    while (kind->keys[keys].name)
        keys++;
    section->kind = kind;
    section->name = name;
    section->line = walk->line;
    section->number = (unsigned)scan->section_count;
    section->settings = arena_array(scan->arena, keys, sizeof *section->settings);
    struct {
        struct config_section **at;
        size_t count;
    } list = {scan->sections, scan->section_count};
    VECTOR_ADD(scan->arena, &list, section);
    scan->sections = list.at;
    scan->section_count = list.count;
    return section;
}

static void enter_section(struct walk *walk, const struct config_section_kind *kind,
                          struct text name)
{
    struct text key = text_format(walk->scan->arena, "%s %.*s", kind->word, TEXT_ARGS(name));
    struct config_section *section = g_hash_table_lookup(walk->by_name, key.at);
    if (section) {
        FAULT(walk, false, "[%s%s%.*s] is there already, in line %u: the two count as one",
              kind->word, kind->named ? " " : "", TEXT_ARGS(name), section->line);
    } else {
        section = new_section(walk, kind, name);
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): the table takes no const, and keeps it so */
        g_hash_table_insert(walk->by_name, (char *)(uintptr_t)key.at, section);
    }
    walk->section = section;
    buffer_format(&walk->known, "[%u]\n", section->number);
}

static const struct config_section_kind *kind_of(struct walk *walk, struct text word)
{
    struct nearest nearest = nearest_to(word);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (text_equal(word, text_of(kinds[i].word)))
            return &kinds[i];
        nearest_try(&nearest, kinds[i].word);
    }
    if (nearest.best)
        FAULT(walk, false, "the section [%.*s] is unknown and passed over; did you mean [%s]?",
              TEXT_ARGS(text_first(word, 100)), nearest.best);
    else
        FAULT(
            walk, false,
            "the section [%.*s] is unknown and passed over: there are [tlsrpt], [domain NAME] "
            "and [mailbox NAME]",
            TEXT_ARGS(text_first(word, 100)));
    return NULL;
}

/* The name as it is kept; unknown, with a fault, where it is none. */
static struct text section_name(struct walk *walk, const struct config_section_kind *kind,
                                struct text name)
{
    if (!kind->named) {
        if (!name.length)
            return TEXT("");
        FAULT(walk, true, "[%s] has no name: write [%s]", kind->word, kind->word);
        return TEXT_UNKNOWN;
    }
    if (!name.length) {
        FAULT(walk, true, "the section lacks its name: write [%s NAME]", kind->word);
        return TEXT_UNKNOWN;
    }
    if (kind->keys != config_keys_domain)
        return text_copy(walk->scan->arena, name);
    struct text host = text_host(walk->scan->arena, name);
    if (text_is_host(host))
        return host;
    FAULT(walk, true, "\"%.*s\" is no domain name: write [domain example.com]",
          TEXT_ARGS(text_first(name, 100)));
    return TEXT_UNKNOWN;
}

static void scan_header(struct walk *walk, struct text line)
{
    walk->section = NULL;
    walk->skip = true;
    size_t end = text_find_char(line, ']');
    if (end != line.length - 1) {
        FAULT(walk, true, "a section's line ends with its ]");
        return;
    }
    struct text inside = text_trim(text_first(text_from(line, 1), end - 1));
    size_t length = 0;
    while (length < inside.length && inside.at[length] != ' ' && inside.at[length] != '\t')
        length++;
    const struct config_section_kind *kind = kind_of(walk, text_first(inside, length));
    if (!kind)
        return;
    struct text name = section_name(walk, kind, text_trim(text_from(inside, length)));
    if (!text_known(name))
        return;
    walk->skip = false;
    enter_section(walk, kind, name);
}

/* ---- keys ---- */

static const struct config_key *find_key(const struct config_key *keys, struct text name)
{
    for (; keys->name; keys++)
        if (text_equal(name, text_of(keys->name)))
            return keys;
    return NULL;
}

/* A key that begins with the word is what was meant, too: "password" for "password-command". */
static const char *meant_key(const struct config_key *keys, struct text name)
{
    struct nearest nearest = nearest_to(name);
    for (const struct config_key *key = keys; key->name; key++)
        nearest_try(&nearest, key->name);
    for (const struct config_key *key = keys; key->name && !nearest.best; key++)
        if (name.length >= 4 && text_starts(text_of(key->name), name))
            return key->name;
    return nearest.best;
}

static void unknown_key(struct walk *walk, struct text name)
{
    const struct config_section_kind *kind = walk->section->kind;
    struct text shown = text_first(name, 100);
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (find_key(kinds[i].keys, name)) {
            FAULT(walk, false, "%.*s is no key of [%s%s]: it belongs to [%s%s]",
                  TEXT_ARGS(shown), kind->word, kind->named ? " NAME" : "", kinds[i].word,
                  kinds[i].named ? " NAME" : "");
            return;
        }
    const char *meant = meant_key(kind->keys, name);
    if (meant)
        FAULT(walk, false, "%.*s is unknown and passed over; did you mean %s?",
              TEXT_ARGS(shown), meant);
    else
        FAULT(walk, false, "%.*s is unknown and passed over", TEXT_ARGS(shown));
}

static void scan_key(struct walk *walk, struct text line)
{
    size_t equals = text_find_char(line, '=');
    struct text name = text_trim(text_first(line, equals));
    if (equals == SIZE_MAX || !name.length) {
        FAULT(walk, true, "is neither [SECTION] nor KEY = VALUE; a comment begins with #");
        return;
    }
    if (!walk->section) {
        if (!walk->skip)
            FAULT(walk, true, "%.*s stands before any section: write [tlsrpt] above it",
                  TEXT_ARGS(text_first(name, 100)));
        return;
    }
    const struct config_key *key = find_key(walk->section->kind->keys, name);
    if (!key) {
        unknown_key(walk, name);
        return;
    }
    struct config_setting *setting = &walk->section->settings[key - walk->section->kind->keys];
    if (setting->line)
        FAULT(walk, false, "%s is set in line %u too: this one counts", key->name,
              setting->line);
    setting->line = walk->line;
    buffer_format(&walk->known, "%s=", key->name);
    buffer_add_text(&walk->known, text_trim(text_from(line, equals + 1)));
    buffer_add_char(&walk->known, '\n');
}

static void scan_line(struct walk *walk, struct text line)
{
    if (text_find_char(line, 0) != SIZE_MAX) {
        FAULT(walk, true, "has a NUL byte");
        return;
    }
    if (!text_is_utf8(line)) {
        FAULT(walk, true, "is not UTF-8");
        return;
    }
    line = text_trim(line);
    if (!line.length || line.at[0] == '#')
        return;
    if (line.at[0] == '[')
        scan_header(walk, line);
    else
        scan_key(walk, line);
}

/* ---- values ---- */

/* A wrong escape is an error, though GKeyFile gives a value as well. */
static struct text value_of(struct config_scan *scan, GKeyFile *file,
                            const struct config_section *section, const char *key)
{
    char group[16];
    GError *error = NULL;
    snprintf(group, sizeof group, "%u", section->number);
    char *value = g_key_file_get_string(file, group, key, &error);
    struct text text = error ? TEXT_UNKNOWN : text_trim(text_copy(scan->arena, text_of(value)));
    g_clear_error(&error);
    g_free(value);
    return text;
}

static void read_values(struct config_scan *scan, struct text known)
{
    GError *error = NULL;
    GKeyFile *file = g_key_file_new();
    if (known.length &&
        !g_key_file_load_from_data(file, known.at, known.length, G_KEY_FILE_NONE, &error))
        config_scan_fault(scan, 0, true, "cannot be read: %s", error->message);
    g_clear_error(&error);
    for (size_t i = 0; i < scan->section_count; i++) {
        struct config_section *section = scan->sections[i];
        for (size_t j = 0; section->kind->keys[j].name; j++)
            if (section->settings[j].line)
                section->settings[j].value =
                    value_of(scan, file, section, section->kind->keys[j].name);
    }
    g_key_file_free(file);
}

void config_scan(struct config_scan *scan, struct text bytes)
{
    struct walk walk = {.scan = scan};
    struct text line;
    walk.by_name = g_hash_table_new(g_str_hash, g_str_equal);
    /* Some editors put a byte order mark in front. */
    if (text_starts(bytes, TEXT("\xef\xbb\xbf")))
        bytes = text_from(bytes, 3);
    while (text_next(&bytes, '\n', &line)) {
        walk.line++;
        scan_line(&walk, line);
    }
    g_hash_table_destroy(walk.by_name);
    read_values(scan, buffer_text(&walk.known));
    buffer_free(&walk.known);
}
