#include "ingest/mail.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/buffer.h"
#include "base/time.h"
#include "ingest/content.h"
#include "ingest/gobject.h"
#include "ingest/mail_headers.h"

enum {
    PIECE = 4096,     /* of a part, decoded before it is decided whether to go on */
    DEPTH_MOST = 400, /* whatever is configured: GMime itself goes no deeper than 1024 */
};

/* One mail that is being read. */
struct walk {
    struct findings *findings;
    unsigned max_depth;
    bool unread; /* a limit was reached: there is more */
};

void mail_start(void)
{
    g_mime_init();
}

/* A part's bytes as they come out of its transfer encoding. */
struct decoder {
    GMimeStream *stream; /* the part's, null when it is read to its end */
    GMimeFilter *filter; /* null where it is in none */
    bool base64;
};

#define DECODER_AUTO __attribute__((cleanup(decoder_end))) struct decoder

static void decoder_end(struct decoder *decoder)
{
    g_clear_object(&decoder->filter);
}

static bool is_encoding(GMimeContentEncoding encoding)
{
    return encoding == GMIME_CONTENT_ENCODING_BASE64 ||
           encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
           encoding == GMIME_CONTENT_ENCODING_UUENCODE;
}

static void decoder_start(struct decoder *decoder, GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (!content)
        return;
    GMimeContentEncoding encoding = g_mime_data_wrapper_get_encoding(content);
    decoder->stream = g_mime_data_wrapper_get_stream(content);
    g_mime_stream_reset(decoder->stream);
    decoder->base64 = encoding == GMIME_CONTENT_ENCODING_BASE64;
    if (is_encoding(encoding))
        decoder->filter = g_mime_filter_basic_new(encoding, FALSE);
}

/* Appends the next piece; false at the end. */
static bool decoder_step(struct decoder *decoder, struct buffer *out)
{
    if (!decoder->stream)
        return false;
    char piece[PIECE], *decoded = piece;
    size_t decoded_length, space;
    ssize_t length = g_mime_stream_read(decoder->stream, piece, sizeof piece);
    if (!decoder->filter) {
        decoded_length = length > 0 ? (size_t)length : 0;
        decoder->stream = length > 0 ? decoder->stream : NULL;
    } else if (length > 0) {
        g_mime_filter_filter(decoder->filter, piece, (size_t)length, 0, &decoded,
                             &decoded_length, &space);
    } else {
        /* A sender that leaves out the padding of base64 must not lose the last bytes. */
        piece[0] = '=';
        g_mime_filter_complete(decoder->filter, piece, decoder->base64, 0, &decoded,
                               &decoded_length, &space);
        decoder->stream = NULL;
    }
    buffer_add(out, decoded, decoded_length);
    return decoder->stream;
}

static void decode_rest(struct decoder *decoder, struct buffer *out)
{
    while (decoder_step(decoder, out))
        ;
}

static struct text base_name(struct arena *arena, const char *name)
{
    struct text text = text_of(name);
    for (size_t i = text.length; i-- > 0;)
        if (text.at[i] == '/' || text.at[i] == '\\')
            return text_copy(arena, text_from(text, i + 1));
    return text_copy(arena, text);
}

static GMimeHeader *header_of(GMimeMessage *message, const char *name)
{
    return g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(message)),
                                         name);
}

/* A header's value as it stands. */
static struct text raw_header(GMimeMessage *message, const char *name)
{
    GMimeHeader *header = header_of(message, name);
    return header ? text_of(g_mime_header_get_raw_value(header)) : TEXT_UNKNOWN;
}

/* A header's value, encoded words decoded. */
static struct text header_value(GMimeMessage *message, const char *name, struct arena *arena)
{
    GMimeHeader *header = header_of(message, name);
    if (!header)
        return TEXT_UNKNOWN;
    return text_copy(arena, text_trim(text_of(g_mime_header_get_value(header))));
}

/* The date of a Received field: behind its last ';', or behind one of those before where the last
 * one stands in a comment behind the date. */
static int64_t received_date(struct text value)
{
    int64_t time = TIME_UNKNOWN;
    for (int tries = 0; tries < 3 && time == TIME_UNKNOWN; tries++) {
        size_t last = value.length;
        while (last > 0 && value.at[last - 1] != ';')
            last--;
        if (!last)
            break;
        time = mail_date(text_from(value, last));
        value = text_first(value, last - 1);
    }
    return time;
}

/* The envelope of a message within another. */
static struct report_envelope
envelope_within(GMimeMessage *message, struct text authentication_results, struct arena *arena)
{
    struct report_envelope envelope = {
        .submitter = header_value(message, "TLS-Report-Submitter", arena),
        .report_domain = header_value(message, "TLS-Report-Domain", arena),
        .authentication_results = authentication_results,
        .sent_at = mail_date(raw_header(message, "Date")),
        .received_at = received_date(raw_header(message, "Received")),
    };
    if (envelope.received_at == TIME_UNKNOWN)
        envelope.received_at = envelope.sent_at;
    return envelope;
}

/* What GMime makes of a header's value: encoded words are decoded. */
static struct text decoded_value(struct text value, struct arena *arena)
{
    if (!text_known(value))
        return value;
    char *decoded = g_mime_utils_header_decode_text(NULL, value.at);
    struct text copy = text_copy(arena, text_trim(text_of(decoded)));
    g_free(decoded);
    return copy;
}

static int64_t received_of(const struct mail_extract *extract)
{
    int64_t received = received_date(extract->received);
    return received != TIME_UNKNOWN ? received : mail_date(extract->date);
}

static struct report_envelope envelope_of(const struct mail_extract *extract,
                                          struct arena *arena)
{
    return (struct report_envelope){
        .submitter = decoded_value(extract->submitter, arena),
        .report_domain = decoded_value(extract->report_domain, arena),
        .authentication_results = extract->authentication_results,
        .sent_at = mail_date(extract->date),
        .received_at = received_of(extract),
    };
}

static bool has_report_header(GMimeMessage *message)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(GMIME_OBJECT(message));
    for (int i = 0; i < g_mime_header_list_get_count(list); i++)
        if (text_starts_nocase(
                text_of(g_mime_header_get_name(g_mime_header_list_get_header_at(list, i))),
                TEXT("TLS-Report-")))
            return true;
    return false;
}

static bool has_report_type(GMimeObject *object, struct text wanted)
{
    const char *type = g_mime_object_get_content_type_parameter(object, "report-type");
    return text_equal_nocase(text_trim(text_of(type)), wanted);
}

static void walk_message(struct walk *walk, GMimeMessage *message, unsigned depth,
                         struct text authentication_results);

static GMimeObject *parse(struct walk *walk, struct mail_extract *extract);
static void walk_extracted(struct walk *walk, GMimeObject *root,
                           const struct mail_extract *extract, unsigned depth);

/* A message in a transfer encoding, which RFC 2046 §5.2.1 forbids and some forward by. */
static void walk_encoded_message(struct walk *walk, struct decoder *decoder,
                                 struct buffer *decoded, unsigned depth,
                                 const struct report_envelope *envelope)
{
    decode_rest(decoder, decoded);
    struct mail_extract extract;
    mail_extract(buffer_text(decoded), depth, walk->max_depth, TEXT_UNKNOWN,
                 walk->findings->arena, &extract);
    buffer_free(decoded);
    extract.authentication_results = envelope->authentication_results;
    GOBJECT_AUTO GMimeObject *root = parse(walk, &extract);
    walk_extracted(walk, root, &extract, depth);
}

static void walk_leaf(struct walk *walk, GMimePart *part, unsigned depth,
                      const struct report_envelope *around)
{
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
    struct text subtype = text_of(g_mime_content_type_get_media_subtype(type));
    bool claimed = g_mime_content_type_is_type(type, "application", "*") &&
                   text_starts_nocase(subtype, TEXT("tlsrpt"));
    walk->findings->claims |= claimed;
    BUFFER_AUTO bytes = {0};
    DECODER_AUTO decoder = {0};
    decoder_start(&decoder, part);
    decoder_step(&decoder, &bytes);
    if (claimed || content_may_be_report(buffer_text(&bytes))) {
        struct report_envelope envelope = *around;
        envelope.file_name = base_name(walk->findings->arena, g_mime_part_get_filename(part));
        decode_rest(&decoder, &bytes);
        content_read(buffer_text(&bytes), &envelope, claimed, walk->findings);
    } else if (g_mime_content_type_is_type(type, "message", "rfc822") ||
               g_mime_content_type_is_type(type, "message", "global")) {
        walk_encoded_message(walk, &decoder, &bytes, depth + 1, around);
    }
}

/* Looks at an entity at DEPTH and all in it. Recursion ends at the limit of depth. */
static void walk_entity(struct walk *walk, GMimeObject *object, unsigned depth,
                        const struct report_envelope *envelope)
{
    if (!object)
        return;
    if (depth > walk->max_depth) {
        walk->unread = true;
        content_fault(
            walk->findings, false,
            text_format(walk->findings->arena, "MIME nesting deeper than %u", walk->max_depth));
        return;
    }
    walk->findings->claims |= has_report_type(object, TEXT("tlsrpt"));
    if (GMIME_IS_MULTIPART(object)) {
        GMimeMultipart *multipart = GMIME_MULTIPART(object);
        for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
            walk_entity(walk, g_mime_multipart_get_part(multipart, i), depth + 1, envelope);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        walk_message(walk, g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)),
                     depth + 1, envelope->authentication_results);
    } else if (GMIME_IS_PART(object)) {
        walk_leaf(walk, GMIME_PART(object), depth, envelope);
    }
}

static void walk_message(struct walk *walk, GMimeMessage *message, unsigned depth,
                         struct text authentication_results)
{
    if (!message)
        return;
    walk->findings->claims |= has_report_header(message);
    struct report_envelope envelope =
        envelope_within(message, authentication_results, walk->findings->arena);
    walk_entity(walk, g_mime_message_get_mime_part(message), depth, &envelope);
}

/* Parses what was extracted of a mail, which is taken. As a part, not as a message: GMime makes
 * lists of addresses for each message, and what is wanted of its header is in EXTRACT. Null where
 * it is no mail. */
static GMimeObject *parse(struct walk *walk, struct mail_extract *extract)
{
    if (extract->too_many_parts) {
        walk->unread = true;
        content_fault(walk->findings, false, TEXT("more MIME parts than can be read"));
    }
    /* The array takes the buffer's memory, so that the mail is not copied again. */
    GByteArray *bytes =
        g_byte_array_new_take((guint8 *)extract->bytes.at, extract->bytes.length);
    extract->bytes = (struct buffer){0};
    GOBJECT_AUTO GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), TRUE);
    GOBJECT_AUTO GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    return g_mime_parser_construct_part(parser, NULL);
}

/* ROOT, which may be null, is what EXTRACT was parsed to. */
static void walk_extracted(struct walk *walk, GMimeObject *root,
                           const struct mail_extract *extract, unsigned depth)
{
    if (!root)
        return;
    walk->findings->claims |= extract->claims;
    struct report_envelope envelope = envelope_of(extract, walk->findings->arena);
    walk_entity(walk, root, depth, &envelope);
}

/* A bounce that carries a report back says nothing of the domain that it is about. */
static bool is_bounce(GMimeObject *root)
{
    return has_report_type(root, TEXT("delivery-status"));
}

/* A mail may begin with the line "From …" of an mbox or a pipe: it is no field and so passed over.
 * Empty lines before the header are none of RFC 5322's. */
static struct text skip_empty_lines(struct text bytes)
{
    size_t i = 0;
    while (i < bytes.length && (bytes.at[i] == '\n' || bytes.at[i] == '\r'))
        i++;
    return text_from(bytes, i);
}

static void read_mail(struct text bytes, const struct reader_options *options,
                      struct findings *findings, struct reading *reading)
{
    unsigned limit = options->limits.mime_depth;
    struct walk walk = {.findings = findings,
                        .max_depth = limit < DEPTH_MOST ? limit : DEPTH_MOST};
    struct mail_extract extract;
    mail_extract(skip_empty_lines(bytes), 0, walk.max_depth, options->authserv_id,
                 findings->arena, &extract);
    GOBJECT_AUTO GMimeObject *root = parse(&walk, &extract);
    if (!root || is_bounce(root))
        return;
    reading->received_at = received_of(&extract);
    walk_extracted(&walk, root, &extract, 0);
    /* What was not read may have claimed all the same. */
    if (walk.unread && !findings->claims)
        findings->claims = text_find_nocase(bytes, TEXT("application/tlsrpt")) != SIZE_MAX;
}

/* The reports that count: see struct found_report. */
static void take_reports(const struct findings *findings, struct reading *reading)
{
    reading->reports =
        arena_array(findings->arena, findings->reports.count, sizeof *reading->reports);
    for (size_t i = 0; i < findings->reports.count; i++)
        if (findings->claims || findings->reports.at[i].claims)
            reading->reports[reading->report_count++] = findings->reports.at[i].report;
}

static void conclude(const struct findings *findings, bool truncated,
                     const struct reader_options *options, struct reading *reading)
{
    take_reports(findings, reading);
    reading->fault = findings->fault;
    bool claims = findings->claims || reading->report_count || text_known(reading->fault);
    if (claims && truncated) {
        reading->report_count = 0;
        reading->fault =
            text_format(findings->arena, "larger than the limit of %zu bytes for a mail",
                        options->limits.mail_size);
    } else if (claims && !reading->report_count && !text_known(reading->fault)) {
        reading->fault =
            text_known(findings->reason) ? findings->reason : TEXT("it holds no TLS report");
    }
}

void mail_read(struct text bytes, struct text file_name, bool truncated,
               const struct reader_options *options, struct arena *arena,
               struct reading *reading)
{
    *reading = (struct reading){.received_at = TIME_UNKNOWN};
    struct findings findings = {.limits = &options->limits, .arena = arena};
    if (content_may_be_report(bytes)) {
        struct report_envelope envelope = {
            .file_name = file_name, .sent_at = TIME_UNKNOWN, .received_at = TIME_UNKNOWN};
        content_read(bytes, &envelope, options->form == READER_BARE_CLAIMED, &findings);
    } else if (options->form == READER_ANY) {
        read_mail(bytes, options, &findings, reading);
    }
    conclude(&findings, truncated, options, reading);
}
