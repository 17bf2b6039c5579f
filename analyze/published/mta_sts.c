#include "published/mta_sts.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "published/mta_sts_mx.h"
#include "published/mx_match.h"

static const char *const mode_names[] = {
    [MTA_STS_MODE_UNKNOWN] = NULL,
    [MTA_STS_MODE_ENFORCE] = "enforce",
    [MTA_STS_MODE_TESTING] = "testing",
    [MTA_STS_MODE_NONE] = "none",
};
_Static_assert(sizeof mode_names / sizeof *mode_names == MTA_STS_MODE_COUNT,
               "a mode is missing");

static const char *const fault_names[] = {
    [MTA_STS_FAULT_NONE] = NULL,
    [MTA_STS_FAULT_EMPTY] = "empty",
    [MTA_STS_FAULT_HTML] = "html",
    [MTA_STS_FAULT_BYTE_ORDER_MARK] = "byte-order-mark",
    [MTA_STS_FAULT_LINE_ENDS] = "line-ends",
    [MTA_STS_FAULT_BLANK_LINE] = "blank-line",
    [MTA_STS_FAULT_COMMENT] = "comment",
    [MTA_STS_FAULT_COLON_MISSING] = "colon-missing",
    [MTA_STS_FAULT_BLANK] = "blank",
    [MTA_STS_FAULT_KEY_CASE] = "key-case",
    [MTA_STS_FAULT_KEY_NEAR] = "key-near",
    [MTA_STS_FAULT_ID_IN_POLICY] = "id-in-policy",
    [MTA_STS_FAULT_REPEATED] = "repeated",
    [MTA_STS_FAULT_VERSION_MISSING] = "version-missing",
    [MTA_STS_FAULT_VERSION] = "version",
    [MTA_STS_FAULT_MODE_MISSING] = "mode-missing",
    [MTA_STS_FAULT_MODE] = "mode",
    [MTA_STS_FAULT_MAX_AGE_MISSING] = "max-age-missing",
    [MTA_STS_FAULT_MAX_AGE] = "max-age",
    [MTA_STS_FAULT_MAX_AGE_LARGE] = "max-age-large",
    [MTA_STS_FAULT_MX_MISSING] = "mx-missing",
    [MTA_STS_FAULT_MX_EMPTY] = "mx-empty",
    [MTA_STS_FAULT_MX_ADDRESS] = "mx-address",
    [MTA_STS_FAULT_MX_URL] = "mx-url",
    [MTA_STS_FAULT_MX_MAIL_ADDRESS] = "mx-mail-address",
    [MTA_STS_FAULT_MX_LIST] = "mx-list",
    [MTA_STS_FAULT_MX_PREFERENCE] = "mx-preference",
    [MTA_STS_FAULT_MX_STAR] = "mx-star",
    [MTA_STS_FAULT_MX_WILDCARD] = "mx-wildcard",
    [MTA_STS_FAULT_MX_UNICODE] = "mx-unicode",
    [MTA_STS_FAULT_MX_FINAL_DOT] = "mx-final-dot",
    [MTA_STS_FAULT_MX_NAME] = "mx-name",
};
_Static_assert(sizeof fault_names / sizeof *fault_names == MTA_STS_FAULT_COUNT,
               "a fault is missing");

const char *mta_sts_mode_name(enum mta_sts_mode mode)
{
    return (unsigned)mode < MTA_STS_MODE_COUNT ? mode_names[mode] : NULL;
}

const char *mta_sts_fault_name(enum mta_sts_fault fault)
{
    return (unsigned)fault < MTA_STS_FAULT_COUNT ? fault_names[fault] : NULL;
}

struct reader;
typedef void read_value(struct reader *reader, struct text value);
static read_value read_version, read_mode, read_max_age, read_mx;

enum key { KEY_VERSION, KEY_MODE, KEY_MAX_AGE, KEY_MX, KEY_COUNT };

static const struct {
    const char *name;
    read_value *read;
    enum mta_sts_fault missing;
    const char *sentence;
} keys[KEY_COUNT] = {
    [KEY_VERSION] = {"version", read_version, MTA_STS_FAULT_VERSION_MISSING,
                     "the line \"version: STSv1\" is missing"},
    [KEY_MODE] = {"mode", read_mode, MTA_STS_FAULT_MODE_MISSING,
                  "a line \"mode: enforce\" (or testing, or none) is missing"},
    [KEY_MAX_AGE] = {"max_age", read_max_age, MTA_STS_FAULT_MAX_AGE_MISSING,
                     "a line \"max_age: 604800\" (seconds, at most 31557600) is missing"},
    [KEY_MX] =
        {"mx", read_mx, MTA_STS_FAULT_MX_MISSING,
         "no line \"mx: host name\" is there: senders that obey the policy find no MX that "
         "they may use"},
};

struct reader {
    struct arena *arena;
    struct mta_sts_policy *policy;
    size_t line;
    bool fatal, blank_seen;
    bool seen[KEY_COUNT];
    /* What was written in place of a key: one more than its index in the faults, 0 for none. */
    size_t instead[KEY_COUNT];
};

static void add_fault(struct reader *reader, enum mta_sts_fault fault, size_t line, bool fatal,
                      struct text sentence)
{
    struct mta_sts_faults *faults = &reader->policy->faults;
    struct mta_sts_fault_found found = {fault, line, fatal, sentence};
    reader->fatal = reader->fatal || fatal;
    if (faults->count < MTA_STS_FAULTS_MAX)
        VECTOR_ADD(reader->arena, faults, found);
}

static void read_version(struct reader *reader, struct text value)
{
    if (!text_equal(value, TEXT("STSv1")))
        add_fault(reader, MTA_STS_FAULT_VERSION, reader->line, true,
                  text_format(reader->arena,
                              "the version \"%.*s\" is unknown: write \"version: STSv1\"",
                              TEXT_ARGS(quote(reader->arena, value))));
}

static void read_mode(struct reader *reader, struct text value)
{
    const char *near = NULL;
    for (unsigned i = 1; i < MTA_STS_MODE_COUNT; i++) {
        struct text name = text_of(mode_names[i]);
        if (text_equal(value, name)) {
            reader->policy->mode = (enum mta_sts_mode)i;
            return;
        }
        if (txt_distance(value, name) <= 2 || text_starts_nocase(value, text_first(name, 4)))
            near = mode_names[i];
    }
    struct text shown = quote(reader->arena, value);
    add_fault(reader, MTA_STS_FAULT_MODE, reader->line, true,
              near ? text_format(reader->arena,
                                 "the mode \"%.*s\" is unknown, so senders reject the policy: "
                                 "write \"mode: %s\"",
                                 TEXT_ARGS(shown), near)
                   : text_format(reader->arena,
                                 "the mode \"%.*s\" is unknown: write enforce, testing or none",
                                 TEXT_ARGS(shown)));
}

static void read_max_age(struct reader *reader, struct text value)
{
    enum { DIGITS_MAX = 10 };
    size_t digits = 0;
    while (digits < value.length && value.at[digits] >= '0' && value.at[digits] <= '9')
        digits++;
    struct mta_sts_policy *policy = reader->policy;
    if (digits == 0 || digits != value.length) {
        add_fault(
            reader, MTA_STS_FAULT_MAX_AGE, reader->line, true,
            text_format(reader->arena,
                        "max_age \"%.*s\" is no number: write seconds in digits only, as in "
                        "\"max_age: 604800\"",
                        TEXT_ARGS(quote(reader->arena, value))));
        return;
    }
    policy->has_max_age = true;
    if (!text_unsigned(value, &policy->max_age))
        policy->max_age = UINT64_MAX;
    if (digits > DIGITS_MAX)
        add_fault(reader, MTA_STS_FAULT_MAX_AGE, reader->line, true,
                  TEXT("max_age has more than 10 digits: write at most 31557600, a year"));
    else if (policy->max_age > MTA_STS_MAX_AGE_MAX)
        add_fault(
            reader, MTA_STS_FAULT_MAX_AGE_LARGE, reader->line, true,
            TEXT("max_age is above its maximum 31557600, a year, and some senders reject the "
                 "policy: lower it"));
}

static void read_mx(struct reader *reader, struct text value)
{
    struct text sentence = TEXT_UNKNOWN;
    bool wanted = reader->policy->faults.count < MTA_STS_FAULTS_MAX;
    if (reader->policy->mx.count >= MTA_STS_MX_MAX)
        return;
    struct mta_sts_mx mx = mta_sts_mx_read(value, reader->arena, wanted ? &sentence : NULL);
    mx.line = reader->line;
    VECTOR_ADD(reader->arena, &reader->policy->mx, mx);
    if (mx.fault)
        add_fault(reader, mx.fault, reader->line, false, sentence);
}

/* The key that WORD resembles, or KEY_COUNT; *CASE_ONLY where nothing but its case is wrong. */
static enum key near_key(struct text word, bool *case_only)
{
    static const struct {
        const char *word;
        enum key key;
    } habits[] = {{"v", KEY_VERSION},
                  {"mx_host", KEY_MX},
                  {"mx-host", KEY_MX},
                  {"max-age", KEY_MAX_AGE},
                  {"max age", KEY_MAX_AGE}};
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        size_t off = txt_distance(word, text_of(keys[i].name));
        *case_only = off == 0;
        if (off <= 1)
            return (enum key)i;
    }
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (text_equal_nocase(word, text_of(habits[i].word)))
            return habits[i].key;
    return KEY_COUNT;
}

/* The last fault added tells what stands in place of KEY. */
static void note_instead(struct reader *reader, enum key key)
{
    if (key < KEY_COUNT && !reader->instead[key] &&
        reader->policy->faults.count < MTA_STS_FAULTS_MAX)
        reader->instead[key] = reader->policy->faults.count;
}

static void read_unknown_key(struct reader *reader, struct text word)
{
    bool case_only;
    enum key key = near_key(word, &case_only);
    if (text_equal_nocase(word, TEXT("id"))) {
        add_fault(reader, MTA_STS_FAULT_ID_IN_POLICY, reader->line, false,
                  TEXT("the id belongs in the TXT record at _mta-sts; in the policy it means "
                       "nothing"));
    } else if (key < KEY_COUNT) {
        struct text shown = quote(reader->arena, word);
        add_fault(reader, case_only ? MTA_STS_FAULT_KEY_CASE : MTA_STS_FAULT_KEY_NEAR,
                  reader->line, false,
                  text_format(reader->arena,
                              "\"%.*s:\" is a key that senders pass over: write \"%s:\"%s",
                              TEXT_ARGS(shown), keys[key].name,
                              case_only ? " in lower case" : ""));
        note_instead(reader, key);
    }
}

static void read_without_colon(struct reader *reader, struct text line)
{
    struct text shown = quote(reader->arena, line);
    if (line.at[0] == '#') {
        add_fault(
            reader, MTA_STS_FAULT_COMMENT, reader->line, true,
            TEXT("a policy has no comments, and strict senders reject it: remove the line"));
        return;
    }
    add_fault(reader, MTA_STS_FAULT_COLON_MISSING, reader->line, true,
              text_format(reader->arena, "\"%.*s\" has no colon: every line is \"key: value\"",
                          TEXT_ARGS(shown)));
    size_t end = 0;
    while (end < line.length && line.at[end] != ' ' && line.at[end] != '\t' &&
           line.at[end] != '=')
        end++;
    bool case_only;
    note_instead(reader, near_key(text_first(line, end), &case_only));
}

static void read_key(struct reader *reader, struct text word, struct text value)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (!text_equal(word, text_of(keys[i].name)))
            continue;
        if (i != KEY_MX && reader->seen[i])
            add_fault(reader, MTA_STS_FAULT_REPEATED, reader->line, false,
                      text_format(reader->arena, "a second %s: the first counts, remove one",
                                  keys[i].name));
        else
            keys[i].read(reader, value);
        reader->seen[i] = true;
        return;
    }
    read_unknown_key(reader, word);
}

static void read_line(struct reader *reader, struct text line)
{
    reader->line++;
    struct text trimmed = text_trim(line);
    if (!trimmed.length) {
        if (!reader->blank_seen)
            add_fault(reader, MTA_STS_FAULT_BLANK_LINE, reader->line, false,
                      TEXT("an empty line upsets strict senders: remove it"));
        reader->blank_seen = true;
        return;
    }
    size_t colon = text_find_char(trimmed, ':');
    if (colon == SIZE_MAX) {
        read_without_colon(reader, trimmed);
        return;
    }
    struct text word = text_trim(text_first(trimmed, colon));
    if (word.length != colon || trimmed.at != line.at)
        add_fault(reader, MTA_STS_FAULT_BLANK, reader->line, false,
                  TEXT("a blank before the key or the colon upsets strict senders: remove it"));
    if (trimmed.at[0] == '#')
        add_fault(reader, MTA_STS_FAULT_COMMENT, reader->line, false,
                  TEXT("a policy has no comments: remove the line"));
    else
        read_key(reader, word, text_trim(text_from(trimmed, colon + 1)));
}

static bool has_good_mx(const struct mta_sts_policy *policy)
{
    for (size_t i = 0; i < policy->mx.count; i++)
        if (mta_sts_mx_is_good(&policy->mx.at[i]))
            return true;
    return false;
}

static bool is_about_mx_value(enum mta_sts_fault fault)
{
    return fault >= MTA_STS_FAULT_MX_EMPTY && fault != MTA_STS_FAULT_MX_FINAL_DOT;
}

static void finish(struct reader *reader)
{
    struct mta_sts_policy *policy = reader->policy;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        bool needed = i != KEY_MX || policy->mode != MTA_STS_MODE_NONE;
        if (!needed || reader->seen[i])
            continue;
        reader->fatal = true;
        if (reader->instead[i])
            policy->faults.at[reader->instead[i] - 1].fatal = true;
        else
            add_fault(reader, keys[i].missing, 0, true, text_of(keys[i].sentence));
    }
    if (policy->mode != MTA_STS_MODE_NONE && policy->mx.count && !has_good_mx(policy)) {
        reader->fatal = true;
        for (size_t i = 0; i < policy->faults.count; i++)
            if (is_about_mx_value(policy->faults.at[i].fault))
                policy->faults.at[i].fatal = true;
    }
    policy->valid = !reader->fatal;
}

static struct text without_mark(struct reader *reader, struct text body)
{
    const struct text mark = TEXT("\xef\xbb\xbf");
    if (!text_starts(body, mark))
        return body;
    add_fault(
        reader, MTA_STS_FAULT_BYTE_ORDER_MARK, 1, true,
        TEXT("a byte order mark stands before the first line, so its key is misread: save "
             "the file as UTF-8 without it"));
    return text_from(body, mark.length);
}

/* Whether the text can be read line by line at all. */
static bool has_lines(struct reader *reader, struct text body)
{
    struct text trimmed = text_trim(body);
    if (!trimmed.length)
        add_fault(reader, MTA_STS_FAULT_EMPTY, 0, true, TEXT("the policy is empty"));
    else if (trimmed.at[0] == '<')
        add_fault(
            reader, MTA_STS_FAULT_HTML, 1, true,
            TEXT("this is a web page and no policy: let the web server send the policy file "
                 "itself at this address"));
    else
        return true;
    return false;
}

void mta_sts_policy_read(struct text body, struct arena *arena, struct mta_sts_policy *policy)
{
    *policy = (struct mta_sts_policy){0};
    struct reader reader = {.arena = arena, .policy = policy};
    body = without_mark(&reader, body);
    if (!has_lines(&reader, body))
        return;
    char end = '\n';
    if (text_find_char(text_trim(body), '\n') == SIZE_MAX &&
        text_find_char(text_trim(body), '\r') != SIZE_MAX) {
        end = '\r';
        add_fault(&reader, MTA_STS_FAULT_LINE_ENDS, 0, true,
                  TEXT("the lines end in CR alone: save the file with LF or CRLF"));
    }
    struct text line;
    while (text_next(&body, end, &line))
        if (line.length || text_known(body))
            read_line(&reader, line);
    finish(&reader);
}

void mta_sts_policy_read_lines(const struct text_list *lines, struct arena *arena,
                               struct mta_sts_policy *policy)
{
    *policy = (struct mta_sts_policy){0};
    struct reader reader = {.arena = arena, .policy = policy};
    if (!lines->count && !has_lines(&reader, TEXT("")))
        return;
    for (size_t i = 0; i < lines->count; i++)
        read_line(&reader, i ? lines->at[i] : without_mark(&reader, lines->at[0]));
    finish(&reader);
}

static int compare(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* The patterns as a set: sorted, each once. */
static struct text_list sorted_patterns(const struct mta_sts_policy *policy,
                                        struct arena *arena)
{
    struct text_list list = {arena_array(arena, policy->mx.count, sizeof(struct text)), 0};
    for (size_t i = 0; i < policy->mx.count; i++)
        list.at[i] = policy->mx.at[i].pattern;
    if (policy->mx.count)
        qsort(list.at, policy->mx.count, sizeof *list.at, compare);
    for (size_t i = 0; i < policy->mx.count; i++)
        if (!i || !text_equal(list.at[i], list.at[list.count - 1]))
            list.at[list.count++] = list.at[i];
    return list;
}

bool mta_sts_policy_equal(const struct mta_sts_policy *a, const struct mta_sts_policy *b)
{
    ARENA_AUTO arena = {0};
    if (a->mode != b->mode || a->has_max_age != b->has_max_age || a->max_age != b->max_age)
        return false;
    struct text_list left = sorted_patterns(a, &arena), right = sorted_patterns(b, &arena);
    if (left.count != right.count)
        return false;
    for (size_t i = 0; i < left.count; i++)
        if (!text_equal(left.at[i], right.at[i]))
            return false;
    return true;
}

const struct mta_sts_mx *mta_sts_policy_covers(const struct mta_sts_policy *policy,
                                               struct text mx)
{
    for (size_t i = 0; i < policy->mx.count; i++)
        if (mta_sts_mx_is_good(&policy->mx.at[i]) && mx_match(policy->mx.at[i].pattern, mx))
            return &policy->mx.at[i];
    return NULL;
}

bool mta_sts_policy_covers_all(const struct mta_sts_policy *policy,
                               const struct text_list *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (!mta_sts_policy_covers(policy, hosts->at[i]))
            return false;
    return true;
}

struct text mta_sts_policy_write(const struct mta_sts_policy *policy,
                                 const struct text_list *add, struct arena *arena)
{
    enum { WEEK = 604800 };
    if (policy->mode == MTA_STS_MODE_UNKNOWN)
        return TEXT_UNKNOWN;
    BUFFER_AUTO buffer = {0};
    buffer_format(&buffer, "version: STSv1\nmode: %s\n", mode_names[policy->mode]);
    for (size_t i = 0; i < policy->mx.count; i++)
        if (mta_sts_mx_is_good(&policy->mx.at[i]))
            buffer_format(&buffer, "mx: %.*s\n", TEXT_ARGS(policy->mx.at[i].pattern));
    for (size_t i = 0; add && i < add->count; i++)
        if (!mta_sts_policy_covers(policy, add->at[i]))
            buffer_format(&buffer, "mx: %.*s\n", TEXT_ARGS(add->at[i]));
    uint64_t max_age = policy->has_max_age ? policy->max_age : WEEK;
    if (max_age > MTA_STS_MAX_AGE_MAX)
        max_age = MTA_STS_MAX_AGE_MAX;
    buffer_format(&buffer, "max_age: %llu\n", (unsigned long long)max_age);
    return text_copy(arena, buffer_text(&buffer));
}
