/* One finding as HTML, for every page that tells of findings. */
#ifndef RENDER_FINDING_HTML_H
#define RENDER_FINDING_HTML_H

#include "render/findings_words.h"

struct finding_html {
    struct buffer *out;
    struct arena *arena;
    unsigned glossed; /* see next_gloss(); begins as 0 */
    const char
        *codes; /* the folder of the pages of the codes, with its slash; null: there are none */
};

/* The class that colours it: only where there is work. */
const char *finding_html_class(const struct finding *finding);

/* "WARNING: " */
void finding_html_severity(struct buffer *out, const struct finding *finding);

/* Its title in an <h3>, with its NUMBER, which is left out where it is 0. */
void finding_html_heading(struct buffer *out, size_t number, const struct finding *finding);

/* The box that says what to do first. WHO stands before the title: the domain, or how many share it; empty on a
 * page of one domain. LINK is where the title leads to, as it stands in HTML. */
void finding_html_first(struct buffer *out, struct arena *arena, const struct finding *finding,
                        struct text who, struct text link);

/* The code in <code>, with a link to its page where there is one. */
void finding_html_code(const struct finding_html *html, const struct finding *finding);

/* All else of it. SUBJECT says what it is about; IS_SHARED: it is told for all domains of a shared fault. */
void finding_html_body(struct finding_html *html, const struct finding *finding,
                       struct text subject, bool is_shared);

#endif
