/* A command, and what it gets: the options and arguments of its call, the configuration, the
 * clock. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/options.h"

struct invocation;

/* Runs a command. False with *ERR where it failed; the exit status is then the error's. */
typedef bool command_run(struct invocation *inv, struct error *err);

/* Answers for a run that failed for WHY, be it before the command began; returns the exit status. */
typedef int command_failed(struct invocation *inv, const struct error *why);

enum config_use {
    CONFIG_LOADED = 0, /* read before the command runs; a fault in it ends the run */
    CONFIG_UNREAD,     /* the command has no use for it, or reads it itself */
};

struct command {
    const char *name;             /* one word, or two: "quarantine list" */
    const char *arguments;        /* as the usage line shows them; null: there are none */
    const char *summary;          /* one line of the list of commands: what it does */
    const char *details;          /* more lines for its own help, or null */
    const struct option *options; /* its own, ends in a nameless one; null: none */
    command_run *run;
    command_failed *failed; /* null: the error is printed and gives the exit status */
    enum config_use config;
};

struct invocation {
    const struct command *command;
    struct arena *arena; /* lives as long as the run */
    struct options options;
    struct text_list arguments;
    struct config config;
    int64_t now; /* --now, else the machine's clock */
    bool quiet, verbose, offline;
    bool delivery; /* a mail system waits for the exit status: see delivery.h */
    bool cgi;      /* a web server waits for an answer: see cgi.h */
    int status; /* the exit status of a run that did not fail; 0 unless the command sets it */
};

/* The value of an option of this call, the last where there are several; unknown if it was not
 * given. NAME must be in the tables. */
struct text invocation_option(const struct invocation *inv, const char *name);

/* Whether the option was given at all. */
bool invocation_has(const struct invocation *inv, const char *name);

/* Whether the option has that value. */
bool invocation_is(const struct invocation *inv, const char *name, const char *value);

/* The configured sender of messages, else tlsrpt at this machine: a message has to have one (RFC 5322 §3.6). */
struct text invocation_mail_from(const struct invocation *inv);

/* The domains named as arguments, as A-labels in lower case, each once. ERROR_USAGE for what is
 * no domain name. */
bool invocation_domains(const struct invocation *inv, struct text_list *domains,
                        struct error *err);

/* The commands' functions and tables of options, one file a command. */
command_failed check_failed, ingest_failed;
command_run command_acknowledge, command_analyze, command_audit, command_check, command_summary,
    command_explain, command_show;
command_run command_changes, command_config_check, command_dashboard, command_export,
    command_fetch, command_ingest, command_observe, command_plan, command_prune, command_whatif;
command_run command_quarantine_list, command_quarantine_show, command_quarantine_retry;

extern const struct option options_acknowledge[], options_analyze[], options_audit[],
    options_summary[], options_check[], options_explain[], options_show[];
extern const struct option options_changes[], options_dashboard[], options_export[],
    options_fetch[], options_ingest[], options_observe[], options_plan[], options_prune[],
    options_whatif[];
extern const struct option options_quarantine_list[], options_quarantine_show[],
    options_quarantine_retry[];

#endif
