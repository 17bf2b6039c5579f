#include "ahead/plan_steps.h"

#include <stdarg.h>

#include "base/vector.h"
#include "rules/sts.h"

struct plan_step *plan_step(struct planning *planning, const char *title, bool done)
{
    struct plan *plan = planning->plan;
    struct plan_step step = {.title = text_of(title),
                             .not_before = TIME_UNKNOWN,
                             .not_after = TIME_UNKNOWN,
                             .done = done};
    VECTOR_ADD(planning->arena, &plan->steps, step);
    return &plan->steps.at[plan->steps.count - 1];
}

void plan_says(struct planning *planning, struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *text = text_format_list(planning->arena, format, arguments);
    va_end(arguments);
}

void plan_cost(struct planning *planning, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_list_add(planning->arena, &planning->plan->costs,
                  text_format_list(planning->arena, format, arguments));
    va_end(arguments);
}

void plan_note(struct planning *planning, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_list_add(planning->arena, &planning->plan->notes,
                  text_format_list(planning->arena, format, arguments));
    va_end(arguments);
}

void plan_paste(struct planning *planning, struct plan_step *step, const char *kind,
                struct text name, struct text content)
{
    struct plan_file file = {kind, name, content};
    VECTOR_ADD(planning->arena, &step->files, file);
}

void plan_paste_policy(struct planning *planning, struct plan_step *step,
                       const struct mta_sts_policy *policy, enum mta_sts_mode mode,
                       uint64_t max_age, const struct text_list *hosts)
{
    struct mta_sts_policy written = {0};
    if (policy && policy->valid)
        written = *policy;
    written.mode = mode;
    written.has_max_age = true;
    written.max_age = max_age;
    struct text domain = planning->inquiry->domain;
    /* Each step has an id of its own: one that stays keeps senders from looking. */
    int64_t of_its_own = planning->inquiry->now + (int64_t)planning->plan->steps.count - 1;
    plan_paste(planning, step, "policy",
               text_format(planning->arena, "https://mta-sts.%.*s/.well-known/mta-sts.txt",
                           TEXT_ARGS(domain)),
               mta_sts_policy_write(&written, hosts, planning->arena));
    plan_paste(planning, step, "dns",
               text_format(planning->arena, "_mta-sts.%.*s", TEXT_ARGS(domain)),
               text_trim(record_with_id_of(planning->inquiry, of_its_own)));
}

void plan_paste_servers(struct planning *planning, struct plan_step *step)
{
    struct text domain = planning->inquiry->domain;
    plan_paste(
        planning, step, "nginx", TEXT("nginx"),
        text_format(planning->arena,
                    "server {\n"
                    "    listen 443 ssl;\n"
                    "    listen [::]:443 ssl;\n"
                    "    server_name mta-sts.%.*s;\n"
                    "    ssl_certificate /etc/letsencrypt/live/mta-sts.%.*s/fullchain.pem;\n"
                    "    ssl_certificate_key /etc/letsencrypt/live/mta-sts.%.*s/privkey.pem;\n"
                    "    location = /.well-known/mta-sts.txt {\n"
                    "        root /var/www/mta-sts;\n"
                    "        default_type text/plain;\n"
                    "    }\n"
                    "    location / { return 404; }\n"
                    "}",
                    TEXT_ARGS(domain), TEXT_ARGS(domain), TEXT_ARGS(domain)));
    plan_paste(planning, step, "caddy", TEXT("Caddyfile"),
               text_format(planning->arena,
                           "mta-sts.%.*s {\n"
                           "    handle /.well-known/mta-sts.txt {\n"
                           "        root * /var/www/mta-sts\n"
                           "        file_server\n"
                           "    }\n"
                           "    handle {\n"
                           "        respond 404\n"
                           "    }\n"
                           "}",
                           TEXT_ARGS(domain)));
}

struct text plan_date(struct planning *planning, int64_t time)
{
    return text_date(planning->arena, time);
}
