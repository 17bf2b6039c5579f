#include "net_fetch.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "fetch/fetch.h"

/* A password is in this process: no core file, nobody who attaches to it, and no life after tlsrpt's. */
static void keep_to_oneself(void)
{
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static bool read_job(struct talk *talk, struct buffer *lines, struct fetch_job *job,
                     struct error *err)
{
    struct text line;
    while (talk_next(talk, -1, &line) == TALK_LINE && line.length) {
        buffer_add_text(lines, line);
        buffer_add_char(lines, '\n');
    }
    if (talk->ended)
        return error_set(err, ERROR_USAGE, "the job was cut off");
    return fetch_job_read(buffer_text(lines), job, err);
}

static bool tell_end(struct talk *talk, bool done, const struct error *why, struct error *err)
{
    struct fetch_event event = {.kind = EVENT_END};
    if (!done)
        event = (struct fetch_event){
            .kind = EVENT_FAILED, .numbers = {why->code}, .text = text_of(why->text)};
    return talk_tell(talk, &event, err);
}

bool net_fetch(int argc, char **argv, struct error *err)
{
    __attribute__((cleanup(talk_free))) struct talk talk = {0};
    BUFFER_AUTO lines = {0};
    struct fetch_job job;
    struct error why = {0};
    (void)argv;
    if (argc > 2)
        return error_set(err, ERROR_USAGE,
                         "fetch takes no argument: it is a part of tlsrpt fetch");
    keep_to_oneself();
    bool done = read_job(&talk, &lines, &job, &why) && fetch_run(&job, &talk, &why);
    return talk.ended || tell_end(&talk, done, &why, err);
}
