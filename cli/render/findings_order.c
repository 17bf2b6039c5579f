/* Which findings are told where, and which is the first. */
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "render/findings_words.h"

enum part part_of(const struct finding *finding)
{
    if (finding->state == STATE_STOPPED)
        return PART_STOPPED;
    return finding->acknowledged ? PART_ACKNOWLEDGED : PART_OPEN;
}

bool is_quiet(const struct diagnosis *diagnosis)
{
    return !diagnosis->findings.count && diagnosis->mta_sts.readiness != READINESS_NOT_READY;
}

struct finding_counts count_findings(const struct findings_report *report)
{
    struct finding_counts counts = {0};
    for (size_t i = 0; i < report->count; i++) {
        for (size_t j = 0; j < report->at[i].findings.count; j++) {
            const struct finding *finding = &report->at[i].findings.at[j];
            enum part part = part_of(finding);
            counts.stopped += part == PART_STOPPED;
            counts.acknowledged += part == PART_ACKNOWLEDGED;
            if (part == PART_OPEN && finding->severity < SEVERITY_COUNT)
                counts.open[finding->severity]++;
        }
    }
    return counts;
}

/* ---- shared faults ---- */

struct key {
    const struct rule *rule;
    struct text host;
    enum state state;
};

static int compare_keys(const struct key *a, const struct key *b)
{
    int order = text_compare(a->host, b->host);
    if (!order)
        order = strcmp(a->rule->code, b->rule->code);
    return order ? order : (int)a->state - (int)b->state;
}

static struct key key_of(const struct shared_fault *fault)
{
    return (struct key){fault->rule, fault->host, fault->state};
}

static int compare_faults(const void *a, const void *b)
{
    struct key x = key_of(*(const struct shared_fault *const *)a);
    struct key y = key_of(*(const struct shared_fault *const *)b);
    return compare_keys(&x, &y);
}

static int compare_to_fault(const void *key, const void *fault)
{
    struct key other = key_of(*(const struct shared_fault *const *)fault);
    return compare_keys(key, &other);
}

struct shared_index shared_index_of(const struct shared_faults *faults, struct arena *arena)
{
    struct shared_index index = {0};
    for (size_t i = 0; faults && i < faults->count; i++)
        VECTOR_ADD(arena, &index, &faults->at[i]);
    if (index.count)
        qsort(index.at, index.count, sizeof *index.at, compare_faults);
    return index;
}

const struct shared_fault *shared_find(const struct shared_index *index,
                                       const struct finding *finding)
{
    struct key key = {finding->rule, finding->host, finding->state};
    if (!index->count || !text_known(finding->host) || finding->side != SIDE_DOMAIN)
        return NULL;
    const struct shared_fault *const *found =
        bsearch(&key, index->at, index->count, sizeof *index->at, compare_to_fault);
    return found ? *found : NULL;
}

const struct finding *shared_example(const struct shared_fault *fault)
{
    for (size_t i = 0; i < fault->count; i++)
        if (!fault->at[i]->acknowledged)
            return fault->at[i];
    return fault->at[0];
}

/* ---- the first ---- */

struct weight {
    enum severity severity;
    enum impact impact;
    uint64_t sessions;
};

static bool is_heavier(struct weight a, struct weight b)
{
    if (a.severity != b.severity)
        return a.severity > b.severity;
    if (a.impact != b.impact)
        return a.impact > b.impact;
    return a.sessions > b.sessions;
}

const struct finding *first_to_do(const struct findings_report *report,
                                  const struct shared_index *index,
                                  const struct shared_fault **shared)
{
    const struct finding *first = NULL;
    struct weight most = {0};
    *shared = NULL;
    for (size_t i = 0; i < report->count; i++) {
        for (size_t j = 0; j < report->at[i].findings.count; j++) {
            const struct finding *finding = &report->at[i].findings.at[j];
            if (part_of(finding) != PART_OPEN || finding->severity < SEVERITY_WARNING)
                continue;
            const struct shared_fault *fault = shared_find(index, finding);
            struct weight weight = {finding->severity, finding->impact,
                                    fault ? fault->failed_sessions : finding->failed_sessions};
            if (first && !is_heavier(weight, most))
                continue;
            first = finding;
            most = weight;
            *shared = fault;
        }
    }
    return first;
}

/* ---- the meaning of words ---- */

static const struct gloss glosses[] = {
    {"MX", "a host that takes mail for the domain, as its MX records in DNS say"},
    {"MTA-STS", "a policy at a web server of the domain: which MX hosts it has, and that mail "
                "is to be encrypted on the way there"},
    {"enforce", "the mode of a policy in which senders refuse to deliver where it is not kept"},
    {"testing", "the mode of a policy in which senders deliver anyway and report"},
    {"max_age", "how many seconds senders may keep a policy"},
    {"STARTTLS", "the command with which a mail connection is encrypted"},
    {"SNI", "the host name that a sender asks for when encryption begins"},
    {"CA", "an authority that issues certificates"},
    {"DANE", "certificates vouched for by signed records in DNS"},
    {"TLSA", "the record in DNS that says which certificate an MX host has"},
    {"DNSSEC", "signatures that show that an answer of DNS is genuine"},
    {"TTL", "how many seconds an answer of DNS may be kept"},
    {"CNAME", "a record in DNS that makes one name an alias of another"},
    {"TLS-RPT", "the record in DNS that asks senders for these reports"},
    {"rua", "the address in the TLS-RPT record to which reports go"},
    {"SPF", "the record in DNS that says who may send mail of the domain"},
    {"DKIM", "signatures on mail, with their keys in DNS"},
    {"DMARC", "the record in DNS that says what to do with forged mail of the domain"},
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || text_is_digit(c) || c == '-' ||
           c == '_' || c == '.';
}

/* Whether WORD stands in TEXT by itself. */
static bool has_word(struct text text, struct text word)
{
    for (size_t at; (at = text_find(text, word)) != SIZE_MAX;) {
        struct text after = text_from(text, at + word.length);
        bool begins = at == 0 || !is_letter(text.at[at - 1]);
        bool ends = !after.length || !is_letter(after.at[0]) ||
                    (after.at[0] == '.' && (after.length == 1 || after.at[1] == ' '));
        if (begins && ends)
            return true;
        text = after;
    }
    return false;
}

static bool finding_has_word(const struct finding *finding, struct text word)
{
    if (has_word(finding->title, word) || has_word(finding->action, word) ||
        has_word(finding->done_when, word))
        return true;
    for (size_t i = 0; i < finding->evidence.count; i++)
        if (has_word(finding->evidence.at[i].text, word))
            return true;
    return false;
}

const struct gloss *next_gloss(const struct finding *finding, unsigned *seen)
{
    for (size_t i = 0; i < sizeof glosses / sizeof *glosses; i++) {
        if (*seen & 1U << i || !finding_has_word(finding, text_of(glosses[i].word)))
            continue;
        *seen |= 1U << i;
        return &glosses[i];
    }
    return NULL;
}
