#include "published/tlsa.h"

#include <string.h>

#include "base/sha256.h"

static const char *const fault_names[] = {
    [TLSA_FAULT_NONE] = NULL,           [TLSA_FAULT_NUMBER] = "number",
    [TLSA_FAULT_HEX] = "hex",           [TLSA_FAULT_ODD] = "odd",
    [TLSA_FAULT_NO_DATA] = "no-data",   [TLSA_FAULT_USAGE] = "usage",
    [TLSA_FAULT_SELECTOR] = "selector", [TLSA_FAULT_MATCHING] = "matching",
    [TLSA_FAULT_LENGTH] = "length",
};
_Static_assert(sizeof fault_names / sizeof *fault_names == TLSA_FAULT_COUNT,
               "a name is missing");

const char *tlsa_fault_name(enum tlsa_fault fault)
{
    return (unsigned)fault < TLSA_FAULT_COUNT ? fault_names[fault] : NULL;
}

enum { SHA512_SIZE = 64 };

static const uint8_t nothing_sha256[SHA256_SIZE] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
    0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
    0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
static const uint8_t nothing_sha512[SHA512_SIZE] = {
    0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd, 0xf1, 0x54, 0x28, 0x50, 0xd6,
    0x6d, 0x80, 0x07, 0xd6, 0x20, 0xe4, 0x05, 0x0b, 0x57, 0x15, 0xdc, 0x83, 0xf4,
    0xa9, 0x21, 0xd3, 0x6c, 0xe9, 0xce, 0x47, 0xd0, 0xd1, 0x3c, 0x5d, 0x85, 0xf2,
    0xb0, 0xff, 0x83, 0x18, 0xd2, 0x87, 0x7e, 0xec, 0x2f, 0x63, 0xb9, 0x31, 0xbd,
    0x47, 0x41, 0x7a, 0x81, 0xa5, 0x38, 0x32, 0x7a, 0xf9, 0x27, 0xda, 0x3e};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')';
}

static void fault(struct tlsa *tlsa, enum tlsa_fault which, size_t offset, struct text sentence)
{
    tlsa->fault = which;
    tlsa->offset = offset;
    tlsa->sentence = sentence;
}

/* One of the three numbers, and the blanks around it. */
static bool take_number(struct text text, size_t *at, unsigned *number)
{
    while (*at < text.length && is_blank(text.at[*at]))
        ++*at;
    size_t start = *at;
    while (*at < text.length && !is_blank(text.at[*at]))
        ++*at;
    uint64_t value;
    struct text digits = text_first(text_from(text, start), *at - start);
    if (!text_unsigned(digits, &value) || value > 255) {
        *at = start;
        return false;
    }
    *number = (unsigned)value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_hex(struct text text, size_t at, struct arena *arena, struct tlsa *tlsa)
{
    char *bytes = arena_alloc(arena, (text.length - at) / 2 + 1);
    size_t digits = 0;
    for (; at < text.length; at++) {
        if (is_blank(text.at[at]))
            continue;
        int digit = hex_digit(text.at[at]);
        if (digit < 0) {
            fault(
                tlsa, TLSA_FAULT_HEX, at,
                TEXT(
                    "the data of a TLSA record is hexadecimal digits; another character stands "
                    "here: copy the record again"));
            return false;
        }
        bytes[digits / 2] = (char)((unsigned char)bytes[digits / 2] << 4 | digit);
        digits++;
    }
    if (digits == 0 || digits % 2) {
        fault(tlsa, digits ? TLSA_FAULT_ODD : TLSA_FAULT_NO_DATA, text.length,
              digits
                  ? TEXT("the hexadecimal data has an odd number of digits, so one is missing: "
                         "copy the record again")
                  : TEXT("nothing follows the three numbers: the record needs a digest"));
        return false;
    }
    tlsa->data = (struct text){bytes, digits / 2};
    return true;
}

/* Whether DATA is one DER SEQUENCE from its first to its last byte, as certificates and keys
 * are. */
static bool is_der_sequence(struct text data)
{
    const unsigned char *at = (const unsigned char *)data.at;
    if (data.length < 2 || at[0] != 0x30)
        return false;
    if (at[1] < 0x80)
        return data.length == 2u + at[1];
    size_t size_bytes = at[1] & 0x7fu, length = 0;
    if (size_bytes < 1 || size_bytes > 4 || data.length < 2 + size_bytes)
        return false;
    for (size_t i = 0; i < size_bytes; i++)
        length = length << 8 | at[2 + i];
    return data.length == 2 + size_bytes + length;
}

static bool length_fits(const struct tlsa *tlsa)
{
    if (tlsa->matching == 0)
        return is_der_sequence(tlsa->data);
    return tlsa->data.length ==
           (tlsa->matching == 1 ? (size_t)SHA256_SIZE : (size_t)SHA512_SIZE);
}

static void judge(struct tlsa *tlsa)
{
    if (tlsa->usage != 2 && tlsa->usage != 3)
        fault(tlsa, TLSA_FAULT_USAGE, 0,
              TEXT("senders of mail use only the usages 2 and 3 (RFC 7672 §3.1.3): publish "
                   "\"3 1 1\" and the SHA-256 of the public key"));
    else if (tlsa->selector > 1)
        fault(tlsa, TLSA_FAULT_SELECTOR, 0,
              TEXT("the selector, the second number, is 0 or 1: use 1, the public key"));
    else if (tlsa->matching > 2)
        fault(tlsa, TLSA_FAULT_MATCHING, 0,
              TEXT("the matching type, the third number, is 0, 1 or 2: use 1, SHA-256"));
    else if (!length_fits(tlsa))
        fault(
            tlsa, TLSA_FAULT_LENGTH, 0,
            tlsa->matching == 1
                ? TEXT("matching type 1 is a SHA-256 and needs 64 hexadecimal digits: make the "
                       "record again from the certificate")
            : tlsa->matching == 2
                ? TEXT(
                      "matching type 2 is a SHA-512 and needs 128 hexadecimal digits: make the "
                      "record again from the certificate")
                : TEXT(
                      "matching type 0 needs the whole certificate or key in DER: use type 1"));
    tlsa->usable = tlsa->fault == TLSA_FAULT_NONE;
}

bool tlsa_parse(struct text text, struct arena *arena, struct tlsa *tlsa)
{
    *tlsa = (struct tlsa){0};
    unsigned *numbers[] = {&tlsa->usage, &tlsa->selector, &tlsa->matching};
    size_t at = 0;
    for (size_t i = 0; i < 3; i++)
        if (!take_number(text, &at, numbers[i])) {
            fault(
                tlsa, TLSA_FAULT_NUMBER, at,
                TEXT("a TLSA record is three numbers from 0 to 255 and hexadecimal data, as in "
                     "\"3 1 1 ab12…\"; a number is missing here"));
            return false;
        }
    if (!take_hex(text, at, arena, tlsa))
        return false;
    judge(tlsa);
    return true;
}

bool tlsa_parse_wire(struct text bytes, struct arena *arena, struct tlsa *tlsa)
{
    *tlsa = (struct tlsa){0};
    if (bytes.length < 4) {
        fault(tlsa, bytes.length < 3 ? TLSA_FAULT_NUMBER : TLSA_FAULT_NO_DATA, bytes.length,
              TEXT("the TLSA record ends before its data"));
        return false;
    }
    tlsa->usage = (unsigned char)bytes.at[0];
    tlsa->selector = (unsigned char)bytes.at[1];
    tlsa->matching = (unsigned char)bytes.at[2];
    tlsa->data = text_copy(arena, text_from(bytes, 3));
    judge(tlsa);
    return true;
}

struct text tlsa_text(struct arena *arena, const struct tlsa *tlsa)
{
    struct text head =
        text_format(arena, "%u %u %u ", tlsa->usage, tlsa->selector, tlsa->matching);
    size_t length = head.length + 2 * tlsa->data.length;
    char *at = arena_alloc(arena, length + 1);
    memcpy(at, head.at, head.length);
    for (size_t i = 0; i < tlsa->data.length; i++) {
        unsigned char byte = (unsigned char)tlsa->data.at[i];
        at[head.length + 2 * i] = "0123456789abcdef"[byte >> 4];
        at[head.length + 2 * i + 1] = "0123456789abcdef"[byte & 15];
    }
    return (struct text){at, length};
}

static bool data_is(const struct tlsa *tlsa, const uint8_t *bytes, size_t size)
{
    return tlsa->data.length == size && memcmp(tlsa->data.at, bytes, size) == 0;
}

bool tlsa_is_digest_of_nothing(const struct tlsa *tlsa)
{
    return (tlsa->matching == 1 && data_is(tlsa, nothing_sha256, SHA256_SIZE)) ||
           (tlsa->matching == 2 && data_is(tlsa, nothing_sha512, SHA512_SIZE));
}

enum tlsa_match tlsa_match(const struct tlsa *tlsa, struct text spki_sha256,
                           struct text cert_sha256)
{
    uint8_t presented[SHA256_SIZE], wanted[SHA256_SIZE];
    struct text hex = tlsa->selector == 1 ? spki_sha256 : cert_sha256;
    if (tlsa->selector > 1 || tlsa->matching > 1 || !text_known(tlsa->data) ||
        !sha256_parse(hex, presented))
        return TLSA_MATCH_UNKNOWN;
    if (tlsa->matching == 1)
        return data_is(tlsa, presented, SHA256_SIZE) ? TLSA_MATCH_YES : TLSA_MATCH_NO;
    sha256(tlsa->data, wanted);
    return memcmp(wanted, presented, SHA256_SIZE) == 0 ? TLSA_MATCH_YES : TLSA_MATCH_NO;
}
