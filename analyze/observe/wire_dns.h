/* DNS messages (RFC 1035 §4): a question written, an answer read. Pure: no sockets, no memory but
 * that of an arena, nothing read beyond the message. */
#ifndef OBSERVE_WIRE_DNS_H
#define OBSERVE_WIRE_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_DNSKEY = 48,
    DNS_TLSA = 52,
};

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
};

enum {
    DNS_CLASS_IN = 1,
    DNS_HEADER_SIZE = 12,
    DNS_QUERY_MAX = DNS_HEADER_SIZE + 255 + 4 + 11,
    DNS_ANSWER_MAX = 65535,
    DNS_RECORDS_MAX = 1000, /* of an answer that are looked at */
    DNS_UDP_SIZE = 1232,    /* what the question says it takes (EDNS, RFC 6891) */
};

/* "MX" for DNS_MX; "TYPE99" (RFC 3597) for one that is not in the table above. */
struct text dns_type_name(struct arena *arena, uint16_t type);

/* Writes the question for NAME and TYPE, recursion not desired, into QUERY. Returns its length, or 0
 * where NAME is no host name. */
size_t dns_query_write(uint8_t query[DNS_QUERY_MAX], uint16_t id, struct text name,
                       uint16_t type);

struct dns_record {
    struct text name; /* lower case, no final dot; what is no host name is escaped (RFC 4343) */
    uint16_t type;
    uint32_t ttl;
    struct text value;   /* canonical, see observed_value(); of TXT the joined bytes */
    uint16_t preference; /* of an MX */
    struct text host;    /* that an MX, NS or CNAME names, "." for the root; else unknown */
};

struct dns_answer {
    uint16_t id;
    unsigned rcode;
    bool authoritative, truncated;
    struct text name; /* of the question */
    uint16_t type;
    struct {
        struct dns_record *at;
        size_t count;
    } records; /* of the answer section, class IN */
};

/* Reads a response to one question. All memory from ARENA. False where MESSAGE is none; a message that
 * says it was truncated gives the records that are there whole. */
bool dns_answer_read(struct text message, struct arena *arena, struct dns_answer *answer);

/* Whether it answers the question ID, NAME, TYPE. */
bool dns_answers(const struct dns_answer *answer, uint16_t id, struct text name, uint16_t type);

#endif
