#include "ingest/content.h"

#include "base/buffer.h"
#include "base/vector.h"
#include "ingest/inflate.h"
#include "ingest/json.h"
#include "ingest/parse.h"

/* What a document came in, for people. */
static const struct text gzip = TEXT_ROW("gzip data"), zip = TEXT_ROW("zip archive");

bool content_may_be_report(struct text bytes)
{
    return inflate_is_gzip(bytes) || inflate_is_zip(bytes) || json_is_object(bytes);
}

void content_fault(struct findings *findings, bool claimed, struct text sentence)
{
    struct text *place = claimed ? &findings->fault : &findings->reason;
    if (!text_known(*place))
        *place = sentence;
}

static void too_large(struct text bytes, bool claimed, struct findings *findings)
{
    struct text sentence =
        text_format(findings->arena, "larger than the limit of %zu bytes for a report",
                    findings->limits->report_size);
    claimed |= json_is_object(bytes) && text_find(bytes, TEXT("\"policies\"")) != SIZE_MAX;
    content_fault(findings, claimed, sentence);
}

/* Takes one document, of which CONTAINER gave BYTES and END. One that can be read whole is taken
 * whatever is wrong with its container. */
static void read_document(struct text bytes, enum inflate_end end, struct text container,
                          const struct report_envelope *envelope, bool claimed,
                          struct findings *findings)
{
    if (end == INFLATE_TOO_LARGE) {
        too_large(bytes, claimed, findings);
        return;
    }
    struct document document = {0};
    document_read(bytes, envelope, findings->limits, findings->arena, &document);
    claimed |= document.claims;
    if (document.kind == DOCUMENT_REPORT)
        VECTOR_ADD(findings->arena, &findings->reports,
                   ((struct found_report){document.report, claimed}));
    else if (end == INFLATE_CUT)
        content_fault(findings, claimed,
                      text_format(findings->arena, "the %.*s ends early or is damaged",
                                  TEXT_ARGS(container)));
    else if (text_known(document.fault))
        content_fault(findings, claimed, document.fault);
    else if (claimed)
        content_fault(findings, claimed, TEXT("it holds no TLS report"));
}

static void read_zip(struct text bytes, const struct report_envelope *envelope, bool claimed,
                     struct findings *findings)
{
    struct inflate_file files[INFLATE_ZIP_FILES];
    size_t count;
    enum inflate_end end =
        inflate_zip(bytes, findings->limits->report_size, findings->arena, files, &count);
    for (size_t i = 0; i < count; i++) {
        struct report_envelope inner = *envelope;
        /* The archive's own name counts where the file in it has none of RFC 8460 §5.1. */
        if (text_find_char(files[i].name, '!') != SIZE_MAX || !text_known(envelope->file_name))
            inner.file_name = files[i].name;
        bool alone = count == 1;
        read_document(files[i].bytes, files[i].end, zip, &inner, claimed && alone, findings);
    }
    if (end == INFLATE_TOO_MANY)
        content_fault(findings, claimed || findings->reports.count,
                      text_format(findings->arena, "more than %d files in the zip archive",
                                  INFLATE_ZIP_FILES));
    else if (!count)
        content_fault(findings, claimed,
                      end == INFLATE_EMPTY ? TEXT("the zip archive holds no file")
                                           : TEXT("the zip archive ends early or is damaged"));
}

void content_read(struct text bytes, const struct report_envelope *envelope, bool claimed,
                  struct findings *findings)
{
    if (inflate_is_gzip(bytes)) {
        BUFFER_AUTO out = {0};
        enum inflate_end end = inflate_gzip(bytes, findings->limits->report_size, &out);
        read_document(buffer_text(&out), end, gzip, envelope, claimed, findings);
    } else if (inflate_is_zip(bytes)) {
        read_zip(bytes, envelope, claimed, findings);
    } else {
        read_document(bytes, INFLATE_WHOLE, TEXT_UNKNOWN, envelope, claimed, findings);
    }
}
