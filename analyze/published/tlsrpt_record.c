#include "published/tlsrpt_record.h"

static const struct txt_kind kind = {
    .version = {"v=TLSRPTv1", sizeof "v=TLSRPTv1" - 1},
    .word = {"tlsrpt", sizeof "tlsrpt" - 1},
    .other = {"v=STSv1", sizeof "v=STSv1" - 1},
    .label = {"TLS-RPT", sizeof "TLS-RPT" - 1},
    .key = {"rua", sizeof "rua" - 1},
};

static void read_rua_field(const struct txt_field *field, struct arena *arena,
                           struct tlsrpt_record *record)
{
    struct text rest = field->value, item;
    size_t at = field->value_at;
    while (text_next(&rest, ',', &item)) {
        size_t next = at + item.length + 1;
        size_t blanks = txt_skip_blanks(item, 0);
        struct tlsrpt_rua rua;
        tlsrpt_uri_read(text_trim(item), at + blanks, arena, &record->faults, &rua);
        VECTOR_ADD(arena, &record->ruas, rua);
        at = next;
    }
}

static void read_fields(struct text string, struct arena *arena, struct tlsrpt_record *record)
{
    struct txt_field field, miscased = {TEXT_UNKNOWN};
    size_t at = kind.version.length, rua_fields = 0;
    while (txt_next_field(string, &at, arena, &record->faults, &field)) {
        if (text_equal(field.name, kind.key)) {
            if (++rua_fields == 2)
                txt_fault_add(arena, &record->faults, TXT_FAULT_RUA_REPEATED, field.name_at,
                              TEXT("a second rua field: some senders take only one, so put all "
                                   "destinations into one, with commas between them"));
            read_rua_field(&field, arena, record);
        } else {
            if (text_equal_nocase(field.name, kind.key) && !miscased.name.at)
                miscased = field;
            txt_check_extension(&field, arena, &record->faults);
        }
    }
    if (rua_fields)
        return;
    if (miscased.name.at)
        txt_fault_add(
            arena, &record->faults, TXT_FAULT_RUA_CASE, miscased.name_at,
            text_format(arena,
                        "\"%.*s\" is not rua: the name has to be in lower case, so no "
                        "destination is given",
                        TEXT_ARGS(miscased.name)));
    else
        txt_fault_add(
            arena, &record->faults, TXT_FAULT_RUA_MISSING, string.length,
            TEXT("no destination is given: add rua=mailto: and the address that shall "
                 "get the reports"));
}

/* Whether the grammar holds and nothing in it is doubtful. */
static bool is_faultless(struct text string, struct arena *arena)
{
    struct tlsrpt_record record = {.state = TXT_ONE};
    read_fields(string, arena, &record);
    return record.faults.count == 0;
}

static struct text correct(const struct text_list *strings, const struct tlsrpt_record *record,
                           struct arena *arena)
{
    struct text mended;
    if (record->state == TXT_SEVERAL) {
        struct text_list candidates = {0};
        struct text strict = text_format(arena, "%.*s;", TEXT_ARGS(kind.version));
        for (size_t i = 0; i < strings->count; i++)
            if (text_starts(strings->at[i], strict))
                text_list_add(arena, &candidates, strings->at[i]);
        mended = tlsrpt_mend(candidates.at, candidates.count, arena);
    } else {
        mended = tlsrpt_mend(strings->at + record->index, 1, arena);
    }
    return text_known(mended) && is_faultless(mended, arena) ? mended : TEXT_UNKNOWN;
}

static bool has_strayed(const struct txt_faults *faults)
{
    return txt_faults_have(faults, TXT_FAULT_DMARC) || txt_faults_have(faults, TXT_FAULT_SPF) ||
           txt_faults_have(faults, TXT_FAULT_OTHER_RECORD);
}

void tlsrpt_record_read(const struct text_list *strings, struct arena *arena,
                        struct tlsrpt_record *record)
{
    struct txt_selection selection;
    txt_select(&kind, strings, arena, &selection);
    *record = (struct tlsrpt_record){.state = selection.state,
                                     .index = selection.index,
                                     .candidates = selection.candidates,
                                     .faults = selection.faults};
    if (record->state == TXT_NONE)
        return;
    record->string = strings->at[record->index];
    if (record->state == TXT_ONE) {
        read_fields(record->string, arena, record);
        record->valid = !txt_faults_are_fatal(&record->faults);
        for (size_t i = 0; i < record->ruas.count; i++)
            record->usable = record->usable || record->ruas.at[i].usable;
        record->usable = record->usable && record->valid;
    }
    if (record->faults.count && !has_strayed(&record->faults))
        record->corrected = correct(strings, record, arena);
}
