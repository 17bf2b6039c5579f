/* The command line: which commands there are, and the way from the arguments to one of them. */
#include <stdio.h>

#include "base/time.h"
#include "base/vector.h"
#include "cli/command.h"
#include "cli/delivery.h"
#include "cli/help.h"
#include "cli/nearest.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "cli/window.h"

static const struct command commands[] = {
    {
        .name = "ingest",
        .arguments = "[PATH… | -]",
        .summary = "reads mails and bare reports into the database",
        .options = options_ingest,
        .run = command_ingest,
        .failed = ingest_failed,
    },
    {
        .name = "fetch",
        .arguments = "[MAILBOX… | URL]",
        .summary = "pulls the mails of IMAP mailboxes through ingest",
        .details =
            "MAILBOX is a [mailbox NAME] of the configuration; without one it is every such. URL is\n"
            "imaps://HOST/FOLDER, or imap:// for STARTTLS. What was fetched once is not fetched again.",
        .options = options_fetch,
        .run = command_fetch,
    },
    {
        .name = "observe",
        .arguments = "[DOMAIN…]",
        .summary = "records what domains publish now: DNS, MTA-STS policy, STARTTLS of each MX",
        .details =
            "Without a domain it is every configured one. --import takes no domain and no\n"
            "network: FILE is what --print printed, one observation a line, or an array.",
        .options = options_observe,
        .run = command_observe,
    },
    {
        .name = "explain",
        .arguments = "FILE… | DIR | -",
        .summary = "reports in, findings out: no database, no configuration",
        .details = "Looks at what the domains of the reports publish now, unless --offline or\n"
                   "--observation says otherwise. Nothing is kept.",
        .options = options_explain,
        .run = command_explain,
        .config = CONFIG_UNREAD,
    },
    {
        .name = "analyze",
        .arguments = "[DOMAIN…]",
        .summary = "relates failures to what was published: cause, evidence, what to do",
        .details =
            "Without a domain it is every configured one, or, where none is configured,\n"
            "every domain with reports in the window.",
        .options = options_analyze,
        .run = command_analyze,
    },
    {
        .name = "show",
        .arguments = "ID",
        .summary = "shows one finding in full: sessions by day, reporter, MX and address",
        .options = options_show,
        .run = command_show,
    },
    {
        .name = "acknowledge",
        .arguments = "ID…",
        .summary = "says that a finding, an escalation or a change is known",
        .details = "What is acknowledged is still shown, and no longer asks for work.",
        .options = options_acknowledge,
        .run = command_acknowledge,
    },
    {
        .name = "audit",
        .arguments = "[DOMAIN…]",
        .summary = "audits TLS reporting: record, owner, mailbox, MTA-STS, what comes first",
        .details =
            "Looks at what was not observed within a day, unless --offline. Without a domain\n"
            "it is every configured one, or all that are known.",
        .options = options_audit,
        .run = command_audit,
    },
    {
        .name = "check",
        .arguments = "[DOMAIN…]",
        .summary = "escalations only, for monitoring: exit status 0, 1, 2 or 3",
        .details =
            "0 OK, 1 warnings, 2 an escalation is open, 3 not known. Without --notify it\n"
            "writes nothing. COMMAND gets a message as sendmail -t takes it.",
        .options = options_check,
        .run = command_check,
        .failed = check_failed,
    },
    {
        .name = "summary",
        .arguments = "[DOMAIN…]",
        .summary = "the periodic summary for people: text, one page, or a ready mail",
        .options = options_summary,
        .run = command_summary,
    },
    {
        .name = "dashboard",
        .arguments = "[DOMAIN…]",
        .summary = "writes all of it as a static site for a browser",
        .details =
            "Pages that need no server, no network and no script: any web server, file share\n"
            "or mail carries them. What did not change is not written again. Without a domain\n"
            "it is every configured one, or every domain with reports in the window.",
        .options = options_dashboard,
        .run = command_dashboard,
    },
    {
        .name = "changes",
        .arguments = "DOMAIN",
        .summary = "says what changed of a domain between two observations",
        .details = "What was not looked at, or could not be looked up, is no change.",
        .options = options_changes,
        .run = command_changes,
    },
    {
        .name = "whatif",
        .arguments = "DOMAIN",
        .summary = "replays the reports against another policy, MX set, TLSA or certificate",
        .details =
            "Says how many of the reported sessions would have been delivered, refused, or\n"
            "either, by reporter and MX, with the clause that decides. What no option names is\n"
            "as it is. No network is used, and nothing is changed.",
        .options = options_whatif,
        .run = command_whatif,
    },
    {
        .name = "plan",
        .arguments = "DOMAIN GOAL",
        .summary = "the dated steps to enforce, to another MX, to a new certificate, and where it is",
        .details =
            "GOAL is enforce, testing, none (out of MTA-STS), mx NAME… (the hosts to move to), or\n"
            "certificate. Steps have what is to be pasted. No network is used, nothing is changed.",
        .options = options_plan,
        .run = command_plan,
    },
    {
        .name = "export",
        .arguments = "[DOMAIN…]",
        .summary = "prints normalised rows",
        .details =
            "Every counted row is printed, in the order of its id, unless domains or a\n"
            "window say less. NDJSON has one object a line, for policies and failures\n"
            "alike; CSV has one kind of row. OpenMetrics has gauges of the domains that are\n"
            "named, configured, or observed.",
        .options = options_export,
        .run = command_export,
    },
    {
        .name = "quarantine list",
        .summary = "lists the mails that could not be read",
        .options = options_quarantine_list,
        .run = command_quarantine_list,
    },
    {
        .name = "quarantine show",
        .arguments = "SHA256",
        .summary = "prints one of them; the first digits will do",
        .options = options_quarantine_show,
        .run = command_quarantine_show,
    },
    {
        .name = "quarantine retry",
        .arguments = "[SHA256…]",
        .summary = "reads all or some of them again",
        .options = options_quarantine_retry,
        .run = command_quarantine_retry,
    },
    {
        .name = "prune",
        .summary = "removes old reports",
        .details =
            "A report is old when its range ended before AGE. What was quarantined or "
            "observed\n"
            "before that goes too. The state that was published then and the list of files\n"
            "seen stay.",
        .options = options_prune,
        .run = command_prune,
    },
    {
        .name = "config check",
        .summary = "checks the configuration, with file and line of each fault",
        .run = command_config_check,
        .config = CONFIG_UNREAD,
    },
    {0},
};

/* ---- which command ---- */

static const struct command *find_command(struct text name)
{
    for (const struct command *row = commands; row->name; row++)
        if (text_equal(text_of(row->name), name))
            return row;
    return NULL;
}

static bool is_group(struct text word)
{
    for (const struct command *row = commands; row->name; row++)
        if (text_starts(text_of(row->name), word) && row->name[word.length] == ' ')
            return true;
    return false;
}

static bool unknown_command(struct text name, struct error *err)
{
    struct nearest nearest = nearest_to(name);
    for (const struct command *row = commands; row->name; row++)
        nearest_try(&nearest, row->name);
    struct text shown = text_first(name, 60);
    if (nearest.best)
        return error_set(err, ERROR_USAGE, "there is no command \"%.*s\"; did you mean %s?",
                         TEXT_ARGS(shown), nearest.best);
    return error_set(err, ERROR_USAGE, "there is no command \"%.*s\"; tlsrpt help lists them",
                     TEXT_ARGS(shown));
}

/* Reads the word or the two words of the command. *NAME is what there is of it: unknown where no word
 * is, a group's word alone where the second is missing. */
static bool read_command(struct option_reader *reader, struct invocation *inv,
                         struct text *name, struct error *err)
{
    struct text word;
    if (!options_next(reader, inv->arena, &inv->options, name, err))
        return false;
    if (text_known(*name) && is_group(*name)) {
        if (!options_next(reader, inv->arena, &inv->options, &word, err))
            return false;
        if (text_known(word))
            *name = text_format(inv->arena, "%.*s %.*s", TEXT_ARGS(*name), TEXT_ARGS(word));
    }
    inv->command = find_command(*name);
    return true;
}

static bool read_arguments(struct option_reader *reader, struct invocation *inv,
                           struct error *err)
{
    struct text argument;
    do {
        if (!options_next(reader, inv->arena, &inv->options, &argument, err))
            return false;
        if (text_known(argument))
            text_list_add(inv->arena, &inv->arguments, argument);
    } while (text_known(argument));
    return true;
}

/* ---- help ---- */

static bool print_help(struct text name, struct error *err)
{
    BUFFER_AUTO out = {0};
    const struct command *command = find_command(name);
    if (command)
        help_command(&out, command);
    else if (text_known(name) && is_group(name))
        help_group(&out, commands, name);
    else if (!text_known(name) || text_equal(name, TEXT("help")))
        help_all(&out, commands);
    else
        return unknown_command(name, err);
    output_buffer(&out);
    return true;
}

/* `tlsrpt help COMMAND` */
static bool run_help(struct option_reader *reader, struct invocation *inv, struct error *err)
{
    struct text name = TEXT_UNKNOWN;
    if (!read_arguments(reader, inv, err))
        return false;
    for (size_t i = 0; i < inv->arguments.count; i++)
        name = i ? text_format(inv->arena, "%.*s %.*s", TEXT_ARGS(name),
                               TEXT_ARGS(inv->arguments.at[i]))
                 : inv->arguments.at[i];
    return print_help(name, err);
}

static bool print_version(void)
{
    BUFFER_AUTO out = {0};
    buffer_add_text(&out, TEXT("tlsrpt " TLSRPT_VERSION "\n"));
    output_buffer(&out);
    return true;
}

static bool no_command(struct text group, struct error *err)
{
    BUFFER_AUTO out = {0};
    if (text_known(group))
        return error_set(err, ERROR_USAGE, "%.*s what? tlsrpt help %.*s lists it",
                         TEXT_ARGS(group), TEXT_ARGS(group));
    help_all(&out, commands);
    fwrite(out.at, 1, out.length, stderr);
    return error_set(err, ERROR_USAGE, "%s", "");
}

/* ---- running one ---- */

static bool set_up(struct invocation *inv, struct error *err)
{
    struct text now = invocation_option(inv, "now");
    inv->quiet = invocation_has(inv, "quiet");
    inv->verbose = invocation_has(inv, "verbose");
    inv->offline = invocation_has(inv, "offline");
    inv->now = time_now();
    return !text_known(now) || window_now(now, &inv->now, err);
}

static bool load_config(struct invocation *inv, struct error *err)
{
    const char *path;
    config_defaults(&inv->config);
    if (inv->command->config == CONFIG_UNREAD)
        return true;
    if (!paths_config(invocation_option(inv, "config"), inv->arena, &path, err))
        return false;
    if (path && !config_read(path, inv->arena, &inv->config, err))
        return false;
    if (inv->quiet || inv->delivery || inv->cgi)
        return true;
    for (size_t i = 0; i < inv->config.fault_count; i++) {
        struct text text = config_fault_text(inv->arena, &inv->config, &inv->config.faults[i]);
        output_message("%.*s", TEXT_ARGS(text));
    }
    return true;
}

static bool run_command(struct option_reader *reader, struct invocation *inv, struct error *err)
{
    const struct command *command = inv->command;
    reader->own = command->options;
    if (!read_arguments(reader, inv, err))
        return false;
    if (invocation_has(inv, "help"))
        return print_help(text_of(command->name), err);
    if (invocation_has(inv, "version"))
        return print_version();
    if (!options_match_command(&inv->options, command->options, command->name, err))
        return false;
    if (inv->arguments.count && !command->arguments)
        return error_set(err, ERROR_USAGE, "%s takes no argument, but \"%.*s\" is there",
                         command->name, TEXT_ARGS(text_first(inv->arguments.at[0], 60)));
    return set_up(inv, err) && load_config(inv, err) && command->run(inv, err);
}

static bool run(struct option_reader *reader, struct invocation *inv, struct error *err)
{
    struct text name;
    if (!read_command(reader, inv, &name, err))
        return false;
    if (inv->command)
        return run_command(reader, inv, err);
    if (text_known(name) && text_equal(name, TEXT("help")))
        return run_help(reader, inv, err);
    if (invocation_has(inv, "version"))
        return print_version();
    if (invocation_has(inv, "help"))
        return print_help(name, err);
    if (!text_known(name) || is_group(name))
        return no_command(name, err);
    return unknown_command(name, err);
}

/* Runs the command line. Returns its exit status, and in *ERR what is to be said about it. */
static int run_all(struct option_reader *reader, struct invocation *inv, struct error *err)
{
    struct error unwritten = {0};
    bool done = run(reader, inv, err);
    if (!done && inv->command && inv->command->failed) {
        inv->status = inv->command->failed(inv, err);
        *err = (struct error){0};
        done = true;
    }
    if (!output_finish(&unwritten) && done) {
        *err = unwritten;
        done = false;
    }
    return done ? inv->status : error_exit_status(err->code);
}

static int tlsrpt_main(int argc, char **argv, enum caller caller)
{
    ARENA_AUTO arena = {0};
    bool delivery = caller == CALLER_MAIL_SYSTEM;
    struct invocation inv = {
        .arena = &arena, .delivery = delivery, .cgi = caller == CALLER_WEB_SERVER};
    struct option_reader reader = {.argv = argv, .argc = argc, .next = 1};
    struct error err = {0};
    int status = run_all(&reader, &inv, &err);
    output_error(&err, delivery);
    if (delivery)
        return delivery_end(status, invocation_is(&inv, "unrecognized", "reject"));
    return status;
}

int main(int argc, char **argv)
{
    output_start();
    enum caller caller = delivery_caller(argc, argv);
    if (caller == CALLER_MAIL_SYSTEM)
        delivery_start();
    return tlsrpt_main(argc, argv, caller);
}
