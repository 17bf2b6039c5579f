/* The history of what a domain publishes. */
#include <stdio.h>

#include "base/time.h"
#include "render/dashboard_page.h"
#include "render/escape.h"
#include "render/html.h"
#include "render/observation_text.h"

static void raw(struct buffer *out, const char *html)
{
    buffer_add_text(out, text_of(html));
}

/* ---- the timeline ---- */

/* Both lists are sorted; what stands in both did not change. */
static void add_values(struct buffer *out, const char *label, const char *class,
                       const struct text_list *values)
{
    buffer_format(out, "<td data-label=\"%s\">", label);
    if (!values->count)
        raw(out, "<span class=\"meta\">none</span>");
    for (size_t i = 0; i < values->count; i++) {
        buffer_format(out, "%s<span class=\"%s\">", i ? "<br>" : "", class);
        escape_html(out, values->at[i]);
        raw(out, "</span>");
    }
    raw(out, "</td>");
}

static void add_changes(struct buffer *out, const char *id, const char *caption,
                        const struct changes *changes)
{
    page_table(out, id, "", caption);
    raw(out, "<th scope=\"col\">What</th><th scope=\"col\">Before</th><th "
             "scope=\"col\">After</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->at[i];
        buffer_format(out, "<tr><th scope=\"row\">%s of ", change_kind_name(change->kind));
        escape_html(out, change->name);
        buffer_format(out, " <span class=\"meta\">[%s]</span></th>", change->id);
        add_values(out, "Before", "gone", &change->before);
        add_values(out, "After", "new", &change->after);
        raw(out, "</tr>\n");
    }
    raw(out, "</tbody></table></div>\n");
}

static void add_state(struct buffer *out, const struct dashboard_state *state, size_t place)
{
    char id[64], date[TIME_TEXT_SIZE], caption[128];
    buffer_format(out, "<li id=\"state-%zu\">", place);
    html_time(out, state->first_at);
    if (!place) {
        raw(out, "the first observation</li>\n");
        return;
    }
    if (!state->changes.count) {
        raw(out, "nothing that counts as a change: an address or a server answered differently"
                 "</li>\n");
        return;
    }
    snprintf(id, sizeof id, "changes-%zu", place);
    snprintf(caption, sizeof caption, "Changed by %s", time_date(state->first_at, date));
    add_changes(out, id, caption, &state->changes);
    raw(out, "</li>\n");
}

/* The newest first. */
static void add_timeline(struct buffer *out, const struct dashboard_domain *domain)
{
    enum { SHOWN = 50 };
    size_t count = domain->states.count;
    raw(out, "<h3 id=\"timeline\">What changed, and when it was seen</h3>\n"
             "<ol class=\"timeline\" reversed>\n");
    for (size_t i = count; i-- > 0 && count - i <= SHOWN;)
        add_state(out, &domain->states.at[i], i);
    raw(out, "</ol>\n");
    if (count > SHOWN)
        buffer_format(out,
                      "<p class=\"meta\">%zu earlier ones: tlsrpt changes tells them</p>\n",
                      count - SHOWN);
}

/* ---- two states side by side ---- */

static void add_lines(struct buffer *out, const struct observation *observation)
{
    BUFFER_AUTO text = {0};
    observation_text(&text, observation);
    struct text rest = buffer_text(&text), line;
    raw(out, "<ul>\n");
    text_next(&rest, '\n', &line); /* the heading, which the label says */
    while (text_next(&rest, '\n', &line)) {
        if (!text_trim(line).length)
            continue;
        raw(out, "<li>");
        escape_html(out, text_trim(line));
        raw(out, "</li>\n");
    }
    raw(out, "</ul>");
}

static void add_choice(struct buffer *out, const struct dashboard_state *state,
                       const char *side, size_t place, bool chosen)
{
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    time_date(state->first_at, first);
    time_date(state->last_at, last);
    buffer_format(
        out,
        "<div class=\"state\"><input type=\"radio\" name=\"%s\" id=\"%s-%zu\"%s><label "
        "for=\"%s-%zu\">%s to %s</label>",
        side, side, place, chosen ? " checked" : "", side, place, first, last);
    add_lines(out, state->observation);
    raw(out, "</div>\n");
}

/* Some of the states: the newest, and the one that was in force when the window began. */
static void add_sides(struct buffer *out, const struct dashboard_domain *domain)
{
    enum { CHOICES = 8 };
    static const char *const sides[] = {"then", "now"}, *const legends[] = {"Then", "Now"};
    size_t count = domain->states.count, from = count > CHOICES ? count - CHOICES : 0;
    raw(out,
        "<h3 id=\"sides\">Two dates side by side</h3>\n<p class=\"meta\">Choose a state on "
        "each side: what the other side has not is marked.</p>\n<div class=\"sides\">\n");
    for (size_t side = 0; side < 2; side++) {
        size_t chosen = side ? count - 1 : domain->state_then;
        buffer_format(out, "<fieldset>\n<legend>%s</legend>\n", legends[side]);
        if (domain->state_then < from)
            add_choice(out, &domain->states.at[domain->state_then], sides[side],
                       domain->state_then, chosen == domain->state_then);
        for (size_t i = from; i < count; i++)
            add_choice(out, &domain->states.at[i], sides[side], i, chosen == i);
        raw(out, "</fieldset>\n");
    }
    raw(out, "</div>\n");
}

void dashboard_published(struct buffer *out, const struct dashboard_domain *domain)
{
    if (!domain->states.count) {
        raw(out, "<p>Nothing was observed yet: tlsrpt observe looks.</p>\n");
        return;
    }
    if (domain->states.count == 1) {
        char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
        buffer_format(out, "<p>The same from %s to %s, as it was observed:</p>\n",
                      time_date(domain->states.at[0].first_at, first),
                      time_date(domain->states.at[0].last_at, last));
        add_lines(out, domain->states.at[0].observation);
        return;
    }
    const struct changes *changes = &domain->summary->changes;
    if (changes->count)
        add_changes(out, "changes",
                    "What is otherwise at the end of this time than at its beginning", changes);
    add_sides(out, domain);
    add_timeline(out, domain);
}
