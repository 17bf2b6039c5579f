#include "fuzz.h"
#include "ingest/parse.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    struct report_envelope envelope = {.sent_at = TIME_UNKNOWN, .received_at = TIME_UNKNOWN};
    struct document document = {0};
    document_read(bytes, &envelope, &limits, arena, &document);
    promise((document.kind == DOCUMENT_REPORT) == (document.report != NULL));
    promise(text_is_utf8(document.fault));
    for (size_t i = 0; document.report && i < document.report->policy_count; i++) {
        const struct tls_policy *policy = &document.report->policies[i];
        promise(policy->failed_sessions <= INT64_MAX &&
                policy->successful_sessions <= INT64_MAX);
        promise(policy->unitemised_failures <= policy->failed_sessions);
    }
}
