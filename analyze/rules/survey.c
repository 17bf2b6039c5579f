#include "rules/survey.h"

#include "base/vector.h"

struct surveyed {
    struct tree_node node;
    struct text reporter;
    struct survey_hosts hosts;
};

struct survey {
    struct arena *arena;
    struct tree_node *root;
};

struct survey *survey_new(struct arena *arena)
{
    struct survey *survey = arena_new(arena, struct survey);
    survey->arena = arena;
    return survey;
}

static int compare_reporter(const void *key, const struct tree_node *node)
{
    return text_compare(*(const struct text *)key, ((const struct surveyed *)node)->reporter);
}

static struct surveyed *surveyed_of(struct survey *survey, struct text reporter)
{
    struct surveyed *surveyed =
        (struct surveyed *)tree_find(survey->root, &reporter, compare_reporter);
    if (surveyed)
        return surveyed;
    surveyed = arena_new(survey->arena, struct surveyed);
    surveyed->reporter = text_copy(survey->arena, reporter);
    survey->root =
        tree_add(survey->root, &surveyed->node, &surveyed->reporter, compare_reporter);
    return surveyed;
}

static void add_host(struct survey *survey, struct surveyed *surveyed, struct text domain,
                     struct text mx)
{
    struct survey_hosts *hosts = &surveyed->hosts;
    for (size_t i = 0; i < hosts->count; i++)
        if (text_equal(hosts->at[i].mx, mx))
            return;
    if (hosts->count < SURVEY_HOSTS)
        VECTOR_ADD(survey->arena, hosts,
                   ((struct survey_host){text_copy(survey->arena, domain),
                                         text_copy(survey->arena, mx)}));
}

void survey_add(struct survey *survey, struct text domain, const struct groups *groups)
{
    for (size_t i = 0; i < groups->all.count; i++) {
        const struct failure_group *group = groups->all.at[i];
        if (group->reporter && text_known(group->reporter->name) && group->sessions &&
            group->others_succeeding && text_is_host(group->mx))
            add_host(survey, surveyed_of(survey, group->reporter->name), domain, group->mx);
    }
}

/* ---- which hosts are related ---- */

/* The last COUNT labels of NAME. */
static struct text last_labels(struct text name, int count)
{
    size_t at = name.length;
    while (at > 0 && count > 0)
        if (name.at[--at] == '.' && --count == 0)
            return text_from(name, at + 1);
    return name;
}

/* The name under which its owner has registered it, by a rule of thumb instead of a list of public
 * suffixes: two labels, or three under such as co.uk, whose last but one is short. What it takes for
 * related wrongly only makes a rule more careful. */
static struct text registrable(struct text name)
{
    struct text two = last_labels(name, 2);
    size_t dot = text_find_char(two, '.');
    bool second_level = dot != SIZE_MAX && dot <= 3 && two.length - dot - 1 == 2;
    return second_level ? last_labels(name, 3) : two;
}

static bool is_related(const struct survey_host *a, const struct survey_host *b)
{
    return text_equal(a->domain, b->domain) ||
           text_equal(registrable(a->domain), registrable(b->domain)) ||
           text_equal(registrable(a->mx), registrable(b->mx));
}

struct survey_hosts survey_unrelated(const struct survey *survey, struct text reporter,
                                     struct arena *arena)
{
    struct survey_hosts unrelated = {0};
    const struct surveyed *surveyed =
        survey ? (const struct surveyed *)tree_find(survey->root, &reporter, compare_reporter)
               : NULL;
    for (size_t i = 0; surveyed && i < surveyed->hosts.count; i++) {
        bool related = false;
        for (size_t j = 0; j < unrelated.count; j++)
            related = related || is_related(&surveyed->hosts.at[i], &unrelated.at[j]);
        if (!related)
            VECTOR_ADD(arena, &unrelated, surveyed->hosts.at[i]);
    }
    return unrelated;
}
