#include "observe/wire_dns.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buffer.h"
#include "base/vector.h"
#include "published/observation.h"
#include "published/tlsa.h"

enum {
    FLAG_RESPONSE = 0x8000,
    FLAG_AUTHORITATIVE = 0x0400,
    FLAG_TRUNCATED = 0x0200,
    OPCODE_MASK = 0x7800,
    RCODE_MASK = 0x000f,
    TYPE_OPT = 41,
    NAME_MAX_WIRE = 255,
    POINTERS_MAX = 127,
};

static const struct {
    uint16_t type;
    const char *name;
} types[] = {
    {DNS_A, "A"},     {DNS_NS, "NS"},     {DNS_CNAME, "CNAME"}, {DNS_MX, "MX"},
    {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"}, {DNS_TLSA, "TLSA"},
};

struct text dns_type_name(struct arena *arena, uint16_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return text_of(types[i].name);
    return text_format(arena, "TYPE%u", type);
}

/* ---- a question ---- */

static uint8_t *write_16(uint8_t *at, unsigned value)
{
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

/* NAME is a host name: every label has 1 to 63 bytes, the whole 253 at most. */
static uint8_t *write_name(uint8_t *at, struct text name)
{
    struct text label;
    while (text_next(&name, '.', &label)) {
        *at++ = (uint8_t)label.length;
        memcpy(at, label.at, label.length);
        at += label.length;
    }
    *at++ = 0;
    return at;
}

size_t dns_query_write(uint8_t query[DNS_QUERY_MAX], uint16_t id, struct text name,
                       uint16_t type)
{
    if (!text_is_host(name))
        return 0;
    uint8_t *at = query;
    at = write_16(at, id);
    at = write_16(at, 0); /* a standard query, recursion not desired */
    at = write_16(at, 1);
    at = write_16(at, 0);
    at = write_16(at, 0);
    at = write_16(at, 1);
    at = write_name(at, name);
    at = write_16(at, type);
    at = write_16(at, DNS_CLASS_IN);
    *at++ = 0; /* the OPT record: root, type, size, extended rcode and version, flags, length */
    at = write_16(at, TYPE_OPT);
    at = write_16(at, DNS_UDP_SIZE);
    at = write_16(at, 0);
    at = write_16(at, 0);
    at = write_16(at, 0);
    return (size_t)(at - query);
}

/* ---- an answer ---- */

/* A place in the message; `ok` becomes false for good where it ends too early. */
struct cursor {
    struct text message;
    size_t at;
    bool ok;
};

static bool has(struct cursor *cursor, size_t length)
{
    if (cursor->at > cursor->message.length || cursor->message.length - cursor->at < length)
        cursor->ok = false;
    return cursor->ok;
}

static unsigned byte_at(struct text message, size_t at)
{
    return (unsigned char)message.at[at];
}

static unsigned read_8(struct cursor *cursor)
{
    return has(cursor, 1) ? byte_at(cursor->message, cursor->at++) : 0;
}

static unsigned read_16(struct cursor *cursor)
{
    unsigned high = read_8(cursor);
    return high << 8 | read_8(cursor);
}

static uint32_t read_32(struct cursor *cursor)
{
    uint32_t high = read_16(cursor);
    return high << 16 | read_16(cursor);
}

static bool is_plain(unsigned c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*';
}

static void add_label(struct buffer *name, struct text label)
{
    if (name->length)
        buffer_add_char(name, '.');
    for (size_t i = 0; i < label.length; i++) {
        unsigned c = byte_at(label, i);
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        if (is_plain(c))
            buffer_add_char(name, (char)c);
        else if (c > ' ' && c < 0x7f)
            buffer_format(name, "\\%c", (int)c);
        else
            buffer_format(name, "\\%03u", c);
    }
}

/* Follows pointers (RFC 1035 §4.1.4) backwards only, so that it comes to an end. The root is ".". */
static struct text read_name(struct cursor *cursor, struct arena *arena)
{
    BUFFER_AUTO name = {0};
    struct cursor here = *cursor;
    size_t wire = 1, limit = cursor->at;
    bool jumped = false;
    for (unsigned pointers = 0;;) {
        unsigned length = read_8(&here);
        if (!here.ok || length == 0)
            break;
        if ((length & 0xc0) == 0xc0) {
            size_t target = (size_t)(length & 0x3f) << 8 | read_8(&here);
            if (!jumped)
                cursor->at = here.at;
            jumped = true;
            if (!here.ok || target >= limit || ++pointers > POINTERS_MAX) {
                here.ok = false;
                break;
            }
            here.at = limit = target;
            continue;
        }
        wire += 1 + length;
        if ((length & 0xc0) || wire > NAME_MAX_WIRE || !has(&here, length)) {
            here.ok = false;
            break;
        }
        add_label(&name, (struct text){here.message.at + here.at, length});
        here.at += length;
    }
    if (!jumped)
        cursor->at = here.at;
    cursor->ok = here.ok;
    return name.length ? text_copy(arena, buffer_text(&name)) : TEXT(".");
}

static struct text read_address(struct arena *arena, struct text data, int family, size_t size)
{
    char text[INET6_ADDRSTRLEN];
    if (data.length != size || !inet_ntop(family, data.at, text, sizeof text))
        return TEXT_UNKNOWN;
    return text_copy(arena, text_of(text));
}

/* The character strings of a TXT record, joined with nothing between (RFC 7208 §3.3). */
static struct text read_strings(struct arena *arena, struct text data)
{
    char *joined = arena_alloc(arena, data.length + 1);
    size_t length = 0;
    for (size_t at = 0; at < data.length;) {
        size_t piece = byte_at(data, at++);
        if (piece > data.length - at)
            return TEXT_UNKNOWN;
        memcpy(joined + length, data.at + at, piece);
        length += piece;
        at += piece;
    }
    return data.length ? (struct text){joined, length} : TEXT_UNKNOWN;
}

static struct text read_tlsa(struct arena *arena, struct text data)
{
    struct tlsa tlsa;
    return tlsa_parse_wire(data, arena, &tlsa) ? tlsa_text(arena, &tlsa) : TEXT_UNKNOWN;
}

/* What has not its type's form, as RFC 3597 §5 has it. */
static struct text read_unknown(struct arena *arena, struct text data)
{
    BUFFER_AUTO text = {0};
    buffer_format(&text, "\\# %zu", data.length);
    for (size_t i = 0; i < data.length; i++)
        buffer_format(&text, "%s%02x", i ? "" : " ", byte_at(data, i));
    return text_copy(arena, buffer_text(&text));
}

/* The host that is all the data from CURSOR to END. */
static struct text read_host(struct cursor cursor, size_t end, struct arena *arena)
{
    struct text host = read_name(&cursor, arena);
    return cursor.ok && cursor.at == end ? host : TEXT_UNKNOWN;
}

/* CURSOR stands at the record's data, which ends at END. */
static void read_value(struct cursor cursor, size_t end, struct arena *arena,
                       struct dns_record *record)
{
    struct text data = {cursor.message.at + cursor.at, end - cursor.at};
    struct text value = TEXT_UNKNOWN;
    switch (record->type) {
    case DNS_A:
        value = read_address(arena, data, AF_INET, 4);
        break;
    case DNS_AAAA:
        value = read_address(arena, data, AF_INET6, 16);
        break;
    case DNS_TXT:
        value = read_strings(arena, data);
        break;
    case DNS_TLSA:
        value = read_tlsa(arena, data);
        break;
    case DNS_NS:
    case DNS_CNAME:
        value = record->host = read_host(cursor, end, arena);
        break;
    case DNS_MX:
        record->preference = (uint16_t)read_16(&cursor);
        record->host = data.length > 2 ? read_host(cursor, end, arena) : TEXT_UNKNOWN;
        if (text_known(record->host))
            value = text_format(arena, "%u %.*s", record->preference, TEXT_ARGS(record->host));
        break;
    default:
        break;
    }
    record->value = text_known(value) ? value : read_unknown(arena, data);
}

static bool read_record(struct cursor *cursor, struct arena *arena, struct dns_answer *answer)
{
    struct dns_record record = {.name = read_name(cursor, arena)};
    record.type = (uint16_t)read_16(cursor);
    unsigned class = read_16(cursor);
    uint32_t ttl = read_32(cursor);
    size_t length = read_16(cursor);
    if (!has(cursor, length))
        return false;
    record.ttl = ttl > INT32_MAX ? 0 : ttl; /* RFC 2181 §8 */
    if (class == DNS_CLASS_IN && record.type != TYPE_OPT) {
        read_value(*cursor, cursor->at + length, arena, &record);
        VECTOR_ADD(arena, &answer->records, record);
    }
    cursor->at += length;
    return true;
}

bool dns_answer_read(struct text message, struct arena *arena, struct dns_answer *answer)
{
    struct cursor cursor = {.message = message, .ok = true};
    *answer = (struct dns_answer){.id = (uint16_t)read_16(&cursor)};
    unsigned flags = read_16(&cursor), questions = read_16(&cursor), count = read_16(&cursor);
    read_32(&cursor); /* the other two sections are not looked at */
    answer->rcode = flags & RCODE_MASK;
    answer->authoritative = flags & FLAG_AUTHORITATIVE;
    answer->truncated = flags & FLAG_TRUNCATED;
    if (!cursor.ok || !(flags & FLAG_RESPONSE) || (flags & OPCODE_MASK) || questions != 1)
        return false;
    answer->name = read_name(&cursor, arena);
    answer->type = (uint16_t)read_16(&cursor);
    if (read_16(&cursor) != DNS_CLASS_IN || !cursor.ok)
        return false;
    for (unsigned i = 0; i < count && i < DNS_RECORDS_MAX; i++)
        if (!read_record(&cursor, arena, answer))
            return answer->truncated;
    return true;
}

bool dns_answers(const struct dns_answer *answer, uint16_t id, struct text name, uint16_t type)
{
    return answer->id == id && answer->type == type && text_equal_nocase(answer->name, name);
}
