#include "render/mail_out.h"
#include "render/summary_words.h"

static void add_part(struct buffer *out, const char *boundary, const char *type,
                     const struct buffer *body)
{
    buffer_format(
        out, "--%s\nContent-Type: %s; charset=utf-8\nContent-Transfer-Encoding: base64\n\n",
        boundary, type);
    mail_out_base64(out, buffer_text(body));
}

/* The verdict comes before the client's name, which may be long. */
static struct text subject_of(struct arena *arena, const struct summary_report *report)
{
    struct text period = summary_period(arena, report);
    struct text verdict = summary_verdict(arena, report);
    struct text subject =
        text_format(arena, "TLS reports %.*s: %.*s", TEXT_ARGS(period), TEXT_ARGS(verdict));
    if (!text_known(report->client))
        return subject;
    return text_format(arena, "%.*s (%.*s)", TEXT_ARGS(subject), TEXT_ARGS(report->client));
}

void summary_mail(struct buffer *out, const struct summary_report *report, struct text from,
                  const struct text_list *to)
{
    /* No line of base64 is this one. */
    static const char boundary[] = "=_tlsrpt_summary";
    ARENA_AUTO arena = {0};
    BUFFER_AUTO text = {0}, page = {0};
    summary_text(&text, report, (struct text_style){.width = 72});
    summary_html(&page, report);
    if (from.length)
        mail_out_header(out, "From", from);
    mail_out_recipients(out, to);
    mail_out_header_encoded(out, "Subject", subject_of(&arena, report));
    mail_out_date(out, report->generated_at);
    mail_out_message_id(out, buffer_text(&text));
    buffer_format(out,
                  "MIME-Version: 1.0\nAuto-Submitted: auto-generated\n"
                  "Content-Type: multipart/alternative; boundary=\"%s\"\n\n",
                  boundary);
    add_part(out, boundary, "text/plain", &text);
    add_part(out, boundary, "text/html", &page);
    buffer_format(out, "--%s--\n", boundary);
}
