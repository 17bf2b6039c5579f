#include "ingest/quirks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/vector.h"

enum {
    QUOTED_CHARACTERS = 80,
    ESCAPED_SIZE = 8, /* the most that one character becomes, with a NUL: \u202e */
};

/* clang-format off */
static const struct quirk_row rows[] = {
    [QUIRK_BYTE_ORDER_MARK] = {"byte-order-mark", "the document begins with a byte order mark", "writers on Windows"},
    [QUIRK_NOT_UTF8] = {"not-utf8", "bytes that are not UTF-8 are taken as Latin-1", "senders that copy texts of other servers"},
    [QUIRK_NUL_ESCAPE] = {"nul-escape", "\\u0000 is taken as U+FFFD", "hostile reports"},
    [QUIRK_LONE_SURROGATE] = {"lone-surrogate", "half a surrogate pair is taken as U+FFFD", "writers that cut UTF-16"},
    [QUIRK_CONTROL_CHARACTER] = {"control-character", "a control character is not escaped", "senders that copy an EHLO answer"},
    [QUIRK_NUMBER_FORM] = {"number-form", "a number has leading zeros or nothing behind its point", "hand-made JSON"},
    [QUIRK_TRAILING_BYTES] = {"trailing-bytes", "something follows the document and is left out", "footers of mailing lists, padding"},

    [QUIRK_DUPLICATE_KEY] = {"duplicate-key", "is there more than once, the last counts", "hand-made JSON"},
    [QUIRK_TWO_SPELLINGS] = {"two-spellings", "is there with - and with _, the one with - counts", "writers that serve two drafts"},
    [QUIRK_SNAKE_CASE_KEY] = {"snake-case-key", "is written with _", "writers that print their own structures"},
    [QUIRK_KEY_ALIAS] = {"key-alias", "has another name", "SocketLabs; the old drafts' and the schema's names"},
    [QUIRK_NULL_VALUE] = {"null-value", "is null", "Stalwart (contact-info), Go senders (failure-details)"},
    [QUIRK_MISSING_KEY] = {"missing-key", "is missing", "Stalwart, Mail.ru, tlsrpt-reporter"},
    [QUIRK_NOT_TEXT] = {"not-text", "is not a string", "writers without a schema"},
    [QUIRK_NOT_OBJECT] = {"not-object", "is not an object and is left out", "writers without a schema"},

    [QUIRK_DATE_NO_ZONE] = {"date-no-zone", "has no zone and is taken as UTC", "Microsoft 2023, 2024"},
    [QUIRK_DATE_ONLY] = {"date-only", "is a date without a time", "hand-made reports"},
    [QUIRK_DATE_FORM] = {"date-form", "is not written as RFC 3339 wants it", "hand-made reports"},
    [QUIRK_DATE_UNUSABLE] = {"date-unusable", "is no date", "hand-made reports"},
    [QUIRK_DATE_FROM_FILE_NAME] = {"date-from-file-name", "comes from the file name", "reports without date-range"},
    [QUIRK_DATE_FROM_MAIL] = {"date-from-mail", "is taken from the day before the mail's Date", "reports without date-range"},
    [QUIRK_DATE_UNKNOWN] = {"date-unknown", "is unknown", "reports without date-range"},
    [QUIRK_DATE_ORDER] = {"date-order", "is after end-datetime", "SocketLabs 2020"},

    [QUIRK_POLICY_NOT_OBJECT] = {"policy-not-object", "has an element that is no object and is left out", "hostile reports"},
    [QUIRK_POLICY_DOMAIN_FORM] = {"policy-domain-form", "is not a domain in lower-case A-labels without a final dot", "Postfix with tlsrpt-reporter"},
    [QUIRK_POLICY_DOMAIN_FROM_HEADER] = {"policy-domain-from-header", "is missing and comes from TLS-Report-Domain", "Postfix with tlsrpt-reporter"},
    [QUIRK_POLICY_DOMAIN_FROM_FILE_NAME] = {"policy-domain-from-file-name", "is missing and comes from the file name", "Postfix with tlsrpt-reporter"},
    [QUIRK_POLICY_DOMAIN_UNKNOWN] = {"policy-domain-unknown", "is missing and nothing else names it", "Postfix with tlsrpt-reporter"},
    [QUIRK_POLICY_TYPE_FORM] = {"policy-type-form", "is not in RFC 8460's spelling", "writers of upper case"},
    [QUIRK_POLICY_TYPE_UNKNOWN] = {"policy-type-unknown", "is none of RFC 8460", "senders ahead of the registry"},
    [QUIRK_POLICY_STRING_FORM] = {"policy-string-form", "is not an array", "Halon (an empty string)"},
    [QUIRK_POLICY_STRING_JOINED] = {"policy-string-joined", "has an element of several lines", "senders that quote the policy file"},
    [QUIRK_POLICY_STRING_NESTED] = {"policy-string-nested", "holds an array as text", "Microsoft (TLSA)"},
    [QUIRK_TLSA_FORM] = {"tlsa-form", "has a TLSA record with blanks or parentheses in it", "senders that quote zone files"},
    [QUIRK_MX_HOST_STRING] = {"mx-host-string", "is not an array", "the RFC's own example (erratum 6241)"},
    [QUIRK_MX_HOST_FORM] = {"mx-host-form", "is not a bare name or pattern", "Stalwart (mx: before the name)"},
    [QUIRK_LIST_ELEMENT] = {"list-element", "has an element that is no string and is left out", "writers without a schema"},

    [QUIRK_COUNT_STRING] = {"count-string", "is a number in a string", "writers without a schema"},
    [QUIRK_COUNT_NEGATIVE] = {"count-negative", "is negative and taken as 0", "senders that subtract"},
    [QUIRK_COUNT_FRACTION] = {"count-fraction", "has a fraction, which is cut off", "senders that sample"},
    [QUIRK_COUNT_TOO_LARGE] = {"count-too-large", "is taken as 2^63-1", "hostile reports"},
    [QUIRK_COUNT_UNREADABLE] = {"count-unreadable", "is no number and taken as 0", "writers without a schema"},
    [QUIRK_MORE_DETAILS] = {"more-details", "is less than failure-details add up to, their sum counts", "Mail.ru (one session under two causes)"},

    [QUIRK_FAILURE_DETAILS_OBJECT] = {"failure-details-object", "is an object instead of an array", "writers that unpack arrays of one element"},
    [QUIRK_FAILURE_DETAILS_FORM] = {"failure-details-form", "is not an array and is left out", "writers without a schema"},
    [QUIRK_FAILURE_NOT_OBJECT] = {"failure-not-object", "has an element that is no object and is left out", "hostile reports"},
    [QUIRK_RESULT_TYPE_FORM] = {"result-type-form", "is not in RFC 8460's spelling", "SocketLabs (cert-expired)"},
    [QUIRK_RESULT_TYPE_UNKNOWN] = {"result-type-unknown", "is none of RFC 8460", "SocketLabs (Testing)"},
    [QUIRK_ADDRESS_FORM] = {"address-form", "has more than the address", "senders that write [address]:port"},
    [QUIRK_ADDRESS_UNREADABLE] = {"address-unreadable", "is no address", "senders that write a host name"},
    [QUIRK_ADDITIONAL_INFORMATION_FORM] = {"additional-information-form", "is not a URI", "senders that write a host name or a sentence"},

    [QUIRK_MORE_WARNINGS] = {"more-warnings", "more are left out", "hostile reports"},
};
/* clang-format on */
_Static_assert(sizeof rows / sizeof *rows == QUIRK_COUNT, "a quirk has no row");

const struct quirk_row *quirk_row(enum quirk quirk)
{
    return &rows[quirk];
}

/* The code point of the UTF-8 sequence of LENGTH bytes at AT. */
static unsigned code_point(const char *at, size_t length)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned code = (unsigned char)at[0] & first_bits[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3fu);
    return code;
}

/* Controls of C0 and C1, and what turns the direction of a line round. */
static bool is_control(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* Writes QUOTED as it may stand in a warning into OUT, which has room for it. */
static void escape(struct text quoted, char out[QUOTED_CHARACTERS * ESCAPED_SIZE])
{
    size_t room = (size_t)QUOTED_CHARACTERS * ESCAPED_SIZE, used = 0, at = 0;
    for (int i = 0; i < QUOTED_CHARACTERS - 1 && at < quoted.length; i++) {
        size_t length = text_utf8_length(text_from(quoted, at));
        unsigned code = length ? code_point(quoted.at + at, length) : 0xfffd;
        const char *piece = quoted.at + at;
        if (!length || is_control(code))
            used += (size_t)snprintf(out + used, room - used,
                                     code < 0x100 ? "\\x%02x" : "\\u%04x", code);
        else if (code == '"' || code == '\\')
            used += (size_t)snprintf(out + used, room - used, "\\%c", (int)code);
        else
            used += (size_t)snprintf(out + used, room - used, "%.*s", (int)length, piece);
        at += length ? length : 1;
    }
    snprintf(out + used, room - used, "%s", at < quoted.length ? "…" : "");
}

void quirk_note(struct quirk_log *log, enum quirk quirk, const char *key, struct text quoted)
{
    const struct quirk_row *row = quirk_row(quirk);
    char escaped[QUOTED_CHARACTERS * ESCAPED_SIZE], line[sizeof escaped + 256];
    bool has_quote = text_known(quoted);
    if (has_quote)
        escape(quoted, escaped);
    snprintf(line, sizeof line, "%s: %s%s%s%s%s%s", row->code, key ? key : "", key ? " " : "",
             row->text, has_quote ? ": \"" : "", has_quote ? escaped : "",
             has_quote ? "\"" : "");
    if (text_list_has(log->list, text_of(line)))
        return;
    if (log->list->count < QUIRK_LOG_SIZE)
        text_list_add(log->arena, log->list, text_copy(log->arena, text_of(line)));
    else
        log->left_out++;
}

void quirk_log_end(struct quirk_log *log)
{
    if (!log->left_out)
        return;
    const struct quirk_row *row = quirk_row(QUIRK_MORE_WARNINGS);
    text_list_add(
        log->arena, log->list,
        text_format(log->arena, "%s: %" PRIu64 " %s", row->code, log->left_out, row->text));
}
