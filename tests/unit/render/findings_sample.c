#include "findings_sample.h"

#include <string.h>

#include "base/time.h"

const struct rule sample_rules[] = {
    {.code = "STS-MX-NOT-LISTED",
     .result_types = RESULTS_CERT,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_WARNING,
     .critical_if_refused = true,
     .reference = "RFC 8461 §4.1"},
    {.code = "CERT-EXPIRED",
     .result_types = RESULTS_ANY,
     .side = SIDE_DOMAIN,
     .severity = SEVERITY_CRITICAL,
     .reference = "RFC 8461 §4.2"},
    {.code = "UNEXPLAINED",
     .result_types = RESULTS_NONE,
     .severity = SEVERITY_WARNING,
     .reference = "RFC 8460 §4.3"},
};
const size_t sample_rule_count = sizeof sample_rules / sizeof *sample_rules;

/* In place of the texts of the program's own table. */
const struct rule_text *rule_text_of(const struct rule *rule)
{
    static const struct rule_text text = {
        .code = "STS-MX-NOT-LISTED",
        .title = "The MTA-STS policy does not list an MX host",
        .meaning = "Senders that keep to the policy do not deliver to that host.",
        .decided = "The MX records and the policy were compared.",
        .action = "Add a line for the host:\n    mx: mx2.example.com\nthen change the id.",
    };
    return strcmp(rule->code, text.code) == 0 ? &text : NULL;
}

static void fill_evidence(struct sample *sample)
{
    struct evidence evidence[] = {
        {EVIDENCE_DNS, 1795449600, TEXT("MX records: 10 mx1.example.com, 20 mx2.example.com")},
        {EVIDENCE_POLICY, 1795449600, TEXT("mode: enforce, mx: mx1.example.com")},
        {EVIDENCE_REPORT, 1795391999,
         TEXT("reporter.example reports 30 sessions as validation-failure at mx2.example.com "
              "(192.0.2.2) from 2026-11-01 to 2026-11-23, saying \"a < b & c\"")},
        {EVIDENCE_RULED_OUT, TIME_UNKNOWN, TEXT("STARTTLS is offered at mx2.example.com")},
    };
    memcpy(sample->evidence, evidence, sizeof evidence);
}

static struct finding finding_with(const char *id, size_t rule, enum severity severity,
                                   enum state state, uint64_t sessions)
{
    struct finding finding = {
        .rule = &sample_rules[rule],
        .severity = severity,
        .confidence = CONFIDENCE_CONFIRMED,
        .side = sample_rules[rule].side,
        .impact = IMPACT_REFUSED,
        .state = state,
        .domain = TEXT("example.com"),
        .policy_type = POLICY_TYPE_STS,
        .has_policy_type = true,
        .result_types = RESULT(VALIDATION_FAILURE),
        .failed_sessions = sessions,
        .share = (double)sessions / 40,
        .first_seen = 1793491200,
        .last_seen = 1795391999,
        .acknowledged_until = TIME_UNKNOWN,
    };
    memcpy(finding.id, id, sizeof finding.id);
    return finding;
}

static void fill_own(struct sample *sample)
{
    struct finding *own = sample->own;
    own[0] = finding_with("00000001", 0, SEVERITY_WARNING, STATE_STOPPED, 3);
    own[0].title = TEXT("mx1.example.com was not listed");
    own[0].action = TEXT("Add mx1.example.com to the policy.");
    own[0].done_when = TEXT("Done: everyone who failed has succeeded since.");
    own[1] = finding_with("00000002", 0, SEVERITY_CRITICAL, STATE_ONGOING, 4);
    own[1].title = TEXT("mx9.example.com takes mail, but the policy does not list it");
    own[1].action = TEXT("Add mx9.example.com to the policy.");
    own[1].done_when = TEXT("Done on 2026-12-24.");
    own[1].acknowledged = true;
    own[1].acknowledged_until = 1798070400;
    own[1].acknowledged_note = TEXT("switched off at Christmas");
    own[2] = finding_with("00000003", 0, SEVERITY_CRITICAL, STATE_ONGOING, 30);
    own[2].mx = TEXT("mx2.example.com");
    own[2].title = TEXT("mx2.example.com takes mail for example.com, but the MTA-STS policy "
                        "does not list it");
    own[2].action = TEXT(
        "Add the MX host to the policy file. This is the whole of it, as it should be after "
        "the change:\n    version: STSv1\n    mode: enforce\n    mx: mx1.example.com\n"
        "    mx: mx2.example.com\n    max_age: 604800\nthen change the id:\n"
        "    _mta-sts.example.com. IN TXT \"v=STSv1; id=20261124T000000;\"");
    own[2].done_when = TEXT("Done when two reports of reporter.example that begin after "
                            "2026-11-23 show successes and no such failure.");
    own[2].evidence = (struct evidence_list){sample->evidence, 4};
    own[2].reporters = (struct text_list){sample->reporters, 2};
    own[2].by_day = (struct tallies){sample->days, 2};
    own[2].by_reporter = (struct tallies){sample->names, 2};
    own[2].by_mx = (struct tallies){sample->names + 2, 1};
    own[3] = finding_with("00000004", 2, SEVERITY_WARNING, STATE_ONGOING, 3);
    own[3].title = TEXT("3 failed sessions that nothing explains");
    own[3].action = TEXT("Wait for more reports.");
    own[3].done_when = TEXT("a later report gives a reason");
    own[4] = finding_with("00000005", 2, SEVERITY_NOTICE, STATE_ONGOING, 0);
    own[4].title = TEXT("A pattern of the policy matches no MX host");
    own[4].action = TEXT("Remove it.");
    own[4].done_when = TEXT("Done when an observation no longer shows it.");
}

static void fill_hosted(struct sample *sample)
{
    for (size_t i = 0; i < 2; i++) {
        struct finding *finding = &sample->hosted[i];
        *finding =
            finding_with(i ? "00000007" : "00000006", 1, SEVERITY_CRITICAL, STATE_ONGOING, 20);
        finding->domain = i ? TEXT("b.example") : TEXT("a.example");
        finding->mx = finding->host = TEXT("mx.hoster.example");
        finding->title =
            TEXT("mx.hoster.example presents a certificate that expired on 2026-11-01");
        finding->action = TEXT("Renew the certificate, and reload the mail server.");
        finding->done_when = TEXT("Done when an observation no longer shows it.");
        sample->hosted_at[i] = finding;
    }
    sample->fault = (struct shared_fault){
        .rule = &sample_rules[1],
        .host = TEXT("mx.hoster.example"),
        .severity = SEVERITY_CRITICAL,
        .state = STATE_ONGOING,
        .failed_sessions = 40,
        .at = sample->hosted_at,
        .count = 2,
    };
    sample->shared = (struct shared_faults){&sample->fault, 1};
}

static void fill_domains(struct sample *sample)
{
    struct diagnosis domains[SAMPLE_DOMAINS] = {
        {.domain = TEXT("example.com"),
         .sessions = {1204, 40},
         .explained = 37,
         .mta_sts = {READINESS_NOT_READY, MTA_STS_MODE_TESTING, 30, {sample->reasons, 1}},
         .findings = {sample->own, 5}},
        {.domain = TEXT("a.example"),
         .sessions = {10, 20},
         .explained = 20,
         .mta_sts = {READINESS_ENFORCING, MTA_STS_MODE_ENFORCE, 0, {0}},
         .findings = {&sample->hosted[0], 1}},
        {.domain = TEXT("b.example"),
         .sessions = {10, 20},
         .explained = 20,
         .mta_sts = {READINESS_ENFORCING, MTA_STS_MODE_ENFORCE, 0, {0}},
         .findings = {&sample->hosted[1], 1}},
        {.domain = TEXT("quiet.example"),
         .sessions = {100, 0},
         .mta_sts = {READINESS_READY, MTA_STS_MODE_TESTING, 0, {0}}},
        {.domain = TEXT("still.example"), .mta_sts = {READINESS_NONE, 0, 0, {0}}},
    };
    memcpy(sample->domains, domains, sizeof domains);
}

static void list_texts(struct sample *sample)
{
    struct finding *full = &sample->own[2];
    struct text *texts[] = {
        &full->domain,
        &full->mx,
        &full->title,
        &full->action,
        &full->done_when,
        &sample->evidence[0].text,
        &sample->evidence[3].text,
        &sample->reporters[0],
        &sample->reporters[1],
        &sample->reasons[0],
        &sample->names[0].name,
        &sample->names[2].name,
        &sample->own[1].title,
        &sample->own[1].acknowledged_note,
        &sample->own[0].title,
        &sample->own[0].action,
        &sample->hosted[0].title,
        &sample->hosted[0].domain,
        &sample->hosted[0].action,
        &sample->fault.host,
        &sample->domains[0].domain,
        &sample->domains[3].domain,
    };
    sample->text_count = sizeof texts / sizeof *texts;
    memcpy(sample->texts, texts, sizeof texts);
}

void sample_fill(struct sample *sample)
{
    memset(sample, 0, sizeof *sample);
    sample->reporters[0] = TEXT("reporter.example");
    sample->reporters[1] = TEXT("other.example");
    sample->reasons[0] = TEXT("The policy does not list the MX host mx2.example.com: add the "
                              "line mx: mx2.example.com");
    sample->days[0] = (struct tally){.day = 1793491200, .sessions = 10};
    sample->days[1] = (struct tally){.day = 1795305600, .sessions = 20};
    sample->names[0] = (struct tally){.name = TEXT("reporter.example"), .sessions = 29};
    sample->names[1] = (struct tally){.sessions = 1};
    sample->names[2] = (struct tally){.name = TEXT("mx2.example.com"), .sessions = 30};
    fill_evidence(sample);
    fill_own(sample);
    fill_hosted(sample);
    fill_domains(sample);
    sample->report = (struct findings_report){
        .generated_at = 1795478400,
        .since = 1792886400,
        .until = 1795478400,
        .at = sample->domains,
        .count = SAMPLE_DOMAINS,
        .shared = &sample->shared,
    };
    list_texts(sample);
}

size_t count_of(const struct buffer *out, const char *words)
{
    size_t count = 0;
    struct text rest = buffer_text(out), needle = text_of(words);
    for (size_t at; (at = text_find(rest, needle)) != SIZE_MAX; count++)
        rest = text_from(rest, at + needle.length);
    return count;
}
