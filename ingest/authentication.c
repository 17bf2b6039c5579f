#include "ingest/authentication.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the comment that *REST begins with (RFC 5322 §3.2.2); one that does not end takes all. */
static void skip_comment(struct text *rest)
{
    size_t depth = 0, i = 0;
    for (; i < rest->length; i++) {
        char c = rest->at[i];
        if (c == '\\')
            i++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            break;
    }
    *rest = text_from(*rest, i + 1);
}

/* Behind blanks, folding and comments. */
static void skip_blanks(struct text *rest)
{
    while (rest->length) {
        if (rest->at[0] == '(')
            skip_comment(rest);
        else if (is_blank(rest->at[0]))
            *rest = text_from(*rest, 1);
        else
            return;
    }
}

/* The length of the quoted string that TEXT begins with, its quotes included. */
static size_t quoted_length(struct text text)
{
    size_t i = 1;
    while (i < text.length && text.at[i] != '"')
        i += text.at[i] == '\\' ? 2 : 1;
    return i + 1 < text.length ? i + 1 : text.length;
}

/* Takes the word at the start of *REST: to a blank, a comment, or one of STOPS; a quoted string in
 * it hides all of these. Quotes stay. */
static struct text take_word(struct text *rest, const char *stops)
{
    skip_blanks(rest);
    size_t i = 0;
    while (i < rest->length) {
        char c = rest->at[i];
        if (is_blank(c) || c == '(' || (c && strchr(stops, c)))
            break;
        i += c == '"' ? quoted_length(text_from(*rest, i)) : 1;
    }
    struct text word = text_first(*rest, i);
    *rest = text_from(*rest, i);
    skip_blanks(rest);
    return word;
}

/* Takes CHAR if *REST begins with it. */
static bool take_char(struct text *rest, char wanted)
{
    if (!rest->length || rest->at[0] != wanted)
        return false;
    *rest = text_from(*rest, 1);
    return true;
}

/* Takes "authserv-id [version]"; false where something else stands before the first ';'. A version
 * is digits alone. */
static bool take_server(struct text *rest, struct text *id)
{
    *id = take_word(rest, ";");
    uint64_t version;
    if (rest->length && rest->at[0] != ';' && !text_unsigned(take_word(rest, ";"), &version))
        return false;
    return !rest->length || rest->at[0] == ';';
}

bool authentication_by(struct text value, struct text authserv_id)
{
    /* A quoted id is legal and is none of ours: nobody writes it but to pass a filter that looks
     * for the bare one. */
    struct text id;
    return authserv_id.length && take_server(&value, &id) && text_equal_nocase(id, authserv_id);
}

static struct text without_final_dot(struct text name)
{
    return name.length && name.at[name.length - 1] == '.' ? text_first(name, name.length - 1)
                                                          : name;
}

/* Whether the domain in the property's VALUE, which is a domain or an address, is DOMAIN or a
 * parent of it. */
static bool covers(struct text value, struct text domain)
{
    if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"')
        value = text_first(text_from(value, 1), value.length - 2);
    for (size_t i = value.length; i-- > 0;)
        if (value.at[i] == '@') {
            value = text_from(value, i + 1);
            break;
        }
    value = without_final_dot(value);
    domain = without_final_dot(domain);
    if (!value.length || value.length > domain.length)
        return false;
    size_t before = domain.length - value.length;
    return text_equal_nocase(text_from(domain, before), value) &&
           (!before || domain.at[before - 1] == '.');
}

/* One result: "method[/version]=result [reason=…] [ptype.property=value]…". */
struct result {
    bool dkim, pass, fail;
    bool covers; /* one of header.d and header.i is the wanted domain or a parent */
};

static void take_pair(struct text *rest, struct text domain, bool first, struct result *result)
{
    struct text key = take_word(rest, ";=");
    if (!take_char(rest, '='))
        return;
    struct text value = take_word(rest, ";");
    if (first) {
        result->dkim =
            text_equal_nocase(text_first(key, text_find_char(key, '/')), TEXT("dkim"));
        result->pass = text_equal_nocase(value, TEXT("pass"));
        result->fail = text_equal_nocase(value, TEXT("fail"));
    } else if (text_equal_nocase(key, TEXT("header.d")) ||
               text_equal_nocase(key, TEXT("header.i"))) {
        result->covers |= covers(value, domain);
    }
}

static struct result take_result(struct text *rest, struct text domain)
{
    struct result result = {0};
    skip_blanks(rest);
    for (bool first = true; rest->length && rest->at[0] != ';'; first = false)
        take_pair(rest, domain, first, &result);
    return result;
}

enum authenticated authentication_verdict(struct text value, struct text submitter_domain)
{
    enum authenticated verdict = AUTHENTICATED_NONE;
    struct text id;
    if (!take_server(&value, &id))
        return verdict;
    while (take_char(&value, ';')) {
        struct result result = take_result(&value, submitter_domain);
        if (result.dkim && result.pass && result.covers)
            return AUTHENTICATED_PASS;
        if (result.dkim && result.fail)
            verdict = AUTHENTICATED_FAIL;
    }
    return verdict;
}
