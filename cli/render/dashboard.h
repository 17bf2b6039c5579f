/* The static site of `tlsrpt dashboard`: what each page is made of, and the pages. Each carries its style and
 * its script in it, with their hashes in its Content-Security-Policy, so that it can be mailed by
 * itself; none asks for anything from elsewhere. */
#ifndef RENDER_DASHBOARD_H
#define RENDER_DASHBOARD_H

#include "published/observation.h"
#include "render/findings.h"
#include "rules/summary.h"

/* The reporters that a plot tells apart; the last part is all others. */
enum { DASHBOARD_PARTS = 6 };

/* A bar of the plots: a day, or several where the window is long. */
struct dashboard_bar {
    int64_t day; /* the first second of its first day */
    struct session_counts sessions, parts[DASHBOARD_PARTS];
    size_t mark; /* the number, from 1, of the first change seen on these days; 0: none */
};

/* Where sessions failed. */
struct dashboard_place {
    struct text mx, address; /* unknown where the reports name none */
    unsigned result_types;   /* 1 << result type */
    uint64_t sessions;
};

/* What was published from one observation to the last of the same content. */
struct dashboard_state {
    int64_t first_at, last_at;
    const struct observation *observation;
    struct changes changes; /* from the state before */
    size_t mark; /* its number in the plot, from 1; 0: before the window, or the first */
};

struct dashboard_domain {
    const struct summary *summary;
    int64_t since, until;
    int64_t bar_days;
    struct {
        struct dashboard_bar *at;
        size_t count;
    } bars;
    struct text parts[DASHBOARD_PARTS]; /* the reporters' names */
    size_t part_count;
    struct {
        struct dashboard_place *at; /* those with the most sessions first */
        size_t count;
    } places;
    struct {
        struct dashboard_state *at; /* in the order of time */
        size_t count;
    } states;
    size_t state_then; /* the one in force when the window began, else the first */
};

struct dashboard_report {
    struct findings_report findings; /* its `at` are the diagnoses of `at`, in the same order */
    const struct summary *at;
    struct text client; /* unknown: of no client in particular */
};

/* The name of the page of a domain, "domain/example.com.html", in ARENA: letters, digits, dots and hyphens;
 * whatever else a stranger put into a name stands as _ and two hexadecimal digits. */
struct text dashboard_domain_file(struct arena *arena, struct text domain);

/* "code/STS-MX-NOT-LISTED.html" */
struct text dashboard_code_file(struct arena *arena, const struct rule *rule);

/* The folders of these. */
extern const struct text_list dashboard_folders;

void dashboard_index(struct buffer *out, const struct dashboard_report *report);
void dashboard_domain(struct buffer *out, const struct dashboard_domain *domain);

/* What a code means, and where it was found; and the list of all codes, "code/index.html". */
void dashboard_code(struct buffer *out, const struct dashboard_report *report,
                    const struct rule *rule);
void dashboard_codes(struct buffer *out, const struct rule *at, size_t count);

#endif
