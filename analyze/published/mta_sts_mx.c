#include "published/mta_sts_mx.h"

#include <arpa/inet.h>
#include <string.h>

bool mta_sts_mx_is_good(const struct mta_sts_mx *mx)
{
    return mx->fault == MTA_STS_FAULT_NONE || mx->fault == MTA_STS_FAULT_MX_FINAL_DOT;
}

static bool has_any(struct text text, const char *characters)
{
    for (; *characters; characters++)
        if (text_find_char(text, *characters) != SIZE_MAX)
            return true;
    return false;
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    return true;
}

static bool is_address(struct text value)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (value.length > 2 && value.at[0] == '[' && value.at[value.length - 1] == ']')
        value = text_from(text_first(value, value.length - 1), 1);
    if (!value.length || value.length >= sizeof address)
        return false;
    memcpy(address, value.at, value.length);
    address[value.length] = 0;
    return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

/* "10 mx.example.com", as it stands in DNS. */
static bool is_preference(struct text value)
{
    size_t blank = text_find_char(value, ' ');
    if (blank == SIZE_MAX)
        blank = text_find_char(value, '\t');
    uint64_t number;
    return blank != SIZE_MAX && text_unsigned(text_first(value, blank), &number) &&
           !has_any(text_trim(text_from(value, blank)), " \t,;");
}

/* "*" stands alone as the first label, and nowhere else. */
static bool is_wildcard_misplaced(struct text value)
{
    struct text rest = text_starts(value, TEXT("*.")) ? text_from(value, 1) : value;
    return text_find_char(rest, '*') != SIZE_MAX;
}

/* The wildcard counts as a label of a host name. */
static bool is_pattern(struct text pattern, struct arena *arena)
{
    if (!text_starts(pattern, TEXT("*.")))
        return text_is_host(pattern);
    char *host = text_string(arena, pattern);
    host[0] = 'x';
    return text_is_host((struct text){host, pattern.length});
}

static enum mta_sts_fault judge(struct text value, struct text pattern, struct arena *arena)
{
    if (!value.length)
        return MTA_STS_FAULT_MX_EMPTY;
    if (text_equal(pattern, TEXT("*")))
        return MTA_STS_FAULT_MX_STAR;
    if (is_preference(value))
        return MTA_STS_FAULT_MX_PREFERENCE;
    if (has_any(value, " \t,;"))
        return MTA_STS_FAULT_MX_LIST;
    if (has_any(value, "/"))
        return MTA_STS_FAULT_MX_URL;
    if (has_any(value, "@"))
        return MTA_STS_FAULT_MX_MAIL_ADDRESS;
    if (is_address(value))
        return MTA_STS_FAULT_MX_ADDRESS;
    if (!is_ascii(value))
        return MTA_STS_FAULT_MX_UNICODE;
    if (is_wildcard_misplaced(pattern))
        return MTA_STS_FAULT_MX_WILDCARD;
    if (!is_pattern(pattern, arena))
        return MTA_STS_FAULT_MX_NAME;
    return pattern.length < value.length ? MTA_STS_FAULT_MX_FINAL_DOT : MTA_STS_FAULT_NONE;
}

static const char *const advice[MTA_STS_FAULT_COUNT] = {
    [MTA_STS_FAULT_MX_EMPTY] = "names no host: write the name of the MX behind it",
    [MTA_STS_FAULT_MX_STAR] =
        /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one sentence on two lines */
    "covers no MX: write each host name, or *.example.com for the hosts right under "
    "example.com",
    [MTA_STS_FAULT_MX_PREFERENCE] =
        "has the preference of the DNS record in it: write the host name alone",
    [MTA_STS_FAULT_MX_LIST] = "holds several names: write one host name or *. pattern a line",
    [MTA_STS_FAULT_MX_URL] = "is no host name but a URL or path: write the host name alone",
    [MTA_STS_FAULT_MX_MAIL_ADDRESS] = "is a mail address: write the host name of the MX",
    [MTA_STS_FAULT_MX_ADDRESS] =
        "is an IP address, which no MX is compared with: write the host name of the MX",
    [MTA_STS_FAULT_MX_WILDCARD] =
        "has \"*\" in the wrong place: it may stand only as the whole first label, as in "
        "*.example.com",
    [MTA_STS_FAULT_MX_FINAL_DOT] =
        "ends in a dot: some senders do not match it, so remove the dot",
    [MTA_STS_FAULT_MX_NAME] =
        "is no host name: write the name of the MX alone, without port or quotes",
};

struct mta_sts_mx mta_sts_mx_read(struct text value, struct arena *arena, struct text *sentence)
{
    struct text pattern = text_lower(arena, value);
    if (pattern.length > 1 && pattern.at[pattern.length - 1] == '.')
        pattern.length--;
    struct mta_sts_mx mx = {.pattern = pattern, .fault = judge(value, pattern, arena)};
    if (!sentence)
        return mx;
    *sentence = TEXT_UNKNOWN;
    if (mx.fault == MTA_STS_FAULT_MX_UNICODE)
        *sentence = text_format(arena, "mx: %.*s is not written in ASCII: write %.*s",
                                TEXT_ARGS(quote(arena, value)),
                                TEXT_ARGS(quote(arena, text_host(arena, pattern))));
    else if (mx.fault)
        *sentence = text_format(arena, "\"mx: %.*s\" %s", TEXT_ARGS(quote(arena, value)),
                                advice[mx.fault]);
    return mx;
}
