/* Faults that the newest observation shows, whether or not mail has failed by them. */
#include "base/time.h"
#include "base/vector.h"
#include "rules/engine.h"

/* What one finding has said is not said again of the same MX, or of the domain. */
static const struct {
    const char *says;
    enum rule_family family; /* of what it covers; 0: the code */
    const char *code;
} said_already[] = {
    /* What is wrong with one address or one machine is told there. */
    {"MX-ONE-ADDRESS", FAMILY_CERT, NULL},      {"MX-ONE-ADDRESS", FAMILY_TLS, NULL},
    {"MX-NODE-DIFFERS", FAMILY_CERT, NULL},     {"MX-NODE-DIFFERS", FAMILY_TLS, NULL},
    {"DANE-NO-STARTTLS", 0, "TLS-NO-STARTTLS"}, {"DANE-ROLLOVER", 0, "DANE-MISMATCH"},
};

static bool covers(const char *says, const struct rule *rule)
{
    for (size_t i = 0; i < sizeof said_already / sizeof *said_already; i++)
        if (text_equal(text_of(said_already[i].says), text_of(says)) &&
            (said_already[i].code
                 ? text_equal(text_of(said_already[i].code), text_of(rule->code))
                 : said_already[i].family == rule->family))
            return true;
    return false;
}

static bool is_of_one_address(const struct rule *rule)
{
    return text_equal(text_of(rule->code), TEXT("MX-ONE-ADDRESS")) ||
           text_equal(text_of(rule->code), TEXT("MX-NODE-DIFFERS"));
}

/* Failures that name no address were told of the host: the address is its evidence. */
static bool tells_of_host(const struct finding *finding)
{
    return finding->failed_sessions &&
           (finding->rule->family == FAMILY_TLS || finding->rule->family == FAMILY_CERT);
}

/* Whether the rule of FINDING leaves nothing to say to a claim of RULE at MX. */
static bool is_said(const struct finding *finding, const struct rule *rule, struct text mx)
{
    if (finding->state != STATE_ONGOING)
        return false;
    bool same_place = text_equal(finding->mx, mx);
    if (finding->rule == rule)
        return same_place;
    if (same_place && is_of_one_address(rule) && tells_of_host(finding))
        return true;
    if (finding->rule->absorbs &&
        text_equal(text_of(finding->rule->absorbs), text_of(rule->code)))
        return true;
    return same_place && covers(finding->rule->code, rule);
}

/* What is said already of failures is seen now as well. */
static bool is_said_by_any(struct findings *findings, const struct claim *claim)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (!is_said(&findings->at[i], claim->rule, claim->mx))
            continue;
        findings->at[i].shown_now = true;
        return true;
    }
    return false;
}

/* ---- what the rules claim ---- */

static void ask_host(const struct inquiry *inquiry, const struct rule *rule, struct text mx,
                     struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    struct subject subject = {.mx = mx};
    struct claim claim = claim_of(rule);
    claim.mx = mx;
    if (rule->shows(inquiry, now, &subject, &claim) != SHOWN_YES)
        return;
    claim.confidence = CONFIDENCE_CONFIRMED;
    VECTOR_ADD(inquiry->arena, claims, claim);
}

static void ask_rule(const struct inquiry *inquiry, const struct rule *rule,
                     struct claims *claims)
{
    const struct sight *now = sight_now(inquiry);
    if (rule->stands)
        rule->stands(inquiry, rule, claims);
    else if (rule->shows && rule->scope == SCOPE_DOMAIN)
        ask_host(inquiry, rule, TEXT_UNKNOWN, claims);
    else if (rule->shows)
        for (size_t i = 0; i < now->hosts.count; i++)
            ask_host(inquiry, rule, now->hosts.at[i], claims);
}

/* Without an observation only what reporting itself tells can be found. */
static bool is_asked(const struct inquiry *inquiry, const struct rule *rule, int families)
{
    bool observed = inquiry->sights.count || (rule->family == FAMILY_REPORTING && rule->stands);
    return observed && (families & (1 << (int)rule->family)) && !rule_is_left_out(rule->code) &&
           !rule->only_with_failures && rule->tier != TIER_REPORTER;
}

/* A certificate matters to nobody where only a TLSA record decides. */
static bool counts(const struct inquiry *inquiry, const struct claim *claim)
{
    const struct sight *now = sight_now(inquiry);
    return !now || !text_known(claim->mx) || !sight_has_secure_tlsa(inquiry, now, claim->mx) ||
           certificate_rule_counts(inquiry, claim->rule, now, claim->mx, NULL);
}

static void collect_claims(const struct inquiry *inquiry, int families, struct claims *claims)
{
    struct claims all = {0};
    for (size_t i = 0; i < rule_count; i++)
        if (is_asked(inquiry, &rules[i], families))
            ask_rule(inquiry, &rules[i], &all);
    for (size_t i = 0; i < all.count; i++)
        if (counts(inquiry, &all.at[i]))
            VECTOR_ADD(inquiry->arena, claims, all.at[i]);
}

/* ---- findings ---- */

/* Since when every observation that tells shows it. */
static int64_t shown_since(const struct inquiry *inquiry, const struct claim *claim)
{
    const struct sight *now = sight_now(inquiry);
    int64_t since = now ? now->taken_at : TIME_UNKNOWN;
    if (!claim->rule->shows || !now)
        return since;
    ARENA_AUTO scratch = {0};
    struct inquiry draft = *inquiry;
    draft.arena = &scratch;
    struct subject subject = {.mx = claim->mx, .address = claim->address};
    for (size_t i = inquiry->sights.count; i-- > 0;) {
        struct claim dummy = claim_of(claim->rule);
        dummy.mx = claim->mx;
        enum shown shown = claim->rule->shows(&draft, &inquiry->sights.at[i], &subject, &dummy);
        if (shown == SHOWN_NO)
            break;
        if (shown == SHOWN_YES)
            since = inquiry->sights.at[i].taken_at;
    }
    return since;
}

/* Reports enforce nothing: without them mail is delivered all the same. */
static enum impact claim_impact(const struct inquiry *inquiry, const struct claim *claim,
                                struct text mx)
{
    if (claim->rule->family != FAMILY_REPORTING)
        return standing_impact(inquiry, mx);
    return claim->rule->harms ? IMPACT_UNKNOWN : IMPACT_DELIVERED;
}

static void add_standing(const struct inquiry *inquiry, const struct claim *claim,
                         struct findings *findings)
{
    struct text mx = claim->mx;
    const struct sight *now = sight_now(inquiry);
    enum impact impact = claim_impact(inquiry, claim, mx);
    struct finding finding = {
        .rule = claim->rule,
        .severity = claim_severity(claim, impact),
        .confidence = claim->confidence ? claim->confidence : CONFIDENCE_CONFIRMED,
        .side = claim_side(claim),
        .impact = impact,
        .state = STATE_ONGOING,
        .shown_now = true,
        .domain = inquiry->domain,
        .mx = mx,
        .host = claim_host(claim),
        .first_seen = shown_since(inquiry, claim),
        .last_seen = now ? now->taken_at : TIME_UNKNOWN,
        .title = claim->title,
        .action = claim->action,
        .done_when = claim->done_when,
        .evidence = claim->evidence,
        .acknowledged_until = TIME_UNKNOWN,
    };
    VECTOR_ADD(inquiry->arena, findings, finding);
}

void standing_findings(const struct inquiry *inquiry, int families, struct findings *findings)
{
    struct claims claims = {0};
    collect_claims(inquiry, families, &claims);
    /* Those that cover others come first. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < claims.count; i++) {
            const struct claim *claim = &claims.at[i];
            bool broad = claim->rule->absorbs || claim->rule->scope == SCOPE_ADDRESS ||
                         claim->rule->family == FAMILY_DANE;
            if (broad == (pass == 0) && !is_said_by_any(findings, claim))
                add_standing(inquiry, claim, findings);
        }
    }
}
