/* Observations as JSON (SPEC.md, "observe"): read from a stranger, and written canonically.
 * What was written is read as the same; what was read and is canonical is written as the
 * same bytes. */
#ifndef PUBLISHED_OBSERVATION_JSON_H
#define PUBLISHED_OBSERVATION_JSON_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "published/observation.h"

/* Reads one observation from TEXT, which holds nothing else but blanks. Everything is copied
 * to ARENA and put into its canonical form. Keys that SPEC.md does not know are passed over;
 * of a key that comes twice the last counts. False with ERROR_INPUT and a sentence that
 * names the place, "records[3].dnssec: …": no JSON, no UTF-8, too large, too deep, too many,
 * a value of another kind or an unknown word. */
bool observation_read(struct text text, struct arena *arena, struct observation *observation,
                      struct error *err);

/* Appends the canonical JSON on one line, without a line feed at its end. Text that is no
 * UTF-8 is taken as Latin-1. */
void observation_write(struct buffer *buffer, const struct observation *observation);

/* ---- several observations in one text ---- */

/* Walks over one or several observations: one a line, objects that span lines, or a JSON
 * array of them. Start with {.text = …}. */
struct observation_reader {
    struct text text;
    size_t at;   /* where to go on */
    size_t line; /* of the last observation's start, from 1 */
    bool in_array, first_element, wants_element, ended;
    size_t line_at; /* the offset up to which `lines` counts */
    size_t lines;
};

enum observation_next {
    OBSERVATION_END = 0,
    OBSERVATION_READ,   /* *observation is one */
    OBSERVATION_WRONG,  /* an object that is no observation: ERR says why; go on for the next */
    OBSERVATION_BROKEN, /* no JSON from here on: ERR says where */
};

/* The next one. Errors begin with "line N: ". A text with no observation in it ends at once. */
enum observation_next observation_next(struct observation_reader *reader, struct arena *arena,
                                       struct observation *observation, struct error *err);

/* ---- parts, for storing by content ---- */

enum observation_part_kind {
    OBSERVATION_PART_SCOPE =
        1, /* which lists and whether a policy were looked at; always there */
    OBSERVATION_PART_RECORDS,     /* records and look-ups of one name and type */
    OBSERVATION_PART_AUTHORITIES, /* what the authoritative servers say of one name and type */
    OBSERVATION_PART_POLICY,
    OBSERVATION_PART_SMTP, /* all probes of one MX */
};

struct observation_part {
    enum observation_part_kind kind;
    struct text name;           /* of the record set, or the MX; else unknown */
    struct text type;           /* of the record set; else unknown */
    struct observed_number ttl; /* the least of the record set: not in the JSON */
    struct text json; /* a piece of an observation: the same content gives the same bytes, in
                       * whatever order it came and how often it was repeated */
};

struct observation_parts {
    struct observation_part *at;
    size_t count;
};

/* Takes an observation apart, sorted by kind, name and type. Together the parts hold all of
 * it but domain, time and TTLs other than the least of a set. */
void observation_split(const struct observation *observation, struct arena *arena,
                       struct observation_parts *parts);

/* Adds a part to an observation that is put together again (from observation_new()); of PART
 * the members json and ttl count. Records get its TTL. False where the JSON is no part. */
bool observation_join(struct observation *observation, const struct observation_part *part,
                      struct arena *arena, struct error *err);

#endif
