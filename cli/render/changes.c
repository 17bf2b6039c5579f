#include "render/changes.h"

#include "base/vector.h"
#include "render/escape.h"
#include "render/json_out.h"
#include "render/migration.h"
#include "render/wrap.h"

void changes_json(struct buffer *out, const struct changes_report *report)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_text(&json, "domain", report->domain);
    json_time(&json, "from", report->from);
    json_time(&json, "to", report->to);
    json_array(&json, "changes");
    for (size_t i = 0; i < report->changes->count; i++) {
        const struct change *change = &report->changes->at[i];
        json_object(&json, NULL);
        json_text(&json, "id", text_of(change->id));
        json_text(&json, "kind", text_of(change_kind_name(change->kind)));
        json_text(&json, "name", change->name);
        json_list(&json, "before", &change->before);
        json_list(&json, "after", &change->after);
        json_time(&json, "first_seen", change->first_seen);
        json_bool(&json, "acknowledged",
                  text_list_has(&report->acknowledged, text_of(change->id)));
        json_object_end(&json);
    }
    json_array_end(&json);
    migration_array(&json, &report->findings);
    json_list(&json, "notes", &report->findings.notes);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}

/* What the kinds are called by people. */
static const char *const labels[CHANGE_COUNT] = {
    [CHANGE_UNKNOWN] = "?",
    [CHANGE_MX] = "MX",
    [CHANGE_ADDRESS] = "address of",
    [CHANGE_SPF] = "SPF",
    [CHANGE_DKIM] = "DKIM",
    [CHANGE_DMARC] = "DMARC",
    [CHANGE_MTA_STS] = "MTA-STS record",
    [CHANGE_POLICY] = "MTA-STS policy at",
    [CHANGE_TLS_RPT] = "TLS-RPT",
    [CHANGE_TLSA] = "TLSA",
    [CHANGE_NS] = "NS",
    [CHANGE_VERIFICATION] = "other TXT of",
    [CHANGE_CERTIFICATE] = "certificate of",
};

/* A value that is on both sides is shown once, without a sign. Both lists are sorted. */
static void add_values(struct buffer *out, const struct change *change)
{
    const struct text_list *before = &change->before, *after = &change->after;
    for (size_t i = 0, j = 0; i < before->count || j < after->count;) {
        int order = i == before->count  ? 1
                    : j == after->count ? -1
                                        : text_compare(before->at[i], after->at[j]);
        buffer_add_text(out, order < 0    ? TEXT("    - ")
                             : order == 0 ? TEXT("      ")
                                          : TEXT("    + "));
        escape_line(out, order > 0 ? after->at[j] : before->at[i]);
        buffer_add_char(out, '\n');
        i += order <= 0;
        j += order >= 0;
    }
}

/* What the changes do to mail. */
static void add_findings(struct buffer *out, const struct migration_findings *findings,
                         struct text_style style)
{
    unsigned width = text_width(style);
    if (findings->count)
        buffer_add_text(out, TEXT("\nWhat it does to mail:\n"));
    migration_text(out, findings, style);
    for (size_t i = 0; i < findings->notes.count; i++) {
        buffer_add_text(out, TEXT("\n  Note: "));
        wrap_paragraph(out, (struct wrap){width, 2}, 8, findings->notes.at[i]);
    }
}

void changes_text(struct buffer *out, const struct changes_report *report,
                  struct text_style style)
{
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], seen[TIME_TEXT_SIZE];
    size_t count = report->changes->count;
    escape_line(out, report->domain);
    time_text(report->from, from);
    time_text(report->to, to);
    if (report->from == report->to) {
        buffer_format(
            out, ": only the observation of %s is of that time, there is nothing to compare\n",
            from);
        return;
    }
    buffer_add_text(out, TEXT(": "));
    if (count)
        buffer_format(out, "%zu change%s", count, count == 1 ? "" : "s");
    else
        buffer_add_text(out, TEXT("nothing changed"));
    buffer_format(out, " from %s to %s\n", from, to);
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &report->changes->at[i];
        buffer_format(out, "\n  %s ", labels[change->kind]);
        escape_line(out, change->name);
        buffer_format(out, ", first seen %s [%s]\n", time_text(change->first_seen, seen),
                      change->id);
        add_values(out, change);
    }
    add_findings(out, &report->findings, style);
}
