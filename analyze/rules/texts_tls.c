/* What people are told of the codes about STARTTLS and certificates. */
#include "rules/families.h"

const struct rule_text texts_tls[] = {
    {
        .code = "TLS-NO-STARTTLS",
        .title = "An MX host does not offer STARTTLS",
        .meaning = "STARTTLS is how a mail server says that it can encrypt. Without it senders "
                   "either deliver in clear text or, if your policy demands encryption, not at "
                   "all.",
        .decided =
            "The probe spoke to the host, and STARTTLS was not among what it offers. "
            "Asterisks in its greeting or words like XXXXXXXA mean that a firewall takes "
            "it out. A host that was too busy to answer is not counted.",
        .action = "Enable STARTTLS on that host; switch off SMTP inspection on the firewall.",
    },
    {
        .code = "TLS-STARTTLS-REFUSED",
        .title = "An MX host offers STARTTLS and then refuses it",
        .meaning = "The server says that it can encrypt, and answers with an error when it is "
                   "asked to. Under a policy that demands encryption mail is not delivered.",
        .decided = "The probe asked for STARTTLS and got another answer than 220, often 454.",
        .action = "The certificate or its key cannot be read: see the mail server's log.",
    },
    {
        .code = "TLS-HANDSHAKE",
        .title = "Encryption with an MX host cannot be agreed on",
        .meaning =
            "The server accepts STARTTLS, and then the two sides find no common version of "
            "TLS or no common cipher, or the server breaks off.",
        .decided = "The probe went through the same and failed at the same point.",
        .action = "Enable TLS 1.2 and 1.3 with the usual ciphers.",
    },
    {
        .code = "TLS-STRIPPED",
        .title = "STARTTLS is lost on the way from one sender",
        .meaning =
            "The server offers encryption, but one sender, or all from one network, do not "
            "see the offer: a device in between takes it out, by mistake or on purpose.",
        .decided =
            "The probe sees STARTTLS at the same host and address; the failures come from "
            "one reporter or from one network.",
        .action = "Look for firewalls and proxies on the path; if there are none, treat it as "
                  "interception.",
    },
    {
        .code = "TLS-INTEROP",
        .title = "One sender fails all of a sudden, and keeps failing, with nothing changed",
        .meaning =
            "The programs of both sides do not get on with each other any more, mostly "
            "after an update of one of them. All mail of that sender may be lost, and you "
            "can often cure it.",
        .decided = "The reporter had successes alone, then within a day mostly failures until "
                   "today; the observations before and after show the same; the probe is fine.",
        .action = "Read the server's log at those times, think of updates, switch TLS session "
                  "tickets off; then write to the sender.",
    },
    {
        .code = "CERT-SNI",
        .title = "The right certificate is presented to some senders only",
        .meaning = "Senders may say which name they want (SNI). The server has the right "
                   "certificate for those that say it and a wrong one for the others, or the "
                   "reverse.",
        .decided = "The probe connected with and without a name and got two certificates, of "
                   "which one is right.",
        .action = "Present the right certificate in both cases.",
    },
    {
        .code = "CERT-NAME",
        .title = "The certificate of an MX host is for another name",
        .meaning =
            "Senders compare the name in the MX record with the names in the certificate. "
            "They do not agree, so that senders cannot know whom they talk to.",
        .decided =
            "The probe saw the certificate: a public CA issued it, and none of its names "
            "is that of the MX.",
        .action = "Have it reissued with that name.",
    },
    {
        .code = "CERT-EXPIRED",
        .title = "The certificate of an MX host has expired",
        .meaning = "A certificate is valid until a date, which has passed. Senders that verify "
                   "do not accept it. A new one on disk that the server has not loaded "
                   "looks the same.",
        .decided =
            "The probe saw the certificate: its end lies before the end of the reports, or "
            "before the observation.",
        .action = "Renew it, reload the server, and let both happen by themselves.",
    },
    {
        .code = "CERT-NOT-YET-VALID",
        .title = "The certificate of an MX host is not valid yet",
        .meaning =
            "A certificate is valid from a date, which lies ahead: a clock is wrong, or it "
            "was installed too early. Some senders refuse it even where only its digest "
            "in DNS (TLSA) should count.",
        .decided = "The probe saw it before its first day.",
        .action = "Set the clock right, or wait.",
    },
    {
        .code = "CERT-UNTRUSTED",
        .title = "No public CA vouches for the certificate of an MX host",
        .meaning = "It is self-signed, of a private CA, or the server does not send the "
                   "intermediate certificate that links it to a public CA. Senders that verify "
                   "do not accept it.",
        .decided =
            "The probe tried to verify it with the public CAs and could not, whatever its "
            "names.",
        .action = "Install a certificate of a public CA, with its full chain.",
    },
    {
        .code = "CERT-EXPIRES-SOON",
        .title = "A certificate expires soon",
        .meaning = "The certificate of an MX host or of the host of the MTA-STS policy will "
                   "expire, and should have been renewed by now.",
        .decided = "Of its lifetime less than a third and at most 14 days are left (critical: "
                   "less than a tenth and at most 3 days).",
        .action = "Renew it, and see why that did not happen by itself.",
    },
    {
        .code = "CERT-RENEWED",
        .title = "A certificate was at fault and has been replaced",
        .meaning = "The failures come from a certificate that is not in use any more.",
        .decided =
            "One observation shows the fault, a later one another certificate without it, "
            "and no report that begins after it names such a failure.",
        .action = "None.",
    },
    {
        .code = "CERT-SENDER-STORE",
        .title = "One sender alone does not trust the certificate of an MX host",
        .meaning = "Its list of trusted CAs is older than others', or lacks yours.",
        .decided = "The chain is trusted here, one reporter fails, others succeed at the same "
                   "time.",
        .action = "Tell the sender, or use a CA that is more widely trusted.",
    },
    {0},
};
