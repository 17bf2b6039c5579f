#include "base/time.h"
#include "render/audit.h"
#include "render/audit_words.h"
#include "render/escape.h"
#include "render/html.h"

static void raw(struct buffer *out, const char *html)
{
    buffer_add_text(out, text_of(html));
}

static const char *class_of(const struct finding *finding)
{
    switch (finding->severity) {
    case SEVERITY_CRITICAL:
        return "critical";
    case SEVERITY_WARNING:
        return "warning";
    default:
        return "notice";
    }
}

/* LABEL is the heading of the column, for a narrow page. */
static void add_cell(struct buffer *out, const char *label, struct text text)
{
    buffer_format(out, "<td data-label=\"%s\">", label);
    escape_html(out, text);
    raw(out, "</td>");
}

static void add_row(struct buffer *out, const struct audit *audit, bool clients)
{
    raw(out, "<tr><th scope=\"row\"><a href=\"#a-");
    escape_html(out, audit->domain);
    raw(out, "\">");
    escape_html(out, audit->domain);
    raw(out, "</a></th>");
    if (clients)
        add_cell(out, "Client", audit->client);
    add_cell(out, "TLS-RPT", text_of(audit_status_name(audit->status)));
    add_cell(out, "MTA-STS", text_of(audit_mta_sts_short(audit)));
    char date[TIME_TEXT_SIZE];
    bool none = audit->last_report_at == TIME_UNKNOWN;
    buffer_format(out, "<td data-label=\"Last report\" class=\"day\">%s</td>",
                  none ? "none" : time_date(audit->last_report_at, date));
    add_cell(out, "Next", audit_next(audit));
    raw(out, "</tr>\n");
}

static bool has_clients(const struct audit_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (text_known(report->at[i].client))
            return true;
    return false;
}

static void add_table(struct buffer *out, const struct audit_report *report)
{
    bool clients = has_clients(report);
    raw(out, "<div class=\"table stack\"><table>\n<caption>Domains</caption>\n<thead><tr>"
             "<th scope=\"col\">Domain</th>");
    if (clients)
        raw(out, "<th scope=\"col\">Client</th>");
    raw(out, "<th scope=\"col\">TLS-RPT</th><th scope=\"col\">MTA-STS</th><th "
             "scope=\"col\">Last report</th>"
             "<th scope=\"col\">Next</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < report->count; i++)
        add_row(out, &report->at[i], clients);
    raw(out, "</tbody></table></div>\n");
}

void audit_html_checks(struct buffer *out, const struct audit *audit)
{
    static const char *const words[] = {
        [ANSWER_UNKNOWN] = "<span>cannot be told</span>",
        [ANSWER_NO] = "<span class=\"no\">follow up</span>",
        [ANSWER_YES] = "<span class=\"ok\">ok</span>",
    };
    raw(out,
        "<div class=\"table stack\"><table>\n<caption>Checks</caption>\n<thead><tr>"
        "<th scope=\"col\">Check</th><th scope=\"col\">Result</th>"
        "<th scope=\"col\">What was seen</th><th scope=\"col\">Follow-up</th></tr></thead>\n"
        "<tbody>\n");
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct audit_check *check = &audit->checks[i];
        buffer_format(out,
                      "<tr><th scope=\"row\">%s</th><td data-label=\"Result\" "
                      "class=\"day\">%s</td>",
                      audit_check_name((enum audit_check_kind)i), words[check->ok]);
        add_cell(out, "Seen", check->signal);
        add_cell(out, "Follow-up", check->follow_up);
        raw(out, "</tr>\n");
    }
    raw(out, "</tbody></table></div>\n");
}

static void add_evidence(struct buffer *out, const struct evidence_list *list)
{
    if (!list->count)
        return;
    raw(out, "<dt>Seen</dt><dd><ul>\n");
    for (size_t i = 0; i < list->count; i++) {
        raw(out, "<li>");
        html_time(out, list->at[i].at);
        escape_html(out, list->at[i].text);
        raw(out, "</li>\n");
    }
    raw(out, "</ul></dd>\n");
}

static void add_finding(struct buffer *out, const struct finding *finding)
{
    struct text meaning = audit_meaning(finding);
    if (finding->severity == SEVERITY_OK)
        return;
    buffer_format(
        out, "<article class=\"%s\" id=\"f-%s\">\n<h3><span class=\"severity\">%s</span>: ",
        class_of(finding), finding->id, severity_name(finding->severity));
    escape_html(out, finding->title);
    buffer_format(out, "</h3>\n<p class=\"meta\">[%s] %s</p>\n<dl>\n", finding->id,
                  finding->rule->code);
    if (text_known(meaning))
        html_entry(out, "Meaning", meaning);
    raw(out, "<dt>To do</dt><dd>");
    html_action(out, finding->action);
    raw(out, "</dd>\n");
    add_evidence(out, &finding->evidence);
    raw(out, "</dl>\n</article>\n");
}

static void add_stages(struct buffer *out, enum maturity stage)
{
    raw(out, "<dt>Stage</dt><dd>");
    for (unsigned i = MATURITY_BASIC; i < MATURITY_COUNT; i++)
        buffer_format(out, i == stage ? "%s<strong>%s (here)</strong>" : "%s%s",
                      i > MATURITY_BASIC ? " &rarr; " : "", maturity_name((enum maturity)i));
    raw(out, "</dd>\n");
}

static void add_domain(struct buffer *out, const struct audit *audit)
{
    ARENA_AUTO arena = {0};
    raw(out, "<section id=\"a-");
    escape_html(out, audit->domain);
    raw(out, "\">\n<h2>");
    escape_html(out, audit->domain);
    buffer_format(out, ": TLS-RPT %s</h2>\n<dl class=\"facts\">\n",
                  audit_status_name(audit->status));
    if (text_known(audit->client))
        html_entry(out, "Client", audit->client);
    html_entry(out, "Record", audit_record(audit));
    html_entry(out, "Reports read by", audit_owner(audit->owner));
    html_entry(out, "MTA-STS", audit_mta_sts(&arena, audit));
    if (audit->mta_sts_fact == FACT_PRESENT)
        html_entry(out, "Policy owned by", audit_owner(audit->sts_owner));
    if (text_known(audit->dns_host))
        html_entry(out, "DNS host", audit->dns_host);
    html_entry(out, "Last report", audit_last_report(&arena, audit));
    html_entry(out, "Model", text_of(ownership_words(audit->model)));
    add_stages(out, audit->stage);
    html_entry(out, "Next", audit->next_action);
    raw(out, "</dl>\n");
    audit_html_checks(out, audit);
    for (size_t i = 0; i < audit->findings.count; i++)
        add_finding(out, &audit->findings.at[i]);
    raw(out, "</section>\n");
}

void audit_html(struct buffer *out, const struct audit_report *report)
{
    char made[TIME_TEXT_SIZE];
    html_head(out, TEXT("TLS reporting: audit"), TEXT("Who hears of TLS failures?"));
    html_paragraph(out, text_of(audit_disclaimer));
    buffer_format(out, "<p class=\"meta\">Made %s</p>\n</header>\n<main>\n",
                  time_text(report->generated_at, made));
    if (report->count > 1)
        add_table(out, report);
    for (size_t i = 0; i < report->count; i++)
        add_domain(out, &report->at[i]);
    raw(out, "</main>\n</body>\n</html>\n");
}
