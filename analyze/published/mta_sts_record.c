#include "published/mta_sts.h"

static const struct txt_kind kind = {
    .version = {"v=STSv1", sizeof "v=STSv1" - 1},
    .word = {"stsv1", sizeof "stsv1" - 1},
    .other = {"v=TLSRPTv1", sizeof "v=TLSRPTv1" - 1},
    .label = {"MTA-STS", sizeof "MTA-STS" - 1},
    .key = {"id", sizeof "id" - 1},
};

static void read_id(const struct txt_field *field, struct arena *arena,
                    struct mta_sts_record *record)
{
    enum { ID_MAX = 32 };
    struct text id = field->value;
    for (size_t i = 0; i < id.length; i++) {
        char c = id.at[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            continue;
        if ((c == ' ' || c == '\t') && txt_lacks_semicolon(id, i))
            txt_fault_add(arena, &record->faults, TXT_FAULT_SEMICOLON_MISSING,
                          field->value_at + i, TEXT("a \";\" is missing between two fields"));
        else
            txt_fault_add(
                arena, &record->faults, TXT_FAULT_ID_CHARACTER, field->value_at + i,
                TEXT("the id may hold only letters and digits: the date and time, as in "
                     "20240131120000, will do"));
        return;
    }
    if (!id.length)
        txt_fault_add(
            arena, &record->faults, TXT_FAULT_ID_EMPTY, field->value_at,
            TEXT("the id is empty: give it letters and digits, as in 20240131120000"));
    else if (id.length > ID_MAX)
        txt_fault_add(arena, &record->faults, TXT_FAULT_ID_LONG, field->value_at + ID_MAX,
                      TEXT("the id is longer than 32 characters: shorten it"));
    else
        record->id = id;
}

static void read_fields(struct arena *arena, struct mta_sts_record *record)
{
    struct txt_field field, miscased = {TEXT_UNKNOWN};
    size_t at = kind.version.length, ids = 0;
    while (txt_next_field(record->string, &at, arena, &record->faults, &field)) {
        if (text_equal(field.name, kind.key)) {
            if (++ids == 1)
                read_id(&field, arena, record);
            else if (ids == 2)
                txt_fault_add(
                    arena, &record->faults, TXT_FAULT_ID_REPEATED, field.name_at,
                    TEXT("a second id: keep one, or senders disagree on which counts"));
        } else {
            if (text_equal_nocase(field.name, kind.key) && !miscased.name.at)
                miscased = field;
            txt_check_extension(&field, arena, &record->faults);
        }
    }
    if (ids)
        return;
    if (miscased.name.at)
        txt_fault_add(arena, &record->faults, TXT_FAULT_ID_CASE, miscased.name_at,
                      text_format(arena, "\"%.*s\" is not id: the name has to be in lower case",
                                  TEXT_ARGS(miscased.name)));
    else
        txt_fault_add(
            arena, &record->faults, TXT_FAULT_ID_MISSING, record->string.length,
            TEXT("the id is missing: write v=STSv1; id=20240131120000; and change it at "
                 "every edit of the policy"));
}

void mta_sts_record_read(const struct text_list *strings, struct arena *arena,
                         struct mta_sts_record *record)
{
    struct txt_selection selection;
    txt_select(&kind, strings, arena, &selection);
    *record = (struct mta_sts_record){.state = selection.state,
                                      .index = selection.index,
                                      .candidates = selection.candidates,
                                      .faults = selection.faults};
    if (record->state == TXT_NONE)
        return;
    record->string = strings->at[record->index];
    if (record->state != TXT_ONE)
        return;
    read_fields(arena, record);
    record->valid = !txt_faults_are_fatal(&record->faults);
}
