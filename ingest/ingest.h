/* Drives the way from sources to readings: finds the mails, has them read in worker processes,
 * hands what they say to a sink in the order of the sources, and touches a Maildir only after the
 * sink has said that the outcome is on disk. Knows nothing of SQL. */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ingest/mail.h"

/* What happened to one report, or to a mail without any. */
enum outcome {
    OUTCOME_STORED = 0,
    OUTCOME_DUPLICATE,
    OUTCOME_SUPERSEDED,
    OUTCOME_QUARANTINED,
    OUTCOME_IGNORED,
    OUTCOME_COUNT,
};
const char *outcome_name(enum outcome outcome);

struct ingest_counts {
    uint64_t messages;
    uint64_t outcomes[OUTCOME_COUNT];
};

/* A mail as the sink sees it. */
struct ingest_mail {
    struct text source;    /* where it lies, for people: a path, "standard input" */
    struct text directory; /* of a Maildir: its canonical path; else unknown */
    struct text name;      /* in a Maildir: the file's name before ':' */
    size_t limit;          /* bytes of a mail; 0 where bytes() knows */
    /* Its bytes, read again from the source: at most the limit of a mail, of a larger one the
     * first INGEST_KEPT_OF_TOO_LARGE. *SIZE and *SHA256 are of the whole. False when it cannot
     * be read any more. */
    bool (*bytes)(const struct ingest_mail *mail, struct buffer *bytes, uint64_t *size,
                  uint8_t sha256[SHA256_SIZE], struct error *err);
    const void *origin; /* bytes()'s own */
};

struct ingest_sink {
    void *context;
    /* Null, or called once by ingest_one(), while the worker reads: a database takes as long to open. */
    bool (*open)(void *context, struct error *err);
    /* Whether that file of a Maildir was read before. *KEPT says what take() said of it. */
    bool (*seen)(void *context, struct text directory, struct text name, bool *kept);
    /* Takes what MAIL holds and adds its outcomes to COUNTS. Nothing need be on disk yet. *KEPT:
     * it was a report and all that is worth keeping of it will be on disk, so that the mail may be
     * moved or deleted after commit(). */
    bool (*take)(void *context, const struct ingest_mail *mail, const struct reading *reading,
                 struct ingest_counts *counts, bool *kept, struct error *err);
    /* All that was taken is on disk when this returns true. */
    bool (*commit)(void *context, struct error *err);
};

/* What to do with a mail in a Maildir that was a report, once it is on disk. */
enum after_ingest { AFTER_NOTHING = 0, AFTER_MARK_SEEN, AFTER_MOVE, AFTER_DELETE };

struct ingest_options {
    struct reader_options reader;
    enum after_ingest after;
    struct text move_to; /* with AFTER_MOVE */
    unsigned workers;    /* 0: one a core */
    bool progress;       /* draw a progress bar on stderr */
    bool only_maildirs;  /* a path that is no Maildir is ERROR_IO */
    /* Asked often, null: never. Once it says true the run ends well before its end; what was read by
     * then is on disk. */
    bool (*stop)(void *context);
    void *stop_context;
};

/* One mail in memory. */
struct ingest_input {
    struct buffer
        bytes;     /* all, or of one beyond the limit the first INGEST_KEPT_OF_TOO_LARGE */
    uint64_t size; /* of the whole */
    uint8_t sha256[SHA256_SIZE]; /* of the whole, where bytes are not all of it */
    bool whole;
};

/* Reads FD to its end, whatever comes; LIMIT is that of a mail. A leading "From " line is left
 * out. INPUT is to be freed in any case. */
bool ingest_read_input(int fd, size_t limit, struct ingest_input *input, struct error *err);
void ingest_input_free(struct ingest_input *input);

/* Has INPUT read as one mail in one worker. SOURCE says for people where it comes from. */
bool ingest_one(const struct ingest_input *input, struct text source,
                const struct ingest_options *options, const struct ingest_sink *sink,
                struct ingest_counts *counts, struct error *err);

/* A mail that was put down in a file. */
struct ingest_piece {
    const char *path;
    uint64_t offset, length;
    uint64_t whole;     /* bytes of the mail where this is only its beginning; else 0 */
    struct text source; /* where it comes from, for people */
};

/* Reads PIECES, which lie in files of FOLDER (a canonical path). The sink takes each once, in their order. A piece
 * that cannot be read is an error. */
bool ingest_pieces(const struct ingest_piece *pieces, size_t count, const char *folder,
                   const struct ingest_options *options, const struct ingest_sink *sink,
                   struct ingest_counts *counts, struct error *err);

/* Reads the mails at PATHS. A path that is not there is ERROR_IO, after the others are done. */
bool ingest_paths(const struct text_list *paths, const struct ingest_options *options,
                  const struct ingest_sink *sink, struct ingest_counts *counts,
                  struct error *err);

#endif
