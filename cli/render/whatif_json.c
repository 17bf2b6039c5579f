#include "render/json_out.h"
#include "render/whatif.h"

#include "base/vector.h"

const char *words_of_open(unsigned open)
{
    switch (open) {
    case OPEN_HOST:
        return "RFC 8460 counts successes per policy, not per MX: which of the hosts a session "
               "met "
               "is not reported";
    case OPEN_ADDRESS:
        return "The addresses of the host answer differently, and which one a session met is "
               "not "
               "reported";
    case OPEN_SENDER:
        return "Whether this sender does DANE, or MTA-STS, the reports do not show";
    case OPEN_CAUSE:
        return "What is proposed may mend what the sender reports, but nothing observed shows "
               "the fault";
    default:
        return NULL;
    }
}

static void add_clause(struct json_out *json, enum verdict verdict, enum verdict_clause clause)
{
    json_text(json, "verdict", text_of(verdict_name(verdict)));
    bool decided = clause != CLAUSE_NONE;
    json_text(json, "clause", decided ? text_of(verdict_clause_text(clause)) : TEXT_UNKNOWN);
    json_text(json, "reference",
              decided ? text_of(verdict_clause_reference(clause)) : TEXT_UNKNOWN);
}

static void add_counts(struct json_out *json, const struct whatif_counts *counts)
{
    json_object(json, "sessions");
    json_unsigned(json, "total", counts->sessions);
    json_unsigned(json, "delivered", counts->delivered);
    json_unsigned(json, "refused", counts->refused);
    json_unsigned(json, "unknown", counts->unknown);
    json_unsigned(json, "delivered_at_most", counts->delivered + counts->unknown);
    json_unsigned(json, "refused_at_most", counts->refused + counts->unknown);
    json_object_end(json);
}

static void add_proposed_tlsa(struct json_out *json, const struct proposal *proposal)
{
    if (proposal_keeps_tlsa(proposal)) {
        json_null(json, "tlsa");
        return;
    }
    json_array(json, "tlsa");
    for (size_t i = 0; i < proposal->tlsa.count; i++) {
        json_object(json, NULL);
        json_text(json, "mx", proposal->tlsa.at[i].mx);
        json_text(json, "value", proposal->tlsa.at[i].record);
        json_object_end(json);
    }
    json_array_end(json);
}

static void add_policy(struct json_out *json, const struct whatif *whatif)
{
    if (whatif->policy_fact != FACT_PRESENT) {
        json_null(json, "policy");
        return;
    }
    const struct mta_sts_policy *policy = &whatif->policy;
    json_object(json, "policy");
    json_text(json, "mode", text_of(mta_sts_mode_name(policy->mode)));
    json_array(json, "mx");
    for (size_t i = 0; i < policy->mx.count; i++)
        json_text(json, NULL, policy->mx.at[i].pattern);
    json_array_end(json);
    if (policy->has_max_age)
        json_unsigned(json, "max_age", policy->max_age);
    else
        json_null(json, "max_age");
    json_object_end(json);
}

static void add_certificate(struct json_out *json,
                            const struct observed_certificate *certificate)
{
    if (!certificate) {
        json_null(json, "certificate");
        return;
    }
    json_object(json, "certificate");
    json_list(json, "names", &certificate->names);
    json_text(json, "issuer", certificate->issuer);
    json_time(json, "not_before", certificate->not_before);
    json_time(json, "not_after", certificate->not_after);
    json_text(json, "trust", text_of(trust_name(certificate->trust)));
    json_text(json, "spki_sha256", certificate->spki_sha256);
    json_text(json, "cert_sha256", certificate->cert_sha256);
    json_object_end(json);
}

static void add_row(struct json_out *json, const struct whatif_row *row)
{
    struct verdict_answer answer = outcome_answer(&row->outcome);
    json_object(json, NULL);
    json_text(json, "reporter", row->reporter);
    json_text(json, "mx", row->mx);
    json_text(json, "reported", row->succeeded ? TEXT("successful") : TEXT("failed"));
    json_text(json, "policy_type", text_of(policy_type_name(row->policy_type)));
    json_text(json, "result_type",
              row->succeeded ? TEXT_UNKNOWN : text_of(result_type_name(row->result_type)));
    json_unsigned(json, "sessions", row->sessions);
    add_clause(json, answer.verdict, answer.clause);
    json_array(json, "possible");
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        if (!row->outcome.may[i])
            continue;
        json_object(json, NULL);
        add_clause(json, (enum verdict)i, row->outcome.clause[i]);
        json_object_end(json);
    }
    json_array_end(json);
    json_array(json, "why");
    for (unsigned i = 0; i < OPEN_REASONS; i++)
        if (row->outcome.open & (1U << i))
            json_text(json, NULL, text_of(words_of_open(1U << i)));
    json_array_end(json);
    json_bool(json, "no_longer_shown", row->gone);
    json_object_end(json);
}

static void add_answer(struct json_out *json, enum answer answer, const char *key)
{
    if (answer == ANSWER_UNKNOWN)
        json_null(json, key);
    else
        json_bool(json, key, answer == ANSWER_YES);
}

static void add_host(struct json_out *json, const struct whatif_host *host)
{
    json_object(json, NULL);
    json_text(json, "mx", host->mx);
    json_array(json, "answers");
    for (size_t i = 0; i < host->answers.count; i++) {
        const struct whatif_answer *answer = &host->answers.at[i];
        json_object(json, NULL);
        json_text(json, "address", answer->address);
        json_time(json, "observed_at", answer->at);
        add_clause(json, answer->answer.verdict, answer->answer.clause);
        json_object_end(json);
    }
    json_array_end(json);
    json_unsigned(json, "sessions_at_least", host->sessions_least);
    json_unsigned(json, "sessions_at_most", host->sessions_most);
    json_unsigned(json, "refused_at_least", host->refused_least);
    json_unsigned(json, "refused_at_most", host->refused_most);
    json_object_end(json);
}

void whatif_json(struct buffer *out, const struct whatif *whatif, int64_t generated_at)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_time(&json, "generated_at", generated_at);
    json_time(&json, "since", whatif->since);
    json_time(&json, "until", whatif->until);
    json_text(&json, "domain", whatif->domain);
    json_time(&json, "observed_at", whatif->observed_at);
    json_object(&json, "proposed");
    add_policy(&json, whatif);
    json_list(&json, "mx", &whatif->mx);
    add_proposed_tlsa(&json, whatif->proposal);
    add_certificate(&json, whatif->proposal->certificate);
    json_object_end(&json);
    add_counts(&json, &whatif->counts);
    json_unsigned(&json, "refused_no_longer_shown", whatif->gone);
    json_array(&json, "reporters");
    for (size_t i = 0; i < whatif->reporters.count; i++) {
        const struct whatif_reporter *reporter = &whatif->reporters.at[i];
        json_object(&json, NULL);
        json_text(&json, "reporter", reporter->name);
        add_answer(&json, reporter->sender.dane, "dane");
        add_answer(&json, reporter->sender.sts, "mta_sts");
        add_counts(&json, &reporter->counts);
        json_object_end(&json);
    }
    json_array_end(&json);
    json_array(&json, "rows");
    for (size_t i = 0; i < whatif->rows.count; i++)
        add_row(&json, &whatif->rows.at[i]);
    json_array_end(&json);
    json_array(&json, "hosts");
    for (size_t i = 0; i < whatif->hosts.count; i++)
        add_host(&json, &whatif->hosts.at[i]);
    json_array_end(&json);
    json_list(&json, "notes", &whatif->notes);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}
