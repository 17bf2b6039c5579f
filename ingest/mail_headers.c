#include "ingest/mail_headers.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/vector.h"
#include "ingest/authentication.h"
#include "ingest/content.h"
#include "ingest/gobject.h"

/* The fields that are kept, the first of each kind. */
enum field_kind {
    FIELD_CONTENT_TYPE,
    FIELD_CONTENT_TRANSFER_ENCODING,
    FIELD_CONTENT_DISPOSITION,
    FIELD_DATE,
    FIELD_RECEIVED,
    FIELD_REPORT_DOMAIN,
    FIELD_REPORT_SUBMITTER,
    FIELD_REPORT_OTHER,
    FIELD_COUNT,
};

static const struct text field_names[FIELD_COUNT] = {
    [FIELD_CONTENT_TYPE] = TEXT_ROW("Content-Type"),
    [FIELD_CONTENT_TRANSFER_ENCODING] = TEXT_ROW("Content-Transfer-Encoding"),
    [FIELD_CONTENT_DISPOSITION] = TEXT_ROW("Content-Disposition"),
    [FIELD_DATE] = TEXT_ROW("Date"),
    [FIELD_RECEIVED] = TEXT_ROW("Received"),
    [FIELD_REPORT_DOMAIN] = TEXT_ROW("TLS-Report-Domain"),
    [FIELD_REPORT_SUBMITTER] = TEXT_ROW("TLS-Report-Submitter"),
    [FIELD_REPORT_OTHER] = TEXT_ROW("TLS-Report-"), /* any other of that beginning */
};

/* A multipart that is being read. */
struct level {
    struct text boundary;
    unsigned depth;
    bool digest; /* its parts are messages where they do not say otherwise */
};

struct extractor {
    struct text rest; /* of the mail */
    unsigned max_depth;
    struct text authserv_id;
    struct arena *arena;
    struct mail_extract *extract;
    struct {
        struct level *at;
        size_t count;
    } levels; /* from the outermost to the innermost */
    size_t parts, fields_size;
};

/* One header block, as far as it is known. */
struct block {
    struct text fields[FIELD_COUNT]; /* values, unfolded, ending in NUL */
};

static bool is_fold(struct text line)
{
    return line.length && (line.at[0] == ' ' || line.at[0] == '\t');
}

/* The line that TEXT begins with, its line feed included. */
static struct text first_line(struct text text)
{
    size_t end = text_find_char(text, '\n');
    return end == SIZE_MAX ? text : text_first(text, end + 1);
}

static struct text take_line(struct text *rest)
{
    struct text line = first_line(*rest);
    *rest = text_from(*rest, line.length);
    return line;
}

/* The length of the field name that LINE begins with (RFC 5322 §3.6.8), 0 where there is none;
 * *VALUE is where its value begins. */
static size_t name_length(struct text line, size_t *value)
{
    size_t length = 0;
    while (length < line.length && line.at[length] > ' ' && line.at[length] < 127 &&
           line.at[length] != ':')
        length++;
    size_t colon = length;
    while (colon < line.length && (line.at[colon] == ' ' || line.at[colon] == '\t'))
        colon++;
    *value = colon + 1;
    return colon < line.length && line.at[colon] == ':' ? length : 0;
}

static enum field_kind kind_of(struct text name)
{
    for (int i = 0; i < FIELD_REPORT_OTHER; i++)
        if (text_equal_nocase(name, field_names[i]))
            return (enum field_kind)i;
    return text_starts_nocase(name, field_names[FIELD_REPORT_OTHER]) ? FIELD_REPORT_OTHER
                                                                     : FIELD_COUNT;
}

/* The value without line ends and NUL, at most MAIL_FIELD_SIZE bytes. */
static struct text unfold(struct arena *arena, struct text raw)
{
    raw = text_first(raw, MAIL_FIELD_SIZE);
    char *at = text_string(arena, raw);
    for (size_t i = 0; i < raw.length; i++)
        if (at[i] == '\r' || at[i] == '\n' || at[i] == '\0')
            at[i] = ' ';
    return text_trim((struct text){at, raw.length});
}

static void add_field(struct extractor *x, struct text name, struct text value)
{
    struct buffer *out = &x->extract->bytes;
    buffer_add_text(out, name);
    buffer_add_text(out, TEXT(": "));
    buffer_add_text(out, value);
    buffer_add_char(out, '\n');
    x->fields_size += name.length + value.length;
    for (size_t i = 0; i < value.length; i++)
        x->fields_size += value.at[i] == ';' ? MAIL_PARAMETER_SIZE : 0;
}

static void read_field(struct extractor *x, struct text name, struct text raw, bool first_block,
                       struct block *block)
{
    if (first_block && text_equal_nocase(name, TEXT("Authentication-Results")) &&
        !text_known(x->extract->authentication_results) &&
        authentication_by(text_first(raw, MAIL_FIELD_SIZE), x->authserv_id))
        x->extract->authentication_results = unfold(x->arena, raw);
    enum field_kind kind = kind_of(name);
    if (kind == FIELD_COUNT || text_known(block->fields[kind]))
        return;
    block->fields[kind] = unfold(x->arena, raw);
    bool of_content = kind <= FIELD_CONTENT_DISPOSITION;
    if (kind != FIELD_CONTENT_TYPE && (of_content || !first_block))
        add_field(x, name, block->fields[kind]);
}

/* A line that begins with { or -- in a header block is the body: a sender forgot the empty line.
 * Any other line that is no field is passed over, as GMime does: a badly folded field. */
static bool begins_body(struct text line)
{
    return text_starts(line, TEXT("{")) || text_starts(line, TEXT("--"));
}

/* Reads the header block at the start of the rest and writes what GMime is to see but Content-Type. */
static struct block read_fields(struct extractor *x, bool first_block)
{
    struct block block = {0};
    while (x->rest.length && !begins_body(x->rest)) {
        struct text line = take_line(&x->rest);
        if (!text_trim(line).length && !is_fold(line))
            break;
        while (is_fold(x->rest))
            take_line(&x->rest);
        struct text field = {line.at, (size_t)(x->rest.at - line.at)};
        size_t value, length = name_length(line, &value);
        if (length)
            read_field(x, text_first(line, length), text_from(field, value), first_block,
                       &block);
    }
    return block;
}

static void keep_envelope(const struct block *block, struct mail_extract *extract)
{
    extract->date = block->fields[FIELD_DATE];
    extract->received = block->fields[FIELD_RECEIVED];
    extract->submitter = block->fields[FIELD_REPORT_SUBMITTER];
    extract->report_domain = block->fields[FIELD_REPORT_DOMAIN];
    extract->claims = text_known(extract->submitter) || text_known(extract->report_domain) ||
                      text_known(block->fields[FIELD_REPORT_OTHER]);
}

/* Whether a message's body is in a transfer encoding, which GMime does not look into. */
static bool is_encoded(const struct block *block)
{
    struct text value = block->fields[FIELD_CONTENT_TRANSFER_ENCODING];
    if (!text_known(value))
        return false;
    switch (g_mime_content_encoding_from_string(value.at)) {
    case GMIME_CONTENT_ENCODING_BASE64:
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
    case GMIME_CONTENT_ENCODING_UUENCODE:
        return true;
    default:
        return false;
    }
}

/* Whether a Content-Type says at its first letter that nothing lies within: as most do, which GMime
 * need not parse for that. */
static bool is_plain_leaf(struct text type, bool in_digest)
{
    return !in_digest && (!text_known(type) || text_starts_nocase(type, TEXT("text/")) ||
                          text_starts_nocase(type, TEXT("application/")));
}

/* Pushes the multipart that BLOCK is of; true where a message begins here. */
static bool enter(struct extractor *x, const struct block *block, unsigned depth,
                  bool in_digest)
{
    GOBJECT_AUTO GMimeContentType *type =
        g_mime_content_type_parse(NULL, block->fields[FIELD_CONTENT_TYPE].at);
    const char *boundary = g_mime_content_type_get_parameter(type, "boundary");
    if (g_mime_content_type_is_type(type, "multipart", "*") && boundary) {
        struct level level = {
            .boundary = text_copy(x->arena, text_of(boundary)),
            .depth = depth,
            .digest = g_mime_content_type_is_type(type, "multipart", "digest"),
        };
        VECTOR_ADD(x->arena, &x->levels, level);
        return false;
    }
    /* GMime gives application/octet-stream for a Content-Type that cannot be read. */
    bool message = g_mime_content_type_is_type(type, "message", "*") ||
                   (in_digest && g_mime_content_type_is_type(type, "application", "*"));
    return message && !is_encoded(block);
}

/* Whether a part whose header is BLOCK, before the rest, is text that is no report and claims nothing:
 * the words for people that come with one. Its body is as in walk_leaf(). */
static bool is_for_people(const struct extractor *x, const struct block *block)
{
    struct text type = block->fields[FIELD_CONTENT_TYPE];
    return text_starts_nocase(type, TEXT("text/")) && !is_encoded(block) &&
           text_find_nocase(type, TEXT("report-type")) == SIZE_MAX &&
           !content_may_be_report(x->rest);
}

/* Reads the header block of an entity, and of the message in it if it is one, and so on. False where
 * GMime need not see it. */
static bool read_entity(struct extractor *x, unsigned depth, bool in_digest, bool first_block)
{
    bool message = true, message_within = false, wanted = true;
    for (; message; depth++, first_block = in_digest = false) {
        struct block block = read_fields(x, first_block);
        if (first_block)
            keep_envelope(&block, x->extract);
        struct text *type = &block.fields[FIELD_CONTENT_TYPE];
        if (depth > x->max_depth)
            *type = TEXT("text/plain");
        else if (!text_known(*type) && in_digest)
            *type = TEXT("message/rfc822");
        if (text_known(*type))
            add_field(x, field_names[FIELD_CONTENT_TYPE], *type);
        buffer_add_char(&x->extract->bytes, '\n');
        bool leaf = is_plain_leaf(*type, in_digest);
        wanted = depth > x->max_depth || !leaf || message_within || !is_for_people(x, &block);
        message = depth <= x->max_depth && !leaf && enter(x, &block, depth, in_digest);
        message_within = message_within || message;
    }
    return wanted;
}

/* Whether LINE is the boundary of LEVEL; *END says that it is the last one. */
static bool is_boundary(struct text line, const struct level *level, bool *end)
{
    line = text_from(line, 2);
    if (!text_starts(line, level->boundary))
        return false;
    line = text_from(line, level->boundary.length);
    *end = text_starts(line, TEXT("--"));
    return !text_trim(text_from(line, *end ? 2 : 0)).length;
}

/* What LINE, which begins with "--", is: a boundary of the innermost level that knows it, whose
 * inner levels end here. True where a part begins. */
static bool cross_boundary(struct extractor *x, struct text line)
{
    for (size_t i = x->levels.count; i-- > 0;) {
        bool end;
        if (!is_boundary(line, &x->levels.at[i], &end))
            continue;
        x->levels.count = i + (end ? 0 : 1);
        return !end;
    }
    return false;
}

/* Writes the rest up to its next line that begins with "--", or all of it; SKIPPING: passes over it. */
static void copy_to_dashes(struct extractor *x, bool skipping)
{
    size_t length = 0;
    if (!x->levels.count) {
        length = x->rest.length;
    } else if (!text_starts(x->rest, TEXT("--"))) {
        size_t found = text_find(x->rest, TEXT("\n--"));
        length = found == SIZE_MAX ? x->rest.length : found + 1;
    }
    if (!skipping)
        buffer_add_text(&x->extract->bytes, text_first(x->rest, length));
    x->rest = text_from(x->rest, length);
}

static void read_parts(struct extractor *x)
{
    struct buffer *out = &x->extract->bytes;
    bool skipping = false;
    for (copy_to_dashes(x, skipping); x->rest.length; copy_to_dashes(x, skipping)) {
        struct text line = take_line(&x->rest);
        bool begins = cross_boundary(x, line);
        skipping = skipping && !begins;
        size_t before = out->length;
        if (!skipping)
            buffer_add_text(out, line);
        if (!begins)
            continue;
        if (++x->parts > MAIL_PARTS || x->fields_size > MAIL_FIELDS_SIZE) {
            x->extract->too_many_parts = true;
            return;
        }
        const struct level *level = &x->levels.at[x->levels.count - 1];
        skipping = !read_entity(x, level->depth + 1, level->digest, false);
        if (skipping)
            out->length = before;
    }
}

void mail_extract(struct text mail, unsigned depth, unsigned max_depth, struct text authserv_id,
                  struct arena *arena, struct mail_extract *extract)
{
    *extract = (struct mail_extract){0};
    struct extractor x = {
        .rest = mail,
        .max_depth = max_depth,
        .authserv_id = authserv_id,
        .arena = arena,
        .extract = extract,
    };
    buffer_reserve(&extract->bytes, mail.length);
    read_entity(&x, depth, false, true);
    read_parts(&x);
}
