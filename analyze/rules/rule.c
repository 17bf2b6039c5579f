#include "rules/rule.h"

#include <stdarg.h>

#include "base/time.h"

struct claim claim_of(const struct rule *rule)
{
    return (struct claim){.rule = rule,
                          .bound = TIME_UNKNOWN,
                          .gone_at = TIME_UNKNOWN,
                          .mended_at = TIME_UNKNOWN,
                          .changed_at = TIME_UNKNOWN};
}

void claim_says(struct arena *arena, struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *text = text_format_list(arena, format, arguments);
    va_end(arguments);
}

/* ---- which observations speak for a group ---- */

/* One question put to the observations; each is asked once. */
struct asked {
    struct inquiry inquiry; /* with an arena of its own */
    const struct subject *subject;
    rule_shows *shows;
    struct claim dummy;
    signed char *answers; /* of each sight: -1 not asked yet */
};

static enum shown ask(struct asked *asked, size_t place)
{
    if (asked->answers[place] < 0) {
        asked->dummy = claim_of(NULL);
        asked->dummy.mx = asked->subject->mx;
        asked->answers[place] = (signed char)asked->shows(
            &asked->inquiry, &asked->inquiry.sights.at[place], asked->subject, &asked->dummy);
    }
    return (enum shown)asked->answers[place];
}

/* What was found so far: the best of the observations that show it. */
struct found {
    bool any;
    size_t place;
    int64_t distance;
    enum confidence confidence;
};

static void offer(struct found *found, size_t place, int64_t distance,
                  enum confidence confidence)
{
    if (found->any && (confidence < found->confidence ||
                       (confidence == found->confidence && distance >= found->distance)))
        return;
    *found = (struct found){true, place, distance, confidence};
}

/* The nearest observation on one side of a report that tells. */
struct neighbour {
    enum shown shown;
    size_t place;
    int64_t distance;
};

static struct neighbour neighbour_before(struct asked *asked, size_t place, int64_t begin)
{
    while (place-- > 0)
        if (ask(asked, place))
            return (struct neighbour){ask(asked, place), place,
                                      begin - asked->inquiry.sights.at[place].taken_at};
    return (struct neighbour){0};
}

static struct neighbour neighbour_after(struct asked *asked, size_t place, int64_t end)
{
    for (; place < asked->inquiry.sights.count; place++)
        if (ask(asked, place))
            return (struct neighbour){ask(asked, place), place,
                                      asked->inquiry.sights.at[place].taken_at - end};
    return (struct neighbour){0};
}

/* A neighbour that shows it, while a nearer observation does not, counts for as long as it may be that
 * the fault came or went in between. */
static int64_t reach(bool told_within, const struct neighbour *other,
                     const struct neighbour *this)
{
    if (told_within)
        return TIME_DAY;
    if (other->shown == SHOWN_NO && other->distance < this->distance)
        return 7 * TIME_DAY;
    return INT64_MAX;
}

static void look_around(struct asked *asked, const struct report_seen *report,
                        struct found *found)
{
    const struct sights *sights = &asked->inquiry.sights;
    const struct sight *first = sight_before(&asked->inquiry, report->begin);
    size_t start = first ? (size_t)(first - sights->at) + 1 : 0, end = start;
    bool told = false;
    for (; end < sights->count && sights->at[end].taken_at <= report->end; end++) {
        told = told || ask(asked, end);
        if (ask(asked, end) == SHOWN_YES)
            offer(found, end, 0, CONFIDENCE_CONFIRMED);
    }
    struct neighbour before = neighbour_before(asked, start, report->begin);
    struct neighbour after = neighbour_after(asked, end, report->end);
    bool alike = !told && before.shown == SHOWN_YES && after.shown == SHOWN_YES;
    if (before.shown == SHOWN_YES && before.distance <= reach(told, &after, &before))
        offer(found, before.place, before.distance,
              alike ? CONFIDENCE_CONFIRMED : confidence_at(before.distance));
    if (after.shown == SHOWN_YES && after.distance <= reach(told, &before, &after))
        offer(found, after.place, after.distance,
              alike ? CONFIDENCE_CONFIRMED : confidence_at(after.distance));
}

bool group_shown(const struct inquiry *inquiry, const struct failure_group *group,
                 const struct subject *subject, rule_shows *shows, struct claim *claim,
                 const struct sight **deciding)
{
    if (!inquiry->sights.count)
        return false;
    ARENA_AUTO scratch = {0};
    struct found found = {0};
    struct asked asked = {.inquiry = *inquiry, .subject = subject, .shows = shows};
    size_t count = inquiry->sights.count;
    asked.inquiry.arena = &scratch;
    asked.answers = arena_array(&scratch, count, sizeof *asked.answers);
    for (size_t i = 0; i < count; i++)
        asked.answers[i] = -1;
    for (size_t i = 0; i < group->reports.count; i++)
        look_around(&asked, &inquiry->groups->reports.at[group->reports.at[i].report], &found);
    if (!found.any)
        return false;
    const struct sight *sight = &inquiry->sights.at[found.place];
    if (shows(inquiry, sight, subject, claim) != SHOWN_YES)
        return false;
    claim->confidence = found.confidence;
    if (deciding)
        *deciding = sight;
    return true;
}

bool rule_is_left_out(const char *code)
{
    return rules_without && text_equal(text_of(rules_without), text_of(code));
}
