#include "cli/findings_out.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output.h"

struct text_style output_style(const struct invocation *inv)
{
    struct text_style style = {.verbose = inv->verbose};
    const char *columns = getenv("COLUMNS"), *no_colour = getenv("NO_COLOR");
    struct winsize size;
    uint64_t number;
    if (!isatty(STDOUT_FILENO))
        return style;
    style.colour = !no_colour || !*no_colour;
    if (columns && text_unsigned(text_of(columns), &number) && number < 1000)
        style.width = (unsigned)number;
    else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style.width = size.ws_col;
    return style;
}

void findings_out(const struct invocation *inv, const struct analysis *analysis)
{
    BUFFER_AUTO out = {0};
    struct findings_report report = {
        .generated_at = inv->now,
        .since = analysis->window.since,
        .until = analysis->window.until,
        .at = analysis->diagnoses.at,
        .count = analysis->diagnoses.count,
        .shared = &analysis->shared,
    };
    if (invocation_is(inv, "format", "json"))
        findings_json(&out, &report);
    else if (invocation_is(inv, "format", "html"))
        findings_html(&out, &report);
    else
        findings_text(&out, &report, output_style(inv));
    output_buffer(&out);
}
