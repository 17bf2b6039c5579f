/* Which text belongs to a rule: each family has a table of its own, texts_*.c. */
#include "rules/families.h"

static const struct rule_text *const tables[] = {
    [FAMILY_STS] = texts_sts,         [FAMILY_DNS] = texts_mx,
    [FAMILY_MX] = texts_mx,           [FAMILY_TLS] = texts_tls,
    [FAMILY_CERT] = texts_tls,        [FAMILY_DANE] = texts_dane,
    [FAMILY_REMAINS] = texts_remains, [FAMILY_REPORTING] = texts_reporting,
};

const struct rule_text *rule_text_of(const struct rule *rule)
{
    if (rule->family >= sizeof tables / sizeof *tables || !tables[rule->family])
        return NULL;
    for (const struct rule_text *each = tables[rule->family]; each->code; each++)
        if (text_equal(text_of(each->code), text_of(rule->code)))
            return each;
    return NULL;
}
