/* What passes between tlsrpt and tlsrpt-net. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailbox/fetch_job.h"

static struct fetch_job sample(void)
{
    return (struct fetch_job){
        .mode = FETCH_WATCH,
        .host = TEXT("imap.example.net"),
        .port = 993,
        .tls = TLS_STARTTLS,
        .user = TEXT("a user"),
        .auth = AUTH_XOAUTH2,
        .command = TEXT("pass  show 'x y'"),
        .folder = TEXT("Türkçe / b"),
        .after = MAIL_MOVE,
        .after_folder = TEXT("Done"),
        .max_size = UINT64_MAX,
        .spool = TEXT("/s"),
        .uidvalidity = UINT32_MAX,
        .last_uid = 7,
        .owed = TEXT("1:5,9"),
    };
}

static void a_job_arrives_as_it_was_sent(void **state)
{
    (void)state;
    BUFFER_AUTO lines = {0};
    struct error err;
    struct fetch_job job = sample(), read;
    assert_true(fetch_job_write(&lines, &job, &err));
    assert_true(text_equal(text_from(buffer_text(&lines), lines.length - 2), TEXT("\n\n")));
    assert_true(fetch_job_read(buffer_text(&lines), &read, &err));
    assert_int_equal(read.mode, job.mode);
    assert_int_equal(read.port, job.port);
    assert_int_equal(read.tls, job.tls);
    assert_int_equal(read.auth, job.auth);
    assert_int_equal(read.after, job.after);
    assert_true(read.max_size == job.max_size);
    assert_true(read.uidvalidity == job.uidvalidity);
    assert_int_equal(read.last_uid, job.last_uid);
    assert_true(text_equal(read.command, job.command));
    assert_true(text_equal(read.folder, job.folder));
    assert_true(text_equal(read.after_folder, job.after_folder));
    assert_true(text_equal(read.owed, job.owed));
    assert_false(text_known(read.again));
    assert_false(text_known(read.ca_file));
}

static void a_value_cannot_bring_a_line_of_its_own(void **state)
{
    (void)state;
    static const char bad[][3] = {"a\n", "a\r", "a\0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        BUFFER_AUTO lines = {0};
        struct error err;
        struct fetch_job job = sample();
        job.user = (struct text){bad[i], 2};
        assert_false(fetch_job_write(&lines, &job, &err));
        assert_int_equal(err.code, ERROR_USAGE);
    }
}

static void what_is_no_job_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "host\n",
        "colour red\n",
        "host h\nport x\n",
        "host h\nport 70000\nuser u\ncommand c\nfolder f\n",
        "host h\nport 993\nuser u\nfolder f\n",
        "host h\nport 993\nuser u\ncommand c\nfolder f\nlast-uid 4294967296\n",
    };
    struct fetch_job job;
    struct error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fetch_job_read(text_of(bad[i]), &job, &err))
            fail_msg("this was read: %s", bad[i]);
}

static void assert_event(const struct fetch_event *event, const char *line)
{
    BUFFER_AUTO out = {0};
    struct fetch_event read;
    fetch_event_write(&out, event);
    assert_true(text_equal(buffer_text(&out), text_of(line)));
    assert_true(fetch_event_read(text_first(buffer_text(&out), out.length - 1), &read));
    assert_int_equal(read.kind, event->kind);
    assert_memory_equal(read.numbers, event->numbers, sizeof read.numbers);
}

static void events_are_lines(void **state)
{
    (void)state;
    struct fetch_event read;
    assert_event(
        &(struct fetch_event){.kind = EVENT_MAIL, .numbers = {7, 1, 0, 300, UINT64_MAX}},
        "mail 7 1 0 300 18446744073709551615\n");
    assert_event(&(struct fetch_event){.kind = EVENT_END}, "end\n");
    assert_event(&(struct fetch_event){.kind = EVENT_LOST, .numbers = {3}, .text = TEXT("a b")},
                 "lost 3 a b\n");
    assert_event(&(struct fetch_event){.kind = EVENT_NOTE, .text = TEXT("a\r\nend\n")},
                 "note a  end \n");
    static const char *const bad[] = {"",         "mail",   "mail 1 2 3 4", "mail 1 2 3 4 5 6",
                                      "end 1",    "note",   "batch x",      "batch",
                                      "batch 1 ", "lost 3", "colour",       "mail 1 2 3 4 -1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fetch_event_read(text_of(bad[i]), &read))
            fail_msg("\"%s\" was read", bad[i]);
}

static void acknowledgements_name_both_lots(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO out = {0};
    struct fetch_done done = {0};
    uid_set_add(&arena, &done.lots[LOT_AFTER], 4);
    fetch_done_write(&out, &done);
    assert_true(text_equal(buffer_text(&out), TEXT("done 4 -\n")));
    assert_true(fetch_done_read(TEXT("done - 1:3"), &arena, &done));
    assert_int_equal(done.lots[LOT_AFTER].count, 0);
    assert_int_equal(done.lots[LOT_AFTER_FAILED].at[0].last, 3);
    assert_false(fetch_done_read(TEXT("done -"), &arena, &done));
    assert_false(fetch_done_read(TEXT("done - - -"), &arena, &done));
    assert_false(fetch_done_read(TEXT("gone - -"), &arena, &done));
    assert_false(fetch_done_read(TEXT("done - x"), &arena, &done));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_arrives_as_it_was_sent),
        cmocka_unit_test(a_value_cannot_bring_a_line_of_its_own),
        cmocka_unit_test(what_is_no_job_is_refused),
        cmocka_unit_test(events_are_lines),
        cmocka_unit_test(acknowledgements_name_both_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
