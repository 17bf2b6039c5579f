/* Findings of five domains, filled by hand: what the tests of rendering print. */
#ifndef FINDINGS_SAMPLE_H
#define FINDINGS_SAMPLE_H

#include "render/findings.h"

enum { SAMPLE_DOMAINS = 5, SAMPLE_TEXTS = 24 };

struct sample {
    struct diagnosis domains[SAMPLE_DOMAINS];
    struct finding own[5]; /* of example.com */
    struct finding hosted[2];
    struct evidence evidence[4];
    struct text reporters[2], reasons[1];
    struct tally days[2], names[3];
    const struct finding *hosted_at[2];
    struct shared_fault fault;
    struct shared_faults shared;
    struct findings_report report;
    struct text *texts[SAMPLE_TEXTS]; /* every text that may come from outside */
    size_t text_count;
};

/* Fills *SAMPLE, which points into itself. */
void sample_fill(struct sample *sample);

extern const struct rule sample_rules[];
extern const size_t sample_rule_count;

/* How often WORDS is in OUT. */
size_t count_of(const struct buffer *out, const char *words);

#define ASSERT_HAS(out, words)   assert_true(count_of((out), (words)) > 0)
#define ASSERT_LACKS(out, words) assert_int_equal(count_of((out), (words)), 0)

#endif
