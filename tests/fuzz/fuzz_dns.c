#include "fuzz.h"
#include "observe/wire_dns.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    struct dns_answer answer;
    uint8_t query[DNS_QUERY_MAX];
    if (!dns_answer_read(bytes, arena, &answer))
        return;
    promise(dns_answers(&answer, answer.id, answer.name, answer.type));
    for (size_t i = 0; i < answer.records.count; i++)
        promise(text_known(answer.records.at[i].name) &&
                text_known(answer.records.at[i].value));
    if (text_is_host(answer.name))
        promise(dns_query_write(query, answer.id, answer.name, answer.type) > DNS_HEADER_SIZE);
}
