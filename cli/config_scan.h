/* The first pass over a configuration: finds each line's section and key, and lets GKeyFile read
 * the values. GKeyFile keeps no line numbers and gives up at the first line that it cannot read;
 * this pass has both, so that every fault is told with its line. */
#ifndef CLI_CONFIG_SCAN_H
#define CLI_CONFIG_SCAN_H

#include "base/buffer.h"
#include "cli/config.h"
#include "cli/config_keys.h"

struct config_section_kind {
    const char *word;
    bool named; /* [word NAME] */
    const struct config_key *keys;
};

/* What one key of a section is set to. */
struct config_setting {
    unsigned line;     /* 0: not set */
    struct text value; /* without its escapes, trimmed; unknown where these are wrong */
};

struct config_section {
    const struct config_section_kind *kind;
    struct text name; /* of a domain as text_host() gives it; unknown for [tlsrpt] */
    unsigned line;    /* of the first of that name: later ones go on with it */
    unsigned number;
    struct config_setting *settings; /* one for each of kind->keys */
};

struct config_scan {
    struct config *config; /* takes the faults */
    struct arena *arena;
    struct config_section **sections; /* in the order of the file */
    size_t section_count;
};

/* Fills `sections` from BYTES. */
void config_scan(struct config_scan *scan, struct text bytes);

/* Adds a fault to the configuration. */
void config_scan_fault(struct config_scan *scan, unsigned line, bool is_error,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
