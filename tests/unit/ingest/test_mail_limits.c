/* Limits hold exactly, and no mail makes reading slow or large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "mail_scene.h"

static void report_limit_is_exact(void **state)
{
    (void)state;
    static const struct text templates[] = {
        TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@GZIP64@"),
        TEXT_ROW("@GZIP@"),
        TEXT_ROW("@JSON@"),
    };
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        for (size_t less = 0; less < 2; less++) {
            SCENE_AUTO scene = SCENE;
            scene.options.limits.report_size = report_json.length - less;
            const struct reading *reading = read_template(&scene, templates[i]);
            assert_int_equal(reading->report_count, 1 - less);
            assert_int_equal(text_known(reading->fault), less);
        }
}

/* A mail whose report lies DEPTH multiparts or messages deep. */
static void add_nest(struct buffer *out, unsigned depth, bool messages)
{
    for (unsigned i = 0; i < depth; i++)
        if (messages)
            buffer_add_text(out, TEXT("Content-Type: message/rfc822\n\n"));
        else
            buffer_format(out, "Content-Type: multipart/mixed; boundary=\"b%u\"\n\n--b%u\n", i,
                          i);
    fill(out, TEXT("Content-Type: application/gzip\n" BASE64 "@GZIP64@"));
}

static void depth_limit_is_exact(void **state)
{
    (void)state;
    for (unsigned depth = 4; depth < 8; depth++)
        for (int messages = 0; messages < 2; messages++)
            for (int claims = 0; claims < 2; claims++) {
                SCENE_AUTO scene = SCENE;
                scene.options.limits.mime_depth = 5;
                buffer_add_text(&scene.mail, claims ? TEXT(CLAIMING) : TEXT(PLAIN));
                add_nest(&scene.mail, depth, messages);
                const struct reading *reading = read_scene(&scene);
                assert_int_equal(reading->report_count, depth <= 5);
                assert_text(reading->fault,
                            depth > 5 && claims ? "MIME nesting deeper than 5" : NULL);
            }
}

static void of_a_truncated_mail_only_its_claim_counts(void **state)
{
    (void)state;
    static const struct {
        struct text mail;
        bool claims;
    } rows[] = {
        {TEXT_ROW(CLAIMING "\nhello"), true},
        {TEXT_ROW(PLAIN GZIP_TYPE BASE64 "H4sI"), true},
        {TEXT_ROW(PLAIN "Content-Type: application/gzip\n" BASE64 "@CUT64@"), true},
        {TEXT_ROW(PLAIN "\n@JSON@"), true},
        {TEXT_ROW("@CUT-JSON@"), true},
        {TEXT_ROW(PLAIN "\nhello"), false},
        {TEXT_ROW("{\"a\":1, \"b\":"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        scene.options.limits.mail_size = 1000;
        fill(&scene.mail, rows[i].mail);
        mail_read(buffer_text(&scene.mail), TEXT_UNKNOWN, true, &scene.options, &scene.arena,
                  &scene.reading);
        assert_int_equal(scene.reading.report_count, 0);
        assert_text(scene.reading.fault,
                    rows[i].claims ? "larger than the limit of 1000 bytes for a mail" : NULL);
    }
}

static void header_lines_of_any_size_and_content_do_no_harm(void **state)
{
    (void)state;
    static const struct text heads[] = {
        TEXT_ROW("X-Long: "),
        TEXT_ROW("Received: "),
        TEXT_ROW("Authentication-Results: "),
        TEXT_ROW("Content-Disposition: attachment; x="),
        TEXT_ROW("no colon "),
        TEXT_ROW(" fold"),
    };
    static const struct text fillings[] = {TEXT_ROW("y"), TEXT_ROW("\0"), TEXT_ROW("\xff;("),
                                           TEXT_ROW("\n z"), TEXT_ROW("=?utf-8?q?=41?= ")};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        for (size_t k = 0; k < sizeof fillings / sizeof *fillings; k++) {
            SCENE_AUTO scene = SCENE;
            scene.options.authserv_id = TEXT("mx.example.net");
            buffer_add_text(&scene.mail, TEXT(CLAIMING));
            buffer_add_text(&scene.mail, heads[i]);
            while (scene.mail.length < 1 << 20)
                buffer_add_text(&scene.mail, fillings[k]);
            const struct reading *reading =
                read_template(&scene, TEXT("\n" GZIP_TYPE BASE64 "@GZIP64@"));
            assert_int_equal(reading->report_count, 1);
        }
}

#if defined __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#elif defined __has_feature
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

/* The sanitizer keeps what was freed, a quarter of a gigabyte of it. */
enum { FLOOD_SECONDS = 20, FLOOD_KIB = SANITIZED ? 768 << 10 : 96 << 10 };

static void flood(struct scene *scene, struct text head, struct text repeated, size_t times,
                  struct text tail)
{
    buffer_add_text(&scene->mail, head);
    for (size_t i = 0; i < times; i++)
        buffer_add_text(&scene->mail, repeated);
    clock_t start = clock();
    read_template(scene, tail);
    assert_in_range((clock() - start) / CLOCKS_PER_SEC, 0, FLOOD_SECONDS);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    assert_in_range(usage.ru_maxrss, 0, FLOOD_KIB);
}

#define FINAL GZIP_TYPE BASE64 "@GZIP64@"

static void floods_stay_fast_and_small(void **state)
{
    (void)state;
    static const struct {
        struct text head, repeated;
        size_t times;
        struct text tail;
        const char *fault; /* null: the report behind it all is found */
    } rows[] = {
        {TEXT_ROW(CLAIMING), TEXT_ROW("X: y\n"), 100000, TEXT_ROW(FINAL), NULL},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Received: x; y\n"), 100000, TEXT_ROW(FINAL), NULL},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Authentication-Results: x; none\n"), 100000,
         TEXT_ROW(FINAL), NULL},
        {TEXT_ROW(CLAIMING MIXED "--b\n"), TEXT_ROW("X: y\n"), 100000, TEXT_ROW(FINAL), NULL},
        {TEXT_ROW(CLAIMING MIXED "--b\nContent-Type: message/rfc822\n\n"),
         TEXT_ROW("Received: x; y\n"), 100000, TEXT_ROW(FINAL), NULL},
        {TEXT_ROW(CLAIMING MIXED), TEXT_ROW("--b\nContent-Type: text/plain\n\nhello\n"), 10000,
         TEXT_ROW("--b\n" FINAL), NULL},
        {TEXT_ROW(CLAIMING MIXED "--b\n\n"), TEXT_ROW("--c\n"), 1000000,
         TEXT_ROW("--b\n" FINAL), NULL},
        {TEXT_ROW(CLAIMING MIXED), TEXT_ROW("--b\n\n"), 1000000, TEXT_ROW("--b\n" FINAL),
         "more MIME parts than can be read"},
        {TEXT_ROW(CLAIMING MIXED), TEXT_ROW("--b\nContent-Type: a/b; c=d; e=f; g=h; i=j\n\n"),
         19000, TEXT_ROW("--b\n" FINAL), "more MIME parts than can be read"},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Content-Type: message/rfc822\n\n"), 100000,
         TEXT_ROW(FINAL), "MIME nesting deeper than 32"},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Content-Type: multipart/digest; boundary=b\n\n--b\n\n"),
         100000, TEXT_ROW(FINAL), "more MIME parts than can be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        flood(&scene, rows[i].head, rows[i].repeated, rows[i].times, rows[i].tail);
        if (scene.reading.report_count != !rows[i].fault)
            fail_msg("flood %zu: %zu reports", i, scene.reading.report_count);
        assert_text(scene.reading.fault, rows[i].fault);
    }
}

static void twenty_thousand_levels_stay_fast_and_small(void **state)
{
    (void)state;
    for (int dashes = 0; dashes < 2; dashes++) {
        SCENE_AUTO scene = SCENE;
        buffer_add_text(&scene.mail, TEXT(CLAIMING));
        add_nest(&scene.mail, 20000, false);
        flood(&scene, TEXT("\n"), TEXT("--c\n"), dashes ? 1000000 : 0, TEXT("\n"));
        assert_text(scene.reading.fault, "MIME nesting deeper than 32");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_limit_is_exact),
        cmocka_unit_test(depth_limit_is_exact),
        cmocka_unit_test(of_a_truncated_mail_only_its_claim_counts),
        cmocka_unit_test(header_lines_of_any_size_and_content_do_no_harm),
        cmocka_unit_test(floods_stay_fast_and_small),
        cmocka_unit_test(twenty_thousand_levels_stay_fast_and_small),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
