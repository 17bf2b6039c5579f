/* What people are told of the codes for failures that nothing published explains. */
#include "rules/families.h"

const struct rule_text texts_remains[] = {
    {
        .code = "TLS-TRANSIENT",
        .title = "A few connections broke off on one day",
        .meaning = "The network between one sender and the MX host was disturbed. Senders try "
                   "again, and mail arrives a little later.",
        .decided =
            "All these failures are time-outs or broken connections by the reason that the "
            "report gives, they are few and within one day, and the probe finds the host in "
            "order.",
        .action = "None, unless it returns.",
    },
    {
        .code = "SENDER-WIDE",
        .title = "One sender fails at many unrelated domains",
        .meaning =
            "Its own set-up is at fault, not yours. Whether its mail to you was refused or "
            "delivered all the same depends on your policy and is said with the finding.",
        .decided =
            "Of the domains in this database that sender fails at three or more MX hosts that "
            "have nothing to do with each other, where other senders succeed.",
        .action = "Nothing to change here; write to the contact that its reports give.",
    },
    {
        .code = "SENDER-ONLY",
        .title = "One sender alone fails, and nothing of yours explains it",
        .meaning =
            "The fault is most likely on the side of that sender. Its mail may be refused; "
            "that of others arrives.",
        .decided =
            "Others succeed at the same time without a failure, and MX records, policy, TLSA "
            "records and what the host offers were looked at and fit together, then and now. "
            "With two or more others it is likely, with one possible.",
        .action = "Nothing to change here; write to the contact that its reports give.",
    },
    {
        .code = "NOT-OBSERVED",
        .title = "Failures were reported, but nobody has looked at the domain yet",
        .meaning =
            "A report tells what a sender saw and seldom why. The cause shows only when it "
            "is held against what the domain publishes and what its MX hosts offer.",
        .decided = "There is no observation of this domain, and the report by itself shows no "
                   "cause.",
        .action = "Run \"tlsrpt observe\" for the domain, best every day, and analyze again.",
    },
    {
        .code = "UNEXPLAINED",
        .title = "Sessions failed, and none of the known causes fits",
        .meaning =
            "The failures are real, and their cause is not known. Whether mail was refused "
            "or delivered all the same is said with the finding where it is known.",
        .decided =
            "Every other code was tried and does not fit; what was looked at is listed as "
            "evidence. It also stands for failures of which the sender gives no details.",
        .action =
            "Read the log of the MX host at the times given, observe on a day with failures "
            "(\"tlsrpt observe\"), or ask the sender.",
    },
    {0},
};
