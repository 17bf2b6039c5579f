/* The parts of reading a report that parse.c puts together. */
#ifndef INGEST_REPORT_PARTS_H
#define INGEST_REPORT_PARTS_H

#include "ingest/fields.h"
#include "ingest/parse.h"

struct report_reader {
    struct arena *arena;
    const struct ingest_limits *limits;
    const struct report_envelope *envelope;
    struct report_file_name file_name;
    struct tls_report *report;
    struct quirk_log log; /* of the report's own warnings */
    size_t failure_rows;
};

/* Fills begin and end of the report from DATE_RANGE (may be null), or what stands in for it. */
void date_range_read(struct report_reader *reader, const cJSON *date_range);

/* Fills POLICY from ELEMENT, an object that is number INDEX in `policies`. False where the report
 * has more failure rows than the limit. */
bool policy_read(struct report_reader *reader, const cJSON *element, uint32_t index,
                 struct tls_policy *policy);

/* Fills the failures of POLICY, whose type is known, from the field FAILURE_DETAILS of FIELDS. */
bool failures_read(struct report_reader *reader, const struct fields *fields,
                   unsigned failure_details, struct tls_policy *policy, struct quirk_log *log);

/* The policy lines or TLSA records of a field: one element each, without blanks around it or
 * empty ones. */
struct text_list policy_strings_read(const struct fields *fields, unsigned field,
                                     enum policy_type type, struct quirk_log *log);

/* The value of the first line `mode`, in RFC 8461's spelling or unknown. */
enum policy_mode policy_strings_mode(const struct text_list *strings);

/* The bare names and patterns of a field. */
struct text_list mx_hosts_read(const struct fields *fields, unsigned field,
                               struct quirk_log *log);

#endif
