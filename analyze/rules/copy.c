/* A diagnosis by itself, so that what it was made of can be freed. */
#include "base/vector.h"
#include "rules/audit.h"
#include "rules/diagnose.h"

static struct text_list copy_texts(struct arena *arena, const struct text_list *list)
{
    struct text_list copy = {0};
    for (size_t i = 0; i < list->count; i++)
        text_list_add(arena, &copy, text_copy(arena, list->at[i]));
    return copy;
}

static struct tallies copy_tallies(struct arena *arena, const struct tallies *tallies)
{
    struct tallies copy = {0};
    for (size_t i = 0; i < tallies->count; i++) {
        struct tally tally = tallies->at[i];
        tally.name = text_copy(arena, tally.name);
        VECTOR_ADD(arena, &copy, tally);
    }
    return copy;
}

static struct evidence_list copy_evidence(struct arena *arena, const struct evidence_list *list)
{
    struct evidence_list copy = {0};
    for (size_t i = 0; i < list->count; i++) {
        struct evidence evidence = list->at[i];
        evidence.text = text_copy(arena, evidence.text);
        VECTOR_ADD(arena, &copy, evidence);
    }
    return copy;
}

static struct finding copy_finding(struct arena *arena, const struct finding *finding)
{
    struct finding copy = *finding;
    struct text *const texts[] = {&copy.domain,
                                  &copy.mx,
                                  &copy.host,
                                  &copy.title,
                                  &copy.action,
                                  &copy.done_when,
                                  &copy.acknowledged_note};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_copy(arena, *texts[i]);
    copy.reporters = copy_texts(arena, &finding->reporters);
    copy.fix.succeeded = copy_texts(arena, &finding->fix.succeeded);
    copy.fix.failing = copy_texts(arena, &finding->fix.failing);
    copy.fix.waiting.at = NULL;
    copy.fix.waiting.count = 0;
    for (size_t i = 0; i < finding->fix.waiting.count; i++) {
        struct fix_waiting waiting = finding->fix.waiting.at[i];
        waiting.name = text_copy(arena, waiting.name);
        VECTOR_ADD(arena, &copy.fix.waiting, waiting);
    }
    copy.evidence = copy_evidence(arena, &finding->evidence);
    copy.by_day = copy_tallies(arena, &finding->by_day);
    copy.by_reporter = copy_tallies(arena, &finding->by_reporter);
    copy.by_mx = copy_tallies(arena, &finding->by_mx);
    copy.by_address = copy_tallies(arena, &finding->by_address);
    return copy;
}

static void copy_findings(struct arena *arena, const struct findings *findings,
                          struct findings *copy)
{
    *copy = (struct findings){0};
    for (size_t i = 0; i < findings->count; i++)
        VECTOR_ADD(arena, copy, copy_finding(arena, &findings->at[i]));
}

void audit_copy(const struct audit *audit, struct arena *arena, struct audit *copy)
{
    *copy = *audit;
    struct text *const texts[] = {&copy->domain,     &copy->client,    &copy->record,
                                  &copy->owner,      &copy->sts_owner, &copy->dns_host,
                                  &copy->next_action};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_copy(arena, *texts[i]);
    copy->rua = copy_texts(arena, &audit->rua);
    copy->first = copy_texts(arena, &audit->first);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        copy->checks[i].signal = text_copy(arena, audit->checks[i].signal);
        copy->checks[i].follow_up = text_copy(arena, audit->checks[i].follow_up);
    }
    copy_findings(arena, &audit->findings, &copy->findings);
}

void diagnosis_copy(const struct diagnosis *diagnosis, struct arena *arena,
                    struct diagnosis *copy)
{
    *copy = *diagnosis;
    copy->domain = text_copy(arena, diagnosis->domain);
    copy->mta_sts.reasons = copy_texts(arena, &diagnosis->mta_sts.reasons);
    for (size_t i = 0; i < GATE_COUNT; i++)
        copy->mta_sts.gates[i].reasons =
            copy_texts(arena, &diagnosis->mta_sts.gates[i].reasons);
    copy_findings(arena, &diagnosis->findings, &copy->findings);
}
