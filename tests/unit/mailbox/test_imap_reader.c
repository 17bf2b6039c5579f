/* What an IMAP server sends, taken apart. Each row is tried in one piece and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "mailbox/imap_reader.h"

/* The transcript of what came: bodies in <>, responses by kind. */
static bool begin(void *context, struct error *err)
{
    (void)err;
    buffer_add_char(context, '<');
    return true;
}

static bool body(void *context, struct text piece, struct error *err)
{
    (void)err;
    buffer_add_text(context, piece);
    return true;
}

static bool response(void *context, const struct imap_response *r, struct error *err)
{
    static const char *const kinds[] = {
        [IMAP_OTHER] = "other",    [IMAP_OK] = "ok",         [IMAP_NO] = "no",
        [IMAP_BAD] = "bad",        [IMAP_BYE] = "bye",       [IMAP_CONTINUE] = "continue",
        [IMAP_CAPABILITY] = "can", [IMAP_EXISTS] = "exists", [IMAP_FETCH] = "fetch",
        [IMAP_LIST] = "list",
    };
    (void)err;
    buffer_format(context, "%s", kinds[r->kind]);
    if (text_known(r->tag))
        buffer_format(context, " tag=%.*s", TEXT_ARGS(r->tag));
    if (text_known(r->code))
        buffer_format(context, " code=%.*s", TEXT_ARGS(r->code));
    if (text_known(r->text))
        buffer_format(context, " text=%.*s", TEXT_ARGS(r->text));
    if (r->kind == IMAP_EXISTS)
        buffer_format(context, " %u", r->number);
    if (r->kind == IMAP_FETCH)
        buffer_format(context, " %u %llu%s", r->uid, (unsigned long long)r->size,
                      r->has_body ? " body" : "");
    if (r->kind == IMAP_LIST)
        buffer_format(context, " %c %s %.*s", r->separator ? r->separator : '-',
                      r->selectable ? "can" : "not", TEXT_ARGS(r->name));
    buffer_add_char(context, '|');
    return true;
}

static const struct {
    const char *sent, *expected;
} rows[] = {
    {"* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n",
     "ok code=CAPABILITY IMAP4rev1 IDLE text=hello|"},
    {"* OK hello {5}\r\n* BYE over\r\n", "ok text=hello {5}|bye text=over|"},
    {"* PREAUTH hello\n", "ok text=hello|"},
    {"t1 OK done\r\nt2 NO [TRYCREATE] none\r\nt3 BAD what\r\n",
     "ok tag=t1 text=done|no tag=t2 code=TRYCREATE text=none|bad tag=t3 text=what|"},
    {"t1 BYE over\r\ntorn\r\n\r\n OK x\r\n", "other|other|other|other|"},
    {"+ idling\r\n+\r\n", "continue text=idling|continue text=|"},
    {"* CAPABILITY IMAP4rev1 MOVE\r\n", "can text=IMAP4rev1 MOVE|"},
    {"* 23 EXISTS\r\n* 99999999999 EXISTS\r\n* -1 EXISTS\r\n",
     "exists 23|exists 4294967295|other|"},
    {"* 1 FETCH (UID 4 RFC822.SIZE 300)\r\n", "fetch 4 300|"},
    {"* 1 fetch (rfc822.size 300 uid 4)\r\n", "fetch 4 300|"},
    {"* 1 FETCH (FLAGS (\\Seen (\\Odd)) UID 4)\r\n", "fetch 4 0|"},
    {"* 1 FETCH (UID 99999999999 RFC822.SIZE -2)\r\n", "fetch 0 0|"},
    {"* 1 FETCH (UID 4 BODY[] {5}\r\nhello)\r\n", "<hellofetch 4 0 body|"},
    {"* 1 FETCH (BODY[] {5}\r\nhello UID 4)\r\n", "<hellofetch 4 0 body|"},
    {"* 1 FETCH (UID 4 BODY[]<0> {2}\r\n\r\n)\r\n", "<\r\nfetch 4 0 body|"},
    {"* 1 FETCH (UID 4 BODY[] ~{2}\r\nab)\r\n", "<abfetch 4 0 body|"},
    {"* 1 FETCH (UID 4 BODY[] {0}\r\n)\r\n", "<fetch 4 0 body|"},
    {"* 1 FETCH (UID 4 BODY[] NIL)\r\n", "fetch 4 0|"},
    {"* 1 FETCH (UID 4 BODY[] \"a \\\"b\\\"\")\r\n", "<a \"b\"fetch 4 0 body|"},
    {"* 1 FETCH (UID 4 BODY[] \"\")\r\n", "<fetch 4 0 body|"},
    /* Lines in a mail are no responses. */
    {"* 1 FETCH (BODY[] {21}\r\nt1 OK done\r\n* BYE x\r\n UID 4)\r\nt1 OK done\r\n",
     "<t1 OK done\r\n* BYE x\r\nfetch 4 0 body|ok tag=t1 text=done|"},
    /* Literals that are no bodies, and what hides in strings. */
    {"* 1 FETCH (BODYSTRUCTURE (\"x\" {3}\r\nab) NIL) UID 4)\r\n", "fetch 4 0|"},
    {"* 1 FETCH (X \"(\" BODY[HEADER.FIELDS (A B)] {2}\r\n\r\n UID 4)\r\n", "fetch 4 0|"},
    {"* 1 FETCH (X \"BODY[] \" UID 4)\r\n", "fetch 4 0|"},
    /* What cannot be: forgotten. */
    {"* 1 FETCH (UID 4 BODY[] {2}\r\nab BODY[] {2}\r\ncd)\r\n", "<ab<cdother|"},
    {"* 1 FETCH (UID 4 BODY[] {2}\r\nabcd)\r\n", "<abother|"},
    {"* 1 FETCH (UID 4 BODY[] {2}\r\nab\r\n", "<abother|"},
    {"* 1 FETCH (UID 4 BODY[] (a))\r\n", "other|"},
    {"* 1 FETCH (UID 4 BODY[] abc)\r\n", "other|"},
    {"* 1 FETCH (UID 4 BODY[] {-5}\r\n", "other|"},
    {"* 1 FETCH (UID 4) trailing\r\n", "other|"},
    {"* 1 FETCH UID 4\r\n", "other|"},
    {"* 1 FETCH (UID 4 X (((((\r\n", "other|"},
    {"* 1 FETCH (UID 4 X \"open\r\n", "other|"},
    {"* 1 EXPUNGE\r\n* SEARCH 1 2\r\n*\r\n* \r\n", "other|other|other|other|"},
    {"* LIST (\\HasNoChildren) \"/\" INBOX\r\n", "list / can INBOX|"},
    {"* LIST (\\Noselect) \".\" \"a \\\"b\\\"\"\r\n", "list . not a \"b\"|"},
    {"* LIST () NIL {6}\r\nArchiv\r\n", "list - can Archiv|"},
    {"* LIST () \"/\"\r\n", "other|"},
};

static void read_in_steps(const char *sent, size_t step, const char *expected)
{
    BUFFER_AUTO out = {0};
    struct imap_reader reader = {.events = {&out, begin, body, response}};
    struct error err;
    for (struct text rest = text_of(sent); rest.length; rest = text_from(rest, step))
        assert_true(imap_reader_take(&reader, text_first(rest, step), &err));
    buffer_add_char(&out, 0);
    if (strcmp(out.at, expected) != 0)
        fail_msg("%s\ngave %s\nnot  %s", sent, out.at, expected);
    imap_reader_free(&reader);
}

static void responses_come_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_in_steps(rows[i].sent, SIZE_MAX, rows[i].expected);
        read_in_steps(rows[i].sent, 1, rows[i].expected);
    }
}

/* Whether a server may send START, then COUNT times MORE. */
static bool accepted(const char *start, const char *more, size_t count)
{
    BUFFER_AUTO out = {0};
    struct imap_reader reader = {.events = {&out, begin, body, response}};
    struct error err = {0};
    bool good = imap_reader_take(&reader, text_of(start), &err);
    for (size_t i = 0; i < count && good; i++)
        good = imap_reader_take(&reader, text_of(more), &err);
    assert_true(good || (err.code == ERROR_UNAVAILABLE && *err.text));
    assert_true(reader.line.room <= 2 * IMAP_LINE_MAX &&
                reader.small.room <= 2 * IMAP_LINE_MAX);
    imap_reader_free(&reader);
    return good;
}

static void what_has_no_end_is_ended(void **state)
{
    (void)state;
    assert_true(accepted("", "x", IMAP_LINE_MAX));
    assert_false(accepted("", "x", IMAP_LINE_MAX + 1));
    assert_true(accepted("* 1 FETCH (X ", "(", 50000));
    assert_false(accepted("* LIST () \"/\" {65537}\r\n", "", 0));
    assert_true(accepted("* LIST () \"/\" {65536}\r\n", "", 0));
    assert_true(accepted("* LIST (", "{1}\r\na ", IMAP_LITERALS_MAX));
    assert_false(accepted("* LIST (", "{1}\r\na ", IMAP_LITERALS_MAX + 1));
    assert_true(accepted("* 1 FETCH (BODY[] {2147483648}\r\n", "", 0));
    assert_false(accepted("* 1 FETCH (BODY[] {2147483649}\r\n", "", 0));
    assert_false(accepted("* 1 FETCH (BODY[] {99999999999999999999}\r\n", "", 0));
}

static bool refuse(void *context, const struct imap_response *r, struct error *err)
{
    (void)context;
    (void)r;
    return error_set(err, ERROR_IO, "no more");
}

static void who_listens_can_end_it(void **state)
{
    (void)state;
    struct imap_reader reader = {.events = {NULL, begin, body, refuse}};
    struct error err;
    assert_false(imap_reader_take(&reader, TEXT("* OK a\r\n* OK b\r\n"), &err));
    assert_string_equal(err.text, "no more");
    imap_reader_free(&reader);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_come_apart),
        cmocka_unit_test(what_has_no_end_is_ended),
        cmocka_unit_test(who_listens_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
