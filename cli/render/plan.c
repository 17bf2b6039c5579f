#include "render/plan.h"

#include "base/time.h"
#include "render/escape.h"
#include "render/json_out.h"
#include "render/migration.h"
#include "render/wrap.h"

static const char *state_of(const struct plan *plan, size_t step)
{
    if (plan->steps.at[step].done)
        return "done";
    return step == plan->current ? "now" : "later";
}

void plan_json(struct buffer *out, const struct plan *plan, int64_t generated_at)
{
    struct json_out json = {.to = out};
    json_object(&json, NULL);
    json_time(&json, "generated_at", generated_at);
    json_text(&json, "domain", plan->domain);
    json_text(&json, "goal", text_of(plan_goal_name(plan->goal)));
    json_time(&json, "observed_at", plan->observed_at);
    if (plan->current < plan->steps.count)
        json_unsigned(&json, "current_step", plan->current + 1);
    else
        json_null(&json, "current_step");
    migration_array(&json, &plan->findings);
    json_array(&json, "steps");
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *step = &plan->steps.at[i];
        json_object(&json, NULL);
        json_unsigned(&json, "step", i + 1);
        json_text(&json, "state", text_of(state_of(plan, i)));
        json_text(&json, "title", step->title);
        json_text(&json, "text", step->text);
        json_time(&json, "not_before", step->not_before);
        json_time(&json, "not_after", step->done ? TIME_UNKNOWN : step->not_after);
        json_array(&json, "files");
        for (size_t j = 0; j < step->files.count; j++) {
            json_object(&json, NULL);
            json_text(&json, "kind", text_of(step->files.at[j].kind));
            json_text(&json, "name", step->files.at[j].name);
            json_text(&json, "content", step->files.at[j].content);
            json_object_end(&json);
        }
        json_array_end(&json);
        json_text(&json, "done_when", step->done_when);
        json_object_end(&json);
    }
    json_array_end(&json);
    json_list(&json, "costs", &plan->costs);
    json_list(&json, "notes", &plan->notes);
    json_object_end(&json);
    buffer_add_char(out, '\n');
}

enum { BODY = 4 };

static void add_lines(struct buffer *out, unsigned width, const char *label, struct text text)
{
    BUFFER_AUTO all = {0};
    buffer_format(&all, "%s", label);
    buffer_add_text(&all, text);
    wrap_blanks(out, BODY);
    wrap_lines(out, (struct wrap){width, BODY}, BODY, buffer_text(&all));
}

static void add_file(struct buffer *out, const struct plan_file *file)
{
    struct text rest = file->content, line;
    wrap_blanks(out, BODY);
    buffer_format(out, "%s, ", file->kind);
    escape_line(out, file->name);
    buffer_add_text(out, TEXT(":\n"));
    while (text_next(&rest, '\n', &line)) {
        if (!line.length)
            continue;
        wrap_blanks(out, 2 * BODY);
        escape_line(out, line);
        buffer_add_char(out, '\n');
    }
}

/* Of a step that is done only its title is told. */
static void add_step(struct buffer *out, const struct plan *plan, size_t place,
                     struct text_style style)
{
    const struct plan_step *step = &plan->steps.at[place];
    char date[TIME_TEXT_SIZE];
    buffer_format(out, "\n%2zu. ", place + 1);
    buffer_format(out, "[%s] ", state_of(plan, place));
    escape_line(out, step->title);
    if (step->not_before != TIME_UNKNOWN && !step->done)
        buffer_format(out, ", not before %s", time_date(step->not_before, date));
    if (step->not_after != TIME_UNKNOWN && !step->done)
        buffer_format(out, ", by %s", time_date(step->not_after, date));
    buffer_add_char(out, '\n');
    if (step->done && !style.verbose)
        return;
    add_lines(out, style.width, "", step->text);
    for (size_t i = 0; i < step->files.count; i++)
        add_file(out, &step->files.at[i]);
    add_lines(out, style.width, "Done when ", step->done_when);
}

void plan_text(struct buffer *out, const struct plan *plan, struct text_style style)
{
    style.width = text_width(style);
    escape_line(out, plan->domain);
    buffer_format(out, ", plan %s: ", plan_goal_name(plan->goal));
    if (!plan->steps.count)
        buffer_add_text(out, TEXT("nothing can be said yet\n"));
    else if (plan->current == plan->steps.count)
        buffer_add_text(out, TEXT("all is done\n"));
    else
        buffer_format(out, "at step %zu of %zu\n", plan->current + 1, plan->steps.count);
    if (plan->findings.count)
        buffer_add_text(out, TEXT("\nIn the way, to be mended first:\n"));
    migration_text(out, &plan->findings, style);
    if (plan->findings.count)
        buffer_add_char(out, '\n');
    for (size_t i = 0; i < plan->costs.count; i++)
        add_lines(out, style.width, "Cost: ", plan->costs.at[i]);
    for (size_t i = 0; i < plan->notes.count; i++)
        add_lines(out, style.width, "Note: ", plan->notes.at[i]);
    for (size_t i = 0; i < plan->steps.count; i++)
        add_step(out, plan, i, style);
}
