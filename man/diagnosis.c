/* Prints tlsrpt-diagnosis(7): every code that a finding may have, from the table of rules. */
#include <stdio.h>

#include "man/mdoc.h"
#include "render/findings.h"
#include "render/migration.h"
#include "rules/rule.h"

struct family {
    enum rule_family family;
    const char *title;
    const char *about;
};

static const struct family families[] = {
    {FAMILY_STS, "MTA-STS",
     "The policy that a domain serves over HTTPS, and the TXT record at _mta-sts that "
     "announces "
     "it."},
    {FAMILY_DNS, "DNS", "What name servers answer, for every kind of record."},
    {FAMILY_MX, "MX RECORDS",
     "Which hosts take mail for the domain, and whether they are there."},
    {FAMILY_TLS, "STARTTLS", "How an MX host and a sender agree on encryption."},
    {FAMILY_CERT, "CERTIFICATES", "What MX hosts present once encryption is on."},
    {FAMILY_DANE, "DANE AND TLSA",
     "TLSA records, signed by DNSSEC, which say what certificate an MX host has."},
    {FAMILY_REMAINS, "WHAT REMAINS",
     "Failures that nothing published explains. Every failed session is in exactly one "
     "finding: "
     "those that no rule claims are in one of these."},
    {FAMILY_REPORTING, "REPORTING",
     "The TLS-RPT record, who reads the reports, and whether any come."},
};

static const char introduction[] =
    "Each finding of tlsrpt carries one of the codes below. It says what is wrong, how badly, "
    "who can mend it, and what shows it. The same text, one code at a time, comes from:";

static const char *const sides[SIDE_COUNT] = {
    [SIDE_UNKNOWN] = "not known",
    [SIDE_DOMAIN] = "the domain",
    [SIDE_SENDER] = "the sender",
    [SIDE_PATH] = "the network in between",
};

static void item(struct buffer *out, const char *label, struct text text)
{
    if (!text.length)
        return;
    buffer_format(out, ".It %s\n", label);
    mdoc_prose(out, text);
}

static void add_rule(struct buffer *out, const struct rule *rule)
{
    BUFFER_AUTO how_bad = {0};
    BUFFER_AUTO types = {0};
    const struct rule_text *text = rule_text_of(rule);
    buffer_format(out, ".Ss %s\n", rule->code);
    if (text)
        mdoc_sentence(out, text_of(text->title));
    code_severity(&how_bad, rule);
    code_result_types(&types, rule);
    buffer_add_text(out, TEXT(".Bl -tag -width \"Reported as\"\n"));
    item(out, "Severity", buffer_text(&how_bad));
    item(out, "Fault of", text_of(sides[rule->side]));
    item(out, "Reported as", buffer_text(&types));
    if (text) {
        item(out, "Meaning", text_of(text->meaning));
        item(out, "Decided by", text_of(text->decided));
        item(out, "To do", text_of(text->action));
    }
    item(out, "Reference", text_of(rule->reference));
    buffer_add_text(out, TEXT(".El\n"));
}

static void add_family(struct buffer *out, const struct family *family)
{
    buffer_format(out, ".Sh %s\n", family->title);
    mdoc_prose(out, text_of(family->about));
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].family == family->family)
            add_rule(out, &rules[i]);
}

static void add_migrations(struct buffer *out)
{
    buffer_add_text(out, TEXT(".Sh MIGRATIONS\n"));
    mdoc_prose(out,
               TEXT("What a change of the published records does to mail: two observations are "
                    "compared, and the reports around them looked at. These codes are told "
                    "by tlsrpt changes and tlsrpt plan, not by tlsrpt analyze."));
    for (size_t i = 0; i < migration_rule_count; i++) {
        const struct migration_rule *rule = &migration_rules[i];
        BUFFER_AUTO severity = {0};
        migration_severity(&severity, rule);
        buffer_format(out, ".Ss %s\n", rule->code);
        mdoc_sentence(out, text_of(rule->title));
        buffer_add_text(out, TEXT(".Bl -tag -width \"Reported as\"\n"));
        item(out, "Severity", buffer_text(&severity));
        item(out, "Meaning", text_of(rule->meaning));
        item(out, "Decided by", text_of(rule->decided));
        item(out, "To do", text_of(rule->action));
        item(out, "Reference", text_of(rule->reference));
        buffer_add_text(out, TEXT(".El\n"));
    }
}

int main(void)
{
    BUFFER_AUTO out = {0};
    mdoc_head(&out, TEXT("tlsrpt-diagnosis"), 7);
    mdoc_name(&out, TEXT("tlsrpt-diagnosis"),
              TEXT("the codes of findings: meaning, evidence, what to do"));
    buffer_add_text(&out, TEXT(".Sh DESCRIPTION\n"));
    mdoc_prose(&out, text_of(introduction));
    buffer_add_text(&out, TEXT(".Pp\n.Dl tlsrpt analyze \\-\\-code CODE\n"));
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        add_family(&out, &families[i]);
    add_migrations(&out);
    buffer_add_text(&out, TEXT(".Sh SEE ALSO\n.Xr tlsrpt 1 ,\n.Xr tlsrpt-analyze 1 ,\n"
                               ".Xr tlsrpt-changes 1 ,\n.Xr tlsrpt-plan 1 ,\n"
                               ".Xr tlsrpt-show 1\n"));
    bool written = fwrite(out.at, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    return written ? 0 : 1;
}
