/* What is wrong with the certificate that an MX host presents. */
#include "base/time.h"
#include "published/mx_match.h"
#include "published/txt_record.h"
#include "rules/families.h"
#include "rules/host.h"

/* ---- one certificate ---- */

static enum answer covers(const struct observed_certificate *certificate, struct text mx)
{
    if (certificate->matches_mx)
        return certificate->matches_mx;
    if (!certificate->names.at)
        return ANSWER_UNKNOWN;
    return certificate_names_match(&certificate->names, mx) ? ANSWER_YES : ANSWER_NO;
}

/* No public CA vouches for it. */
static bool is_untrusted(const struct observed_certificate *certificate)
{
    return certificate->trust == TRUST_SELF_SIGNED || certificate->trust == TRUST_UNTRUSTED;
}

static enum shown is_right(const struct observed_certificate *certificate, struct text mx)
{
    enum answer name = covers(certificate, mx);
    if (name == ANSWER_NO || (certificate->trust && certificate->trust != TRUST_TRUSTED))
        return SHOWN_NO;
    return name == ANSWER_YES && certificate->trust == TRUST_TRUSTED ? SHOWN_YES
                                                                     : SHOWN_UNKNOWN;
}

enum shown cert_sni_judge(const struct sight *sight, const struct subject *subject,
                          const struct observed_smtp *answer)
{
    (void)sight;
    const struct observed_certificate *without = answer->certificate_without_sni;
    if (!answer->certificate)
        return SHOWN_UNKNOWN;
    /* Null is "the same"; absent is "not looked at". */
    if (!without)
        return answer->nulls & OBSERVED_BIT(PROBE_CERTIFICATE_WITHOUT_SNI) ? SHOWN_NO
                                                                           : SHOWN_UNKNOWN;
    enum shown with_sni = is_right(answer->certificate, subject->mx);
    enum shown without_sni = is_right(without, subject->mx);
    if (!with_sni || !without_sni)
        return SHOWN_UNKNOWN;
    return with_sni != without_sni ? SHOWN_YES : SHOWN_NO;
}

/* The certificate, unless there is none or what is wrong with it is told by CERT-SNI. */
static const struct observed_certificate *certificate_of(const struct sight *sight,
                                                         const struct subject *subject,
                                                         const struct observed_smtp *answer)
{
    return cert_sni_judge(sight, subject, answer) == SHOWN_YES ? NULL : answer->certificate;
}

/* What a missing certificate tells of its faults: nothing, unless it is CERT-SNI that has them. */
static enum shown told_without(const struct observed_smtp *answer)
{
    return answer->certificate ? SHOWN_NO : SHOWN_UNKNOWN;
}

enum shown cert_name_judge(const struct sight *sight, const struct subject *subject,
                           const struct observed_smtp *answer)
{
    const struct observed_certificate *certificate = certificate_of(sight, subject, answer);
    if (!certificate)
        return told_without(answer);
    if (is_untrusted(certificate))
        return SHOWN_NO;
    enum answer name = covers(certificate, subject->mx);
    if (name == ANSWER_UNKNOWN || (name == ANSWER_NO && !certificate->trust))
        return SHOWN_UNKNOWN;
    return name == ANSWER_NO ? SHOWN_YES : SHOWN_NO;
}

/* A certificate that is known by its date need not have been seen expired: a look before the
 * failures tells that it was going to be. */
enum shown cert_expired_judge(const struct sight *sight, const struct subject *subject,
                              const struct observed_smtp *answer)
{
    const struct observed_certificate *certificate = certificate_of(sight, subject, answer);
    if (!certificate)
        return told_without(answer);
    int64_t by = subject->group ? subject->group->span.last_end : sight->taken_at;
    bool leaf = certificate->not_after != TIME_UNKNOWN && certificate->not_after <= by;
    /* One of a CA above it ended: its date is not known, that it had ended is. */
    bool above =
        certificate->trust == TRUST_EXPIRED &&
        (certificate->not_after == TIME_UNKNOWN || certificate->not_after > sight->taken_at);
    if (leaf || above)
        return SHOWN_YES;
    return certificate->trust || certificate->not_after != TIME_UNKNOWN ? SHOWN_NO
                                                                        : SHOWN_UNKNOWN;
}

enum shown cert_not_yet_valid_judge(const struct sight *sight, const struct subject *subject,
                                    const struct observed_smtp *answer)
{
    const struct observed_certificate *certificate = certificate_of(sight, subject, answer);
    if (!certificate)
        return told_without(answer);
    bool dated = certificate->not_before != TIME_UNKNOWN;
    if (!dated && !certificate->trust)
        return SHOWN_UNKNOWN;
    bool is_early = dated && certificate->not_before > sight->taken_at;
    if (!is_early && certificate->trust != TRUST_NOT_YET_VALID)
        return SHOWN_NO;
    /* What failed only after that day failed for another reason. */
    bool is_past = subject->group && is_early &&
                   certificate->not_before <= subject->group->span.first_begin;
    return is_past ? SHOWN_NO : SHOWN_YES;
}

enum shown cert_untrusted_judge(const struct sight *sight, const struct subject *subject,
                                const struct observed_smtp *answer)
{
    const struct observed_certificate *certificate = certificate_of(sight, subject, answer);
    if (!certificate)
        return told_without(answer);
    if (!certificate->trust)
        return SHOWN_UNKNOWN;
    return is_untrusted(certificate) ? SHOWN_YES : SHOWN_NO;
}

/* ---- words ---- */

static void say_look(const struct inquiry *inquiry, struct text mx, struct claim *claim)
{
    claim_says(inquiry->arena, &claim->action,
               "%.*s\nLook from outside afterwards; a renewed file that the server has not "
               "loaded looks like none:\n"
               "    openssl s_client -starttls smtp -connect %.*s:25 -servername %.*s "
               "-verify_hostname %.*s",
               TEXT_ARGS(claim->action), TEXT_ARGS(mx), TEXT_ARGS(mx), TEXT_ARGS(mx));
}

/* ---- CERT-SNI ---- */

enum shown cert_sni_shows(const struct inquiry *inquiry, const struct sight *sight,
                          const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, cert_sni_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    bool with = is_right(bad->certificate, subject->mx) == SHOWN_YES;
    struct text place = words_of_place(arena, bad);
    claim_says(arena, &claim->title,
               "%.*s presents the right certificate only to senders that %s its name (SNI)",
               TEXT_ARGS(place), with ? "ask for" : "do not ask for");
    claim_says(arena, &claim->action,
               "Make the certificate for %.*s the one that the server presents %s, and reload "
               "it (with Postfix the default chain and the SNI map are two settings).",
               TEXT_ARGS(bad->mx), with ? "by default too" : "for that name (SNI) too");
    say_look(inquiry, bad->mx, claim);
    certificate_evidence(inquiry, sight, bad, claim);
    evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                 "%.*s presents to who does not use SNI a certificate %.*s (%s)",
                 TEXT_ARGS(place),
                 TEXT_ARGS(words_of_certificate(arena, bad->certificate_without_sni)),
                 trust_name(bad->certificate_without_sni->trust));
    return SHOWN_YES;
}

/* ---- CERT-NAME ---- */

enum shown cert_name_shows(const struct inquiry *inquiry, const struct sight *sight,
                           const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, cert_name_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    const struct text_list *names = &bad->certificate->names;
    claim_says(arena, &claim->title, "%.*s presents a certificate %s%.*s, not for %.*s",
               TEXT_ARGS(words_of_place(arena, bad)),
               names->count ? "for " : "for no host name",
               TEXT_ARGS(words_of_list(arena, names)), TEXT_ARGS(bad->mx));
    claim_says(arena, &claim->action,
               "Get a certificate that names %.*s among its DNS names (subjectAltName: the "
               "common name does not count), install it there, and reload the server. Where "
               "the certificate is right for another name of the same machine, that name may "
               "be made the MX instead, in DNS and in the MTA-STS policy.",
               TEXT_ARGS(bad->mx));
    say_look(inquiry, bad->mx, claim);
    certificate_evidence(inquiry, sight, bad, claim);
    return SHOWN_YES;
}

/* ---- CERT-EXPIRED ---- */

enum shown cert_expired_shows(const struct inquiry *inquiry, const struct sight *sight,
                              const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, cert_expired_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    const struct observed_certificate *certificate = bad->certificate;
    int64_t by = subject->group ? subject->group->span.last_end : sight->taken_at;
    struct text place = words_of_place(arena, bad);
    if (certificate->not_after != TIME_UNKNOWN && certificate->not_after <= by)
        claim_says(arena, &claim->title, "%.*s presents a certificate that expired on %.*s",
                   TEXT_ARGS(place), TEXT_ARGS(text_date(arena, certificate->not_after)));
    else
        claim_says(arena, &claim->title,
                   "%.*s presents a certificate of which the chain above has expired",
                   TEXT_ARGS(place));
    claim_says(arena, &claim->action,
               "Renew the certificate of %.*s%s, and reload the mail server, so that it "
               "presents the new one; then let both happen by themselves (a renewal hook that "
               "reloads it).",
               TEXT_ARGS(bad->mx),
               is_untrusted(certificate) ? " at a public CA, for this one is not trusted either"
                                         : "");
    say_look(inquiry, bad->mx, claim);
    certificate_evidence(inquiry, sight, bad, claim);
    return SHOWN_YES;
}

/* ---- CERT-NOT-YET-VALID ---- */

enum shown cert_not_yet_valid_shows(const struct inquiry *inquiry, const struct sight *sight,
                                    const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, cert_not_yet_valid_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    int64_t begins = bad->certificate->not_before;
    /* By now it is valid, whether or not anybody has looked since. */
    if (!subject->group && begins > sight->taken_at && begins <= inquiry->now)
        return SHOWN_NO;
    struct text place = words_of_place(arena, bad);
    if (begins != TIME_UNKNOWN && begins > sight->taken_at) {
        claim->bound = begins;
        claim_says(arena, &claim->title,
                   "%.*s presents a certificate that is not valid before %.*s",
                   TEXT_ARGS(place), TEXT_ARGS(text_moment(arena, begins)));
        claim_says(arena, &claim->action,
                   "Wait until %.*s, or put the former certificate of %.*s back until then. If "
                   "it was issued today, set the clock of the machine that issued it.",
                   TEXT_ARGS(text_moment(arena, begins)), TEXT_ARGS(bad->mx));
    } else {
        claim_says(arena, &claim->title, "%.*s presents a certificate that is not yet valid",
                   TEXT_ARGS(place));
        claim_says(arena, &claim->action,
                   "Set the clocks right of %.*s and of the machine that issued the "
                   "certificate, or install one that is valid now.",
                   TEXT_ARGS(bad->mx));
    }
    certificate_evidence(inquiry, sight, bad, claim);
    return SHOWN_YES;
}

/* ---- CERT-UNTRUSTED ---- */

/* Certificates that stand where nobody has installed one. The fragment is part of the issuer or,
 * where no public host can be called so, of a name. */
static const struct stand_in {
    const char *fragment;
    bool in_names;
    const char *what;
} stand_ins[] = {
    {"appliance demo", false, "the demonstration certificate of an appliance"},
    {"ironport", false, "the demonstration certificate of a Cisco IronPort"},
    {"fortinet", false, "the demonstration certificate of a Fortinet appliance"},
    {"snakeoil", true, "the stand-in that Debian makes at installation"},
    {"localhost", true, "a stand-in for localhost, made at installation"},
    {"localdomain", true, "a stand-in for localhost, made at installation"},
    {"rcgen self signed", true, "the stand-in that a mail server makes at its first start"},
    {"mailcow", false, "the stand-in that mailcow makes at its first start"},
    {"zimbra", false, "the stand-in that Zimbra makes at installation"},
    {"plesk", false, "the stand-in that Plesk makes at installation"},
    {"proxmox", false, "the stand-in that Proxmox makes at installation"},
    {"synology", false, "the certificate that a Synology comes with"},
    {"internet widgits", false, "a stand-in made with the defaults of OpenSSL"},
};

static const char *stand_in_of(const struct observed_certificate *certificate)
{
    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++) {
        struct text fragment = text_of(stand_ins[i].fragment);
        if (text_find_nocase(certificate->issuer, fragment) != SIZE_MAX)
            return stand_ins[i].what;
        for (size_t j = 0; stand_ins[i].in_names && j < certificate->names.count; j++)
            if (text_find_nocase(certificate->names.at[j], fragment) != SIZE_MAX)
                return stand_ins[i].what;
    }
    return NULL;
}

/* What exactly is missing. */
static struct text distrust_of(struct arena *arena, const struct observed_smtp *answer)
{
    const struct observed_certificate *certificate = answer->certificate;
    const char *stand_in = stand_in_of(certificate);
    if (stand_in)
        return text_format(arena, "that no public CA issued (%s)", stand_in);
    if (certificate->trust == TRUST_SELF_SIGNED)
        return TEXT("that is self-signed");
    /* The observer's sentence, where it made the observation. */
    if (text_find(answer->detail, TEXT("ends at a CA")) != SIZE_MAX)
        return TEXT("of a private CA, which nobody trusts");
    if (answer->chain.at && !answer->chain.count)
        return TEXT("without the intermediate certificate above it, or of a private CA");
    return TEXT("of which the chain does not lead to a public CA");
}

enum shown cert_untrusted_shows(const struct inquiry *inquiry, const struct sight *sight,
                                const struct subject *subject, struct claim *claim)
{
    const struct observed_smtp *bad;
    enum shown shown = host_judged(inquiry, sight, subject, cert_untrusted_judge, &bad);
    if (shown != SHOWN_YES)
        return shown;
    struct arena *arena = inquiry->arena;
    bool self_signed = bad->certificate->trust == TRUST_SELF_SIGNED;
    bool issued = !self_signed && !stand_in_of(bad->certificate);
    claim_says(arena, &claim->title, "%.*s presents a certificate %.*s",
               TEXT_ARGS(words_of_place(arena, bad)), TEXT_ARGS(distrust_of(arena, bad)));
    claim_says(arena, &claim->action,
               "%s on %.*s, its own certificate first, then each intermediate%s; then reload "
               "the server.",
               issued ? "Install the full chain of a public CA (fullchain.pem, not cert.pem)"
                      : "Get a certificate of a public CA and install its full chain",
               TEXT_ARGS(bad->mx),
               covers(bad->certificate, bad->mx) == ANSWER_NO
                   ? ". It must name that host, which the present one does not"
                   : "");
    say_look(inquiry, bad->mx, claim);
    certificate_evidence(inquiry, sight, bad, claim);
    for (size_t i = 0; i < bad->chain.count && i < 3; i++)
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "sent above it: %.*s",
                     TEXT_ARGS(words_of_line(arena, bad->chain.at[i].subject)));
    if (bad->chain.at && !bad->chain.count)
        evidence_add(arena, &claim->evidence, EVIDENCE_SMTP, sight->taken_at,
                     "nothing was sent above it");
    return SHOWN_YES;
}
