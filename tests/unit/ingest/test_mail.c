/* What a mail, or a bare file, is taken for: reports, a fault, or something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail_scene.h"

struct verdict {
    const char *name;
    struct text mail;
    size_t reports;
    const char *fault; /* null: none; else it begins so */
};

static void check(const struct verdict *row, bool crlf)
{
    SCENE_AUTO scene = SCENE;
    BUFFER_AUTO lf = {0};
    fill(&lf, row->mail);
    for (size_t i = 0; i < lf.length; i++) {
        if (crlf && lf.at[i] == '\n')
            buffer_add_char(&scene.mail, '\r');
        buffer_add_char(&scene.mail, lf.at[i]);
    }
    const struct reading *reading = read_scene(&scene);
    bool fault_fits = row->fault ? text_starts(reading->fault, text_of(row->fault))
                                 : !text_known(reading->fault);
    if (reading->report_count != row->reports || !fault_fits)
        fail_msg("%s%s: %zu reports, fault \"%.*s\"", row->name, crlf ? " (CRLF)" : "",
                 reading->report_count, TEXT_ARGS(reading->fault));
}

static void check_all(const struct verdict *rows, size_t count, bool binary)
{
    for (size_t i = 0; i < count; i++) {
        check(&rows[i], false);
        if (!binary)
            check(&rows[i], true);
    }
}

#define CHECK_ALL(rows)  check_all(rows, sizeof(rows) / sizeof *(rows), false)
#define CHECK_BARE(rows) check_all(rows, sizeof(rows) / sizeof *(rows), true)

static void report_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const struct verdict rows[] = {
        {"as the RFC has it",
         TEXT_ROW(CLAIMING REPORT HUMAN "--b\n" GZIP_TYPE BASE64 "@GZIP64@" LAST), 1, NULL},
        {"tlsrpt+json",
         TEXT_ROW(CLAIMING REPORT HUMAN "--b\nContent-Type: application/"
                                        "tlsrpt+json\n\n@JSON@" LAST),
         1, NULL},
        {"tlsrpt", TEXT_ROW(MIXED "--b\nContent-Type: application/tlsrpt\n\n@JSON@" LAST), 1,
         NULL},
        {"single part", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@GZIP64@"), 1, NULL},
        {"application/gzip",
         TEXT_ROW(PLAIN MIXED HUMAN "--b\nContent-Type: application/gzip\n" BASE64
                                    "@GZIP64@" LAST),
         1, NULL},
        {"application/x-gzip",
         TEXT_ROW(PLAIN MIXED HUMAN "--b\nContent-Type: application/"
                                    "x-gzip\n" BASE64 "@GZIP64@" LAST),
         1, NULL},
        {"application/json",
         TEXT_ROW(PLAIN MIXED "--b\nContent-Type: application/json\n" BASE64 "@JSON64@" LAST),
         1, NULL},
        {"application/octet-stream",
         TEXT_ROW(PLAIN MIXED "--b\nContent-Type: application/octet-stream; "
                              "name=a.json.gz\n" BASE64 "@GZIP64@" LAST),
         1, NULL},
        {"application/zip with two",
         TEXT_ROW(PLAIN MIXED "--b\nContent-Type: application/zip\n" BASE64 "@ZIP64@" LAST), 2,
         NULL},
        {"any other type",
         TEXT_ROW(PLAIN MIXED "--b\nContent-Type: image/png\n" BASE64 "@GZIP64@" LAST), 1,
         NULL},
        {"no type", TEXT_ROW(PLAIN "\n@JSON@"), 1, NULL},
        {"a byte order mark and blanks", TEXT_ROW(PLAIN "\n\xef\xbb\xbf \n\t@JSON@"), 1, NULL},
        {"gzip that is JSON", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@JSON64@"), 1, NULL},
        {"JSON that is gzip",
         TEXT_ROW(CLAIMING "Content-Type: application/tlsrpt+json\n" BASE64 "@GZIP64@"), 1,
         NULL},
        {"two reports",
         TEXT_ROW(CLAIMING MIXED "--b\n" GZIP_TYPE BASE64 "@GZIP64@--b\n" GZIP_TYPE BASE64
                                 "@GZIP64@" LAST),
         2, NULL},
        {"nested",
         TEXT_ROW(CLAIMING MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\n"
                                 "--c\n" GZIP_TYPE BASE64 "@GZIP64@--c--\n" LAST),
         1, NULL},
        {"forwarded",
         TEXT_ROW(PLAIN MIXED HUMAN
                  "--b\nContent-Type: message/rfc822\n\n" CLAIMING GZIP_TYPE BASE64
                  "@GZIP64@" LAST),
         1, NULL},
        {"forwarded in base64",
         TEXT_ROW(PLAIN MIXED HUMAN "--b\nContent-Type: message/rfc822\n" BASE64
                                    "@MESSAGE64@" LAST),
         1, NULL},
        {"a digest",
         TEXT_ROW(
             PLAIN
             "Content-Type: multipart/digest; boundary=b\n\n--b\n\n" CLAIMING GZIP_TYPE BASE64
             "@GZIP64@" LAST),
         1, NULL},
        {"base64 of odd width", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@GZIP64-ODD@"), 1, NULL},
        {"base64 in one line", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@GZIP64-LINE@"), 1, NULL},
        {"base64 without padding",
         TEXT_ROW(CLAIMING "Content-Type: application/tlsrpt+json\n" BASE64 "@UNPADDED64@"), 1,
         NULL},
        {"quoted-printable",
         TEXT_ROW(PLAIN "Content-Type: application/json\nContent-Transfer-"
                        "Encoding: quoted-printable\n\n@QUOTED@"),
         1, NULL},
        {"uuencode",
         TEXT_ROW(PLAIN "Content-Type: application/gzip\nContent-Transfer-Encoding: "
                        "x-uuencode\n\n@UUENCODED@"),
         1, NULL},
        {"a From line",
         TEXT_ROW("From x@example.org Fri Jan  2 00:00:00 2026\n" CLAIMING GZIP_TYPE BASE64
                  "@GZIP64@"),
         1, NULL},
        {"a quoted From line",
         TEXT_ROW(">From x@example.org Fri Jan  2 00:00:00 2026\n" CLAIMING GZIP_TYPE BASE64
                  "@GZIP64@"),
         1, NULL},
        {"an empty line first", TEXT_ROW("\n" CLAIMING GZIP_TYPE BASE64 "@GZIP64@"), 1, NULL},
        {"a field that is folded badly",
         TEXT_ROW("Subject: Report Domain: example.com\nSubmitter and more\n" CLAIMING GZIP_TYPE
                      BASE64 "@GZIP64@"),
         1, NULL},
        {"a blank before the colon",
         TEXT_ROW("Content-Type : application/gzip\nContent-Transfer-"
                  "Encoding\t: base64\n\n@GZIP64@"),
         1, NULL},
        {"no empty line before the document",
         TEXT_ROW(CLAIMING "Content-Type: application/json\n@JSON@"), 1, NULL},
        {"no empty line before the first boundary",
         TEXT_ROW("Content-Type: multipart/mixed; boundary=b\n--b\n" GZIP_TYPE BASE64
                  "@GZIP64@" LAST),
         1, NULL},
        {"a NUL in a field",
         TEXT_ROW("Content-Type: multipart/mixed;\0 boundary=b\n\n--b\n" GZIP_TYPE BASE64
                  "@GZIP64@" LAST),
         1, NULL},
        {"a digest without that empty line",
         TEXT_ROW(PLAIN "Content-Type: multipart/digest; boundary=b\n\n--b\n\n" CLAIMING
                        "@JSON@" LAST),
         1, NULL},
        {"a boundary that ends as a longer one",
         TEXT_ROW("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
                  "multipart/mixed; boundary=bb\n\n--bb\n" GZIP_TYPE BASE64
                  "@GZIP64@--bb--\n" LAST),
         1, NULL},
    };
    CHECK_ALL(rows);
}

static void damage_around_a_whole_document_is_no_fault(void **state)
{
    (void)state;
    static const struct verdict rows[] = {
        {"no last boundary",
         TEXT_ROW(CLAIMING REPORT HUMAN "--b\n" GZIP_TYPE BASE64 "@GZIP64@"), 1, NULL},
        {"a last boundary without its end",
         TEXT_ROW(CLAIMING REPORT HUMAN "--b\n" GZIP_TYPE BASE64 "@GZIP64@--b\n"), 1, NULL},
        {"gzip without its trailer", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@TAIL-CUT64@"), 1,
         NULL},
        {"gzip with a wrong checksum", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@BROKEN-CRC64@"), 1,
         NULL},
        {"gzip of two members", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@MEMBERS64@"), 1, NULL},
        {"an inner boundary that is missing",
         TEXT_ROW(CLAIMING MIXED
                  "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n" GZIP_TYPE BASE64
                  "@GZIP64@" LAST),
         1, NULL},
    };
    CHECK_ALL(rows);
}

static void what_claims_and_cannot_be_used_is_a_fault(void **state)
{
    (void)state;
    static const struct verdict rows[] = {
        {"cut gzip of that type", TEXT_ROW(PLAIN GZIP_TYPE BASE64 "@STUMP64@"), 0,
         "the gzip data ends early"},
        {"cut gzip and a header",
         TEXT_ROW(CLAIMING "Content-Type: application/gzip\n" BASE64 "@STUMP64@"), 0,
         "the gzip data ends early"},
        {"cut gzip that shows policies",
         TEXT_ROW(PLAIN "Content-Type: application/gzip\n" BASE64 "@CUT64@"), 0,
         "the gzip data ends early"},
        {"cut JSON", TEXT_ROW(PLAIN "\n@CUT-JSON@"), 0, "the JSON document ends"},
        {"cut JSON beside a report",
         TEXT_ROW(PLAIN MIXED
                  "--b\nContent-Type: application/json\n\n@CUT-JSON@--b\n" GZIP_TYPE BASE64
                  "@GZIP64@" LAST),
         1, "the JSON document ends"},
        {"text of that type beside a report",
         TEXT_ROW(PLAIN MIXED
                  "--b\nContent-Type: application/tlsrpt+json\n\nhello\n--b\n" GZIP_TYPE BASE64
                  "@GZIP64@" LAST),
         1, "it holds no TLS report"},
        {"a header and nothing", TEXT_ROW(CLAIMING "\nhello\n"), 0, "it holds no TLS report"},
        {"another such header", TEXT_ROW(PLAIN "TLS-Report-Id: 1\n\nhello\n"), 0,
         "it holds no TLS report"},
        {"report-type and nothing", TEXT_ROW(PLAIN REPORT HUMAN LAST), 0,
         "it holds no TLS report"},
        {"report-type inside",
         TEXT_ROW(PLAIN "Content-Type: multipart/mixed; boundary=a\n\n"
                        "--a\n" REPORT HUMAN LAST "--a--\n"),
         0, "it holds no TLS report"},
        {"a forwarded header",
         TEXT_ROW(PLAIN "Content-Type: message/rfc822\n\n" CLAIMING "\nhello\n"), 0,
         "it holds no TLS report"},
        {"an empty part", TEXT_ROW(PLAIN MIXED "--b\n" GZIP_TYPE BASE64 LAST), 0,
         "it holds no TLS report"},
        {"DMARC in that type", TEXT_ROW(PLAIN GZIP_TYPE BASE64 "@XML64@"), 0,
         "it holds no TLS report"},
        {"a bomb", TEXT_ROW(CLAIMING GZIP_TYPE BASE64 "@BOMB64@"), 0,
         "larger than the limit of 33554432 bytes"},
        {"a zip of that type", TEXT_ROW(PLAIN GZIP_TYPE BASE64 "@TEXT-ZIP64@"), 0,
         "it holds no TLS report"},
        {"JSON without policies", TEXT_ROW(CLAIMING "\n{\"report-id\":\"x\"}\n"), 0,
         "the JSON document has no"},
    };
    CHECK_ALL(rows);
}

static void anything_else_is_left_alone(void **state)
{
    (void)state;
    static const struct verdict rows[] = {
        {"nothing", TEXT_ROW(""), 0, NULL},
        {"a mail", TEXT_ROW(PLAIN "\nhello {\"policies\"\n"), 0, NULL},
        {"no mail", TEXT_ROW("hello\n"), 0, NULL},
        {"headers alone", TEXT_ROW("Subject: x"), 0, NULL},
        {"DMARC", TEXT_ROW(PLAIN "Content-Type: application/gzip\n" BASE64 "@XML64@"), 0, NULL},
        {"DMARC as JSON", TEXT_ROW(PLAIN "\n{\"report_id\":1,\"date_range\":{}}\n"), 0, NULL},
        {"a cloud document", TEXT_ROW(PLAIN "\n{\"policies\":[{\"name\":\"x\"}]}\n"), 0, NULL},
        {"broken JSON", TEXT_ROW(PLAIN "\n{\"a\":}\n"), 0, NULL},
        {"cut gzip", TEXT_ROW(PLAIN "Content-Type: application/gzip\n" BASE64 "@STUMP64@"), 0,
         NULL},
        {"a bomb", TEXT_ROW(PLAIN "Content-Type: application/gzip\n" BASE64 "@BOMB64@"), 0,
         NULL},
        {"a bomb of text",
         TEXT_ROW(PLAIN "Content-Type: application/gzip\n" BASE64 "@TEXT-BOMB64@"), 0, NULL},
        {"that type in a second field",
         TEXT_ROW(PLAIN "Content-Type: text/plain\n" GZIP_TYPE "\nhello\n"), 0, NULL},
        {"a bounce that carries a report",
         TEXT_ROW(CLAIMING "Content-Type: multipart/report; report-type=delivery-status; "
                           "boundary=b\n\n" HUMAN
                           "--b\nContent-Type: message/rfc822\n\n" CLAIMING GZIP_TYPE BASE64
                           "@GZIP64@" LAST),
         0, NULL},
        {"a mail as text",
         TEXT_ROW(PLAIN MIXED "--b\nContent-Type: text/plain\n\n" CLAIMING GZIP_TYPE BASE64
                              "@GZIP64@" LAST),
         0, NULL},
        {"a mail in octets",
         TEXT_ROW(PLAIN MIXED "--b\nContent-Type: application/octet-stream\n" BASE64
                              "@MESSAGE64@" LAST),
         0, NULL},
        {"its word in a value", TEXT_ROW("Subject: TLS-Report-Domain: example.com\n\nhello\n"),
         0, NULL},
    };
    CHECK_ALL(rows);
}

static void bare_files_are_known_by_content(void **state)
{
    (void)state;
    static const struct verdict rows[] = {
        {"JSON", TEXT_ROW("@JSON@"), 1, NULL},
        {"JSON behind a mark", TEXT_ROW("\xef\xbb\xbf\r\n@JSON@"), 1, NULL},
        {"gzip", TEXT_ROW("@GZIP@"), 1, NULL},
        {"a binary part",
         TEXT_ROW(CLAIMING GZIP_TYPE "Content-Transfer-Encoding: binary\n\n"
                                     "@GZIP@"),
         1, NULL},
        {"cut JSON", TEXT_ROW("@CUT-JSON@"), 0, "the JSON document ends"},
        {"another document", TEXT_ROW("{\"a\":1}"), 0, NULL},
        {"a cloud document", TEXT_ROW("{\"policies\":[]}"), 0, NULL},
        {"damaged gzip", TEXT_ROW("\x1f\x8b hello"), 0, NULL},
        {"damaged zip", TEXT_ROW("PK\3\4 hello"), 0, NULL},
    };
    CHECK_BARE(rows);
}

static void mail_that_claims_vouches_for_its_document(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    const struct reading *reading =
        read_template(&scene, TEXT(CLAIMING "\n{\"policies\":[]}\n"));
    assert_int_equal(reading->report_count, 1);
    assert_false(text_known(reading->fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_is_found_wherever_it_stands),
        cmocka_unit_test(damage_around_a_whole_document_is_no_fault),
        cmocka_unit_test(what_claims_and_cannot_be_used_is_a_fault),
        cmocka_unit_test(anything_else_is_left_alone),
        cmocka_unit_test(bare_files_are_known_by_content),
        cmocka_unit_test(mail_that_claims_vouches_for_its_document),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
