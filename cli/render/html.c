#include "render/html.h"

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
    ".ok{font-weight:600}.no{font-weight:700;color:var(--warning)}"
    "svg{max-width:100%;height:auto;color:var(--ink)}"
    ".bar-good{fill:var(--soft)}.bar-bad{fill:var(--critical)}"
    "svg text{fill:var(--soft);font:11px system-ui,sans-serif}\n"
    "@media print{:root{--page:#fff;--ink:#000;--soft:#333;--line:#999;--field:#f2f2f2;"
    "--critical:#900;--warning:#640;--link:#000}body{max-width:none;padding:0;font-size:10pt}"
    "h2,h3,dt{break-after:avoid}.first,li,pre,tr{break-inside:avoid}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere}}\n";

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

void html_action(struct buffer *out, struct text action)
{
    struct text rest = action, line;
    bool pasting = false;
    while (text_next(&rest, '\n', &line)) {
        bool paste = text_starts(line, TEXT("    "));
        if (paste != pasting)
            buffer_add_text(out, text_of(paste ? "<pre>" : "</pre>\n"));
        pasting = paste;
        if (paste) {
            escape_html(out, text_from(line, 4));
            buffer_add_char(out, '\n');
        } else if (line.length) {
            html_paragraph(out, line);
        }
    }
    if (pasting)
        buffer_add_text(out, TEXT("</pre>\n"));
}
