/* Mails that could not be read. */
#include "store_testing.h"

static struct quarantined make_mail(const char *bytes, int64_t quarantined_at)
{
    struct quarantined mail = {
        .received_at = DAY_1,
        .quarantined_at = quarantined_at,
        .size = strlen(bytes),
        .bytes = text_of(bytes),
        .whole = true,
        .reason = TEXT("no JSON"),
        .source = TEXT("/mail/new/1.a"),
    };
    sha256(mail.bytes, mail.sha256);
    return mail;
}

struct put {
    bool known, whole;
};

static struct put put_mail(struct place *place, const struct quarantined *mail, uint64_t max)
{
    struct error err = {0};
    bool known, whole;
    begin(place);
    if (!store_put_quarantined(place->store, mail, max, &known, &whole, &err))
        fail_msg("%s", err.text);
    commit(place);
    return (struct put){known, whole};
}

static bool list_reason(void *context, const struct quarantined *mail)
{
    assert_false(text_known(mail->bytes));
    buffer_format(context, "%.*s;", TEXT_ARGS(mail->reason));
    return true;
}

static const char *reasons(struct place *place, int64_t now)
{
    BUFFER_AUTO out = {0};
    struct error err = {0};
    assert_true(store_quarantine_list(place->store, now, list_reason, &out, &err));
    return text_string(&place->arena, buffer_text(&out));
}

static void a_mail_comes_back_as_it_was(void **state)
{
    struct place *place = *state;
    struct quarantined mail = make_mail("From: x\n\n{\"policies\":", DAY_2);
    struct quarantined back;
    struct error err = {0};
    assert_false(put_mail(place, &mail, 1000).known);
    assert_true(put_mail(place, &mail, 1000).known);
    char hex[SHA256_HEX_SIZE];
    sha256_hex(mail.sha256, hex);
    struct text prefix = text_first(text_of(hex), 7);
    assert_true(store_quarantine_get(place->store, prefix, &place->arena, &back, &err));
    assert_true(text_equal(back.bytes, mail.bytes));
    assert_true(text_equal(back.reason, mail.reason));
    assert_true(text_equal(back.source, mail.source));
    assert_memory_equal(back.sha256, mail.sha256, SHA256_SIZE);
    assert_int_equal(back.received_at, DAY_1);
    assert_int_equal(back.quarantined_at, DAY_2);
    assert_int_equal(back.size, mail.size);
    assert_true(back.whole);
}

static void the_limit_takes_bytes_but_no_entry(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *bytes;
        bool kept;
    } rows[] = {{"123456", true}, {"12345", false}, {"1234", true}, {"x", false}};
    struct error err = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quarantined mail = make_mail(rows[i].bytes, DAY_2), back;
        struct put once = put_mail(place, &mail, 10), again = put_mail(place, &mail, 10);
        assert_true(!once.known && again.known);
        assert_int_equal(once.whole, rows[i].kept);
        assert_int_equal(again.whole, rows[i].kept);
        char hex[SHA256_HEX_SIZE];
        assert_true(store_quarantine_get(place->store, text_of(sha256_hex(mail.sha256, hex)),
                                         &place->arena, &back, &err));
        assert_int_equal(text_known(back.bytes), rows[i].kept);
        assert_int_equal(back.whole, rows[i].kept);
        assert_int_equal(back.size, mail.size);
    }
    assert_string_equal(ask(place, "SELECT quarantine_bytes FROM state"), "10");
    /* What is removed makes room. */
    struct quarantined first = make_mail("123456", DAY_2), next = make_mail("abcdef", DAY_2),
                       back;
    assert_true(store_quarantine_remove(place->store, first.sha256, &err));
    assert_string_equal(ask(place, "SELECT quarantine_bytes FROM state"), "4");
    put_mail(place, &next, 10);
    char hex[SHA256_HEX_SIZE];
    assert_true(store_quarantine_get(place->store, text_of(sha256_hex(next.sha256, hex)),
                                     &place->arena, &back, &err));
    assert_true(text_equal(back.bytes, TEXT("abcdef")));
    assert_sound(place);
}

static void the_first_of_a_large_mail_is_not_whole(void **state)
{
    struct place *place = *state;
    struct quarantined mail = make_mail("the first of it", DAY_2), back;
    mail.whole = false;
    mail.size = 1000000;
    assert_false(put_mail(place, &mail, 1000).whole);
    char hex[SHA256_HEX_SIZE];
    struct error err = {0};
    assert_true(store_quarantine_get(place->store, text_of(sha256_hex(mail.sha256, hex)),
                                     &place->arena, &back, &err));
    assert_false(back.whole);
    assert_int_equal(back.size, 1000000);
}

static void a_listing_is_oldest_first_and_hides_only_the_future(void **state)
{
    struct place *place = *state;
    struct quarantined late = make_mail("late", DAY_3), early = make_mail("early", DAY_1),
                       dated = make_mail("dated", DAY_2);
    late.reason = TEXT("late");
    late.received_at = DAY_3;
    early.reason = TEXT("early");
    early.received_at = TIME_UNKNOWN;
    dated.reason = TEXT("dated in the future");
    dated.received_at = DAY_3 + 86400;
    put_mail(place, &late, 1000);
    put_mail(place, &early, 1000);
    put_mail(place, &dated, 1000);
    assert_string_equal(reasons(place, TIME_UNKNOWN), "early;dated in the future;late;");
    assert_string_equal(reasons(place, DAY_2), "early;dated in the future;");
    assert_string_equal(reasons(place, DAY_1 - 1), "");
}

static void a_prefix_must_name_one(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct quarantined one = make_mail("one", DAY_1), two = make_mail("two", DAY_1), back;
    memset(one.sha256, 0xab, SHA256_SIZE);
    memset(two.sha256, 0xab, SHA256_SIZE);
    two.sha256[3] = 0xac;
    put_mail(place, &one, 1000);
    put_mail(place, &two, 1000);
    static const struct {
        const char *prefix;
        bool found;
    } rows[] = {
        {"aba", false},     {"abab", false},    {"ababaBa", false},
        {"ABABABAB", true}, {"abababac", true}, {"abababad", false},
        {"xxxx", false},    {"", false},        {"abababac%", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool found = store_quarantine_get(place->store, text_of(rows[i].prefix), &place->arena,
                                          &back, &err);
        if (found != rows[i].found)
            fail_msg("%s", rows[i].prefix);
        if (!found)
            assert_int_equal(err.code, ERROR_INPUT);
    }
}

static void to_remove_what_is_not_there_is_no_error(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    uint8_t sha256[SHA256_SIZE] = {0};
    assert_true(store_quarantine_remove(place->store, sha256, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_mail_comes_back_as_it_was),
        STORE_TEST(the_limit_takes_bytes_but_no_entry),
        STORE_TEST(the_first_of_a_large_mail_is_not_whole),
        STORE_TEST(a_listing_is_oldest_first_and_hides_only_the_future),
        STORE_TEST(a_prefix_must_name_one),
        STORE_TEST(to_remove_what_is_not_there_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
