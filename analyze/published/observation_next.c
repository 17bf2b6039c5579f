/* Several observations in one text: finding where each ends, before anything is parsed. */
#include <string.h>

#include "published/observation_text.h"

enum {
    DEPTH_MAX = 64,
    SIZE_MAX_BYTES = 32 * 1024 * 1024,
    /* Commas and openings: what bounds the memory of the parsed tree. */
    VALUES_MAX = 1000 * 1000,
};

/* A string from behind its opening quote; *AT goes behind its closing one. */
static const char *scan_string(struct text text, size_t *at)
{
    while (*at < text.length) {
        unsigned char c = (unsigned char)text.at[*at];
        if (c == '"') {
            ++*at;
            return NULL;
        }
        if (c < 0x20)
            return c ? "a raw control character in a string" : "a NUL character";
        if (c == '\\') {
            if (text_starts(text_from(text, *at), TEXT("\\u0000")))
                return "a NUL character";
            *at += 2;
            continue;
        }
        size_t length = text_utf8_length(text_from(text, *at));
        if (!length)
            return "no UTF-8";
        *at += length;
    }
    *at = text.length;
    return "the text ends inside a string";
}

const char *observation_scan(struct text text, size_t start, size_t *end)
{
    size_t depth = 0, values = 0, at = start;
    while (at < text.length) {
        char c = text.at[at++];
        const char *problem = NULL;
        if (c == '"') {
            problem = scan_string(text, &at);
        } else if (c == '{' || c == '[') {
            values++;
            if (++depth > DEPTH_MAX)
                problem = "nested too deeply";
        } else if (c == ',') {
            values++;
        } else if (!c || (unsigned char)c >= 0x80) {
            problem = "no JSON";
        } else if ((c == '}' || c == ']') && --depth == 0) {
            *end = at;
            return NULL;
        }
        if (!problem && values > VALUES_MAX)
            problem = "more than a million values";
        if (!problem && at - start > SIZE_MAX_BYTES)
            problem = "larger than 32 MiB";
        if (problem) {
            *end = at;
            return problem;
        }
    }
    *end = text.length;
    return "the text ends inside the object";
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Counts lines up to where the reader is. */
static size_t line_of(struct observation_reader *reader)
{
    for (; reader->line_at < reader->at; reader->line_at++)
        reader->lines += reader->text.at[reader->line_at] == '\n';
    return reader->lines + 1;
}

static enum observation_next broken(struct observation_reader *reader, struct error *err,
                                    const char *problem)
{
    reader->ended = true;
    error_set(err, ERROR_INPUT, "line %zu: %s", line_of(reader), problem);
    return OBSERVATION_BROKEN;
}

/* Goes to the next "{". Null, or what is wrong; at the end of the text `ended` is set. */
static const char *find_object(struct observation_reader *reader)
{
    for (;; reader->at++) {
        while (reader->at < reader->text.length && is_blank(reader->text.at[reader->at]))
            reader->at++;
        if (reader->at == reader->text.length) {
            reader->ended = true;
            return reader->in_array ? "the array is not closed" : NULL;
        }
        char c = reader->text.at[reader->at];
        bool between = reader->in_array && !reader->wants_element;
        if (c == '{' && !between)
            return NULL;
        if (c == '[' && !reader->in_array)
            reader->in_array = reader->wants_element = reader->first_element = true;
        else if (c == ',' && between)
            reader->wants_element = true;
        else if (c == ']' && (between || reader->first_element))
            reader->in_array = reader->wants_element = reader->first_element = false;
        else
            return between ? "\",\" or \"]\" is expected" : "an object is expected";
    }
}

enum observation_next observation_next(struct observation_reader *reader, struct arena *arena,
                                       struct observation *observation, struct error *err)
{
    struct error why = {0};
    size_t end;
    const struct text mark = TEXT("\xef\xbb\xbf");
    if (reader->ended)
        return OBSERVATION_END;
    if (reader->at == 0 && text_starts(reader->text, mark))
        reader->at = mark.length;
    const char *problem = find_object(reader);
    if (problem)
        return broken(reader, err, problem);
    if (reader->ended)
        return OBSERVATION_END;
    reader->line = line_of(reader);
    size_t start = reader->at;
    problem = observation_scan(reader->text, start, &end);
    reader->at = end;
    if (problem)
        return broken(reader, err, problem);
    reader->wants_element = reader->first_element = false;
    struct text object = text_first(text_from(reader->text, start), end - start);
    if (observation_read(object, arena, observation, &why))
        return OBSERVATION_READ;
    error_set(err, ERROR_INPUT, "line %zu: %s", reader->line, why.text);
    return OBSERVATION_WRONG;
}
