#include "rules/survey.h"

#include "base/vector.h"

struct surveyed {
    struct tree_node node;
    struct text reporter;
    bool authenticated;
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
    const struct reporter_seen *reporter = key;
    const struct surveyed *surveyed = (const struct surveyed *)node;
    int order = text_compare(reporter->name, surveyed->reporter);
    return order ? order : (int)reporter->authenticated - (int)surveyed->authenticated;
}

static struct surveyed *surveyed_of(struct survey *survey, const struct reporter_seen *reporter)
{
    struct surveyed *surveyed =
        (struct surveyed *)tree_find(survey->root, reporter, compare_reporter);
    if (surveyed)
        return surveyed;
    surveyed = arena_new(survey->arena, struct surveyed);
    surveyed->reporter = text_copy(survey->arena, reporter->name);
    surveyed->authenticated = reporter->authenticated;
    survey->root = tree_add(survey->root, &surveyed->node, reporter, compare_reporter);
    return surveyed;
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
 * suffixes: two labels, or three under such as co.uk, whose last but one is short. Of a name as
 * short as web.de it takes the hosts for strangers; under suffixes that it does not know it takes
 * strangers for related, which only makes a rule more careful. */
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

/* Only hosts that are related to none before are kept: the others tell nothing more. */
static void add_host(struct survey *survey, struct surveyed *surveyed, struct text domain,
                     struct text mx)
{
    struct survey_hosts *hosts = &surveyed->hosts;
    struct survey_host host = {domain, mx};
    if (hosts->count == SURVEY_HOSTS)
        return;
    for (size_t i = 0; i < hosts->count; i++)
        if (is_related(&hosts->at[i], &host))
            return;
    host.domain = text_copy(survey->arena, domain);
    host.mx = text_copy(survey->arena, mx);
    VECTOR_ADD(survey->arena, hosts, host);
}

void survey_add(struct survey *survey, struct text domain, const struct groups *groups)
{
    for (size_t i = 0; i < groups->all.count; i++) {
        const struct failure_group *group = groups->all.at[i];
        if (group->reporter && text_known(group->reporter->name) && group->sessions &&
            group->others_succeeding && group->mx_is_host)
            add_host(survey, surveyed_of(survey, group->reporter), domain, group->mx);
    }
}

bool survey_is_asked(const struct groups *groups)
{
    for (size_t i = 0; i < groups->all.count; i++)
        if (groups->all.at[i]->reporter && groups->all.at[i]->others_succeeding &&
            groups->all.at[i]->mx_is_host)
            return true;
    return false;
}

const struct survey_hosts *survey_unrelated(const struct survey *survey,
                                            const struct reporter_seen *reporter)
{
    static const struct survey_hosts none;
    const struct surveyed *surveyed =
        survey ? (const struct surveyed *)tree_find(survey->root, reporter, compare_reporter)
               : NULL;
    return surveyed ? &surveyed->hosts : &none;
}
