#include "cli/config_keys.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/time.h"
#include "base/vector.h"
#include "cli/config.h"

static bool read_text(const struct config_key *key, struct text value, struct text folder,
                      struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)folder, (void)arena;
    *fault = TEXT("write it without control characters");
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
            return false;
    *(struct text *)target = value;
    return true;
}

static bool read_file(const struct config_key *key, struct text value, struct text folder,
                      struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)fault;
    bool absolute = value.at[0] == '/';
    *(struct text *)target =
        absolute ? value : text_format(arena, "%.*s%.*s", TEXT_ARGS(folder), TEXT_ARGS(value));
    return true;
}

static bool read_switch(const struct config_key *key, struct text value, struct text folder,
                        struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)folder, (void)arena;
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"true", true},   {"1", true},
                 {"no", false}, {"false", false}, {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(value, text_of(words[i].word))) {
            *(bool *)target = words[i].value;
            return true;
        }
    *fault = TEXT("write yes or no");
    return false;
}

static bool read_choice(const struct config_key *key, struct text value, struct text folder,
                        struct arena *arena, void *target, struct text *fault)
{
    (void)folder;
    struct text all = TEXT("");
    for (int i = 0; !key->words[i] || *key->words[i]; i++) {
        if (!key->words[i])
            continue;
        if (text_equal_nocase(value, text_of(key->words[i]))) {
            *(int *)target = i;
            return true;
        }
        all = text_format(arena, "%.*s%s%s", TEXT_ARGS(all), all.length ? ", " : "",
                          key->words[i]);
    }
    *fault = text_format(arena, "write one of %.*s", TEXT_ARGS(all));
    return false;
}

static bool within(const struct config_key *key, uint64_t number)
{
    return number >= key->least && number <= key->most;
}

static bool read_number(const struct config_key *key, struct text value, struct text folder,
                        struct arena *arena, void *target, struct text *fault)
{
    (void)folder;
    uint64_t number;
    if (!text_unsigned(value, &number) || !within(key, number)) {
        *fault = text_format(arena, "write a number from %" PRIu64 " to %" PRIu64, key->least,
                             key->most);
        return false;
    }
    *(uint64_t *)target = number;
    return true;
}

static bool read_unsigned(const struct config_key *key, struct text value, struct text folder,
                          struct arena *arena, void *target, struct text *fault)
{
    uint64_t number;
    if (!read_number(key, value, folder, arena, &number, fault))
        return false;
    *(unsigned *)target = (unsigned)number;
    return true;
}

static bool read_count(const struct config_key *key, struct text value, struct text folder,
                       struct arena *arena, void *target, struct text *fault)
{
    uint64_t number;
    if (!read_number(key, value, folder, arena, &number, fault))
        return false;
    *(size_t *)target = (size_t)number;
    return true;
}

/* A size as people write it, for a message. */
static struct text size_text(struct arena *arena, uint64_t size)
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    size_t unit = 0;
    while (unit < 4 && size && size % 1024 == 0) {
        size /= 1024;
        unit++;
    }
    return text_format(arena, "%" PRIu64 "%s", size, units[unit]);
}

/* Bytes, or with K, M, G or T, each of which may go on in "iB". */
static bool parse_size(struct text value, uint64_t *size)
{
    static const struct {
        char letter;
        unsigned shift;
    } units[] = {{'k', 10}, {'m', 20}, {'g', 30}, {'t', 40}};
    unsigned shift = 0;
    if (text_ends_nocase(value, TEXT("iB")))
        value.length -= 2;
    for (size_t i = 0; value.length && i < sizeof units / sizeof *units; i++)
        if ((value.at[value.length - 1] | 0x20) == units[i].letter) {
            shift = units[i].shift;
            value = text_trim(text_first(value, value.length - 1));
            break;
        }
    return text_unsigned(value, size) &&
           !__builtin_mul_overflow(*size, UINT64_C(1) << shift, size);
}

static bool read_size(const struct config_key *key, struct text value, struct text folder,
                      struct arena *arena, void *target, struct text *fault)
{
    (void)folder;
    uint64_t size;
    if (!parse_size(value, &size) || !within(key, size)) {
        *fault = text_format(arena, "write a size from %.*s to %.*s, such as 32M",
                             TEXT_ARGS(size_text(arena, key->least)),
                             TEXT_ARGS(size_text(arena, key->most)));
        return false;
    }
    *(uint64_t *)target = size;
    return true;
}

/* As size_t; more than it can hold is as good as no limit. */
static bool read_memory(const struct config_key *key, struct text value, struct text folder,
                        struct arena *arena, void *target, struct text *fault)
{
    uint64_t size;
    if (!read_size(key, value, folder, arena, &size, fault))
        return false;
    *(size_t *)target = size < SIZE_MAX ? (size_t)size : SIZE_MAX;
    return true;
}

static struct text span_text(struct arena *arena, uint64_t seconds)
{
    if (seconds && seconds % TIME_DAY == 0)
        return text_format(arena, "%" PRIu64 "d", seconds / TIME_DAY);
    if (seconds && seconds % 3600 == 0)
        return text_format(arena, "%" PRIu64 "h", seconds / 3600);
    return text_format(arena, "%" PRIu64 "s", seconds);
}

static bool parse_span(const struct config_key *key, struct text value, int64_t *seconds)
{
    char last = value.at[value.length - 1];
    if (last >= '0' && last <= '9' && !key->counted_in_seconds)
        return false;
    return time_span_parse(value, 1, seconds) && within(key, (uint64_t)*seconds);
}

static bool read_span(const struct config_key *key, struct text value, struct text folder,
                      struct arena *arena, void *target, struct text *fault)
{
    (void)folder;
    int64_t seconds;
    if (!parse_span(key, value, &seconds)) {
        *fault = text_format(
            arena, "write a time from %.*s to %.*s with its unit: s, m, h, d or w",
            TEXT_ARGS(span_text(arena, key->least)), TEXT_ARGS(span_text(arena, key->most)));
        return false;
    }
    *(int64_t *)target = seconds;
    return true;
}

static bool read_short_span(const struct config_key *key, struct text value, struct text folder,
                            struct arena *arena, void *target, struct text *fault)
{
    int64_t seconds;
    if (!read_span(key, value, folder, arena, &seconds, fault))
        return false;
    *(unsigned *)target = (unsigned)seconds;
    return true;
}

static bool is_clean(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] <= ' ' || value.at[i] == 0x7f)
            return false;
    return value.length > 0;
}

static bool is_address(struct text value)
{
    size_t at = text_find_char(value, '@');
    return is_clean(value) && at != SIZE_MAX && at > 0 && at + 1 < value.length &&
           text_find_char(text_from(value, at + 1), '@') == SIZE_MAX &&
           text_find_char(value, '<') == SIZE_MAX && text_find_char(value, '>') == SIZE_MAX;
}

static bool read_address(const struct config_key *key, struct text value, struct text folder,
                         struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)folder, (void)arena;
    if (!is_address(value)) {
        *fault = TEXT("write an address alone, such as postmaster@example.net");
        return false;
    }
    *(struct text *)target = value;
    return true;
}

static bool read_host(const struct config_key *key, struct text value, struct text folder,
                      struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)folder;
    *(struct text *)target = text_host(arena, value);
    if (text_is_host(*(struct text *)target))
        return true;
    *fault = TEXT("write a host name, such as mail.example.net");
    return false;
}

static bool is_ip_address(struct arena *arena, struct text value)
{
    unsigned char bytes[16];
    if (!value.length || value.length >= INET6_ADDRSTRLEN)
        return false;
    const char *string = text_string(arena, value);
    return inet_pton(AF_INET, string, bytes) == 1 || inet_pton(AF_INET6, string, bytes) == 1;
}

static bool is_port(struct text value)
{
    uint64_t port;
    return text_unsigned(value, &port) && port >= 1 && port <= 65535;
}

/* As host names are compared; an authserv-id need not have a dot. */
static bool read_authserv_id(const struct config_key *key, struct text value,
                             struct text folder, struct arena *arena, void *target,
                             struct text *fault)
{
    (void)key, (void)folder;
    *(struct text *)target = text_host(arena, value);
    if (is_clean(value))
        return true;
    *fault = TEXT("write one name, as it stands first in your server's "
                  "Authentication-Results");
    return false;
}

static bool read_mailbox_host(const struct config_key *key, struct text value,
                              struct text folder, struct arena *arena, void *target,
                              struct text *fault)
{
    if (is_ip_address(arena, value) || text_equal_nocase(value, TEXT("localhost"))) {
        *(struct text *)target = value;
        return true;
    }
    return read_host(key, value, folder, arena, target, fault);
}

static bool read_resolver(const struct config_key *key, struct text value, struct text folder,
                          struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)folder;
    size_t at = text_find_char(value, '@');
    *(struct text *)target = value;
    if (is_ip_address(arena, text_first(value, at)) &&
        (at == SIZE_MAX || is_port(text_from(value, at + 1))))
        return true;
    *fault = TEXT("write an address, or address@port, such as 127.0.0.1@5300");
    return false;
}

/* ---- lists: parts between ';' or ',' ---- */

/* Checks one part of a list and gives it the form in which it is kept. */
typedef bool list_part(struct arena *arena, struct text *part);

static bool read_list(struct text value, struct arena *arena, list_part *check, void *target)
{
    struct text_list *list = target;
    *list = (struct text_list){0};
    while (value.length) {
        size_t end = 0;
        while (end < value.length && value.at[end] != ';' && value.at[end] != ',')
            end++;
        struct text part = text_trim(text_first(value, end));
        value = text_from(value, end + 1);
        if (!part.length)
            continue;
        if (!check(arena, &part))
            return false;
        text_list_add(arena, list, part);
    }
    return true;
}

static bool part_is_host(struct arena *arena, struct text *part)
{
    *part = text_host(arena, *part);
    return text_is_host(*part);
}

static bool part_is_address(struct arena *arena, struct text *part)
{
    (void)arena;
    return is_address(*part);
}

static bool part_is_rua(struct arena *arena, struct text *part)
{
    (void)arena;
    if (text_starts_nocase(*part, TEXT("mailto:")))
        return is_address(text_from(*part, 7));
    return text_starts_nocase(*part, TEXT("https://")) && is_clean(*part) && part->length > 8;
}

static bool part_is_selector(struct arena *arena, struct text *part)
{
    (void)arena;
    for (size_t i = 0; i < part->length; i++) {
        char c = part->at[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return part->length <= 253;
}

/* HOST:PORT:ADDRESS:PORT as curl has it: the first two may be empty, IPv6 stands in brackets. */
static bool part_is_connection(struct arena *arena, struct text *part)
{
    struct text rest = *part, host, port;
    if (!text_next(&rest, ':', &host) || !text_next(&rest, ':', &port) || !rest.at)
        return false;
    if ((host.length && !text_is_host(text_host(arena, host))) ||
        (port.length && !is_port(port)))
        return false;
    size_t colon = rest.length;
    while (colon > 0 && rest.at[colon - 1] != ':')
        colon--;
    if (colon == 0 || !is_port(text_from(rest, colon)))
        return false;
    struct text address = text_first(rest, colon - 1);
    if (address.length > 2 && address.at[0] == '[' && address.at[address.length - 1] == ']')
        address = text_first(text_from(address, 1), address.length - 2);
    return is_ip_address(arena, address) || text_is_host(address);
}

#define LIST_READER(reader, check, instead)                                                    \
    static bool reader(const struct config_key *key, struct text value, struct text folder,    \
                       struct arena *arena, void *target, struct text *fault)                  \
    {                                                                                          \
        (void)key, (void)folder;                                                               \
        *fault = TEXT(instead);                                                                \
        return read_list(value, arena, check, target);                                         \
    }

LIST_READER(read_hosts, part_is_host, "write domains, such as a.example; b.example")
LIST_READER(read_addresses, part_is_address,
            "write addresses alone, such as postmaster@example.net")
LIST_READER(read_rua, part_is_rua,
            "write mailto:ADDRESS or https://URL, such as mailto:tlsrpt@example.com")
LIST_READER(read_selectors, part_is_selector, "write DKIM selectors, such as s1; s2")
LIST_READER(read_connections, part_is_connection,
            "write HOST:PORT:ADDRESS:PORT, such as mta-sts.example.com:443:127.0.0.1:8443")

/* ---- mailboxes ---- */

static bool read_after(const struct config_key *key, struct text value, struct text folder,
                       struct arena *arena, void *target, struct text *fault)
{
    (void)key, (void)folder, (void)arena;
    struct config_after *after = target;
    *after = (struct config_after){MAIL_LEAVE, TEXT_UNKNOWN};
    if (text_equal(value, TEXT("leave")))
        return true;
    if (text_equal(value, TEXT("seen")))
        after->kind = MAIL_SEEN;
    else if (text_equal(value, TEXT("delete")))
        after->kind = MAIL_DELETE;
    else if (text_starts(value, TEXT("move ")))
        *after = (struct config_after){MAIL_MOVE, text_trim(text_from(value, 5))};
    if (after->kind != MAIL_LEAVE)
        return true;
    *fault = TEXT("write leave, seen, delete, or move and a folder");
    return false;
}

/* ---- the tables ---- */

static const char *const models[] = {
    [MODEL_UNKNOWN] = NULL,
    [MODEL_CLIENT] = "client",
    [MODEL_AGENCY] = "agency",
    [MODEL_PLATFORM] = "platform",
    "",
};
static const char *const priorities[] = {
    [PRIORITY_UNKNOWN] = NULL,
    [PRIORITY_HIGH] = "high",
    [PRIORITY_NORMAL] = "normal",
    [PRIORITY_LOW] = "low",
    "",
};
static const char *const stages[] = {
    [STAGE_UNKNOWN] = NULL,
    [STAGE_BASIC] = "basic",
    [STAGE_OPERATIONAL] = "operational",
    [STAGE_REPORTING] = "reporting",
    [STAGE_TRANSPORT] = "transport",
    [STAGE_ONGOING] = "ongoing",
    "",
};
static const char *const tls_kinds[] = {
    [TLS_IMPLICIT] = "implicit",
    [TLS_STARTTLS] = "starttls",
    "",
};
static const char *const auth_kinds[] = {
    [AUTH_PASSWORD] = "password",
    [AUTH_XOAUTH2] = "xoauth2",
    [AUTH_OAUTHBEARER] = "oauthbearer",
    "",
};

#define MIB (UINT64_C(1) << 20)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define DAY UINT64_C(86400)

#define AT(member) offsetof(struct config, member)
const struct config_key config_keys_general[] = {
    {"db", read_file, AT(db)},
    {"authserv-id", read_authserv_id, AT(authserv_id)},
    {"former-vendors", read_hosts, AT(former_vendors)},
    {"silent-after", read_span, AT(silent_after), 3600, 3650 * DAY},
    {"resolver", read_resolver, AT(resolver)},
    {"trust-anchor", read_file, AT(trust_anchor)},
    {"policy-ca", read_file, AT(policy_ca)},
    {"connect-to", read_connections, AT(connect_to)},
    {"smtp-port", read_number, AT(smtp_port), 1, 65535},
    {"allow-private-addresses", read_switch, AT(allow_private_addresses)},
    {"mail-from", read_address, AT(mail_from)},
    {"mail-to", read_addresses, AT(mail_to)},
    {"max-mail-size", read_memory, AT(limits.mail_size), 1, GIB},
    {"max-report-size", read_memory, AT(limits.report_size), 1, GIB},
    {"max-mime-depth", read_unsigned, AT(limits.mime_depth), 1, 200},
    {"max-json-depth", read_unsigned, AT(limits.json_depth), 1, 500},
    {"max-failure-rows", read_count, AT(limits.failure_rows), 1, 100000000},
    {"worker-time", read_short_span, AT(limits.worker_seconds), 1, 3600,
     .counted_in_seconds = true},
    {"worker-memory", read_memory, AT(limits.worker_memory), 16 * MIB, 64 * GIB},
    {"quarantine-max", read_size, AT(quarantine_max), 0, 64 * TIB},
    {"max-reports-a-day", read_number, AT(max_reports_a_day), 0, 1000000000},
    {"max-unauthenticated-a-day", read_number, AT(max_unauthenticated_a_day), 0, 1000000000},
    {"retention", read_span, AT(retention), DAY, 36500 * DAY},
    {0},
};
#undef AT

#define AT(member) offsetof(struct config_domain, member)
const struct config_key config_keys_domain[] = {
    {"client", read_text, AT(client)},
    {"owner", read_text, AT(owner)},
    {"sts-owner", read_text, AT(sts_owner)},
    {"model", read_choice, AT(model), .words = models},
    {"rua", read_rua, AT(rua)},
    {"dns-host", read_text, AT(dns_host)},
    {"priority", read_choice, AT(priority), .words = priorities},
    {"compliance", read_switch, AT(compliance)},
    {"stage", read_choice, AT(stage), .words = stages},
    {"dkim-selectors", read_selectors, AT(dkim_selectors)},
    {"mail-to", read_addresses, AT(mail_to)},
    {"notify", read_text, AT(notify)},
    {0},
};
#undef AT

#define AT(member) offsetof(struct config_mailbox, member)
const struct config_key config_keys_mailbox[] = {
    {"host", read_mailbox_host, AT(host)},
    {"port", read_number, AT(port), 1, 65535},
    {"tls", read_choice, AT(tls), .words = tls_kinds},
    {"ca-file", read_file, AT(ca_file)},
    {"user", read_text, AT(user)},
    {"auth", read_choice, AT(auth), .words = auth_kinds},
    {"password-command", read_text, AT(password_command)},
    {"token-command", read_text, AT(token_command)},
    {"folder", read_text, AT(folder)},
    {"after", read_after, AT(after)},
    {"after-failed", read_after, AT(after_failed)},
    {"max-size", read_size, AT(max_size), 1, GIB},
    {0},
};
#undef AT
