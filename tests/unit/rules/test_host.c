/* Which code a failure gets from what is published of MX hosts, their STARTTLS and
 * certificates: what each rule decides, and its near misses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/diagnose.h"
#include "rules/rule.h"

#define HOUR INT64_C(3600)
#define DAY  ((int64_t)TIME_DAY)

/* ---- a domain in rows ---- */

/* One observation, at an hour from the first second of day 50. */
struct seen {
    int hour;
    const char
        *mx; /* "mx1 mx2"; "." null MX, "!" servfail, "@" a CNAME, "" none, null: the two */
    const char *probes;    /* "mx1 192.0.2.1 good, mx2 192.0.2.2 expired" */
    const char *authority; /* the MX that one name server gives by itself */
};

/* One report, of day 50 + `day`. */
struct told {
    int day;
    const char *reporter;
    enum result_type type;
    const char *mx, *address;
    uint64_t successful, failed;
    const char *sending, *quoted_mx;
};

struct row {
    const char *what, *code;
    enum confidence confidence;
    enum state state; /* 0: not looked at */
    struct seen seen[6];
    struct told told[8];
};

struct domain {
    struct arena arena;
    struct groups groups;
    struct inquiry inquiry;
    struct diagnosis diagnosis;
};

static struct text full_name(struct arena *arena, struct text name)
{
    return text_format(arena, "%.*s.example.com", TEXT_ARGS(name));
}

/* ---- observations ---- */

/* What an answer may be like: a word of `probes`. */
static const struct preset {
    const char *word;
    enum smtp_status status;
    enum answer starttls;
    const char *reply, *sha, *detail;
    enum trust trust;
    enum answer matches;
    int from, to; /* hours of its dates */
    bool other_without_sni;
} presets[] = {
    {"good", SMTP_OK, ANSWER_YES, "220 go", "aa", NULL, TRUST_TRUSTED, ANSWER_YES, -400, 1760,
     false},
    {"new", SMTP_OK, ANSWER_YES, "220 go", "bb", NULL, TRUST_TRUSTED, ANSWER_YES, 20, 2180,
     false},
    {"other", SMTP_OK, ANSWER_YES, "220 go", "ff", "another answer of the same address",
     TRUST_UNTRUSTED, ANSWER_YES, -400, 1760, false},
    {"expired", SMTP_OK, ANSWER_YES, "220 go", "cc", NULL, TRUST_EXPIRED, ANSWER_YES, -2200,
     -40, false},
    {"ecdsa-expired", SMTP_OK, ANSWER_YES, "220 go", "cc",
     "presented to those who ask for an ECDSA key", TRUST_EXPIRED, ANSWER_YES, -2200, -40,
     false},
    /* valid when it is looked at before noon, not after */
    {"ends-at-noon", SMTP_OK, ANSWER_YES, "220 go", "dd", NULL, TRUST_TRUSTED, ANSWER_YES,
     -2148, 12, false},
    {"ends-next-day", SMTP_OK, ANSWER_YES, "220 go", "dd", NULL, TRUST_TRUSTED, ANSWER_YES,
     -2124, 30, false},
    {"ended-next-day", SMTP_OK, ANSWER_YES, "220 go", "dd", NULL, TRUST_EXPIRED, ANSWER_YES,
     -2124, 30, false},
    {"name", SMTP_OK, ANSWER_YES, "220 go", "11", NULL, TRUST_TRUSTED, ANSWER_NO, -400, 1760,
     false},
    {"name-expired", SMTP_OK, ANSWER_YES, "220 go", "12", NULL, TRUST_EXPIRED, ANSWER_NO, -2200,
     -40, false},
    {"self-name", SMTP_OK, ANSWER_YES, "220 go", "13", NULL, TRUST_SELF_SIGNED, ANSWER_NO, -400,
     1760, false},
    {"untrusted", SMTP_OK, ANSWER_YES, "220 go", "14", NULL, TRUST_UNTRUSTED, ANSWER_YES, -400,
     1760, false},
    /* the same certificate, now with its chain */
    {"mended", SMTP_OK, ANSWER_YES, "220 go", "14", NULL, TRUST_TRUSTED, ANSWER_YES, -400, 1760,
     false},
    {"early", SMTP_OK, ANSWER_YES, "220 go", "15", NULL, TRUST_NOT_YET_VALID, ANSWER_YES, 36,
     2196, false},
    {"sni", SMTP_OK, ANSWER_YES, "220 go", "16", NULL, TRUST_TRUSTED, ANSWER_YES, -400, 1760,
     true},
    {"bare", SMTP_OK, ANSWER_NO, NULL, NULL, NULL, 0, 0, 0, 0, false},
    {"454", SMTP_TLS_ERROR, ANSWER_YES, "454 4.7.0 TLS not available", NULL, NULL, 0, 0, 0, 0,
     false},
    {"454-ok", SMTP_OK, ANSWER_YES, "454 4.7.0 TLS not available", NULL, NULL, 0, 0, 0, 0,
     false},
    {"handshake", SMTP_TLS_ERROR, ANSWER_YES, "220 go", NULL, "no shared cipher", 0, 0, 0, 0,
     false},
    {"timeout", SMTP_TIMEOUT, 0, NULL, NULL, NULL, 0, 0, 0, 0, false},
    {"busy", SMTP_REFUSED, 0, NULL, NULL, "the server greets with 421: nothing was tested", 0,
     0, 0, 0, false},
    {"slow", SMTP_TIMEOUT, ANSWER_NO, NULL, NULL, NULL, 0, 0, 0, 0, false},
};

static int64_t at_hour(int hour)
{
    return 50 * DAY + hour * HOUR;
}

static struct observed_certificate *certificate_of(struct arena *arena, const struct preset *is,
                                                   struct text mx)
{
    struct observed_certificate *certificate = observed_certificate_new(arena);
    bool names_it = is->matches == ANSWER_YES;
    text_list_add(arena, &certificate->names, names_it ? mx : TEXT("other.example.net"));
    certificate->issuer = TEXT("CN=Example CA");
    certificate->not_before = at_hour(is->from);
    certificate->not_after = at_hour(is->to);
    certificate->trust = is->trust;
    certificate->matches_mx = is->matches;
    certificate->spki_sha256 = text_of(is->sha);
    /* The certificate of each host is its own. */
    certificate->cert_sha256 = text_format(arena, "%s%.3s", is->sha, mx.at);
    return certificate;
}

static void add_probe(struct arena *arena, struct observation *observation, struct text words)
{
    struct text mx = {0}, address = {0}, word = {0};
    words = text_trim(words);
    assert_true(text_next(&words, ' ', &mx) && text_next(&words, ' ', &address) &&
                text_next(&words, ' ', &word));
    mx = full_name(arena, mx);
    const struct preset *is = presets;
    while (!text_equal(text_of(is->word), word))
        assert_true(++is < presets + sizeof presets / sizeof *presets);
    struct observed_smtp probe = {.nulls = OBSERVED_ALL,
                                  .mx = mx,
                                  .address = address,
                                  .status = is->status,
                                  .starttls = is->starttls,
                                  .starttls_reply = text_of(is->reply),
                                  .detail = text_of(is->detail)};
    if (is->sha)
        probe.certificate = certificate_of(arena, is, mx);
    if (is->other_without_sni) {
        static const struct preset wrong = {.sha = "99",
                                            .trust = TRUST_TRUSTED,
                                            .matches = ANSWER_NO,
                                            .from = -400,
                                            .to = 1760};
        probe.certificate_without_sni = certificate_of(arena, &wrong, mx);
    }
    VECTOR_ADD(arena, &observation->smtp, probe);
}

static void add_lookup(struct arena *arena, struct observation *observation, struct text name,
                       const char *type, enum lookup_status status)
{
    VECTOR_ADD(
        arena, &observation->lookups,
        ((struct observed_lookup){
            .name = name, .type = text_of(type), .status = status, .dnssec = DNSSEC_INSECURE}));
}

static void add_record(struct arena *arena, struct observation *observation, struct text name,
                       const char *type, struct text value)
{
    VECTOR_ADD(arena, &observation->records,
               ((struct observed_record){.name = name,
                                         .type = text_of(type),
                                         .ttl = {true, 3600},
                                         .value = value,
                                         .dnssec = DNSSEC_INSECURE}));
}

/* mx1 has two addresses. */
static void add_hosts(struct arena *arena, struct observation *observation, struct text names)
{
    static const struct {
        struct text name, address;
    } addresses[] = {{TEXT_ROW("mx1"), TEXT_ROW("192.0.2.1")},
                     {TEXT_ROW("mx1"), TEXT_ROW("192.0.2.11")},
                     {TEXT_ROW("mx2"), TEXT_ROW("192.0.2.2")},
                     {TEXT_ROW("old"), TEXT_ROW("192.0.2.9")}};
    struct text name;
    while (names.length && text_next(&names, ' ', &name)) {
        struct text host = full_name(arena, name);
        add_record(arena, observation, TEXT("example.com"), "MX",
                   text_format(arena, "10 %.*s", TEXT_ARGS(host)));
        add_lookup(arena, observation, host, "AAAA", LOOKUP_NODATA);
        bool any = false;
        for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
            if (text_equal(addresses[i].name, name)) {
                add_record(arena, observation, host, "A", addresses[i].address);
                any = true;
            }
        if (!any)
            add_lookup(arena, observation, host, "A", LOOKUP_NXDOMAIN);
    }
}

static void add_mx(struct arena *arena, struct observation *observation, struct text mx)
{
    const struct text domain = TEXT("example.com");
    if (text_equal(mx, TEXT("!"))) {
        add_lookup(arena, observation, domain, "MX", LOOKUP_SERVFAIL);
    } else if (text_equal(mx, TEXT("@"))) {
        add_record(arena, observation, domain, "CNAME", TEXT("www.example.net"));
    } else if (text_equal(mx, TEXT("."))) {
        add_record(arena, observation, domain, "MX", TEXT("0 ."));
    } else if (!mx.length) {
        add_lookup(arena, observation, domain, "MX", LOOKUP_NODATA);
        add_lookup(arena, observation, domain, "A", LOOKUP_NODATA);
        add_lookup(arena, observation, domain, "AAAA", LOOKUP_NODATA);
    } else {
        add_hosts(arena, observation, mx);
    }
}

static void observe(struct domain *domain, const struct seen *seen)
{
    struct arena *arena = &domain->arena;
    struct observation *observation =
        observation_new(arena, domain->inquiry.domain, at_hour(seen->hour));
    add_mx(arena, observation, seen->mx ? text_of(seen->mx) : TEXT("mx1 mx2"));
    OBSERVED_EMPTY(arena, &observation->smtp);
    OBSERVED_EMPTY(arena, &observation->authorities);
    struct text rest = text_of(seen->probes), one;
    while (rest.length && text_next(&rest, ',', &one))
        add_probe(arena, observation, one);
    if (seen->authority) {
        struct observed_authority authority = {.server = TEXT("ns2.example.net"),
                                               .address = TEXT("192.0.2.53"),
                                               .name = domain->inquiry.domain,
                                               .type = TEXT("MX"),
                                               .status = LOOKUP_OK};
        text_list_add(arena, &authority.values,
                      text_format(arena, "10 %s.example.com", seen->authority));
        VECTOR_ADD(arena, &observation->authorities, authority);
    }
    inquiry_observed(&domain->inquiry, observation, seen->hour);
}

/* ---- reports ---- */

static void report(struct domain *domain, const struct told *told)
{
    struct arena *arena = &domain->arena;
    struct tls_failure failure = {
        .result_type = told->type,
        .receiving_mx_hostname = told->mx ? full_name(arena, text_of(told->mx)) : TEXT_UNKNOWN,
        .receiving_ip = text_of(told->address),
        .sending_mta_ip = text_of(told->sending),
        .failed_sessions = told->failed};
    struct tls_policy policy = {.policy_type = POLICY_TYPE_STS,
                                .policy_mode = POLICY_MODE_ENFORCE,
                                .successful_sessions = told->successful,
                                .failed_sessions = told->failed,
                                .failures = &failure,
                                .failure_count = told->failed ? 1 : 0};
    if (told->quoted_mx) {
        text_list_add(arena, &policy.policy_strings, TEXT("version: STSv1"));
        text_list_add(arena, &policy.policy_strings, TEXT("mode: enforce"));
        text_list_add(arena, &policy.policy_strings,
                      text_format(arena, "mx: %s.example.com", told->quoted_mx));
        text_list_add(arena, &policy.policy_strings, TEXT("max_age: 864000"));
    }
    struct tls_report tls_report = {.reporter = text_of(told->reporter),
                                    .begin = at_hour(24 * told->day),
                                    .end = at_hour(24 * told->day) + DAY - 1,
                                    .policies = &policy,
                                    .policy_count = 1};
    groups_add(&domain->groups, &tls_report);
}

static struct domain *diagnosed(const struct row *row, int now)
{
    struct domain *domain = calloc(1, sizeof *domain);
    assert_non_null(domain);
    domain->groups = groups_new(&domain->arena);
    domain->inquiry = (struct inquiry){.arena = &domain->arena,
                                       .domain = TEXT("example.com"),
                                       .now = at_hour(now),
                                       .since = TIME_UNKNOWN,
                                       .until = TIME_UNKNOWN};
    for (size_t i = 0; i < 6 && (row->seen[i].hour || row->seen[i].probes || row->seen[i].mx);
         i++)
        observe(domain, &row->seen[i]);
    for (size_t i = 0; i < 8 && row->told[i].reporter; i++)
        report(domain, &row->told[i]);
    groups_finish(&domain->groups);
    assert_true(diagnose(&domain->inquiry, &domain->groups, &domain->diagnosis));
    return domain;
}

static void end(struct domain *domain)
{
    arena_free(&domain->arena);
    free(domain);
}

/* ---- failures ---- */

#define C        CONFIDENCE_CONFIRMED
#define L        CONFIDENCE_LIKELY
#define P        CONFIDENCE_POSSIBLE
#define ON       STATE_ONGOING
#define OFF      STATE_STOPPED
#define UNTRUST  RESULT_CERTIFICATE_NOT_TRUSTED
#define EXPIRED  RESULT_CERTIFICATE_EXPIRED
#define MISMATCH RESULT_CERTIFICATE_HOST_MISMATCH
#define NOTLS    RESULT_STARTTLS_NOT_SUPPORTED
#define ANYFAIL  RESULT_VALIDATION_FAILURE
#define FINE     "mx1 192.0.2.1 good, mx1 192.0.2.11 good, mx2 192.0.2.2 good"

/* A report of the day of that failure of 2 sessions, 5 successful. */
#define FAILS(day, type, mx)                                                                   \
    {                                                                                          \
        {                                                                                      \
            (day), "one.example", (type), (mx), NULL, 5, 2, NULL, NULL                         \
        }                                                                                      \
    }

/* clang-format off */
static const struct row rows[] = {
    /* certificates */
    {"expired, seen that day", "CERT-EXPIRED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 expired", NULL}}, FAILS(0, EXPIRED, "mx2")},
    {"seen before, to expire in the window", "CERT-EXPIRED", C, ON,
     {{-6, NULL, "mx2 192.0.2.2 ends-at-noon", NULL}}, FAILS(0, EXPIRED, "mx2")},
    {"expires after the window", "UNEXPLAINED", P, ON,
     {{-6, NULL, "mx2 192.0.2.2 ends-next-day", NULL}}, FAILS(0, EXPIRED, "mx2")},
    {"expired when seen, but not yet in the window", "UNEXPLAINED", P, ON,
     {{40, NULL, "mx2 192.0.2.2 ended-next-day", NULL}}, FAILS(0, EXPIRED, "mx2")},
    {"replaced, nothing after it", "CERT-RENEWED", C, OFF,
     {{12, NULL, "mx2 192.0.2.2 expired", NULL}, {36, NULL, "mx2 192.0.2.2 new", NULL}},
     FAILS(0, EXPIRED, "mx2")},
    {"replaced, and failing after it", "CERT-EXPIRED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 expired", NULL}, {36, NULL, "mx2 192.0.2.2 new", NULL}},
     {{0, "one.example", EXPIRED, "mx2", NULL, 5, 2, NULL, NULL},
      {2, "one.example", EXPIRED, "mx2", NULL, 5, 2, NULL, NULL}}},
    {"replaced well before the window", "UNEXPLAINED", P, ON,
     {{-90, NULL, "mx2 192.0.2.2 expired", NULL}, {-40, NULL, "mx2 192.0.2.2 good", NULL}},
     FAILS(0, EXPIRED, "mx2")},
    {"mended, with no other certificate", "CERT-UNTRUSTED", C, OFF,
     {{12, NULL, "mx2 192.0.2.2 untrusted", NULL}, {36, NULL, "mx2 192.0.2.2 mended", NULL}},
     FAILS(0, UNTRUST, "mx2")},
    {"wrong name", "CERT-NAME", C, ON,
     {{12, NULL, "mx2 192.0.2.2 name", NULL}}, FAILS(0, MISMATCH, "mx2")},
    {"wrong name, and out of date", "CERT-NAME", C, ON,
     {{12, NULL, "mx2 192.0.2.2 name-expired", NULL}}, FAILS(0, EXPIRED, "mx2")},
    {"wrong name, but self-signed", "CERT-UNTRUSTED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 self-name", NULL}}, FAILS(0, MISMATCH, "mx2")},
    {"right with SNI only", "CERT-SNI", C, ON,
     {{12, NULL, "mx2 192.0.2.2 sni", NULL}}, FAILS(0, MISMATCH, "mx2")},
    {"not yet valid, which ends by itself", "CERT-NOT-YET-VALID", C, OFF,
     {{12, NULL, "mx2 192.0.2.2 early", NULL}}, FAILS(0, ANYFAIL, "mx2")},
    {"one store only", "CERT-SENDER-STORE", P, ON,
     {{12, NULL, FINE, NULL}},
     {{0, "one.example", UNTRUST, "mx1", "192.0.2.1", 0, 2, NULL, NULL},
      {0, "two.example", UNTRUST, NULL, NULL, 9, 0, NULL, NULL}}},
    {"the type of a probe that was not made", "CERT-UNTRUSTED", P, ON,
     {{12, NULL, "", NULL}}, FAILS(0, UNTRUST, "mx2")},
    /* STARTTLS */
    {"not offered", "TLS-NO-STARTTLS", C, ON,
     {{12, NULL, "mx2 192.0.2.2 bare", NULL}}, FAILS(0, NOTLS, "mx2")},
    {"busy is not tested", "TLS-NO-STARTTLS", P, ON,
     {{12, NULL, "mx2 192.0.2.2 busy", NULL}}, FAILS(0, NOTLS, "mx2")},
    {"busy says nothing of a failure of another type", "UNEXPLAINED", P, ON,
     {{12, NULL, "mx2 192.0.2.2 busy", NULL}}, FAILS(0, ANYFAIL, "mx2")},
    {"refused", "TLS-STARTTLS-REFUSED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 454", NULL}}, FAILS(0, NOTLS, "mx2")},
    {"refused, by the status ok", "TLS-STARTTLS-REFUSED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 454-ok", NULL}}, FAILS(0, NOTLS, "mx2")},
    {"accepted, then broken", "TLS-HANDSHAKE", C, ON,
     {{12, NULL, "mx2 192.0.2.2 handshake", NULL}}, FAILS(0, ANYFAIL, "mx2")},
    {"offered here, one reporter fails", "TLS-STRIPPED", P, ON,
     {{12, NULL, FINE, NULL}}, FAILS(0, NOTLS, "mx2")},
    {"two reporters of two networks", "UNEXPLAINED", P, ON,
     {{12, NULL, FINE, NULL}},
     {{0, "one.example", NOTLS, "mx2", "192.0.2.2", 0, 2, "198.51.100.1", NULL},
      {0, "two.example", NOTLS, "mx2", "192.0.2.2", 0, 2, "203.0.113.1", NULL}}},
    {"two reporters of one network", "TLS-STRIPPED", P, ON,
     {{12, NULL, FINE, NULL}},
     {{0, "one.example", NOTLS, "mx2", "192.0.2.2", 0, 2, "198.51.100.1", NULL},
      {0, "two.example", NOTLS, "mx2", "192.0.2.2", 0, 2, "198.51.100.7", NULL}}},
    {"from successes alone to failures alone", "TLS-INTEROP", P, ON,
     {{-12, NULL, FINE, NULL}, {60, NULL, FINE, NULL}},
     {{-1, "one.example", ANYFAIL, NULL, NULL, 40, 0, NULL, NULL},
      {0, "one.example", ANYFAIL, "mx1", NULL, 0, 20, NULL, NULL},
      {1, "one.example", ANYFAIL, "mx1", NULL, 0, 20, NULL, NULL},
      {2, "one.example", ANYFAIL, "mx1", NULL, 0, 20, NULL, NULL}}},
    {"the same, with a new certificate", "UNEXPLAINED", P, ON,
     {{-12, NULL, FINE, NULL},
      {60, NULL, "mx1 192.0.2.1 new, mx1 192.0.2.11 new, mx2 192.0.2.2 good", NULL}},
     {{-1, "one.example", ANYFAIL, NULL, NULL, 40, 0, NULL, NULL},
      {0, "one.example", ANYFAIL, "mx1", NULL, 0, 20, NULL, NULL},
      {1, "one.example", ANYFAIL, "mx1", NULL, 0, 20, NULL, NULL}}},
    /* addresses and machines */
    {"one address of two, named", "MX-ONE-ADDRESS", C, ON,
     {{12, NULL, "mx1 192.0.2.1 good, mx1 192.0.2.11 expired", NULL}},
     {{0, "one.example", EXPIRED, "mx1", "192.0.2.11", 5, 2, NULL, NULL}}},
    {"one address of two, not named", "CERT-EXPIRED", C, ON,
     {{12, NULL, "mx1 192.0.2.1 good, mx1 192.0.2.11 expired", NULL}},
     FAILS(0, EXPIRED, "mx1")},
    {"the failures name the good one", "UNEXPLAINED", P, ON,
     {{12, NULL, "mx1 192.0.2.1 good, mx1 192.0.2.11 expired", NULL}},
     {{0, "one.example", EXPIRED, "mx1", "192.0.2.1", 5, 2, NULL, NULL}}},
    {"both bad", "CERT-EXPIRED", C, ON,
     {{12, NULL, "mx1 192.0.2.1 expired, mx1 192.0.2.11 expired", NULL}},
     {{0, "one.example", EXPIRED, "mx1", "192.0.2.11", 5, 2, NULL, NULL}}},
    {"reports alone", "MX-ONE-ADDRESS", P, ON,
     {{12, NULL, "", NULL}},
     {{0, "one.example", EXPIRED, "mx1", "192.0.2.11", 5, 2, NULL, NULL}}},
    {"several machines", "MX-NODE-DIFFERS", C, ON,
     {{12, NULL, "mx2 192.0.2.2 good, mx2 192.0.2.2 other", NULL}},
     {{0, "one.example", UNTRUST, "mx2", "192.0.2.2", 5, 2, NULL, NULL}}},
    {"two kinds of key of one machine", "CERT-EXPIRED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 good, mx2 192.0.2.2 ecdsa-expired", NULL}},
     {{0, "one.example", EXPIRED, "mx2", "192.0.2.2", 5, 2, NULL, NULL}}},
    {"an address of nobody", "MX-ADDRESS-UNPUBLISHED", C, ON,
     {{12, NULL, FINE, NULL}},
     {{0, "one.example", ANYFAIL, "mx2", "203.0.113.9", 5, 2, NULL, NULL}}},
    {"an address of nobody, and a reason", "CERT-EXPIRED", C, ON,
     {{12, NULL, "mx2 192.0.2.2 expired", NULL}},
     {{0, "one.example", EXPIRED, "mx2", "203.0.113.9", 5, 2, NULL, NULL}}},
    /* MX records */
    {"retired before, and its TTL has passed", "MX-RETIRED", C, OFF,
     {{-24, "old", NULL, NULL}, {12, NULL, NULL, NULL}}, FAILS(0, ANYFAIL, "old")},
    {"there then, absent now", "MX-RETIRED", P, 0,
     {{12, "old mx1", NULL, NULL}, {60, NULL, NULL, NULL}}, FAILS(0, ANYFAIL, "old")},
    {"a name server has it still", "DNS-INCONSISTENT", C, ON,
     {{-24, "old", NULL, NULL}, {12, NULL, NULL, "old"}}, FAILS(0, ANYFAIL, "old")},
    {"in none", "MX-NEVER-PUBLISHED", C, ON,
     {{-24, NULL, NULL, NULL}, {12, NULL, NULL, NULL}}, FAILS(0, ANYFAIL, "evil")},
    {"in none, at a known address", "MX-NEVER-PUBLISHED", P, ON,
     {{-24, NULL, NULL, NULL}, {12, NULL, NULL, NULL}},
     {{0, "one.example", ANYFAIL, "alias", "192.0.2.2", 5, 2, NULL, NULL}}},
    {"in none, and nobody looked before", "UNEXPLAINED", P, ON,
     {{12, NULL, NULL, NULL}}, FAILS(0, ANYFAIL, "evil")},
    {"null MX", "MX-NULL", C, ON, {{12, ".", NULL, NULL}}, FAILS(0, ANYFAIL, NULL)},
    {"no address", "MX-UNRESOLVABLE", C, ON,
     {{12, "mx1 gone", NULL, NULL}}, FAILS(0, ANYFAIL, "gone")},
    {"an alias", "DOMAIN-IS-CNAME", C, ON, {{12, "@", NULL, NULL}}, FAILS(0, ANYFAIL, NULL)},
    {"the look-up fails", "DNS-LOOKUP-FAILED", C, ON,
     {{12, "!", NULL, NULL}}, FAILS(0, ANYFAIL, "mx1")},
};
/* clang-format on */

static const struct finding *with_sessions(const struct domain *domain)
{
    for (size_t i = 0; i < domain->diagnosis.findings.count; i++)
        if (domain->diagnosis.findings.at[i].failed_sessions)
            return &domain->diagnosis.findings.at[i];
    fail_msg("no finding has the sessions");
    return NULL;
}

static void test_failure_gets_the_code_of_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct domain *domain = diagnosed(&rows[i], 72);
        const struct finding *finding = with_sessions(domain);
        if (strcmp(finding->rule->code, rows[i].code) != 0 ||
            finding->confidence != rows[i].confidence ||
            (rows[i].state && finding->state != rows[i].state))
            fail_msg("%s: %s, %s, %s (%.*s)", rows[i].what, finding->rule->code,
                     confidence_name(finding->confidence), state_name(finding->state),
                     TEXT_ARGS(finding->title));
        end(domain);
    }
}

/* ---- without a failure ---- */

struct standing {
    const char *what, *codes; /* in the order of the findings */
    int now;
    struct seen seen[6];
};

#define DOWN(word) "mx1 192.0.2.1 good, mx2 192.0.2.2 " word

/* clang-format off */
static const struct standing standings[] = {
    {"healthy", "", 72, {{12, NULL, FINE, NULL}}},
    {"ten days of ninety left", "CERT-EXPIRES-SOON", 1520, {{1500, NULL, DOWN("good"), NULL}}},
    {"fifteen days left", "", 1390, {{1380, NULL, DOWN("good"), NULL}}},
    {"already expired is not soon", "CERT-EXPIRED", 72, {{12, NULL, DOWN("expired"), NULL}}},
    {"one address of two", "MX-ONE-ADDRESS", 72,
     {{12, NULL, "mx1 192.0.2.1 good, mx1 192.0.2.11 expired", NULL}}},
    {"two good certificates of one address", "", 72,
     {{30, NULL, "mx2 192.0.2.2 good, mx2 192.0.2.2 new", NULL}}},
    {"down for three days", "MX-DOWN", 90,
     {{1, NULL, DOWN("timeout"), NULL},
      {40, NULL, DOWN("timeout"), NULL},
      {73, NULL, DOWN("busy"), NULL}}},
    {"down for two days", "", 90,
     {{1, NULL, DOWN("timeout"), NULL}, {49, NULL, DOWN("timeout"), NULL}}},
    {"it answered in between", "", 90,
     {{1, NULL, DOWN("timeout"), NULL},
      {40, NULL, DOWN("good"), NULL},
      {73, NULL, DOWN("timeout"), NULL}}},
    {"nobody answers: port 25 is blocked", "", 90,
     {{1, NULL, "mx1 192.0.2.1 timeout, mx2 192.0.2.2 timeout", NULL},
      {73, NULL, "mx1 192.0.2.1 timeout, mx2 192.0.2.2 timeout", NULL}}},
};
/* clang-format on */

static void test_fault_without_a_failure_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof standings / sizeof *standings; i++) {
        struct row row = {0};
        memcpy(row.seen, standings[i].seen, sizeof row.seen);
        struct domain *domain = diagnosed(&row, standings[i].now);
        struct text codes = TEXT("");
        for (size_t j = 0; j < domain->diagnosis.findings.count; j++) {
            const struct rule *rule = domain->diagnosis.findings.at[j].rule;
            /* The others say what these domains lack. */
            if (rule->family >= FAMILY_DNS && rule->family <= FAMILY_CERT &&
                !text_equal(codes, text_of(rule->code)))
                codes = text_format(&domain->arena, "%.*s%s%s", TEXT_ARGS(codes),
                                    codes.length ? " " : "", rule->code);
        }
        if (!text_equal(codes, text_of(standings[i].codes)))
            fail_msg("%s: %.*s", standings[i].what, TEXT_ARGS(codes));
        end(domain);
    }
}

static void test_retired_mx_stops_by_itself_when_ttl_and_older_policy_have_ended(void **state)
{
    (void)state;
    struct row row = {.seen = {{-24, "old", NULL, NULL}, {12, NULL, NULL, NULL}},
                      .told = FAILS(0, ANYFAIL, "old")};
    struct domain *domain = diagnosed(&row, 12);
    assert_int_equal(with_sessions(domain)->state, ON);
    end(domain);
    domain = diagnosed(&row, 14);
    assert_int_equal(with_sessions(domain)->state, OFF);
    end(domain);
    row.told[0].quoted_mx = "old";
    domain = diagnosed(&row, 14);
    assert_int_equal(with_sessions(domain)->state, ON);
    end(domain);
    domain = diagnosed(&row, 24 * 11);
    assert_int_equal(with_sessions(domain)->state, OFF);
    end(domain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failure_gets_the_code_of_its_cause),
        cmocka_unit_test(test_fault_without_a_failure_is_told_once),
        cmocka_unit_test(test_retired_mx_stops_by_itself_when_ttl_and_older_policy_have_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
