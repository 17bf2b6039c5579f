#include "published/txt_record.h"

#include <string.h>

static const struct {
    const char *name;
    bool fatal;
} fault_table[] = {
    [TXT_FAULT_NONE] = {NULL, false},
    [TXT_FAULT_SEVERAL] = {"several", true},
    [TXT_FAULT_DMARC] = {"dmarc", true},
    [TXT_FAULT_SPF] = {"spf", true},
    [TXT_FAULT_OTHER_RECORD] = {"other-record", true},
    [TXT_FAULT_VERSION] = {"version", true},
    [TXT_FAULT_VERSION_CASE] = {"version-case", true},
    [TXT_FAULT_VERSION_BLANK] = {"version-blank", true},
    [TXT_FAULT_VERSION_NOT_FIRST] = {"version-not-first", true},
    [TXT_FAULT_LEADING] = {"leading", true},
    [TXT_FAULT_SPACE_BEFORE_SEMICOLON] = {"space-before-semicolon", false},
    [TXT_FAULT_SEMICOLON_MISSING] = {"semicolon-missing", true},
    [TXT_FAULT_FIELD_EMPTY] = {"field-empty", true},
    [TXT_FAULT_EQUALS_MISSING] = {"equals-missing", true},
    [TXT_FAULT_BLANK_AT_EQUALS] = {"blank-at-equals", true},
    [TXT_FAULT_NAME] = {"name", true},
    [TXT_FAULT_VALUE] = {"value", true},
    [TXT_FAULT_VALUE_EQUALS] = {"value-equals", false},
    [TXT_FAULT_RUA_MISSING] = {"rua-missing", true},
    [TXT_FAULT_RUA_CASE] = {"rua-case", true},
    [TXT_FAULT_RUA_REPEATED] = {"rua-repeated", false},
    [TXT_FAULT_URI_EMPTY] = {"uri-empty", true},
    [TXT_FAULT_URI_NO_SCHEME] = {"uri-no-scheme", true},
    [TXT_FAULT_URI_SCHEME] = {"uri-scheme", false},
    [TXT_FAULT_URI_SIZE] = {"uri-size", true},
    [TXT_FAULT_URI_BANG] = {"uri-bang", true},
    [TXT_FAULT_URI_CHARACTER] = {"uri-character", true},
    [TXT_FAULT_URI_PERCENT] = {"uri-percent", true},
    [TXT_FAULT_URI_ADDRESS] = {"uri-address", false},
    [TXT_FAULT_URI_HOST] = {"uri-host", false},
    [TXT_FAULT_ID_MISSING] = {"id-missing", true},
    [TXT_FAULT_ID_CASE] = {"id-case", true},
    [TXT_FAULT_ID_EMPTY] = {"id-empty", true},
    [TXT_FAULT_ID_CHARACTER] = {"id-character", true},
    [TXT_FAULT_ID_LONG] = {"id-long", true},
    [TXT_FAULT_ID_REPEATED] = {"id-repeated", false},
};
_Static_assert(sizeof fault_table / sizeof *fault_table == TXT_FAULT_COUNT,
               "a fault is missing");

const char *txt_fault_name(enum txt_fault fault)
{
    return (unsigned)fault < TXT_FAULT_COUNT ? fault_table[fault].name : NULL;
}

bool txt_fault_is_fatal(enum txt_fault fault)
{
    return (unsigned)fault < TXT_FAULT_COUNT && fault_table[fault].fatal;
}

bool txt_faults_are_fatal(const struct txt_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        if (txt_fault_is_fatal(faults->at[i].fault))
            return true;
    return false;
}

bool txt_faults_have(const struct txt_faults *faults, enum txt_fault fault)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->at[i].fault == fault)
            return true;
    return false;
}

void txt_fault_add(struct arena *arena, struct txt_faults *faults, enum txt_fault fault,
                   size_t offset, struct text sentence)
{
    struct txt_fault_found found = {fault, offset, sentence};
    if (faults->count < TXT_FAULTS_MAX)
        VECTOR_ADD(arena, faults, found);
}

struct text quote(struct arena *arena, struct text text)
{
    enum { SHOWN = 60 };
    char *at = arena_alloc(arena, SHOWN + sizeof "…" + 4);
    size_t length = 0, i = 0;
    while (i < text.length && length < SHOWN) {
        size_t bytes = text_utf8_length(text_from(text, i));
        bool printable = bytes > 1 || (bytes == 1 && text.at[i] >= ' ' && text.at[i] != 0x7f);
        /* U+0080 to U+009F are controls too. */
        if (bytes == 2 && (unsigned char)text.at[i] == 0xc2 &&
            (unsigned char)text.at[i + 1] < 0xa0)
            printable = false;
        if (printable) {
            memcpy(at + length, text.at + i, bytes);
            length += bytes;
        } else {
            at[length++] = '?';
        }
        i += bytes ? bytes : 1;
    }
    if (i < text.length) {
        memcpy(at + length, "…", sizeof "…" - 1);
        length += sizeof "…" - 1;
    }
    return (struct text){at, length};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

size_t txt_skip_blanks(struct text text, size_t start)
{
    while (start < text.length && is_blank(text.at[start]))
        start++;
    return start;
}

bool txt_is_name(struct text text)
{
    if (!text.length || text.length > 32 || !is_letter_or_digit(text.at[0]))
        return false;
    for (size_t i = 1; i < text.length; i++)
        if (!is_letter_or_digit(text.at[i]) && !memchr("_-.", text.at[i], 3))
            return false;
    return true;
}

/* ---- the fields ---- */

/* Splits at the first "=", noting blanks around it. */
static bool split_field(struct text raw, size_t start, struct arena *arena,
                        struct txt_faults *faults, struct txt_field *field)
{
    size_t equals = text_find_char(raw, '=');
    if (equals == SIZE_MAX) {
        txt_fault_add(arena, faults, TXT_FAULT_EQUALS_MISSING, start,
                      text_format(arena,
                                  "\"%.*s\" is no field: between semicolons stands name=value. "
                                  "A semicolon inside an address is written %%3B",
                                  TEXT_ARGS(quote(arena, raw))));
        return false;
    }
    size_t value = txt_skip_blanks(raw, equals + 1);
    size_t name_end = equals;
    while (name_end && is_blank(raw.at[name_end - 1]))
        name_end--;
    *field = (struct txt_field){.name = text_first(raw, name_end),
                                .value = text_from(raw, value),
                                .name_at = start,
                                .value_at = start + value};
    if (name_end != equals || value != equals + 1)
        txt_fault_add(arena, faults, TXT_FAULT_BLANK_AT_EQUALS, start + name_end,
                      TEXT("no blank may stand beside \"=\": write name=value"));
    if (txt_is_name(field->name))
        return true;
    txt_fault_add(
        arena, faults, TXT_FAULT_NAME, start,
        text_format(arena,
                    "\"%.*s\" is no name of a field: up to 32 letters, digits, \"_\", "
                    "\"-\" and \".\"",
                    TEXT_ARGS(quote(arena, field->name))));
    return false;
}

bool txt_next_field(struct text string, size_t *at, struct arena *arena,
                    struct txt_faults *faults, struct txt_field *field)
{
    for (;;) {
        size_t start = txt_skip_blanks(string, *at);
        if (start < string.length && string.at[start] == ';')
            start = txt_skip_blanks(string, start + 1);
        if (start >= string.length)
            return false;
        size_t length = text_find_char(text_from(string, start), ';');
        if (length == SIZE_MAX)
            length = string.length - start;
        *at = start + length;
        while (length && is_blank(string.at[start + length - 1]))
            length--;
        if (!length)
            txt_fault_add(arena, faults, TXT_FAULT_FIELD_EMPTY, start,
                          TEXT("nothing stands between two semicolons: remove one"));
        else if (split_field(text_first(text_from(string, start), length), start, arena, faults,
                             field))
            return true;
    }
}

bool txt_lacks_semicolon(struct text value, size_t blank)
{
    enum { LONGEST_NAME = 32 };
    struct text rest = text_from(value, txt_skip_blanks(value, blank));
    rest = text_first(rest, LONGEST_NAME + 1);
    size_t equals = text_find_char(rest, '=');
    return equals != SIZE_MAX && txt_is_name(text_first(rest, equals));
}

void txt_check_extension(const struct txt_field *field, struct arena *arena,
                         struct txt_faults *faults)
{
    struct text value = field->value;
    bool equals = false;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.at[i];
        if (c == '=' && !equals) {
            equals = true;
            txt_fault_add(arena, faults, TXT_FAULT_VALUE_EQUALS, field->value_at + i,
                          text_format(arena,
                                      "the value of %.*s holds a \"=\": some senders do not "
                                      "accept that",
                                      TEXT_ARGS(field->name)));
        } else if (is_blank(c) && txt_lacks_semicolon(value, i)) {
            txt_fault_add(arena, faults, TXT_FAULT_SEMICOLON_MISSING, field->value_at + i,
                          TEXT("a \";\" is missing between two fields"));
            return;
        } else if (c <= ' ' || c > '~') {
            txt_fault_add(arena, faults, TXT_FAULT_VALUE, field->value_at + i,
                          text_format(arena,
                                      "the value of %.*s may hold only printable ASCII "
                                      "without blanks",
                                      TEXT_ARGS(field->name)));
            return;
        }
    }
    if (!value.length)
        txt_fault_add(arena, faults, TXT_FAULT_VALUE, field->value_at,
                      text_format(arena, "%.*s has no value: give it one, or remove it",
                                  TEXT_ARGS(field->name)));
}

/* ---- the choice among the strings ---- */

/* Begins with the version and ";", blanks before it if BLANKS. */
static bool begins_record(const struct txt_kind *kind, struct text string, bool blanks)
{
    if (!text_starts(string, kind->version))
        return false;
    size_t at = kind->version.length;
    if (blanks)
        at = txt_skip_blanks(string, at);
    return at < string.length && string.at[at] == ';';
}

/* The version and nothing after it. */
static bool is_bare(const struct txt_kind *kind, struct text string)
{
    return text_starts(string, kind->version) &&
           txt_skip_blanks(string, kind->version.length) == string.length;
}

/* The string up to its first ";", without blanks and quotes, in BUFFER. */
static struct text squeeze(struct text string, char *buffer, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < string.length && length < size && string.at[i] != ';'; i++)
        if (!is_blank(string.at[i]) && string.at[i] != '"' && string.at[i] != '\'')
            buffer[length++] = string.at[i];
    return (struct text){buffer, length};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

enum { TOKEN_MAX = TXT_DISTANCE_MAX };

size_t txt_distance(struct text a, struct text b)
{
    if (a.length > TOKEN_MAX || b.length > TOKEN_MAX)
        return SIZE_MAX;
    size_t row[TOKEN_MAX + 1];
    for (size_t j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t best = diagonal + (lower(a.at[i - 1]) != lower(b.at[j - 1]));
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.length];
}

/* A record of another kind that has strayed here. */
static enum txt_fault stray(const struct txt_kind *kind, struct text string)
{
    if (text_starts_nocase(string, TEXT("v=DMARC1")))
        return TXT_FAULT_DMARC;
    if (text_starts_nocase(string, TEXT("v=spf1")))
        return TXT_FAULT_SPF;
    return text_starts_nocase(string, kind->other) ? TXT_FAULT_OTHER_RECORD : TXT_FAULT_NONE;
}

/* Whether the string means to be a record of this kind. */
static bool means_to_be(const struct txt_kind *kind, struct text string)
{
    char buffer[TOKEN_MAX];
    if (stray(kind, string))
        return false;
    struct text head = text_first(string, 64);
    if (text_find_nocase(head, kind->word) != SIZE_MAX)
        return true;
    struct text token = squeeze(string, buffer, sizeof buffer);
    if (token.length > 2 && txt_distance(token, kind->version) <= 2)
        return true;
    struct text key = kind->key;
    return text_starts_nocase(string, key) && string.length > key.length &&
           string.at[key.length] == '=';
}

static struct txt_fault_found version_fault(const struct txt_kind *kind, struct text string,
                                            struct arena *arena)
{
    struct text version = kind->version;
    char buffer[TOKEN_MAX];
    struct text token = squeeze(string, buffer, sizeof buffer);
    size_t exact = text_find(string, version);
    struct txt_fault_found found = {.fault = TXT_FAULT_VERSION};
    const char *what = "the version is misspelt";
    size_t behind = version.length;
    bool longer =
        behind < string.length && string.at[behind] >= '0' && string.at[behind] <= '9';
    if (exact == 0 && !longer) {
        return (struct txt_fault_found){
            TXT_FAULT_SEMICOLON_MISSING, behind,
            text_format(arena, "a \";\" is missing after %.*s", TEXT_ARGS(version))};
    } else if (exact != SIZE_MAX && exact > 0 &&
               text_find_char(text_first(string, exact), '=') == SIZE_MAX) {
        found.fault = TXT_FAULT_LEADING;
        what = "something stands before the version, perhaps a quote or a blank";
    } else if (exact != SIZE_MAX && exact > 0) {
        found = (struct txt_fault_found){.fault = TXT_FAULT_VERSION_NOT_FIRST, .offset = exact};
        what = "the version does not come first";
    } else if (exact && text_starts_nocase(string, version)) {
        found.fault = TXT_FAULT_VERSION_CASE;
        what = "the version is written in other upper and lower case";
    } else if (exact && text_starts_nocase(token, version)) {
        found.fault = TXT_FAULT_VERSION_BLANK;
        what = "blanks or quotes stand inside the version";
    } else if (text_starts_nocase(string, kind->key)) {
        found.fault = TXT_FAULT_VERSION_NOT_FIRST;
        what = "the version is missing";
    }
    found.sentence = text_format(
        arena,
        "%s: the record must begin with exactly \"%.*s;\", so senders do not see it as one",
        what, TEXT_ARGS(version));
    return found;
}

static struct txt_fault_found stray_fault(const struct txt_kind *kind, enum txt_fault fault,
                                          struct arena *arena)
{
    static const char *const names[] = {[TXT_FAULT_DMARC] = "a DMARC record",
                                        [TXT_FAULT_SPF] = "an SPF record",
                                        [TXT_FAULT_OTHER_RECORD] = "a record of another kind"};
    return (struct txt_fault_found){
        fault, 0,
        text_format(
            arena,
            "%s stands where the %.*s record belongs: move it to its own name (a wildcard "
            "TXT record has the same effect)",
            names[fault], TEXT_ARGS(kind->label))};
}

/* None of the strings is a record: the first that means to be one, else the first that has
 * strayed. */
static void find_mistake(const struct txt_kind *kind, const struct text_list *strings,
                         struct arena *arena, struct txt_selection *selection)
{
    struct txt_fault_found found = {TXT_FAULT_NONE};
    for (size_t i = 0; i < strings->count; i++) {
        struct text string = strings->at[i];
        if (means_to_be(kind, string)) {
            found = version_fault(kind, string, arena);
            if (begins_record(kind, string, true))
                found = (struct txt_fault_found){
                    TXT_FAULT_SPACE_BEFORE_SEMICOLON, kind->version.length,
                    TEXT("a blank stands before the first \";\", and beside other TXT records "
                         "senders then drop this one: remove the blank")};
            selection->index = i;
            break;
        }
        enum txt_fault fault = stray(kind, string);
        if (fault && !found.fault) {
            found = stray_fault(kind, fault, arena);
            selection->index = i;
        }
    }
    if (!found.fault)
        return;
    selection->state = TXT_MISTAKEN;
    txt_fault_add(arena, &selection->faults, found.fault, found.offset, found.sentence);
}

void txt_select(const struct txt_kind *kind, const struct text_list *strings,
                struct arena *arena, struct txt_selection *selection)
{
    *selection = (struct txt_selection){0};
    for (size_t i = 0; i < strings->count; i++)
        if (begins_record(kind, strings->at[i], false) && selection->candidates++ == 0)
            selection->index = i;
    bool alone = strings->count == 1;
    if (selection->candidates == 1) {
        selection->state = TXT_ONE;
    } else if (selection->candidates > 1) {
        selection->state = TXT_SEVERAL;
        txt_fault_add(
            arena, &selection->faults, TXT_FAULT_SEVERAL, 0,
            text_format(arena,
                        "%zu %.*s records stand at one name, so senders must ignore all "
                        "of them: keep one",
                        selection->candidates, TEXT_ARGS(kind->label)));
    } else if (alone && begins_record(kind, strings->at[0], true)) {
        selection->state = TXT_ONE;
        selection->candidates = 1;
        txt_fault_add(arena, &selection->faults, TXT_FAULT_SPACE_BEFORE_SEMICOLON,
                      kind->version.length,
                      TEXT("a blank stands before the first \";\": some senders may drop the "
                           "record, so remove it"));
    } else if (alone && is_bare(kind, strings->at[0])) {
        selection->state = TXT_ONE;
        selection->candidates = 1;
    } else {
        find_mistake(kind, strings, arena, selection);
    }
}
