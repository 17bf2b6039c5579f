/* What ingest shares with other commands. */
#ifndef CLI_INGEST_H
#define CLI_INGEST_H

#include "cli/command.h"
#include "cli/ingest_sink.h"
#include "ingest/ingest.h"
#include "store/store.h"

/* How mails are read, and where they go, by the configuration. */
struct reader_options ingest_reader_options(const struct invocation *inv);
struct ingest_sink_store ingest_sink_target(const struct invocation *inv, struct store *store);

/* Whether --only-configured can be meant: ERROR_CONFIG where no domain is configured, for then it would leave
 * out everything. */
bool ingest_check_admission(const struct invocation *inv, struct error *err);

/* Reads MAIL, an entry of the quarantine of which all is kept, once more, with the limits that are
 * configured now. If it can be read it leaves the quarantine and its reports are stored, in one
 * transaction. Adds what became of it to COUNTS. */
bool ingest_retry(struct invocation *inv, struct store *store, const struct quarantined *mail,
                  struct ingest_counts *counts, struct error *err);

/* Reads the paths that are the call's arguments into the database, once. *OPENED says whether the
 * database could be opened. Adds to COUNTS what is on disk, also where it fails. */
bool ingest_arguments(const struct invocation *inv, const struct ingest_options *options,
                      struct ingest_counts *counts, bool *opened, struct error *err);

/* Reads one mail in memory into the database; SOURCE says for people where it comes from. */
bool ingest_in_memory(const struct invocation *inv, const struct ingest_options *options,
                      const struct ingest_input *input, struct text source,
                      struct ingest_counts *counts, struct error *err);

/* Says COUNTS on standard error, in one line. */
void ingest_say_counts(const struct ingest_counts *counts);

/* Prints COUNTS, as text or as --format of the call says. */
void ingest_print_counts(const struct invocation *inv, const struct ingest_counts *counts);

#endif
