/* What people are told of the codes about DANE: certificate digests in DNS, signed with DNSSEC. */
#include "rules/families.h"

const struct rule_text texts_dane[] = {
    {
        .code = "DANE-MISMATCH",
        .title = "The certificate of an MX host is not the one that its TLSA record names",
        .meaning =
            "With DANE a signed DNS record (TLSA) holds a digest of the server's certificate "
            "or key. Senders that use DANE compare the two and refuse to deliver if they "
            "differ; others deliver all the same.",
        .decided = "One observation has both: signed TLSA records that name the server itself "
                   "(usage 3), and the certificate that the server presented. None matches.",
        .action =
            "Publish the TLSA record of the certificate in use, beside the present one until "
            "its TTL (time to live) has passed.",
    },
    {
        .code = "DANE-ROLLOVER",
        .title = "A certificate was replaced before its TLSA record was",
        .meaning = "The record in DNS still named the old key, or senders still had the old "
                   "record. Senders that use DANE refused mail in that time, and will again at "
                   "the next renewal if nothing changes.",
        .decided =
            "The TLSA record matched an earlier certificate and not that of the time of the "
            "failures: certificate or key changed, and the record did not, or too late.",
        .action =
            "Publish the record of the next key two TTLs before the key is used, beside the "
            "present one; or let the renewal keep the key, with a record 3 1 1.",
    },
    {
        .code = "DANE-TA-NOT-SENT",
        .title = "The server does not send the CA certificate that its TLSA record names",
        .meaning =
            "A TLSA record of usage 2 names a CA (who issued the certificate), not the "
            "server. Senders find it only if the server sends the certificate of that CA "
            "too. Those that use DANE refuse to deliver; others do not care.",
        .decided =
            "The probe saw what the server sends: its own certificate alone, or a chain that "
            "stops below the CA that issued the last one. No usable record names the "
            "server's own key.",
        .action = "Let the server send that CA certificate as well, or publish a record of its "
                  "own key (3 1 1).",
    },
    {
        .code = "DANE-TA-ISSUER",
        .title = "The certificate comes from a CA that no TLSA record names",
        .meaning =
            "The TLSA records name who may issue the certificate (usage 2), and another CA "
            "or another of its certificates did. Public CAs change theirs without notice. "
            "Senders that use DANE refuse to deliver; others deliver all the same.",
        .decided = "The probe saw a complete chain of certificates, and none in it is one that "
                   "the signed TLSA records name.",
        .action =
            "Publish a record for every certificate from which the CA may issue, or one of "
            "the server's own key (3 1 1).",
    },
    {
        .code = "DANE-TA-NAME",
        .title = "The TLSA record names the right CA, but the certificate is for another name",
        .meaning =
            "Where a TLSA record names a CA (usage 2), the name in the certificate counts "
            "too, since the CA issues for others as well. Senders that use DANE refuse to "
            "deliver.",
        .decided =
            "The probe saw the chain: a record matches a certificate in it, and the names "
            "in the server's own do not cover the MX host.",
        .action = "Have the certificate reissued with that name, or publish a record of the "
                  "server's own key (3 1 1), for which names do not count.",
    },
    {
        .code = "DANE-UNUSABLE",
        .title = "The TLSA records of an MX host are of a kind that mail does not use",
        .meaning =
            "Mail uses TLSA records of usage 2 and 3 alone, with a digest of the right "
            "length. With others most senders encrypt but cannot check whom they talk to; "
            "some refuse to deliver.",
        .decided = "The records were read in DNS, and none can be used.",
        .action = "Publish 3 1 1 (the server's key) or 2 1 1 (the CA's key) instead.",
    },
    {
        .code = "DANE-BOGUS",
        .title = "DNSSEC signatures that mail depends on do not validate",
        .meaning =
            "DNSSEC signs what DNS says. The signature of the MX records, of an address or "
            "of the TLSA records (or of the answer that there are none) is wrong or has "
            "expired. Senders that check cannot deliver, with DANE or without; those that "
            "do not check notice nothing.",
        .decided = "The observation validated the answers by itself, from the root of DNS "
                   "down.",
        .action =
            "Sign the zone anew, and see that the DS record at the registrar fits its key "
            "and that all name servers have the same zone.",
    },
    {
        .code = "DANE-LOOKUP-FAILED",
        .title = "The name servers do not answer the question for TLSA records",
        .meaning =
            "Senders that use DANE ask for TLSA records before they deliver. An error or "
            "silence may hide an attack, so that they wait and in the end return the mail, "
            "even if no such record was ever published.",
        .decided = "The observation got an error or no answer for the TLSA records, while the "
                   "same name servers give the host's addresses.",
        .action =
            "Let the name servers, and firewalls before them, answer TLSA queries, if only "
            "with \"there is none\".",
    },
    {
        .code = "DANE-MX-INSECURE",
        .title = "An MX host has DANE, but the MX records that lead to it are not signed",
        .meaning =
            "An attacker can change MX records that are not signed and lead mail past the "
            "protected host. Senders that insist on DANE refuse; the others deliver, most "
            "of them as without DANE.",
        .decided = "The observation validated them: TLSA records and address of the host are "
                   "signed, the MX records of the domain are not.",
        .action = "Sign the domain with DNSSEC (a DS record at the registrar), or leave it.",
    },
    {
        .code = "DANE-INSECURE",
        .title = "TLSA records are published in a zone that is not signed",
        .meaning = "Without DNSSEC anybody in between could forge them, so that senders ignore "
                   "them. Mail is delivered, without the protection of DANE; only senders that "
                   "insist on DANE refuse.",
        .decided = "The records are in DNS, and the observation found no chain of signatures "
                   "to them.",
        .action = "Sign the zone with DNSSEC, or remove the TLSA records.",
    },
    {
        .code = "DANE-NONE-PUBLISHED",
        .title = "A sender insists on DANE, and the domain never published it",
        .meaning =
            "Somebody set that sender up to deliver to you only with DANE. It refuses mail "
            "to you; all others deliver. Nothing is wrong on your side.",
        .decided =
            "The TLSA records of every MX host were looked up and are not there, nor at any "
            "other name looked at, and no earlier observation has any.",
        .action = "Publish DANE (signed zones, a TLSA record for each MX host), or tell the "
                  "sender that there is none.",
    },
    {
        .code = "DANE-LOST",
        .title = "An MX host had DANE, and has it no more",
        .meaning =
            "The TLSA records or their DNSSEC signature are gone. Mail is mostly delivered "
            "all the same, but without that protection, and no failure may tell you: "
            "reports only stop naming DANE. Senders that insist on it refuse.",
        .decided =
            "An earlier observation has signed TLSA records for the host; in a later one "
            "they are not there, or the zone is not signed.",
        .action =
            "Put them back, or have the zone signed again; or confirm that DANE was given "
            "up.",
    },
    {
        .code = "DANE-NO-STARTTLS",
        .title = "An MX host has a TLSA record and offers no encryption",
        .meaning =
            "The signed record promises that the host encrypts. Since it does not offer "
            "STARTTLS, senders that use DANE take it for an attack and refuse to deliver.",
        .decided = "Signed TLSA records are in DNS, and the probe found that the host does not "
                   "offer STARTTLS.",
        .action = "Enable STARTTLS on that host, or remove its TLSA record until it is.",
    },
    {
        .code = "DANE-PARTIAL",
        .title = "Some MX hosts have DANE and others do not",
        .meaning =
            "An attacker who blocks the protected hosts leads mail to the one without, "
            "where senders deliver without the check. Senders that insist on DANE refuse "
            "there.",
        .decided = "Signed TLSA records are there for one MX host, and DNS says that there are "
                   "none for this one.",
        .action = "Publish a TLSA record for each MX host.",
    },
    {
        .code = "DANE-WRONG-NAME",
        .title = "A TLSA record stands at a name where no mail server looks",
        .meaning =
            "Senders look at _25._tcp. and the name of the MX host, not at the domain and "
            "not at another port. They find nothing there: mail is delivered without DANE, "
            "and refused by senders that insist on it.",
        .decided = "DNS has a TLSA record at another name, and none at port 25 of the MX host.",
        .action = "Publish it at _25._tcp. and the name of the MX host.",
    },
    {
        .code = "DANE-TOO-MANY",
        .title = "An MX host has more TLSA records than Microsoft accepts",
        .meaning =
            "With more than 12 records Microsoft (Exchange Online) refuses to deliver to "
            "that host. Other senders do not mind.",
        .decided = "The records were counted in DNS.",
        .action = "Remove those of certificates that are not in use.",
    },
    {
        .code = "DANE-FRAGILE",
        .title = "The TLSA record of an MX host will not survive the next renewal",
        .meaning = "All is well now. But the record is of something that renewals replace, and "
                   "when the next certificate comes, senders that use DANE will refuse mail.",
        .decided =
            "The one usable record is of the whole certificate (3 0); or there is one "
            "record and each renewal observed so far brought a new key; or the records "
            "name some of the CA's certificates and an earlier one came from another. The "
            "date is worked out from the certificate's lifetime.",
        .action =
            "Let the renewal keep the key, with a record 3 1 1; or publish the record of the "
            "next key two TTLs ahead.",
    },
    {
        .code = "DANE-STS-CONFLICT",
        .title = "DANE and MTA-STS do not agree about an MX host",
        .meaning = "By one of them mail to that host may be delivered, by the other it must be "
                   "refused. What happens depends on which of the two a sender uses.",
        .decided = "What the host presented to the probe was judged by both, as senders "
                   "judge it, with signed TLSA records and a policy in mode enforce.",
        .action =
            "Bring them in line: a certificate and a policy line that MTA-STS accepts, and "
            "a TLSA record that matches.",
    },
    {0},
};
