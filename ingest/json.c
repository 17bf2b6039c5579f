#include "ingest/json.h"

#include <string.h>

#include "base/buffer.h"

/* Begins the text of a number that cJSON would round: such a number becomes a string in the copy
 * that cJSON gets. No string of a document can begin so, because bytes that are no UTF-8 are
 * rewritten in the same pass. */
#define NUMBER_MARK '\xff'

enum {
    EXACT_DIGITS = 15, /* any integer of so many digits is exact in a double */
    EXPONENT_BOUND = 1 << 30,
};

/* One pass over a document. What has to be rewritten goes to COPY with all that stands before it;
 * a document that is as it should be is never copied. */
struct scan {
    struct text text;
    size_t at;
    size_t kept; /* what is before it is in COPY */
    bool rewritten;
    struct buffer copy;
    struct json_oddities *oddities;
};

/* A number's parts as they are written. */
struct number {
    bool negative;
    bool loose; /* leading zeros, or a point without digits behind it */
    struct text whole, fraction;
    int64_t exponent;
};

static unsigned char byte_at(const struct scan *scan, size_t at)
{
    return (unsigned char)scan->text.at[at];
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Puts WITH in place of the next LENGTH bytes. */
static void replace(struct scan *scan, size_t length, struct text with)
{
    buffer_add(&scan->copy, scan->text.at + scan->kept, scan->at - scan->kept);
    buffer_add_text(&scan->copy, with);
    scan->at += length;
    scan->kept = scan->at;
    scan->rewritten = true;
}

static struct text take_digits(struct text *rest)
{
    size_t length = 0;
    while (length < rest->length && text_is_digit(rest->at[length]))
        length++;
    struct text digits = text_first(*rest, length);
    *rest = text_from(*rest, length);
    return digits;
}

static bool take_char(struct text *rest, char wanted)
{
    if (!rest->length || rest->at[0] != wanted)
        return false;
    *rest = text_from(*rest, 1);
    return true;
}

/* Reads all of TEXT as a number (RFC 8259 §6, and what it calls loose). */
static bool number_read(struct text text, struct number *number)
{
    *number = (struct number){.negative = take_char(&text, '-')};
    number->whole = take_digits(&text);
    if (!number->whole.length)
        return false;
    number->loose = number->whole.length > 1 && number->whole.at[0] == '0';
    if (take_char(&text, '.')) {
        number->fraction = take_digits(&text);
        number->loose = number->loose || !number->fraction.length;
    }
    if (take_char(&text, 'e') || take_char(&text, 'E')) {
        bool negative = take_char(&text, '-');
        if (!negative)
            take_char(&text, '+');
        struct text digits = take_digits(&text);
        if (!digits.length)
            return false;
        for (size_t i = 0; i < digits.length && number->exponent < EXPONENT_BOUND; i++)
            number->exponent = number->exponent * 10 + (digits.at[i] - '0');
        if (negative)
            number->exponent = -number->exponent;
    }
    return text.length == 0;
}

/* Whether the next byte that is no blank is a colon: a number is no key, and must not become
 * one by being rewritten. */
static bool is_key(const struct scan *scan, size_t at)
{
    while (at < scan->text.length && is_blank(byte_at(scan, at)))
        at++;
    return at < scan->text.length && byte_at(scan, at) == ':';
}

static enum json_end scan_number(struct scan *scan)
{
    size_t end = scan->at + 1;
    while (end < scan->text.length &&
           (text_is_digit(scan->text.at[end]) ||
            (scan->text.at[end] && strchr("+-.eE", scan->text.at[end]))))
        end++;
    struct text token = text_first(text_from(scan->text, scan->at), end - scan->at);
    struct number number;
    if (!number_read(token, &number))
        return end == scan->text.length ? JSON_CUT : JSON_BROKEN;
    scan->oddities->number_form = scan->oddities->number_form || number.loose;
    bool plain = token.length == number.whole.length + number.negative &&
                 number.whole.length <= EXACT_DIGITS;
    if (plain) {
        scan->at = end;
        return JSON_WHOLE;
    }
    if (is_key(scan, end))
        return JSON_BROKEN;
    static const char open[] = {'"', NUMBER_MARK};
    replace(scan, 0, (struct text){open, sizeof open});
    replace(scan, token.length, token);
    replace(scan, 0, TEXT("\""));
    return JSON_WHOLE;
}

/* The value of a hexadecimal digit, or -1. */
static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (int)c - 'a' + 10 : -1;
}

/* The value of the four digits of \uXXXX whose backslash is at AT. */
static bool hex_read(const struct scan *scan, size_t at, unsigned *value)
{
    *value = 0;
    for (size_t i = at + 2; i < at + 6; i++) {
        int digit = hex_digit(byte_at(scan, i));
        if (digit < 0)
            return false;
        *value = *value * 16 + (unsigned)digit;
    }
    return true;
}

static bool is_low_surrogate(const struct scan *scan, size_t at)
{
    unsigned code;
    return scan->text.length - at >= 6 && byte_at(scan, at) == '\\' &&
           byte_at(scan, at + 1) == 'u' && hex_read(scan, at, &code) && code >= 0xdc00 &&
           code <= 0xdfff;
}

static enum json_end scan_unicode(struct scan *scan)
{
    static const struct text replacement = TEXT_ROW("\\ufffd");
    unsigned code;
    if (scan->text.length - scan->at < 6)
        return JSON_CUT;
    if (!hex_read(scan, scan->at, &code))
        return JSON_BROKEN;
    if (code == 0) {
        scan->oddities->nul_escape = true;
        replace(scan, 6, replacement);
    } else if (code < 0xd800 || code > 0xdfff) {
        scan->at += 6;
    } else if (code < 0xdc00 && is_low_surrogate(scan, scan->at + 6)) {
        scan->at += 12;
    } else {
        scan->oddities->lone_surrogate = true;
        replace(scan, 6, replacement);
    }
    return JSON_WHOLE;
}

static enum json_end scan_escape(struct scan *scan)
{
    if (scan->text.length - scan->at < 2)
        return JSON_CUT;
    unsigned char c = byte_at(scan, scan->at + 1);
    if (c == 'u')
        return scan_unicode(scan);
    if (!memchr("\"\\/bfnrt", c, 8))
        return c ? JSON_BROKEN : JSON_NUL;
    scan->at += 2;
    return JSON_WHOLE;
}

static void scan_not_ascii(struct scan *scan)
{
    size_t length = text_utf8_length(text_from(scan->text, scan->at));
    if (length) {
        scan->at += length;
        return;
    }
    unsigned char c = byte_at(scan, scan->at);
    const char latin1[] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
    scan->oddities->not_utf8 = true;
    replace(scan, 1, (struct text){latin1, sizeof latin1});
}

/* Bytes of a string that need no look: printable ASCII but for quote and backslash. */
static bool is_ordinary(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static enum json_end scan_string(struct scan *scan)
{
    scan->at++;
    while (scan->at < scan->text.length) {
        unsigned char c = byte_at(scan, scan->at);
        enum json_end end = JSON_WHOLE;
        if (is_ordinary(c)) {
            scan->at++;
        } else if (c == '"') {
            scan->at++;
            return JSON_WHOLE;
        } else if (c == '\\') {
            end = scan_escape(scan);
        } else if (c >= 0x80) {
            scan_not_ascii(scan);
        } else if (c == 0) {
            end = JSON_NUL;
        } else {
            scan->oddities->control_character = true;
            scan->at++;
        }
        if (end != JSON_WHOLE)
            return end;
    }
    return JSON_CUT;
}

/* From the opening bracket to the one that closes it. Whether the brackets fit each other is left
 * to cJSON. */
static enum json_end scan_document(struct scan *scan, unsigned max_depth)
{
    unsigned depth = 0;
    while (scan->at < scan->text.length) {
        unsigned char c = byte_at(scan, scan->at);
        enum json_end end = JSON_WHOLE;
        if (c == '"') {
            end = scan_string(scan);
        } else if (c == '{' || c == '[') {
            scan->at++;
            if (++depth > max_depth)
                return JSON_TOO_DEEP;
        } else if (c == '}' || c == ']') {
            scan->at++;
            if (--depth == 0)
                return JSON_WHOLE;
        } else if (c == '-' || text_is_digit((char)c)) {
            end = scan_number(scan);
        } else if (c == 0) {
            end = JSON_NUL;
        } else if (c >= 0x80) {
            end = JSON_BROKEN;
        } else {
            if (c < ' ' && !is_blank(c))
                scan->oddities->control_character = true;
            scan->at++;
        }
        if (end != JSON_WHOLE)
            return end;
    }
    return JSON_CUT;
}

/* The arena that cJSON allocates from, while it parses. */
static struct arena *current;

static void *take_memory(size_t size)
{
    return arena_alloc(current, size);
}

static void leave_memory(void *memory)
{
    (void)memory;
}

static cJSON *parse(struct text text, struct arena *arena, size_t *error_offset)
{
    cJSON_Hooks hooks = {take_memory, leave_memory};
    const char *end = text.at;
    current = arena;
    cJSON_InitHooks(&hooks);
    cJSON *root = cJSON_ParseWithLengthOpts(text.at, text.length, &end, false);
    cJSON_InitHooks(NULL);
    current = NULL;
    *error_offset = (size_t)(end - text.at);
    return root;
}

/* Scans and parses what begins at the front of SCAN's text with a bracket. */
static enum json_end scan_and_parse(struct scan *scan, unsigned max_depth, struct arena *arena,
                                    cJSON **root, size_t *error_offset)
{
    if (max_depth > CJSON_NESTING_LIMIT)
        max_depth = CJSON_NESTING_LIMIT;
    enum json_end end = scan_document(scan, max_depth);
    *error_offset = scan->at;
    if (end != JSON_WHOLE)
        return end;
    struct text document = text_first(scan->text, scan->at);
    if (scan->rewritten) {
        buffer_add_text(&scan->copy, text_from(document, scan->kept));
        document = buffer_text(&scan->copy);
    }
    size_t offset;
    *root = parse(document, arena, &offset);
    /* In a copy the fault may lie behind the end of what was copied. */
    *error_offset = offset < scan->at ? offset : scan->at;
    return *root ? JSON_WHOLE : JSON_BROKEN;
}

static struct text after_mark(struct text text, bool *found)
{
    static const struct text mark = TEXT_ROW("\xef\xbb\xbf");
    *found = text_starts(text, mark);
    return *found ? text_from(text, mark.length) : text;
}

static struct text after_blanks(struct text text)
{
    size_t at = 0;
    while (at < text.length && is_blank((unsigned char)text.at[at]))
        at++;
    return text_from(text, at);
}

bool json_is_object(struct text text)
{
    bool mark;
    text = after_blanks(after_mark(text, &mark));
    return text.length && text.at[0] == '{';
}

enum json_end json_parse(struct text text, unsigned max_depth, struct arena *arena,
                         struct json_document *document)
{
    *document = (struct json_document){0};
    struct text body = after_blanks(after_mark(text, &document->oddities.byte_order_mark));
    if (!body.length || body.at[0] != '{')
        return JSON_NOT_OBJECT;
    struct scan scan = {.text = body, .oddities = &document->oddities};
    size_t offset;
    enum json_end end = scan_and_parse(&scan, max_depth, arena, &document->root, &offset);
    buffer_free(&scan.copy);
    document->error_offset = offset + (text.length - body.length);
    if (end == JSON_WHOLE) {
        document->source = text_first(body, scan.at);
        document->oddities.trailing = after_blanks(text_from(body, scan.at)).length > 0;
    }
    return end;
}

const cJSON *json_array_in_text(struct text text, struct arena *arena)
{
    if (text.length < 2 || text.at[0] != '[')
        return NULL;
    struct json_oddities unused = {0};
    struct scan scan = {.text = text, .oddities = &unused};
    size_t offset;
    cJSON *root = NULL;
    enum json_end end = scan_and_parse(&scan, 1, arena, &root, &offset);
    buffer_free(&scan.copy);
    return end == JSON_WHOLE && scan.at == text.length ? root : NULL;
}

/* The text of a number that was rewritten, else unknown. */
static struct text marked_number(const cJSON *item)
{
    bool marked = cJSON_IsString(item) && item->valuestring[0] == NUMBER_MARK;
    return marked ? text_of(item->valuestring + 1) : TEXT_UNKNOWN;
}

/* value * 10 + digit; INT64_MAX and true where that is more. */
static bool add_digit(uint64_t *value, unsigned digit)
{
    if (*value > ((uint64_t)INT64_MAX - digit) / 10) {
        *value = INT64_MAX;
        return true;
    }
    *value = *value * 10 + digit;
    return false;
}

static enum json_number count_of(struct text text, uint64_t *value)
{
    struct number number;
    *value = 0;
    if (!number_read(text, &number))
        return JSON_NUMBER_NONE;
    /* So many of the written digits stand before the decimal point, were it written out. */
    int64_t before_point = (int64_t)number.whole.length + number.exponent;
    int64_t written = (int64_t)(number.whole.length + number.fraction.length);
    bool too_large = false, fraction = false;
    for (int64_t i = 0; i < written; i++) {
        size_t at = (size_t)i;
        char c = at < number.whole.length ? number.whole.at[at]
                                          : number.fraction.at[at - number.whole.length];
        if (i >= before_point)
            fraction = fraction || c != '0';
        else
            too_large = too_large || add_digit(value, (unsigned)(c - '0'));
    }
    for (int64_t i = written; i < before_point && *value && !too_large; i++)
        too_large = add_digit(value, 0);
    if (number.negative && (*value || fraction)) {
        *value = 0;
        return JSON_NUMBER_NEGATIVE;
    }
    return too_large ? JSON_NUMBER_TOO_LARGE : fraction ? JSON_NUMBER_FRACTION : JSON_NUMBER_OK;
}

enum json_number json_count(const cJSON *item, uint64_t *value, bool *as_string)
{
    *value = 0;
    *as_string = false;
    if (cJSON_IsNumber(item)) {
        if (item->valuedouble < 0)
            return JSON_NUMBER_NEGATIVE;
        *value = (uint64_t)item->valuedouble;
        return JSON_NUMBER_OK;
    }
    struct text number = marked_number(item);
    if (text_known(number))
        return count_of(number, value);
    number = text_trim(json_string(item));
    enum json_number found = count_of(number, value);
    *as_string = found != JSON_NUMBER_NONE;
    return found;
}

struct text json_string(const cJSON *item)
{
    if (!cJSON_IsString(item) || item->valuestring[0] == NUMBER_MARK)
        return TEXT_UNKNOWN;
    return text_of(item->valuestring);
}

struct text json_scalar(const cJSON *item, struct arena *arena)
{
    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item) ? TEXT("true") : TEXT("false");
    if (cJSON_IsNumber(item))
        return text_format(arena, "%.0f", item->valuedouble);
    struct text number = marked_number(item);
    return text_known(number) ? number : json_string(item);
}
