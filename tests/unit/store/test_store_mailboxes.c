/* How far mailboxes were fetched. */
#include "store_testing.h"

#include "store/mailboxes.h"

static const struct mailbox_key box = {{"imap.example", 12}, {"u", 1}, {"INBOX", 5}};

static struct mailbox_state find(struct place *place, const struct mailbox_key *key)
{
    struct mailbox_state state;
    struct error err = {0};
    if (!store_mailbox_find(place->store, key, &state, &err))
        fail_msg("%s", err.text);
    return state;
}

static void put_state(struct place *place, struct mailbox_state *state)
{
    struct error err = {0};
    if (!store_mailbox_put(place->store, &box, state, DAY_1, &err))
        fail_msg("%s", err.text);
}

static bool add(void *context, uint32_t uid)
{
    buffer_format(context, "%u ", uid);
    return true;
}

static void assert_todo(struct place *place, int64_t id, enum mailbox_todo todo,
                        const char *expected)
{
    BUFFER_AUTO out = {0};
    struct error err = {0};
    assert_true(store_mailbox_todo(place->store, id, todo, add, &out, &err));
    buffer_add_char(&out, 0);
    assert_string_equal(out.at, expected);
}

static void owe(struct place *place, int64_t id, uint32_t uid, enum mailbox_todo todo)
{
    struct error err = {0};
    assert_true(store_mailbox_owe(place->store, id, uid, todo, &err));
}

static void a_mailbox_is_known_by_host_user_and_folder(void **state)
{
    struct place *place = *state;
    struct mailbox_state first = {.uidvalidity = UINT32_MAX, .last_uid = 7};
    assert_int_equal(find(place, &box).id, 0);
    begin(place);
    put_state(place, &first);
    commit(place);
    place_open_as(place, STORE_WRITE);
    struct mailbox_state known = find(place, &box);
    assert_int_equal(known.id, first.id);
    assert_true(known.uidvalidity == UINT32_MAX);
    assert_int_equal(known.last_uid, 7);
    struct mailbox_key others[] = {box, box, box};
    others[0].host = TEXT("imap2.example");
    others[1].user = TEXT("v");
    others[2].folder = TEXT("inbox");
    for (int i = 0; i < 3; i++)
        assert_int_equal(find(place, &others[i]).id, 0);
}

static void what_is_owed_stays_until_it_is_settled(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct mailbox_state now = {.uidvalidity = 1, .last_uid = 9};
    begin(place);
    put_state(place, &now);
    owe(place, now.id, 9, TODO_AFTER);
    owe(place, now.id, 3, TODO_AFTER);
    owe(place, now.id, 4, TODO_AFTER_FAILED);
    owe(place, now.id, 5, TODO_AGAIN);
    commit(place);
    place_open_as(place, STORE_WRITE);
    assert_todo(place, now.id, TODO_AFTER, "3 9 ");
    assert_todo(place, now.id, TODO_AFTER_FAILED, "4 ");
    assert_todo(place, now.id, TODO_AGAIN, "5 ");
    begin(place);
    owe(place, now.id, 5, TODO_AFTER);
    assert_true(store_mailbox_settle(place->store, now.id, 3, 4, &err));
    now.last_uid = 12;
    put_state(place, &now);
    commit(place);
    assert_todo(place, now.id, TODO_AFTER, "5 9 ");
    assert_todo(place, now.id, TODO_AFTER_FAILED, "");
    assert_todo(place, now.id, TODO_AGAIN, "");
    assert_int_equal(find(place, &box).last_uid, 12);
}

static void new_numbers_forget_what_was_owed(void **state)
{
    struct place *place = *state;
    struct mailbox_state now = {.uidvalidity = 1, .last_uid = 9};
    begin(place);
    put_state(place, &now);
    owe(place, now.id, 9, TODO_AFTER);
    int64_t id = now.id;
    now.uidvalidity = 2;
    now.last_uid = 0;
    put_state(place, &now);
    commit(place);
    assert_int_equal(now.id, id);
    assert_todo(place, id, TODO_AFTER, "");
    assert_int_equal(find(place, &box).uidvalidity, 2);
}

static void nothing_changes_outside_of_a_transaction(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct mailbox_state now = {.uidvalidity = 1};
    assert_false(store_mailbox_put(place->store, &box, &now, DAY_1, &err));
    assert_false(store_mailbox_owe(place->store, 1, 1, TODO_AFTER, &err));
    assert_false(store_mailbox_settle(place->store, 1, 1, 1, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_mailbox_is_known_by_host_user_and_folder),
        STORE_TEST(what_is_owed_stays_until_it_is_settled),
        STORE_TEST(new_numbers_forget_what_was_owed),
        STORE_TEST(nothing_changes_outside_of_a_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
