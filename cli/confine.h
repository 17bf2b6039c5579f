/* Shutting the program in before it meets what strangers wrote. */
#ifndef CLI_CONFINE_H
#define CLI_CONFINE_H

#include "cli/command.h"
#include "ingest/ingest.h"

/* For a command that has mails read and keeps what is in them: from here on this process has no
 * network, starts no other program, and reaches no files but the PATHS (as named on the command line),
 * the database's folder and, where mails are moved, their target. As far as the kernel can. With -v it
 * says what the kernel cannot. False with *ERR where it cannot be told which the database is: see
 * paths_database(); MAKE_FOLDER is handed on to it. */
bool confine(const struct invocation *inv, const struct text_list *paths,
             const struct ingest_options *options, bool make_folder, struct error *err);

#endif
