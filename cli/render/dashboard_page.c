#include "render/dashboard_page.h"

#include "base/sha256.h"
#include "base/time.h"
#include "render/escape.h"
#include "render/html.h"
#include "render/mail_out.h"

/* Added to that of all pages. A colour and a hatching for each reporter: each tells them apart alone. */
static const char style[] =
    ":root{--r0:#3b6ea5;--r1:#8a6d1f;--r2:#7a4b9a;--r3:#2f7d5b;--r4:#a0522d;--r5:#59636e}\n"
    "@media(prefers-color-scheme:dark){:root{--r0:#7fb2e5;--r1:#d9b75a;--r2:#c39be0;"
    "--r3:#7cc9a6;--r4:#e0a17f;--r5:#9aa5b1}}\n"
    "body{max-width:72rem}main{display:block}"
    ".skip{position:absolute;left:-99rem}.skip:focus{position:static}"
    "nav a{margin-right:1rem;white-space:nowrap}nav{margin:.3rem 0}"
    "a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible,"
    ".table:focus-visible{outline:.15rem solid var(--link);outline-offset:.1rem}\n"
    "code{font-size:.95em}td.critical{color:var(--critical)}"
    "td.warning{color:var(--warning)}.shared{margin:.8rem 0}"
    ".domains td.n{white-space:nowrap}\n"
    "svg.plot{max-width:50rem}.plot text{paint-order:stroke;stroke:var(--page);"
    "stroke-width:3px}svg "
    "text.number{stroke:none}svg.spark{display:inline-block;width:5rem;height:1rem;"
    "margin:0 0 0 .4rem;vertical-align:middle}.spark path{fill:var(--critical)}"
    ".r0{fill:var(--r0)}.r1{fill:var(--r1)}.r2{fill:var(--r2)}.r3{fill:var(--r3)}"
    ".r4{fill:var(--r4)}.r5{fill:var(--r5)}"
    "path.hatch{fill:none;stroke-width:1.3}"
    ".mark{stroke:var(--ink);stroke-dasharray:3 2}.dot{fill:var(--ink)}"
    "svg text.number{fill:var(--page);font-size:9px;font-weight:700}\n"
    "ul.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}"
    ".legend svg{display:inline-block;width:.9rem;height:.9rem;margin:0 .3rem 0 0;"
    "vertical-align:-.1rem}\n"
    "ol.timeline{padding-left:1.6rem}ol.timeline>li{margin:.8rem 0}"
    ".gone{text-decoration:line-through;text-decoration-color:var(--soft)}"
    ".sides{display:grid;grid-template-columns:1fr 1fr;gap:1.2rem}fieldset{min-width:0;"
    "border:1px solid var(--line);border-radius:.3rem}"
    ".state ul{display:none;padding:0;list-style:none;font:.85rem/1.45 ui-monospace,monospace}"
    ".state input:checked~ul{display:block}.state label{padding:.2rem .3rem}"
    ".state li{padding-left:1rem;text-indent:-1rem}"
    ".state li.differs{background:var(--field);border-left:.2rem solid var(--warning)}"
    ".state li.differs::after{content:\" \\2260\";color:var(--warning)}\n"
    ".find{display:block;margin:1rem 0}.find input{font:inherit;padding:.3rem "
    ".5rem;width:20rem;"
    "max-width:100%;color:inherit;background:var(--page);border:1px solid var(--soft);"
    "border-radius:.3rem}"
    "th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;"
    "text-align:inherit;text-decoration:underline dotted}"
    "th[aria-sort=ascending] button::after{content:\" \\25b2\"}"
    "th[aria-sort=descending] button::after{content:\" \\25bc\"}\n"
    "@media(max-width:36rem){.sides{display:block}dl{display:block}"
    ".domains td:nth-of-type(1)::before{content:\"State: \"}"
    ".domains td:nth-of-type(2)::before{content:\"TLS-RPT: \"}"
    ".domains td:nth-of-type(3)::before{content:\"MTA-STS: \"}"
    ".domains td:nth-of-type(4)::before{content:\"Ready to enforce: \"}"
    ".domains td:nth-of-type(5)::before{content:\"Sessions: \"}"
    ".domains td:nth-of-type(6)::before{content:\"Failed: \"}"
    ".domains td:nth-of-type(7)::before{content:\"Last report: \"}"
    ".domains td:nth-of-type(8)::before{content:\"Open findings: \"}"
    ".domains td:nth-of-type(9)::before{content:\"Client: \"}"
    ".plain td:nth-of-type(1)::before{content:\"Delivery: \"}"
    ".plain td:nth-of-type(2)::before{content:\"To do: \"}"
    ".domains td.n{text-align:left}}\n"
    "@media print{nav,.skip,.find,.state input:not(:checked)~label,.state input{display:none}"
    "th button{text-decoration:none}:root{--r0:#345;--r1:#665;--r2:#546;--r3:#364;--r4:#643;"
    "--r5:#555}}\n";

/* Sorting and searching in the table of domains, and marking what two states differ in. Without it all is
 * there, in the order of what is worst. */
static const char script[] =
    "\"use strict\";\n"
    "(() => {\n"
    "  const table = document.querySelector(\"table.sortable\");\n"
    "  if (!table) return;\n"
    "  const body = table.tBodies[0], rows = [...body.rows];\n"
    "  const find = document.createElement(\"label\"), input = "
    "document.createElement(\"input\");\n"
    "  const said = document.createElement(\"span\");\n"
    "  find.className = \"find\"; input.type = \"search\"; said.setAttribute(\"role\", "
    "\"status\");\n"
    "  find.append(\"Find a domain \", input);\n"
    "  table.parentElement.before(find, said);\n"
    "  input.addEventListener(\"input\", () => {\n"
    "    const wanted = input.value.trim().toLowerCase();\n"
    "    let shown = 0;\n"
    "    for (const row of rows) {\n"
    "      row.hidden = !row.textContent.toLowerCase().includes(wanted);\n"
    "      shown += row.hidden ? 0 : 1;\n"
    "    }\n"
    "    said.textContent = wanted ? `${shown} of ${rows.length} domains` : \"\";\n"
    "  });\n"
    "  const key = (row, column) => {\n"
    "    const cell = row.cells[column], text = cell.dataset.v ?? cell.textContent;\n"
    "    return text !== \"\" && isFinite(text) ? Number(text) : text;\n"
    "  };\n"
    "  const compare = (a, b) => a === b ? 0\n"
    "    : typeof a === typeof b ? (a < b ? -1 : 1) : typeof a === \"number\" ? -1 : 1;\n"
    "  [...table.tHead.rows[0].cells].forEach((head, column) => {\n"
    "    const button = document.createElement(\"button\");\n"
    "    button.type = \"button\"; button.append(...head.childNodes); head.append(button);\n"
    "    button.addEventListener(\"click\", () => {\n"
    "      const up = head.getAttribute(\"aria-sort\") === \"descending\";\n"
    "      for (const other of table.tHead.rows[0].cells) "
    "other.removeAttribute(\"aria-sort\");\n"
    "      head.setAttribute(\"aria-sort\", up ? \"ascending\" : \"descending\");\n"
    "      rows.sort((a, b) => compare(key(a, column), key(b, column)) * (up ? 1 : -1));\n"
    "      body.append(...rows);\n"
    "    });\n"
    "  });\n"
    "})();\n"
    "(() => {\n"
    "  const sides = [...document.querySelectorAll(\".sides fieldset\")];\n"
    "  if (sides.length !== 2) return;\n"
    "  const lines = side => [...side.querySelectorAll(\"input:checked ~ ul li\")];\n"
    "  const mark = () => {\n"
    "    const both = sides.map(lines);\n"
    "    both.forEach((side, index) => {\n"
    "      const others = new Set(both[1 - index].map(line => line.textContent));\n"
    "      for (const line of side) line.classList.toggle(\"differs\", "
    "!others.has(line.textContent));\n"
    "    });\n"
    "  };\n"
    "  for (const side of sides) side.addEventListener(\"change\", mark);\n"
    "  mark();\n"
    "})();\n";

/* ---- the head ---- */

/* How a Content-Security-Policy names it: 'sha256-…' (CSP level 3, §2.3.1). */
static void add_hash(struct buffer *out, struct text text)
{
    uint8_t digest[SHA256_SIZE];
    BUFFER_AUTO encoded = {0};
    sha256(text, digest);
    mail_out_base64(&encoded, (struct text){(const char *)digest, sizeof digest});
    buffer_add_text(out, TEXT("'sha256-"));
    buffer_add_text(out, text_trim(buffer_text(&encoded)));
    buffer_add_char(out, '\'');
}

/* What is the same on all pages, and hashed once. */
static void make_head(struct buffer *out)
{
    BUFFER_AUTO css = {0};
    const struct text js = {script, sizeof script - 1};
    buffer_add_text(&css, html_style());
    buffer_add(&css, style, sizeof style - 1);
    buffer_add_text(
        out, TEXT("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"generator\" content=\"tlsrpt dashboard\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                  "'none'; base-uri 'none'; form-action 'none'; img-src data:; "
                  "style-src "));
    add_hash(out, buffer_text(&css));
    buffer_add_text(out, TEXT("; script-src "));
    add_hash(out, js);
    buffer_add_text(
        out, TEXT("\">\n<meta name=\"viewport\" content=\"width=device-width, "
                  "initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
                  /* An empty one, or browsers ask the server for theirs. */
                  "<link rel=\"icon\" href=\"data:,\">\n<style>"));
    buffer_add_text(out, buffer_text(&css));
    buffer_add_text(out, TEXT("</style>\n<title>"));
}

void page_head(struct buffer *out, enum page_place place, struct text title,
               struct text heading)
{
    const char *up = place == PAGE_TOP ? "" : "../";
    make_head(out);
    escape_html(out, title);
    buffer_format(
        out,
        "</title>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n"
        "<header>\n<nav aria-label=\"Site\"><a href=\"%sindex.html\">All domains</a> "
        "<a href=\"%scode/index.html\">What the codes mean</a></nav>\n<h1>",
        up, up);
    escape_html(out, heading);
    buffer_add_text(out, TEXT("</h1>\n"));
}

void page_end(struct buffer *out)
{
    buffer_add_text(out, TEXT("</main>\n<script>"));
    buffer_add(out, script, sizeof script - 1);
    buffer_add_text(out, TEXT("</script>\n</body>\n</html>\n"));
}

/* ---- pieces ---- */

void page_table(struct buffer *out, const char *id, const char *more, const char *caption)
{
    buffer_format(out,
                  "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-labelledby=\"%s\">"
                  "<table class=\"%s\">\n<caption id=\"%s\">%s</caption>\n<thead><tr>",
                  id, more, id, caption);
}

void page_rate(struct buffer *out, struct session_counts sessions)
{
    double all = (double)sessions.successful + (double)sessions.failed;
    unsigned share = all > 0 ? (unsigned)(1000.0 * (double)sessions.failed / all + 0.5) : 0;
    const char *about = "";
    if (sessions.failed && !share)
        about = "under ", share = 1;
    else if (sessions.successful && share == 1000)
        about = "over ", share = 999;
    if (!sessions.failed)
        buffer_add_text(out, TEXT("0 %"));
    else
        buffer_format(out, "%s%u.%u %%", about, share / 10, share % 10);
}

void page_days(struct buffer *out, int64_t day, int64_t days)
{
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    buffer_add_text(out, text_of(time_date(day, first)));
    if (days > 1)
        buffer_format(out, " to %s", time_date(day + (days - 1) * TIME_DAY, last));
}

/* ---- names ---- */

static struct text folders[] = {TEXT_ROW("domain"), TEXT_ROW("code")};
const struct text_list dashboard_folders = {folders, sizeof folders / sizeof *folders};

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || text_is_digit(c) || c == '.' || c == '-';
}

struct text dashboard_domain_file(struct arena *arena, struct text domain)
{
    enum { LONGEST = 200, KEPT = 100, DIGITS = 32 };
    BUFFER_AUTO name = {0};
    for (size_t i = 0; i < domain.length; i++)
        if (is_plain(domain.at[i]) && (i || domain.at[i] != '.'))
            buffer_add_char(&name, domain.at[i]);
        else
            buffer_format(&name, "_%02x", (unsigned)(unsigned char)domain.at[i]);
    if (name.length > LONGEST) {
        char hex[SHA256_HEX_SIZE];
        uint8_t digest[SHA256_SIZE];
        sha256(domain, digest);
        name.length = KEPT;
        buffer_format(&name, "__%.*s", DIGITS, sha256_hex(digest, hex));
    }
    struct text file = buffer_text(&name);
    return text_format(arena, "domain/%.*s.html", TEXT_ARGS(file));
}

struct text dashboard_code_file(struct arena *arena, const struct rule *rule)
{
    return text_format(arena, "code/%s.html", rule->code);
}
