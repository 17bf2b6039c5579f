/* Telling somebody, once. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"
#include "cli/checking.h"
#include "cli/output.h"

extern char **environ;

/* ---- running a command ---- */

/* Runs COMMAND by the shell with MESSAGE as its standard input; what it prints goes to standard error. */
static bool pipe_into(char *command, struct text message, struct error *err)
{
    int ends[2];
    pid_t child;
    posix_spawn_file_actions_t actions;
    char shell[] = "sh", option[] = "-c";
    char *argv[] = {shell, option, command, NULL};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ERROR_TRY_AGAIN, "no pipe for the notify command: %s",
                         strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int failed = posix_spawn(&child, "/bin/sh", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    /* A command that reads no more than it wants and succeeds has done its work. */
    struct error unread = {0};
    if (!failed)
        file_write(ends[1], message.at, message.length, &unread);
    close(ends[1]);
    int status = 0;
    while (!failed && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (failed)
        return error_set(err, ERROR_UNAVAILABLE, "the notify command cannot be run: %s",
                         strerror(failed));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "the notify command ended with %d: it is tried again at the next run",
                         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return true;
}

/* ---- who is told ---- */

/* Those of one group get one message. */
struct recipients {
    struct text command;
    struct text_list to;
    struct alert alert;
    struct {
        struct escalation_line *at;
        size_t count;
    } lines;
};
struct recipients_list {
    struct recipients *at;
    size_t count;
};

static struct recipients *recipients_of(const struct invocation *inv, struct text domain,
                                        struct text command, struct recipients_list *list)
{
    const struct config_domain *configured = config_domain(&inv->config, domain);
    bool own_to = configured && configured->mail_to.count;
    struct text_list to = own_to ? configured->mail_to : inv->config.mail_to;
    if (configured && text_known(configured->notify))
        command = configured->notify;
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->at[i].command, command) && text_list_equal(&list->at[i].to, &to))
            return &list->at[i];
    VECTOR_ADD(inv->arena, list, ((struct recipients){.command = command, .to = to}));
    return &list->at[list->count - 1];
}

static bool is_told(const struct escalation_line *line)
{
    return line->state == ESCALATION_NEW || line->state == ESCALATION_RESOLVED || line->worse;
}

/* ---- an alert that its own fault would keep back ---- */

/* Whether ADDRESS is in a domain whose mail is refused. */
static bool is_in_failing(const struct checking *checking, struct text address)
{
    size_t at = text_find_char(address, '@');
    struct text domain = at == SIZE_MAX ? address : text_from(address, at + 1);
    for (size_t i = 0; i < checking->report.escalations.count; i++) {
        const struct escalation_line *line = &checking->report.escalations.at[i];
        if (line->finding && line->finding->impact == IMPACT_REFUSED &&
            text_equal_nocase(line->domain, domain))
            return true;
    }
    return false;
}

static void warn_of_address(const struct invocation *inv, const struct checking *checking,
                            struct recipients *group)
{
    for (size_t i = 0; i < group->to.count; i++) {
        if (!is_in_failing(checking, group->to.at[i]))
            continue;
        struct text note = text_format(
            inv->arena,
            "This alert goes to %.*s, a domain whose mail is refused: use another address",
            TEXT_ARGS(group->to.at[i]));
        text_list_add(inv->arena, &group->alert.notes, note);
        output_message("%.*s", TEXT_ARGS(note));
    }
}

/* ---- remembering ---- */

static bool remember(const struct invocation *inv, struct store *store,
                     const struct checking *checking, const struct escalation_line *line,
                     struct error *err)
{
    struct stored_escalation escalation = {
        .id = line->id,
        .domain = line->domain,
        .code = line->code,
        .title = line->title,
        .severity = line->finding ? line->finding->severity : 0,
        .failed_sessions = line->finding ? line->finding->failed_sessions : 0,
        .opened_at = inv->now,
        .notified_at = inv->now,
        .closed_at = line->state == ESCALATION_RESOLVED ? inv->now : TIME_UNKNOWN,
    };
    for (size_t i = 0; i < checking->notified.count; i++)
        if (text_equal(checking->notified.at[i].id, line->id) && line->state != ESCALATION_NEW)
            escalation.opened_at = checking->notified.at[i].opened_at;
    return store_put_escalation(store, &escalation, err);
}

static bool tell(const struct invocation *inv, struct store *store,
                 const struct checking *checking, struct recipients *group, struct error *err)
{
    BUFFER_AUTO message = {0};
    group->alert.now = inv->now;
    group->alert.from = invocation_mail_from(inv);
    group->alert.to = group->to;
    group->alert.at = group->lines.at;
    group->alert.count = group->lines.count;
    alert_mail(&message, &group->alert);
    if (!pipe_into(text_string(inv->arena, group->command), buffer_text(&message), err))
        return false;
    for (size_t i = 0; i < group->lines.count; i++)
        if (!remember(inv, store, checking, &group->lines.at[i], err))
            return false;
    return true;
}

bool notify(const struct invocation *inv, struct store *store, struct checking *checking,
            struct text command, struct error *err)
{
    struct recipients_list groups = {0};
    bool good = true;
    for (size_t i = 0; i < checking->report.escalations.count; i++) {
        const struct escalation_line *line = &checking->report.escalations.at[i];
        if (!is_told(line))
            continue;
        struct recipients *group = recipients_of(inv, line->domain, command, &groups);
        VECTOR_ADD(inv->arena, &group->lines, *line);
    }
    /* One group that cannot be told does not keep the others waiting. */
    for (size_t i = 0; i < groups.count; i++) {
        struct error why = {0};
        warn_of_address(inv, checking, &groups.at[i]);
        for (size_t j = 0; j < checking->report.notes.count; j++)
            text_list_add(inv->arena, &groups.at[i].alert.notes, checking->report.notes.at[j]);
        if (tell(inv, store, checking, &groups.at[i], &why))
            continue;
        *err = why;
        good = false;
    }
    return good;
}
