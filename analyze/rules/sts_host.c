/* The policy host: whether the policy can be fetched from it and read. */
#include "base/time.h"
#include "base/vector.h"
#include "published/txt_record.h"
#include "rules/counting.h"
#include "rules/families.h"
#include "rules/sts.h"

/* ---- what is shared ---- */

/* What an observation says of fetching the policy; unknown where nobody tried, or where the domain does not
 * mean to have one. */
static enum fetch_status fetch_of(const struct inquiry *inquiry, const struct sight *sight,
                                  const struct subject *subject)
{
    const struct observed_policy *policy = sight->observation->policy;
    if (!policy || policy->status == FETCH_NOT_FETCHED ||
        !means_mta_sts(inquiry, sight, subject->group))
        return FETCH_UNKNOWN;
    return policy->status;
}

static void say_fetch(const struct inquiry *inquiry, const struct sight *sight,
                      struct claim *claim)
{
    const struct observed_policy *policy = sight->observation->policy;
    struct arena *arena = inquiry->arena;
    struct text code = policy->http_status.known
                           ? text_format(arena, ", HTTP status %u", policy->http_status.value)
                           : TEXT("");
    struct text detail =
        policy->detail.length
            ? text_format(arena, " (%.*s)", TEXT_ARGS(quote(arena, policy->detail)))
            : TEXT("");
    claim->host = policy_host(inquiry, sight);
    evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                 "fetching https://mta-sts.%.*s/.well-known/mta-sts.txt: %s%.*s%.*s",
                 TEXT_ARGS(inquiry->domain), fetch_status_name(policy->status), TEXT_ARGS(code),
                 TEXT_ARGS(detail));
    if (sight->sts_record.state != TXT_NONE)
        evidence_add(arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_mta-sts.%.*s TXT \"%.*s\" tells senders to fetch it",
                     TEXT_ARGS(inquiry->domain),
                     TEXT_ARGS(quote(arena, sight->sts_record.string)));
}

/* ---- STS-POLICY-UNREACHABLE ---- */

enum shown sts_policy_unreachable_shows(const struct inquiry *inquiry,
                                        const struct sight *sight,
                                        const struct subject *subject, struct claim *claim)
{
    static const struct {
        const char *what, *action;
    } rows[FETCH_COUNT] = {
        [FETCH_NO_HOST] = {"has no address",
                           "Publish the address (A, AAAA or CNAME) of the policy "
                           "host again"},
        [FETCH_DNS_ERROR] = {"cannot be looked up", "Repair the DNS of the policy host's name"},
        [FETCH_CONNECT_ERROR] =
            {"refuses connections",
             "Start the web server of the policy host, and let it listen at "
             "every address that it publishes, port 443"},
        [FETCH_TIMEOUT] =
            {"does not answer",
             "Find out why the policy host does not answer at port 443: a firewall, or "
             "an address that is out of date"},
        [FETCH_TLS_ERROR] = {"fails at TLS",
                             "Let the web server of the policy host speak TLS 1.2 and "
                             "1.3, for the name mta-sts as well"},
    };
    enum fetch_status status = fetch_of(inquiry, sight, subject);
    if (status == FETCH_UNKNOWN)
        return SHOWN_UNKNOWN;
    if (!rows[status].what)
        return SHOWN_NO;
    claim_says(inquiry->arena, &claim->title,
               "The MTA-STS policy cannot be fetched: mta-sts.%.*s %s",
               TEXT_ARGS(inquiry->domain), rows[status].what);
    claim_says(
        inquiry->arena, &claim->action,
        "%s. Until then senders without a copy see no policy. To give MTA-STS up, do not "
        "switch the host off: serve mode: none first.",
        rows[status].action);
    say_fetch(inquiry, sight, claim);
    return SHOWN_YES;
}

/* ---- STS-POLICY-HTTP ---- */

static bool is_plain_text(struct text type)
{
    return !type.length || text_starts_nocase(type, TEXT("text/plain"));
}

static enum shown content_type_shows(const struct inquiry *inquiry, const struct sight *sight,
                                     const struct subject *subject, struct claim *claim)
{
    struct text type = sight->observation->policy->content_type;
    if (!subject->group || is_plain_text(type))
        return SHOWN_NO;
    claim->tier = TIER_ELSE;
    claim_says(inquiry->arena, &claim->title,
               "The MTA-STS policy is served as %.*s: some senders take text/plain alone",
               TEXT_ARGS(quote(inquiry->arena, type)));
    claim_says(inquiry->arena, &claim->action,
               "Let the web server send Content-Type: text/plain for "
               "/.well-known/mta-sts.txt.");
    say_fetch(inquiry, sight, claim);
    return SHOWN_YES;
}

enum shown sts_policy_http_shows(const struct inquiry *inquiry, const struct sight *sight,
                                 const struct subject *subject, struct claim *claim)
{
    enum fetch_status status = fetch_of(inquiry, sight, subject);
    if (status == FETCH_UNKNOWN)
        return SHOWN_UNKNOWN;
    if (status == FETCH_OK)
        return content_type_shows(inquiry, sight, subject, claim);
    if (status != FETCH_HTTP_ERROR && status != FETCH_REDIRECT && status != FETCH_TOO_LARGE)
        return SHOWN_NO;
    const struct observed_number *code = &sight->observation->policy->http_status;
    struct text what =
        code->known ? text_format(inquiry->arena, "answers with HTTP status %u", code->value)
                    : TEXT("does not answer with HTTP status 200");
    if (status == FETCH_REDIRECT)
        what = TEXT("redirects, which senders must not follow");
    else if (status == FETCH_TOO_LARGE)
        what = TEXT("serves a file that is too large");
    claim_says(inquiry->arena, &claim->title,
               "The MTA-STS policy cannot be fetched: mta-sts.%.*s %.*s",
               TEXT_ARGS(inquiry->domain), TEXT_ARGS(what));
    claim_says(
        inquiry->arena, &claim->action,
        "Serve the file itself with status 200, without a redirect and to every client (a "
        "browser may see it where a web firewall refuses senders):\n"
        "    https://mta-sts.%.*s/.well-known/mta-sts.txt",
        TEXT_ARGS(inquiry->domain));
    say_fetch(inquiry, sight, claim);
    return SHOWN_YES;
}

/* ---- STS-POLICY-CERTIFICATE ---- */

/* Some servers withdraw the TXT record where the certificate is bad. */
static bool was_served(const struct inquiry *inquiry, const struct sight *sight)
{
    for (size_t i = 0; i < inquiry->sights.count; i++)
        if (inquiry->sights.at[i].taken_at < sight->taken_at &&
            inquiry->sights.at[i].policy_fact == FACT_PRESENT)
            return true;
    return false;
}

enum shown sts_policy_certificate_shows(const struct inquiry *inquiry,
                                        const struct sight *sight,
                                        const struct subject *subject, struct claim *claim)
{
    static const char *const faults[FETCH_COUNT] = {
        [FETCH_CERTIFICATE_EXPIRED] = "has expired",
        [FETCH_CERTIFICATE_NAME_MISMATCH] = "is for another name",
        [FETCH_CERTIFICATE_UNTRUSTED] = "is of no CA that senders trust",
    };
    const struct observed_policy *policy = sight->observation->policy;
    if (!policy || policy->status == FETCH_UNKNOWN || policy->status == FETCH_NOT_FETCHED)
        return SHOWN_UNKNOWN;
    if (!faults[policy->status])
        return SHOWN_NO;
    if (!means_mta_sts(inquiry, sight, subject->group) && !was_served(inquiry, sight))
        return SHOWN_NO;
    char date[TIME_TEXT_SIZE] = "";
    if (policy->certificate_not_after != TIME_UNKNOWN)
        time_date(policy->certificate_not_after, date);
    claim_says(inquiry->arena, &claim->title,
               "The MTA-STS policy cannot be fetched: the certificate of mta-sts.%.*s %s%s%s",
               TEXT_ARGS(inquiry->domain), faults[policy->status],
               policy->status == FETCH_CERTIFICATE_EXPIRED && *date ? ", on " : "",
               policy->status == FETCH_CERTIFICATE_EXPIRED ? date : "");
    claim_says(
        inquiry->arena, &claim->action,
        "Renew the certificate of the web server for the name mta-sts.%.*s, with the CA's "
        "intermediate, and automate that. This is the policy host, not the mail server.",
        TEXT_ARGS(inquiry->domain));
    say_fetch(inquiry, sight, claim);
    if (sight->sts_txt.fact == FACT_ABSENT)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_DNS, sight->taken_at,
                     "_mta-sts.%.*s is gone as well: some servers withdraw it while the "
                     "certificate is bad",
                     TEXT_ARGS(inquiry->domain));
    return SHOWN_YES;
}

/* ---- STS-POLICY-SYNTAX ---- */

static const struct mta_sts_fault_found *worst_fault(const struct mta_sts_policy *policy)
{
    const struct mta_sts_fault_found *worst = NULL;
    for (size_t i = 0; i < policy->faults.count; i++) {
        const struct mta_sts_fault_found *each = &policy->faults.at[i];
        /* A near miss on a line tells why something is missing as a whole. */
        if (!worst || (each->fatal && !worst->fatal) || (each->line && !worst->line))
            worst = each;
    }
    return worst;
}

/* "line 2, "mode: enforced"" of BODY; LINE 0 is the whole. */
static struct text line_of(struct arena *arena, struct text body, size_t line)
{
    struct text rest = body, each = TEXT_UNKNOWN;
    if (!line)
        return TEXT("the file");
    for (size_t i = 0; i < line; i++)
        if (!text_next(&rest, '\n', &each))
            return text_format(arena, "line %zu", line);
    return text_format(arena, "line %zu, \"%.*s\"", line,
                       TEXT_ARGS(quote(arena, text_trim(each))));
}

enum shown sts_policy_syntax_shows(const struct inquiry *inquiry, const struct sight *sight,
                                   const struct subject *subject, struct claim *claim)
{
    enum fetch_status status = fetch_of(inquiry, sight, subject);
    if (status == FETCH_UNKNOWN)
        return SHOWN_UNKNOWN;
    if (status != FETCH_OK || sight->policy.valid)
        return SHOWN_NO;
    struct arena *arena = inquiry->arena;
    const struct mta_sts_fault_found *worst = worst_fault(&sight->policy);
    struct text why = worst ? worst->sentence : TEXT("it does not parse");
    claim_says(arena, &claim->title, "The MTA-STS policy is not valid: %.*s", TEXT_ARGS(why));
    claim_says(arena, &claim->action,
               "Correct the file; one that senders can read looks like this:\n"
               "    version: STSv1\n    mode: %s",
               sight->policy.mode ? mta_sts_mode_name(sight->policy.mode) : "testing");
    for (size_t i = 0; i < sight->hosts.count; i++)
        claim_says(arena, &claim->action, "%.*s\n    mx: %.*s", TEXT_ARGS(claim->action),
                   TEXT_ARGS(sight->hosts.at[i]));
    claim_says(arena, &claim->action, "%.*s\n    max_age: 604800\nthen change the id:\n%.*s",
               TEXT_ARGS(claim->action), TEXT_ARGS(record_with_new_id(inquiry)));
    for (size_t i = 0; i < sight->policy.faults.count && i < 8; i++) {
        const struct mta_sts_fault_found *fault = &sight->policy.faults.at[i];
        struct text place = line_of(arena, sight->observation->policy->body, fault->line);
        evidence_add(arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at, "%.*s: %.*s",
                     TEXT_ARGS(place), TEXT_ARGS(fault->sentence));
    }
    claim->host = policy_host(inquiry, sight);
    return SHOWN_YES;
}

/* ---- STS-POLICY-DIFFERS ---- */

static bool is_same_answer(const struct observed_host *a, const struct observed_host *b)
{
    return a->status == b->status &&
           (!a->http_status.known || !b->http_status.known ||
            a->http_status.value == b->http_status.value) &&
           (!text_known(a->body_sha256) || !text_known(b->body_sha256) ||
            text_equal(a->body_sha256, b->body_sha256));
}

static bool was_asked(const struct observed_host *host)
{
    return host->status != FETCH_UNKNOWN && host->status != FETCH_NOT_FETCHED;
}

/* Two addresses that answer differently; false where all are alike. *KNOWN: two at least were asked. */
static bool addresses_differ(const struct observed_policy *policy,
                             const struct observed_host **one,
                             const struct observed_host **other, bool *known)
{
    *one = NULL;
    *known = false;
    for (size_t i = 0; policy && i < policy->addresses.count; i++) {
        const struct observed_host *each = &policy->addresses.at[i];
        if (!was_asked(each))
            continue;
        if (!*one) {
            *one = each;
            continue;
        }
        *known = true;
        *other = each;
        if (!is_same_answer(*one, each))
            return true;
    }
    return false;
}

/* Whether SIGHT served POLICY to everybody. */
static bool served_alone(const struct sight *sight, const struct mta_sts_policy *policy)
{
    const struct observed_host *one, *other;
    bool known;
    return sight_serves(sight) && mta_sts_policy_equal(&sight->policy, policy) &&
           !addresses_differ(sight->observation->policy, &one, &other, &known);
}

static bool is_told(const struct sight *sight)
{
    return (sight->policy_fact == FACT_PRESENT || sight->policy_fact == FACT_ABSENT) &&
           sight->sts_txt.fact != FACT_UNKNOWN && sight->sts_txt.fact != FACT_FAILED;
}

/* A CDN serves an old file for hours or days. Beyond that a new id with the old policy is but a new id. */
enum { STALE_FOR = 7 * TIME_DAY };

/* The last observation that has the id before that of SIGHT, where the policy has been the same under both;
 * null if there is none. Where it was edited under the old id, or served by some addresses alone,
 * the new id is what was due. *SINCE is when the new id was first seen. */
static const struct sight *old_body(const struct inquiry *inquiry, const struct sight *sight,
                                    int64_t *since)
{
    const struct sight *before = NULL;
    int64_t looked_at = -1;
    *since = sight->taken_at;
    if (sight->policy_fact != FACT_PRESENT || !sight->policy.valid || !sight->sts_record.valid)
        return NULL;
    for (size_t i = (size_t)(sight - inquiry->sights.at); i-- > 0;) {
        const struct sight *each = &inquiry->sights.at[i];
        struct text id = before ? before->sts_record.id : sight->sts_record.id;
        bool same = each->sts_record.valid && text_equal(each->sts_record.id, id);
        if (!is_told(each))
            continue;
        if (before && !same)
            break;
        /* Long histories are of few contents: each is compared once in a row. */
        if (!each->sts_record.valid ||
            (each->content != looked_at && !served_alone(each, &sight->policy)))
            return NULL;
        looked_at = each->content;
        if (same && !before)
            *since = each->taken_at;
        else if (!before)
            before = each;
    }
    return before;
}

/* Whether the old policy under a new id does harm: it fits not what is published; or nothing failed, and it
 * may be that the new one is on its way. */
static bool is_stale(const struct sight *sight, const struct subject *subject, int64_t since)
{
    if (policy_lacks(&sight->policy, sight, TEXT_UNKNOWN, NULL))
        return true;
    return !subject->group && sight->taken_at - since < STALE_FOR;
}

static void say_addresses(const struct inquiry *inquiry, const struct sight *sight,
                          struct claim *claim)
{
    const struct observed_policy *policy = sight->observation->policy;
    claim_says(
        inquiry->arena, &claim->title,
        "The addresses of mta-sts.%.*s serve different policies: which one a sender gets "
        "is chance",
        TEXT_ARGS(inquiry->domain));
    for (size_t i = 0; i < policy->addresses.count && i < 8; i++) {
        const struct observed_host *host = &policy->addresses.at[i];
        if (was_asked(host))
            evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, sight->taken_at,
                         "%.*s: %s, body %.*s", TEXT_ARGS(host->address),
                         fetch_status_name(host->status),
                         host->body_sha256.length > 12 ? 12 : (int)host->body_sha256.length,
                         text_known(host->body_sha256) ? host->body_sha256.at : "");
    }
}

enum shown sts_policy_differs_shows(const struct inquiry *inquiry, const struct sight *sight,
                                    const struct subject *subject, struct claim *claim)
{
    const struct observed_host *one, *other;
    bool known;
    int64_t since;
    bool differ = addresses_differ(sight->observation->policy, &one, &other, &known);
    const struct sight *before = old_body(inquiry, sight, &since);
    bool old = before && is_stale(sight, subject, since);
    if (!differ && !old)
        return known || sight->policy_fact == FACT_PRESENT ? SHOWN_NO : SHOWN_UNKNOWN;
    if (differ)
        say_addresses(inquiry, sight, claim);
    else
        claim_says(inquiry->arena, &claim->title,
                   "The id of the MTA-STS record changed, but the old policy is still served");
    if (old)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_HISTORY, sight->taken_at,
                     "id %.*s on %.*s, %.*s now, and the same policy: %.*s",
                     TEXT_ARGS(before->sts_record.id),
                     TEXT_ARGS(text_date(inquiry->arena, before->taken_at)),
                     TEXT_ARGS(sight->sts_record.id),
                     TEXT_ARGS(words_of_policy(inquiry->arena, &sight->policy)));
    claim->host = policy_host(inquiry, sight);
    claim_says(
        inquiry->arena, &claim->action,
        "Purge the cache of the policy host or its CDN and bring all its addresses in line; "
        "when all serve the same file, change the id once more:\n%.*s",
        TEXT_ARGS(record_with_new_id(inquiry)));
    return SHOWN_YES;
}

bool sts_policy_differs_explains(const struct inquiry *inquiry,
                                 const struct failure_group *group, struct claim *claim)
{
    struct subject subject = {.mx = group_mx(group), .group = group};
    return group_shown(inquiry, group, &subject, sts_policy_differs_shows, claim, NULL);
}

/* ---- STS-FETCH-TRANSIENT ---- */

static bool is_good(const struct inquiry *inquiry, const struct sight *sight)
{
    struct claim dummy = claim_of(NULL);
    struct subject subject = {0};
    return sight && sight_serves(sight) &&
           sts_policy_differs_shows(inquiry, sight, &subject, &dummy) != SHOWN_YES;
}

static bool others_fail(const struct inquiry *inquiry, const struct failure_group *group)
{
    for (size_t i = 0; i < inquiry->groups->all.count; i++) {
        const struct failure_group *other = inquiry->groups->all.at[i];
        bool fetch = other->result_type == RESULT_STS_POLICY_FETCH_ERROR ||
                     other->result_type == RESULT_STS_WEBPKI_INVALID;
        if (fetch && other->sessions && other->reporter != group->reporter)
            return true;
    }
    return false;
}

bool sts_fetch_transient_explains(const struct inquiry *inquiry,
                                  const struct failure_group *group, struct claim *claim)
{
    const struct sight *then = sight_of_group(inquiry, group), *now = sight_now(inquiry);
    if (!is_good(inquiry, then) || !is_good(inquiry, now) || others_fail(inquiry, group) ||
        (!group_few(group) && !group_short(group)))
        return false;
    claim->confidence = group->others_succeeding > 1 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    claim_says(
        inquiry->arena, &claim->title,
        "One sender could not fetch the MTA-STS policy for a short while; it was and is in "
        "order");
    claim_says(
        inquiry->arena, &claim->action,
        "None, unless it returns. The log of the web server at /.well-known/mta-sts.txt may "
        "show what the sender got.");
    evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, then->taken_at,
                 "the policy could be fetched: %.*s",
                 TEXT_ARGS(words_of_policy(inquiry->arena, &then->policy)));
    if (now != then)
        evidence_add(inquiry->arena, &claim->evidence, EVIDENCE_POLICY, now->taken_at,
                     "and it can be fetched now");
    return true;
}
