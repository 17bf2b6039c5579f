#include "render/html.h"

#include "base/time.h"
#include "render/escape.h"

static const char style[] =
    ":root{color-scheme:light dark;--page:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d5dbe1;"
    "--field:#f4f6f8;--critical:#b3001b;--warning:#8a5300;--link:#0b57b0}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e3e7eb;--soft:#9aa5b1;"
    "--line:#363d45;--field:#1f2429;--critical:#ff8f8f;--warning:#f2c14e;--link:#8ab8ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--page);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem;"
    "padding-top:.6rem;border-top:1px solid var(--line)}h3{font-size:1.05rem;margin:0 0 .3rem}"
    "p{margin:.3rem 0}a{color:var(--link)}\n"
    ".first{margin:1rem 0;padding:.8rem 1rem;background:var(--field);border-radius:.4rem}"
    ".first h2{margin:0;padding:0;border:0;font-size:1rem}\n"
    "article{margin:1.2rem 0;padding:.1rem 0 .1rem .9rem;border-left:.25rem solid var(--line)}"
    "article.critical{border-color:var(--critical)}"
    "article.warning{border-color:var(--warning)}\n"
    ".severity{font-weight:700}.critical .severity{color:var(--critical)}.warning "
    ".severity{color:var(--warning)}\n"
    ".meta,time,.from{color:var(--soft);font-size:.9rem}\n"
    "dl{display:grid;grid-template-columns:6.5rem 1fr;gap:.35rem .8rem;margin:.6rem 0}"
    "dt{font-weight:600}dd{margin:0;min-width:0}dd>:first-child{margin-top:0}\n"
    "ul{margin:.2rem 0;padding-left:1.2rem}dd ul{padding:0;list-style:none}"
    "dd li{margin:0 0 .25rem}ul.names{columns:14rem}\n"
    "pre{margin:.4rem 0;padding:.6rem .8rem;background:var(--field);border-radius:.3rem;"
    "overflow-x:auto;font:.9rem/1.4 ui-monospace,monospace;overflow-wrap:normal}\n"
    ".table{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:1rem 0;"
    "font-size:.95rem}caption{text-align:left;font-weight:600;padding:.3rem 0}"
    "th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);"
    "vertical-align:top;overflow-wrap:normal}"
    "tbody th{font-weight:400;min-width:9rem;overflow-wrap:anywhere}\n"
    "@media(max-width:36rem){dl{display:block}dt{margin-top:.5rem}"
    "article{padding-left:.7rem}"
    "th,td{padding-right:.4rem;font-size:.8rem}}\n"
    /* audits and summaries */
    "section>h3{margin-top:1.2rem}"
    "h1{text-wrap:balance}.day,time{white-space:nowrap}dl.facts{grid-template-columns:10rem "
    "1fr}"
    ".ok{font-weight:600}.no{font-weight:700;color:var(--warning)}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "svg{display:block;width:100%;max-width:46rem;height:auto;margin:.6rem 0}"
    "svg text{fill:var(--soft);font:11px system-ui,sans-serif}"
    ".axis{stroke:var(--soft)}.good{fill:var(--soft)}"
    /* Hatched in the colour of the page, so that it is seen on light, on dark and on paper. */
    ".bad{fill:var(--critical)}.hatch{stroke:var(--page)}\n"
    /* A table of sentences has no room on a telephone: each row becomes a block, each cell says what it is. */
    "@media(max-width:36rem){dl.facts{display:block}.stack thead{display:none}"
    ".stack table,.stack tbody,.stack tr,.stack th,.stack td,.stack caption{display:block}"
    ".stack tr{padding:.5rem 0;border-bottom:1px solid var(--line)}"
    ".stack th,.stack td{padding:.1rem 0;border:0;font-size:.95rem}.stack "
    "td:empty{display:none}"
    ".stack tbody th{font-weight:600}"
    ".stack td::before{content:attr(data-label) \": \";color:var(--soft)}}\n"
    "@media print{:root{--page:#fff;--ink:#000;--soft:#333;--line:#999;--field:#f2f2f2;"
    "--critical:#900;--warning:#640;--link:#000}html{font-size:10pt}"
    "body{max-width:none;padding:0}th,td{padding-top:.15rem;padding-bottom:.15rem}"
    "h2,h3,dt,caption,summary{break-after:avoid}.first,li,pre,tr,svg{break-inside:avoid}"
    "svg,.ok,.no{print-color-adjust:exact}"
    /* On paper nobody can open what is folded. */
    "details::details-content{content-visibility:visible;height:auto}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}}\n";

struct text html_style(void)
{
    return (struct text){style, sizeof style - 1};
}

void html_head(struct buffer *out, struct text title, struct text heading)
{
    buffer_add_text(
        out, TEXT("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" "
                  "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>"));
    escape_html(out, title);
    buffer_add_text(out, TEXT("</title>\n<style>\n"));
    buffer_add_text(out, text_of(style));
    buffer_add_text(out, TEXT("</style>\n</head>\n<body>\n<header>\n<h1>"));
    escape_html(out, heading);
    buffer_add_text(out, TEXT("</h1>\n"));
}

void html_paragraph(struct buffer *out, struct text text)
{
    buffer_add_text(out, TEXT("<p>"));
    escape_html(out, text);
    buffer_add_text(out, TEXT("</p>\n"));
}

void html_entry(struct buffer *out, const char *term, struct text text)
{
    buffer_format(out, "<dt>%s</dt><dd>", term);
    escape_html(out, text);
    buffer_add_text(out, TEXT("</dd>\n"));
}

void html_time(struct buffer *out, int64_t time)
{
    char text[TIME_TEXT_SIZE];
    if (time == TIME_UNKNOWN)
        return;
    time_text(time, text);
    buffer_format(out, "<time datetime=\"%s\">%s</time> ", text, text);
}

void html_action(struct buffer *out, struct text action)
{
    struct text line;
    bool pasting = false;
    while (text_next(&action, '\n', &line)) {
        bool paste = text_starts(line, TEXT("    "));
        if (text_ends_nocase(line, TEXT("\r")))
            line = text_first(line, line.length - 1);
        if (!text_trim(line).length)
            continue;
        if (paste != pasting)
            buffer_add_text(out, text_of(paste ? "<pre tabindex=\"0\">" : "</pre>\n"));
        pasting = paste;
        if (paste) {
            escape_html(out, text_from(line, 4));
            buffer_add_char(out, '\n');
        } else {
            html_paragraph(out, line);
        }
    }
    if (pasting)
        buffer_add_text(out, TEXT("</pre>\n"));
}
