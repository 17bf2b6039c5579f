#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "ingest/parse.h"

enum { LONGEST = 128 }; /* bytes of an address with all that senders put around it */

static bool is_port(struct text text)
{
    uint64_t port;
    return text_unsigned(text, &port) && port <= 65535;
}

/* Takes off [ ] with a port behind it, or :port behind an IPv4 address, or a zone. What does not
 * look like that stays and is no address. */
static struct text bare(struct text text)
{
    static const struct text literal = TEXT_ROW("IPv6:"); /* RFC 5321 §4.1.3 */
    size_t close = text_find_char(text, ']');
    if (text.length && text.at[0] == '[' && close != SIZE_MAX) {
        struct text rest = text_from(text, close + 1);
        if (rest.length && (rest.at[0] != ':' || !is_port(text_from(rest, 1))))
            return text;
        text = text_trim(text_from(text_first(text, close), 1));
        if (text_starts_nocase(text, literal))
            text = text_from(text, literal.length);
    }
    size_t colon = text_find_char(text, ':');
    if (colon != SIZE_MAX && text_find_char(text_first(text, colon), '.') != SIZE_MAX &&
        is_port(text_from(text, colon + 1)))
        text = text_first(text, colon);
    size_t zone = text_find_char(text, '%');
    if (zone != SIZE_MAX && colon != SIZE_MAX)
        text = text_first(text, zone);
    return text;
}

/* RFC 5952 of what inet_pton() reads. inet_ntop() writes so, but for the IPv4-compatible addresses
 * that RFC 4291 §2.5.5.1 gave up: there it writes dots. */
static bool canonical(const char *address, char out[INET6_ADDRSTRLEN])
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return inet_ntop(AF_INET, &v4, out, INET6_ADDRSTRLEN) != NULL;
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return false;
    if (IN6_IS_ADDR_V4COMPAT(&v6)) {
        unsigned high = v6.s6_addr[12] * 256u + v6.s6_addr[13];
        unsigned low = v6.s6_addr[14] * 256u + v6.s6_addr[15];
        if (high)
            snprintf(out, INET6_ADDRSTRLEN, "::%x:%x", high, low);
        else
            snprintf(out, INET6_ADDRSTRLEN, "::%x", low);
        return true;
    }
    return inet_ntop(AF_INET6, &v6, out, INET6_ADDRSTRLEN) != NULL;
}

struct text address_read(struct arena *arena, struct text text, bool *plain)
{
    char address[LONGEST + 1], written[INET6_ADDRSTRLEN];
    *plain = true;
    if (text.length > LONGEST)
        return TEXT_UNKNOWN;
    struct text stripped = bare(text_trim(text));
    if (!stripped.length || memchr(stripped.at, 0, stripped.length))
        return TEXT_UNKNOWN;
    memcpy(address, stripped.at, stripped.length);
    address[stripped.length] = 0;
    if (!canonical(address, written))
        return TEXT_UNKNOWN;
    *plain = stripped.length == text.length;
    struct text result = text_of(written);
    return text_equal(result, text) ? text : text_copy(arena, result);
}
