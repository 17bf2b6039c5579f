#include "ahead/migration_parts.h"

/* The order is that in which findings of the same severity are told. What MIG-UNEXPECTED-CHANGE would say,
 * MAIL-RECORD-CHANGED does. */
const struct migration_rule migration_rules[] = {
    {
        .code = "MIG-DS-BROKEN",
        .severity = SEVERITY_CRITICAL,
        .finds = mig_ds_broken,
        .reference = "RFC 4035 §5.5",
        .title = "Names that were signed do not validate since the change",
        .meaning = "Whoever validates DNSSEC gets no answer: mail from there is not delivered, "
                   "with or without DANE.",
        .decided = "MX, addresses or TLSA records were secure in the earlier observation and "
                   "are bogus in the later.",
        .action =
            "Remove the old DS record at the registrar, or publish the one of the keys in use.",
    },
    {
        .code = "MIG-MX-CHANGED-POLICY-NOT",
        .severity = SEVERITY_WARNING,
        .critical_if_refused = true,
        .finds = mig_mx_changed_policy_not,
        .reference = "RFC 8461 §4.1",
        .title = "The MX records changed and the MTA-STS policy did not",
        .meaning = "Under enforce, senders that hold the policy refuse to deliver to an MX "
                   "host that it does not list.",
        .decided = "A host that came into the MX records is matched by no mx line of the "
                   "policy in force.",
        .action = "Add the new hosts to the policy beside the old, then change the id.",
    },
    {
        .code = "MIG-POLICY-OLD-REMOVED-EARLY",
        .severity = SEVERITY_WARNING,
        .critical_if_refused = true,
        .finds = mig_policy_old_removed_early,
        .reference = "RFC 8461 §4.1",
        .title = "The MTA-STS policy dropped a host while senders still deliver there",
        .meaning = "A sender with the new policy and the old MX records refuses to deliver to "
                   "it under enforce.",
        .decided = "An earlier policy lists the host and the present one does not, and it is "
                   "an MX still, its MX records "
                   "may be in caches, or reports of the last week name it.",
        .action =
            "List the host again; drop it once its TTL has passed and nobody comes to it.",
    },
    {
        .code = "MIG-TLSA-OLD-CERT",
        .severity = SEVERITY_CRITICAL,
        .finds = mig_tlsa_old_cert,
        .reference = "RFC 7672 §2.2",
        .title = "TLSA records were carried over to another certificate",
        .meaning = "Senders that do DANE refuse to deliver to that host.",
        .decided = "The TLSA records stood at an MX host before, and none matches the "
                   "certificate presented now.",
        .action = "Publish the record of the certificate in use, two TTLs before a change.",
    },
    {
        .code = "MIG-CERT-NEW-MX",
        .severity = SEVERITY_WARNING,
        .critical_if_refused = true,
        .finds = mig_cert_new_mx,
        .reference = "RFC 8461 §4.2",
        .title = "A new MX host has no certificate that senders accept",
        .meaning = "Under enforce they refuse to deliver there; in testing they report it.",
        .decided = "The probe of a host that came into the MX records; where it was not "
                   "probed, reports whose failures of "
                   "the certificate begin on the day of the move or later.",
        .action = "A certificate of a public CA for that very name, with its chain.",
    },
    {
        .code = "MIG-STS-HOST-LEFT",
        .severity = SEVERITY_CRITICAL,
        .finds = mig_sts_host_left,
        .reference = "RFC 8461 §8.2",
        .title = "The names of the MTA-STS policy lead to those who ran the mail before",
        .meaning = "They control which hosts may take the mail of the domain.",
        .decided = "A CNAME of mta-sts or _mta-sts leads to a domain of former-vendors, or to "
                   "that of the old MX hosts "
                   "while none of the new is there.",
        .action = "Serve the policy yourself or from the new vendor, then move the CNAME "
                  "records and change the id.",
    },
    {
        .code = "MIG-OLD-MX-GONE",
        .severity = SEVERITY_WARNING,
        .finds = mig_old_mx_gone,
        .reference = "RFC 5321 §5.1",
        .title = "An old MX host was switched off while senders still come to it",
        .meaning = "Mail waits in the queues of those senders, and comes late or back.",
        .decided = "Reports that begin after it left the MX records name it; it has no address "
                   "or does not answer, or "
                   "the reports say that it refuses connections or does not exist.",
        .action = "Put it back until nobody comes.",
    },
    {
        .code = "MIG-ID-UNCHANGED",
        .severity = SEVERITY_WARNING,
        .critical_if_refused = true,
        .finds = mig_id_unchanged,
        .reference = "RFC 8461 §3.1",
        .title = "The MTA-STS policy was edited without changing the id",
        .meaning = "Senders go by the policy that they hold, for up to its max_age.",
        .decided = "Two observations serve different policies under the same id.",
        .action = "Change the id at every edit.",
    },
    {
        .code = "MIG-DS-LOST",
        .severity = SEVERITY_WARNING,
        .finds = mig_ds_lost,
        .reference = "RFC 7672 §2.2",
        .title = "Names that were signed by DNSSEC are not any more",
        .meaning = "DANE is off: no sender goes by TLSA records that are not signed.",
        .decided = "MX, addresses or TLSA records were secure in the earlier observation and "
                   "are insecure in the later. A "
                   "notice where no host had TLSA records.",
        .action = "Have the zone signed by who serves it now, with a DS record at the "
                  "registrar; or confirm it.",
    },
    {
        .code = "MIG-TLSA-LOST",
        .severity = SEVERITY_WARNING,
        .finds = mig_tlsa_lost,
        .reference = "RFC 7672 §2.2",
        .title = "MX hosts lost their TLSA records, or mail moved to hosts without",
        .meaning = "Senders that do DANE no longer check who answers, and those that demand it "
                   "do not deliver.",
        .decided = "As DANE-LOST: signed TLSA records before, and none now.",
        .action = "Publish them again, ask the new vendor for them, or confirm that DANE was "
                  "given up.",
    },
    {
        .code = "MIG-RUA-LEFT-BEHIND",
        .severity = SEVERITY_WARNING,
        .finds = mig_rua_left_behind,
        .reference = "RFC 8460 §3",
        .title = "TLS reports still go to those who ran the mail before",
        .meaning = "They learn what fails, and the domain does not.",
        .decided = "A rua is in a domain of former-vendors (critical), or in that of the old "
                   "MX hosts while none of the "
                   "new is there and the domain itself is not.",
        .action = "Point the record to a mailbox of the domain's own.",
    },
    {
        .code = "MIG-RUA-LOST",
        .severity = SEVERITY_WARNING,
        .finds = mig_rua_lost,
        .reference = "RFC 8460 §3",
        .title = "The TLS-RPT record was lost in the change",
        .meaning = "Nobody hears of failures from now on.",
        .decided =
            "A valid record in an earlier observation, and an answer without one in the later.",
        .action = "Publish it again.",
    },
    {
        .code = "MIG-OLD-MX-STILL-HIT",
        .severity = SEVERITY_WARNING,
        .finds = mig_old_mx_still_hit,
        .reference = "RFC 8461 §8.1",
        .title = "Senders still come to an MX host that left the MX records",
        .meaning = "It has to go on taking mail, as the policy demands.",
        .decided = "Reports that begin after it left name it. It may go when none has for the "
                   "longest of a week, the TTL "
                   "of the old MX records and the max_age of the policy before the move.",
        .action = "Keep it until the date given.",
    },
    {
        .code = "MIG-REGRESSION",
        .severity = SEVERITY_WARNING,
        .finds = mig_regression,
        .reference = "RFC 8460 §4",
        .title = "More sessions fail since the change",
        .meaning = "Something in the new state does not suit senders; what becomes of the mail "
                   "the findings of analyze say.",
        .decided = "By type and MX, of the same reporters over the same weekdays: at least 3 "
                   "that fail, more by a "
                   "hundredth of all sessions and by half. With fewer than 20 sessions on a "
                   "side nothing is said.",
        .action = "See the findings of analyze.",
    },
    {
        .code = "MIG-MAXAGE-TAIL",
        .severity = SEVERITY_NOTICE,
        .finds = mig_maxage_tail,
        .reference = "RFC 8461 §3.3",
        .title = "A former policy in enforce lives on in caches",
        .meaning = "A sender that cannot fetch the new one goes by it. A warning where it does "
                   "not list an MX host of now.",
        .decided = "The first observation that no longer serves it, and its max_age.",
        .action = "Keep old and new hosts in order until the date given.",
    },
    {
        .code = "MIG-ROLLBACK-HINT",
        .severity = SEVERITY_WARNING,
        .finds = mig_rollback_hint,
        .reference = "RFC 8461 §8.1",
        .title = "The exact records of before a change that broke something",
        .meaning = "To go back is often quickest, as long as nothing depends on the new state.",
        .decided = "A critical finding of a migration that was seen within 24 hours of its "
                   "change, in the last 7 days; the "
                   "records are those of the observation before the change.",
        .action = "Mend the fault, or paste the records.",
    },
    {
        .code = "MIG-POLICY-AHEAD-OK",
        .severity = SEVERITY_OK,
        .finds = mig_policy_ahead_ok,
        .reference = "RFC 8461 §8.1",
        .title = "The policy lists the hosts of both sides of a move",
        .meaning = "Senders deliver by the old MX records and by the new.",
        .decided = "The policy lists every MX host of now, and hosts that are not yet or no "
                   "longer among them.",
        .action = "Move, or drop the old hosts, at the date given.",
    },
    {
        .code = "MIG-IMPROVED",
        .severity = SEVERITY_OK,
        .finds = mig_improved,
        .reference = "RFC 8460 §4",
        .title = "Fewer sessions fail since the change",
        .meaning = "The new state suits senders better.",
        .decided = "As MIG-REGRESSION, the other way round.",
        .action = "None.",
    },
};
const size_t migration_rule_count = sizeof migration_rules / sizeof *migration_rules;
