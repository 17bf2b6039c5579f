#include <string.h>

#include "base/time.h"
#include "render/audit.h"
#include "render/audit_words.h"
#include "render/escape.h"
#include "render/wrap.h"

struct page {
    struct buffer *out;
    struct arena *arena;
    struct text_style style;
    unsigned width;
};

/* One paragraph: a line feed in what a server or a zone said begins no line. */
static void add(struct page *page, unsigned indent, struct text text)
{
    wrap_blanks(page->out, indent);
    wrap_paragraph(page->out, (struct wrap){page->width, indent}, indent, text);
}

static void add_labelled(struct page *page, const char *label, struct text text)
{
    buffer_format(page->out, "  %-18s ", label);
    wrap_paragraph(page->out, (struct wrap){page->width, 21}, 21, text);
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
    if (text_known(audit->client))
        add_labelled(page, "Client", audit->client);
    add_labelled(page, "Record", audit_record(audit));
    add_labelled(page, "Reports read by", audit_owner(audit->owner));
    add_labelled(page, "MTA-STS", audit_mta_sts(page->arena, audit));
    if (audit->mta_sts_fact == FACT_PRESENT)
        add_labelled(page, "Policy owned by", audit_owner(audit->sts_owner));
    if (text_known(audit->dns_host))
        add_labelled(page, "DNS host", audit->dns_host);
    add_labelled(page, "Last report", audit_last_report(page->arena, audit));
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
        wrap_paragraph(page->out, (struct wrap){page->width, 35}, 35, check->signal);
        if (text_known(check->follow_up))
            add(page, 35, check->follow_up);
    }
}

enum { MARGIN = 4, LABEL = 9 };

/* An action may hold lines to be pasted. */
static void add_part(struct page *page, const char *label, struct text text)
{
    buffer_format(page->out, "%*s%-*s", MARGIN, "", LABEL, label);
    wrap_lines(page->out, (struct wrap){page->width, MARGIN + LABEL}, MARGIN + LABEL, text);
}

static void add_seen(struct page *page, const char *label, struct text text)
{
    buffer_format(page->out, "%*s%-*s", MARGIN, "", LABEL, label);
    wrap_paragraph(page->out, (struct wrap){page->width, MARGIN + LABEL}, MARGIN + LABEL, text);
}

static void add_findings(struct page *page, const struct audit *audit)
{
    for (size_t i = 0; i < audit->findings.count; i++) {
        const struct finding *finding = &audit->findings.at[i];
        struct text meaning = audit_meaning(finding);
        if (finding->severity == SEVERITY_OK)
            continue;
        buffer_format(page->out, "\n  %s %s [%s]\n", severity_name(finding->severity),
                      finding->rule->code, finding->id);
        add(page, 4, finding->title);
        if (text_known(meaning))
            add_part(page, "Meaning", meaning);
        add_part(page, "To do", finding->action);
        for (size_t j = 0; j < finding->evidence.count; j++)
            add_seen(page, j ? "" : "Seen", finding->evidence.at[j].text);
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

enum { DOMAIN_MAX = 40, CLIENT_MAX = 20, NEXT_MIN = 30 };

struct columns {
    size_t domain, client; /* client 0: nobody's is configured */
};

static size_t wider(size_t width, struct text text, size_t most)
{
    size_t columns = wrap_columns(text);
    columns = columns < most ? columns : most;
    return columns > width ? columns : width;
}

static struct columns columns_of(const struct audit_report *report)
{
    struct columns columns = {.domain = strlen("domain")};
    for (size_t i = 0; i < report->count; i++) {
        const struct audit *audit = &report->at[i];
        columns.domain = wider(columns.domain, audit->domain, DOMAIN_MAX);
        if (text_known(audit->client))
            columns.client = wider(columns.client ? columns.client : strlen("client"),
                                   audit->client, CLIENT_MAX);
    }
    return columns;
}

/* The client of a row is known by its beginning; in full it is in the details and in the CSV. */
static struct text cut(struct page *page, struct text text, size_t columns)
{
    size_t length = 0, next;
    if (wrap_columns(text_first(text, CLIENT_MAX * 4)) <= columns &&
        text.length <= CLIENT_MAX * 4)
        return text;
    while (length < text.length) {
        next = text_utf8_length(text_from(text, length));
        next = length + (next ? next : 1);
        if (wrap_columns(text_first(text, next)) >= columns)
            break;
        length = next;
    }
    return text_format(page->arena, "%.*s\u2026", TEXT_ARGS(text_first(text, length)));
}

/* TEXT and blanks up to two beyond COLUMNS. */
static void add_cell(struct page *page, struct text text, size_t columns)
{
    size_t taken = wrap_columns(text);
    escape_line(page->out, text);
    wrap_blanks(page->out, (taken < columns ? columns - taken : 0) + 2);
}

static void add_row(struct page *page, const struct audit *audit, struct columns columns)
{
    const char *colour = page->style.colour ? colour_of(audit) : "";
    char date[TIME_TEXT_SIZE];
    buffer_format(page->out, "%s%-15s%s  ", colour, audit_status_name(audit->status),
                  *colour ? "\033[0m" : "");
    add_cell(page, audit->domain, columns.domain);
    if (columns.client)
        add_cell(page,
                 text_known(audit->client) ? cut(page, audit->client, columns.client)
                                           : TEXT("-"),
                 columns.client);
    buffer_format(
        page->out, "%-9s  %-11s  ", audit_mta_sts_short(audit),
        audit->last_report_at == TIME_UNKNOWN ? "-" : time_date(audit->last_report_at, date));
    size_t indent = 15 + 2 + columns.domain + 2 + 9 + 2 + 11 + 2;
    if (columns.client)
        indent += columns.client + 2;
    if (indent + NEXT_MIN > page->width) {
        wrap_line_feed(page->out);
        add(page, 4, audit_next(audit));
        return;
    }
    wrap_paragraph(page->out, (struct wrap){page->width, (unsigned)indent}, indent,
                   audit_next(audit));
}

static void add_table(struct page *page, const struct audit_report *report)
{
    struct columns columns = columns_of(report);
    buffer_format(page->out, "%-15s  %-*s  ", "status", (int)columns.domain, "domain");
    if (columns.client)
        buffer_format(page->out, "%-*s  ", (int)columns.client, "client");
    buffer_format(page->out, "%-9s  %-11s  next\n", "MTA-STS", "last report");
    for (size_t i = 0; i < report->count; i++)
        add_row(page, &report->at[i], columns);
}

static void add_counts(struct page *page, const struct audit_report *report)
{
    size_t counts[AUDIT_STATUS_COUNT] = {0};
    for (size_t i = 0; i < report->count; i++)
        counts[report->at[i].status]++;
    buffer_format(page->out, "\n%zu domains: ", report->count);
    const char *separator = "";
    for (unsigned i = 0; i < AUDIT_STATUS_COUNT; i++) {
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
    struct page page = {out, &arena, style, text_width(style)};
    if (report->count > 1) {
        add_table(&page, report);
        add_counts(&page, report);
    }
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
