/* Reports and observations, one JSON object a line, through the whole analysis to text and page. */
#include "fuzz.h"

#include "base/time.h"
#include "base/vector.h"
#include "ingest/parse.h"
#include "published/observation_json.h"
#include "render/findings.h"
#include "render/migration.h"
#include "rules/diagnose.h"
#include "rules/expectation.h"
#include "rules/inquiry.h"
#include "rules/survey.h"

/* 2026-06-12T12:00:00Z: most corpus files are of the days before. */
static const int64_t now = 1781265600;

struct reading {
    struct arena *arena;
    struct inquiry inquiry;
    struct groups groups;
    int64_t last_begin, last_taken;
};

static void add_observation(struct reading *reading, struct text line)
{
    struct observation *observation = arena_new(reading->arena, struct observation);
    struct error why = {0};
    if (!observation_read(line, reading->arena, observation, &why) ||
        observation->taken_at < reading->last_taken || observation->taken_at > now)
        return;
    reading->last_taken = observation->taken_at;
    inquiry_observed(&reading->inquiry, observation, (int64_t)reading->inquiry.sights.count);
}

/* Groups want reports in the order of begin. */
static void add_report(struct reading *reading, struct text line)
{
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    struct report_envelope envelope = {.sent_at = TIME_UNKNOWN, .received_at = TIME_UNKNOWN};
    struct document document = {0};
    document_read(line, &envelope, &limits, reading->arena, &document);
    if (!document.report || document.report->begin == TIME_UNKNOWN ||
        document.report->end == TIME_UNKNOWN || document.report->begin < reading->last_begin ||
        document.report->begin > now)
        return;
    reading->last_begin = document.report->begin;
    groups_add(&reading->groups, document.report);
}

static void check(struct reading *reading)
{
    BUFFER_AUTO out = {0};
    struct diagnosis diagnosis, copy;
    groups_finish(&reading->groups);
    survey_add((struct survey *)(uintptr_t)reading->inquiry.survey, reading->inquiry.domain,
               &reading->groups);
    promise(diagnose(&reading->inquiry, &reading->groups, &diagnosis));
    diagnosis_copy(&diagnosis, reading->arena, &copy);
    struct findings_report report = {.generated_at = now,
                                     .since = TIME_UNKNOWN,
                                     .until = TIME_UNKNOWN,
                                     .at = &copy,
                                     .count = 1};
    findings_text(&out, &report, (struct text_style){.width = 80, .verbose = true});
    findings_html(&out, &report);
    findings_json(&out, &report);
    promise(text_is_utf8(buffer_text(&out)));
    for (size_t i = 0; i < out.length; i++)
        promise((unsigned char)out.at[i] >= ' ' || out.at[i] == '\n');
}

/* The first observation against the last, and against the last state before the latest change. */
static void check_migrations(struct reading *reading)
{
    BUFFER_AUTO out = {0};
    struct json_out json = {.to = &out};
    const struct sight *to = sight_now(&reading->inquiry);
    const struct sight *from[] = {reading->inquiry.sights.at,
                                  migration_stable(&reading->inquiry)};
    struct text vendor = TEXT("vendor.example");
    struct expectation expected = {.former_vendors = {&vendor, 1}};
    reading->inquiry.expected = &expected;
    for (size_t i = 0; to && i < 2; i++) {
        struct migration_findings findings = {0};
        if (from[i])
            migration_look(&reading->inquiry, from[i], to, &findings);
        for (size_t j = 0; j < findings.count; j++)
            promise(findings.at[j].title.length && findings.at[j].text.length &&
                    findings.at[j].action.length);
        migration_text(&out, &findings, (struct text_style){.width = 80});
        json_object(&json, NULL);
        migration_array(&json, &findings);
        json_object_end(&json);
    }
    promise(text_is_utf8(buffer_text(&out)));
    for (size_t i = 0; i < out.length; i++)
        promise((unsigned char)out.at[i] >= ' ' || out.at[i] == '\n');
}

static void fuzz(struct text bytes, struct arena *arena)
{
    struct reading reading = {.arena = arena, .groups = groups_new(arena)};
    struct text rest = bytes, line;
    reading.inquiry = (struct inquiry){.arena = arena,
                                       .domain = TEXT("example.com"),
                                       .now = now,
                                       .since = TIME_UNKNOWN,
                                       .until = TIME_UNKNOWN,
                                       .survey = survey_new(arena)};
    while (text_next(&rest, '\n', &line)) {
        if (text_find(line, TEXT("taken_at")) != SIZE_MAX)
            add_observation(&reading, line);
        else
            add_report(&reading, line);
    }
    check(&reading);
    check_migrations(&reading);
}
