#include "render/plot.h"

#include "base/time.h"
#include "render/escape.h"

enum { WIDTH = 720, HEIGHT = 160, LEFT = 8, BOTTOM = 22, TOP = 16 };

static uint64_t all_of(const struct day_count *day)
{
    return sessions_add(day->sessions.successful, day->sessions.failed);
}

static uint64_t highest(const struct day_count *days, size_t count)
{
    uint64_t most = 1;
    for (size_t i = 0; i < count; i++)
        if (all_of(&days[i]) > most)
            most = all_of(&days[i]);
    return most;
}

/* At least a pixel, so that one failure among thousands is seen. */
static double height_of(uint64_t sessions, uint64_t most)
{
    double height = (double)(HEIGHT - TOP - BOTTOM) * ((double)sessions / (double)most);
    return sessions && height < 2 ? 2 : height;
}

static void add_bar(struct buffer *out, const struct day_count *day, double x, double width,
                    uint64_t most)
{
    char date[TIME_TEXT_SIZE];
    double bad = height_of(day->sessions.failed, most);
    double good = height_of(day->sessions.successful, most);
    double base = HEIGHT - BOTTOM;
    buffer_format(out, "<g><title>%s: %llu successful, %llu failed</title>",
                  time_date(day->day, date), (unsigned long long)day->sessions.successful,
                  (unsigned long long)day->sessions.failed);
    if (good > 0)
        buffer_format(out,
                      "<rect class=\"bar-good\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                      "height=\"%.1f\"/>",
                      x, base - good, width, good);
    if (bad > 0)
        buffer_format(out,
                      "<rect class=\"bar-bad\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                      "height=\"%.1f\"/><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                      "height=\"%.1f\" fill=\"url(#hatch)\"/>",
                      x, base - good - bad, width, bad, x, base - good - bad, width, bad);
    buffer_add_text(out, TEXT("</g>\n"));
}

static void add_axis(struct buffer *out, const struct day_count *days, size_t count,
                     uint64_t most)
{
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    buffer_format(out,
                  "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"currentColor\" "
                  "stroke-width=\"1\"/>\n<text x=\"%d\" y=\"%d\">%s</text>\n<text x=\"%d\" "
                  "y=\"%d\" text-anchor=\"end\">%s</text>\n<text x=\"%d\" y=\"11\">most: %llu "
                  "sessions a day</text>\n",
                  LEFT, HEIGHT - BOTTOM, WIDTH - LEFT, HEIGHT - BOTTOM, LEFT, HEIGHT - 6,
                  time_date(days[0].day, first), WIDTH - LEFT, HEIGHT - 6,
                  time_date(days[count - 1].day, last), LEFT, (unsigned long long)most);
}

void plot_days(struct buffer *out, const struct day_count *days, size_t count,
               struct text title)
{
    if (!count)
        return;
    uint64_t most = highest(days, count);
    double step = (double)(WIDTH - 2 * LEFT) / (double)count;
    buffer_format(
        out, "<svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n<title>",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    escape_html(out, title);
    buffer_add_text(
        out, TEXT("</title>\n<desc>A bar for each day; failed sessions stand hatched on top "
                  "of the successful ones. The table below has the numbers.</desc>\n"
                  "<defs><pattern id=\"hatch\" width=\"4\" height=\"4\" "
                  "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line "
                  "x1=\"0\" y1=\"0\" x2=\"0\" y2=\"4\" stroke=\"#fff\" "
                  "stroke-width=\"1.5\"/></pattern></defs>\n"));
    for (size_t i = 0; i < count; i++)
        add_bar(out, &days[i], LEFT + step * (double)i + step * 0.1, step * 0.8, most);
    add_axis(out, days, count, most);
    buffer_add_text(out, TEXT("</svg>\n"));
}
