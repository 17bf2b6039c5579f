#include "base/time.h"
#include "render/audit.h"
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

static void add_row(struct buffer *out, const struct audit *audit)
{
    const char *mode = mta_sts_mode_name(audit->mta_sts_mode);
    char date[TIME_TEXT_SIZE];
    raw(out, "<tr><th scope=\"row\"><a href=\"#a-");
    escape_html(out, audit->domain);
    raw(out, "\">");
    escape_html(out, audit->domain);
    buffer_format(out, "</a></th><td>%s</td><td>%s</td><td>%s</td><td>",
                  audit_status_name(audit->status), mode ? mode : "none",
                  audit->last_report_at == TIME_UNKNOWN
                      ? "none"
                      : time_date(audit->last_report_at, date));
    escape_html(out, audit->next_action);
    raw(out, "</td></tr>\n");
}

static void add_table(struct buffer *out, const struct audit_report *report)
{
    raw(out, "<div class=\"table\"><table>\n<caption>Domains</caption>\n<thead><tr>"
             "<th scope=\"col\">Domain</th><th scope=\"col\">TLS-RPT</th>"
             "<th scope=\"col\">MTA-STS</th><th scope=\"col\">Last report</th>"
             "<th scope=\"col\">Next</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < report->count; i++)
        add_row(out, &report->at[i]);
    raw(out, "</tbody></table></div>\n");
}

static void add_checks(struct buffer *out, const struct audit *audit)
{
    static const char *const words[] = {
        [ANSWER_UNKNOWN] = "<span>cannot be told</span>",
        [ANSWER_NO] = "<span class=\"no\">follow up</span>",
        [ANSWER_YES] = "<span class=\"ok\">ok</span>",
    };
    raw(out,
        "<div class=\"table\"><table>\n<caption>Checks</caption>\n<thead><tr>"
        "<th scope=\"col\">Check</th><th scope=\"col\">Result</th>"
        "<th scope=\"col\">What was seen</th><th scope=\"col\">Follow-up</th></tr></thead>\n"
        "<tbody>\n");
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct audit_check *check = &audit->checks[i];
        buffer_format(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>",
                      audit_check_name((enum audit_check_kind)i), words[check->ok]);
        escape_html(out, check->signal);
        raw(out, "</td><td>");
        if (text_known(check->follow_up))
            escape_html(out, check->follow_up);
        raw(out, "</td></tr>\n");
    }
    raw(out, "</tbody></table></div>\n");
}

static void add_finding(struct buffer *out, const struct finding *finding)
{
    if (finding->severity == SEVERITY_OK)
        return;
    buffer_format(
        out, "<article class=\"%s\" id=\"f-%s\">\n<h3><span class=\"severity\">%s</span>: ",
        class_of(finding), finding->id, severity_name(finding->severity));
    escape_html(out, finding->title);
    buffer_format(out, "</h3>\n<p class=\"meta\">[%s] %s</p>\n", finding->id,
                  finding->rule->code);
    html_action(out, finding->action);
    raw(out, "<ul>\n");
    for (size_t i = 0; i < finding->evidence.count && i < 8; i++) {
        raw(out, "<li>");
        escape_html(out, finding->evidence.at[i].text);
        raw(out, "</li>\n");
    }
    raw(out, "</ul>\n</article>\n");
}

static struct text or_nobody(struct text text)
{
    return text_known(text) ? text : TEXT("nobody is named");
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
    const char *mode = mta_sts_mode_name(audit->mta_sts_mode);
    raw(out, "<section id=\"a-");
    escape_html(out, audit->domain);
    raw(out, "\">\n<h2>");
    escape_html(out, audit->domain);
    buffer_format(out, ": %s</h2>\n<dl>\n", audit_status_name(audit->status));
    if (text_known(audit->client))
        html_entry(out, "Client", audit->client);
    html_entry(out, "Record",
               text_known(audit->record) ? audit->record : TEXT("none was found"));
    html_entry(out, "Reports read by", or_nobody(audit->owner));
    html_entry(out, "MTA-STS",
               audit->has_mta_sts ? text_of(mode ? mode : "published, mode not known")
                                  : TEXT("not published"));
    if (audit->has_mta_sts)
        html_entry(out, "Policy owned by", or_nobody(audit->sts_owner));
    if (text_known(audit->dns_host))
        html_entry(out, "DNS host", audit->dns_host);
    html_entry(out, "Model", text_of(ownership_words(audit->model)));
    add_stages(out, audit->stage);
    html_entry(out, "Next", audit->next_action);
    raw(out, "</dl>\n");
    add_checks(out, audit);
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
