/* What a mail, or a bare file, is taken for: reports, a fault, or something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"
#include "blobs.h"
#include "ingest/mail.h"

static const struct text report_json = TEXT_ROW(
    "{\"organization-name\":\"Reporter One\",\"date-range\":{\"start-datetime\":"
    "\"2026-01-01T00:00:00Z\",\"end-datetime\":\"2026-01-01T23:59:59Z\"},\"contact-info\":"
    "\"tls@reporter.example\",\"report-id\":\"r1\",\"policies\":[{\"policy\":{\"policy-type\":"
    "\"sts\",\"policy-domain\":\"example.com\"},\"summary\":{\"total-successful-session-"
    "count\":"
    "5,\"total-failure-session-count\":0}}]}\n");

static struct text text_in(const struct buffer *buffer)
{
    return buffer_text(buffer);
}

static void add_gzip(struct buffer *out)
{
    add_deflated(out, report_json, GZIP);
}

static void add_json64(struct buffer *out)
{
    add_base64(out, report_json, 76);
}

static void add_gzip64_width(struct buffer *out, size_t width)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_in(&gzip), width);
}

static void add_gzip64(struct buffer *out)
{
    add_gzip64_width(out, 76);
}

static void add_gzip64_odd(struct buffer *out)
{
    add_gzip64_width(out, 7);
}

static void add_gzip64_line(struct buffer *out)
{
    add_gzip64_width(out, 0);
}

/* Without its last 12 bytes: the document is whole, the trailer is not. */
static void add_tail_cut64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_first(text_in(&gzip), gzip.length - 6), 76);
}

static void add_cut64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_first(text_in(&gzip), gzip.length - 60), 76);
}

/* Nothing of it can be unpacked. */
static void add_stump64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_first(text_in(&gzip), 12), 76);
}

static void add_members64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, text_first(report_json, 100), GZIP);
    add_deflated(&gzip, text_from(report_json, 100), GZIP);
    add_base64(out, text_in(&gzip), 76);
}

static void add_broken_crc64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    gzip.at[gzip.length - 6] ^= 1;
    add_base64(out, text_in(&gzip), 76);
}

/* Without padding: the closing brace is in the last, short group. */
static void add_unpadded64(struct buffer *out)
{
    struct text json = text_first(report_json, report_json.length - 1);
    json.length -= json.length % 3 == 0; /* never a multiple of three */
    BUFFER_AUTO blank = {0};
    buffer_add_text(&blank, TEXT(" "));
    buffer_add_text(&blank, text_first(report_json, report_json.length - 1));
    if (blank.length % 3 == 0)
        buffer_add_text(&blank, TEXT("\n"));
    add_base64(out, text_in(&blank), 76);
    while (out->length && (out->at[out->length - 1] == '=' || out->at[out->length - 1] == '\n'))
        out->length--;
    buffer_add_char(out, '\n');
}

static void add_quoted(struct buffer *out)
{
    for (size_t i = 0, column = 0; i < report_json.length; i++) {
        char c = report_json.at[i];
        size_t before = out->length;
        if (c == '=' || c == '"')
            buffer_format(out, "=%02X", (unsigned char)c);
        else
            buffer_add_char(out, c);
        if ((column += out->length - before) > 70) {
            buffer_add_text(out, TEXT("=\n"));
            column = 0;
        }
    }
}

static void add_uuencoded(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    buffer_add_text(out, TEXT("begin 644 report.json.gz\n"));
    for (size_t i = 0; i < gzip.length; i += 45) {
        struct text line = text_first(text_from(text_in(&gzip), i), 45);
        buffer_add_char(out, (char)(' ' + line.length));
        for (size_t k = 0; k < line.length; k += 3) {
            unsigned bits = 0;
            for (size_t b = 0; b < 3; b++)
                bits = bits << 8 | (k + b < line.length ? (unsigned char)line.at[k + b] : 0);
            for (int shift = 18; shift >= 0; shift -= 6)
                buffer_add_char(out, (bits >> shift & 63) ? (char)(' ' + (bits >> shift & 63))
                                                          : '`');
        }
        buffer_add_char(out, '\n');
    }
    buffer_add_text(out, TEXT("`\nend\n"));
}

static void add_zip64(struct buffer *out)
{
    BUFFER_AUTO zip = {0};
    const struct zip_entry entries[] = {
        {"readme.txt", TEXT("two reports"), true, 0},
        {"d/reporter.example!example.com!1767225600!1767311999.json", report_json, false, 0},
        {"b.json", report_json, true, ZIP_DESCRIPTOR},
    };
    add_zip(&zip, entries, 3);
    add_base64(out, text_in(&zip), 76);
}

static void add_bomb64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip_of_many(&gzip, ' ', 64);
    add_base64(out, text_in(&gzip), 76);
}

static void add_xml64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, TEXT("<?xml version=\"1.0\"?><feedback/>"), GZIP);
    add_base64(out, text_in(&gzip), 76);
}

static void add_json(struct buffer *out)
{
    buffer_add_text(out, report_json);
}

static void add_cut_json(struct buffer *out)
{
    buffer_add_text(out, text_first(report_json, report_json.length - 20));
    buffer_add_char(out, '\n');
}

static void add_message64(struct buffer *out)
{
    BUFFER_AUTO mail = {0};
    buffer_add_text(&mail, TEXT("TLS-Report-Domain: inner.example\nContent-Type: "
                                "application/tlsrpt+json\n\n"));
    add_json(&mail);
    add_base64(out, text_in(&mail), 76);
}

/* The words of a template that stand for such bytes. */
static const struct {
    struct text word;
    void (*add)(struct buffer *out);
} blobs[] = {
    {TEXT_ROW("@JSON@"), add_json},
    {TEXT_ROW("@CUT-JSON@"), add_cut_json},
    {TEXT_ROW("@JSON64@"), add_json64},
    {TEXT_ROW("@UNPADDED64@"), add_unpadded64},
    {TEXT_ROW("@QUOTED@"), add_quoted},
    {TEXT_ROW("@UUENCODED@"), add_uuencoded},
    {TEXT_ROW("@GZIP@"), add_gzip},
    {TEXT_ROW("@GZIP64@"), add_gzip64},
    {TEXT_ROW("@GZIP64-ODD@"), add_gzip64_odd},
    {TEXT_ROW("@GZIP64-LINE@"), add_gzip64_line},
    {TEXT_ROW("@TAIL-CUT64@"), add_tail_cut64},
    {TEXT_ROW("@CUT64@"), add_cut64},
    {TEXT_ROW("@STUMP64@"), add_stump64},
    {TEXT_ROW("@MEMBERS64@"), add_members64},
    {TEXT_ROW("@BROKEN-CRC64@"), add_broken_crc64},
    {TEXT_ROW("@ZIP64@"), add_zip64},
    {TEXT_ROW("@BOMB64@"), add_bomb64},
    {TEXT_ROW("@XML64@"), add_xml64},
    {TEXT_ROW("@MESSAGE64@"), add_message64},
};

static void fill(struct buffer *out, struct text template)
{
    while (template.length) {
        size_t found = SIZE_MAX;
        for (size_t i = 0; template.at[0] == '@' && i < sizeof blobs / sizeof *blobs; i++)
            if (text_starts(template, blobs[i].word))
                found = i;
        if (found == SIZE_MAX) {
            buffer_add_char(out, template.at[0]);
            template = text_from(template, 1);
        } else {
            blobs[found].add(out);
            template = text_from(template, blobs[found].word.length);
        }
    }
}

struct scene {
    struct arena arena;
    struct buffer mail;
    struct reader_options options;
    struct reading reading;
};

static void scene_end(struct scene *scene)
{
    arena_free(&scene->arena);
    buffer_free(&scene->mail);
}

#define SCENE_AUTO __attribute__((cleanup(scene_end))) struct scene
#define SCENE                                                                                  \
    {                                                                                          \
        .options = {.limits = INGEST_LIMITS_DEFAULT }                                          \
    }

static const struct reading *read_scene(struct scene *scene)
{
    mail_read(buffer_text(&scene->mail), TEXT("file.name"), false, &scene->options,
              &scene->arena, &scene->reading);
    return &scene->reading;
}

static const struct reading *read_template(struct scene *scene, struct text template)
{
    fill(&scene->mail, template);
    return read_scene(scene);
}

/* The fields of a mail that claims to be a report, or does not. */
#define CLAIMING "TLS-Report-Domain: example.com\nTLS-Report-Submitter: reporter.example\n"
#define PLAIN    "From: someone@example.org\nSubject: hello\n"
#define BASE64   "Content-Transfer-Encoding: base64\n\n"
#define MIXED    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n"
#define REPORT                                                                                 \
    "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=tlsrpt;\n"                 \
    "\tboundary=\"b\"\n\n"
#define HUMAN     "--b\nContent-Type: text/plain\n\nA report for people.\n"
#define GZIP_TYPE "Content-Type: application/tlsrpt+gzip\n"
#define LAST      "--b--\n"

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

static void assert_text(struct text text, const char *expected)
{
    if (!text_equal(text, text_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARGS(text), expected ? expected : "unknown");
}

#define DATES "Date: Fri, 2 Jan 2026 08:00:00 +0100\n"
enum { SENT = 1767337200, RECEIVED = 1767344400 };

static void headers_of_the_mail_go_with_the_report(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    const struct reading *reading = read_template(
        &scene,
        TEXT("Received: from a by b; 2 Jan 2026 10:00 +0100\n"
             "Received: from c by a; 1 Jan 2026 10:00:00 +0100\n" DATES
             "TLS-Report-Domain:\n =?utf-8?q?example=2Ecom?=\nTLS-Report-Submitter:  "
             "Reporter.Example \nTLS-Report-Domain: second.example\n" MIXED
             "--b\nContent-Type: application/octet-stream;\n name=\"other.json\"\n"
             "Content-Disposition: attachment;\n filename*0=\"../x/reporter.example!exam\";\n "
             "filename*1=\"ple.com!1767225600!1767311999.json.gz\"\n" BASE64 "@GZIP64@" LAST));
    assert_int_equal(reading->report_count, 1);
    const struct tls_report *report = reading->reports[0];
    assert_text(report->report_domain, "example.com");
    assert_text(report->submitter, "reporter.example");
    assert_int_equal(report->sent_at, SENT);
    assert_int_equal(report->received_at, RECEIVED);
    assert_int_equal(reading->received_at, RECEIVED);
}

/* A report without policy-domain shows which file name counted. */
#define DOMAINLESS                                                                             \
    "{\"report-id\":\"x\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\"}}]}\n"

static void file_name_comes_from_where_senders_put_it(void **state)
{
    (void)state;
    static const struct {
        struct text fields;
        const char *domain;
    } rows[] = {
        {TEXT_ROW("Content-Disposition: attachment; filename=\"a.example!b.example!1!2.json\"\n"
                  "Content-Type: application/json; name=\"a.example!c.example!1!2.json\"\n"),
         "b.example"},
        {TEXT_ROW("Content-Type: application/json; name=\"a.example!c.example!1!2.json\"\n"),
         "c.example"},
        {TEXT_ROW("Content-Disposition: attachment; filename*=utf-8''a.example%21b.example!1!2"
                  ".json\n"),
         "b.example"},
        {TEXT_ROW("Content-Disposition: attachment; filename=\"=?utf-8?b?"
                  "YS5leGFtcGxlIWIuZXhhbXBsZSExITIuanNvbg==?=\"\n"),
         "b.example"},
        {TEXT_ROW("Content-Disposition: attachment; "
                  "filename=\"C:\\\\tmp\\\\a.example!b.example!1!2.json\"\n"),
         "b.example"},
        {TEXT_ROW("Content-Disposition: attachment; filename=\"/a!b/\"\n"), NULL},
        {TEXT_ROW(""), NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        buffer_add_text(&scene.mail, TEXT("MIME-Version: 1.0\n"));
        buffer_add_text(&scene.mail, rows[i].fields);
        buffer_add_text(&scene.mail, TEXT("\n" DOMAINLESS));
        const struct reading *reading = read_scene(&scene);
        assert_int_equal(reading->report_count, 1);
        assert_text(reading->reports[0]->policies[0].policy_domain, rows[i].domain);
    }
}

static void dates_fall_back(void **state)
{
    (void)state;
    static const struct {
        struct text fields;
        int64_t received, sent;
    } rows[] = {
        {TEXT_ROW(""), TIME_UNKNOWN, TIME_UNKNOWN},
        {TEXT_ROW(DATES), SENT, SENT},
        {TEXT_ROW(DATES "Received: from a by b; soon\n"), SENT, SENT},
        {TEXT_ROW(DATES "Received: from a by b\n"), SENT, SENT},
        {TEXT_ROW("Received: from a (x; y) by b;\n\tFri, 2 Jan 2026 10:00:00 +0100\n"),
         RECEIVED, TIME_UNKNOWN},
        {TEXT_ROW("Received: a; Fri, 2 Jan 2026 10:00:00 +0100 (for b; c)\n"), RECEIVED,
         TIME_UNKNOWN},
        {TEXT_ROW("Date: never\nReceived: a; 2 Jan 2026 10:00 +0100\n"), RECEIVED,
         TIME_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        buffer_add_text(&scene.mail, rows[i].fields);
        const struct reading *reading = read_template(&scene, TEXT("Subject: x\n\n@JSON@"));
        assert_int_equal(reading->report_count, 1);
        assert_true(reading->received_at == rows[i].received);
        assert_true(reading->reports[0]->received_at == rows[i].received);
        assert_true(reading->reports[0]->sent_at == rows[i].sent);
    }
}

static void nearest_message_counts_and_outermost_vouches(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    scene.options.authserv_id = TEXT("mx.example.net");
    const struct reading *reading = read_template(
        &scene,
        TEXT("Authentication-Results: mx.example.net; dkim=fail header.d=reporter.example\n"
             "Received: a; 2 Jan 2026 10:00 +0100\nTLS-Report-Domain: outer.example\n" MIXED
             "--b\nContent-Type: message/rfc822\n\n"
             "Authentication-Results: mx.example.net; dkim=pass "
             "header.d=reporter.example\n" DATES
             "TLS-Report-Domain: inner.example\n" GZIP_TYPE BASE64 "@GZIP64@" LAST));
    assert_int_equal(reading->report_count, 1);
    assert_text(reading->reports[0]->report_domain, "inner.example");
    assert_int_equal(reading->reports[0]->received_at, SENT);
    assert_int_equal(reading->reports[0]->authenticated, AUTHENTICATED_FAIL);
    assert_int_equal(reading->received_at, RECEIVED);
}

static void topmost_field_of_our_server_counts(void **state)
{
    (void)state;
    static const struct {
        struct text fields;
        enum authenticated expected;
    } rows[] = {
        {TEXT_ROW("Authentication-Results: mx.example.net;\n\tdkim=pass\n"
                  "\theader.d=reporter.example\n"),
         AUTHENTICATED_PASS},
        {TEXT_ROW(
             "Authentication-Results: other.example; dkim=fail\n"
             "Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_PASS},
        {TEXT_ROW(
             "Authentication-Results: mx.example.net; dkim=none\n"
             "Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW(
             "Authentication-Results: other.example; dkim=pass header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("X-Authentication-Results: mx.example.net; dkim=pass "
                  "header.d=reporter.example\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("Authentication-Results: mx.example.net; "
                  "=?utf-8?q?dkim=3Dpass_header=2Ed=3Dreporter=2Eexample?=\n"),
         AUTHENTICATED_NONE},
        {TEXT_ROW("Subject: x\n\nAuthentication-Results: mx.example.net; dkim=pass "
                  "header.d=reporter.example\n"),
         0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        scene.options.authserv_id = TEXT("mx.example.net");
        buffer_add_text(&scene.mail, rows[i].fields);
        const struct reading *reading = read_template(&scene, TEXT(CLAIMING "\n@JSON@"));
        assert_int_equal(reading->report_count, rows[i].expected != 0);
        if (rows[i].expected)
            assert_int_equal(reading->reports[0]->authenticated, rows[i].expected);
    }
}

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

static void text_of_headers_is_decoded_to_utf8(void **state)
{
    (void)state;
    SCENE_AUTO scene = SCENE;
    const struct reading *reading = read_template(
        &scene, TEXT("TLS-Report-Submitter: Caf\xe9 =?iso-8859-1?q?Caf=E9?=\n\n@JSON@"));
    assert_int_equal(reading->report_count, 1);
    assert_true(text_is_utf8(reading->reports[0]->submitter));
    assert_text(reading->reports[0]->submitter, "Caf\xc3\xa9 Caf\xc3\xa9");
}

/* Every flood ends in a report, so that what is found shows how far the reading went. */
enum { FLOOD_SECONDS = 20, FLOOD_MEMORY = 300 << 10 /* KiB, the sanitizer's included */ };

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
    assert_in_range(usage.ru_maxrss, 0, FLOOD_MEMORY);
}

static void floods_stay_fast_and_small(void **state)
{
    (void)state;
    static const struct {
        struct text head, repeated;
        size_t times, reports;
    } rows[] = {
        {TEXT_ROW(CLAIMING), TEXT_ROW("X: y\n"), 100000, 1},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Received: x; y\n"), 100000, 1},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Authentication-Results: x; none\n"), 100000, 1},
        {TEXT_ROW(CLAIMING MIXED "--b\n"), TEXT_ROW("X: y\n"), 100000, 1},
        {TEXT_ROW(CLAIMING MIXED "--b\nContent-Type: message/rfc822\n\n"),
         TEXT_ROW("Received: x; y\n"), 100000, 1},
        {TEXT_ROW(CLAIMING MIXED), TEXT_ROW("--b\nContent-Type: text/plain\n\nhello\n"), 10000,
         1},
        {TEXT_ROW(CLAIMING MIXED "--b\n\n"), TEXT_ROW("--c\n"), 1000000, 0},
        {TEXT_ROW(CLAIMING MIXED), TEXT_ROW("--b\n\n"), 1000000, 0},
        {TEXT_ROW(CLAIMING MIXED), TEXT_ROW("--b\nContent-Type: a/b; c=d; e=f; g=h\n\n"),
         200000, 0},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Content-Type: message/rfc822\n\n"), 100000, 0},
        {TEXT_ROW(CLAIMING), TEXT_ROW("Content-Type: multipart/digest; boundary=b\n\n--b\n\n"),
         100000, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCENE_AUTO scene = SCENE;
        bool in_header = rows[i].head.length == strlen(CLAIMING) || i < 5;
        flood(&scene, rows[i].head, rows[i].repeated, rows[i].times,
              in_header ? TEXT(GZIP_TYPE BASE64 "@GZIP64@")
                        : TEXT("--b\n" GZIP_TYPE BASE64 "@GZIP64@" LAST));
        if (scene.reading.report_count != rows[i].reports && rows[i].reports)
            fail_msg("flood %zu: %zu reports", i, scene.reading.report_count);
        assert_true(scene.reading.report_count || text_known(scene.reading.fault));
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

static int start(void **state)
{
    (void)state;
    mail_start();
    return 0;
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
        cmocka_unit_test(headers_of_the_mail_go_with_the_report),
        cmocka_unit_test(file_name_comes_from_where_senders_put_it),
        cmocka_unit_test(dates_fall_back),
        cmocka_unit_test(nearest_message_counts_and_outermost_vouches),
        cmocka_unit_test(topmost_field_of_our_server_counts),
        cmocka_unit_test(report_limit_is_exact),
        cmocka_unit_test(depth_limit_is_exact),
        cmocka_unit_test(of_a_truncated_mail_only_its_claim_counts),
        cmocka_unit_test(header_lines_of_any_size_and_content_do_no_harm),
        cmocka_unit_test(text_of_headers_is_decoded_to_utf8),
        cmocka_unit_test(floods_stay_fast_and_small),
        cmocka_unit_test(twenty_thousand_levels_stay_fast_and_small),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
