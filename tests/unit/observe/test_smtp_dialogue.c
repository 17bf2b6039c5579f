#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/time.h"
#include "observe/smtp_dialogue.h"

struct pair {
    struct smtp_dialogue dialogue;
    int server;
};

static void open_pair(struct pair *pair, struct text sent, bool close_it)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *pair = (struct pair){.dialogue = {.fd = ends[0], .deadline = time_milliseconds() + 100},
                          .server = ends[1]};
    assert_int_equal(write(pair->server, sent.at, sent.length), (ssize_t)sent.length);
    if (close_it)
        assert_int_equal(shutdown(pair->server, SHUT_WR), 0);
}

static void close_pair(struct pair *pair)
{
    smtp_close(&pair->dialogue);
    close(pair->server);
}

static void replies_are_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sent;
        bool closes;
        enum smtp_outcome outcome;
        unsigned code;
        size_t lines;
    } cases[] = {
        {"220 mx ready\r\n", false, SMTP_FINE, 220, 1},
        {"220\r\n", false, SMTP_FINE, 220, 1},
        {"220 \n", false, SMTP_FINE, 220, 1},
        {"250-mx\r\n250-SIZE\n250 HELP\r\n", false, SMTP_FINE, 250, 3},
        {"250-mx\r\n250-\r\n250\r\n", false, SMTP_FINE, 250, 3},
        /* The last code counts. */
        {"250-mx\r\n421 closing\r\n", false, SMTP_FINE, 421, 2},
        {"220 mx ready", false, SMTP_LATE, 0, 0},
        {"250-mx\r\n", false, SMTP_LATE, 0, 0},
        {"", false, SMTP_LATE, 0, 0},
        {"", true, SMTP_CLOSED, 0, 0},
        {"220 mx", true, SMTP_CLOSED, 0, 0},
        {"250-mx\r\n", true, SMTP_CLOSED, 0, 0},
        {"HTTP/1.1 400 Bad Request\r\n", false, SMTP_GARBAGE, 0, 0},
        {"22 mx\r\n", false, SMTP_GARBAGE, 0, 0},
        {"2200 mx\r\n", false, SMTP_GARBAGE, 0, 0},
        {"120 mx\r\n", false, SMTP_GARBAGE, 0, 0},
        {"620 mx\r\n", false, SMTP_GARBAGE, 0, 0},
        {"2x0 mx\r\n", false, SMTP_GARBAGE, 0, 0},
        {"\r\n220 mx\r\n", false, SMTP_GARBAGE, 0, 0},
        {"250-mx\r\nmore\r\n", false, SMTP_GARBAGE, 0, 0},
    };
    ARENA_AUTO arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        struct smtp_reply reply;
        open_pair(&pair, text_of(cases[i].sent), cases[i].closes);
        enum smtp_outcome outcome = smtp_read(&pair.dialogue, &arena, &reply);
        if (outcome != cases[i].outcome ||
            (outcome == SMTP_FINE &&
             (reply.code != cases[i].code || reply.lines.count != cases[i].lines)))
            fail_msg("%s: outcome %d code %u", cases[i].sent, (int)outcome, reply.code);
        close_pair(&pair);
    }
}

static enum smtp_outcome read_repeated(size_t lines, const char *line, const char *last)
{
    ARENA_AUTO arena = {0};
    BUFFER_AUTO sent = {0};
    struct pair pair;
    struct smtp_reply reply;
    for (size_t i = 0; i < lines; i++)
        buffer_add_text(&sent, text_of(line));
    buffer_add_text(&sent, text_of(last));
    open_pair(&pair, buffer_text(&sent), false);
    enum smtp_outcome outcome = smtp_read(&pair.dialogue, &arena, &reply);
    close_pair(&pair);
    return outcome;
}

static void a_reply_has_bounds(void **state)
{
    (void)state;
    assert_int_equal(read_repeated(99, "250-a\r\n", "250 b\r\n"), SMTP_FINE);
    assert_int_equal(read_repeated(100, "250-a\r\n", "250 b\r\n"), SMTP_TOO_LONG);
    char line[201] = "250-";
    memset(line + 4, 'a', 194);
    memcpy(line + 198, "\r\n", 3);
    assert_int_equal(read_repeated(40, line, "250 b\r\n"), SMTP_FINE); /* 8007 bytes */
    assert_int_equal(read_repeated(41, line, "250 b\r\n"), SMTP_TOO_LONG);
}

static void replies_that_came_together_are_taken_one_by_one(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct pair pair;
    struct smtp_reply reply;
    open_pair(&pair, TEXT("220 one\r\n250-two\r\n250 three\r\n22"), false);
    assert_int_equal(smtp_read(&pair.dialogue, &arena, &reply), SMTP_FINE);
    assert_true(text_equal(reply.lines.at[0], TEXT("220 one")));
    assert_int_equal(smtp_read(&pair.dialogue, &arena, &reply), SMTP_FINE);
    assert_true(text_equal(reply.lines.at[1], TEXT("250 three")));
    assert_int_equal(smtp_drop(&pair.dialogue), 2);
    assert_int_equal(write(pair.server, "221 bye\r\n", 9), 9);
    assert_int_equal(smtp_read(&pair.dialogue, &arena, &reply), SMTP_FINE);
    assert_int_equal(reply.code, 221);
    close_pair(&pair);
}

static void a_command_is_one_packet_with_its_line_end(void **state)
{
    (void)state;
    struct pair pair;
    char got[64];
    open_pair(&pair, TEXT(""), false);
    assert_int_equal(smtp_send(&pair.dialogue, TEXT("EHLO mx.example.com")), SMTP_FINE);
    assert_int_equal(read(pair.server, got, sizeof got), 21);
    assert_memory_equal(got, "EHLO mx.example.com\r\n", 21);
    close(pair.server);
    assert_int_equal(smtp_send(&pair.dialogue, TEXT("QUIT")), SMTP_CLOSED);
    smtp_close(&pair.dialogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_read_or_refused),
        cmocka_unit_test(a_reply_has_bounds),
        cmocka_unit_test(replies_that_came_together_are_taken_one_by_one),
        cmocka_unit_test(a_command_is_one_packet_with_its_line_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
