#include "cli/delivery.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/options.h"

static bool takes_value(const struct option *table, struct text name)
{
    for (; table->name; table++)
        if (table->value && text_equal(text_of(table->name), name))
            return true;
    return false;
}

/* Whether WORD is an option whose value is the next word. */
static bool value_follows(struct text word)
{
    struct text name = text_from(word, 2);
    return text_starts(word, TEXT("--")) && text_find_char(word, '=') == SIZE_MAX &&
           (takes_value(options_global, name) || takes_value(options_ingest, name));
}

enum caller delivery_caller(int argc, char **argv)
{
    bool ingest = false, dash = false, path = false, ended = false, cgi = false;
    for (int i = 1; i < argc; i++) {
        struct text word = text_of(argv[i]);
        bool lone_dash = text_equal(word, TEXT("-"));
        if (!ended && text_equal(word, TEXT("--"))) {
            ended = true;
        } else if (!ended && !lone_dash && text_starts(word, TEXT("-"))) {
            if (text_equal(word, TEXT("--help")) || text_equal(word, TEXT("-h")) ||
                text_equal(word, TEXT("--version")))
                return CALLER_OTHER;
            cgi = cgi || text_equal(word, TEXT("--cgi"));
            i += value_follows(word);
        } else if (!ingest) {
            if (!text_equal(word, TEXT("ingest")))
                return CALLER_OTHER;
            ingest = true;
        } else if (lone_dash) {
            dash = true;
        } else {
            path = true;
        }
    }
    if (!ingest)
        return CALLER_OTHER;
    if (cgi)
        return CALLER_WEB_SERVER;
    return dash || (!path && !isatty(STDIN_FILENO)) ? CALLER_MAIL_SYSTEM : CALLER_OTHER;
}

static void give_up(int number)
{
    (void)number;
    _exit(EX_TEMPFAIL);
}

void delivery_start(void)
{
    /* Signals that end a process, but those that main ignores and those that a sanitizer reports. */
    static const int fatal[] = {SIGHUP,  SIGINT,  SIGQUIT,   SIGTERM, SIGALRM, SIGUSR1, SIGUSR2,
                                SIGXCPU, SIGPROF, SIGVTALRM, SIGPWR,  SIGIO,   SIGTRAP, SIGABRT,
                                SIGSEGV, SIGBUS,  SIGFPE,    SIGILL,  SIGSYS};
    /* A stack that ran out cannot carry the handler. */
    static char stack[16 * 1024];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&own, NULL);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        struct sigaction old, action = {.sa_handler = give_up, .sa_flags = SA_ONSTACK};
        if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(fatal[i], &action, NULL);
    }
    memory_exhausted_status(EX_TEMPFAIL);
}

int delivery_end(int status, bool reject)
{
    static char unread[64 * 1024];
    ssize_t got;
    do
        got = read(STDIN_FILENO, unread, sizeof unread);
    while (got > 0 || (got < 0 && errno == EINTR));
    if (status == EX_OK || (reject && status == EX_DATAERR))
        return status;
    return EX_TEMPFAIL;
}
