#include "ingest/parse.h"

#include <inttypes.h>
#include <string.h>

#include "base/sha256.h"
#include "ingest/authentication.h"
#include "ingest/report_parts.h"

enum root_field {
    ROOT_ORGANIZATION_NAME,
    ROOT_DATE_RANGE,
    ROOT_CONTACT_INFO,
    ROOT_REPORT_ID,
    ROOT_POLICIES,
    ROOT_FIELDS,
};
static const struct field_key keys[] = {
    {TEXT_ROW("organization-name"), ROOT_ORGANIZATION_NAME},
    {TEXT_ROW("date-range"), ROOT_DATE_RANGE},
    {TEXT_ROW("contact-info"), ROOT_CONTACT_INFO},
    {TEXT_ROW("report-id"), ROOT_REPORT_ID},
    {TEXT_ROW("policies"), ROOT_POLICIES},
};
static const struct field_table table = FIELD_TABLE(keys, ROOT_FIELDS);

static void note_oddities(const struct json_oddities *oddities, struct quirk_log *log)
{
    const struct {
        bool found;
        enum quirk quirk;
    } notes[] = {
        {oddities->byte_order_mark, QUIRK_BYTE_ORDER_MARK},
        {oddities->not_utf8, QUIRK_NOT_UTF8},
        {oddities->nul_escape, QUIRK_NUL_ESCAPE},
        {oddities->lone_surrogate, QUIRK_LONE_SURROGATE},
        {oddities->control_character, QUIRK_CONTROL_CHARACTER},
        {oddities->number_form, QUIRK_NUMBER_FORM},
        {oddities->trailing, QUIRK_TRAILING_BYTES},
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (notes[i].found)
            quirk_note(log, notes[i].quirk, NULL, TEXT_UNKNOWN);
}

static bool has_key(const cJSON *object, const char *key)
{
    for (const cJSON *member = object->child; member; member = member->next)
        if (strcmp(member->string, key) == 0)
            return true;
    return false;
}

/* Whether an object with these members claims to be a TLS report: `policies` alone is common in
 * documents of other kinds. */
static bool claims_to_be_report(const struct fields *root)
{
    if (!root->present[ROOT_POLICIES])
        return false;
    if (root->present[ROOT_ORGANIZATION_NAME] || root->present[ROOT_DATE_RANGE] ||
        root->present[ROOT_CONTACT_INFO] || root->present[ROOT_REPORT_ID])
        return true;
    const cJSON *policies = root->item[ROOT_POLICIES];
    if (!cJSON_IsArray(policies))
        return false;
    for (const cJSON *element = policies->child; element; element = element->next)
        if (cJSON_IsObject(element) &&
            (has_key(element, "policy") || has_key(element, "summary")))
            return true;
    return false;
}

static void read_envelope(struct report_reader *reader)
{
    const struct report_envelope *envelope = reader->envelope;
    struct tls_report *report = reader->report;
    struct arena *arena = reader->arena;
    struct text submitter = text_trim(text_as_utf8(arena, envelope->submitter));
    struct text host = text_host(arena, submitter);
    reader->file_name = report_file_name_read(arena, text_as_utf8(arena, envelope->file_name));
    if (submitter.length)
        report->submitter = text_is_host(host) ? host : text_copy(arena, submitter);
    struct text domain = text_host(arena, text_as_utf8(arena, envelope->report_domain));
    if (domain.length)
        report->report_domain = domain;
    report->named_domain = text_is_host(domain) ? domain : reader->file_name.policy_domain;
    report->sent_at = envelope->sent_at;
    report->received_at = envelope->received_at;
}

static void read_head(struct report_reader *reader, const struct fields *root)
{
    struct tls_report *report = reader->report;
    struct quirk_log *log = &reader->log;
    report->organization_name = field_required_text(root, ROOT_ORGANIZATION_NAME, log);
    report->contact_info = field_required_text(root, ROOT_CONTACT_INFO, log);
    report->report_id = field_required_text(root, ROOT_REPORT_ID, log);
    field_require(root, ROOT_DATE_RANGE, log);
    date_range_read(reader, field_object(root, ROOT_DATE_RANGE, log));
    report->reporter = report_reporter(reader->arena, report->submitter, report->contact_info,
                                       report->organization_name);
    struct text domain =
        report_submitter_domain(reader->arena, report->submitter, report->contact_info);
    report->authenticated =
        authentication_verdict(reader->envelope->authentication_results, domain);
}

/* False where a limit is passed. */
static bool read_policies(struct report_reader *reader, const cJSON *policies)
{
    size_t count = 0;
    uint32_t index = 0;
    for (const cJSON *element = policies->child; element; element = element->next)
        count += cJSON_IsObject(element);
    if (count > reader->limits->failure_rows)
        return false;
    struct tls_report *report = reader->report;
    report->policies = arena_array(reader->arena, count, sizeof *report->policies);
    for (const cJSON *element = policies->child; element; element = element->next, index++) {
        if (!cJSON_IsObject(element))
            quirk_note(&reader->log, QUIRK_POLICY_NOT_OBJECT, keys[ROOT_POLICIES].name.at,
                       TEXT_UNKNOWN);
        else if (!policy_read(reader, element, index,
                              &report->policies[report->policy_count++]))
            return false;
    }
    return true;
}

static void read_report(const struct json_document *json, struct report_reader *reader,
                        struct document *document)
{
    struct fields root;
    note_oddities(&json->oddities, &reader->log);
    fields_read(json->root, &table, &reader->log, &root);
    document->claims = claims_to_be_report(&root);
    document->kind = DOCUMENT_FAULTY;
    const cJSON *policies = root.item[ROOT_POLICIES];
    if (!cJSON_IsArray(policies)) {
        document->fault = TEXT("the JSON document has no array \"policies\"");
        return;
    }
    read_envelope(reader);
    read_head(reader, &root);
    sha256(json->source, reader->report->sha256);
    if (!read_policies(reader, policies)) {
        document->fault = text_format(reader->arena, "the report has more than %zu rows",
                                      reader->limits->failure_rows);
        return;
    }
    quirk_log_end(&reader->log);
    document->kind = DOCUMENT_REPORT;
    document->report = reader->report;
}

/* Why a text that begins as an object is none. */
static struct text fault_of(enum json_end end, size_t offset,
                            const struct ingest_limits *limits, struct arena *arena)
{
    switch (end) {
    case JSON_CUT:
        return TEXT("the JSON document ends before its closing brace");
    case JSON_NUL:
        return text_format(arena, "the JSON document has a NUL at byte %zu", offset);
    case JSON_TOO_DEEP:
        return text_format(arena, "the JSON document is nested deeper than %u",
                           limits->json_depth);
    default:
        return text_format(arena, "the document is not JSON at about byte %zu", offset);
    }
}

void document_read(struct text bytes, const struct report_envelope *envelope,
                   const struct ingest_limits *limits, struct arena *arena,
                   struct document *document)
{
    static const struct text word = TEXT_ROW("\"policies\"");
    *document = (struct document){0};
    if (!json_is_object(bytes))
        return;
    if (bytes.length > limits->report_size) {
        document->kind = DOCUMENT_FAULTY;
        document->claims = text_find(bytes, word) != SIZE_MAX;
        document->fault =
            text_format(arena, "the report is larger than %zu bytes", limits->report_size);
        return;
    }
    struct json_document json;
    enum json_end end = json_parse(bytes, limits->json_depth, arena, &json);
    if (end != JSON_WHOLE) {
        document->kind = DOCUMENT_FAULTY;
        document->claims = text_find(bytes, word) != SIZE_MAX;
        document->fault = fault_of(end, json.error_offset, limits, arena);
        return;
    }
    struct tls_report *report = arena_new(arena, struct tls_report);
    struct report_reader reader = {
        .arena = arena,
        .limits = limits,
        .envelope = envelope,
        .report = report,
        .log = {.arena = arena, .list = &report->warnings},
    };
    read_report(&json, &reader, document);
}
