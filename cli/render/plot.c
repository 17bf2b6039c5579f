#include "render/plot.h"

#include <stdio.h>

#include "base/time.h"
#include "render/escape.h"

/* Small, so that its letters are still read where a narrow page shrinks it. */
enum { WIDTH = 480, HEIGHT = 150, LEFT = 4, BOTTOM = 20, TOP = 24 };

static uint64_t all_of(const struct day_count *day)
{
    return sessions_add(day->sessions.successful, day->sessions.failed);
}

static uint64_t highest(const struct day_count *days, size_t count)
{
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (all_of(&days[i]) > most)
            most = all_of(&days[i]);
    return most;
}

/* At least a pixel or two, so that one failure among thousands is seen. The sum of a day saturates, so its
 * parts are drawn as shares of the day and never leave the frame. */
static double height_of(uint64_t sessions, const struct day_count *day, uint64_t most)
{
    double parts = (double)day->sessions.successful + (double)day->sessions.failed;
    double whole = (double)(HEIGHT - TOP - BOTTOM) * ((double)all_of(day) / (double)most);
    double height = sessions ? whole * ((double)sessions / parts) : 0;
    return sessions && height < 2 ? 2 : height;
}

struct box {
    double x, y, width, height;
};

static void add_box(struct buffer *out, const char *class, struct box box)
{
    buffer_format(out,
                  "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                  class, box.x, box.y, box.width, box.height);
}

/* The hatch is what tells it apart without colour. */
static void add_failed_box(struct buffer *out, struct box box, size_t number)
{
    add_box(out, "bad", box);
    buffer_format(out,
                  "<rect fill=\"url(#hatch-%zu)\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                  "height=\"%.1f\"/>",
                  number, box.x, box.y, box.width, box.height);
}

struct plot {
    struct buffer *out;
    uint64_t most;
    size_t number;
};

static void add_day(struct plot *plot, const struct day_count *day, double x, double width)
{
    char date[TIME_TEXT_SIZE];
    double bad = height_of(day->sessions.failed, day, plot->most);
    double good = height_of(day->sessions.successful, day, plot->most);
    double base = HEIGHT - BOTTOM;
    if (!all_of(day))
        return;
    buffer_format(plot->out, "<g><title>%s: %llu successful, %llu failed</title>",
                  time_date(day->day, date), (unsigned long long)day->sessions.successful,
                  (unsigned long long)day->sessions.failed);
    if (good > 0)
        add_box(plot->out, "good", (struct box){x, base - good, width, good});
    if (bad > 0)
        add_failed_box(plot->out, (struct box){x, base - good - bad, width, bad}, plot->number);
    buffer_add_text(plot->out, TEXT("</g>\n"));
}

static void add_label(struct buffer *out, int x, int y, const char *anchor, const char *text)
{
    buffer_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
                  text);
}

static void add_axis(struct plot *plot, const struct day_count *days, size_t count)
{
    char date[TIME_TEXT_SIZE], most[64];
    buffer_format(plot->out, "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
                  LEFT, HEIGHT - BOTTOM, WIDTH - LEFT, HEIGHT - BOTTOM);
    add_label(plot->out, LEFT, HEIGHT - 6, "start", time_date(days[0].day, date));
    add_label(plot->out, WIDTH - LEFT, HEIGHT - 6, "end", time_date(days[count - 1].day, date));
    snprintf(most, sizeof most, "most on a day: %llu", (unsigned long long)plot->most);
    add_label(plot->out, LEFT, 12, "start", most);
}

static void add_legend(struct plot *plot)
{
    add_box(plot->out, "good", (struct box){WIDTH - 150, 3, 10, 10});
    add_label(plot->out, WIDTH - 136, 12, "start", "successful");
    add_failed_box(plot->out, (struct box){WIDTH - 60, 3, 10, 10}, plot->number);
    add_label(plot->out, WIDTH - 46, 12, "start", "failed");
}

static void add_head(struct plot *plot, struct text title)
{
    buffer_format(plot->out, "<svg role=\"img\" viewBox=\"0 0 %d %d\">\n<title>", WIDTH,
                  HEIGHT);
    escape_html(plot->out, title);
    buffer_format(plot->out,
                  "</title>\n<desc>A bar for each day; failed sessions stand hatched on top "
                  "of the successful ones. The table below has the numbers.</desc>\n"
                  "<defs><pattern id=\"hatch-%zu\" width=\"4\" height=\"4\" "
                  "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line "
                  "class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"4\" "
                  "stroke-width=\"2\"/></pattern></defs>\n",
                  plot->number);
}

bool plot_days(struct buffer *out, const struct day_count *days, size_t count,
               struct text title, size_t number)
{
    struct plot plot = {out, highest(days, count), number};
    if (!plot.most)
        return false;
    double step = (double)(WIDTH - 2 * LEFT) / (double)count;
    add_head(&plot, title);
    for (size_t i = 0; i < count; i++)
        add_day(&plot, &days[i], LEFT + step * (double)i + step * 0.1, step * 0.8);
    add_axis(&plot, days, count);
    add_legend(&plot);
    buffer_add_text(out, TEXT("</svg>\n"));
    return true;
}
