#include "render/observation_text.h"

#include "base/vector.h"
#include "published/fact.h"
#include "published/mta_sts.h"
#include "render/escape.h"

struct page {
    struct buffer *out;
    const struct observation *observation;
    struct facts facts;
    struct arena *arena;
};

static void add_line(struct page *page, const char *label, struct text value)
{
    buffer_format(page->out, "  %-9s ", label);
    escape_line(page->out, value);
    buffer_add_char(page->out, '\n');
}

/* ---- records ---- */

static const char *const failures[LOOKUP_COUNT] = {
    [LOOKUP_UNKNOWN] = "not known: the look-up failed",
    [LOOKUP_OK] = "not known: the look-up failed",
    [LOOKUP_SERVFAIL] = "not known: the name servers fail (SERVFAIL)",
    [LOOKUP_TIMEOUT] = "not known: the name servers do not answer",
    [LOOKUP_BOGUS] = "not known: the answer's DNSSEC signature is wrong (bogus)",
};

static void add_values(struct page *page, const char *label, struct text name, struct text type,
                       enum fact fact, const struct text_list *values)
{
    if (fact == FACT_UNKNOWN)
        return;
    if (fact == FACT_FAILED) {
        const char *why = failures[fact_status(&page->facts, name, type)];
        add_line(page, label, text_of(why ? why : failures[LOOKUP_UNKNOWN]));
        return;
    }
    if (!values->count)
        add_line(page, label, TEXT("none"));
    for (size_t i = 0; i < values->count; i++)
        add_line(page, i ? "" : label, values->at[i]);
}

/* The records of PREFIX and the domain; with START only those that begin so. */
static void add_records(struct page *page, const char *label, const char *prefix,
                        const char *type, const char *start)
{
    struct text name =
        text_format(page->arena, "%s%.*s", prefix, TEXT_ARGS(page->observation->domain));
    struct text_list values = {0}, kept = {0};
    enum fact fact = fact_find(&page->facts, name, text_of(type), page->arena, &values);
    for (size_t i = 0; i < values.count; i++)
        if (text_starts_nocase(values.at[i], text_of(start)))
            text_list_add(page->arena, &kept, values.at[i]);
    add_values(page, label, name, text_of(type), fact, &kept);
}

static const struct {
    const char *label, *prefix, *type, *start;
} rows[] = {
    {"MX", "", "MX", ""},
    {"TLS-RPT", "_smtp._tls.", "TXT", ""},
    {"MTA-STS", "_mta-sts.", "TXT", ""},
    {"SPF", "", "TXT", "v=spf1"},
    {"DMARC", "_dmarc.", "TXT", ""},
    {"NS", "", "NS", ""},
};

/* ---- the policy ---- */

static const char *const fetch_texts[FETCH_COUNT] = {
    [FETCH_UNKNOWN] = "not known",
    [FETCH_OK] = "served",
    [FETCH_NO_HOST] = "none: its host does not exist",
    [FETCH_DNS_ERROR] = "not known: its host cannot be looked up",
    [FETCH_CONNECT_ERROR] = "not served: its host takes no connection",
    [FETCH_TIMEOUT] = "not served: its host does not answer in time",
    [FETCH_TLS_ERROR] = "not served: no TLS connection to its host",
    [FETCH_CERTIFICATE_EXPIRED] = "not usable: its host's certificate has expired",
    [FETCH_CERTIFICATE_NAME_MISMATCH] =
        "not usable: its host's certificate is for another name",
    [FETCH_CERTIFICATE_UNTRUSTED] = "not usable: its host's certificate is not trusted",
    [FETCH_HTTP_ERROR] = "not served",
    [FETCH_REDIRECT] = "not usable: its host redirects, which senders do not follow",
    [FETCH_TOO_LARGE] = "not usable: it is too large",
    [FETCH_NOT_FETCHED] = "not fetched",
};

static void describe_policy(struct page *page, struct buffer *line)
{
    const struct observed_policy *observed = page->observation->policy;
    struct mta_sts_policy policy;
    mta_sts_policy_read(observed->body, page->arena, &policy);
    const char *mode = mta_sts_mode_name(policy.mode);
    buffer_format(line, ": mode %s", mode ? mode : "missing or wrong");
    for (size_t i = 0; i < policy.mx.count && i < 10; i++) {
        buffer_add_text(line, i ? TEXT(" ") : TEXT(", mx "));
        buffer_add_text(line, policy.mx.at[i].pattern);
    }
    if (policy.mx.count > 10)
        buffer_format(line, " and %zu more", policy.mx.count - 10);
    if (policy.has_max_age)
        buffer_format(line, ", max_age %llu", (unsigned long long)policy.max_age);
    if (!policy.valid)
        buffer_add_text(line, TEXT("; senders cannot use it"));
}

static void add_policy(struct page *page)
{
    const struct observed_policy *policy = page->observation->policy;
    BUFFER_AUTO line = {0};
    if (!policy)
        return;
    buffer_add_text(&line, text_of(fetch_texts[policy->status]));
    if (policy->status == FETCH_OK && text_known(policy->body))
        describe_policy(page, &line);
    else if (policy->status == FETCH_HTTP_ERROR && policy->http_status.known)
        buffer_format(&line, ": its host answers %u", (unsigned)policy->http_status.value);
    add_line(page, "policy", buffer_text(&line));
}

/* ---- the MX hosts ---- */

static const char *const smtp_texts[SMTP_COUNT] = {
    [SMTP_UNKNOWN] = "not known",
    [SMTP_OK] = "answers",
    [SMTP_CONNECT_ERROR] = "takes no connection",
    [SMTP_TIMEOUT] = "does not answer in time",
    [SMTP_REFUSED] = "refuses to talk",
    [SMTP_TLS_ERROR] = "STARTTLS fails",
    [SMTP_NOT_PROBED] = "not probed",
};

static const char *const certificate_texts[TRUST_COUNT] = {
    [TRUST_UNKNOWN] = "certificate not judged",
    [TRUST_TRUSTED] = "certificate trusted",
    [TRUST_SELF_SIGNED] = "certificate self-signed",
    [TRUST_UNTRUSTED] = "certificate not trusted",
    [TRUST_EXPIRED] = "certificate expired",
    [TRUST_NOT_YET_VALID] = "certificate not valid yet",
};

static const char *const dane_texts[DANE_COUNT] = {
    [DANE_MATCH] = "DANE matches",
    [DANE_MISMATCH] = "DANE does not match",
    [DANE_UNUSABLE] = "no TLSA record is usable",
    [DANE_NONE] = "no DANE",
    [DANE_INSECURE] = "TLSA without DNSSEC",
    [DANE_BOGUS] = "TLSA with a wrong DNSSEC signature",
};

static void describe_certificate(const struct observed_certificate *certificate,
                                 struct buffer *line)
{
    char date[TIME_TEXT_SIZE];
    buffer_format(line, ", %s", certificate_texts[certificate->trust]);
    if (certificate->not_after != TIME_UNKNOWN)
        buffer_format(line, ", until %s", time_date(certificate->not_after, date));
    if (certificate->matches_mx == ANSWER_NO)
        buffer_add_text(line, TEXT(", not for this name"));
}

static void add_probe(struct page *page, const struct observed_smtp *probe)
{
    BUFFER_AUTO line = {0};
    buffer_add_text(&line, text_known(probe->mx) ? probe->mx : TEXT("?"));
    if (text_known(probe->address)) {
        buffer_add_text(&line, TEXT(" ["));
        buffer_add_text(&line, probe->address);
        buffer_add_char(&line, ']');
    }
    buffer_add_text(&line, TEXT(": "));
    if (probe->status != SMTP_OK)
        buffer_add_text(&line, text_of(smtp_texts[probe->status]));
    else if (probe->starttls == ANSWER_NO)
        buffer_add_text(&line, TEXT("no STARTTLS"));
    else
        buffer_add_text(&line,
                        probe->starttls == ANSWER_YES ? TEXT("STARTTLS") : TEXT("answers"));
    if (probe->status == SMTP_OK && text_known(probe->tls_version)) {
        buffer_add_char(&line, ' ');
        buffer_add_text(&line, probe->tls_version);
    }
    if (probe->certificate)
        describe_certificate(probe->certificate, &line);
    if (dane_texts[probe->dane])
        buffer_format(&line, ", %s", dane_texts[probe->dane]);
    if (text_known(probe->detail) && probe->detail.length) {
        buffer_add_text(&line, TEXT(": "));
        buffer_add_text(&line, probe->detail);
    }
    buffer_add_text(page->out, TEXT("  "));
    escape_line(page->out, buffer_text(&line));
    buffer_add_char(page->out, '\n');
}

void observation_text(struct buffer *out, const struct observation *observation)
{
    ARENA_AUTO arena = {0};
    struct page page = {.out = out, .observation = observation, .arena = &arena};
    char time[TIME_TEXT_SIZE];
    facts_of(observation, &arena, &page.facts);
    escape_line(out, observation->domain);
    buffer_format(out, ", observed %s\n", time_text(observation->taken_at, time));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_records(&page, rows[i].label, rows[i].prefix, rows[i].type, rows[i].start);
    add_policy(&page);
    for (size_t i = 0; i < observation->smtp.count; i++)
        add_probe(&page, &observation->smtp.at[i]);
    if (!observation->smtp.count)
        buffer_add_text(out, TEXT("  the MX hosts were not probed\n"));
}
