/* What people are told of the codes about reporting itself: the record that asks for reports, who
 * reads them, and changes of mail records. */
#include "rules/families.h"

const struct rule_text texts_reporting[] = {
    {
        .code = "TLSRPT-MISSING",
        .title = "No record asks senders for TLS reports",
        .meaning =
            "Mail is not affected. But senders have nowhere to report to, and nobody learns "
            "that encryption or delivery fails. For a small domain without MTA-STS that is "
            "no emergency.",
        .decided =
            "DNS was asked for the TXT record at _smtp._tls and the domain, and said that "
            "there is none. A look-up that failed is another code, TLSRPT-LOOKUP-FAILED.",
        .action = "Publish one, but only if somebody will read the reports.",
    },
    {
        .code = "TLSRPT-LOOKUP-FAILED",
        .title = "The record that asks for TLS reports could not be looked up",
        .meaning =
            "Whether it is there is not known. Senders may have the same trouble and then "
            "send no reports. If the rest of DNS fails too, mail is late.",
        .decided =
            "DNS gave an error, no answer, or one whose signature is wrong (DNSSEC). This is "
            "never shown as missing.",
        .action = "Repair DNS, then look again with \"tlsrpt observe\".",
    },
    {
        .code = "TLSRPT-WRONG-NAME",
        .title = "The record that asks for TLS reports stands at the wrong name",
        .meaning = "Mail is not affected. Senders look at _smtp._tls and the domain only, find "
                   "nothing, and send no reports.",
        .decided =
            "No valid record is at the right name, and one stands at the domain itself or at "
            "a name that is often mistaken for it.",
        .action = "Move it to _smtp._tls and the domain. Some DNS panels add the domain by "
                  "themselves, so that it stands there twice.",
    },
    {
        .code = "TLSRPT-VERSION",
        .title = "What stands at the place of the TLS-RPT record is something else",
        .meaning =
            "Mail is not affected. A record that does not begin with v=TLSRPTv1 counts as "
            "none, so that no reports come.",
        .decided =
            "The observation read the record. If it is one of another kind (DMARC, SPF), "
            "that is said.",
        .action = "Put a record in its place that begins with exactly \"v=TLSRPTv1;\".",
    },
    {
        .code = "TLSRPT-PRESENT",
        .title = "The record that asks for TLS reports is in order, and somebody owns it",
        .meaning = "Senders know where to report to, and it is known who is meant to read the "
                   "reports. That they are read, only arriving reports prove.",
        .decided =
            "There is one valid record, DNS has nothing against its destinations, none is a "
            "former vendor's, and an owner or one of the destinations is configured.",
        .action = "None; include the domain in the monthly report.",
    },
    {
        .code = "TLSRPT-RUA-MISSING",
        .title = "The record that asks for TLS reports does not say where to send them",
        .meaning = "Mail is not affected. Without a destination (rua) no report can be sent.",
        .decided = "The observation read the record: it has no rua, or has it in capitals "
                   "(RUA), which senders do not know.",
        .action = "Add the destination: rua=mailto: and an address.",
    },
    {
        .code = "TLSRPT-RUA-SYNTAX",
        .title = "The record that asks for TLS reports has a mistake in it",
        .meaning =
            "Mail is not affected. Some senders or all of them cannot read where to report "
            "to, and send no reports.",
        .decided =
            "The observation read the record as senders do: for example a destination "
            "without mailto: or https:, a sign that has to be encoded, or a missing \"=\".",
        .action = "Publish the corrected record that is given.",
    },
    {
        .code = "TLSRPT-MULTIPLE",
        .title = "Several records ask for TLS reports, so that none counts",
        .meaning =
            "Mail is not affected. Senders must ignore all of them if there is more than "
            "one, and send no reports.",
        .decided =
            "More than one TXT record that begins with v=TLSRPTv1 is at _smtp._tls and the "
            "domain.",
        .action = "Keep one; it may name several destinations, with commas between them.",
    },
    {
        .code = "TLSRPT-FORMER-VENDOR",
        .title = "TLS reports go to a former vendor",
        .meaning =
            "Mail is not affected. But somebody who works for you no more learns who sends "
            "you mail and what fails, and you may not.",
        .decided = "A destination in the record is in a domain that your configuration lists "
                   "under former-vendors.",
        .action =
            "Point the record to its owner of today, and ask the vendor to delete what has "
            "come there.",
    },
    {
        .code = "STS-FORMER-VENDOR",
        .title = "MTA-STS is still in the hands of a former vendor",
        .meaning =
            "Who holds the policy host can serve any policy under a certificate for its name: "
            "one in enforce that lists none of your MX hosts, with a max_age of a year, makes "
            "every sender that takes it refuse all mail to you until it has run out. Who holds "
            "the record can hide your policy from new senders. A host that the policy lists "
            "may "
            "take your mail where answers about your MX are forged.",
        .decided = "_mta-sts or mta-sts of the domain leads by CNAME into a domain that your "
                   "configuration lists under former-vendors, or the policy lists an MX there.",
        .action =
            "Serve the policy from a host of your own, publish the record yourself with a new "
            "id, and take the vendor's MX out of the policy.",
    },
    {
        .code = "TLSRPT-RUA-UNEXPECTED",
        .title = "The record does not name the destination that is configured here",
        .meaning = "Mail is not affected. Reports go elsewhere than you mean them to, so that "
                   "this program may never see them.",
        .decided = "The rua in your configuration is not among the destinations in the record.",
        .action = "Correct the record, or the configuration if it is out of date.",
    },
    {
        .code = "TLSRPT-RUA-UNREACHABLE",
        .title = "TLS reports cannot arrive at the destination in the record",
        .meaning = "Mail to the domain is not affected. But reports are lost, and failures go "
                   "unnoticed.",
        .decided =
            "By DNS the destination's domain does not exist, takes no mail (null MX), or has "
            "neither MX nor address; or the host of an https: destination has no address. "
            "Whether the mailbox itself exists cannot be seen from outside.",
        .action = "Make that domain accept mail again, or name another destination.",
    },
    {
        .code = "TLSRPT-NO-OWNER",
        .title = "Nobody is named who reads the TLS reports",
        .meaning =
            "Mail is not affected. Reports come, and may lie unread when something fails. "
            "Where the domain has to comply with rules (compliance = yes), this is critical.",
        .decided = "The record is there, and the configuration has no owner for the domain.",
        .action = "Name one: owner = … in the domain's section of the configuration.",
    },
    {
        .code = "TLSRPT-OWNER-SPLIT",
        .title = "The TLS reports and the MTA-STS policy have different owners",
        .meaning =
            "Mail is not affected now. But who reads of a failure cannot mend the policy, "
            "and who changes the policy does not see what it does.",
        .decided = "MTA-STS is published, and owner and sts-owner in the configuration differ, "
                   "or one of them is not there.",
        .action = "Let one team own both, or agree how the one tells the other.",
    },
    {
        .code = "TLSRPT-RUA-PERSONAL",
        .title = "TLS reports go to a mailbox that does not fit who should own them",
        .meaning = "Mail is not affected. If it is one person's mailbox, the reports are lost "
                   "when that person leaves.",
        .decided = "A destination is at a provider of free mailboxes; or it is not where the "
                   "ownership that is configured (model) would have it.",
        .action =
            "Use a mailbox of the organisation that several people read, or configure the "
            "model and the rua that are meant.",
    },
    {
        .code = "TLSRPT-SILENT",
        .title = "TLS reports are asked for, and none comes any more",
        .meaning =
            "Mail to the domain may be well, or may fail unnoticed. Often the mailbox for "
            "reports is full, gone, or not read into this program.",
        .decided =
            "The record is valid, and the last report is older than silent-after says; or "
            "none ever came, MTA-STS is published, and the record was first seen longer "
            "ago than that. Where reports come rarely, one and a half times what is usual there "
            "counts, if that is longer. It is critical if reports came on most days before.",
        .action = "Check the mailbox, its quota, the routing to it, and that its mail reaches "
                  "\"tlsrpt ingest\".",
    },
    {
        .code = "TLSRPT-UNAUTHENTICATED",
        .title = "Some TLS reports are not signed, or their signature fails",
        .meaning =
            "Mail is not affected. Anybody could have written such a report. It is counted "
            "all the same, but is no proof when it comes to calling somebody.",
        .decided =
            "The mail server that you trust (authserv-id) noted for each report whether its "
            "DKIM signature is the sender's own.",
        .action = "None.",
    },
    {
        .code = "TLSRPT-LOOP",
        .title = "A reporter tells only of the mail that brings its own report",
        .meaning =
            "Mail is not affected. Each report is itself a mail, which the next one counts. "
            "Such reports do not show that anybody else reaches you.",
        .decided = "There are three reports or more of that reporter, and each names one "
                   "successful session and nothing else.",
        .action = "None.",
    },
    {
        .code = "TLSRPT-HOST-RECORD-MISSING",
        .title = "An MX host with DANE has no record of its own that asks for TLS reports",
        .meaning =
            "Mail is not affected. Some senders send what they report about DANE (the "
            "digests of certificates in DNS) to the MX host's name instead of the domain, "
            "and find nowhere to send it.",
        .decided =
            "A host under the domain has signed TLSA records, and DNS says that there is "
            "no record at _smtp._tls and its name.",
        .action = "Publish the record for the host's name too.",
    },
    {
        .code = "REPORTS-UNREADABLE",
        .title = "Mail that claims to be a report could not be read",
        .meaning = "Mail to the domain is not affected. What these reports say is missing from "
                   "all that is counted here.",
        .decided =
            "Mail is kept in quarantine: damaged, too large, more than a quota lets in, or not "
            "what it claims to be.",
        .action = "Look at it with \"tlsrpt quarantine list\", and try again after an update "
                  "with \"tlsrpt quarantine retry\".",
    },
    {
        .code = "MAIL-RECORD-CHANGED",
        .title = "DNS records or the policy that mail depends on have changed",
        .meaning =
            "Most such changes are meant. One that nobody meant may lead mail elsewhere, "
            "have it refused, or show that somebody else can edit your DNS.",
        .decided =
            "MX, SPF, DKIM, DMARC, MTA-STS, TLS-RPT or verification records differ from one "
            "observation to the next, and nobody has acknowledged it. The first observation "
            "is where the comparison starts. Critical: MX records differ, or one of the "
            "others but DKIM and verification disappears.",
        .action =
            "Look at before and after with \"tlsrpt changes\"; acknowledge what was meant "
            "(\"tlsrpt acknowledge\"), undo the rest.",
    },
    {0},
};
