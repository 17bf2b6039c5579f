/* Mails for the tests, written as templates in which words like @GZIP64@ stand for a report in some
 * wrapping, and what is read from them. */
#ifndef TESTS_INGEST_MAIL_SCENE_H
#define TESTS_INGEST_MAIL_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blobs.h"
#include "ingest/mail.h"

static const struct text report_json = TEXT_ROW(
    "{\"organization-name\":\"Reporter One\",\"date-range\":{\"start-datetime\":"
    "\"2026-01-01T00:00:00Z\",\"end-datetime\":\"2026-01-01T23:59:59Z\"},\"contact-info\":"
    "\"tls@reporter.example\",\"report-id\":\"r1\",\"policies\":[{\"policy\":{\"policy-type\":"
    "\"sts\",\"policy-domain\":\"example.com\"},\"summary\":{\"total-successful-session-"
    "count\":"
    "5,\"total-failure-session-count\":0}}]}\n");

static inline void add_gzip(struct buffer *out)
{
    add_deflated(out, report_json, GZIP);
}

static inline void add_json64(struct buffer *out)
{
    add_base64(out, report_json, 76);
}

static inline void add_gzip64_width(struct buffer *out, size_t width)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, buffer_text(&gzip), width);
}

static inline void add_gzip64(struct buffer *out)
{
    add_gzip64_width(out, 76);
}

static inline void add_gzip64_odd(struct buffer *out)
{
    add_gzip64_width(out, 7);
}

static inline void add_gzip64_line(struct buffer *out)
{
    add_gzip64_width(out, 0);
}

/* The document is whole, the trailer is not. */
static inline void add_tail_cut64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_first(buffer_text(&gzip), gzip.length - 6), 76);
}

static inline void add_cut64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_first(buffer_text(&gzip), gzip.length - 60), 76);
}

/* Nothing of it can be unpacked. */
static inline void add_stump64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    add_base64(out, text_first(buffer_text(&gzip), 12), 76);
}

static inline void add_members64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, text_first(report_json, 100), GZIP);
    add_deflated(&gzip, text_from(report_json, 100), GZIP);
    add_base64(out, buffer_text(&gzip), 76);
}

static inline void add_broken_crc64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    gzip.at[gzip.length - 6] ^= 1;
    add_base64(out, buffer_text(&gzip), 76);
}

/* Without padding: the closing brace is in the last, short group. */
static inline void add_unpadded64(struct buffer *out)
{
    BUFFER_AUTO json = {0};
    do
        buffer_add_char(&json, ' ');
    while ((json.length + report_json.length) % 3 != 2);
    buffer_add_text(&json, text_first(report_json, report_json.length - 1));
    add_base64(out, buffer_text(&json), 76);
    while (out->at[out->length - 1] == '=' || out->at[out->length - 1] == '\n')
        out->length--;
    buffer_add_char(out, '\n');
}

static inline void add_quoted(struct buffer *out)
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

static inline void add_uuencoded(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip(&gzip);
    buffer_add_text(out, TEXT("begin 644 report.json.gz\n"));
    for (size_t i = 0; i < gzip.length; i += 45) {
        struct text line = text_first(text_from(buffer_text(&gzip), i), 45);
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

static inline void add_zip64(struct buffer *out)
{
    BUFFER_AUTO zip = {0};
    const struct zip_entry entries[] = {
        {"readme.txt", TEXT("two reports"), true, 0},
        {"d/reporter.example!example.com!1767225600!1767311999.json", report_json, false, 0},
        {"b.json", report_json, true, ZIP_DESCRIPTOR},
    };
    add_zip(&zip, entries, 3);
    add_base64(out, buffer_text(&zip), 76);
}

static inline void add_bomb64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_gzip_of_many(&gzip, ' ', 64);
    add_base64(out, buffer_text(&gzip), 76);
}

/* As large, and no JSON, though the word is in it. */
static inline void add_text_bomb64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, TEXT("SELECT \"policies\""), GZIP);
    add_gzip_of_many(&gzip, ' ', 64);
    add_base64(out, buffer_text(&gzip), 76);
}

static inline void add_text_zip64(struct buffer *out)
{
    BUFFER_AUTO zip = {0};
    const struct zip_entry entries[] = {{"a", TEXT("no"), true, 0}, {"b", TEXT("no"), true, 0}};
    add_zip(&zip, entries, 2);
    add_base64(out, buffer_text(&zip), 76);
}

static inline void add_xml64(struct buffer *out)
{
    BUFFER_AUTO gzip = {0};
    add_deflated(&gzip, TEXT("<?xml version=\"1.0\"?><feedback/>"), GZIP);
    add_base64(out, buffer_text(&gzip), 76);
}

static inline void add_json(struct buffer *out)
{
    buffer_add_text(out, report_json);
}

static inline void add_cut_json(struct buffer *out)
{
    buffer_add_text(out, text_first(report_json, report_json.length - 20));
    buffer_add_char(out, '\n');
}

static inline void add_message64(struct buffer *out)
{
    BUFFER_AUTO mail = {0};
    buffer_add_text(&mail, TEXT("TLS-Report-Domain: inner.example\nContent-Type: "
                                "application/tlsrpt+json\n\n"));
    add_json(&mail);
    add_base64(out, buffer_text(&mail), 76);
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
    {TEXT_ROW("@TEXT-BOMB64@"), add_text_bomb64},
    {TEXT_ROW("@TEXT-ZIP64@"), add_text_zip64},
    {TEXT_ROW("@XML64@"), add_xml64},
    {TEXT_ROW("@MESSAGE64@"), add_message64},
};

static inline void fill(struct buffer *out, struct text template)
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

static inline void scene_end(struct scene *scene)
{
    arena_free(&scene->arena);
    buffer_free(&scene->mail);
}

#define SCENE_AUTO __attribute__((cleanup(scene_end))) struct scene
#define SCENE                                                                                  \
    {                                                                                          \
        .options = {.limits = INGEST_LIMITS_DEFAULT }                                          \
    }

static inline const struct reading *read_scene(struct scene *scene)
{
    mail_read(buffer_text(&scene->mail), TEXT("file.name"), false, &scene->options,
              &scene->arena, &scene->reading);
    return &scene->reading;
}

static inline const struct reading *read_template(struct scene *scene, struct text template)
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

static inline void assert_text(struct text text, const char *expected)
{
    if (!text_equal(text, text_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARGS(text), expected ? expected : "unknown");
}

static inline int start(void **state)
{
    (void)state;
    mail_start();
    return 0;
}

#endif
