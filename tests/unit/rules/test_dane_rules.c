/* What one observation shows of DANE: TLSA records held against what the MX host presents. Each row
 * must be claimed by its rule and by no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/time.h"
#include "base/vector.h"
#include "rules/families.h"

#define MX TEXT("mx1.example.com")

/* Digests and names are told by one letter. */
struct seen {
    const char *tlsa; /* "31a 21b": usage, selector, digest; "!" servfail, "-" none, null: not
                          * looked at */
    const char *servers; /* of each answer: key, certificate, then the chain: "ab cd:ef" */
    enum dnssec dnssec;  /* of the records; 0: secure */
    char issuer;         /* 0: that of the first of the chain */
    enum trust trust;    /* 0: trusted */
    bool other_name;
    enum dane dane;
    const char *detail;
};

static struct text digest(struct arena *arena, char letter)
{
    char hex[65];
    memset(hex, letter, 64);
    hex[64] = 0;
    return text_copy(arena, text_of(hex));
}

static void add_tlsa(struct arena *arena, struct observation *observation,
                     const struct seen *seen)
{
    struct text rest = text_of(seen->tlsa), one;
    struct text name = text_format(arena, "_25._tcp.%.*s", TEXT_ARGS(MX));
    if (!seen->tlsa)
        return;
    if (*seen->tlsa == '!' || *seen->tlsa == '-') {
        struct observed_lookup lookup = {.name = name,
                                         .type = TEXT("TLSA"),
                                         .status = *seen->tlsa == '!' ? LOOKUP_SERVFAIL
                                                                      : LOOKUP_NXDOMAIN};
        VECTOR_ADD(arena, &observation->lookups, lookup);
        return;
    }
    while (rest.length && text_next(&rest, ' ', &one)) {
        struct text value = text_format(arena, "%c %c 1 %.*s", one.at[0], one.at[1],
                                        TEXT_ARGS(digest(arena, one.at[2])));
        VECTOR_ADD(
            arena, &observation->records,
            ((struct observed_record){.name = name,
                                      .type = TEXT("TLSA"),
                                      .ttl = {true, 3600},
                                      .value = value,
                                      .dnssec = seen->dnssec ? seen->dnssec : DNSSEC_SECURE}));
    }
}

static void add_answer(struct arena *arena, struct observation *observation, struct text server,
                       const struct seen *seen)
{
    struct observed_certificate *certificate = observed_certificate_new(arena);
    struct observed_smtp answer = {.mx = MX,
                                   .address = TEXT("192.0.2.1"),
                                   .status = SMTP_OK,
                                   .starttls = ANSWER_YES,
                                   .certificate = certificate,
                                   .dane = seen->dane,
                                   .detail = text_of(seen->detail)};
    char issuer = server.length > 3 ? server.at[3] : 'z';
    certificate->spki_sha256 = digest(arena, server.at[0]);
    certificate->cert_sha256 = digest(arena, server.at[1]);
    certificate->trust = seen->trust ? seen->trust : TRUST_TRUSTED;
    certificate->matches_mx = seen->other_name ? ANSWER_NO : ANSWER_YES;
    certificate->issuer = text_format(arena, "CN=%c", seen->issuer ? seen->issuer : issuer);
    OBSERVED_EMPTY(arena, &answer.chain);
    for (size_t i = 3; i < server.length; i++)
        VECTOR_ADD(arena, &answer.chain,
                   ((struct observed_link){.subject = text_format(arena, "CN=%c", server.at[i]),
                                           .spki_sha256 = digest(arena, server.at[i]),
                                           .cert_sha256 = digest(arena, '0')}));
    VECTOR_ADD(arena, &observation->smtp, answer);
}

static void observe(struct inquiry *inquiry, int day, const struct seen *seen)
{
    struct arena *arena = inquiry->arena;
    struct observation *observation = observation_new(arena, inquiry->domain, day * TIME_DAY);
    struct text rest = text_of(seen->servers), server;
    VECTOR_ADD(arena, &observation->records,
               ((struct observed_record){.name = inquiry->domain,
                                         .type = TEXT("MX"),
                                         .value = text_format(arena, "10 %.*s", TEXT_ARGS(MX)),
                                         .dnssec = DNSSEC_SECURE}));
    OBSERVED_EMPTY(arena, &observation->smtp);
    add_tlsa(arena, observation, seen);
    while (rest.length && text_next(&rest, ' ', &server))
        add_answer(arena, observation, server, seen);
    inquiry_observed(inquiry, observation, day);
}

static struct inquiry inquiry_in(struct arena *arena, struct groups *groups)
{
    *groups = groups_new(arena);
    return (struct inquiry){.arena = arena,
                            .domain = TEXT("example.com"),
                            .groups = groups,
                            .now = 101 * TIME_DAY,
                            .since = TIME_UNKNOWN,
                            .until = TIME_UNKNOWN};
}

/* ---- one observation ---- */

static const struct {
    const char *code;
    rule_shows *shows;
} asked[] = {
    {"mismatch", dane_mismatch_shows}, {"not-sent", dane_ta_not_sent_shows},
    {"issuer", dane_ta_issuer_shows},  {"name", dane_ta_name_shows},
    {"unusable", dane_unusable_shows}, {"insecure", dane_insecure_shows},
    {"too-many", dane_too_many_shows},
};

#define PRIVATE_CA                                                                             \
    .trust = TRUST_UNTRUSTED, .detail = "the chain ends at a CA that is not trusted: CN=e"
#define CUT                                                                                    \
    .trust = TRUST_UNTRUSTED,                                                                  \
    .detail = "an issuer's certificate was not sent and is no trusted CA: CN=e"

static const struct {
    const char *what, *code; /* null: none shows */
    struct seen seen;
} rows[] = {
    {"key matches", NULL, {"31a", "ab:c"}},
    {"certificate matches", NULL, {"30b", "ab:c"}},
    {"one record of two matches", NULL, {"31f 31a", "ab:c"}},
    {"none matches", "mismatch", {"31f", "ab:c"}},
    {"one of two certificates has no record", "mismatch", {"31a", "ab:c de:c"}},
    {"nothing signed", "insecure", {"31f", "ab:c", DNSSEC_INSECURE}},
    {"nobody validated", NULL, {"31f", "ab:c", DNSSEC_INDETERMINATE}},
    {"look-up failed", NULL, {"!", "ab:c"}},
    {"no record", NULL, {"-", "ab:c"}},
    {"names and dates do not count under usage 3",
     NULL,
     {"31a", "ab:c", .trust = TRUST_EXPIRED, .other_name = true}},
    {"usage 1 is of no use", "unusable", {"11a", "ab:c"}},
    {"usage 1 beside a good one", NULL, {"11a 31a", "ab:c"}},
    {"the CA is sent", NULL, {"21c", "ab:c"}},
    {"the CA's CA is sent", NULL, {"21d", "ab:cd"}},
    {"nothing is sent", "not-sent", {"21c", "ab:"}},
    {"the probe's word covers name and dates too",
     NULL,
     {"21c", "ab:c", .trust = TRUST_EXPIRED, .dane = DANE_MISMATCH}},
    {"the chain does not go on from the certificate",
     "not-sent",
     {"21c", "ab:d", .issuer = 'c'}},
    {"the chain is in disorder, and complete", "issuer", {"21f", "ab:dc", .issuer = 'c'}},
    {"an intermediate is missing", "not-sent", {"21e", "ab:c", CUT}},
    {"a private CA, complete", "issuer", {"21f", "ab:ce", PRIVATE_CA}},
    {"another CA", "issuer", {"21d", "ab:c"}},
    {"the right CA and another name", "name", {"21c", "ab:c", .other_name = true}},
    {"the same, and a record of the server that is wrong",
     "name",
     {"21c 31f", "ab:c", .other_name = true}},
    {"the same, and a record of the server that is right",
     NULL,
     {"21c 31a", "ab:c", .other_name = true}},
    {"usage 3 is there: no rule of usage 2", "mismatch", {"21d 31f", "ab:"}},
    {"twelve records", NULL, {"31a 310 311 312 313 314 315 316 317 318 319 31f", "ab:c"}},
    {"thirteen", "too-many", {"31a 310 311 312 313 314 315 316 317 318 319 31f 31e", "ab:c"}},
};

static void one_rule_and_no_other_claims_what_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA_AUTO arena = {0};
        struct groups groups;
        struct inquiry inquiry = inquiry_in(&arena, &groups);
        struct subject subject = {.mx = MX};
        observe(&inquiry, 100, &rows[i].seen);
        for (size_t j = 0; j < sizeof asked / sizeof *asked; j++) {
            struct claim claim = claim_of(NULL);
            bool shown =
                asked[j].shows(&inquiry, sight_now(&inquiry), &subject, &claim) == SHOWN_YES;
            bool wanted = rows[i].code && strcmp(rows[i].code, asked[j].code) == 0;
            if (shown != wanted)
                fail_msg("%s: %s %s", rows[i].what, asked[j].code,
                         shown ? "claims it" : "does not");
        }
    }
}

/* ---- several ---- */

/* The first sights are history, the last is now. */
static const struct {
    const char *what;
    bool fragile;
    struct seen seen[3];
} histories[] = {
    {"the whole certificate", true, {{"30b", "ab:c"}}},
    {"the key", false, {{"31a", "ab:c"}}},
    {"the whole certificate, and one that was never seen", false, {{"30b 30e", "ab:c"}}},
    {"the whole certificate, and the former one", true, {{"30d", "ad:c"}, {"30d 30b", "ab:c"}}},
    {"a new key at each renewal", true, {{"31d", "de:c"}, {"31a", "ab:c"}}},
    {"published ahead last time", false, {{"31d 31a", "de:c"}, {"31a", "ab:c"}}},
    {"a renewal that kept the key", false, {{"31a", "ae:c"}, {"31a", "ab:c"}}},
    {"one of two renewals kept the key",
     false,
     {{"31d", "de:c"}, {"31a", "af:c"}, {"31a", "ab:c"}}},
    {"the CA beside it", false, {{"31d 21c", "de:c"}, {"31a 21c", "ab:c"}}},
    {"one of two CAs that issued", true, {{"21d", "de:d"}, {"21c", "ab:c"}}},
    {"both CAs", false, {{"21d 21c", "de:d"}, {"21d 21c", "ab:c"}}},
    {"broken already", false, {{"30f", "ab:c"}}},
};

static void records_that_a_renewal_breaks_are_told_ahead(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++) {
        ARENA_AUTO arena = {0};
        struct groups groups;
        struct inquiry inquiry = inquiry_in(&arena, &groups);
        struct claims claims = {0};
        for (int j = 0; j < 3 && histories[i].seen[j].tlsa; j++)
            observe(&inquiry, 40 + 20 * j, &histories[i].seen[j]);
        dane_fragile_stands(&inquiry, rule_of(TEXT("DANE-FRAGILE")), &claims);
        if ((claims.count == 1) != histories[i].fragile)
            fail_msg("%s", histories[i].what);
    }
}

static void a_loss_is_known_only_where_the_lookup_answers(void **state)
{
    static const struct {
        struct seen before, now;
        enum shown shown;
    } cases[] = {
        {{"31a", "ab:c"}, {"-", "ab:c"}, SHOWN_YES},
        {{"31a", "ab:c"}, {"31a", "ab:c", DNSSEC_INSECURE}, SHOWN_YES},
        {{"31a", "ab:c"}, {"!", "ab:c"}, SHOWN_UNKNOWN},
        {{"31a", "ab:c"}, {NULL, "ab:c"}, SHOWN_UNKNOWN},
        {{"31a", "ab:c"}, {NULL, "ab:c", .dane = DANE_NONE}, SHOWN_YES},
        {{"31a", "ab:c"}, {"31f", "ab:c"}, SHOWN_NO},
        {{"31a", "ab:c", DNSSEC_INSECURE}, {"-", "ab:c"}, SHOWN_NO},
        {{"-", "ab:c"}, {"-", "ab:c"}, SHOWN_NO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ARENA_AUTO arena = {0};
        struct groups groups;
        struct inquiry inquiry = inquiry_in(&arena, &groups);
        struct claim claim = claim_of(NULL);
        struct subject subject = {.mx = MX};
        observe(&inquiry, 40, &cases[i].before);
        observe(&inquiry, 60, &cases[i].now);
        enum shown shown = dane_lost_shows(&inquiry, sight_now(&inquiry), &subject, &claim);
        if (shown != cases[i].shown)
            fail_msg("case %zu: %d", i, (int)shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_rule_and_no_other_claims_what_is_seen),
        cmocka_unit_test(records_that_a_renewal_breaks_are_told_ahead),
        cmocka_unit_test(a_loss_is_known_only_where_the_lookup_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
