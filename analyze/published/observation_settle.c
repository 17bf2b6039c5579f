#include "published/observation_settle.h"

#include <string.h>

#include "base/buffer.h"

/* How many characters of TEXT are digits, or are of OTHERS. */
static size_t count_of(struct text text, bool digits, const char *others)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        if ((digits && text_is_digit(text.at[i])) || (text.at[i] && strchr(others, text.at[i])))
            count++;
    return count;
}

/* ---- names ---- */

/* No top-level domain begins with a digit. */
static bool is_name(struct text word)
{
    size_t dot = word.length;
    while (dot && word.at[dot - 1] != '.')
        dot--;
    return text_is_host(word) && !text_is_digit(word.at[dot]);
}

/* AM6EUR05FT021.mail.protection.outlook.com: Microsoft's machines take turns behind one address,
 * Yahoo's and others' too. */
static struct text settle_name(struct arena *arena, struct text name, struct text mx)
{
    size_t dot = text_find_char(name, '.');
    if (!text_known(name) || dot == SIZE_MAX || text_equal_nocase(name, mx) || !is_name(name) ||
        count_of(text_first(name, dot), true, "") == 0)
        return name;
    return text_format(arena, "*%.*s", TEXT_ARGS(text_from(name, dot)));
}

/* ---- words ---- */

/* 07:54:23 */
static bool is_time_of_day(struct text word)
{
    return word.length >= 7 && word.length <= 12 && text_is_digit(word.at[0]) &&
           count_of(word, false, ":") >= 2 && count_of(word, true, ":.,") == word.length;
}

/* A word of a date beside a time of day: Tue, 24 Nov 2026 … +0000 (UTC) */
static bool is_date_word(struct text word)
{
    static const char *const names[] = {
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar",
        "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    };
    static const char *const zones[] = {"gmt",  "utc", "(gmt)", "(utc)", "cet",
                                        "cest", "est", "edt",   "pst",   "pdt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (word.length <= 4 && text_starts_nocase(word, text_of(names[i])))
            return true;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (text_equal_nocase(word, text_of(zones[i])))
            return true;
    return count_of(word, true, "+-,/") == word.length && count_of(word, true, "") > 0;
}

/* 8.17.1/8.17.1;  3.7.11 */
static bool is_version(struct text word)
{
    return text_is_digit(word.at[0]) && text_find_char(text_first(word, 4), '.') != SIZE_MAX;
}

/* Long, with several digits, and neither a version nor a host name: Google's
 * 5b1f17b1804b1-47791d6ac62si123, Microsoft's [08DE1B3E4F5A6789]. The asterisks of a firewall
 * (220 ****0*2****) are none. */
static bool is_session(struct text word)
{
    return word.length >= 10 && count_of(word, true, "") >= 3 && !is_version(word) &&
           count_of(word, false, "*") == 0 && !is_name(word);
}

/* Takes the next word of *REST; *GAP is the blanks before it. */
static bool next_word(struct text *rest, struct text *gap, struct text *word)
{
    size_t start = 0, end;
    while (start < rest->length && strchr(" \t\r\n", rest->at[start]))
        start++;
    for (end = start; end < rest->length && !strchr(" \t\r\n", rest->at[end]);)
        end++;
    *gap = text_first(*rest, start);
    *word = text_first(text_from(*rest, start), end - start);
    *rest = text_from(*rest, end);
    return word->length > 0;
}

static bool has_time(struct text text)
{
    struct text gap, word;
    while (next_word(&text, &gap, &word))
        if (is_time_of_day(word))
            return true;
    return false;
}

/* The first word is the reply's code, and stays. */
static struct text settle_reply(struct arena *arena, struct text reply, struct text mx)
{
    BUFFER_AUTO settled = {0};
    const struct text dots = TEXT("…");
    bool dated = has_time(reply), left_out = false;
    struct text rest = reply, gap, word;
    if (!text_known(reply))
        return reply;
    for (size_t i = 0; next_word(&rest, &gap, &word); i++) {
        bool leave_out = i > 0 && (text_equal(word, dots) || is_session(word) ||
                                   (dated && (is_time_of_day(word) || is_date_word(word))));
        if (leave_out && left_out)
            continue;
        buffer_add_text(&settled, gap);
        buffer_add_text(&settled, leave_out ? dots
                                  : i == 1  ? settle_name(arena, word, mx)
                                            : word);
        left_out = leave_out;
    }
    return text_copy(arena, settled.length ? buffer_text(&settled) : TEXT(""));
}

void observation_settle(const struct observation *from, struct arena *arena,
                        struct observation *to)
{
    *to = *from;
    if (!from->smtp.count)
        return;
    to->smtp.at = arena_array(arena, from->smtp.count, sizeof *to->smtp.at);
    for (size_t i = 0; i < from->smtp.count; i++) {
        struct observed_smtp probe = from->smtp.at[i];
        probe.banner = settle_reply(arena, probe.banner, probe.mx);
        probe.starttls_reply = settle_reply(arena, probe.starttls_reply, probe.mx);
        probe.helo = settle_name(arena, probe.helo, probe.mx);
        to->smtp.at[i] = probe;
    }
}
