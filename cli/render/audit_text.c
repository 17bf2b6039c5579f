#include <string.h>

#include "base/time.h"
#include "render/audit.h"
#include "render/escape.h"
#include "render/wrap.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    struct text_style style;
    unsigned width;
};

static void add(struct page *page, unsigned indent, struct text text)
{
    wrap_blanks(page->out, indent);
    wrap_lines(page->out, (struct wrap){page->width, indent}, indent, text);
}

static void add_labelled(struct page *page, const char *label, struct text text)
{
    buffer_format(page->out, "  %-18s ", label);
    wrap_lines(page->out, (struct wrap){page->width, 21}, 21, text);
}

static struct text or_nobody(struct text text)
{
    return text_known(text) ? text : TEXT("nobody is named");
}

static bool needs_work(const struct audit *audit)
{
    return audit->status != AUDIT_PRESENT ||
           (audit->findings.count && audit->findings.at[0].severity > SEVERITY_NOTICE);
}

static const char *colour_of(const struct audit *audit)
{
    bool critical =
        audit->findings.count && audit->findings.at[0].severity == SEVERITY_CRITICAL;
    if (!needs_work(audit) || audit->status == AUDIT_NOT_PRIORITIZED)
        return "";
    return critical ? "\033[31m" : "\033[33m";
}

static void add_status(struct page *page, const struct audit *audit)
{
    const char *colour = page->style.colour ? colour_of(audit) : "";
    escape_line(page->out, audit->domain);
    buffer_format(page->out, ": %s%s%s\n", colour, audit_status_name(audit->status),
                  *colour ? "\033[0m" : "");
}

/* The ladder with the stage that the domain is at. */
static struct text ladder(struct page *page, enum maturity stage)
{
    struct text all = TEXT("");
    for (unsigned i = MATURITY_BASIC; i < MATURITY_COUNT; i++)
        all = text_format(page->arena, "%.*s%s%s%s%s", TEXT_ARGS(all), i > 1 ? " > " : "",
                          i == stage ? "[" : "", maturity_name((enum maturity)i),
                          i == stage ? "]" : "");
    return all;
}

static void add_facts(struct page *page, const struct audit *audit)
{
    const char *mode = mta_sts_mode_name(audit->mta_sts_mode);
    char date[TIME_TEXT_SIZE];
    if (text_known(audit->client))
        add_labelled(page, "Client", audit->client);
    add_labelled(page, "Record",
                 text_known(audit->record) ? audit->record : TEXT("none was found"));
    add_labelled(page, "Reports read by", or_nobody(audit->owner));
    if (audit->has_mta_sts) {
        add_labelled(page, "MTA-STS",
                     text_format(page->arena, "published, mode %s", mode ? mode : "not known"));
        add_labelled(page, "Policy owned by", or_nobody(audit->sts_owner));
    } else {
        add_labelled(page, "MTA-STS",
                     audit->observed_at == TIME_UNKNOWN ? TEXT("not looked at yet")
                                                        : TEXT("not published"));
    }
    if (text_known(audit->dns_host))
        add_labelled(page, "DNS host", audit->dns_host);
    add_labelled(page, "Last report",
                 audit->last_report_at == TIME_UNKNOWN
                     ? TEXT("none has come")
                     : text_copy(page->arena, text_of(time_date(audit->last_report_at, date))));
    add_labelled(page, "Model", text_of(ownership_words(audit->model)));
    add_labelled(page, "Stage", ladder(page, audit->stage));
    add_labelled(page, "Next", audit->next_action);
}

static void add_checks(struct page *page, const struct audit *audit)
{
    static const char *const words[] = {
        [ANSWER_UNKNOWN] = "?", [ANSWER_NO] = "follow up", [ANSWER_YES] = "ok"};
    buffer_add_text(page->out, TEXT("\n"));
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct audit_check *check = &audit->checks[i];
        buffer_format(page->out, "  %-21s %-10s ", audit_check_name((enum audit_check_kind)i),
                      words[check->ok]);
        wrap_lines(page->out, (struct wrap){page->width, 35}, 35, check->signal);
        if (text_known(check->follow_up))
            add(page, 35, check->follow_up);
    }
}

static void add_findings(struct page *page, const struct audit *audit)
{
    for (size_t i = 0; i < audit->findings.count; i++) {
        const struct finding *finding = &audit->findings.at[i];
        if (finding->severity == SEVERITY_OK)
            continue;
        buffer_format(page->out, "\n  %s %s [%s]\n", severity_name(finding->severity),
                      finding->rule->code, finding->id);
        add(page, 4, finding->title);
        add(page, 4, finding->action);
        for (size_t j = 0; j < finding->evidence.count && j < 6; j++)
            add(page, 6, finding->evidence.at[j].text);
    }
}

static void add_domain(struct page *page, const struct audit *audit)
{
    add_status(page, audit);
    add_facts(page, audit);
    add_checks(page, audit);
    add_findings(page, audit);
}

/* ---- many domains ---- */

static size_t widest(const struct audit_report *report)
{
    size_t width = strlen("domain");
    for (size_t i = 0; i < report->count; i++) {
        size_t columns = wrap_columns(report->at[i].domain);
        if (columns > width)
            width = columns;
    }
    return width < 40 ? width : 40;
}

static void add_row(struct page *page, const struct audit *audit, size_t width)
{
    const char *mode = mta_sts_mode_name(audit->mta_sts_mode);
    const char *colour = page->style.colour ? colour_of(audit) : "";
    size_t columns = wrap_columns(audit->domain);
    char date[TIME_TEXT_SIZE];
    escape_line(page->out, audit->domain);
    wrap_blanks(page->out, columns < width ? width - columns : 0);
    buffer_format(
        page->out, "  %s%-15s%s  %-8s  %-10s  ", colour, audit_status_name(audit->status),
        *colour ? "\033[0m" : "", mode ? mode : "-",
        audit->last_report_at == TIME_UNKNOWN ? "-" : time_date(audit->last_report_at, date));
    unsigned indent = (unsigned)width + 41;
    if (indent + 24 > page->width) {
        buffer_add_char(page->out, '\n');
        add(page, 4, audit->next_action);
        return;
    }
    wrap_lines(page->out, (struct wrap){page->width, indent}, indent, audit->next_action);
}

static void add_table(struct page *page, const struct audit_report *report)
{
    size_t width = widest(report);
    buffer_format(page->out, "%-*s  %-15s  %-8s  %-10s  %s\n", (int)width, "domain", "status",
                  "MTA-STS", "last report", "next");
    for (size_t i = 0; i < report->count; i++)
        add_row(page, &report->at[i], width);
    size_t counts[AUDIT_STATUS_COUNT] = {0};
    for (size_t i = 0; i < report->count; i++)
        counts[report->at[i].status]++;
    buffer_format(page->out, "\n%zu domains: ", report->count);
    const char *separator = "";
    for (unsigned i = AUDIT_PRESENT; i < AUDIT_STATUS_COUNT; i++) {
        if (!counts[i])
            continue;
        buffer_format(page->out, "%s%zu %s", separator, counts[i],
                      audit_status_name((enum audit_status)i));
        separator = ", ";
    }
    buffer_add_char(page->out, '\n');
}

void audit_text(struct buffer *out, const struct audit_report *report, struct text_style style)
{
    ARENA_AUTO arena = {0};
    unsigned width = style.width ? style.width : 80;
    struct page page = {out, &arena, style, width < 40 ? 40 : width};
    if (report->count > 1)
        add_table(&page, report);
    for (size_t i = 0; i < report->count; i++) {
        if (report->count > 1 && !style.verbose && !needs_work(&report->at[i]))
            continue;
        if (report->count > 1)
            buffer_add_char(out, '\n');
        add_domain(&page, &report->at[i]);
    }
    buffer_add_char(out, '\n');
    add(&page, 0, text_of(audit_disclaimer));
}
